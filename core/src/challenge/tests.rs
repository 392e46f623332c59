//! Field values of every kind, and what is read from them.

extern crate std;

use super::*;
use proptest::prelude::*;
use std::{format, string::String};

fn bearer(value: &str) -> Challenge<'_> {
    Challenge::bearer(value).expect(value).expect(value)
}

fn is_malformed(value: &str) -> bool {
    Challenge::bearer(value) == Err(MalformedChallenge)
}

#[test]
fn the_examples_of_rfc_6750_are_read() {
    assert_eq!(bearer(r#"Bearer realm="example""#), Challenge { realm: Some("example"), ..Challenge::default() });
    let expired = bearer(r#"Bearer realm="example", error="invalid_token", error_description="The access token expired""#);
    assert!(expired.is_invalid_token() && !expired.is_insufficient_scope());
    assert_eq!(expired.error_description(), Some("The access token expired"));
    let narrow = bearer(r#"bearer scope="openid profile email", error=insufficient_scope, error_uri="https://a.example/e?x=1""#);
    assert!(narrow.is_insufficient_scope() && !narrow.is_invalid_token());
    assert_eq!(narrow.scope(), Some("openid profile email"));
    assert_eq!((narrow.error(), narrow.error_uri()), (Some("insufficient_scope"), Some("https://a.example/e?x=1")));
}

#[test]
fn a_bearer_challenge_is_found_among_others() {
    for value in [
        r#"Bearer error="invalid_token""#,
        r#"bEARER ERROR="invalid_token""#,
        "Bearer error=invalid_token",
        "Bearer   error=invalid_token  ",
        "Bearer error \t = \t invalid_token",
        r#"Bearer error= "invalid_token" ,"#,
        r#", ,	Bearer , ,error="invalid_token",,"#,
        r#"Newauth realm="apps", type=1, title="Login to \"apps\"", Bearer realm="x", error="invalid_token""#,
        r#"Newauth realm="a, Bearer error=\"insufficient_scope\"", Bearer error="invalid_token""#,
        r#"Bearer error="invalid_token", Basic realm="x", error="other", error="twice""#,
        "Negotiate, Bearer error=invalid_token",
        "Negotiate YWJj, Bearer error=invalid_token",
        "Negotiate YWJj==, Bearer error=invalid_token",
        "Negotiate YWJj= , Bearer error=invalid_token",
        "Negotiate a/b+c~d.e-f_g=, Bearer error=invalid_token, Negotiate",
        r#"Bearer authorization_uri="https://x.example/", error="invalid_token", claims="e30=""#,
        r#"realm="x", Bearer error="invalid_token""#,
        r#"Basic realm="é \é	", Bearer error="invalid_token""#,
    ] {
        assert!(bearer(value).is_invalid_token(), "{value}");
    }
}

#[test]
fn a_field_that_does_not_speak_of_bearer_tokens_has_no_challenge() {
    for value in [
        "",
        " ",
        ", ,",
        "Basic",
        r#"Basic realm="x", charset="UTF-8""#,
        "Negotiate YWJj==",
        "BearerX error=invalid_token",
        r#"DPoP error="use_dpop_nonce", algs="ES256""#,
        // Parameters of no scheme.
        r#"error="invalid_token""#,
        r#"realm="Bearer", error=invalid_token"#,
        r#"Basic realm="Bearer error=invalid_token""#,
        r#"Basic realm="x\", Bearer error=\"invalid_token""#,
    ] {
        assert_eq!(Challenge::bearer(value), Ok(None), "{value}");
    }
}

#[test]
fn a_challenge_without_an_error_is_no_invalid_token() {
    for value in ["Bearer", "Bearer ", "bearer,", "Bearer, Basic error=invalid_token", "Bearer error=Invalid_Token", "Bearer error=\"\""] {
        let challenge = bearer(value);
        assert!(!challenge.is_invalid_token() && !challenge.is_insufficient_scope(), "{value}");
    }
}

#[test]
fn a_value_outside_the_grammar_is_refused_whole() {
    for value in [
        "=",
        "\"",
        "Bearer error",
        "Bearer error=",
        "Bearer error==",
        "Bearer error=\"invalid_token",
        "Bearer error=\"invalid_token\\",
        "Bearer error=\"invalid_token\\\"",
        "Bearer error=invalid_token\"",
        "Bearer error=invalid_token realm=x",
        "Bearer error=\"invalid_token\" realm=\"x\"",
        "Bearer error=\"invalid_token\"realm=\"x\"",
        "Bearer error=\"invalid_token\"; realm=\"x\"",
        "Bearer error='invalid token'",
        "Bearer error=invalid/token",
        "Bearer\terror=invalid_token",
        "Bearer: error=invalid_token",
        "Bearer \terror=invalid_token",
        "Bearer abc",
        "Bearer YWJj==",
        "Bearer error=invalid_token, Basic realm=\"x",
        "Bearer error=invalid_token, Basic a b",
        "Bearer error=invalid_token, Basic a=b=",
        "Basic realm=\"\n\", Bearer error=invalid_token",
        "Basic realm=\"\\\n\", Bearer error=invalid_token",
        "Basic realm=\"\0\", Bearer error=invalid_token",
        "Basic realm=\"\x7F\", Bearer error=invalid_token",
        "Bearer error=invalid_token\r\nBasic realm=x",
        "B\u{e9}arer error=invalid_token",
        "Bearer error=\u{e9}",
        "\u{a0}Bearer error=invalid_token",
        "OAuth \"Facebook Platform\" \"invalid_token\"",
        // Nothing says which of two challenges holds.
        "Bearer error=invalid_token, Bearer error=insufficient_scope",
        "Bearer, bearer",
    ] {
        assert!(is_malformed(value), "{value:?}");
    }
}

// R087
#[test]
fn a_repeated_parameter_of_rfc_6750_is_refused() {
    for name in ["realm", "scope", "error", "error_description", "error_uri"] {
        let shouted = name.to_ascii_uppercase();
        for (first, second) in [("a", "b"), ("a", "a"), ("\"\"", "\"\"")] {
            assert!(is_malformed(&format!("Bearer {name}={first}, x=1, {shouted}={second}")), "{name}");
            assert!(is_malformed(&format!("Bearer x=1, {name}={first},{name}={second}, Basic realm=x")), "{name}");
            assert_eq!(Challenge::bearer(&format!("Basic {name}={first}, {name}={second}")), Ok(None), "{name}");
        }
        assert!(!is_malformed(&format!("Basic {name}=a, Bearer {name}=a, Digest {name}=a, x=1, x=2")), "{name}");
    }
}

// R087
#[test]
fn values_are_of_the_bytes_that_rfc_6750_allows() {
    for character in ('\0'..='\u{100}').chain(['\u{2028}', '\u{1F600}']) {
        let allowed = matches!(character, ' '..='~') && !matches!(character, '"' | '\\');
        for name in ["scope", "error", "error_description", "error_uri"] {
            let value = format!("Bearer {name}=\"a{character}b\"");
            let allowed = allowed && !(name == "error_uri" && character == ' ');
            assert_eq!(!is_malformed(&value), allowed, "{value:?}");
            assert!(is_malformed(&format!("Bearer {name}=\"a\\{character}b\"")), "{value:?}");
        }
    }
}

// R089
#[test]
fn a_realm_is_a_label_and_nothing_else() {
    let of = |value| bearer(value).realm().map(Iterator::collect::<String>);
    for (value, meant) in [
        ("Bearer", None),
        ("Bearer realm=\"\"", Some("")),
        ("Bearer realm=example", Some("example")),
        (r#"Bearer realm="https://evil.example/token""#, Some("https://evil.example/token")),
        (r#"Bearer realm="a \"b\" \c \\d\\\\\"""#, Some(r#"a "b" c \d\\""#)),
        ("Bearer realm=\"caf\u{e9} \\\u{65e5}\"", Some("caf\u{e9} \u{65e5}")),
    ] {
        assert_eq!(of(value).as_deref(), meant, "{value}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(value in any::<String>(), soup in "(Bearer|Basic|error|realm|[ \t,=\"\\\\a/é]){0,24}") {
        let _ = Challenge::bearer(&value);
        if let Ok(Some(challenge)) = Challenge::bearer(&soup) {
            let _ = challenge.realm().map(Iterator::count);
        }
    }

    // R087
    #[test]
    fn what_is_written_is_read(
        realm in "[ -~é\t]{0,12}",
        error in "[ !#-\\[\\]-~]{0,12}",
        others in prop::collection::vec("(Basic( [a-z]+=\"[ -!#-\\[,]{0,8}\")?|Negotiate( [A-Za-z0-9/+]{1,9}={0,2})?)", 0..3),
        place in any::<prop::sample::Index>(),
    ) {
        let escaped: String = realm.chars().flat_map(|c| ['\\'].into_iter().filter(move |_| matches!(c, '"' | '\\')).chain([c])).collect();
        let mut challenges = others;
        challenges.insert(place.index(challenges.len().saturating_add(1)), format!("Bearer realm=\"{escaped}\", error=\"{error}\""));
        let value = challenges.join(", ");
        let challenge = bearer(&value);
        prop_assert_eq!(challenge.error(), Some(&error[..]));
        prop_assert_eq!(challenge.realm().map(Iterator::collect::<String>), Some(realm));
    }
}
