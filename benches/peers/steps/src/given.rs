//! What every candidate is given, to the byte.

use core::hint::black_box;

/// The client's identifier.
pub const CLIENT: &str = "native-app-7f3a";
/// The issuer.
pub const ISSUER: &str = "https://as.example";
/// Where the person signs in.
pub const AUTHORIZE: &str = "https://as.example/authorize";
/// Where codes and refresh tokens are redeemed.
pub const TOKEN: &str = "https://as.example/oauth/token";
/// Where the person comes back.
pub const REDIRECT_URI: &str = "http://127.0.0.1:8910/callback";
/// What is asked for.
pub const SCOPE: &str = "openid offline_access";
/// The media type of every answer.
pub const CONTENT_TYPE: &str = "application/json";
/// What the server says of the access token's life, in seconds.
pub const EXPIRES_IN: u64 = 3600;
/// Bytes of the three answers that are compared: without JWTs, with one, and with a large one.
pub const ANSWERS: [usize; 3] = [193, 1_970, 7_932];
/// The answer of a lifecycle.
pub const LIFECYCLE_ANSWER: usize = 1_970;
/// Bytes of every code and refresh token.
const OPAQUE: usize = 40;

/// Nothing that a compiler knows beforehand.
#[must_use]
pub fn unknown<T>(value: T) -> T {
    black_box(value)
}

/// Randomness: the first 32 bytes become the code verifier, the next 20 `state`. The seed tells one from another.
#[must_use]
pub fn entropy(seed: u64) -> [u8; 64] {
    let mut random = Random(seed);
    core::array::from_fn(|_| (random.next() >> 24) as u8)
}

/// A token of so many bytes.
#[must_use]
pub fn token(seed: u64, bytes: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut random = Random(seed);
    (0..bytes).map(|_| char::from(ALPHABET[(random.next() >> 26) as usize % 64])).collect()
}

/// The code of the redirect.
#[must_use]
pub fn code() -> String {
    token(3, OPAQUE)
}

/// The refresh token of the answer with this seed.
#[must_use]
pub fn refresh_token(seed: u64) -> String {
    token(seed + 100, OPAQUE)
}

/// The redirect of a person who signed in: with code, `state`, and `iss` (RFC 9207).
#[must_use]
pub fn redirect(state: &str) -> String {
    format!("{REDIRECT_URI}?code={}&state={state}&iss=https%3A%2F%2Fas.example", code())
}

/// A token response of so many bytes, all but some hundred of which are the access token. The seed tells its tokens from another's.
///
/// # Panics
/// When `bytes` leaves no room for an access token.
#[must_use]
pub fn answer(seed: u64, bytes: usize) -> String {
    let around = document(seed, "", 0).len();
    assert!(bytes > around, "{bytes} bytes are fewer than {around} and a token");
    document(seed, &token(seed, bytes - around), 0)
}

/// The answer of a lifecycle with so many members more that no candidate knows.
#[must_use]
pub fn answer_with_unknown(members: usize) -> String {
    let around = document(1, "", 0).len();
    document(1, &token(1, LIFECYCLE_ANSWER - around), members)
}

fn document(seed: u64, access: &str, unknown: usize) -> String {
    let refresh = refresh_token(seed);
    let unknown: String = (0..unknown).map(|at| format!(r#","member_{at:04}":"{}""#, token(at as u64, 24))).collect();
    format!(
        r#"{{"access_token":"{access}","token_type":"Bearer","expires_in":{EXPIRES_IN}{unknown},"refresh_token":"{refresh}","scope":"{SCOPE}"}}"#
    )
}

/// A small generator (Knuth's linear congruential one): the same bytes wherever this runs.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_the_bytes_that_its_name_says() {
        for bytes in ANSWERS {
            assert_eq!(answer(1, bytes).len(), bytes);
        }
        assert_eq!(answer_with_unknown(0), answer(1, LIFECYCLE_ANSWER));
        assert_eq!(answer_with_unknown(3).matches("\"member_").count(), 3);
    }

    #[test]
    fn one_seed_gives_other_bytes_than_the_next() {
        assert_ne!(entropy(1), entropy(2));
        assert_ne!(token(1, 40), token(2, 40));
        assert_ne!(entropy(1)[..32], entropy(1)[32..]);
    }
}
