//! Responses as bytes: whole, cut, slow or chunked. The only place that writes to a client.

use crate::response::{Piece, Response};
use crate::shared::{Shared, reason};
use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::Duration;

const BLOCK: usize = 64 * 1024;

/// How an answer leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Manner {
    /// As it should.
    #[default]
    Whole,
    /// Half of it, then the connection closes.
    Half,
    /// Not at all: the connection closes.
    Nothing,
    /// Byte by byte.
    Slow(Duration),
    /// The body byte by byte.
    SlowBody(Duration),
    /// After a while.
    Late(Duration),
    /// In chunks of a size, without a length (RFC 9112 §7.1).
    Chunked(usize),
    /// In one chunk without a last one, then the connection closes.
    Unterminated,
    /// One byte less than its length says, then the connection closes.
    Overstated,
}

/// Writes the answer; `false` when the connection must close now.
pub(crate) fn send(stream: &TcpStream, shared: &Shared, answer: &Response, manner: Manner, close: bool) -> bool {
    shared.sending.fetch_add(1, Ordering::SeqCst);
    let goes_on = write(stream, shared, answer, manner, close);
    shared.sending.fetch_sub(1, Ordering::SeqCst);
    goes_on
}

fn write(mut stream: &TcpStream, shared: &Shared, answer: &Response, manner: Manner, close: bool) -> bool {
    let sent = match manner {
        Manner::Nothing => return false,
        Manner::Whole => whole(&mut stream, answer, close),
        Manner::Half => {
            // The cut is announced by nothing: the head promises the full length.
            let _ = half(&mut stream, answer);
            return false;
        }
        Manner::Slow(delay) => slowly(&mut stream, shared, answer, close, delay, 0),
        Manner::SlowBody(delay) => slowly(&mut stream, shared, answer, close, delay, usize::MAX),
        Manner::Late(delay) => match shared.stop.sleep(delay) {
            false => whole(&mut stream, answer, close),
            true => return false,
        },
        Manner::Chunked(size) => chunked(&mut stream, answer, close, size, b"0\r\n\r\n"),
        Manner::Unterminated => {
            let _ = chunked(&mut stream, answer, close, usize::MAX, b"");
            return false;
        }
        Manner::Overstated => {
            let framing = format!("content-length: {}\r\n", answer.length().saturating_add(1));
            let _ = everything(&mut stream, answer, head(answer, close, &framing));
            return false;
        }
    };
    shared.count(|counts| counts.answers_abandoned += u64::from(sent.is_err()));
    sent.is_ok() && !close
}

fn head(answer: &Response, close: bool, framing: &str) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {} {}\r\n", answer.status, reason(answer.status));
    for (name, value) in &answer.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(framing);
    text.push_str(if close { "connection: close\r\n\r\n" } else { "\r\n" });
    text.into_bytes()
}

fn length(answer: &Response) -> String {
    // A 204 and a 304 have no body, and no length either (RFC 9110 §8.6).
    match answer.status {
        204 | 304 => String::new(),
        _ => format!("content-length: {}\r\n", answer.length()),
    }
}

fn whole(stream: &mut impl Write, answer: &Response, close: bool) -> io::Result<()> {
    everything(stream, answer, head(answer, close, &length(answer)))
}

fn everything(stream: &mut impl Write, answer: &Response, head: Vec<u8>) -> io::Result<()> {
    // A small answer leaves in one segment: a client that reads once sees it whole.
    let mut buffer = head;
    for block in blocks(answer) {
        if buffer.len() > BLOCK {
            stream.write_all(&buffer)?;
            buffer.clear();
        }
        buffer.extend_from_slice(&block);
    }
    stream.write_all(&buffer)
}

fn half(stream: &mut impl Write, answer: &Response) -> io::Result<()> {
    let head = head(answer, false, &length(answer));
    if answer.length() == 0 {
        return stream.write_all(&head[..head.len() / 2]);
    }
    stream.write_all(&head)?;
    let mut left = answer.length() / 2;
    for block in blocks(answer) {
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(block.len());
        stream.write_all(&block[..count])?;
        left = left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        if left == 0 {
            break;
        }
    }
    Ok(())
}

/// Byte by byte from the head's byte `from` on, or from the body's first.
fn slowly(stream: &mut impl Write, shared: &Shared, answer: &Response, close: bool, delay: Duration, from: usize) -> io::Result<()> {
    let mut head = head(answer, close, &length(answer));
    let slow = head.split_off(from.min(head.len()));
    stream.write_all(&head)?;
    for block in core::iter::once(slow).chain(blocks(answer)) {
        for byte in block {
            stream.write_all(&[byte])?;
            if shared.stop.sleep(delay) {
                return Err(io::ErrorKind::Interrupted.into());
            }
        }
    }
    Ok(())
}

fn chunked(stream: &mut impl Write, answer: &Response, close: bool, size: usize, end: &[u8]) -> io::Result<()> {
    stream.write_all(&head(answer, close, "transfer-encoding: chunked\r\n"))?;
    for block in blocks(answer) {
        for chunk in block.chunks(size.max(1)) {
            let mut bytes = format!("{:x}\r\n", chunk.len()).into_bytes();
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
            stream.write_all(&bytes)?;
        }
    }
    stream.write_all(end)
}

/// The body in blocks of bounded size.
pub(crate) fn blocks(answer: &Response) -> impl Iterator<Item = Vec<u8>> {
    answer.body.iter().flat_map(|piece| {
        let total = piece.len();
        let step = u64::try_from(BLOCK).unwrap_or(u64::MAX);
        (0..total.div_ceil(step)).map(move |index| {
            let start = index * step;
            let end = total.min(start + step);
            let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX);
            match piece {
                Piece::Bytes(bytes) => bytes.get(at(start)..at(end)).unwrap_or_default().to_vec(),
                Piece::Repeat(byte, _) => vec![*byte; at(end - start)],
            }
        })
    })
}
