//! The authorization endpoint.

use crate::harness::*;
use gatepass_issuer::{Client, Issuer};
use std::io::ErrorKind;

#[test]
fn an_approval_carries_code_state_and_issuer() {
    let issuer = Issuer::builder().start().unwrap();
    let location = issuer.visit(&authorization_url(&issuer, &[])).unwrap();
    assert!(location.starts_with(&format!("{REDIRECT}?code=")), "{location}");
    assert_eq!(param(&location, "state").as_deref(), Some("st/ate+1"));
    assert_eq!(param(&location, "iss"), Some(issuer.url()));
    assert_eq!(issuer.counts().codes_issued, 1);
}

#[test]
fn the_redirect_is_a_303() {
    let issuer = Issuer::builder().start().unwrap();
    let url = authorization_url(&issuer, &[]);
    let answer = get(&issuer, &url[issuer.url().len()..]);
    assert_eq!(answer.status, 303);
    assert!(answer.header("location").is_some());
}

#[test]
fn a_denial_carries_error_state_and_issuer() {
    let issuer = Issuer::builder().start().unwrap();
    let location = issuer.visit_denied(&authorization_url(&issuer, &[])).unwrap();
    assert_eq!(param(&location, "error").as_deref(), Some("access_denied"));
    assert_eq!(param(&location, "state").as_deref(), Some("st/ate+1"));
    assert_eq!(param(&location, "iss"), Some(issuer.url()));
    assert_eq!(param(&location, "code"), None);
}

#[test]
fn an_unregistered_redirect_uri_gets_a_page_and_no_redirect() {
    let issuer = Issuer::builder().start().unwrap();
    for uri in [
        "http://127.0.0.1:49152/callback/",
        "http://127.0.0.1:49152/callback?x=1",
        "http://127.0.0.1:49152/Callback",
        "http://localhost:49152/callback",
        "https://app.example:8443/callback",
        "https://evil.example/callback",
        "http://127.0.0.1:49152@evil.example/callback",
    ] {
        let url = authorization_url(&issuer, &[("redirect_uri", uri)]);
        let answer = get(&issuer, &url[issuer.url().len()..]);
        assert_eq!(answer.status, 400, "{uri}");
        assert_eq!(answer.header("location"), None, "{uri}");
        assert!(answer.header("content-security-policy").unwrap().contains("default-src 'none'"));
        assert_eq!(issuer.visit(&url).unwrap_err().kind(), ErrorKind::InvalidData);
    }
}

#[test]
fn a_loopback_redirect_may_use_any_port_and_another_uri_none() {
    let issuer = Issuer::builder().start().unwrap();
    for uri in ["http://127.0.0.1:1/callback", "http://[::1]:65535/callback", "https://app.example/callback", "com.example.app:/callback"] {
        let location = issuer.visit(&authorization_url(&issuer, &[("redirect_uri", uri)])).unwrap();
        assert!(location.starts_with(&format!("{uri}?code=")), "{location}");
    }
}

#[test]
fn an_unknown_client_gets_a_page() {
    let issuer = Issuer::builder().start().unwrap();
    for client in ["", "nobody", "DEMO"] {
        let url = authorization_url(&issuer, &[("client_id", client)]);
        assert_eq!(get(&issuer, &url[issuer.url().len()..]).status, 400);
    }
}

#[test]
fn pkce_with_s256_is_required() {
    let issuer = Issuer::builder().start().unwrap();
    for change in [("code_challenge", ""), ("code_challenge_method", ""), ("code_challenge_method", "plain"), ("code_challenge", "short")] {
        let location = issuer.visit(&authorization_url(&issuer, &[change])).unwrap();
        assert_eq!(param(&location, "error").as_deref(), Some("invalid_request"), "{change:?}");
        assert_eq!(param(&location, "iss"), Some(issuer.url()));
    }
}

#[test]
fn only_the_response_type_code_is_known() {
    let issuer = Issuer::builder().start().unwrap();
    for (kind, error) in [("token", "unsupported_response_type"), ("code id_token", "unsupported_response_type"), ("", "invalid_request")] {
        let location = issuer.visit(&authorization_url(&issuer, &[("response_type", kind)])).unwrap();
        assert_eq!(param(&location, "error").as_deref(), Some(error));
    }
}

#[test]
fn a_repeated_parameter_is_refused() {
    let issuer = Issuer::builder().start().unwrap();
    let url = authorization_url(&issuer, &[]);
    let location = issuer.visit(&format!("{url}&scope=admin")).unwrap();
    assert_eq!(param(&location, "error").as_deref(), Some("invalid_request"));
    for twice in ["client_id=demo", "redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback"] {
        assert_eq!(get(&issuer, &format!("{}&{twice}", &url[issuer.url().len()..])).status, 400);
    }
}

#[test]
fn a_page_asks_and_its_answer_counts_once() {
    let issuer = Issuer::builder().auto_approve(false).start().unwrap();
    for (decision, name) in [("allow", "code"), ("deny", "error")] {
        let (page, ticket) = page(&issuer, &[]);
        assert_eq!(page.status, 200);
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("form-action 'self' http:;") && policy.contains("frame-ancestors 'none'"), "{policy}");
        let answer = decide(&issuer, &ticket, decision);
        assert_eq!(answer.status, 303);
        assert!(param(answer.header("location").unwrap(), name).is_some());
        assert_eq!(decide(&issuer, &ticket, decision).status, 400);
    }
    assert_eq!(decide(&issuer, "guessed", "allow").status, 400);
    assert_eq!(issuer.counts().codes_issued, 1);
}

#[test]
fn a_page_escapes_what_it_shows() {
    let client = Client::public("<b>\"'&").redirect_uri(REDIRECT);
    let issuer = Issuer::builder().auto_approve(false).client(client).start().unwrap();
    let (page, _) = page(&issuer, &[("client_id", "<b>\"'&"), ("scope", "<script>")]);
    assert!(page.text().contains("&lt;b&gt;&quot;&#39;&amp;") && !page.text().contains("<script>"));
}

#[test]
fn a_visit_answers_also_where_a_page_would_ask() {
    let issuer = Issuer::builder().auto_approve(false).start().unwrap();
    assert!(issuer.visit(&authorization_url(&issuer, &[])).unwrap().contains("code="));
    assert!(issuer.visit_denied(&authorization_url(&issuer, &[])).unwrap().contains("access_denied"));
}

#[test]
fn without_interaction_a_page_cannot_ask() {
    let issuer = Issuer::builder().auto_approve(false).start().unwrap();
    let url = authorization_url(&issuer, &[("prompt", "none")]);
    let answer = get(&issuer, &url[issuer.url().len()..]);
    assert_eq!(param(answer.header("location").unwrap(), "error").as_deref(), Some("interaction_required"));
}

#[test]
fn a_visit_elsewhere_is_not_made() {
    let issuer = Issuer::builder().start().unwrap();
    for url in ["https://example.com/authorize", "http://127.0.0.1:1/", "", "/authorize"] {
        assert_eq!(issuer.visit(url).unwrap_err().kind(), ErrorKind::InvalidInput, "{url}");
    }
    assert_eq!(issuer.counts().connections, 0);
}

fn page(issuer: &Issuer, changes: &[(&str, &str)]) -> (Answer, String) {
    let url = authorization_url(issuer, changes);
    let page = get(issuer, &url[issuer.url().len()..]);
    let text = page.text();
    let ticket = text.split("name=\"ticket\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    (page, ticket)
}

fn decide(issuer: &Issuer, ticket: &str, decision: &str) -> Answer {
    post(issuer, gatepass_issuer::Endpoint::Authorize, &[("ticket", ticket), ("decision", decision)])
}
