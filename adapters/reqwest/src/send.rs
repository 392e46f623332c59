//! Requests to the APIs, with the token.

use core::time::Duration;

use gatepass_store::driver::{Error, Goal, Token, is_invalid_token};
use reqwest::{
    IntoUrl, Method, Request, RequestBuilder, Response, StatusCode,
    header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE},
};

use crate::client::Client;

impl Client {
    /// A `GET`.
    ///
    /// # Errors
    /// As [`Client::execute`].
    pub async fn get(&self, url: impl IntoUrl) -> Result<Response, Error> {
        let url = url.into_url().map_err(transport)?;
        self.execute(Request::new(Method::GET, url)).await
    }

    /// Sends a request that any client of reqwest has built; of that client nothing else is used.
    ///
    /// # Errors
    /// As [`Client::execute`].
    pub async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        self.execute(request.build().map_err(transport)?).await
    }

    /// Sends a request with the token. Any status is a response, a redirect too: none is followed. When the API answers `401`
    /// with `invalid_token`, the token is refreshed, once, and the request repeated, once; where its body is a stream, the `401`
    /// is returned, and the token is a new one.
    ///
    /// # Errors
    /// [`Error::OriginNotAllowed`] and [`Error::AlreadyAuthorized`] before anything is sent, those of
    /// [`access_token`](Client::access_token), and [`Error::Transport`] with reqwest's own, without the URL.
    pub async fn execute(&self, mut request: Request) -> Result<Response, Error> {
        let goal = self.origins.allow(request.url().as_str(), Duration::ZERO)?;
        if request.headers().contains_key(AUTHORIZATION) {
            return Err(Error::AlreadyAuthorized);
        }
        let again = request.try_clone();
        let token = self.token(goal).await?;
        authorize(&mut request, &token)?;
        let response = self.api.execute(request).await.map_err(transport)?;
        if !is_rejected(&response) {
            return Ok(response);
        }
        self.tower.lock().token_rejected(&token);
        let token = self.token(goal).await;
        // Where it cannot be repeated, whoever sends next learns what there is to say about the token.
        let Some(mut again) = again else { return Ok(response) };
        authorize(&mut again, &token?)?;
        self.api.execute(again).await.map_err(transport)
    }

    async fn token(&self, goal: Goal) -> Result<Token, Error> {
        self.tower.reach(goal, |_, token| token.ok_or(Error::SignInUnderWay)).await
    }
}

fn authorize(request: &mut Request, token: &Token) -> Result<(), Error> {
    let mut value = HeaderValue::from_str(token.header()?).map_err(Error::transport)?;
    value.set_sensitive(true);
    request.headers_mut().insert(AUTHORIZATION, value);
    Ok(())
}

fn is_rejected(response: &Response) -> bool {
    let fields = response.headers().get_all(WWW_AUTHENTICATE).iter();
    response.status() == StatusCode::UNAUTHORIZED && is_invalid_token(fields.filter_map(|field| field.to_str().ok()))
}

/// The query of a URL may hold what is no one else's business.
fn transport(error: reqwest::Error) -> Error {
    Error::transport(error.without_url())
}
