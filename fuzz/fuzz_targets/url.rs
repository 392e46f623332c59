//! Any text as a configured URL, an origin, a redirect URI, a resource: what is accepted is what the `http` crate reads in it, and has
//! nothing that could mislead a browser or a log.
#![no_main]

use gatepass::{AuthorizationUrl, Client, Config, Discovery, Origin, Server, WellKnown, fuzzing};
use libfuzzer_sys::fuzz_target;

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x21..=0x7e) && !b"\"<>\\^`{|}#".contains(&byte))
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let is_url = AuthorizationUrl::parse(text).is_ok();
    let is_https = text.starts_with("https://");
    if is_url {
        assert!(is_plain(text) && (is_https || text.starts_with("http://")));
        let authority = text.split('/').nth(2).and_then(|authority| authority.split('?').next()).unwrap_or_default();
        assert!(!authority.is_empty() && !authority.contains('@'), "{text}");
        assert!(
            is_https
                || ["127.0.0.1", "[::1]"]
                    .iter()
                    .any(|host| authority.strip_prefix(host).is_some_and(|port| port.is_empty() || port.starts_with(':')))
        );
        if let Ok(uri) = text.parse::<http::Uri>() {
            assert_eq!(uri.authority().map(|authority| authority.as_str()), Some(authority));
            let port = uri.port_u16().unwrap_or(if is_https { 443 } else { 80 });
            let host = uri.host().unwrap_or_default();
            let same = format!("{}://{}:{port}/other", if is_https { "https" } else { "http" }, host.to_uppercase());
            assert_eq!(Origin::of(text), Origin::of(&same), "{text}");
        }
    }
    assert_eq!(Origin::of(text).is_ok(), is_url);
    let endpoints = Server::new("https://as.example", text, "https://as.example/token");
    let config = Config::new(endpoints, Client::public("client"));
    assert!(config.is_err() || (is_url && is_https));
    assert!(Config::new(endpoints.danger_allow_http_on_loopback(), Client::public("client")).is_err() || is_url);
    assert!(Config::new(endpoints.with_revocation("http://127.0.0.1/"), Client::public("client")).is_err());
    let token = Server::new("https://as.example", "https://as.example/authorize", text);
    assert_eq!(Config::new(token, Client::public("client")).is_ok(), is_url && is_https);
    let issuer = Server::new(text, "https://as.example/authorize", "https://as.example/token");
    let is_issuer = Config::new(issuer, Client::public("client")).is_ok();
    assert_eq!(is_issuer, is_url && is_https && !text.contains('?'));

    let mut kept = [0; 64];
    for well_known in [WellKnown::OAuth, WellKnown::OpenId] {
        let discovery = Discovery::new(text, well_known, &mut kept);
        assert_eq!(discovery.is_ok(), is_issuer);
        let Ok(discovery) = discovery else { continue };
        let mut out = vec![0; text.len() + 64];
        let request = discovery.request(gatepass::Timestamp::default(), &mut out).expect("it fits");
        assert!(AuthorizationUrl::parse(request.url()).is_ok() && request.url().contains("/.well-known/"));
        assert_eq!(Origin::of(request.url()), Origin::of(text));
        assert!(request.url().starts_with("https://") && request.url().ends_with(request.target()));
    }

    if fuzzing::is_redirect_uri(text) {
        assert!(is_plain(text));
        let scheme = text.split(':').next().unwrap_or_default();
        assert!(
            is_https
                || text.starts_with("http://127.0.0.1")
                || text.starts_with("http://[::1]")
                || text.starts_with("http://localhost")
                || scheme.contains('.')
        );
    }
    if fuzzing::is_resource(text) {
        assert!(is_plain(text) && text.contains(':'));
    }
    // On a host alone: nothing but a name and a port gets through.
    let preset = Config::new(Server::auth0(text), Client::public("client"));
    assert_eq!(preset.is_ok(), AuthorizationUrl::parse(&format!("https://{text}")).is_ok() && !text.contains(['/', '?']));
});
