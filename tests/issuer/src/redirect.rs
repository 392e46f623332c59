//! Redirect URIs: byte by byte, with a free port for loopback literals.

/// Whether a redirect URI is one that the client registered (RFC 9700 §4.1.3, RFC 8252 §7.3).
pub(crate) fn is_registered(registered: &[String], given: &str) -> bool {
    let usable = given.is_ascii() && !given.contains('#') && !given.bytes().any(|byte| byte <= b' ' || byte == 127);
    usable && registered.iter().any(|uri| uri == given || same_but_port(uri, given))
}

fn same_but_port(registered: &str, given: &str) -> bool {
    match (without_port(registered), without_port(given)) {
        (Some(left), Some(right)) => left == right,
        _ => false,
    }
}

/// Splits a loopback URI into its host literal and what follows the port. `localhost` is a name, not a
/// literal, so it gets no free port (RFC 8252 §8.3).
fn without_port(uri: &str) -> Option<(&str, &str)> {
    let hosts = ["http://127.0.0.1", "http://[::1]"];
    let (host, rest) = hosts.into_iter().find_map(|host| Some((host, uri.strip_prefix(host)?)))?;
    let rest = match rest.strip_prefix(':') {
        None => rest,
        Some(with_port) => {
            let end = with_port.find(|c: char| !c.is_ascii_digit()).unwrap_or(with_port.len());
            let (port, rest) = with_port.split_at(end);
            port.parse::<u16>().ok().filter(|port| *port > 0)?;
            rest
        }
    };
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((host, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_port_of_a_loopback_literal_may_vary() {
        let registered = ["http://127.0.0.1/cb", "http://[::1]/cb", "https://app.example/cb", "http://localhost/cb"];
        let registered = registered.map(String::from);
        let good = ["http://127.0.0.1/cb", "http://127.0.0.1:1/cb", "http://[::1]:65535/cb", "https://app.example/cb"];
        let bad = [
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:65536/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:80/cb/",
            "http://127.0.0.1:80/cb?x",
            "http://127.0.0.1:80/CB",
            "http://127.0.0.1:80/cb#",
            "http://127.0.0.1:80@evil.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://127.0.0.2/cb",
            "https://127.0.0.1/cb",
            "https://app.example:443/cb",
            "https://app.example/cb?x=1",
            "http://localhost:8080/cb",
            "http://127.0.0.1:80/c\u{301}b",
            "",
        ];
        for uri in good {
            assert!(is_registered(&registered, uri), "{uri}");
        }
        for uri in bad {
            assert!(!is_registered(&registered, uri), "{uri}");
        }
    }
}
