//! One request of the session over the wire.

use core::time::Duration;

use gatepass_store::driver::OwnedRequest;
use reqwest::{
    Client, Error, Method, Response,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
};

use crate::{flight::Tower, sync};

/// Sends a request of the session, and tells it the answer in pieces.
pub(crate) async fn exchange(tower: &Tower, request: &OwnedRequest) {
    let Some(timeout) = tower.lock().departs() else { return };
    let mut response = match sync::send(&tower.http, request, timeout).await {
        Ok(response) => response,
        Err(error) if never_left(&error) => return tower.lock().not_sent(error),
        Err(error) => return tower.lock().no_response(error),
    };
    let fields = response.headers();
    if !tower.lock().head(response.status().as_u16(), field(fields, CONTENT_TYPE), field(fields, RETRY_AFTER)) {
        return;
    }
    loop {
        match response.chunk().await {
            Ok(None) => return tower.lock().end(),
            Ok(Some(chunk)) => {
                if !tower.lock().body(&chunk) {
                    return;
                }
            }
            Err(error) => return tower.lock().no_response(error),
        }
    }
}

pub(crate) fn field(fields: &HeaderMap, name: HeaderName) -> Option<&str> {
    fields.get(name).and_then(|value| value.to_str().ok())
}

pub(crate) async fn send(client: &Client, request: &OwnedRequest, timeout: Duration) -> Result<Response, Error> {
    let method = if request.method() == "GET" { Method::GET } else { Method::POST };
    let mut builder = client.request(method, request.url()).timeout(timeout);
    for (name, value, is_sensitive) in request.headers() {
        // A value that is no field value is an error of the builder's, which `send` returns.
        match HeaderValue::from_str(value) {
            Ok(mut value) => {
                value.set_sensitive(is_sensitive);
                builder = builder.header(name, value);
            }
            Err(_) => builder = builder.header(name, value),
        }
    }
    if !request.body().is_empty() {
        builder = builder.body(request.body().to_vec());
    }
    builder.send().await
}

/// Whether no byte of the request can have left. When in doubt, one may have.
fn never_left(error: &Error) -> bool {
    error.is_connect() || error.is_builder()
}
