//! A request, whole or as HTTP/1.1 in pieces.

use gatepass::Request;

use crate::{
    error::Code,
    memory::{self, Bytes, Text},
    sizes::GATEPASS_MAX_FIELDS,
};

/// A header field.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs)]
pub struct HeaderField {
    /// Its name.
    pub name: Text,
    /// Its value, a secret in `Authorization`.
    pub value: Text,
}

/// A request that wants to be sent, in the buffer that was lent to `gatepass_poll`; its URL, and so authority and target, perhaps in the
/// settings' own string. It holds secrets. Its policy, which the transport must keep: no redirect is followed, nothing is retried, no other
/// header field with credentials is added; no more than `max_response` bytes of the body are read; and once `deadline` has passed no byte of
/// it may leave: check it right before the first one, and call `gatepass_handle_not_sent`. TLS, with the server's name checked, is the
/// transport's.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs)]
pub struct HttpRequest {
    /// Echo it with every part of the answer.
    pub ticket: u32,
    /// Bytes of the response's body, after decompression, past which reading must stop.
    pub max_response: u32,
    /// When the answer must be there, in milliseconds on the caller's clock.
    pub deadline: u64,
    /// `POST` or `GET`.
    pub method: Text,
    /// The absolute URL.
    pub url: Text,
    /// The URL's host, and its port where it names one: whom to connect to.
    pub authority: Text,
    /// The URL's path and query.
    pub target: Text,
    /// The header fields, `Host`, `Content-Length` and `Connection` apart; unused ones are absent.
    pub fields: [HeaderField; GATEPASS_MAX_FIELDS],
    /// The body.
    pub body: Bytes,
}

impl HttpRequest {
    pub(crate) const NONE: Self = Self {
        ticket: 0,
        max_response: 0,
        deadline: 0,
        method: Text::NONE,
        url: Text::NONE,
        authority: Text::NONE,
        target: Text::NONE,
        fields: [HeaderField { name: Text::NONE, value: Text::NONE }; GATEPASS_MAX_FIELDS],
        body: Bytes::NONE,
    };

    pub(crate) fn of(request: &Request<'_>) -> Self {
        let mut fields = Self::NONE.fields;
        for (field, (name, value)) in fields.iter_mut().zip(request.headers()) {
            *field = HeaderField { name: Text::of(name), value: Text::of(value) };
        }
        Self {
            ticket: request.ticket().to_bits(),
            max_response: request.max_response(),
            deadline: request.deadline().as_millis(),
            method: Text::of(request.method().as_str()),
            url: Text::of(request.url()),
            authority: Text::of(request.authority()),
            target: Text::of(request.target()),
            fields,
            body: Bytes::of(request.body()),
        }
    }
}

/// A request as HTTP/1.1 (RFC 9112), in pieces that need no buffer: piece 0, 1, 2 and so on, written one behind the other, are the whole
/// message, `Connection: close`. Gives false behind the last one. The body is the last piece, uncopied.
///
/// ```c
/// gatepass_bytes piece;
/// for (uint32_t at = 0; gatepass_request_part(&output.request, at, &piece); at++) write(socket, piece.data, piece.len);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_request_part(request: *const HttpRequest, index: u32, piece: *mut Bytes) -> bool {
    // SAFETY: the promises of the crate.
    match unsafe { part(request, index, piece) } {
        Ok(Some(found)) => {
            // SAFETY: aligned and not null, and promise 1.
            unsafe { piece.write(found) };
            true
        }
        Ok(None) | Err(_) => false,
    }
}

/// # Safety
/// The promises of the crate.
unsafe fn part(request: *const HttpRequest, index: u32, piece: *const Bytes) -> Result<Option<Bytes>, Code> {
    memory::check(request)?;
    memory::check(piece)?;
    // SAFETY: aligned and not null, and promise 2: every text of it is one that `gatepass_poll` handed out.
    unsafe {
        let request = &*request;
        let mut fields = [("", ""); GATEPASS_MAX_FIELDS];
        for (to, field) in fields.iter_mut().zip(&request.fields) {
            *to = (field.name.get()?, field.value.get()?);
        }
        let (method, url, body) = (request.method.get()?, request.url.get()?, memory::list(request.body.data, request.body.len)?);
        let fields = fields.into_iter().filter(|(name, _)| !name.is_empty());
        let body_piece = (!body.is_empty()).then_some(body);
        Ok(Request::http1_head(method, url, fields, body.len()).chain(body_piece).nth(index as usize).map(Bytes::of))
    }
}
