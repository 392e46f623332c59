//! Whole lives with marked secrets: after each step no secret is in anything that can be printed, in whatever spelling, and none that
//! is done with is in the session's bytes. What `defmt` prints, the tests of the firmware search (`tests/emulator`).

#![allow(clippy::arithmetic_side_effects, clippy::print_stdout, reason = "a panic fails the test, as it should")]

mod life;
mod search;

extern crate std;

use std::{format, println, string::String, vec, vec::Vec};

use crate::*;
use life::{Asked, BEARER, Life, config};
use search::Search;

/// In the server's own words: they are kept, to be shown by [`Session::refusal`] and by nothing else.
const SAID: &str = "CANARY-words-of-the-server-0123456789";

/// What the server may answer to a code or a refresh token, whose new tokens are these.
fn answers(access: &str, refresh: &str) -> Vec<(&'static str, u16, String)> {
    let long = "l".repeat(4096);
    vec![
        ("invalid_grant", 400, format!(r#"{{"error":"invalid_grant","error_description":"{SAID}","x":"{refresh}{access}"}}"#)),
        ("another error", 400, format!(r#"{{"error":"{SAID}","error_uri":"https://as.example/{refresh}"}}"#)),
        ("a temporary error", 400, String::from(r#"{"error":"temporarily_unavailable"}"#)),
        ("a failing server", 503, format!(r#"{{"access_token":"{access}"}}"#)),
        ("too many", 429, format!(r#"{{"access_token":"{access}"}}"#)),
        ("a redirect", 307, format!("{access}{refresh}")),
        ("no JSON", 200, format!("access_token={access}&refresh_token={refresh}")),
        ("broken JSON", 200, format!(r#"{{"access_token":"{access}","refresh_token":"{refresh}"]"#)),
        ("half of it", 200, format!(r#"{{"access_token":"{access}","refresh_token":"{refresh}"#)),
        ("another type", 200, format!(r#"{{"access_token":"{access}","refresh_token":"{refresh}","token_type":"mac"}}"#)),
        ("a repeat", 200, format!(r#"{{"access_token":"{access}","refresh_token":"{refresh}",{BEARER},"access_token":"{access}"}}"#)),
        ("both", 200, format!(r#"{{"access_token":"{access}","refresh_token":"{refresh}",{BEARER},"error":"invalid_grant"}}"#)),
        ("no token", 200, format!(r#"{{"refresh_token":"{refresh}",{BEARER},"team":"{access}"}}"#)),
        ("a byte that no token has", 200, format!(r#"{{"refresh_token":"{refresh}","access_token":"{access}\u0000",{BEARER}}}"#)),
        ("a large refresh token", 200, format!(r#"{{"access_token":"{access}",{BEARER},"refresh_token":"{refresh}{long}"}}"#)),
    ]
}

// R075 R077 R150
#[test]
fn no_secret_is_printed_or_outlives_its_use_in_a_whole_life() {
    for client in life::clients() {
        let mut life = Life::new(config(client));
        life.sign_in("team-one");
        life.rotate();
        life.rotate();
        life.other_audience();
        life.rejected();
        life.sign_out();
        life.sign_in("team-two");
        life.sign_out();
        life.tell("a whole life");
    }
}

// R075 R077 R150
#[test]
fn no_secret_is_printed_or_outlives_its_use_when_a_sign_in_fails() {
    let mut steps = 0;
    for (at, (name, status, _)) in answers("", "").into_iter().enumerate() {
        let mut life = Life::new(config(Client::secret_basic("id", life::CLIENT_SECRET)));
        let [access, refresh] = life.fresh_tokens();
        let (.., body) = answers(&access, &refresh).swap_remove(at);
        life.secret("the server's words", SAID);
        life.begin("a team");
        life.redirect();
        let ticket = life.sent();
        life.answer(ticket, status, &body);
        life.dead(&[&access, &refresh]);
        life.dead_code();
        life.look(name);
        life.until_vacant();
        life.sign_in("team two");
        life.sign_out();
        steps += life.tell(name);
    }
    println!("secrets: {steps} steps of failed sign-ins");
}

// R025 R026 R031 R075 R150
#[test]
fn no_secret_is_printed_or_outlives_its_use_when_a_redirect_is_refused() {
    let mut life = Life::new(config(Client::public("id")));
    let code = "CANARY-code-of-somebody-else-0123456789";
    for query in [
        format!("state=guessed&code={code}"),
        format!("code={code}"),
        format!("state={{state}}&code={code}&iss=https%3A%2F%2Fevil.example%2F{code}"),
        format!("state={{state}}&code={code}&code={code}"),
        format!("state={{state}}&code={code}%00"),
        format!("state={{state}}&code={code}%zz"),
        format!("state={{state}}&code={code}&error=access_denied"),
        format!("state={{state}}&error={code}%0A&error_description={code}%0A"),
        format!("state={{state}}&error=access_denied&error_description={code}%0A"),
        format!("state={{state}}&code={}", "c".repeat(4000)),
    ] {
        life.begin("a team");
        let uri = format!("{}&{}", life::REDIRECT_URI, query.replace("{state}", &life.state));
        life.secret("a code", code);
        life.try_with(Input::Redirect(&uri));
        life.dead(&[code]);
        life.look(&query);
        if life.session.state() != StateName::Vacant {
            life.handle(Input::Cancel);
        }
        life.dead_code();
        life.look("cancelled");
    }
    life.tell("refused redirects");
}

// R075 R077 R150
#[test]
fn no_secret_is_printed_or_outlives_its_use_when_a_refresh_fails() {
    for (at, (name, status, _)) in answers("", "").into_iter().enumerate() {
        let mut life = Life::new(config(Client::secret_post("id", life::CLIENT_SECRET)));
        life.sign_in("a team");
        let [access, refresh] = life.fresh_tokens();
        let (.., body) = answers(&access, &refresh).swap_remove(at);
        life.secret("the server's words", SAID);
        life.handle(Input::Refresh);
        life.saved();
        let ticket = life.sent();
        life.answer(ticket, status, &body);
        life.dead(&[&access, &refresh]);
        life.look(name);
        // Whatever it was, the user has enough: nothing is left of the old tokens either.
        life.sign_out();
        life.tell(name);
    }
    for lost in [Input::NotSent, Input::NoResponse] {
        let mut life = Life::new(config(Client::public("id")));
        life.sign_in("a team");
        life.handle(Input::Refresh);
        life.saved();
        let ticket = life.sent();
        life.try_with(lost(ticket));
        life.look("lost");
        life.sign_out();
        life.tell("lost");
    }
}

// R075 R150
#[test]
fn no_secret_is_printed_or_outlives_its_use_when_the_store_says_otherwise() {
    let mut life = Life::new(config(Client::public("id")));
    life.sign_in("a team");
    let mut other = life.beside();
    other.rotate();
    // Damaged, and then what the other has stored: the tokens of before are done with.
    let mut damaged = other.record.clone();
    damaged[100] ^= 1;
    life.try_with(Input::Superseded(Some(&damaged)));
    life.look("a damaged record");
    life.handle(Input::Superseded(Some(&other.record)));
    let old = life.tokens.clone();
    life.dead(&[&old[0], &old[1]]);
    life.look("another's record");
    other.try_with(Input::Superseded(Some(&life.record)));
    other.look("an older record");
    let new = other.tokens.clone();
    other.sign_out();
    // What the store says unasked may be late; that it is empty when there is something to be saved ends the grant.
    life.handle(Input::Refresh);
    assert!(matches!(life.poll(), Asked::Save(..)));
    life.handle(Input::Superseded(None));
    life.dead(&[&new[0], &new[1]]);
    life.look("an empty store");
    life.tell("another holder");
}

// R150
#[test]
fn no_secret_of_an_export_is_printed_or_outlives_its_use() {
    let mut life = Life::new(config(Client::public("id")));
    life.begin("a team");
    let mut out = [0; 1024];
    let config = life.config;
    let pending = life.session.pending(&config, &mut out).unwrap().to_vec();
    life.secret("an export", core::str::from_utf8(&pending[28..98]).unwrap());
    let code = life.code.clone();
    life.handle(Input::Cancel);
    life.dead_code();
    life.look("cancelled");
    life.revive_code(code);
    life.session.resume(&config, life.now, &pending).unwrap();
    life.look("resumed");
    let damaged: Vec<u8> = pending.iter().map(|byte| byte ^ 1).collect();
    let refused = life.session.resume(&config, life.now, &damaged);
    life.search.in_text("a refused export", &format!("{refused:?}"));
    // The person never comes back.
    life.now = Timestamp::from_millis(life.now.as_millis() + 700_000);
    assert!(matches!(life.poll(), Asked::Nothing));
    life.dead_code();
    life.look("timed out");
    life.tell("an export");
}

// R150
#[test]
fn a_session_that_is_dropped_leaves_zeros_in_whatever_state() {
    let mut life = Life::new(config(Client::public("id")));
    for step in 0..6 {
        match step {
            0 => life.begin("a team"),
            1 => life.redirect(),
            2 => drop(life.sent()),
            3 => {
                let [access, refresh] = life.fresh_tokens();
                life.handle(Input::Head(life.ticket, life::head(200)));
                life.handle(Input::Body(life.ticket, format!(r#"{{"access_token":"{access}","refresh_token":"{refresh}"#).as_bytes()));
            }
            4 => {
                life.handle(Input::Body(life.ticket, format!(r#"",{BEARER}}}"#).as_bytes()));
                life.handle(Input::End(life.ticket));
            }
            _ => drop(life.saved()),
        }
        let mut bytes = life.session.bytes;
        assert!(bytes.iter().any(|byte| *byte != 0), "there is something to be wiped");
        drop(Session { machine: state::Machine::new(), bytes: &mut bytes[..] });
        assert!(bytes.iter().all(|byte| *byte == 0), "after step {step}");
    }
}

/// The search itself finds what it looks for.
#[test]
fn a_secret_is_found_in_every_spelling() {
    use base64ct::{Base64, Base64Url, Base64UrlUnpadded, Encoding};
    let secret = "CANARY/secret+~?=0123456789";
    let mut search = Search::default();
    search.add("secret", secret);
    let bytes = secret.as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
    let form: String = form_urlencoded::byte_serialize(bytes).collect();
    let mut spellings = vec![secret.into(), hex.to_uppercase(), hex, percent.to_lowercase(), percent, form];
    spellings.extend([
        format!("{bytes:?}"),
        format!("{bytes:#?}"),
        format!("{bytes:x?}"),
        format!("{secret:?}"),
        format!("{:02X?}", bytes),
    ]);
    for before in ["", "a", "ab", "abc"] {
        let all = [before.as_bytes(), bytes, b"xyz"].concat();
        spellings.extend([Base64::encode_string(&all), Base64Url::encode_string(&all), Base64UrlUnpadded::encode_string(&all)]);
    }
    for spelling in spellings {
        let said = format!("before {spelling} behind");
        assert_eq!(search.find(&said), Some("secret"), "{said}");
    }
    assert_eq!(search.find("CANARY"), None);
}
