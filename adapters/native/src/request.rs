//! Which requests are a redirect that the closure should see.

use std::net::SocketAddr;

use zeroize::Zeroizing;

use crate::page::Page;

/// Header fields in one request; browsers send about twenty.
const MAX_FIELDS: usize = 64;

/// The redirect URI as received: scheme, host and port that the request came to, then the request
/// target byte for byte. Everything but a browser's top-level GET is answered with a page.
///
/// `head` is a whole request head, its empty line included. Who sent it is judged before what they
/// ask for, so that a foreign site learns nothing about paths.
pub(crate) fn redirect(head: &[u8], local: SocketAddr, path: &str) -> Result<Zeroizing<String>, Page> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(head) {
        Ok(httparse::Status::Complete(end)) if end == head.len() => {}
        Err(httparse::Error::TooManyHeaders) => return Err(Page::HeadTooLarge),
        Ok(_) | Err(_) => return Err(Page::BadRequest),
    }
    let (Some(method), Some(target)) = (request.method, request.path) else {
        return Err(Page::BadRequest);
    };
    let authority = local.to_string();
    check_sender(request.headers, &authority)?;
    if method != "GET" {
        return Err(Page::Method);
    }

    // A proxy's absolute form is the same request if it names us.
    let target = target.strip_prefix("http://").map_or(Ok(target), |rest| rest.strip_prefix(authority.as_str()).ok_or(Page::BadRequest))?;
    if !target.starts_with('/') || !target.bytes().all(is_uri_byte) {
        return Err(Page::BadRequest);
    }
    match target.strip_prefix(path) {
        Some(query) if query.is_empty() || query.starts_with('?') => {}
        _ => return Err(Page::NotFound),
    }
    let scheme = "http://";
    let mut uri = Zeroizing::new(String::with_capacity(scheme.len().saturating_add(authority.len()).saturating_add(target.len())));
    uri.push_str(scheme);
    uri.push_str(&authority);
    uri.push_str(target);
    Ok(uri)
}

/// Only a person's browser, on its way from one page to the next, knows the exact `Host` and has
/// no `Origin` of another site (against DNS rebinding, and fetches by other pages).
fn check_sender(fields: &[httparse::Header<'_>], authority: &str) -> Result<(), Page> {
    let mut hosts: usize = 0;
    for field in fields {
        let is = |name: &str| field.name.eq_ignore_ascii_case(name);
        if is("host") {
            hosts = hosts.saturating_add(1);
            if field.value != authority.as_bytes() {
                return Err(Page::Foreign);
            }
        } else if (is("origin") && field.value != b"null")
            || (is("sec-fetch-mode") && field.value != b"navigate")
            || (is("sec-fetch-dest") && field.value != b"document")
        {
            return Err(Page::Foreign);
        } else if is("transfer-encoding") || (is("content-length") && field.value != b"0") {
            return Err(Page::BadRequest);
        }
    }
    match hosts {
        1 => Ok(()),
        _ => Err(Page::BadRequest),
    }
}

/// A byte that a URI may hold before its fragment (RFC 3986 §2).
const fn is_uri_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric()
        || matches!(
            b,
            b'-' | b'.'
                | b'_'
                | b'~'
                | b'%'
                | b':'
                | b'/'
                | b'?'
                | b'['
                | b']'
                | b'@'
                | b'!'
                | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
        )
}
