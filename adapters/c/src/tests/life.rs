//! A grant's whole life over the interface, as a C program lives it, and its mistakes: what Miri looks at every call of.
#![allow(clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

extern crate std;

use core::{any::Any, ptr};
use std::{boxed::Box, format, string::String, vec, vec::Vec};

use super::{GATEPASS_ENTROPY_SIZE, entropy, zeroed};
use crate::*;

/// Keeps the promises of the crate: all memory is the test's own, and nobody else uses it meanwhile.
macro_rules! c {
    ($call:expr) => {
        // SAFETY: as said above.
        unsafe { $call }
    };
}

const WORDS: usize = GATEPASS_SESSION_OVERHEAD / 8 + 256;
const OUT: usize = 4096;

fn owned(text: Text) -> String {
    c!(text.get()).unwrap().into()
}

/// What a C program has: storage, a buffer, a record somewhere, and a server that answers.
struct Program {
    memory: Memory,
    storage: *mut u64,
    session: *mut SessionRef,
    config: *mut ConfigRef,
    out: *mut u8,
    now: Time,
    record: Vec<u8>,
    tokens: u32,
    /// Saves, and requests, that fail first.
    failures: (u32, u32),
    requests: Vec<String>,
}

/// Memory that stays where it is until the end of a test.
#[derive(Default)]
struct Memory(Vec<Box<dyn Any>>);

impl Memory {
    fn lend<T: Copy + 'static>(&mut self, value: T, count: usize) -> *mut T {
        let mut lent = vec![value; count];
        let data = lent.as_mut_ptr();
        self.0.push(Box::new(lent));
        data
    }
}

impl Program {
    fn new() -> Self {
        let mut memory = Memory::default();
        let audience = memory.lend(AudienceSetting { resource: ptr::null(), audience: c"mail".as_ptr(), scope: ptr::null() }, 1);
        let member = memory.lend(c"patient".as_ptr(), 1);
        let mut settings: Settings = zeroed();
        settings.issuer = c"https://as.example".as_ptr();
        settings.authorization_endpoint = c"https://as.example/a".as_ptr();
        settings.token_endpoint = c"https://as.example/t".as_ptr();
        settings.revocation_endpoint = c"https://as.example/r".as_ptr();
        settings.client_id = c"device".as_ptr();
        settings.client_secret = c"client secret".as_ptr();
        (settings.audiences, settings.audience_count) = (audience, 1);
        (settings.members, settings.member_count) = (member, 1);
        let size = GATEPASS_CONFIG_OVERHEAD + GATEPASS_AUDIENCE_SIZE + GATEPASS_MEMBER_SIZE;
        let mut config = ptr::null_mut();
        assert_eq!(c!(gatepass_config_init(memory.lend(u64::MAX, size / 8), size, &settings, &mut config)), 0);
        let (storage, out) = (memory.lend(u64::MAX, WORDS), memory.lend(0, OUT));
        let now = Time { millis: 1_000, unix_seconds: 1_800_000_000 };
        let (record, requests) = (Vec::new(), Vec::new());
        let mut program =
            Self { memory, storage, session: ptr::null_mut(), config, out, now, record, tokens: 0, failures: (0, 0), requests };
        program.start();
        program
    }

    /// As after a power cut, or a first start.
    fn start(&mut self) {
        assert_eq!(c!(gatepass_init(self.storage, WORDS * 8, &mut self.session)), 0);
    }

    fn advance(&mut self, seconds: u64) {
        self.now.millis += seconds * 1_000;
        self.now.unix_seconds += seconds;
    }

    fn poll(&self) -> Output {
        let mut output: Output = zeroed();
        assert_eq!(c!(gatepass_poll(self.session, self.config, self.now, self.out, OUT, &mut output)), 0);
        output
    }

    /// Does what is to be done, until a person or time is needed.
    fn run(&mut self) -> Output {
        loop {
            let output = self.poll();
            match output.r#move {
                Move::Load => {
                    let (record, entropy) = (self.record.clone(), entropy());
                    let data = if record.is_empty() { ptr::null() } else { record.as_ptr() };
                    assert_eq!(c!(gatepass_handle_found(self.session, self.config, self.now, data, record.len(), entropy.as_ptr())), 0);
                }
                Move::Save => self.save(&output.save),
                Move::Send => self.send(&output.request),
                Move::SignIn | Move::Visit | Move::AwaitRedirect | Move::AwaitResponse | Move::Wait | Move::Sleep => return output,
            }
        }
    }

    fn save(&mut self, save: &Save) {
        assert!(c!(gatepass_is_expected(save, self.record.as_ptr(), self.record.len())));
        if self.failures.0 > 0 {
            self.failures.0 -= 1;
            assert_eq!(c!(gatepass_handle_not_saved(self.session, self.config, self.now, save.ticket)), 0);
            self.advance(60);
            return;
        }
        let revision = c!(gatepass_revision(self.record.as_ptr(), self.record.len()));
        self.record = c!(core::slice::from_raw_parts(save.record.data, save.record.len)).to_vec();
        assert!(c!(gatepass_revision(self.record.as_ptr(), self.record.len())) > revision);
        assert!(c!(gatepass_handle_saved(self.session, self.config, self.now, save.ticket)) >= 0);
    }

    fn send(&mut self, request: &HttpRequest) {
        let (mut sent, mut piece, mut at) = (Vec::new(), Bytes::NONE, 0);
        while c!(gatepass_request_part(request, at, &mut piece)) {
            sent.extend_from_slice(c!(core::slice::from_raw_parts(piece.data, piece.len)));
            at += 1;
        }
        let sent = String::from_utf8(sent).unwrap();
        assert!(sent.starts_with(&format!("POST {} HTTP/1.1\r\nHost: {}\r\n", owned(request.target), owned(request.authority))), "{sent}");
        self.requests.push(sent);
        let (session, config, now, ticket) = (self.session, self.config, self.now, request.ticket);
        if self.failures.1 > 0 {
            self.failures.1 -= 1;
            if self.failures.1 > 0 {
                assert_eq!(c!(gatepass_handle_not_sent(session, config, now, ticket)), 0);
            } else {
                let lost = c!(gatepass_handle_no_response(session, config, now, ticket));
                assert_eq!(lost, Code::ViolationNoResponse as Outcome);
            }
            self.advance(120);
            return;
        }
        let json = c"application/json".to_bytes();
        let head = c!(gatepass_handle_head(session, config, now, ticket, 200, json.as_ptr().cast(), json.len(), ptr::null(), 0));
        if head == Status::Advanced as Outcome {
            return;
        }
        self.tokens += 1;
        let body = format!(
            r#"{{"access_token":"a{0}","refresh_token":"r{0}","token_type":"Bearer","expires_in":3600,"scope":"openid","patient":"42"}}"#,
            self.tokens
        );
        for chunk in body.as_bytes().chunks(7) {
            assert!(c!(gatepass_handle_body(session, config, now, ticket, chunk.as_ptr(), chunk.len())) >= 0);
        }
        assert_eq!(c!(gatepass_handle_end(session, config, now, ticket)), 0);
    }

    fn token(&self, audience: *const core::ffi::c_char) -> (Outcome, String, Generation) {
        let mut token: AccessToken = zeroed();
        let told = c!(gatepass_access_token(self.session, self.config, self.now, audience, self.out, OUT, &mut token));
        (told, if told == 0 { owned(token.header) } else { String::new() }, token.generation)
    }

    fn sign_in(&mut self) {
        assert_eq!(self.run().r#move, Move::SignIn);
        let (resource, age) = (c"https://api.example/".as_ptr(), 60);
        let extra = Parameter { name: c"ui_locales".as_ptr(), value: c"de".as_ptr() };
        let mut what: SignIn = zeroed();
        (what.scope, what.login_hint, what.max_age) = (c"openid offline_access".as_ptr(), c"me".as_ptr(), &age);
        (what.resources, what.resource_count) = (&resource, 1);
        (what.extra, what.extra_count) = (&extra, 1);
        let (uri, entropy) = (c"http://127.0.0.1:1/callback".as_ptr(), entropy());
        assert_eq!(c!(gatepass_sign_in(self.session, self.config, self.now, &what, uri, entropy.as_ptr())), 0);
        let url = owned(self.run().url);
        let state = url.split("state=").nth(1).unwrap().split('&').next().unwrap();
        assert_eq!(c!(gatepass_handle_visited(self.session, self.config, self.now)), 0);

        // The device restarts while the person is away.
        let mut pending = Bytes::NONE;
        assert_eq!(c!(gatepass_pending(self.session, self.config, self.out, OUT, &mut pending)), 0);
        let kept = c!(core::slice::from_raw_parts(pending.data, pending.len)).to_vec();
        assert_eq!(c!(gatepass_wipe(self.session)), 0);
        self.start();
        self.run();
        assert!(c!(gatepass_resume(self.session, self.config, self.now, kept.as_ptr(), kept.len())) >= 0);
        assert_eq!(self.run().r#move, Move::Visit);
        assert_eq!(c!(gatepass_handle_visited(self.session, self.config, self.now)), 0);
        assert_eq!(self.run().r#move, Move::AwaitRedirect);
        assert_eq!(owned(c!(gatepass_redirect_uri(self.session))), "http://127.0.0.1:1/callback");

        let foreign = "http://127.0.0.1:1/callback?code=c&state=s";
        assert!(c!(gatepass_handle_redirect(self.session, self.config, self.now, foreign.as_ptr().cast(), foreign.len())) < 0);
        let back = format!("http://127.0.0.1:1/callback?code=c&state={state}");
        assert_eq!(c!(gatepass_handle_redirect(self.session, self.config, self.now, back.as_ptr().cast(), back.len())), 0);
    }
}

#[test]
fn a_grant_lives_from_sign_in_to_sign_out() {
    let mut program = Program::new();
    program.sign_in();
    program.failures.0 = 1;
    assert_eq!(program.run().r#move, Move::Sleep);
    assert_eq!(program.token(ptr::null()).1, "Bearer a1");
    assert_eq!(owned(c!(gatepass_scope(program.session))), "openid");
    assert_eq!(owned(c!(gatepass_members(program.session))), r#"{"patient":"42"}"#);
    assert!(c!(gatepass_can_refresh(program.session)) && !c!(gatepass_is_unsaved(program.session)));

    // For another audience, out of the same grant.
    let mail = "mail";
    assert_eq!(program.token(c"mail".as_ptr()).0, Code::NoToken as Outcome);
    assert_eq!(c!(gatepass_handle_refresh_for(program.session, program.config, program.now, mail.as_ptr().cast(), mail.len())), 0);
    assert_eq!(program.run().r#move, Move::Sleep);
    assert_eq!(program.token(c"mail".as_ptr()).1, "Bearer a2");

    // It expires; the first request does not leave, the second is lost, and the device restarts.
    program.advance(3600);
    program.failures.1 = 2;
    while program.run().r#move != Move::Sleep {
        program.advance(120);
    }
    assert_eq!(program.token(ptr::null()).1, "Bearer a3");
    program.start();
    assert_eq!(program.run().r#move, Move::Sleep);

    // An API does not take it.
    let (_, header, generation) = program.token(ptr::null());
    assert_eq!(header, "Bearer a3");
    let field = r#"Bearer error="invalid_token""#;
    let challenged = |status: u16| {
        let (data, len) = (field.as_ptr().cast(), field.len());
        c!(gatepass_handle_challenge(program.session, program.config, program.now, &generation, status, data, len))
    };
    assert_eq!(challenged(403), Status::Unchanged as Outcome);
    assert_eq!(challenged(401), 0);
    assert_eq!(program.run().r#move, Move::Sleep);
    assert_eq!(program.token(ptr::null()).1, "Bearer a4");
    assert_eq!(c!(gatepass_handle_refresh(program.session, program.config, program.now)), 0);
    assert_eq!(program.run().r#move, Move::Sleep);

    // Another holder's record, which is this one's own.
    let record = program.record.clone();
    assert!(c!(gatepass_handle_superseded(program.session, program.config, program.now, record.as_ptr(), record.len())) >= 0);

    assert_eq!(c!(gatepass_sign_out(program.session, program.config, program.now)), 0);
    let output = program.run();
    assert_eq!((output.r#move, output.reason), (Move::SignIn, Reason::SignedOut));
    assert!(program.requests.last().unwrap().contains("token=r5"), "{:?}", program.requests.last());
    assert!(!owned(c!(gatepass_state(program.session))).is_empty());
    assert!(c!(gatepass_handle_cancel(program.session, program.config, program.now)) < 0);
    assert_eq!(c!(gatepass_wipe(program.session)), 0);
    assert!(c!(core::slice::from_raw_parts(program.storage, WORDS)).iter().all(|word| *word == 0));
    assert_eq!(c!(gatepass_config_wipe(program.config)), 0);
    assert_eq!(c!(gatepass_config_wipe(program.config)), Code::NotInitialised as Outcome);
}

#[test]
fn what_can_be_checked_of_a_pointer_is_and_nothing_is_read_through_a_wrong_one() {
    let mut program = Program::new();
    let (now, config, session) = (program.now, program.config.cast_const(), program.session);
    let mut output: Output = zeroed();
    let poll = |session, config, out, size, output: *mut Output| c!(gatepass_poll(session, config, now, out, size, output));
    let fine: *mut Output = &mut output;
    let inside = program.storage.cast::<u8>().wrapping_add(GATEPASS_SESSION_OVERHEAD);
    for (code, told) in [
        (Code::Null, poll(ptr::null_mut(), config, program.out, OUT, fine)),
        (Code::Null, poll(session, ptr::null(), program.out, OUT, fine)),
        (Code::Null, poll(session, config, ptr::null_mut(), OUT, fine)),
        (Code::Null, poll(session, config, program.out, OUT, ptr::null_mut())),
        (Code::Misaligned, poll(session.wrapping_byte_add(1), config, program.out, OUT, fine)),
        (Code::Misaligned, poll(session, config.wrapping_byte_add(4), program.out, OUT, fine)),
        (Code::Misaligned, poll(session, config, program.out, OUT, fine.wrapping_byte_add(1))),
        (Code::Overlap, poll(session, config, inside, 8, fine)),
        (Code::Overlap, poll(session, config, program.out, usize::MAX, fine)),
        (Code::Overlap, poll(session, config, fine.cast(), size_of::<Output>(), fine)),
    ] {
        assert_eq!(told, code as Outcome);
    }

    // A copy is no session, nor is what was never one.
    let copy = program.memory.lend(0, WORDS);
    c!(copy.copy_from_nonoverlapping(program.storage, WORDS));
    for stranger in [copy, program.memory.lend(0, WORDS), program.memory.lend(u64::MAX, WORDS)] {
        assert_eq!(poll(stranger.cast(), config, program.out, OUT, fine), Code::NotInitialised as Outcome);
    }
    let mut none = ptr::null_mut();
    assert_eq!(c!(gatepass_init(copy, GATEPASS_SESSION_OVERHEAD - 1, &mut none)), Code::Storage as Outcome);
    assert_eq!(c!(gatepass_init(copy, WORDS * 8, copy.wrapping_add(8).cast())), Code::Overlap as Outcome);
    assert_eq!(c!(gatepass_init(copy.wrapping_byte_add(1), 8, &mut none)), Code::Misaligned as Outcome);

    // What is lent for reading may not lie in the session either.
    let entropy = program.memory.lend(1, GATEPASS_ENTROPY_SIZE);
    let found = |record, len, entropy| c!(gatepass_handle_found(session, config, now, record, len, entropy));
    assert_eq!(found(inside.cast_const(), 8, entropy), Code::Overlap as Outcome);
    assert_eq!(found(ptr::null(), 0, inside), Code::Overlap as Outcome);
    assert_eq!(found(ptr::null(), 8, entropy), Code::Null as Outcome);
    assert_eq!(found(ptr::null(), 0, entropy), Code::MisuseEntropy as Outcome);
    let redirect = |data: *const u8, len| c!(gatepass_handle_redirect(session, config, now, data.cast(), len));
    assert_eq!(redirect([0xff, 0xfe].as_ptr(), 2), Code::Utf8 as Outcome);
    assert_eq!(redirect(inside, 2), Code::Overlap as Outcome);
    assert_eq!(c!(gatepass_wipe(session)), 0);
    assert_eq!(c!(gatepass_wipe(session)), Code::NotInitialised as Outcome);
}

#[test]
fn every_result_has_a_sentence_that_fits_into_any_buffer() {
    // Of this interface, of the core, and those that are none.
    for result in (-20..=3).chain((-140..-20).step_by(7)) {
        let whole = c!(gatepass_strerror(result, ptr::null_mut(), 0));
        assert!(whole > 0);
        for size in [1, whole, whole + 1] {
            let mut out = vec![0xff_u8; size];
            assert_eq!(c!(gatepass_strerror(result, out.as_mut_ptr().cast(), size)), whole);
            let text = core::ffi::CStr::from_bytes_with_nul(&out[..size.min(whole + 1)]).unwrap().to_bytes();
            assert_eq!(text.len(), whole.min(size - 1));
        }
        let _ = gatepass_remedy_of(result);
    }
}
