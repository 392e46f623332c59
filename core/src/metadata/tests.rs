//! Documents of every kind, and what is made of them.

extern crate std;
use std::{format, string::String};

use super::{Discovery, WellKnown};
use crate::{
    config::{Client, Config},
    error::{Error, Misuse, Violation},
    output::Head,
    time::Timestamp,
};

const JSON: Head<'_> = Head { status: 200, content_type: Some("application/json; charset=utf-8"), retry_after: None };
const ISSUER: &str = "https://as.example";
const GOOD: &str =
    r#"{"issuer":"https://as.example","authorization_endpoint":"https://as.example/a","token_endpoint":"https://t.example/t""#;

/// Reads a document in pieces of a size; the endpoints and what is announced.
fn discover(body: &str, size: usize) -> Result<String, Error> {
    let mut kept = [0; 512];
    let mut discovery = Discovery::new(ISSUER, WellKnown::OAuth, &mut kept)?;
    discovery.head(JSON)?;
    for piece in body.as_bytes().chunks(size) {
        discovery.body(piece)?;
    }
    let server = discovery.end()?;
    let config = Config::new(server, Client::public("id"))?;
    let written = |url: crate::url::Url<'_>| String::from_utf8(url.parts().concat()).unwrap();
    let (token, revocation) = (written(server.token), server.revocation.map_or_else(String::new, written));
    Ok(format!("{token} {revocation} s256={} iss={}", config.pkce_is_announced(), server.iss_announced))
}

// R118
#[test]
fn the_two_well_known_forms_insert_and_append() {
    let table = [
        (
            "https://a.example",
            "https://a.example/.well-known/oauth-authorization-server",
            "https://a.example/.well-known/openid-configuration",
        ),
        (
            "https://a.example/",
            "https://a.example/.well-known/oauth-authorization-server",
            "https://a.example/.well-known/openid-configuration",
        ),
        (
            "https://a.example/x",
            "https://a.example/.well-known/oauth-authorization-server/x",
            "https://a.example/x/.well-known/openid-configuration",
        ),
        (
            "https://a.example/x/",
            "https://a.example/.well-known/oauth-authorization-server/x",
            "https://a.example/x/.well-known/openid-configuration",
        ),
        (
            "https://a.example/x/y",
            "https://a.example/.well-known/oauth-authorization-server/x/y",
            "https://a.example/x/y/.well-known/openid-configuration",
        ),
        (
            "https://a.example:8443/x",
            "https://a.example:8443/.well-known/oauth-authorization-server/x",
            "https://a.example:8443/x/.well-known/openid-configuration",
        ),
    ];
    for (issuer, oauth, openid) in table {
        for (form, expected) in [(WellKnown::OAuth, oauth), (WellKnown::OpenId, openid)] {
            let (mut kept, mut out) = ([0; 8], [0; 128]);
            let discovery = Discovery::new(issuer, form, &mut kept).unwrap();
            let request = discovery.request(Timestamp::default(), &mut out).unwrap();
            assert_eq!((request.url(), request.method().as_str(), request.body()), (expected, "GET", &b""[..]));
        }
    }
}

// R117
#[test]
fn an_issuer_is_https_without_query_or_fragment() {
    for issuer in ["http://a.example", "https://a.example?x", "https://a.example#f", "a.example", "", "https://u@a.example"] {
        assert_eq!(Discovery::new(issuer, WellKnown::OAuth, &mut [0; 8]).err(), Some(Misuse::Url.into()), "{issuer}");
    }
    assert!(Discovery::new("http://127.0.0.1:8080", WellKnown::OAuth, &mut [0; 8]).is_err());
    assert!(Discovery::danger_allow_http_on_loopback("http://127.0.0.1:8080", WellKnown::OAuth, &mut [0; 8]).is_ok());
    assert!(Discovery::danger_allow_http_on_loopback("http://a.example", WellKnown::OAuth, &mut [0; 8]).is_err());
}

// R119
#[test]
fn only_a_200_with_json_is_read() {
    let table = [
        (200, Some("application/json"), None),
        (200, Some("Application/JSON ;charset=utf-8"), None),
        (200, Some("text/html"), Some(Violation::ContentType)),
        (200, None, Some(Violation::ContentType)),
        (301, Some("application/json"), Some(Violation::Redirected)),
        (307, None, Some(Violation::Redirected)),
        (404, Some("application/json"), Some(Violation::Status)),
        (500, Some("application/json"), Some(Violation::Status)),
        (201, Some("application/json"), Some(Violation::Status)),
    ];
    for (status, content_type, expected) in table {
        let mut kept = [0; 8];
        let mut discovery = Discovery::new(ISSUER, WellKnown::OAuth, &mut kept).unwrap();
        assert_eq!(
            discovery.head(Head { status, content_type, retry_after: None }).err(),
            expected.map(Error::from),
            "{status} {content_type:?}"
        );
        // What was refused is not read either.
        assert_eq!(discovery.body(b"{}").is_err(), expected.is_some());
    }
}

// R116 R120
#[test]
fn metadata_of_another_issuer_is_not_used() {
    for issuer in [
        "https://as.example/",
        "https://AS.example",
        "https://as.exampl",
        "https://as.example:443",
        "https://evil.example",
        "",
        "https://as.\\u0065xample/",
    ] {
        let body =
            format!(r#"{{"authorization_endpoint":"https://as.example/a","token_endpoint":"https://as.example/t","issuer":"{issuer}"}}"#);
        assert_eq!(discover(&body, 7), Err(Violation::OtherIssuer.into()), "{issuer}");
    }
    assert_eq!(
        discover(r#"{"authorization_endpoint":"https://as.example/a","token_endpoint":"https://as.example/t"}"#, 7),
        Err(Violation::OtherIssuer.into())
    );
    assert!(discover(&format!("{}}}", GOOD.replacen("as.example", "as.\\u0065xample", 1)), 7).is_ok());
}

// R121
#[test]
fn every_endpoint_is_https() {
    for url in ["http://as.example/x", "javascript:alert(1)", "https://as.example/#f", "//as.example/", "https://u@as.example/"] {
        for name in ["authorization_endpoint", "token_endpoint", "revocation_endpoint"] {
            let others = ["authorization_endpoint", "token_endpoint"].into_iter().filter(|other| *other != name);
            let others: String = others.map(|other| format!(r#","{other}":"https://as.example/x""#)).collect();
            let body = format!(r#"{{"issuer":"{ISSUER}","{name}":"{url}"{others}}}"#);
            assert_eq!(discover(&body, 9), Err(Misuse::Url.into()), "{name} {url}");
        }
    }
    for missing in [r#""authorization_endpoint":"https://as.example/a""#, r#""token_endpoint":"https://as.example/t""#] {
        assert_eq!(discover(&format!(r#"{{"issuer":"{ISSUER}",{missing}}}"#), 9), Err(Violation::Member.into()));
    }
}

// R023 R122 R156
#[test]
fn what_is_absent_or_malformed_counts_as_not_supported() {
    let table = [
        ("", "s256=false iss=false"),
        (r#","code_challenge_methods_supported":["plain","S256"]"#, "s256=true iss=false"),
        (r#","code_challenge_methods_supported":["S2\u00356"]"#, "s256=true iss=false"),
        (r#","code_challenge_methods_supported":["plain","s256","S2567","S25","","S2","56"]"#, "s256=false iss=false"),
        (r#","code_challenge_methods_supported":"S256""#, "s256=false iss=false"),
        (r#","code_challenge_methods_supported":{"S256":"S256"}"#, "s256=false iss=false"),
        (r#","code_challenge_methods_supported":[["S256"]]"#, "s256=false iss=false"),
        (r#","code_challenge_methods_supported":[{"x":1},"S256"]"#, "s256=true iss=false"),
        (r#","revocation_endpoint":["https://as.example/r"]"#, "s256=false iss=false"),
        (r#","authorization_response_iss_parameter_supported":true"#, "s256=false iss=true"),
        (r#","authorization_response_iss_parameter_supported":"true""#, "s256=false iss=false"),
        (r#","authorization_response_iss_parameter_supported":[true]"#, "s256=false iss=false"),
        (r#","authorization_response_iss_parameter_supported":1"#, "s256=false iss=false"),
        (r#","revocation_endpoint":null,"revocation_endpoint_auth_methods_supported":["none"]"#, "s256=false iss=false"),
        (r#","x":{"code_challenge_methods_supported":["S256"],"issuer":"y"}"#, "s256=false iss=false"),
    ];
    for (more, expected) in table {
        for size in [1, 3, 1000] {
            assert_eq!(discover(&format!("{GOOD}{more}}}"), size), Ok(format!("https://t.example/t  {expected}")), "{more}");
        }
    }
    assert!(discover(&format!(r#"{GOOD},"revocation_endpoint":"https://as.example/r"}}"#), 5).unwrap().contains("https://as.example/r"));
}

// R066
#[test]
fn repeats_excess_and_what_is_no_object_are_refused() {
    for body in [format!(r#"{GOOD},"issuer":"{ISSUER}"}}"#), format!(r#"{GOOD},"iss\u0075er":"{ISSUER}"}}"#)] {
        assert_eq!(discover(&body, 11), Err(Violation::Member.into()));
    }
    for name in super::NAMES {
        let body = format!(r#"{GOOD},"{name}":null,"{name}":null}}"#);
        assert_eq!(discover(&body, 11), Err(Violation::Member.into()), "{name}");
    }
    for body in ["[]", "\"\"", "", "{", GOOD, "{}x", "<html>"] {
        assert_eq!(discover(body, 11), Err(Violation::Json.into()), "{body}");
    }
    for (more, expected) in [(0, Ok("https://t.example/t  s256=false iss=false".into())), (1, Err(Violation::TooLong.into()))] {
        let front = format!(r#"{GOOD},"x":""#);
        let long = format!(r#"{front}{}"}}"#, "x".repeat((1 << 18) + more - front.len() - 2));
        assert_eq!(discover(&long, 4096), expected, "{more} bytes more than are read");
    }
}

#[test]
fn a_small_buffer_says_how_large_it_must_be_however_the_answer_is_cut() {
    let body = format!("{GOOD}}}");
    let read = |room: usize, piece: usize| {
        let mut kept = std::vec![0; room];
        let mut discovery = Discovery::new(ISSUER, WellKnown::OAuth, &mut kept)?;
        discovery.head(JSON)?;
        for chunk in body.as_bytes().chunks(piece) {
            discovery.body(chunk)?;
        }
        discovery.end().map(|_| ())
    };
    let Err(Error::Capacity { needed }) = read(16, body.len()) else { panic!("it does not fit") };
    assert_eq!(read(needed, body.len()), Ok(()));
    for piece in [1, 2, 7, body.len()] {
        for room in 0..needed {
            assert_eq!(read(room, piece), Err(Error::Capacity { needed }), "{room} bytes of room, pieces of {piece}");
        }
    }
}
