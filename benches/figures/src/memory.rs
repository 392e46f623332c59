//! What a lifecycle takes of the session's buffer and of `out`, beside the tokens themselves.

use gatepass::{AuthorizationCode, Client, Config, Entropy, Error, Grant, Head, Input, Output, Server, Session, Status, Timestamp};

/// Bytes of the access token and the refresh token that are used here.
pub(crate) const TOKENS: (usize, usize) = (1000, 500);

/// The least that a lifecycle works with.
pub(crate) struct Memory {
    /// Bytes of the session's buffer beside both tokens twice: the old ones and the new ones, while a refresh is answered.
    pub(crate) buffer: usize,
    /// Bytes of `out` beside both tokens once.
    pub(crate) out: usize,
}

macro_rules! sessions {
    ($($beside:literal)*) => { [$(($beside, Box::new(Session::<[u8; 3000 + $beside]>::new()) as Box<Session>)),*] };
}

pub(crate) fn measure() -> Memory {
    let mut sessions = sessions!(0 8 16 24 32 40 48 56 64 72 80 88 96 112 128 160 192 224 256 320 384 512);
    let works = |session: &mut Session| live(session).ok();
    let (buffer, out) = sessions.iter_mut().find_map(|(beside, session)| Some((*beside, works(session)?))).expect("some size is enough");
    Memory { buffer, out: out - TOKENS.0 - TOKENS.1 }
}

/// Signs in, refreshes, signs out: the most bytes that `out` needed.
fn live(session: &mut Session) -> Result<usize, Error> {
    let server = Server::new("https://as.example", "https://as.example/authorize", "https://as.example/token");
    let config = Config::new(server.with_revocation("https://as.example/revoke"), Client::public("a-device"))?;
    let now = Timestamp::from_millis(1_000);
    let entropy = || Entropy::from_bytes(core::array::from_fn(|at| at as u8));
    let (mut needed, mut refreshes, mut stored) = (0, 0, Vec::new());
    loop {
        if let Err(Error::Capacity { needed: bytes }) = session.poll(&config, now, &mut []) {
            needed = needed.max(bytes);
        }
        let mut out = [0; 8192];
        match session.poll(&config, now, &mut out)? {
            Output::Load => session.handle(&config, now, Input::Found(None, &entropy()?))?,
            Output::SignIn(_) if refreshes > 0 => return Ok(needed),
            Output::SignIn(_) => {
                let grant = Grant::AuthorizationCode(AuthorizationCode::new().scope("openid offline_access"));
                session.sign_in(&config, now, &grant, "com.example.device:/callback", &entropy()?)?
            }
            Output::Visit(url) => {
                let state = url.as_str().split("state=").nth(1).and_then(|rest| rest.split('&').next()).unwrap_or_default();
                let redirect = format!("com.example.device:/callback?code={}&state={state}", "c".repeat(40));
                session.handle(&config, now, Input::Redirect(&redirect))?
            }
            Output::Save(save) => {
                stored = save.record().to_vec();
                session.handle(&config, now, Input::Saved(save.ticket()))?
            }
            Output::Send(request) => {
                let ticket = request.ticket();
                let head = Head { status: 200, content_type: Some("application/json"), retry_after: None };
                if session.handle(&config, now, Input::Head(ticket, head))? == Status::More {
                    let (access, refresh) = ("a".repeat(TOKENS.0), "r".repeat(TOKENS.1));
                    let body = format!(
                        r#"{{"access_token":"{access}","token_type":"Bearer","expires_in":300,"refresh_token":"{refresh}","scope":"openid offline_access"}}"#
                    );
                    session.handle(&config, now, Input::Body(ticket, body.as_bytes()))?;
                    session.handle(&config, now, Input::End(ticket))?;
                }
                Status::Advanced
            }
            Output::Sleep(_) if refreshes == 0 => {
                refreshes += 1;
                session.handle(&config, now, Input::Refresh)?
            }
            Output::Sleep(_) => {
                assert!(!stored.is_empty(), "the grant was saved");
                session.sign_out(&config, now)?
            }
            other @ (Output::Wait(..) | Output::AwaitRedirect(_) | Output::AwaitResponse(_)) => {
                panic!("nothing else is to be done: {other:?}")
            }
        };
    }
}
