//! `gatepass demo`: one grant from sign-in to sign-out, every step of it on the screen.
//!
//! The driver is in `drive.rs`, some thirty lines that a program of your own can copy. What stands here is the application
//! around it, the person, and the protected API.

mod drive;
mod mask;
mod show;

use core::time::Duration;

use gatepass::{AuthorizationCode, AuthorizationUrl, Challenge, Client, Config, Discovery, Grant, Head, Input, Session, WellKnown};
use gatepass_issuer::{Dialect, Issuer};
use gatepass_native::{Listener, Verdict};
use gatepass_store::{Memory, entropy};
use ureq::{Agent, http::header};
use zeroize::Zeroizing;

use crate::args::{DemoArgs, DialectArg};
use crate::output::{Exit, Failure};
use drive::{Clock, Move, World, drive};
use show::Show;

/// Bytes of the demo's session: old and new tokens fit in beside each other.
const SESSION: usize = 4096;
const LIFE: Duration = Duration::from_secs(60);
/// A minute and a second: the access token of a minute is over.
const LATER: Duration = Duration::from_secs(61);

pub(crate) fn run(args: &DemoArgs, is_json: bool) -> Result<(), Failure> {
    let dialect = match args.dialect {
        DialectArg::Standard => Dialect::Plain,
        DialectArg::Auth0 => Dialect::Auth0,
    };
    let issuer = Issuer::builder().dialect(dialect).access_ttl(LIFE).auto_approve(!args.browser).start()?;
    let mut show = Show::new(is_json, args.plain);
    show.heading("gatepass demo: the life of a grant, against an authorization server inside this process")?;
    show.note("the server is gatepass-issuer, for demos and tests only; secrets are shown as their first characters")?;
    let agent = agent();
    let (url, mut kept) = (issuer.url(), Zeroizing::new([0; 1024]));
    let server = discover(&url, &mut *kept, &agent, &mut show)?;
    let config = Config::new(server, Client::public("demo"))?;
    let mut world = World { config, agent, store: Memory::new(), clock: Clock::new(), show };
    let mut session: Session<[u8; SESSION]> = Session::new();
    life(&mut session, &mut world, &issuer, args.browser)
}

fn life(session: &mut Session, world: &mut World<'_>, issuer: &Issuer, in_browser: bool) -> Result<(), Failure> {
    world.show.phase("Sign in: authorization code with PKCE")?;
    sign_in(session, world, issuer, in_browser)?;
    tell_token(session, world)?;

    world.show.phase("Call an API with the access token")?;
    let first = call(session, world, &issuer.api_url())?;

    world.show.phase("Expiry: a minute later, on the server's clock and on ours")?;
    issuer.advance(LATER);
    world.clock.advance(LATER);
    world.show.state(session.state())?;
    tell_token(session, world)?;
    world.show.note("what is known to be over is not sent; the API would say:")?;
    present(world, &issuer.api_url(), &first)?;

    world.show.phase("Refresh with rotation: intent, send, commit")?;
    world.show.state(session.state())?;
    expect_sleep(drive(session, world)?)?;
    tell_token(session, world)?;

    world.show.phase("Call the API again")?;
    let second = call(session, world, &issuer.api_url())?;

    world.show.phase("Sign out: the record first, then the server (revocation)")?;
    world.show.state(session.state())?;
    session.sign_out(&world.config, world.clock.now())?;
    world.show.state(session.state())?;
    let Move::SignIn(reason) = drive(session, world)? else { return Err(unexpected("signing out left a grant")) };
    world.show.note(&format!("sign in again to go on ({reason:?}); grants alive at the server: {}", issuer.live_grants()))?;

    world.show.heading("\nProof: what was signed out is worth nothing to a thief")?;
    let refused = present(world, &issuer.api_url(), &second)?;
    if refused != 401 || issuer.live_grants() != 0 {
        return Err(unexpected("the signed-out token still works"));
    }
    let counts = issuer.counts();
    world.show.note(&format!(
        "the server counted {} code request, {} refresh, {} revocation, {} API calls served and {} refused",
        counts.code_requests, counts.refresh_requests, counts.revoke_requests, counts.api_ok, counts.api_401
    ))
}

/// Sends the person to the browser, and hands in the redirect.
fn sign_in(session: &mut Session, world: &mut World<'_>, issuer: &Issuer, in_browser: bool) -> Result<(), Failure> {
    world.show.state(session.state())?;
    let _ = drive(session, world)?;
    let mut listener = Listener::bind("/callback")?;
    let grant = Grant::AuthorizationCode(AuthorizationCode::new().scope("openid offline_access").audience("https://api.example"));
    session.sign_in(&world.config, world.clock.now(), &grant, listener.redirect_uri(), &entropy()?)?;
    world.show.state(session.state())?;
    let Move::Visit(url) = drive(session, world)? else { return Err(unexpected("nothing to visit")) };
    world.show.sent("open", &url, core::iter::empty(), &[])?;
    if in_browser {
        open(&url)?;
    }
    session.handle(&world.config, world.clock.now(), Input::Visited)?;
    world.show.state(session.state())?;
    let redirect = if in_browser { await_redirect(session, world, &mut listener)? } else { issuer.visit(&url)? };
    world.show.redirected(&redirect)?;
    if !in_browser {
        session.handle(&world.config, world.clock.now(), Input::Redirect(&redirect))?;
    }
    world.show.note("believed: the URI, no parameter twice, state, iss; only then the code")?;
    world.show.state(session.state())?;
    expect_sleep(drive(session, world)?)
}

fn open(url: &str) -> Result<(), Failure> {
    let url = AuthorizationUrl::parse(url)?;
    anstream::eprintln!("Click Allow in the browser. If none opens, open this page by hand:\n{}", url.as_str());
    // The person reads what to do instead.
    let _ = gatepass_native::open_browser(url);
    Ok(())
}

/// The session is told by the listener, so that the browser shows a page that is true.
fn await_redirect(session: &mut Session, world: &mut World<'_>, listener: &mut Listener) -> Result<String, Failure> {
    let mut redirect = String::new();
    while let Move::AwaitRedirect = drive(session, world)? {
        let (config, now) = (world.config, world.clock.now());
        let outcome = listener.receive(Duration::from_millis(250), |uri| match session.handle(&config, now, Input::Redirect(uri)) {
            Ok(_) => {
                redirect = uri.to_owned();
                Verdict::Accepted
            }
            Err(gatepass::Error::Refused(_)) => Verdict::Denied,
            Err(_) => Verdict::Ignored,
        })?;
        if outcome.is_some() {
            break;
        }
    }
    if redirect.is_empty() {
        return Err(Failure::new(Exit::Refused, "nobody allowed it in the browser").cure("run the demo again, and click Allow"));
    }
    Ok(redirect)
}

/// What the server says of itself (RFC 8414).
fn discover<'k>(issuer: &'k str, kept: &'k mut [u8], agent: &Agent, show: &mut Show) -> Result<gatepass::Server<'k>, Failure> {
    let mut discovery = Discovery::danger_allow_http_on_loopback(issuer, WellKnown::OAuth, kept)?;
    let mut out = [0; 512];
    let clock = Clock::new();
    let request = discovery.request(clock.now(), &mut out)?;
    show.sent(request.method().as_str(), request.url(), request.headers(), &[])?;
    let mut answer = agent.get(request.url()).call().map_err(unreachable)?;
    let content_type = answer.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    discovery.head(Head { status: answer.status().as_u16(), content_type, retry_after: None })?;
    let body = answer.body_mut().with_config().limit(request.max_response().into()).read_to_vec().map_err(unreachable)?;
    discovery.body(&body)?;
    let server = discovery.end()?;
    show.note(&format!("{} 200 the issuer is the one asked for; endpoints and S256 are known", if show.is_plain() { "<-" } else { "←" }))?;
    Ok(server)
}

/// Calls the API as an application does. Gives the token away, for the demo to play the thief.
fn call(session: &mut Session, world: &mut World<'_>, url: &str) -> Result<Zeroizing<String>, Failure> {
    world.show.state(session.state())?;
    expect_sleep(drive(session, world)?)?;
    let now = world.clock.now();
    let token = session.access_token(now).ok_or_else(|| unexpected("there is no access token"))?;
    let mut value = Zeroizing::new([0; SESSION]);
    let value = Zeroizing::new(token.header(&mut *value)?.to_owned());
    match present(world, url, &value)? {
        200 => Ok(value),
        status => Err(unexpected(&format!("the API answered with {status}"))),
    }
}

/// Sends a request to the API with this header value; gives the status.
fn present(world: &World<'_>, url: &str, authorization: &str) -> Result<u16, Failure> {
    world.show.sent("GET", url, core::iter::once(("Authorization", authorization)), &[])?;
    let mut answer = world.agent.get(url).header(header::AUTHORIZATION, authorization).call().map_err(unreachable)?;
    let status = answer.status().as_u16();
    let challenge = answer.headers().get(header::WWW_AUTHENTICATE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = answer.body_mut().with_config().limit(1 << 16).read_to_vec().map_err(unreachable)?;
    world.show.received(status, "application/json", &body)?;
    if let Some(Ok(Some(challenge))) = challenge.as_deref().map(Challenge::bearer) {
        world.show.note(&format!("WWW-Authenticate: Bearer error=\"{}\"", challenge.error().unwrap_or_default()))?;
    }
    Ok(status)
}

fn tell_token(session: &Session, world: &World<'_>) -> Result<(), Failure> {
    let now = world.clock.now();
    let Some(token) = session.access_token(now) else {
        return world.show.note("access_token(now): none, it has expired");
    };
    let life = token
        .expires_at()
        .map_or_else(|| "unknown".to_owned(), |end| crate::output::span(end.since(now).as_millis().div_ceil(1_000) as u64));
    let scope = session.scope().map_or("unknown", |scope| scope.as_str()).to_owned();
    world.show.note(&format!(
        "access_token(now): {}, good for {life}; scope: {scope}; can refresh: {}",
        mask::mask(token.secret()),
        session.can_refresh()
    ))
}

fn expect_sleep(of: Move) -> Result<(), Failure> {
    if matches!(of, Move::Sleep) { Ok(()) } else { Err(unexpected(&format!("there should be a good access token, but {of:?}"))) }
}

fn unexpected(what: &str) -> Failure {
    Failure::new(Exit::Failed, format_args!("the demo went wrong ({what})")).cure("this is a bug of gatepass; please report it")
}

/// An agent for loopback. Hardened as one for the network must be, but for TLS, which `gatepass-ureq` adds.
fn agent() -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(30)))
        .build();
    config.into()
}

fn unreachable(error: ureq::Error) -> Failure {
    Failure::new(Exit::Unavailable, format_args!("the demo's own server cannot be reached ({error})"))
        .cure("allow connections to 127.0.0.1")
}
