//! Requests to the APIs, with the token.

use core::time::Duration;

use gatepass_store::driver::{Error, Goal, Token, is_invalid_token};
use ureq::{
    AsSendBody, Body,
    http::{
        HeaderValue, Method, Request, Response, StatusCode,
        header::{AUTHORIZATION, WWW_AUTHENTICATE},
        request::Parts,
    },
};

use crate::client::Client;

impl Client {
    /// A `GET`.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub fn get(&self, url: &str) -> Result<Response<Body>, Error> {
        let request = Request::get(url).body([0; 0]).map_err(|error| Error::transport(ureq::Error::from(error)))?;
        self.send(request)
    }

    /// Sends a request with the token. Any status is a response, a redirect too: none is followed. When the API answers `401`
    /// with `invalid_token`, the token is refreshed, once, and the request repeated, once.
    ///
    /// Options that ureq keeps in a request (`configure`) do not apply: they could allow redirects.
    ///
    /// # Errors
    /// [`Error::OriginNotAllowed`] and [`Error::AlreadyAuthorized`] before anything is sent, those of
    /// [`access_token`](Client::access_token), and [`Error::Transport`] with ureq's own.
    pub fn send<B: AsRef<[u8]>>(&self, request: Request<B>) -> Result<Response<Body>, Error> {
        let (parts, body, goal) = self.accept(request)?;
        let token = self.token(goal)?;
        let response = self.run(parts.clone(), body.as_ref(), &token)?;
        if !is_rejected(&response) {
            return Ok(response);
        }
        drop(response);
        self.tower.lock().token_rejected(&token);
        self.run(parts, body.as_ref(), &self.token(goal)?)
    }

    /// Sends a request whose body is a stream, and cannot be repeated. On `401` with `invalid_token` the token is refreshed, and
    /// the response returned.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub fn send_once<B: AsSendBody>(&self, request: Request<B>) -> Result<Response<Body>, Error> {
        let (mut parts, body, goal) = self.accept(request)?;
        let token = self.token(goal)?;
        authorize(&mut parts, &token)?;
        let response = self.api.run(Request::from_parts(parts, body)).map_err(Error::transport)?;
        if is_rejected(&response) {
            self.tower.lock().token_rejected(&token);
            // Whoever sends next learns what there is to say about it.
            let _: Result<Token, Error> = self.token(goal);
        }
        Ok(response)
    }

    fn accept<B>(&self, request: Request<B>) -> Result<(Parts, B, Goal), Error> {
        let (mut parts, body) = request.into_parts();
        let goal = self.origins.allow(&parts.uri.to_string(), Duration::ZERO)?;
        if parts.headers.contains_key(AUTHORIZATION) {
            return Err(Error::AlreadyAuthorized);
        }
        parts.extensions.clear();
        Ok((parts, body, goal))
    }

    fn token(&self, goal: Goal) -> Result<Token, Error> {
        self.tower.reach(goal, |_, token| token.ok_or(Error::SignInUnderWay))
    }

    fn run(&self, mut parts: Parts, body: &[u8], token: &Token) -> Result<Response<Body>, Error> {
        authorize(&mut parts, token)?;
        let has_body = !body.is_empty() || [Method::POST, Method::PUT, Method::PATCH].contains(&parts.method);
        let response = if has_body { self.api.run(Request::from_parts(parts, body)) } else { self.api.run(Request::from_parts(parts, ())) };
        response.map_err(Error::transport)
    }
}

fn authorize(parts: &mut Parts, token: &Token) -> Result<(), Error> {
    let mut value = HeaderValue::from_str(token.header()?).map_err(|error| Error::transport(ureq::Error::Http(error.into())))?;
    value.set_sensitive(true);
    parts.headers.insert(AUTHORIZATION, value);
    Ok(())
}

fn is_rejected(response: &Response<Body>) -> bool {
    let fields = response.headers().get_all(WWW_AUTHENTICATE).iter();
    response.status() == StatusCode::UNAUTHORIZED && is_invalid_token(fields.filter_map(|field| field.to_str().ok()))
}
