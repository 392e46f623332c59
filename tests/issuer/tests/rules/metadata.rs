//! The metadata documents.

use crate::harness::*;
use gatepass_issuer::{Dialect, Endpoint, Issuer};
use serde_json::json;

const BOTH: [&str; 2] = ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"];

#[test]
fn both_documents_say_what_the_server_does() {
    for dialect in [Dialect::Plain, Dialect::Auth0] {
        let issuer = Issuer::builder().dialect(dialect).start().unwrap();
        for path in BOTH {
            let document = get(&issuer, path).json();
            assert_eq!(document["issuer"], issuer.url());
            for (name, endpoint) in [
                ("authorization_endpoint", Endpoint::Authorize),
                ("token_endpoint", Endpoint::Token),
                ("revocation_endpoint", Endpoint::Revoke),
                ("userinfo_endpoint", Endpoint::Userinfo),
                ("jwks_uri", Endpoint::Jwks),
            ] {
                assert_eq!(document[name], issuer.endpoint_url(endpoint));
            }
            assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
            assert_eq!(document["authorization_response_iss_parameter_supported"], true);
            assert_eq!(document["grant_types_supported"], json!(["authorization_code", "refresh_token"]));
            assert_eq!(document["token_endpoint_auth_methods_supported"], json!(["none", "client_secret_basic", "client_secret_post"]));
        }
        assert_eq!(issuer.counts().metadata_requests, 2);
    }
}

#[test]
fn a_member_can_be_replaced_or_removed() {
    let members = json!({ "issuer": "https://evil.example", "jwks_uri": null }).as_object().unwrap().clone();
    let issuer = Issuer::builder().metadata_members(members).start().unwrap();
    let document = get(&issuer, BOTH[0]).json();
    assert_eq!((document["issuer"].as_str(), document.get("jwks_uri")), (Some("https://evil.example"), None));
}
