extern crate std;

use super::*;
use std::format;

fn check(call: Call<'_>) -> Result<(), BadRequest> {
    call.check()
}

#[test]
fn a_token_goes_over_https_or_by_named_opt_in_to_a_loopback_literal() {
    assert_eq!(check(Call::get("https://api.example/v1?q", "Bearer t")), Ok(()));
    for url in [
        "http://api.example/",
        "http://127.0.0.1/",
        "https://u:p@api.example/",
        "/v1",
        "https://api.example/\r\nX: y",
        "https://api.example/#f",
    ] {
        assert_eq!(check(Call::get(url, "Bearer t")), Err(BadRequest::Url), "{url}");
    }
    assert_eq!(check(Call::get("http://127.0.0.1:80/", "Bearer t").danger_allow_http_on_loopback()), Ok(()));
    assert_eq!(check(Call::get("http://localhost/", "Bearer t").danger_allow_http_on_loopback()), Err(BadRequest::Url));
}

#[test]
fn what_would_change_the_framing_is_refused() {
    let url = "https://api.example/";
    for (name, value, bad) in [
        ("Content-Length", "5", BadRequest::Reserved),
        ("transfer-encoding", "chunked", BadRequest::Reserved),
        ("HOST", "evil.example", BadRequest::Reserved),
        ("Authorization", "Bearer other", BadRequest::Reserved),
        ("Expect", "100-continue", BadRequest::Reserved),
        ("a b", "c", BadRequest::Field),
        ("", "c", BadRequest::Field),
        ("a", "b\r\nc: d", BadRequest::Field),
        ("a", "b\n", BadRequest::Field),
        ("a", "\0", BadRequest::Field),
    ] {
        assert_eq!(check(Call::get(url, "Bearer t").with_headers(&[(name, value)])), Err(bad), "{name:?}: {value:?}");
    }
    assert_eq!(check(Call::get(url, "Bearer t\r\nX: y")), Err(BadRequest::Field));
    for method in ["", "G ET", "CONNECT", "connect", "GET\r\n"] {
        assert_eq!(check(Call::new(method, url, "Bearer t")), Err(BadRequest::Method), "{method:?}");
    }
    assert_eq!(check(Call::new("PATCH", url, "Bearer t").with_headers(&[("Accept", "application/json"), ("X-Id", "")])), Ok(()));
}

// R075
#[test]
fn of_a_url_nothing_is_printed_but_a_checked_origin() {
    for (url, has_origin) in [
        ("https://api.example/canary?canary", true),
        ("https://api.example/#canary", false),
        ("https://canary:canary@api.example/", false),
        ("canary", false),
    ] {
        let headers = [("canary", "canary")];
        let printed = format!("{:?}", Call::get(url, "Bearer canary").with_headers(&headers).with_body(b"canary"));
        assert!(printed.contains("GET") && !printed.contains("canary"), "{printed}");
        assert_eq!(printed.contains("api.example"), has_origin, "{printed}");
    }
}
