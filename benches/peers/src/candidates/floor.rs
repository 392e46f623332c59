//! The floor: the least that anybody could do for the same checks, in safe and portable Rust. No heap, no API, no states: a function for each
//! step, buffers of the caller's, and only what this one application asks for.

mod json;
mod text;

use gatepass_steps::given;
use http::header::CONTENT_TYPE;
use sha2::{Digest, Sha256};

use self::{
    json::Value,
    text::{Out, base64url, decode},
};
use super::parts::{Answer, Parts};

const CODE: usize = 64;

pub(super) struct Floor {
    verifier: [u8; 43],
    challenge: [u8; 43],
    state: [u8; 27],
    code: [u8; CODE],
    code_len: usize,
    /// Where URLs, forms and headers are written.
    out: Box<[u8]>,
    out_len: usize,
    /// The access token, and the refresh token behind it.
    kept: Box<[u8]>,
    access: usize,
    refresh: usize,
    /// The HTTP client's memory, which is not the floor's to free.
    answers: [Option<Answer>; 2],
}

impl Floor {
    fn write(&mut self, write: impl FnOnce(&mut Out<'_>, &Self)) {
        let mut bytes = core::mem::take(&mut self.out);
        let mut out = Out::new(&mut bytes);
        write(&mut out, self);
        self.out_len = out.len();
        self.out = bytes;
    }

    fn text(&self) -> String {
        String::from_utf8(self.out[..self.out_len].to_vec()).expect("only text is written")
    }

    fn refresh_token(&self) -> &[u8] {
        &self.kept[self.access..self.access + self.refresh]
    }

    /// The code of a redirect that is good.
    fn read_redirect(&mut self, redirect: &str) -> Option<()> {
        let query = redirect.as_bytes().strip_prefix(given::REDIRECT_URI.as_bytes())?.strip_prefix(b"?")?;
        let [mut code, mut state, mut iss]: [Option<&[u8]>; 3] = [None; 3];
        for parameter in query.split(|byte| *byte == b'&') {
            let equals = parameter.iter().position(|byte| *byte == b'=')?;
            let (name, value) = (&parameter[..equals], &parameter[equals + 1..]);
            let slot = match name {
                b"code" => &mut code,
                b"state" => &mut state,
                b"iss" => &mut iss,
                b"error" => return None,
                _ => continue,
            };
            if slot.replace(value).is_some() {
                return None;
            }
        }
        let mut decoded = [0; CODE];
        let len = decode(state?, &mut decoded)?;
        let state = &decoded[..len];
        // In the same time wherever they differ.
        let differs = state.len() != self.state.len() || state.iter().zip(&self.state).fold(0, |all, (a, b)| all | (a ^ b)) != 0;
        if differs {
            return None;
        }
        let iss = decode(iss?, &mut decoded)?;
        if decoded[..iss] != *given::ISSUER.as_bytes() {
            return None;
        }
        self.code_len = decode(code?, &mut self.code)?;
        let is_code = self.code_len > 0 && self.code[..self.code_len].iter().all(|byte| matches!(byte, 0x20..=0x7e));
        is_code.then_some(())
    }

    /// Keeps the tokens of a good answer.
    fn read_answer(&mut self, status: u16, media_type: &str, body: &[u8]) -> Option<()> {
        if status != 200 || !media_type.starts_with(given::CONTENT_TYPE) {
            return None;
        }
        let mut found: [Option<Value<'_>>; 5] = [None; 5];
        json::object(body, |name, value| {
            let slot = match name {
                b"access_token" => 0,
                b"token_type" => 1,
                b"expires_in" => 2,
                b"refresh_token" => 3,
                b"scope" => 4,
                _ => return Some(()),
            };
            if found[slot].replace(value).is_some() { None } else { Some(()) }
        })?;
        let [access, token_type, expires_in, refresh, _] = found;
        let access = access?.string()?;
        let refresh = refresh.map_or(Some(&[][..]), Value::string)?;
        let seconds = expires_in?.text.iter().try_fold(0u64, |all, byte| match byte {
            b'0'..=b'9' => all.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
            _ => None,
        })?;
        if access.is_empty() || seconds == 0 || !token_type?.string()?.eq_ignore_ascii_case(b"Bearer") {
            return None;
        }
        self.kept.get_mut(..access.len())?.copy_from_slice(access);
        self.kept.get_mut(access.len()..access.len() + refresh.len())?.copy_from_slice(refresh);
        (self.access, self.refresh) = (access.len(), refresh.len());
        Some(())
    }
}

impl Parts for Floor {
    fn new(room: usize) -> Self {
        let [out, kept] = [room + 512, room].map(|bytes| vec![0; bytes].into_boxed_slice());
        let (code, code_len, out_len, access, refresh, answers) = ([0; CODE], 0, 0, 0, 0, [None, None]);
        Self { verifier: [0; 43], challenge: [0; 43], state: [0; 27], code, code_len, out, out_len, kept, access, refresh, answers }
    }

    fn pkce(&mut self, entropy: &[u8; 64]) {
        base64url(&entropy[..32], &mut self.verifier);
        base64url(&Sha256::digest(self.verifier), &mut self.challenge);
    }

    fn sign_in(&mut self, entropy: &[u8; 64]) {
        self.pkce(entropy);
        base64url(&entropy[32..52], &mut self.state);
        self.write(|out, floor| {
            out.put(given::unknown(given::AUTHORIZE).as_bytes());
            out.put(b"?response_type=code&client_id=");
            out.encoded(given::unknown(given::CLIENT).as_bytes());
            out.put(b"&redirect_uri=");
            out.encoded(given::unknown(given::REDIRECT_URI).as_bytes());
            out.put(b"&scope=");
            out.encoded(given::unknown(given::SCOPE).as_bytes());
            out.put(b"&state=");
            out.put(&floor.state);
            out.put(b"&code_challenge=");
            out.put(&floor.challenge);
            out.put(b"&code_challenge_method=S256");
        });
    }

    fn come_back(&mut self, redirect: &str) -> bool {
        self.read_redirect(redirect).is_some()
    }

    fn redeem(&mut self) {
        self.write(|out, floor| {
            out.put(b"grant_type=authorization_code&client_id=");
            out.encoded(given::unknown(given::CLIENT).as_bytes());
            out.put(b"&redirect_uri=");
            out.encoded(given::unknown(given::REDIRECT_URI).as_bytes());
            out.put(b"&code=");
            out.encoded(&floor.code[..floor.code_len]);
            out.put(b"&code_verifier=");
            out.put(&floor.verifier);
        });
    }

    fn receive(&mut self, answer: Answer) {
        let media_type = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).expect("there is one");
        self.read_answer(answer.status().as_u16(), media_type, answer.body()).expect("it is a good answer");
        self.answers[usize::from(self.answers[0].is_some())] = Some(answer);
    }

    fn refresh(&mut self) {
        self.write(|out, floor| {
            out.put(b"grant_type=refresh_token&client_id=");
            out.encoded(given::unknown(given::CLIENT).as_bytes());
            out.put(b"&refresh_token=");
            out.encoded(floor.refresh_token());
        });
    }

    fn refresh_and_receive(&mut self, answer: Answer) {
        self.refresh();
        self.receive(answer);
    }

    fn make_header(&mut self) {
        self.write(|out, floor| {
            out.put(b"Bearer ");
            out.put(&floor.kept[..floor.access]);
        });
    }

    fn made_pkce(&self) -> (String, String) {
        let [verifier, challenge] = [self.verifier, self.challenge].map(|text| String::from_utf8(text.to_vec()).expect("base64 is text"));
        (verifier, challenge)
    }

    fn made_url(&self) -> String {
        self.text()
    }

    fn kept_code(&self) -> String {
        String::from_utf8(self.code[..self.code_len].to_vec()).expect("a code is text")
    }

    fn made_request(&self) -> (String, String) {
        (given::TOKEN.to_owned(), self.text())
    }

    fn kept_tokens(&self) -> (String, String) {
        let [access, refresh] = [&self.kept[..self.access], self.refresh_token()].map(|token| token.to_vec());
        (String::from_utf8(access).expect("a token is text"), String::from_utf8(refresh).expect("a token is text"))
    }

    fn made_header(&self) -> String {
        self.text()
    }
}
