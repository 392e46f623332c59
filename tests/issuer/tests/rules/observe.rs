//! What tests may ask afterwards.

use crate::harness::*;
use gatepass_issuer::{Counts, Endpoint, Issuer};

#[test]
fn requests_are_remembered_as_they_were_sent() {
    let issuer = Issuer::builder().start().unwrap();
    sign_in(&issuer);
    let requests = issuer.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!((requests[0].method.as_str(), requests[0].endpoint), ("GET", Some(Endpoint::Authorize)));
    assert_eq!(requests[0].param("state"), Some("st/ate+1"));
    assert_eq!((requests[1].method.as_str(), requests[1].path.as_str()), ("POST", "/token"));
    assert_eq!(requests[1].param("code_verifier"), Some(VERIFIER));
    assert_eq!(requests[1].header("Content-Type"), Some("application/x-www-form-urlencoded"));
    assert_eq!((requests[0].connection, requests[1].connection), (1, 2));
    assert!(requests[0].time <= requests[1].time);
    issuer.clear_requests();
    assert!(issuer.requests().is_empty());
    assert_eq!(issuer.counts().requests, 2);
    issuer.reset_counts();
    assert_eq!(issuer.counts(), Counts::default());
}

#[test]
fn connections_are_counted_also_when_nothing_is_sent() {
    let issuer = Issuer::builder().start().unwrap();
    drop(connect(issuer.address()));
    get(&issuer, "/nowhere");
    let counts = issuer.counts();
    assert_eq!((counts.connections, counts.requests), (2, 1));
}

#[test]
fn an_issuer_can_be_shared_between_threads() {
    const fn is_shared<T: Send + Sync + 'static>() {}
    is_shared::<Issuer>();
}
