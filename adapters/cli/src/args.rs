//! The command line. Its comments are the help that people read, so names of parameters stand as they are typed.
#![allow(clippy::doc_markdown, rustdoc::broken_intra_doc_links, reason = "help texts are no Markdown")]

use core::time::Duration;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::help;
use crate::values::{duration, field, pair};

/// Sign in to OAuth 2.0 servers, and use their APIs from the command line.
///
/// Sign in once per account; gatepass keeps the tokens (readable by you alone), refreshes them when they run out, and never uses
/// one refresh token twice, however many shells ask at once.
#[derive(Parser, Debug)]
#[command(name = "gatepass", version, max_term_width = 100, arg_required_else_help = true, after_help = help::SHORT, after_long_help = help::LONG)]
pub(crate) struct Cli {
    /// Print results as JSON on standard output, one object a line (errors too)
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    Login(Box<LoginArgs>),
    Token(TokenArgs),
    Call(CallArgs),
    Status(StatusArgs),
    Logout(LogoutArgs),
    Demo(DemoArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ProfileArg {
    /// The account: a name of your choosing, of a-z, 0-9, `-`, `_` and `.`
    #[arg(long, short, env = "GATEPASS_PROFILE", default_value = "default", value_name = "NAME", hide_env_values = true)]
    pub(crate) profile: String,
    /// How long to wait for a server that is away, or for another gatepass that refreshes: 90, 90s, 5m or 1h
    #[arg(long, default_value = "30s", value_parser = duration, value_name = "TIME")]
    pub(crate) wait: Duration,
}

/// Sign in with a browser, and remember the account as a profile
///
/// Asks the server for its endpoints, opens your browser, and waits until it comes back to a port of this machine. If that is cut
/// short, run the same command again: it goes on where it was.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  gatepass login https://as.example --client-id my-app --scope \"openid offline_access\"
  gatepass login https://tenant.auth0.com/ --client-id ID --audience https://api.example
  gatepass login https://as.example --client-id my-app --profile work --api https://api.example
  gatepass login https://as.example --client-id my-app --no-browser   on a machine without one
  gatepass login https://as.example --client-id web --client-secret-file ~/.secrets/web
  gatepass login https://as.example --client-id my-app --store rediss://app@redis.example
  gatepass login https://as.example --client-id my-app --store rediss://app@redis.example --join
  gatepass login --profile work                                       again, as the profile says

The scope that gives a refresh token is often offline_access. Without one you sign in again whenever the access token ends.")]
pub(crate) struct LoginArgs {
    /// The server, to the letter as it names itself (a trailing slash counts). Without it: again, as the profile says
    #[arg(requires = "client_id")]
    pub(crate) issuer: Option<String>,
    /// The client identifier that the server knows this program by
    #[arg(long, value_name = "ID", requires = "issuer")]
    pub(crate) client_id: Option<String>,
    #[command(flatten)]
    pub(crate) profile: ProfileArg,
    #[command(flatten)]
    pub(crate) ask: AskArgs,
    #[command(flatten)]
    pub(crate) browser: BrowserArgs,
    #[command(flatten)]
    pub(crate) client: ClientArgs,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// An API that may get the access token by `gatepass call` (its URL; only scheme, host and port count); repeatable
    #[arg(long = "api", value_name = "URL")]
    pub(crate) apis: Vec<String>,
    /// Begin a new sign-in, even if one was cut short
    #[arg(long)]
    pub(crate) restart: bool,
    /// No browser: take up the grant that another machine keeps in the same store
    #[arg(long, conflicts_with_all = ["restart", "no_browser", "replace"])]
    pub(crate) join: bool,
    /// Replace the grant that others may use in a shared store: all of them act as you from then on
    #[arg(long)]
    pub(crate) replace: bool,
}

/// What is asked for.
#[derive(Args, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "What to ask for")]
pub(crate) struct AskArgs {
    /// The rights you want, with spaces between; repeatable
    #[arg(long = "scope", value_name = "SCOPE")]
    pub(crate) scopes: Vec<String>,
    /// The API that the token is for, as Auth0 names it
    #[arg(long, value_name = "AUDIENCE")]
    pub(crate) audience: Option<String>,
    /// The API that the token is for, as RFC 8707 names it; repeatable
    #[arg(long = "resource", value_name = "URI")]
    pub(crate) resources: Vec<String>,
    /// login, consent, select_account or none
    #[arg(long, value_name = "PROMPT")]
    pub(crate) prompt: Option<String>,
    /// Who is going to sign in
    #[arg(long, value_name = "NAME")]
    pub(crate) login_hint: Option<String>,
    /// The organization to sign in to, as Auth0 names it
    #[arg(long, value_name = "NAME")]
    pub(crate) organization: Option<String>,
    /// The connection to sign in by, as Auth0 names it
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<String>,
    /// The authentication context classes you want, with spaces between
    #[arg(long, value_name = "VALUES")]
    pub(crate) acr_values: Option<String>,
    /// How many seconds ago you may have signed in at the server at most; 0 is to sign in anew
    #[arg(long, value_name = "SECONDS")]
    pub(crate) max_age: Option<u32>,
    /// A parameter that this server wants besides, such as access_type=offline; repeatable
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) params: Vec<(String, String)>,
}

/// How the person gets there and back.
#[derive(Args, Debug)]
#[command(next_help_heading = "Browser")]
pub(crate) struct BrowserArgs {
    /// Print the page's address instead of opening it; the address where the browser ends up may be pasted back
    #[arg(long)]
    pub(crate) no_browser: bool,
    /// The port to come back to, for servers that compare it [default: any]
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// The path to come back to [default: /callback]
    #[arg(long, value_name = "PATH")]
    pub(crate) path: Option<String>,
}

/// What the client is, and what the server is known for.
#[derive(Args, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "Client and server")]
pub(crate) struct ClientArgs {
    /// A file with the client's secret. The profile keeps this path and never the secret: profiles get copied, backed up and shown
    /// to colleagues, a secret must not. Without a file, GATEPASS_CLIENT_SECRET is read, now and by every later command
    #[arg(long, value_name = "FILE")]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// How the client shows its secret [default: basic]
    #[arg(long, value_enum, value_name = "WAY")]
    pub(crate) auth: Option<AuthArg>,
    /// Allow a server over plain http at 127.0.0.1 or [::1]: for tests and for servers on this very machine
    #[arg(long)]
    pub(crate) allow_loopback_http: bool,
    /// How refresh tokens live at this server; `rotating` is safe everywhere
    #[arg(long, value_enum, default_value_t = RotationArg::Rotating, value_name = "KIND")]
    pub(crate) rotation: RotationArg,
    /// A replaced refresh token still works at this server for 30 seconds or more
    #[arg(long)]
    pub(crate) overlap: bool,
    /// Allow access tokens that no header field should carry, such as 1|abc
    #[arg(long)]
    pub(crate) relaxed_token: bool,
    /// An oddity of this server to put up with, such as MISSING_TOKEN_TYPE; repeatable
    #[arg(long = "quirk", value_name = "NAME")]
    pub(crate) quirks: Vec<String>,
}

/// Where the tokens are kept.
#[derive(Args, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "Where the tokens are kept")]
pub(crate) struct StoreArgs {
    /// file, encrypted (a file, its key in the keyring), keyring, or the URL of a server that machines share: rediss://[USER@]HOST,
    /// redis://, postgresql://USER@HOST/DATABASE. The URL never holds a password [default: file, or what the profile says]
    #[arg(long, value_name = "STORE")]
    pub(crate) store: Option<String>,
    /// The grant's name in that store [default: made of profile, issuer and client, so that machines with the same ones meet; who is
    /// to have a grant of their own there needs a name of their own]
    #[arg(long, value_name = "NAME", requires = "store")]
    pub(crate) store_name: Option<String>,
    /// A file with the store's password: the profile keeps this path. Without a file, GATEPASS_STORE_PASSWORD is read, now and by
    /// every later command
    #[arg(long, value_name = "FILE", requires = "store")]
    pub(crate) store_password_file: Option<PathBuf>,
    /// Allow a store on another machine without TLS: whoever is on the way can read the tokens
    #[arg(long, requires = "store")]
    pub(crate) allow_plain_store: bool,
}

/// Whom a token is for, where it is not whom the sign-in was for. One refresh token serves them all.
#[derive(Args, Debug)]
#[group(multiple = false)]
pub(crate) struct TargetArgs {
    /// A token of the same grant for another API, as Auth0 names it
    #[arg(long, value_name = "AUDIENCE")]
    pub(crate) audience: Option<String>,
    /// A token of the same grant for another API, as RFC 8707 names it
    #[arg(long, value_name = "URI")]
    pub(crate) resource: Option<String>,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AuthArg {
    /// In a header field
    Basic,
    /// In the body, for servers that do not take the header field
    Post,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum RotationArg {
    #[default]
    /// Each refresh may give a new one and end the old one
    Rotating,
    /// They never change
    Fixed,
}

/// Print a fresh access token, and nothing else
///
/// Refreshes it first if less than --min-ttl is left. Safe in any number of shells at once: one refreshes, the others wait for it.
/// The token is a secret: pass it on by a variable or a pipe, and keep it out of command lines that others can see.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  TOKEN=$(gatepass token)
  gatepass token --profile work --min-ttl 5m
  gatepass token --audience https://other-api.example
  gatepass token --json | jq -r .access_token")]
pub(crate) struct TokenArgs {
    #[command(flatten)]
    pub(crate) profile: ProfileArg,
    /// How long it must still serve: 90, 90s, 5m or 1h
    /// [default: 1m, or what the server gives]
    #[arg(long, value_parser = duration, value_name = "TIME")]
    pub(crate) min_ttl: Option<Duration>,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
}

/// Send an authenticated request, and print the answer
///
/// The token goes to the origins (scheme, host and port) that the profile allows and to no other; redirects are not followed. If the
/// API rejects the token, it is refreshed and the request repeated, once.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  gatepass call --allow-origin https://api.example/me     the first time, then without the option
  gatepass call https://api.example/items -d '{\"name\":\"x\"}' -H 'content-type: application/json'
  gatepass call https://api.example/items/7 -X DELETE --fail
  gatepass call https://api.example/upload -X PUT -d @file.bin -i")]
pub(crate) struct CallArgs {
    /// The URL of the API
    pub(crate) url: String,
    #[command(flatten)]
    pub(crate) profile: ProfileArg,
    /// Let this URL's origin have the access token, from now on: it is saved in the profile
    #[arg(long)]
    pub(crate) allow_origin: bool,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// The method [default: GET, or POST with -d]
    #[arg(long, short = 'X', value_name = "METHOD")]
    pub(crate) request: Option<String>,
    /// A header field; repeatable
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE", value_parser = field)]
    pub(crate) headers: Vec<(String, String)>,
    /// The body: text, @FILE, or - for standard input
    #[arg(long, short, value_name = "DATA", allow_hyphen_values = true)]
    pub(crate) data: Option<String>,
    /// Print the status and the header fields, too
    #[arg(long, short)]
    pub(crate) include: bool,
    /// Exit with code 7 if the status is 400 or more
    #[arg(long)]
    pub(crate) fail: bool,
}

/// Show the accounts: who is signed in where, for how long, and what to do next
///
/// Asks no server. With --profile it exits with 3 unless that account is signed in.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  gatepass status
  gatepass status --profile work --json | jq .profiles[0].expires_in")]
pub(crate) struct StatusArgs {
    /// One account only
    #[arg(long, short, value_name = "NAME")]
    pub(crate) profile: Option<String>,
}

/// Sign out: forget the tokens, and end the grant at the server if it can do that
///
/// A grant in a store that machines share ends for all of them; --leave leaves it to the others.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  gatepass logout
  gatepass logout --leave            the others stay signed in
  gatepass logout --profile work --forget")]
pub(crate) struct LogoutArgs {
    #[command(flatten)]
    pub(crate) profile: ProfileArg,
    /// Remove the profile, too
    #[arg(long)]
    pub(crate) forget: bool,
    /// Only remove this machine's profile: the grant stays in the store that machines share, and nobody is signed out
    #[arg(long, conflicts_with = "forget")]
    pub(crate) leave: bool,
}

/// See the life of a grant, step by step, against a server inside this command
///
/// Signs in, calls an API, lets the token expire, refreshes it, calls again, signs out, and shows that the old token is refused: for
/// each step the state before, what is sent, what comes back, the state after. Nothing leaves this machine.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  gatepass demo
  gatepass demo --browser            you click Allow
  gatepass demo --dialect auth0 --plain | less")]
pub(crate) struct DemoArgs {
    /// Open your browser, so that you click Allow yourself
    #[arg(long)]
    pub(crate) browser: bool,
    /// Whose habits the demo's server has
    #[arg(long, value_enum, default_value_t = DialectArg::Standard, value_name = "NAME")]
    pub(crate) dialect: DialectArg,
    /// Plain ASCII without colours
    #[arg(long)]
    pub(crate) plain: bool,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
pub(crate) enum DialectArg {
    /// The RFCs as written
    Standard,
    /// Auth0: its paths, its issuer with a trailing slash, its refusals
    Auth0,
}
