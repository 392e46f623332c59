//! The authorization request that these tests make by hand.

use gatepass_support::{NATIVE_CLIENT, OidcProvider};

/// The pair of RFC 7636 Appendix B.
#[allow(dead_code, reason = "the browser stops at the code")]
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Asks as the native client for an access token for the API and a refresh token.
pub(crate) fn authorization_url(server: &OidcProvider, redirect_uri: &str) -> String {
    authorization_url_of(NATIVE_CLIENT, server, redirect_uri)
}

pub(crate) fn authorization_url_of(client: &str, server: &OidcProvider, redirect_uri: &str) -> String {
    format!(
        "{}/auth?response_type=code&client_id={client}&redirect_uri={redirect_uri}&state=a-state&prompt=consent\
         &scope=openid%20offline_access%20api:read&resource={}&code_challenge={CHALLENGE}&code_challenge_method=S256",
        server.issuer(),
        server.api(),
    )
}
