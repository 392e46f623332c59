//! A whole driver: another transport makes it a blocking, an async or a bare-metal one.

use gatepass::{AuthorizationCode, Client, Config, Entropy, Error, Grant, Head, Input, Output, Server, Session, Timestamp};

/// What a driver is made of. Blocking here; an async one awaits the same calls.
trait Host {
    fn now(&self) -> Timestamp;
    fn entropy(&self) -> Result<Entropy, Error>;
    fn load(&self) -> Option<Vec<u8>>;
    /// Compare-and-swap on `save.expected()`.
    fn save(&mut self, save: gatepass::Save<'_>) -> Saved;
    /// Before `request.deadline()`, following no redirect, reading no more than `request.max_response()`.
    fn send(&mut self, request: gatepass::Request<'_>) -> Answer;
    /// Opens a browser and gives the redirect that came back.
    fn visit(&mut self, url: &str) -> String;
}

#[allow(dead_code, reason = "a real host says all of these")]
enum Saved {
    Done,
    /// Something else stands there.
    Instead(Option<Vec<u8>>),
    Failed,
}

#[allow(dead_code, reason = "likewise")]
enum Answer {
    Whole {
        status: u16,
        content_type: Option<String>,
        retry_after: Option<String>,
        body: Vec<u8>,
    },
    /// Some byte may have left, and no whole answer came.
    Broken,
    /// It is certain that no byte left.
    NeverLeft,
}

/// Drives a session until its access token is good. Errors explain, and `poll` decides: they are shown, and it goes on.
fn drive(session: &mut Session, config: &Config<'_>, host: &mut impl Host) -> Result<(), Error> {
    let mut out = [0; 8192];
    loop {
        let now = host.now();
        let told = match session.poll(config, now, &mut out)? {
            Output::Load => session.handle(config, now, Input::Found(host.load().as_deref(), &host.entropy()?)),
            Output::SignIn(_) => {
                let grant = Grant::AuthorizationCode(AuthorizationCode::new().scope("openid offline_access"));
                session.sign_in(config, now, &grant, "http://127.0.0.1:8910/callback", &host.entropy()?)
            }
            Output::Visit(url) => {
                let redirect = host.visit(url.as_str());
                session.handle(config, host.now(), Input::Redirect(&redirect))
            }
            Output::Save(save) => {
                let ticket = save.ticket();
                match host.save(save) {
                    Saved::Done => session.handle(config, now, Input::Saved(ticket)),
                    Saved::Instead(found) => session.handle(config, now, Input::Superseded(found.as_deref())),
                    Saved::Failed => session.handle(config, now, Input::NotSaved(ticket)),
                }
            }
            Output::Send(request) => {
                let ticket = request.ticket();
                let answer = host.send(request);
                let now = host.now();
                match answer {
                    Answer::Whole { status, content_type, retry_after, body } => {
                        let head = Head { status, content_type: content_type.as_deref(), retry_after: retry_after.as_deref() };
                        let more = session.handle(config, now, Input::Head(ticket, head));
                        let more = more.and_then(|_| session.handle(config, now, Input::Body(ticket, &body)));
                        more.and_then(|_| session.handle(config, now, Input::End(ticket)))
                    }
                    Answer::Broken => session.handle(config, now, Input::NoResponse(ticket)),
                    Answer::NeverLeft => session.handle(config, now, Input::NotSent(ticket)),
                }
            }
            Output::Sleep(_) => return Ok(()),
            Output::Wait(until, _) | Output::AwaitRedirect(until) | Output::AwaitResponse(until) => {
                std::thread::sleep(until.since(now));
                continue;
            }
        };
        if let Err(error) = told {
            eprintln!("{error}");
        }
    }
}

/// A server that agrees to everything, where a real one would be.
#[derive(Default)]
struct Pretend {
    stored: Option<Vec<u8>>,
}

impl Host for Pretend {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(0)
    }
    fn entropy(&self) -> Result<Entropy, Error> {
        Entropy::from_bytes(core::array::from_fn(|at| at as u8)) // a real host: 64 bytes of its cryptographic generator
    }
    fn load(&self) -> Option<Vec<u8>> {
        self.stored.clone()
    }
    fn save(&mut self, save: gatepass::Save<'_>) -> Saved {
        let held = self.stored.as_deref().and_then(|record| gatepass::Version::of(record).ok());
        if held != save.expected() {
            return Saved::Instead(self.stored.clone());
        }
        self.stored = Some(save.record().to_vec());
        Saved::Done
    }
    fn send(&mut self, _: gatepass::Request<'_>) -> Answer {
        let body = br#"{"access_token":"A","token_type":"Bearer","expires_in":3600,"refresh_token":"R"}"#;
        Answer::Whole { status: 200, content_type: Some("application/json".into()), retry_after: None, body: body.to_vec() }
    }
    fn visit(&mut self, url: &str) -> String {
        let state = url.split("state=").nth(1).and_then(|rest| rest.split('&').next()).unwrap_or_default();
        format!("http://127.0.0.1:8910/callback?code=C&state={state}")
    }
}

fn main() -> Result<(), Error> {
    let config = Config::new(Server::auth0("tenant.example"), Client::public("my-client"))?;
    let mut session = Session::<[u8; 4096]>::new();
    let mut host = Pretend::default();
    drive(&mut session, &config, &mut host)?;
    let mut header = [0; 64];
    let header = session.access_token(host.now()).map(|token| token.header(&mut header));
    assert_eq!(header, Some(Ok("Bearer A")));
    Ok(())
}
