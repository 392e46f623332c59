//! `gatepass call`: an authenticated request to an origin that the profile allows, and to no other.

use std::fs;
use std::io::{self, Read as _, Write as _};

use gatepass_ureq::Error;
use gatepass_ureq::ureq::{Body, http};
use serde_json::{Map, Value, json};

use crate::account::{self, Wish};
use crate::args::CallArgs;
use crate::output::{Exit, Failure, Screen};
use crate::profile::{Home, Place, Profile};
use crate::{login, target};

pub(crate) fn run(args: &CallArgs, screen: Screen) -> Result<(), Failure> {
    let place = Home::find()?.place(&args.profile.profile)?;
    let profile = allowed(args, &place, screen)?;
    let request = request(args)?;
    let audience = target::other(&args.target, &profile);
    let client = account::open(&place, &profile, Wish { origins: &profile.apis, audience, patience: args.profile.wait })?;
    let response = client.send(request);
    // With this process its tokens would be lost, and with them the grant.
    let saved = client.save();
    let response = response.map_err(|error| match error {
        Error::Transport(_) => place.failure(error).cure("check the address and the network"),
        error => target::failure(&place, &client, audience, error),
    })?;
    if let Ok(status) = client.status() {
        account::note_quirks(&place, &status, screen);
    }
    let status = response.status();
    answer(response, args.include, screen)?;
    saved.map_err(|error| place.failure(error))?;
    if args.fail && status.as_u16() >= 400 {
        return Err(Failure::new(Exit::Status, if screen.is_json { String::new() } else { format!("the API answered with {status}") }));
    }
    Ok(())
}

/// The profile, if this URL may have its token. Nothing is sent before that is known.
fn allowed(args: &CallArgs, place: &Place, screen: Screen) -> Result<Profile, Failure> {
    let mut profile = place.open()?;
    let origin = login::origin(&args.url, profile.allow_loopback_http)?;
    let same = |api: &String| gatepass::Origin::of(api).ok() == gatepass::Origin::of(&origin).ok();
    if profile.apis.iter().any(same) {
        return Ok(profile);
    }
    if !args.allow_origin {
        let problem =
            format!("{origin} may not have the access token of profile '{}': only you can say that it is an API of yours", place.name);
        return Err(Failure::usage(problem).cure("if it is, add --allow-origin, once"));
    }
    screen.note(format_args!("gatepass: {origin} may have the access token of profile '{}' from now on", place.name));
    profile.apis.push(origin);
    place.write(&profile)?;
    Ok(profile)
}

fn request(args: &CallArgs) -> Result<http::Request<Vec<u8>>, Failure> {
    let method = args.request.as_deref().unwrap_or(if args.data.is_some() { "POST" } else { "GET" });
    let mut builder = http::Request::builder().method(method).uri(&args.url);
    for (name, value) in &args.headers {
        if name.eq_ignore_ascii_case("authorization") {
            return Err(Failure::usage("Authorization is set by gatepass").cure("leave it out"));
        }
        builder = builder.header(name, value);
    }
    let unreadable = |what: &str, error: io::Error| Failure::usage(format_args!("cannot read the body from {what}: {error}"));
    let mut body = Vec::new();
    match args.data.as_deref() {
        None => {}
        Some("-") => {
            io::stdin().read_to_end(&mut body).map_err(|error| unreadable("standard input", error))?;
        }
        Some(data) => match data.strip_prefix('@') {
            Some(path) => body = fs::read(path).map_err(|error| unreadable(path, error))?,
            None => body.extend_from_slice(data.as_bytes()),
        },
    }
    builder.body(body).map_err(|error| {
        Failure::usage(format_args!("the request cannot be sent ({error})")).cure("correct its URL, method or header fields")
    })
}

/// Prints the answer as it comes; as JSON, with its body as text or as a value.
fn answer(response: http::Response<Body>, include: bool, screen: Screen) -> Result<(), Failure> {
    let (head, body) = response.into_parts();
    let mut reader = body.into_reader();
    let cut = |error: io::Error| Failure::new(Exit::Unavailable, format_args!("the answer ended early: {error}"));
    let fields = head.headers.iter().map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())));
    if screen.is_json {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map_err(cut)?;
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&bytes)));
        let headers: Map<String, Value> = fields.map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
        return screen.result(&json!({ "status": head.status.as_u16(), "headers": headers, "body": body }), "");
    }
    // As raw bytes: whether they are fit for a terminal is the API's affair, as with every such command.
    let mut out = io::stdout().lock();
    if include {
        writeln!(out, "{:?} {}", head.version, head.status)?;
        for (name, value) in fields {
            writeln!(out, "{name}: {value}")?;
        }
        writeln!(out)?;
    }
    let mut chunk = [0; 8192];
    loop {
        let length = reader.read(&mut chunk).map_err(cut)?;
        if length == 0 {
            return Ok(out.flush()?);
        }
        out.write_all(chunk.get(..length).unwrap_or_default())?;
    }
}
