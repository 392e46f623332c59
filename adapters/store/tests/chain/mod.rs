//! Records as a session writes them: each is to be stored over the one before.

use gatepass::{AuthorizationCode, Client, Config, Entropy, Grant, Head, Input, Output, Server, Session, Timestamp, Version};

/// A chain of records: of a sign-in, then of intents and the tokens after each.
pub fn chain(length: usize) -> Vec<Vec<u8>> {
    let server = Server::new("https://as.example", "https://as.example/a", "https://as.example/t");
    let config = Config::new(server, Client::public("id")).unwrap();
    let entropy = |salt: u8| Entropy::from_bytes(core::array::from_fn(|at| (at as u8).wrapping_mul(37) ^ salt)).unwrap();
    let mut session: Box<Session<[u8; 16384]>> = Box::default();
    let session: &mut Session = &mut session;
    let mut out = vec![0; 65536];
    let mut now = Timestamp::from_millis(1_000);
    let mut chain: Vec<Vec<u8>> = Vec::new();
    session.handle(&config, now, Input::Found(None, &entropy(1))).unwrap();
    let grant = Grant::AuthorizationCode(AuthorizationCode::new());
    session.sign_in(&config, now, &grant, "https://app.example/cb", &entropy(2)).unwrap();
    while chain.len() < length {
        enum Next {
            Redirect(String),
            Saved(gatepass::Ticket),
            Answer(gatepass::Ticket),
            Later,
        }
        let next = match session.poll(&config, now, &mut out).unwrap() {
            Output::Visit(url) => {
                let state = url.as_str().split("state=").nth(1).unwrap().split('&').next().unwrap();
                Next::Redirect(format!("https://app.example/cb?code=c&state={state}"))
            }
            Output::Save(save) => {
                chain.push(save.record().to_vec());
                Next::Saved(save.ticket())
            }
            Output::Send(request) => Next::Answer(request.ticket()),
            Output::Sleep(_) => Next::Later,
            other @ (Output::Load | Output::SignIn(_) | Output::AwaitRedirect(_) | Output::AwaitResponse(_) | Output::Wait(..)) => {
                panic!("{other:?}")
            }
        };
        match next {
            Next::Redirect(uri) => session.handle(&config, now, Input::Redirect(&uri)).map(drop),
            Next::Saved(ticket) => session.handle(&config, now, Input::Saved(ticket)).map(drop),
            Next::Answer(ticket) => {
                // Of different lengths, so that the room for one is not always enough for the next.
                let pad = "x".repeat(chain.len() * 37 % 3000);
                let body =
                    format!(r#"{{"access_token":"{pad}a","refresh_token":"r{}","token_type":"Bearer","expires_in":60}}"#, chain.len());
                session
                    .handle(
                        &config,
                        now,
                        Input::Head(ticket, Head { status: 200, content_type: Some("application/json"), retry_after: None }),
                    )
                    .unwrap();
                session.handle(&config, now, Input::Body(ticket, body.as_bytes())).unwrap();
                session.handle(&config, now, Input::End(ticket)).map(drop)
            }
            Next::Later => {
                now = Timestamp::from_millis(now.as_millis() + 100_000);
                Ok(())
            }
        }
        .unwrap();
    }
    chain
}

pub fn version(record: &[u8]) -> Version {
    Version::of(record).unwrap()
}
