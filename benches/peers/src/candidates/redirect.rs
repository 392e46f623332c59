//! What an application does around a library that makes no `state` of given entropy and reads no redirect: as their examples do it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gatepass_steps::given;
use url::Url;

/// The code verifier of this entropy.
pub(crate) fn verifier(entropy: &[u8; 64]) -> String {
    URL_SAFE_NO_PAD.encode(&entropy[..32])
}

/// The `state` of this entropy.
pub(crate) fn state(entropy: &[u8; 64]) -> String {
    URL_SAFE_NO_PAD.encode(&entropy[32..52])
}

/// The code of a redirect whose `state` is the one that was sent, and whose `iss` is the issuer (RFC 9207 §2.4).
pub(super) fn code(redirect: &str, state: &str) -> Option<String> {
    let url = Url::parse(redirect).ok()?;
    let find = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    if find("state")? != state || find("iss")? != given::ISSUER {
        return None;
    }
    find("code")
}
