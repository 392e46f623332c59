//! Signs in with oauth2, as its documentation shows it, and makes the header of a request. The redirect is typed in.
#![forbid(unsafe_code)]

use std::{error::Error, io};

use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, CsrfToken, PkceCodeChallenge, RedirectUrl, Scope, TokenResponse, TokenUrl, basic::BasicClient,
    reqwest, url::Url,
};

fn main() -> Result<(), Box<dyn Error>> {
    let client = BasicClient::new(ClientId::new("native-app".to_owned()))
        .set_auth_uri(AuthUrl::new("https://as.example/authorize".to_owned())?)
        .set_token_uri(TokenUrl::new("https://as.example/oauth/token".to_owned())?)
        .set_redirect_uri(RedirectUrl::new("http://127.0.0.1:8910/callback".to_owned())?);
    let http = reqwest::blocking::ClientBuilder::new().redirect(reqwest::redirect::Policy::none()).build()?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let url = client.authorize_url(CsrfToken::new_random).add_scope(Scope::new("openid".to_owned()));
    let (url, state) = url.add_scope(Scope::new("offline_access".to_owned())).set_pkce_challenge(challenge).url();
    println!("{url}");
    let mut redirect = String::new();
    io::stdin().read_line(&mut redirect)?;
    let redirect = Url::parse(redirect.trim())?;
    let find = |name: &str| redirect.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    if find("state").as_deref() != Some(state.secret()) {
        return Err("the state is not the one that was sent".into());
    }
    let code = AuthorizationCode::new(find("code").ok_or("there is no code")?);
    let tokens = client.exchange_code(code).set_pkce_verifier(verifier).request(&http)?;
    println!("{} bytes", format!("Bearer {}", tokens.access_token().secret()).len());
    Ok(())
}
