//! What the tests against real parts share: a grant at the certified server, as either adapter wants it.

#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::must_use_candidate,
    reason = "a test that cannot go on must fail, and at the line that says why"
)]

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::Arc,
};

use gatepass::{AuthorizationCode, Client, Config, Grant, Server};
use gatepass_store::{Memory, driver::Settings};
use gatepass_support::OidcProvider;
use serde_json::Value;

/// A redirect URI that the certified server takes; nobody listens there, since form posts end at its redirect.
pub const REDIRECT_URI: &str = "http://127.0.0.1:49152/callback";

/// Settings for a client of the certified server, its grant in memory, its own origin allowed.
pub fn settings(provider: &OidcProvider, server: Server<'static>, client: Client<'static>) -> Settings {
    let config = Config::new(server, client).unwrap();
    assert!(config.pkce_is_announced() && config.can_revoke(), "discovery found what the server announces");
    Settings::new(config, Arc::new(Memory::new())).origin(provider.issuer()).danger_allow_http_on_loopback()
}

/// A grant with a refresh token that is good for userinfo.
pub const fn userinfo_grant() -> Grant<'static> {
    Grant::AuthorizationCode(AuthorizationCode::new().scope("openid offline_access").prompt("consent"))
}

/// A grant with a refresh token that is good for one API.
pub const fn api_grant<'a>(resource: &'a [&'a str]) -> Grant<'a> {
    Grant::AuthorizationCode(AuthorizationCode::new().scope("openid offline_access api:read").prompt("consent").resources(resource))
}

/// The refresh tokens that were sent to the token endpoint, in order.
pub fn refresh_tokens_sent(provider: &OidcProvider) -> Vec<String> {
    let sent = provider.log().into_iter().filter(|entry| entry["path"] == "/token" && entry["form"]["grant_type"] == "refresh_token");
    sent.map(|entry| entry["form"]["refresh_token"].as_str().unwrap().to_owned()).collect()
}

/// Sends a refresh token once more, as a thief would; the status and the error code.
pub fn replay(provider: &OidcProvider, refresh_token: &str) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let form = [("grant_type", "refresh_token"), ("client_id", gatepass_support::NATIVE_CLIENT), ("refresh_token", refresh_token)];
    let mut response = agent.post(format!("{}/token", provider.issuer())).send_form(form).unwrap();
    let body: Value = serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap();
    (response.status().as_u16(), body["error"].as_str().unwrap_or_default().to_owned())
}

/// Builds the command, and says where it is.
pub fn gatepass() -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "-q", "-p", "gatepass-cli", "--message-format=json"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(built.status.success(), "the command does not build");
    let messages = String::from_utf8(built.stdout).unwrap();
    let executable = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()?["executable"].as_str().map(PathBuf::from)).last();
    executable.expect("cargo names the executable")
}
