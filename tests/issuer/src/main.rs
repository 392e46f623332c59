//! `gatepass-issuer`: the server on its own, for demos and tests only.

#![forbid(unsafe_code)]
#![allow(clippy::std_instead_of_core, reason = "it is std")]

mod tool;

use core::time::Duration;
use gatepass_issuer::{Builder, Dialect, Issuer};
use std::io;
use std::process::ExitCode;

const HELP: &str = "\
gatepass-issuer: an OAuth 2.0 authorization server FOR DEMOS AND TESTS ONLY

It listens on 127.0.0.1, prints its issuer URL on standard output, and runs until it is killed.

  --port N                  the port (default: the kernel chooses)
  --auth0                   imitate Auth0
  --ask                     show a page with Allow and Deny instead of agreeing at once
  --access-ttl SECONDS      life of an access token (default 60)
  --overlap SECONDS         how long the previous refresh token still serves (default 0)
  --no-rotation             keep the refresh token at a refresh
  --require-offline-access  a refresh token only for the scope offline_access
  --hostile ...             servers that lie, for testing clients: --hostile --help
  --help                    this text

Clients: public `demo`; confidential `web` with the secret `s3cr3t:/?%+ &=~`.
Redirect URIs: http://127.0.0.1/callback and http://[::1]/callback with any port.
";

const BANNER: &str = "\
################################################################################
#  gatepass-issuer: FOR DEMOS AND TESTS ONLY. Loopback only, plain HTTP, no    #
#  passwords, tokens for whoever asks. Never give it real users or a network.  #
################################################################################
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let handed_over = match arguments.split_first() {
        Some((first, rest)) if first == "--hostile" => Some(tool::run(rest)),
        Some((first, [url])) if first == "--open" => Some(tool::open(url)),
        _ => None,
    };
    if let Some(outcome) = handed_over {
        return outcome.unwrap_or_else(|problem| refuse(&problem));
    }
    let outcome = match read(&arguments) {
        Ok(Some(builder)) => run(builder),
        Ok(None) => say(io::stdout(), HELP),
        Err(problem) => {
            return refuse(&problem);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = say(io::stderr(), &format!("gatepass-issuer: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

fn refuse(problem: &str) -> ExitCode {
    let _ = say(io::stderr(), &format!("gatepass-issuer: {problem}; see --help\n"));
    ExitCode::from(2)
}

fn run(builder: Builder) -> io::Result<()> {
    say(io::stderr(), BANNER)?;
    let issuer = builder.start()?;
    say(io::stdout(), &format!("{}\n", issuer.url()))?;
    loop {
        std::thread::park();
    }
}

/// The settings that the arguments ask for; `None` when they ask for help.
fn read(arguments: &[String]) -> Result<Option<Builder>, String> {
    let mut builder = Issuer::builder();
    let mut rest = arguments.iter();
    while let Some(name) = rest.next() {
        let mut number = || match rest.next().map(|value| value.parse::<u32>()) {
            Some(Ok(number)) => Ok(number),
            _ => Err(format!("{name} needs a number")),
        };
        builder = match name.as_str() {
            "--help" | "-h" => return Ok(None),
            "--port" => {
                let port = u16::try_from(number()?);
                builder.port(port.map_err(|_| "a port is at most 65535".to_owned())?)
            }
            "--access-ttl" => builder.access_ttl(Duration::from_secs(number()?.into())),
            "--overlap" => builder.overlap(Duration::from_secs(number()?.into())),
            "--auth0" => builder.dialect(Dialect::Auth0),
            "--ask" => builder.auto_approve(false),
            "--no-rotation" => builder.refresh_rotation(false),
            "--require-offline-access" => builder.require_offline_access(true),
            other => return Err(format!("{other} is not an option")),
        };
    }
    Ok(Some(builder))
}

fn say(mut stream: impl io::Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}
