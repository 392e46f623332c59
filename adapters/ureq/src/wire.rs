//! One request of the session over the wire.

use core::time::Duration;
use std::{
    io::{self, Read as _},
    sync::PoisonError,
};

use gatepass_store::driver::{Driver, OwnedRequest};
use ureq::{Agent, AsSendBody, Body, Error, http};
use zeroize::Zeroizing;

use crate::{gate::Late, sync::Mutex};

/// Sends a request of the session, and tells it the answer in pieces.
pub(crate) fn exchange(agent: &Agent, driver: &Mutex<Driver>, request: &OwnedRequest) {
    let lock = || driver.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(timeout) = lock().departs() else { return };
    let response = match send(agent, request, timeout) {
        Ok(response) => response,
        Err(error) if never_left(&error) => return lock().not_sent(error),
        Err(error) => return lock().no_response(error),
    };
    let (head, body) = response.into_parts();
    let field = |name| head.headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
    if !lock().head(head.status.as_u16(), field(http::header::CONTENT_TYPE), field(http::header::RETRY_AFTER)) {
        return;
    }
    let mut reader = body.into_reader();
    let mut chunk = Zeroizing::new([0; 8192]);
    loop {
        match reader.read(&mut *chunk) {
            Ok(0) => return lock().end(),
            Ok(length) => {
                if !lock().body(chunk.get(..length).unwrap_or_default()) {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return lock().no_response(error),
        }
    }
}

pub(crate) fn send(agent: &Agent, request: &OwnedRequest, timeout: Duration) -> Result<http::Response<Body>, Error> {
    let mut fields = http::Request::builder().method(request.method()).uri(request.url());
    for (name, value, is_sensitive) in request.headers() {
        let mut value = http::HeaderValue::from_str(value).map_err(http::Error::from)?;
        value.set_sensitive(is_sensitive);
        fields = fields.header(name, value);
    }
    if request.body().is_empty() { run(agent, fields.body(())?, timeout) } else { run(agent, fields.body(request.body())?, timeout) }
}

fn run<B: AsSendBody>(agent: &Agent, request: http::Request<B>, timeout: Duration) -> Result<http::Response<Body>, Error> {
    // What ends while it connects is known not to have left: it ends well before the whole does.
    let part = timeout.checked_div(3);
    let limited = agent.configure_request(request).timeout_global(Some(timeout)).timeout_resolve(part).timeout_connect(part);
    agent.run(limited.build())
}

/// Whether no byte of the request can have left. When in doubt, one may have.
#[allow(clippy::wildcard_enum_match_arm, reason = "what is not listed is in doubt, also what is yet to come")]
fn never_left(error: &Error) -> bool {
    match error {
        Error::HostNotFound
        | Error::ConnectionFailed
        | Error::ConnectProxyFailed(_)
        | Error::InvalidProxyUrl
        | Error::BadUri(_)
        | Error::RequireHttpsOnly(_)
        | Error::TlsRequired
        | Error::Tls(_)
        | Error::Http(_)
        | Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect) => true,
        Error::Rustls(error) => is_handshake(error),
        Error::Other(error) => error.is::<Late>(),
        // Every request has a connection of its own: who was refused had none.
        Error::Io(error) => {
            error.kind() == io::ErrorKind::ConnectionRefused
                || error.get_ref().and_then(|inner| inner.downcast_ref()).is_some_and(is_handshake)
        }
        _ => false,
    }
}

/// Whether it can only happen before the first byte of a request.
const fn is_handshake(error: &rustls::Error) -> bool {
    matches!(
        error,
        rustls::Error::InvalidCertificate(_)
            | rustls::Error::NoCertificatesPresented
            | rustls::Error::PeerIncompatible(_)
            | rustls::Error::UnsupportedNameType
    )
}
