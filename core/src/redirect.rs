//! The redirect back: nothing of it is believed before its URI, `state` and `iss` pass (RFC 9700 §4, RFC 9207).

use subtle::ConstantTimeEq;

use crate::{
    bytes::{Reader, is_vschar},
    config::Config,
    error::Violation,
    form::{Checked, Encoded, Pairs},
};

/// What a redirect said, once it was believed. Only [`check`] makes one.
#[derive(Clone, Copy)]
pub(crate) enum Believed<'r> {
    /// The authorization code, still encoded: printable ASCII, not empty.
    Code(Checked<'r>),
    /// The server's or the person's no: code and description, still encoded.
    Error(Encoded<'r>, Encoded<'r>),
}

/// The parameters that have a meaning here. The last two belong to response modes that were not asked for.
const NAMES: [&str; 8] = ["state", "iss", "error", "error_description", "error_uri", "code", "response", "id_token"];

/// Checks a received redirect, in the order URI, repeats, `state`, `iss`, `error`, `code`.
pub(crate) fn check<'r>(config: &Config<'_>, redirect_uri: &[u8], state: &[u8], received: &'r str) -> Result<Believed<'r>, Violation> {
    let mut query = Reader(received.as_bytes());
    if !query.skip(Reader(redirect_uri).until(b'?')) {
        return Err(Violation::OtherUri);
    }
    // What follows a `#` never came from the server's query (RFC 9700 §4.1.3).
    let mut query = Reader(query.until(b'#'));
    if !(query.skip(b"?") || query.0.is_empty()) {
        return Err(Violation::OtherUri);
    }

    let mut found = [Encoded::NONE; NAMES.len()];
    let mut seen = [false; NAMES.len()];
    'pairs: for (name, value) in Pairs(query) {
        for ((known, slot), seen) in NAMES.iter().zip(&mut found).zip(&mut seen) {
            if name.is(&[known.as_bytes()]) {
                if core::mem::replace(seen, true) {
                    return Err(Violation::Repeated);
                }
                *slot = value;
                continue 'pairs;
            }
        }
        // It might be a known one, spelled wrongly.
        name.checked(|_| true).ok_or(Violation::Redirect)?;
    }
    // RFC 6749 §3.1: a parameter without a value counts as absent.
    let [got_state, iss, error, description, _, code, response, id_token] = &found;

    if !same(*got_state, state) {
        return Err(Violation::State);
    }
    let is_issuer = if iss.is_empty() { !config.server.iss_announced } else { iss.is(&config.server.issuer.parts()) };
    if !is_issuer {
        return Err(Violation::Issuer);
    }
    if error.is_empty() == code.is_empty() || !response.is_empty() || !id_token.is_empty() {
        return Err(Violation::NoOutcome);
    }
    if !error.is_empty() {
        return Ok(Believed::Error(*error, *description));
    }
    code.checked(is_vschar).map(Believed::Code).ok_or(Violation::Redirect)
}

/// Compares in a time that does not depend on where the bytes differ. Nothing is not the same as nothing; and no byte of what is expected is
/// zero, as which a missing one counts.
fn same(received: Encoded<'_>, expected: &[u8]) -> bool {
    // In two parts only for speed. Where it is cut depends on what was received alone.
    let (front, mut decoded) = received.split_front();
    let Some((start, end)) = expected.split_at_checked(front.len()) else { return false };
    let differ = start.iter().zip(front).fold(0, |differ, (byte, other)| differ | (byte ^ other));
    let differ = end.iter().fold(differ, |differ, byte| differ | (decoded.next().and_then(Result::ok).unwrap_or(0) ^ byte));
    bool::from(differ.ct_eq(&0)) && decoded.next().is_none() && !expected.is_empty()
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::{
        config::{Client, Server},
        exhaustive::one_in,
    };
    use std::{borrow::ToOwned, format};

    const URI: &[u8] = b"http://127.0.0.1:9/cb?own=1";
    const STATE: &[u8] = b"abcdefghijklmnopqrstuvwxyz0";

    fn config(announced: bool) -> Config<'static> {
        let server = Server::new("https://as.example/", "https://as.example/a", "https://as.example/t");
        Config::new(if announced { server.with_iss_parameter() } else { server }, Client::public("id")).unwrap()
    }

    fn ask(announced: bool, received: &str) -> Result<&'static str, Violation> {
        match check(&config(announced), URI, STATE, received)? {
            Believed::Code(code) => Ok(if code.value.is(&[b"c"]) { "code" } else { "other code" }),
            Believed::Error(..) => Ok("error"),
        }
    }

    const S: &str = "state=abcdefghijklmnopqrstuvwxyz0";
    const BASE: &str = "http://127.0.0.1:9/cb";

    // R037
    #[test]
    fn only_the_redirect_uri_of_this_sign_in_is_read() {
        for base in [
            "http://127.0.0.1:9/cb/",
            "http://127.0.0.1:9/",
            "http://127.0.0.1:8/cb",
            "http://localhost:9/cb",
            "https://127.0.0.1:9/cb",
            "HTTP://127.0.0.1:9/cb",
            "",
            "/cb",
            "http://127.0.0.1:9/c%62",
        ] {
            assert_eq!(ask(false, &format!("{base}?{S}&code=c")), Err(Violation::OtherUri), "{base}");
        }
        assert_eq!(ask(false, &format!("{BASE}?{S}&code=c")), Ok("code"));
        assert_eq!(ask(false, &format!("{BASE}?own=1&{S}&code=c")), Ok("code"));
    }

    // R027
    #[test]
    fn a_repeated_parameter_is_refused_in_any_spelling_and_order() {
        for name in NAMES {
            for second in [format!("{name}=x"), format!("%{:02x}{}=x", name.as_bytes()[0], &name[1..]), name.to_owned()] {
                let first = format!("{name}=y");
                assert_eq!(ask(false, &format!("{BASE}?{first}&{second}&{S}&code=c")), Err(Violation::Repeated), "{second}");
                assert_eq!(ask(false, &format!("{BASE}?{S}&code=c&{second}&z=1&{first}")), Err(Violation::Repeated), "{second}");
            }
        }
    }

    // R008 R025
    #[test]
    fn only_the_very_state_passes() {
        let right = "abcdefghijklmnopqrstuvwxyz0";
        let wrong = [
            "",
            "state=",
            "state=abcdefghijklmnopqrstuvwxyz",
            "state=bcdefghijklmnopqrstuvwxyz0",
            "state=abcdefghijklmnopqrstuvwxyz00",
            "state=ABCDEFGHIJKLMNOPQRSTUVWXYZ0",
            "state=abcdefghijklmnopqrstuvwxyz1",
            "State=abcdefghijklmnopqrstuvwxyz0",
            "state=%zz",
            "state=bacdefghijklmnopqrstuvwxyz0",
            "state=%62%61cdefghijklmnopqrstuvwxyz0",
            "state=%61bcdefghijklmnopqrstuvwxyz0x",
            "state=%61bcdefghijklmnopqrstuvwxyz%300",
            "state=%61bcdefghijklmnopqrstuvwxyz0%",
        ];
        for state in wrong {
            assert_eq!(ask(false, &format!("{BASE}?{state}&code=c")), Err(Violation::State), "{state}");
            // R039
            assert_eq!(ask(false, &format!("{BASE}?{state}&error=access_denied")), Err(Violation::State), "{state}");
        }
        assert!(matches!(check(&config(false), URI, b"", &format!("{BASE}?code=c")), Err(Violation::State)), "none was sent");
        for at in 0..right.len() {
            let spelled = format!("{}%{:02X}{}", &right[..at], right.as_bytes()[at], &right[at + 1..]);
            assert_eq!(ask(false, &format!("{BASE}?state={spelled}&code=c")), Ok("code"));
        }
    }

    // R031 R032 R033 R034
    #[test]
    fn an_issuer_must_be_the_one_that_was_asked_to_the_letter() {
        for iss in [
            "https://as.example",
            "https://as.example//",
            "https://AS.example/",
            "https://as.example:443/",
            "https://as.exampl",
            "https://as.example/x",
            "https://evil.example/",
            "%zz",
        ] {
            for outcome in ["code=c", "error=access_denied"] {
                assert_eq!(ask(false, &format!("{BASE}?{S}&iss={iss}&{outcome}")), Err(Violation::Issuer), "{iss}");
                assert_eq!(ask(true, &format!("{BASE}?{S}&iss={iss}&{outcome}")), Err(Violation::Issuer), "{iss}");
            }
        }
        for outcome in ["code=c", "error=access_denied"] {
            assert!(ask(true, &format!("{BASE}?{S}&iss=https%3A%2F%2Fas.example%2F&{outcome}")).is_ok());
            assert!(ask(false, &format!("{BASE}?{S}&iss=https://as.example/&{outcome}")).is_ok());
            assert!(ask(false, &format!("{BASE}?{S}&{outcome}")).is_ok());
            assert_eq!(ask(true, &format!("{BASE}?{S}&{outcome}")), Err(Violation::Issuer));
            assert_eq!(ask(true, &format!("{BASE}?{S}&iss=&{outcome}")), Err(Violation::Issuer));
        }
    }

    // R035 R038
    #[test]
    fn a_redirect_has_a_code_or_an_error_and_not_both() {
        assert_eq!(ask(false, &format!("{BASE}?{S}")), Err(Violation::NoOutcome));
        assert_eq!(ask(false, &format!("{BASE}?{S}&code=&error=")), Err(Violation::NoOutcome));
        assert_eq!(ask(false, &format!("{BASE}?{S}&code=c&error=e")), Err(Violation::NoOutcome));
        assert_eq!(ask(false, &format!("{BASE}?{S}&error=e")), Ok("error"));
        for foreign in ["response=x", "id_token=x"] {
            assert_eq!(ask(false, &format!("{BASE}?{S}&code=c&{foreign}")), Err(Violation::NoOutcome));
        }
    }

    // R043
    #[test]
    fn what_follows_a_number_sign_is_never_read() {
        assert_eq!(ask(false, &format!("{BASE}?{S}&code=c#_=_")), Ok("code"));
        assert_eq!(ask(false, &format!("{BASE}?{S}#code=c")), Err(Violation::NoOutcome));
        assert_eq!(ask(false, &format!("{BASE}?{S}&code=c#code=d")), Ok("code"));
    }

    // R028
    #[test]
    fn unknown_parameters_are_ignored() {
        assert_eq!(ask(false, &format!("{BASE}?session_state=%zz&{S}&x&y=%FF&code=c&&")), Ok("code"));
    }

    // R029 R030
    #[test]
    fn a_code_is_printable_ascii() {
        for byte in (0..=255u8).step_by(one_in(7)) {
            let expected = if matches!(byte, 0x20..=0x7e) { Ok("other code") } else { Err(Violation::Redirect) };
            assert_eq!(ask(false, &format!("{BASE}?{S}&code=c%{byte:02X}")), expected, "{byte:#x}");
        }
        assert_eq!(ask(false, &format!("{BASE}?{S}&code=c%4")), Err(Violation::Redirect));
    }
}
