//! URLs, and the names of a redirect's parameters.

use super::*;
use crate::{
    config::{Client, Config, Server},
    error::Violation,
    redirect::{self, Believed},
    url::{AuthorizationUrl, Url, check_redirect_uri, is_resource},
};
use std::format;

const OF_A_URI: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?[]@!$&'()*+,;=";

fn is_of_a_uri(text: &str) -> bool {
    let mut parts = text.split('%');
    let plain = |part: &str| part.chars().all(|character| OF_A_URI.contains(character));
    parts.next().is_none_or(plain)
        && parts.all(|part| part.chars().take(2).filter(|digit| digit.is_ascii_hexdigit()).count() == 2 && plain(part))
}

/// The host of an authority, if it is one.
fn host(authority: &str) -> Option<&str> {
    let end = if authority.starts_with('[') { authority.find(']')? + 1 } else { authority.find(':').unwrap_or(authority.len()) };
    let (host, port) = authority.split_at(end);
    let is_host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => !address.is_empty() && address.chars().all(|digit| digit.is_ascii_hexdigit() || ":.".contains(digit)),
        None => {
            let of_a_name = |character: char| character.is_ascii_alphanumeric() || "-._".contains(character);
            !host.is_empty() && !host.starts_with(['-', '.']) && host.chars().all(of_a_name)
        }
    };
    let is_port = match port.strip_prefix(':') {
        Some(digits) => digits.chars().all(|digit| digit.is_ascii_digit()) && (1..65_536).contains(&digits.parse().unwrap_or(0u128)),
        None => port.is_empty(),
    };
    (is_host && is_port).then_some(host)
}

/// Whether a URL is of the web, its host, and what follows.
fn web(url: &str) -> Option<(bool, &str, &str)> {
    let (scheme, rest) = url.split_once("://").filter(|(scheme, _)| ["https", "http"].contains(scheme))?;
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let host = host(authority)?;
    is_of_a_uri(path).then_some((scheme == "https", host, path))
}

fn is_redirect_uri(uri: &str) -> bool {
    if let Some((is_https, host, path)) = web(uri) {
        let is_here = ["127.0.0.1", "[::1]", "localhost"].contains(&host);
        return path.starts_with('/') && if is_https { host == host.to_ascii_lowercase() } else { is_here };
    }
    let Some((scheme, rest)) = uri.split_once(':') else { return false };
    let of_a_scheme = |character: char| character.is_ascii_alphanumeric() || "+-.".contains(character);
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.contains('.')
        && scheme.chars().all(of_a_scheme)
        && !rest.is_empty()
        && is_of_a_uri(rest)
}

// R001 R045 R048 R107
#[test]
fn every_short_host_and_port_is_good_exactly_when_the_grammar_says_so() {
    let mut count = 0;
    let mut text = String::new();
    for (before, after) in [("", ""), ("a", ""), ("[", ""), ("[", "]"), ("[::1", "]:1"), ("a:", ""), ("a:6553", ""), ("", ":443")] {
        count += every_text(|middle| {
            text.clear();
            text.extend([before, middle, after]);
            assert_eq!(Url::on_host(&text, "/").is_good(false), host(&text).is_some(), "{text:?}");
        });
    }
    tell("authorities", count);
}

// R001 R005 R016 R045 R098 R154
#[test]
fn every_short_end_of_a_url_is_good_exactly_when_the_grammar_says_so() {
    let mut count = 0;
    let mut text = String::new();
    for before in [
        "",
        "https:",
        "https:/",
        "https://",
        "https://a",
        "https://a/",
        "http://127.0.0.1",
        "http://[::1]:8",
        "http://localhost",
        "a.b",
        "a.b:",
    ] {
        count += every_text(|middle| {
            text.clear();
            text.extend([before, middle]);
            let is_visited = web(&text).is_some_and(|(is_https, host, _)| is_https || ["127.0.0.1", "[::1]"].contains(&host));
            assert_eq!(AuthorizationUrl::parse(&text).is_ok(), is_visited, "{text:?}");
            assert_eq!(check_redirect_uri(&text).is_ok(), is_redirect_uri(&text), "{text:?}");
            let names_something = text.split_once(':').is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty());
            assert_eq!(is_resource(&text), names_something && is_of_a_uri(&text), "{text:?}");
        });
    }
    tell("URLs", count);
}

const STATE: &str = "abcdefghijklmnopqrstuvwxyz0";
const NAMES: [&str; 8] = ["state", "iss", "error", "error_description", "error_uri", "code", "response", "id_token"];

/// What a redirect says, by a list of its pairs: the order of the checks is that of [`redirect::check`].
fn meant(query: &str) -> Result<&'static str, Violation> {
    let pairs = pairs(query.split('#').next().unwrap_or_default().as_bytes());
    let mut seen: Vec<(&str, Vec<u8>)> = Vec::new();
    for [name, value] in pairs {
        let name = name.ok_or(Violation::Redirect)?;
        let Some(known) = NAMES.into_iter().find(|known| known.as_bytes() == name) else { continue };
        if seen.iter().any(|(other, _)| *other == known) {
            return Err(Violation::Repeated);
        }
        // Bad escapes in values are not among what is tried here.
        seen.push((known, value.unwrap()));
    }
    let value = |name| seen.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, value)| value);
    match () {
        () if value("state") != STATE.as_bytes() => Err(Violation::State),
        () if !value("iss").is_empty() => Err(Violation::Issuer),
        () if value("error").is_empty() == value("code").is_empty() => Err(Violation::NoOutcome),
        () if !(value("response").is_empty() && value("id_token").is_empty()) => Err(Violation::NoOutcome),
        () => Ok(if value("code").is_empty() { "error" } else { "code" }),
    }
}

// R026 R027 R028
#[test]
fn every_spelling_of_a_parameter_s_name_is_that_name_or_another() {
    let server = Server::new("https://as.example", "https://as.example/a", "https://as.example/t");
    let config = Config::new(server, Client::public("id")).unwrap();
    let mut received = String::new();
    let mut count = 0;
    let mut check = |query: &str| {
        received.clear();
        received.extend(["http://127.0.0.1:9/cb?", query]);
        let found = redirect::check(&config, b"http://127.0.0.1:9/cb", STATE.as_bytes(), &received);
        let found = found.map(|believed| if matches!(believed, Believed::Code(_)) { "code" } else { "error" });
        assert_eq!(found, meant(query), "{query:?}");
        count += 1;
    };
    // Any short name, beside those that a redirect has.
    every_text(|name| {
        if !name.contains(['=', '&', '#']) {
            check(&format!("{name}=x&state={STATE}&code=c"));
        }
    });
    // Each name with each of its bytes written in every way: as any other, and as any escape.
    for name in NAMES {
        for at in (0..name.len()).step_by(one_in(5)) {
            let (front, back) = (&name[..at], &name[at + 1..]);
            for high in (0..=127u8).step_by(one_in(67)) {
                check(&format!("{front}{}{back}=x&state={STATE}&code=c", char::from(high)));
                for low in (0..=127u8).step_by(one_in(67)) {
                    let escape = format!("{}{}", char::from(high), char::from(low));
                    if !escape.contains(['=', '&', '#', '%']) {
                        check(&format!("{front}%{escape}{back}=x&state={STATE}&code=c"));
                    }
                }
            }
        }
    }
    tell("redirects", count);
}
