//! What the server answers: the truth, a refusal, nonsense.

use super::promises::CANARY;
use gatepass::Head;
use gatepass_fuzz::JSON;

pub struct Answer {
    pub head: Head<'static>,
    pub body: Vec<u8>,
    /// Whether its body ends as it should.
    pub is_whole: bool,
}

/// An answer of this kind; `count` makes its tokens new, `size` makes them long.
pub fn answer(kind: u8, count: u32, size: u8, raw: &[u8]) -> Answer {
    let long = "x".repeat(size.into());
    let refresh = format!(r#","refresh_token":"{CANARY}REFRESH{count}{long}""#);
    let tokens =
        |refresh: &str, more: &str| format!(r#"{{"access_token":"{CANARY}ACCESS{count}{long}","token_type":"Bearer"{refresh}{more}}}"#);
    let error = |code: &str| (400, format!(r#"{{"error":"{code}","error_description":"no"}}"#));
    let (status, body) = match kind {
        0 => (200, tokens(&refresh, r#","expires_in":3600"#)),
        1 => (200, tokens("", r#","expires_in":60,"team":{"a":[1]}"#)),
        2 => error("invalid_grant"),
        3 => error("invalid_request"),
        4 => error("invalid_client"),
        5 => error("interaction_required"),
        6 => error("temporarily_unavailable"),
        7 => error("access_denied"),
        8 => (503, error("invalid_grant").1),
        9 => (429, String::new()),
        10 => (302, String::new()),
        11 => (200, tokens(&refresh, r#","error":"invalid_grant""#)),
        12 => (200, tokens(&refresh, r#","scope":"read write","expires_in":"7""#)),
        13 => (200, tokens(&refresh, "")),
        14 => (204, String::new()),
        _ => {
            let status = [200, 400, 401, 500][usize::from(size & 3)];
            return Answer { head: Head { status, ..JSON }, body: raw.to_vec(), is_whole: size & 4 == 0 };
        }
    };
    let head = Head { status, retry_after: (status == 429).then_some("7"), ..JSON };
    Answer { head, body: body.into_bytes(), is_whole: kind != 13 || size & 1 == 0 }
}
