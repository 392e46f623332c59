//! The few pages a person sees: fixed bytes, escaped values, and a policy that lets nothing in.

use crate::response::Response;
use base64ct::{Base64, Encoding as _};
use sha2::{Digest as _, Sha256};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem;\
color:#1d2330;background:#f6f7f9}main{background:#fff;border:1px solid #d9dde5;border-radius:12px;padding:2rem}\
h1{font-size:1.4rem;margin:0 0 1rem}code{background:#eef0f4;border-radius:4px;padding:.1em .3em;overflow-wrap:anywhere}\
button{font:inherit;padding:.6rem 1.6rem;margin:1rem .6rem 0 0;border-radius:8px;border:1px solid #29407a;\
background:#fff;color:#29407a;cursor:pointer}button[value=allow]{background:#29407a;color:#fff}\
small{display:block;margin-top:1.5rem;color:#5b6474}";

const WARNING: &str = "<small>gatepass-issuer: for demos and tests only. Nobody was asked for a password, \
and nobody should be.</small>";

/// Asks the user; `return_to` is where both answers lead.
pub(crate) fn consent(ticket: &str, action: &str, client: &str, scope: &str, return_to: &str) -> Response {
    let [ticket, action, client, scope, shown] = [ticket, action, client, scope, return_to].map(escape);
    let scope = match scope.as_str() {
        "" => "nothing in particular".to_owned(),
        names => format!("<code>{names}</code>"),
    };
    let main = format!(
        "<h1>Let <code>{client}</code> act for you?</h1><p>It asks for {scope}.</p>\
         <p>You will return to <code>{shown}</code></p>\
         <form method=\"post\" action=\"{action}\"><input type=\"hidden\" name=\"ticket\" value=\"{ticket}\">\
         <button name=\"decision\" value=\"allow\">Allow</button>\
         <button name=\"decision\" value=\"deny\">Deny</button></form>"
    );
    // Browsers hold a form's redirect to the policy too, and a policy cannot name an IPv6 literal: so
    // the scheme of the redirect URI is what is allowed.
    page(200, "Sign in", &main, &format!("'self' {}", scheme(return_to)))
}

/// Tells the user what is wrong, when there is no redirect URI to trust (RFC 6749 §4.1.2.1).
pub(crate) fn problem(status: u16, text: &str) -> Response {
    let text = escape(text);
    page(status, "Not possible", &format!("<h1>This sign-in is not possible</h1><p>{text}</p>"), "'none'")
}

fn page(status: u16, title: &str, main: &str, form_action: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><main>{main}{WARNING}</main></body></html>\n"
    );
    let style = Base64::encode_string(&Sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action {form_action}; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    Response::body(status, "text/html; charset=utf-8", html.into_bytes())
        .with("content-security-policy", &policy)
        .with("x-content-type-options", "nosniff")
        .with("referrer-policy", "no-referrer")
        .with("cache-control", "no-store")
}

fn scheme(uri: &str) -> String {
    let scheme = uri.split_once(':').map_or("", |(scheme, _)| scheme);
    let clean = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if clean && !scheme.is_empty() { format!("{scheme}:") } else { String::new() }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
