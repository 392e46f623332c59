//! A whole driver: another transport makes it a blocking, an async or a bare-metal one.

use gatepass::{AuthorizationCode, Client, Config, Entropy, Error, Grant, Head, Input, Output, Server, Session, Timestamp};

/// What a driver is made of. Blocking here; an async one awaits the same calls.
trait Host {
    fn now(&self) -> Timestamp;
    fn entropy(&self) -> Result<Entropy, Error>;
    fn load(&self) -> Option<Vec<u8>>;
    /// Compare-and-swap: what stands there instead, if it is not what was expected.
    fn save(&mut self, save: gatepass::Save<'_>) -> Result<(), Option<Vec<u8>>>;
    /// Status, content type and body; or whether it is certain that no byte left.
    fn send(&mut self, request: gatepass::Request<'_>) -> Result<(u16, String, Vec<u8>), bool>;
    /// Opens a browser and gives the redirect that came back.
    fn visit(&mut self, url: &str) -> String;
}

/// Drives a session until its access token is good.
fn drive(session: &mut Session, config: &Config<'_>, host: &mut impl Host) -> Result<(), Error> {
    let mut out = [0; 8192];
    loop {
        let now = host.now();
        match session.poll(config, now, &mut out)? {
            Output::Load => session.handle(config, now, Input::Found(host.load().as_deref(), &host.entropy()?))?,
            Output::SignIn(_) => {
                let grant = Grant::AuthorizationCode(AuthorizationCode::new().scope("openid offline_access"));
                session.sign_in(config, now, &grant, "http://127.0.0.1:8910/callback", &host.entropy()?)?
            }
            Output::Visit(url) => {
                let redirect = host.visit(url.as_str());
                session.handle(config, now, Input::Redirect(&redirect))?
            }
            Output::Save(save) => {
                let ticket = save.ticket();
                match host.save(save) {
                    Ok(()) => session.handle(config, now, Input::Saved(ticket))?,
                    Err(found) => session.handle(config, now, Input::Superseded(found.as_deref()))?,
                }
            }
            Output::Send(request) => {
                let ticket = request.ticket();
                match host.send(request) {
                    Ok((status, content_type, body)) => {
                        let head = Head { status, content_type: Some(&content_type), retry_after: None };
                        session.handle(config, now, Input::Head(ticket, head))?;
                        session.handle(config, now, Input::Body(ticket, &body))?;
                        session.handle(config, now, Input::End(ticket))?
                    }
                    Err(true) => session.handle(config, now, Input::NotSent(ticket))?,
                    Err(false) => session.handle(config, now, Input::NoResponse(ticket))?,
                }
            }
            Output::Sleep(_) => return Ok(()),
            Output::Wait(until, _) | Output::AwaitRedirect(until) | Output::AwaitResponse(until) => {
                std::thread::sleep(until.since(now));
                continue;
            }
        };
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
    fn save(&mut self, save: gatepass::Save<'_>) -> Result<(), Option<Vec<u8>>> {
        self.stored = Some(save.record().to_vec());
        Ok(())
    }
    fn send(&mut self, _: gatepass::Request<'_>) -> Result<(u16, String, Vec<u8>), bool> {
        let body = br#"{"access_token":"A","token_type":"Bearer","expires_in":3600,"refresh_token":"R"}"#;
        Ok((200, "application/json".into(), body.to_vec()))
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
