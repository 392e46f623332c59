//! Each fault does what it says, and the server did or did not act.

use crate::harness::*;
use gatepass_issuer::LocationEdit::{Append, Fragment, Remove, Set};
use gatepass_issuer::{Endpoint, Fault, FaultKind, Issuer, Malformed};
use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

/// A server, a grant's refresh token, and the bytes of a refresh struck by a fault.
fn struck(kind: FaultKind) -> (Issuer, String, Vec<u8>) {
    let issuer = Issuer::builder().start().unwrap();
    let (_, token) = sign_in(&issuer);
    issuer.fault(Fault::new(Endpoint::Token, kind));
    let bytes = post_bytes(&issuer, Endpoint::Token, "", &refreshing(&token));
    assert_eq!((issuer.counts().faults, issuer.counts().refresh_requests), (1, 1));
    (issuer, token, bytes)
}

fn assert_processed(issuer: &Issuer, token: &str) {
    assert_eq!(issuer.counts().refresh_successes, 1);
    assert_eq!(refresh(issuer, token).status, 400, "the server rotated");
}

fn assert_not_processed(issuer: &Issuer, token: &str) {
    assert_eq!(issuer.counts().refresh_successes, 0);
    assert_eq!(refresh(issuer, token).status, 200, "the server did not rotate");
}

#[test]
fn drop_before_closes_and_does_not_process() {
    let (issuer, token, bytes) = struck(FaultKind::DropBefore);
    assert!(bytes.is_empty());
    assert_not_processed(&issuer, &token);
}

#[test]
fn drop_during_processes_and_sends_half() {
    let (issuer, token, bytes) = struck(FaultKind::DropDuring);
    let answer = parse(&bytes);
    assert!(!answer.is_whole() && !answer.body.is_empty());
    assert_processed(&issuer, &token);
}

#[test]
fn drop_after_processes_and_sends_nothing() {
    let (issuer, token, bytes) = struck(FaultKind::DropAfter);
    assert!(bytes.is_empty());
    assert_processed(&issuer, &token);
}

#[test]
fn a_status_comes_before_or_after_the_processing() {
    let (issuer, token, bytes) = struck(FaultKind::Status(503));
    assert_eq!(parse(&bytes).status, 503);
    assert_not_processed(&issuer, &token);
    let (issuer, token, bytes) = struck(FaultKind::StatusAfter(502));
    assert_eq!(parse(&bytes).status, 502);
    assert_processed(&issuer, &token);
}

#[test]
fn an_oauth_error_comes_before_or_after_the_processing() {
    let error = |status, code: &str| FaultKind::ErrorCode { status, code: code.to_owned() };
    let (issuer, token, bytes) = struck(error(400, "temporarily_unavailable"));
    assert_eq!(parse(&bytes).error(), (400, "temporarily_unavailable".to_owned()));
    assert_not_processed(&issuer, &token);
    let (issuer, token, bytes) = struck(FaultKind::ErrorCodeAfter { status: 500, code: "invalid_grant".to_owned() });
    assert_eq!(parse(&bytes).error(), (500, "invalid_grant".to_owned()));
    assert_processed(&issuer, &token);
}

#[test]
fn too_many_says_when_to_retry() {
    let (issuer, token, bytes) = struck(FaultKind::TooMany { retry_after: 7 });
    let answer = parse(&bytes);
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("7")));
    assert_not_processed(&issuer, &token);
}

#[test]
fn a_redirect_points_elsewhere() {
    let other = Issuer::builder().start().unwrap();
    let url = other.endpoint_url(Endpoint::Token);
    let (issuer, token, bytes) = struck(FaultKind::RedirectTo { status: 307, url: url.clone() });
    let answer = parse(&bytes);
    assert_eq!((answer.status, answer.header("location")), (307, Some(url.as_str())));
    assert_not_processed(&issuer, &token);
    assert_eq!(other.counts().connections, 0);
}

#[test]
fn slow_sends_byte_by_byte() {
    let begun = Instant::now();
    let (issuer, token, bytes) = struck(FaultKind::Slow(Duration::from_millis(1)));
    assert!(parse(&bytes).is_whole());
    assert!(begun.elapsed() >= Duration::from_millis(u64::try_from(bytes.len()).unwrap()));
    assert_processed(&issuer, &token);
}

#[test]
fn a_delay_comes_after_or_before_the_processing() {
    let delay = Duration::from_millis(200);
    for (kind, processed_at_once) in [(FaultKind::Delay(delay), true), (FaultKind::DelayBefore(delay), false)] {
        let issuer = Issuer::builder().start().unwrap();
        let (_, token) = sign_in(&issuer);
        issuer.fault(Fault::new(Endpoint::Token, kind));
        std::thread::scope(|scope| {
            let answer = scope.spawn(|| refresh(&issuer, &token));
            while issuer.counts().faults == 0 {
                std::thread::yield_now();
            }
            std::thread::sleep(delay / 2);
            assert_eq!(issuer.counts().refresh_successes == 1, processed_at_once);
            assert_eq!(answer.join().unwrap().status, 200);
        });
        assert_eq!(issuer.counts().refresh_successes, 1);
    }
}

#[test]
fn a_delayed_request_is_processed_although_the_client_left() {
    let issuer = Issuer::builder().start().unwrap();
    let (_, token) = sign_in(&issuer);
    issuer.fault(Fault::new(Endpoint::Token, FaultKind::DelayBefore(Duration::from_millis(100))));
    let body = encode(&refreshing(&token));
    let mut stream = connect(issuer.address());
    let head = "POST /token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n";
    std::io::Write::write_all(&mut stream, format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes()).unwrap();
    drop(stream);
    let begun = Instant::now();
    while issuer.counts().refresh_successes == 0 {
        assert!(begun.elapsed() < Duration::from_secs(5));
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_giant_member_is_valid_and_of_the_size_asked_for() {
    let (issuer, token, bytes) = struck(FaultKind::Giant(3_000_000));
    let document = parse(&bytes).json();
    assert_eq!(document["unasked"].as_str().map(str::len), Some(3_000_000));
    assert!(document["access_token"].is_string());
    assert_processed(&issuer, &token);
}

#[test]
fn a_member_is_replaced_by_any_text_or_removed() {
    let refresh = |json: Option<&str>| {
        let (issuer, token, bytes) = struck(FaultKind::Member { name: "expires_in", json: json.map(str::to_owned) });
        assert_processed(&issuer, &token);
        parse(&bytes).text()
    };
    let replaced = refresh(Some("1e999"));
    assert!(replaced.starts_with("{\"expires_in\":1e999,\"") && replaced.matches("expires_in").count() == 1, "{replaced}");
    let removed = refresh(None);
    assert!(!removed.contains("expires_in") && removed.contains("access_token"), "{removed}");
}

#[test]
fn a_compressed_answer_says_so_and_is_small() {
    let (issuer, token, bytes) = struck(FaultKind::Gzip(3_000_000));
    let answer = parse(&bytes);
    assert!(answer.header("content-encoding") == Some("gzip") && answer.is_whole() && answer.body.len() < 30_000);
    let mut document = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(answer.body.as_slice()), &mut document).unwrap();
    assert!(document.len() > 3_000_000 && document.contains("access_token"));
    assert_processed(&issuer, &token);
}

#[test]
fn an_incomplete_answer_holds_all_of_the_body() {
    for kind in [FaultKind::Unterminated, FaultKind::Overstated] {
        let (issuer, token, bytes) = struck(kind);
        let answer = parse(&bytes);
        let text = answer.text();
        assert!(text.contains("{\"access_token\":") && text.trim_end().ends_with('}'), "{text}");
        match answer.header("content-length") {
            Some(length) => assert_eq!(length.parse(), Ok(answer.body.len() + 1)),
            None => assert!(answer.header("transfer-encoding") == Some("chunked") && !text.contains("\r\n0\r\n")),
        }
        assert_processed(&issuer, &token);
    }
}

#[test]
fn an_answer_that_is_not_taken_is_counted() {
    let issuer = Issuer::builder().start().unwrap();
    let (_, token) = sign_in(&issuer);
    issuer.fault(Fault::new(Endpoint::Token, FaultKind::Endless(64 << 20)));
    let body = encode(&refreshing(&token));
    let mut stream = connect(issuer.address());
    let head = "POST /token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n";
    std::io::Write::write_all(&mut stream, format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes()).unwrap();
    std::io::Read::read_exact(&mut stream, &mut [0; 4096]).unwrap();
    assert!(issuer.is_answering());
    drop(stream);
    let begun = Instant::now();
    while issuer.is_answering() {
        assert!(begun.elapsed() < Duration::from_secs(5));
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(issuer.counts().answers_abandoned, 1);
}

#[test]
fn a_slow_body_comes_behind_a_quick_head() {
    let begun = Instant::now();
    let (_, _, bytes) = struck(FaultKind::SlowBody(Duration::from_millis(2)));
    let answer = parse(&bytes);
    assert!(answer.is_whole() && begun.elapsed() >= Duration::from_millis(2) * u32::try_from(answer.body.len()).unwrap());
    // A body of hundreds of bytes, a second each: whoever has the head so soon did not wait for it.
    let (issuer, begun) = (Issuer::builder().start().unwrap(), Instant::now());
    issuer.fault(Fault::new(Endpoint::Metadata, FaultKind::SlowBody(Duration::from_secs(1))));
    let mut stream = connect(issuer.address());
    let request = format!("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", path(&issuer, Endpoint::Metadata));
    stream.write_all(request.as_bytes()).unwrap();
    stream.read_exact(&mut [0; 64]).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(30), "the head is slow");
}

#[test]
fn the_way_back_to_the_client_can_be_changed() {
    let issuer = Issuer::builder().start().unwrap();
    let location = |edits: &[_]| {
        issuer.fault(Fault::new(Endpoint::Authorize, FaultKind::Location(edits.to_vec())));
        issuer.visit(&authorization_url(&issuer, &[])).unwrap()
    };
    let changed = location(&[Set("state", "other"), Remove("iss"), Append("code", "second")]);
    assert_eq!((param(&changed, "state").as_deref(), param(&changed, "iss")), (Some("other"), None));
    assert!(changed.matches("code=").count() == 2 && changed.ends_with("&code=second"), "{changed}");
    let hidden = location(&[Fragment]);
    assert!(hidden.starts_with(&format!("{REDIRECT}#code=")) && !hidden.contains('?'), "{hidden}");
    assert_eq!(issuer.counts().codes_issued, 2);
}

#[test]
fn an_answer_can_be_any_json_or_any_challenge() {
    let (issuer, token, bytes) = struck(FaultKind::Json { status: 418, text: "{\"error\":\"\\u001b\"}".to_owned() });
    assert_eq!(parse(&bytes).error(), (418, "\u{1b}".to_owned()));
    assert_not_processed(&issuer, &token);
    issuer.fault(Fault::new(Endpoint::Api, FaultKind::Challenge("Bearer realm=\"x\"".to_owned())));
    let answer = call(&issuer, "t");
    assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some("Bearer realm=\"x\"")));
}

#[test]
fn a_nested_member_is_valid_and_of_the_depth_asked_for() {
    let (_, _, bytes) = struck(FaultKind::Nested(100));
    let document = parse(&bytes).json();
    let mut depth = 0;
    let mut value = &document["unasked"];
    while let Some(inner) = value.as_array() {
        depth += 1;
        value = inner.first().unwrap_or(&serde_json::Value::Null);
    }
    assert_eq!(depth, 100);
    let (_, _, deep) = struck(FaultKind::Nested(1_000_000));
    assert!(parse(&deep).is_whole() && deep.len() > 2_000_000);
}

#[test]
fn an_answer_can_come_in_chunks() {
    let (issuer, token, bytes) = struck(FaultKind::Chunked(7));
    let answer = parse(&bytes);
    assert_eq!((answer.header("transfer-encoding"), answer.header("content-length")), (Some("chunked"), None));
    assert!(answer.text().starts_with("7\r\n{\"acces\r\n") && answer.text().ends_with("\r\n0\r\n\r\n"));
    assert_processed(&issuer, &token);
}

#[test]
fn a_malformed_body_is_wrong_in_the_way_asked_for() {
    let body = |how| {
        let (issuer, token, bytes) = struck(FaultKind::Malformed(how));
        let answer = parse(&bytes);
        assert!(answer.is_whole() && answer.status == 200, "{how:?}");
        assert_processed(&issuer, &token);
        answer
    };
    let is_json = |answer: &Answer| serde_json::from_slice::<serde_json::Value>(&answer.body).is_ok();
    let of_type = |answer: &Answer, kind: &str| answer.header("content-type").unwrap().starts_with(kind);
    for how in [Malformed::TruncatedJson, Malformed::TrailingText, Malformed::NotUtf8, Malformed::ByteOrderMark] {
        let answer = body(how);
        assert!(!is_json(&answer) && of_type(&answer, "application/json"), "{how:?}");
    }
    assert!(body(Malformed::ByteOrderMark).body.starts_with(b"\xef\xbb\xbf{"));
    assert!(of_type(&body(Malformed::Html), "text/html"));
    let plain = body(Malformed::WrongContentType);
    assert!(is_json(&plain) && of_type(&plain, "text/plain"));
    assert!(body(Malformed::EscapedDuplicate).text().starts_with("{\"acc\\u0065ss_token\":\"another\",\"access_token\":"));
    assert_eq!(body(Malformed::DuplicateAccessToken).text().matches("\"access_token\":").count(), 2);
    assert!(body(Malformed::Empty).body.is_empty());
    assert!(body(Malformed::Array).json().is_array());
    let form = body(Malformed::FormEncoded);
    assert!(form.text().contains("token_type=Bearer") && of_type(&form, "application/x-www-form-urlencoded"));
}

#[test]
fn without_a_refresh_token_the_old_one_serves_on() {
    let (issuer, token, bytes) = struck(FaultKind::WithoutRefreshToken);
    let answer = parse(&bytes);
    assert_eq!((answer.status, answer.json().get("refresh_token")), (200, None));
    assert_eq!(refresh(&issuer, &token).status, 200);
    issuer.fault(Fault::new(Endpoint::Token, FaultKind::WithoutRefreshToken));
    let grant = post(&issuer, Endpoint::Token, &exchange(&code(&issuer, &[])));
    assert_eq!(grant.json().get("refresh_token"), None);
}

#[test]
fn faults_queue_skip_repeat_and_keep_to_their_endpoint() {
    let issuer = Issuer::builder().start().unwrap();
    issuer.fault(Fault::new(Endpoint::Metadata, FaultKind::Status(500)).after(1).times(2));
    issuer.fault(Fault::new(Endpoint::Metadata, FaultKind::Status(502)).always());
    issuer.fault(Fault::new(Endpoint::Revoke, FaultKind::Status(504)).times(0));
    let status = || get(&issuer, "/.well-known/openid-configuration").status;
    assert_eq!([status(), status(), status(), status(), status()], [200, 500, 500, 502, 502]);
    assert_eq!(get(&issuer, "/api").status, 401);
    assert_eq!(revoke(&issuer, "x").status, 200);
    issuer.clear_faults();
    assert_eq!(status(), 200);
}

#[test]
fn faults_strike_every_endpoint() {
    let issuer = Issuer::builder().start().unwrap();
    let (access, token) = sign_in(&issuer);
    issuer.fault(Fault::new(Endpoint::Api, FaultKind::ErrorCode { status: 401, code: "invalid_token".to_owned() }));
    let answer = call(&issuer, &access);
    assert!(answer.status == 401 && answer.header("www-authenticate").unwrap().contains("invalid_token"));
    assert_eq!(call(&issuer, &access).status, 200);
    issuer.fault(Fault::new(Endpoint::Revoke, FaultKind::DropAfter));
    assert!(post_bytes(&issuer, Endpoint::Revoke, "", &[("token", &token), ("client_id", "demo")]).is_empty());
    assert_eq!(issuer.live_grants(), 0);
    issuer.fault(Fault::new(Endpoint::Authorize, FaultKind::DropAfter));
    assert!(issuer.visit(&authorization_url(&issuer, &[])).is_err());
    assert!(issuer.visit(&authorization_url(&issuer, &[])).is_ok());
    issuer.fault(Fault::new(Endpoint::Jwks, FaultKind::Malformed(Malformed::Empty)));
    assert!(get(&issuer, "/jwks").body.is_empty());
}

#[test]
fn an_end_does_not_wait_for_a_slow_answer() {
    let issuer = Issuer::builder().start().unwrap();
    issuer.fault(Fault::new(Endpoint::Api, FaultKind::Slow(Duration::from_secs(30))));
    let mut stream = connect(issuer.address());
    std::io::Write::write_all(&mut stream, b"GET /api HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    std::io::Read::read_exact(&mut stream, &mut [0; 1]).unwrap();
    let begun = Instant::now();
    drop(issuer);
    assert!(begun.elapsed() < Duration::from_secs(2));
}
