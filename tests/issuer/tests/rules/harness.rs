//! A client made of nothing but a socket, so that what is tested is the server.

use gatepass_issuer::{Endpoint, Issuer};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The pair of RFC 7636 Appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const REDIRECT: &str = "http://127.0.0.1:49152/callback";

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn member(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_else(|| panic!("no {name}: {}", self.text())).to_owned()
    }

    pub(crate) fn error(&self) -> (u16, String) {
        (self.status, self.member("error"))
    }

    /// Whether as much body came as the head promised.
    pub(crate) fn is_whole(&self) -> bool {
        self.header("content-length").is_none_or(|length| length.parse() == Ok(self.body.len()))
    }
}

/// Sends bytes and reads until the server closes.
pub(crate) fn raw(address: SocketAddr, request: &str) -> Vec<u8> {
    let mut stream = connect(address);
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    bytes
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

pub(crate) fn parse(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a whole head");
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let field = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    Answer { status, headers: lines.filter_map(field).collect(), body: bytes[end + 4..].to_vec() }
}

/// One request on a connection of its own.
pub(crate) fn request(issuer: &Issuer, method: &str, target: &str, headers: &str, body: &str) -> Vec<u8> {
    let (address, length) = (issuer.address(), body.len());
    let head = format!("{method} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}");
    raw(address, &format!("{head}content-length: {length}\r\n\r\n{body}"))
}

pub(crate) fn path(issuer: &Issuer, endpoint: Endpoint) -> String {
    let url = issuer.endpoint_url(endpoint);
    url[format!("http://{}", issuer.address()).len()..].to_owned()
}

pub(crate) fn get(issuer: &Issuer, target: &str) -> Answer {
    parse(&request(issuer, "GET", target, "", ""))
}

pub(crate) fn encode(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Posts a form; the bytes that came back, perhaps none.
pub(crate) fn post_bytes(issuer: &Issuer, endpoint: Endpoint, headers: &str, pairs: &[(&str, &str)]) -> Vec<u8> {
    let headers = format!("content-type: application/x-www-form-urlencoded\r\n{headers}");
    request(issuer, "POST", &path(issuer, endpoint), &headers, &encode(pairs))
}

pub(crate) fn post(issuer: &Issuer, endpoint: Endpoint, pairs: &[(&str, &str)]) -> Answer {
    parse(&post_bytes(issuer, endpoint, "", pairs))
}

/// The authorization URL of client `demo`, with some parameters changed; an empty value removes one.
pub(crate) fn authorization_url(issuer: &Issuer, changes: &[(&str, &str)]) -> String {
    let mut pairs = vec![
        ("response_type", "code"),
        ("client_id", "demo"),
        ("redirect_uri", REDIRECT),
        ("scope", "read write offline_access"),
        ("state", "st/ate+1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        pairs.retain(|(key, _)| key != name);
        if !value.is_empty() {
            pairs.push((name, value));
        }
    }
    format!("{}?{}", issuer.endpoint_url(Endpoint::Authorize), encode(&pairs))
}

/// A parameter of a redirect.
pub(crate) fn param(location: &str, name: &str) -> Option<String> {
    let query = location.split_once('?')?.1;
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

pub(crate) fn code(issuer: &Issuer, changes: &[(&str, &str)]) -> String {
    let location = issuer.visit(&authorization_url(issuer, changes)).unwrap();
    param(&location, "code").unwrap_or_else(|| panic!("no code in {location}"))
}

pub(crate) fn exchange(code: &str) -> [(&str, &str); 5] {
    [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT), ("code_verifier", VERIFIER), ("client_id", "demo")]
}

/// Access and refresh token of a fresh grant.
pub(crate) fn sign_in(issuer: &Issuer) -> (String, String) {
    let answer = post(issuer, Endpoint::Token, &exchange(&code(issuer, &[])));
    assert_eq!(answer.status, 200, "{}", answer.text());
    (answer.member("access_token"), answer.member("refresh_token"))
}

pub(crate) fn refreshing(token: &str) -> [(&str, &str); 3] {
    [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "demo")]
}

pub(crate) fn refresh(issuer: &Issuer, token: &str) -> Answer {
    post(issuer, Endpoint::Token, &refreshing(token))
}

pub(crate) fn revoke(issuer: &Issuer, token: &str) -> Answer {
    post(issuer, Endpoint::Revoke, &[("token", token), ("client_id", "demo")])
}

pub(crate) fn call(issuer: &Issuer, token: &str) -> Answer {
    parse(&request(issuer, "GET", "/api", &format!("authorization: Bearer {token}\r\n"), ""))
}
