//! What is sent, to the letter; and what never is.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    missing_docs
)]

use gatepass::*;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_millis(1_000);
const URI: &str = "http://127.0.0.1:9/cb?own=%2f";
const TOKENS: &[u8] = br#"{"access_token":"ACCESS","token_type":"Bearer","expires_in":3600,"refresh_token":"REFRESH"}"#;

fn entropy(seed: u64) -> Entropy {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    Entropy::from_bytes(core::array::from_fn(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    }))
    .unwrap()
}

fn server(host: &'static str) -> Config<'static> {
    Config::new(Server::auth0(host), Client::public("client 1")).unwrap()
}

fn begin(session: &mut Session, config: &Config<'_>, grant: AuthorizationCode<'_>, seed: u64) -> String {
    session.handle(config, NOW, Input::Found(None, &entropy(seed))).unwrap();
    session.sign_in(config, NOW, &Grant::AuthorizationCode(grant), URI, &entropy(seed + 1)).unwrap();
    let mut out = [0; 2048];
    let Output::Visit(url) = session.poll(config, NOW, &mut out).unwrap() else { panic!() };
    url.as_str().to_owned()
}

fn parameter<'u>(url: &'u str, name: &str) -> &'u str {
    let query = url.split_once('?').unwrap().1;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap_or_else(|| panic!("{name} in {url}"))
}

fn redirect(session: &mut Session, config: &Config<'_>, url: &str, code: &str) {
    let received = format!("{}?own=%2f&code={code}&state={}", URI.split('?').next().unwrap(), parameter(url, "state"));
    session.handle(config, NOW, Input::Redirect(&received)).unwrap();
}

/// The next request: URL, `Authorization`, body; answered with tokens.
fn send(session: &mut Session, config: &Config<'_>, now: Timestamp) -> (String, String, String) {
    let mut out = [0; 2048];
    loop {
        match session.poll(config, now, &mut out).unwrap() {
            Output::Save(save) => _ = session.handle(config, now, Input::Saved(save.ticket())).unwrap(),
            Output::Send(request) => {
                assert_eq!(request.method(), Method::Post);
                let header = request.headers().find(|(name, _)| *name == "Authorization").map_or("", |(_, value)| value);
                let body = String::from_utf8(request.body().to_vec()).unwrap();
                let sent = (request.url().to_owned(), header.to_owned(), body);
                let ticket = request.ticket();
                let head = Head { status: 200, content_type: Some("application/json"), retry_after: None };
                session.handle(config, now, Input::Head(ticket, head)).unwrap();
                session.handle(config, now, Input::Body(ticket, TOKENS)).unwrap();
                session.handle(config, now, Input::End(ticket)).unwrap();
                return sent;
            }
            other => panic!("{other:?}"),
        }
    }
}

// R004 R006 R013 R021 R091
#[test]
fn the_authorization_request_asks_for_a_code_with_s256_and_for_nothing_else() {
    let mut session = Session::<[u8; 1024]>::new();
    let url = begin(&mut session, &server("as.example"), AuthorizationCode::new().scope("a b").resources(&["urn:x"]), 1);
    let expected = format!(
        "https://as.example/authorize?response_type=code&client_id=client+1&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fcb%3Fown%3D%252f&state={}&code_challenge={}&code_challenge_method=S256&scope=a+b&resource=urn%3Ax",
        parameter(&url, "state"),
        parameter(&url, "code_challenge"),
    );
    assert_eq!(url, expected);
    assert_eq!((parameter(&url, "state").len(), parameter(&url, "code_challenge").len()), (27, 43));
}

// R001 R002
#[test]
fn a_query_of_the_endpoint_is_kept_and_joined_once() {
    for (endpoint, joined) in [
        ("https://as.example/a", "https://as.example/a?response_type=code"),
        ("https://as.example/a?", "https://as.example/a?response_type=code"),
        ("https://as.example/a?p=q", "https://as.example/a?p=q&response_type=code"),
        ("https://as.example/a?p=q&", "https://as.example/a?p=q&response_type=code"),
    ] {
        let config = Config::new(Server::new("https://as.example", endpoint, "https://as.example/t"), Client::public("c")).unwrap();
        let url = begin(&mut Session::<[u8; 1024]>::new(), &config, AuthorizationCode::new(), 1);
        assert!(url.starts_with(joined), "{url}");
    }
}

// R007 R014 R022 R047 R051 R053
#[test]
fn the_code_request_carries_the_verifier_and_the_redirect_uri_to_the_letter() {
    let config = server("as.example");
    let mut session = Session::<[u8; 1024]>::new();
    let url = begin(&mut session, &config, AuthorizationCode::new().resources(&["urn:x"]), 1);
    redirect(&mut session, &config, &url, "c%2Bd");
    let (to, authorization, body) = send(&mut session, &config, NOW);
    let verifier = parameter(&format!("?{body}"), "code_verifier").to_owned();
    assert_eq!((to.as_str(), authorization.as_str()), ("https://as.example/oauth/token", ""));
    assert_eq!(
        body,
        format!(
            "client_id=client+1&grant_type=authorization_code&code=c%2Bd&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fcb%3Fown%3D%252f&code_verifier={verifier}&resource=urn%3Ax"
        )
    );
    assert_eq!(verifier.len(), 43);
}

// R013 R014 R079 R085
#[test]
fn a_refresh_asks_for_no_more_than_was_granted_and_no_token_is_in_a_url() {
    let config = server("as.example");
    let mut session = Session::<[u8; 1024]>::new();
    let url = begin(&mut session, &config, AuthorizationCode::new().scope("a"), 1);
    redirect(&mut session, &config, &url, "c");
    send(&mut session, &config, NOW);
    let (to, _, body) = send(&mut session, &config, Timestamp::from_millis(3_600_000));
    assert_eq!(
        (to.as_str(), body.as_str()),
        ("https://as.example/oauth/token", "client_id=client+1&grant_type=refresh_token&refresh_token=REFRESH")
    );
}

// R018 R024 R026
#[test]
fn no_two_sign_ins_share_a_state_or_a_challenge_and_a_failed_one_is_spent() {
    let config = server("as.example");
    let urls: Vec<_> = (0..50).map(|at| begin(&mut Session::<[u8; 1024]>::new(), &config, AuthorizationCode::new(), 2 * at)).collect();
    for (at, url) in urls.iter().enumerate() {
        for other in &urls[..at] {
            assert_ne!(parameter(url, "state"), parameter(other, "state"));
            assert_ne!(parameter(url, "code_challenge"), parameter(other, "code_challenge"));
        }
    }
    let mut session = Session::<[u8; 1024]>::new();
    let url = begin(&mut session, &config, AuthorizationCode::new(), 1);
    let declined = format!("http://127.0.0.1:9/cb?error=access_denied&state={}", parameter(&url, "state"));
    assert_eq!(session.handle(&config, NOW, Input::Redirect(&declined)), Err(Error::Refused(Refusal::AccessDenied)));
    assert_eq!(session.handle(&config, NOW, Input::Redirect(&declined)), Err(Error::Misuse(Misuse::NotNow)), "it is spent");
    assert_eq!(session.poll(&config, NOW, &mut [0; 2048]).map(|output| matches!(output, Output::SignIn(SignInReason::Declined))), Ok(true));
}

// R036
#[test]
fn a_code_goes_only_to_the_server_that_was_asked() {
    let (honest, evil) = (server("honest.example"), server("evil.example"));
    let mut at_honest = Session::<[u8; 1024]>::new();
    let mut at_evil = Session::<[u8; 1024]>::new();
    let url = begin(&mut at_honest, &honest, AuthorizationCode::new(), 1);
    let evil_url = begin(&mut at_evil, &evil, AuthorizationCode::new(), 3);
    // The mix-up: the honest server's answer arrives at the sign-in with the evil one, and the other way round.
    let received = format!("http://127.0.0.1:9/cb?code=c&state={}", parameter(&url, "state"));
    assert_eq!(at_evil.handle(&evil, NOW, Input::Redirect(&received)), Err(Error::Violation(Violation::State)));
    assert_eq!(at_honest.handle(&evil, NOW, Input::Redirect(&received)), Err(Error::Misuse(Misuse::OtherConfig)));
    redirect(&mut at_honest, &honest, &url, "c");
    assert_eq!(send(&mut at_honest, &honest, NOW).0, "https://honest.example/oauth/token");
    redirect(&mut at_evil, &evil, &evil_url, "c");
    assert_eq!(send(&mut at_evil, &evil, NOW).0, "https://evil.example/oauth/token");
}

// R019 R023
#[test]
fn whether_pkce_is_announced_is_said_and_changes_nothing_that_is_sent() {
    let silent = Server::new("https://as.example", "https://as.example/a", "https://as.example/t");
    let (silent, announced) =
        (Config::new(silent, Client::public("c")).unwrap(), Config::new(silent.with_s256(), Client::public("c")).unwrap());
    assert!(!silent.pkce_is_announced() && announced.pkce_is_announced());
    let urls = [silent, announced].map(|config| begin(&mut Session::<[u8; 1024]>::new(), &config, AuthorizationCode::new(), 1));
    assert_eq!(urls[0], urls[1], "S256 and state are always there; plain never");
}

/// Anything at all that may be handed in.
#[derive(Clone, Debug)]
enum Any {
    Found(Option<Vec<u8>>),
    Visited,
    Redirect(String),
    Head(u16, String),
    Body(Vec<u8>),
    End,
    NotSent,
    NoResponse,
    Saved,
    NotSaved,
    Superseded(Option<Vec<u8>>),
    Refresh,
    Cancel,
    SignIn(String, String),
    SignOut,
    Later(u64),
}

fn anything() -> impl Strategy<Value = Any> {
    prop_oneof![
        proptest::option::of(any_bytes()).prop_map(Any::Found),
        Just(Any::Visited),
        "\\PC{0,40}".prop_map(Any::Redirect),
        (200u16..600, "[a-z/;= ]{0,30}").prop_map(|(status, kind)| Any::Head(status, kind)),
        Just(Any::Head(200, "application/json".to_owned())),
        any_bytes().prop_map(Any::Body),
        Just(Any::Body(TOKENS.to_vec())),
        Just(Any::End),
        Just(Any::NotSent),
        Just(Any::NoResponse),
        Just(Any::Saved),
        Just(Any::NotSaved),
        proptest::option::of(any_bytes()).prop_map(Any::Superseded),
        Just(Any::Refresh),
        Just(Any::Cancel),
        ("\\PC{0,20}", "[!-~ ]{0,60}").prop_map(|(scope, uri)| Any::SignIn(scope, uri)),
        Just(Any::SignIn("a b".to_owned(), "http://127.0.0.1:9/cb".to_owned())),
        Just(Any::SignOut),
        proptest::num::u64::ANY.prop_map(Any::Later),
        (0u64..100_000).prop_map(Any::Later),
    ]
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(proptest::num::u8::ANY, 0..200)
}

fn whatever<const N: usize>(operations: &[Any]) {
    let config = server("as.example");
    let mut session = Session::<[u8; N]>::new();
    let mut now = NOW;
    let mut ticket = Ticket::default();
    let mut state = String::new();
    for operation in operations {
        let mut out = [0; 1024];
        match session.poll(&config, now, &mut out) {
            Ok(Output::Send(request)) => ticket = request.ticket(),
            Ok(Output::Save(save)) => ticket = save.ticket(),
            Ok(Output::Visit(url)) => state = parameter(url.as_str(), "state").to_owned(),
            _ => {}
        }
        let entropy = entropy(now.as_millis());
        let believed = format!("http://127.0.0.1:9/cb?code=c&state={state}");
        let input = match operation {
            Any::Found(record) => Input::Found(record.as_deref(), &entropy),
            Any::Visited => Input::Redirect(&believed),
            Any::Redirect(uri) => Input::Redirect(uri),
            Any::Head(status, kind) => Input::Head(ticket, Head { status: *status, content_type: Some(kind), retry_after: Some(kind) }),
            Any::Body(bytes) => Input::Body(ticket, bytes),
            Any::End => Input::End(ticket),
            Any::NotSent => Input::NotSent(ticket),
            Any::NoResponse => Input::NoResponse(ticket),
            Any::Saved => Input::Saved(ticket),
            Any::NotSaved => Input::NotSaved(ticket),
            Any::Superseded(record) => Input::Superseded(record.as_deref()),
            Any::Refresh => Input::Refresh,
            Any::Cancel => Input::Cancel,
            Any::SignIn(scope, uri) => {
                let grant = Grant::AuthorizationCode(AuthorizationCode::new().scope(scope));
                let _ = session.sign_in(&config, now, &grant, uri, &entropy);
                continue;
            }
            Any::SignOut => {
                let _ = session.sign_out(&config, now);
                continue;
            }
            Any::Later(by) => {
                now = Timestamp::from_millis(now.as_millis().wrapping_add(*by)).with_unix_seconds(*by);
                continue;
            }
        };
        let _ = session.handle(&config, now, input);
        let _ = (session.access_token(now), session.scope(), session.refusal(), session.members_json());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    // R152
    #[test]
    fn whatever_is_handed_in_nothing_panics(operations in proptest::collection::vec(anything(), 0..40)) {
        whatever::<1024>(&operations);
        whatever::<64>(&operations);
        whatever::<0>(&operations);
    }
}
