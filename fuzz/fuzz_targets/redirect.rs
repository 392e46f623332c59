//! Any text as a redirect: what is believed of it, a second reader believes too.
//!
//! The first byte: odd where the server announces `iss`. The rest stands behind the redirect URI; `STATE` in it is the right `state`.
#![no_main]

use gatepass::{Policy, fuzzing};
use gatepass_fuzz::{ISSUER, config, server};
use libfuzzer_sys::fuzz_target;

const URI: &str = "http://127.0.0.1:9/callback";
const STATE: &str = "c3RhdGUtb2YtMTYwLWJpdHMtISEh";

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else { return };
    let Ok(rest) = std::str::from_utf8(rest) else { return };
    let announced = first & 1 == 1;
    let server = if announced { server().with_iss_parameter() } else { server() };
    let received = format!("{URI}{}", rest.replace("STATE", STATE));
    let told = fuzzing::redirect(&config(server, Policy::DEFAULT), URI.as_bytes(), STATE.as_bytes(), &received);

    let own = received[URI.len()..].split('#').next().unwrap_or_default();
    let pairs: Vec<_> = own.strip_prefix('?').map(|query| form_urlencoded::parse(query.as_bytes()).collect()).unwrap_or_default();
    let value = |name: &str| pairs.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| &**value);
    let count = |name: &str| pairs.iter().filter(|(known, _)| known == name).count();
    let Ok((is_code, text)) = told else {
        // What a browser sends after a sign-in as it should be is believed.
        let is_plain = own.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"?&=._-:/".contains(&byte)) && own.starts_with('?');
        let known = ["state", "code", "iss"];
        let usual = is_plain && pairs.iter().all(|(name, value)| known.contains(&&**name) && !value.is_empty() && count(name) == 1);
        let issuer = if announced || count("iss") > 0 { value("iss") == Some(ISSUER) } else { true };
        assert!(!(usual && issuer && value("state") == Some(STATE) && count("code") == 1), "{received} is refused");
        return;
    };
    assert!(own.starts_with('?'));
    assert_eq!(value("state"), Some(STATE), "{received}");
    match value("iss") {
        Some(issuer) => assert_eq!(issuer, ISSUER, "{received}"),
        None => assert!(!announced, "{received}"),
    }
    assert!(["state", "iss", "code", "error", "error_description"].into_iter().all(|name| count(name) <= 1), "{received}");
    assert_eq!(value("error").is_none(), is_code, "{received}");
    assert_ne!(value("error").is_none(), value("code").is_none(), "{received}");
    if is_code {
        let text: Vec<u8> = text.map(|byte| byte.expect("a code has whole escapes")).collect();
        assert!(!text.is_empty() && text.iter().all(|byte| matches!(byte, 0x20..=0x7e)));
        assert_eq!(value("code").map(str::as_bytes), Some(&text[..]));
    }
});
