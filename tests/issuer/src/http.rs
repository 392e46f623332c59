//! Requests: one head and one body off a connection, within limits.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

const HEAD_LIMIT: usize = 64 * 1024;
const BODY_LIMIT: usize = 4 * 1024 * 1024;
const HEADERS_LIMIT: usize = 100;
const CHUNK_LINE_LIMIT: usize = 1024;

/// One request, whole.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The client will not send another request on this connection.
    pub(crate) close: bool,
}

impl Request {
    /// The value of a header field that was sent exactly once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        let first = found.next()?;
        found.next().is_none().then_some(first.1.as_str())
    }

    /// Whether the body says that it is a form.
    pub(crate) fn is_form(&self) -> bool {
        let kind = self.header("content-type").and_then(|value| value.split(';').next());
        kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
    }
}

/// Why there is no request.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The client went away, or was silent for too long: there is nobody to answer.
    Gone,
    /// The request breaks HTTP or a limit: answer with this status and close.
    Refuse(u16),
}

impl From<io::Error> for Trouble {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

/// A connection and what was read from it ahead of time.
#[derive(Debug)]
pub(crate) struct Reader {
    stream: Arc<TcpStream>,
    ahead: Vec<u8>,
}

impl Reader {
    pub(crate) const fn new(stream: Arc<TcpStream>) -> Self {
        Self { stream, ahead: Vec::new() }
    }

    /// The next request of the connection, or why there is none.
    pub(crate) fn request(&mut self) -> Result<Request, Trouble> {
        let (mut request, framing) = self.head()?;
        let expects = request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue"));
        if expects && self.ahead.is_empty() {
            (&*self.stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        request.body = match framing {
            Framing::Length(length) if length > BODY_LIMIT => return Err(Trouble::Refuse(413)),
            Framing::Length(length) => self.take(length)?,
            Framing::Chunked => self.chunks()?,
        };
        Ok(request)
    }

    fn head(&mut self) -> Result<(Request, Framing), Trouble> {
        loop {
            if let Some((parsed, length)) = parse(&self.ahead)? {
                self.ahead.drain(..length);
                return Ok(parsed);
            }
            if self.ahead.len() >= HEAD_LIMIT {
                return Err(Trouble::Refuse(431));
            }
            self.more()?;
        }
    }

    /// Exactly `length` bytes of body.
    fn take(&mut self, length: usize) -> Result<Vec<u8>, Trouble> {
        while self.ahead.len() < length {
            self.more()?;
        }
        Ok(self.ahead.drain(..length).collect())
    }

    /// A chunked body (RFC 9112 §7.1). Trailers are refused: no client of tokens has a use for them.
    fn chunks(&mut self) -> Result<Vec<u8>, Trouble> {
        let mut body = Vec::new();
        loop {
            let size = self.chunk_size()?;
            if size > BODY_LIMIT.saturating_sub(body.len()) {
                return Err(Trouble::Refuse(413));
            }
            body.extend(self.take(size)?);
            if self.take(2)? != b"\r\n" {
                return Err(Trouble::Refuse(400));
            }
            if size == 0 {
                return Ok(body);
            }
        }
    }

    fn chunk_size(&mut self) -> Result<usize, Trouble> {
        loop {
            match httparse::parse_chunk_size(&self.ahead) {
                Ok(httparse::Status::Complete((start, size))) => {
                    self.ahead.drain(..start);
                    return usize::try_from(size).map_err(|_| Trouble::Refuse(413));
                }
                Ok(httparse::Status::Partial) if self.ahead.len() < CHUNK_LINE_LIMIT => self.more()?,
                Ok(httparse::Status::Partial) | Err(_) => return Err(Trouble::Refuse(400)),
            }
        }
    }

    fn more(&mut self) -> Result<(), Trouble> {
        let mut buffer = [0; 8 * 1024];
        let count = (&*self.stream).read(&mut buffer)?;
        self.ahead.extend_from_slice(&buffer[..count]);
        if count == 0 { Err(Trouble::Gone) } else { Ok(()) }
    }
}

#[derive(Debug)]
enum Framing {
    Length(usize),
    Chunked,
}

/// A head and its length in bytes, once it is whole.
type Head = ((Request, Framing), usize);

fn parse(bytes: &[u8]) -> Result<Option<Head>, Trouble> {
    let mut fields = [httparse::EMPTY_HEADER; HEADERS_LIMIT];
    let mut head = httparse::Request::new(&mut fields);
    let length = match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(Trouble::Refuse(431)),
        Err(_) => return Err(Trouble::Refuse(400)),
    };
    let (Some(method), Some(target), Some(version)) = (head.method, head.path, head.version) else {
        return Err(Trouble::Refuse(400));
    };
    if !target.starts_with('/') {
        return Err(Trouble::Refuse(400));
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = Vec::new();
    for field in head.headers.iter() {
        let value = core::str::from_utf8(field.value).map_err(|_| Trouble::Refuse(400))?;
        headers.push((field.name.to_owned(), value.to_owned()));
    }
    let mut request =
        Request { method: method.to_owned(), path: path.to_owned(), query: query.to_owned(), headers, body: Vec::new(), close: false };
    let connection = request.header("connection").unwrap_or("");
    let said = |word: &str| connection.split(',').any(|part| part.trim().eq_ignore_ascii_case(word));
    request.close = said("close") || (version == 0 && !said("keep-alive"));
    let framing = framing(&request)?;
    Ok(Some(((request, framing), length)))
}

/// Where the body ends. Two opinions on that are an attack (RFC 9112 §6.3), and a test should notice.
fn framing(request: &Request) -> Result<Framing, Trouble> {
    let sent = |name: &str| request.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).count();
    match (sent("transfer-encoding"), sent("content-length")) {
        (0, 0) => Ok(Framing::Length(0)),
        (0, 1) => {
            let value = request.header("content-length").unwrap_or("");
            let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            let length = digits.then(|| value.parse().ok()).flatten();
            length.map(Framing::Length).ok_or(Trouble::Refuse(400))
        }
        (1, 0) if request.header("transfer-encoding").is_some_and(|v| v.eq_ignore_ascii_case("chunked")) => Ok(Framing::Chunked),
        _ => Err(Trouble::Refuse(400)),
    }
}
