//! The authorization endpoint (RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 9207).

use crate::fault::Endpoint;
use crate::form::{Form, append};
use crate::grants::Approval;
use crate::http::Request;
use crate::page;
use crate::random;
use crate::redirect;
use crate::response::Response;
use crate::shared::{Shared, lock};

/// How the person that [`visit`](crate::Issuer::visit) plays decides, page or not.
pub(crate) const DECISION_FIELD: &str = "gatepass-issuer-decision";

/// Answers a request: a visit with its parameters, or the form of the page.
pub(crate) fn answer(shared: &Shared, request: &Request) -> Response {
    match request.method.as_str() {
        "GET" => visit(shared, request),
        "POST" => decide(shared, request),
        _ => Response::plain(405).with("allow", "GET, POST"),
    }
}

fn visit(shared: &Shared, request: &Request) -> Response {
    let Some(form) = Form::parse(&request.query) else {
        return page::problem(400, "The parameters cannot be decoded.");
    };
    let approval = match trust(shared, &form) {
        Ok(approval) => approval,
        Err(text) => return page::problem(400, text),
    };
    if let Err((code, description)) = check(&form, shared.settings.require_pkce) {
        return refuse(shared, &approval, code, description);
    }
    match request.header(DECISION_FIELD) {
        Some("deny") => refuse(shared, &approval, "access_denied", "the user said no"),
        None if !shared.settings.auto_approve => ask(shared, &form, approval),
        _ => approve(shared, approval),
    }
}

/// Who asks, and whether the redirect URI is theirs. Until it is, nothing is sent there (RFC 6749
/// §4.1.2.1).
fn trust(shared: &Shared, form: &Form) -> Result<Approval, &'static str> {
    if matches!(form.repeated(), Some("client_id" | "redirect_uri")) {
        return Err("The client or its redirect URI is named twice.");
    }
    let client_id = form.get("client_id").ok_or("No client is named.")?;
    let client = shared.settings.clients.iter().find(|client| client.id == client_id);
    let client = client.ok_or("The client is not known.")?;
    let redirect_uri = form.get("redirect_uri").ok_or("No redirect URI is named.")?;
    if !redirect::is_registered(&client.redirect_uris, redirect_uri) {
        return Err("The redirect URI is not registered for this client.");
    }
    let text = |name| form.get(name).unwrap_or("").to_owned();
    Ok(Approval {
        client_id: client_id.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        challenge: text("code_challenge"),
        scope: text("scope"),
        audience: ["audience", "resource"].into_iter().flat_map(|name| form.all(name)).collect(),
        state: form.get("state").map(str::to_owned),
    })
}

fn check(form: &Form, require_pkce: bool) -> Result<(), (&'static str, &'static str)> {
    let challenge = form.get("code_challenge").unwrap_or("");
    let is_challenge = challenge.len() == 43 && challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let scope_is_clean = form.get("scope").unwrap_or("").bytes().all(|b| (0x20..0x7f).contains(&b) && !b"\"\\".contains(&b));
    if form.repeated().is_some() {
        return Err(("invalid_request", "a parameter is repeated"));
    }
    if form.get("request").is_some() {
        return Err(("request_not_supported", "no request objects"));
    }
    if form.get("request_uri").is_some() {
        return Err(("request_uri_not_supported", "no request objects"));
    }
    match form.get("response_type") {
        None => return Err(("invalid_request", "no response_type")),
        Some("code") => {}
        Some(_) => return Err(("unsupported_response_type", "only code")),
    }
    if form.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err(("invalid_request", "only the response_mode query"));
    }
    let uses_pkce = require_pkce || form.get("code_challenge").is_some();
    if uses_pkce && form.get("code_challenge_method") != Some("S256") {
        return Err(("invalid_request", "PKCE with S256 is required"));
    }
    if uses_pkce && !is_challenge {
        return Err(("invalid_request", "the code_challenge is not one"));
    }
    if !scope_is_clean {
        return Err(("invalid_scope", "the scope holds what no scope may"));
    }
    Ok(())
}

fn ask(shared: &Shared, form: &Form, approval: Approval) -> Response {
    if form.get("prompt") == Some("none") {
        return refuse(shared, &approval, "interaction_required", "the user must be asked");
    }
    let Ok(ticket) = random::name("t-") else {
        return Response::plain(500);
    };
    let action = shared.settings.dialect.path(Endpoint::Authorize);
    let page = page::consent(&ticket, action, &approval.client_id, &approval.scope, &approval.redirect_uri);
    lock(&shared.grants).ask(ticket, approval);
    page
}

/// The page was answered. The ticket is a secret of this page, so no other page can answer it.
fn decide(shared: &Shared, request: &Request) -> Response {
    let body = core::str::from_utf8(&request.body).ok().filter(|_| request.is_form());
    let Some(form) = body.and_then(Form::parse).filter(|form| form.repeated().is_none()) else {
        return page::problem(400, "The answer cannot be read.");
    };
    let Some(approval) = form.get("ticket").and_then(|ticket| lock(&shared.grants).answer(ticket)) else {
        return page::problem(400, "This page was answered before, or is too old.");
    };
    match form.get("decision") {
        Some("allow") => approve(shared, approval),
        _ => refuse(shared, &approval, "access_denied", "the user said no"),
    }
}

fn approve(shared: &Shared, approval: Approval) -> Response {
    let Ok(code) = random::name("c-") else {
        return refuse(shared, &approval, "server_error", "no random bytes");
    };
    let response = go_back(shared, &approval, &[("code", &code)]);
    lock(&shared.grants).approve(code, approval, shared.clock.now_ms());
    shared.count(|counts| counts.codes_issued += 1);
    response
}

fn refuse(shared: &Shared, approval: &Approval, code: &str, description: &str) -> Response {
    go_back(shared, approval, &[("error", code), ("error_description", description)])
}

fn go_back(shared: &Shared, approval: &Approval, answer: &[(&str, &str)]) -> Response {
    let issuer = shared.issuer();
    let mut pairs = answer.to_vec();
    pairs.extend(approval.state.as_deref().map(|state| ("state", state)));
    pairs.push(("iss", &issuer));
    Response::see_other(&append(&approval.redirect_uri, &pairs))
}
