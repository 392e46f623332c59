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
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Child, Command, Stdio},
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
fn gatepass() -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "-q", "-p", "gatepass-cli", "--message-format=json"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(built.status.success(), "the command does not build");
    let messages = String::from_utf8(built.stdout).unwrap();
    let executable =
        messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()?["executable"].as_str().map(PathBuf::from)).next_back();
    executable.expect("cargo names the executable")
}

/// The command with a home folder of its own.
#[derive(Debug)]
pub struct Shell {
    command: PathBuf,
    home: tempfile::TempDir,
}

/// A login that waits for the person: the URL that it shows, and the process.
#[derive(Debug)]
pub struct Login {
    /// Where the person goes.
    pub url: String,
    child: Child,
}

impl Shell {
    /// Builds the command, and gives it a home.
    pub fn open() -> Self {
        Self { command: gatepass(), home: tempfile::tempdir().unwrap() }
    }

    fn gatepass(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.command);
        command.args(arguments).env("GATEPASS_HOME", self.home.path());
        command.env_remove("GATEPASS_PROFILE").env_remove("GATEPASS_CLIENT_SECRET");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it to its end; the exit code, and what it printed.
    pub fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.gatepass(arguments).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let why = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code().is_some(), "{why}");
        (output.status.code().unwrap(), if said.is_empty() { why.into_owned() } else { said })
    }

    /// Begins to sign in at the certified server, without a browser of its own.
    pub fn login(&self, provider: &OidcProvider) -> Login {
        let arguments = ["login", provider.issuer(), "--client-id", gatepass_support::NATIVE_CLIENT, "--api", provider.issuer()];
        let options = ["--scope", "openid offline_access", "--prompt", "consent", "--allow-loopback-http", "--no-browser", "--json"];
        let mut child = self.gatepass(&[&arguments[..], &options].concat()).stdin(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().expect("the URL is printed").unwrap();
        child.stdout = None;
        std::thread::spawn(move || lines.count());
        let url = serde_json::from_str::<Value>(&line).unwrap()["url"].as_str().expect("a URL").to_owned();
        Login { url, child }
    }
}

impl Login {
    /// Pastes the redirect, as a person without a browser on this machine does.
    pub fn paste(&mut self, redirect: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{redirect}").unwrap();
    }

    /// Waits for its end: the exit code.
    pub fn finish(mut self) -> Option<i32> {
        // Standard input stays open until then: its end would be an answer.
        let stdin = self.child.stdin.take();
        let status = self.child.wait().unwrap();
        drop(stdin);
        status.code()
    }
}
