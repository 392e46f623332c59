//! HTTP itself: connections, limits, the end.

use crate::harness::*;
use gatepass_issuer::Issuer;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[test]
fn a_connection_serves_many_requests_until_one_says_close() {
    let issuer = Issuer::builder().start().unwrap();
    let mut bytes = String::new();
    for _ in 0..3 {
        bytes.push_str("GET /api HTTP/1.1\r\nhost: x\r\n\r\n");
    }
    bytes.push_str("GET /nowhere HTTP/1.1\r\nhost: x\r\nConnection: Close\r\n\r\nGET /api HTTP/1.1\r\n\r\n");
    let answers = String::from_utf8(raw(issuer.address(), &bytes)).unwrap();
    assert_eq!(answers.matches("HTTP/1.1 401 ").count(), 3);
    assert_eq!(answers.matches("HTTP/1.1 404 ").count(), 1);
    assert_eq!((issuer.counts().connections, issuer.counts().requests), (1, 4));
}

#[test]
fn a_chunked_body_is_read_and_an_announced_one_is_invited() {
    let issuer = Issuer::builder().start().unwrap();
    let (access, _) = sign_in(&issuer);
    let head = format!("POST /api HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {access}\r\n");
    let chunked = raw(issuer.address(), &format!("{head}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"));
    assert_eq!(parse(&chunked).json()["body_len"], 6);
    let mut stream = connect(issuer.address());
    stream.write_all(format!("{head}expect: 100-continue\r\ncontent-length: 2\r\n\r\n").as_bytes()).unwrap();
    let mut invitation = [0; 25];
    stream.read_exact(&mut invitation).unwrap();
    assert_eq!(&invitation, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"hi").unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert_eq!(parse(&rest).json()["body_len"], 2);
}

#[test]
fn what_breaks_http_or_a_limit_is_refused_and_closed() {
    let issuer = Issuer::builder().start().unwrap();
    let cases = [
        ("nonsense\r\n\r\n".to_owned(), 400),
        ("GET http://x/ HTTP/1.1\r\n\r\n".to_owned(), 400),
        (format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(70_000)), 431),
        (format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(200)), 431),
        ("POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n".to_owned(), 400),
        ("POST / HTTP/1.1\r\ncontent-length: +1\r\n\r\n".to_owned(), 400),
        ("POST / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n".to_owned(), 400),
        ("POST / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n".to_owned(), 413),
        ("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nfffffff\r\n".to_owned(), 413),
        ("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_owned(), 400),
    ];
    for (bytes, status) in cases {
        assert_eq!(parse(&raw(issuer.address(), &bytes)).status, status, "{}", &bytes[..bytes.len().min(60)]);
    }
    assert_eq!(issuer.counts().requests, 0);
}

#[test]
fn the_end_closes_the_port_and_every_connection_at_once() {
    let issuer = Issuer::builder().start().unwrap();
    let mut idle = connect(issuer.address());
    get(&issuer, "/api");
    let begun = Instant::now();
    issuer.shutdown();
    issuer.shutdown();
    assert_eq!(idle.read(&mut [0; 1]).unwrap_or(0), 0);
    assert!(TcpStream::connect(issuer.address()).is_err());
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_port_can_be_chosen_and_is_free_after_the_end() {
    let first = Issuer::builder().start().unwrap();
    let port = first.address().port();
    assert!(Issuer::builder().port(port).start().is_err());
    drop(first);
    let second = Issuer::builder().port(port).start().unwrap();
    assert_eq!(get(&second, "/api").status, 401);
}

#[test]
fn a_hundred_connections_are_served_at_once() {
    let issuer = Issuer::builder().start().unwrap();
    let mut streams: Vec<TcpStream> = (0..100).map(|_| connect(issuer.address())).collect();
    for stream in &mut streams {
        stream.write_all(b"GET /api HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    }
    for stream in &mut streams {
        let mut start = [0; 12];
        stream.read_exact(&mut start).unwrap();
        assert_eq!(&start, b"HTTP/1.1 401");
    }
}
