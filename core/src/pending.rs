//! A sign-in that waits for the person, as bytes: so that it survives a restart.
//!
//! | bytes | what |
//! |--:|---|
//! | 12, 4 | family and revision of the record that it replaces, little-endian |
//! | 12 | family of its own |
//! | 70 | code verifier and `state` |
//! | | redirect URI, scope, other parameters of the request, resources: with a line feed between, which none of them has |
//! | 8 | checksum of all before, of this version and of the configuration |

use crate::{
    arena,
    config::Config,
    digest::unsealed,
    entropy::Id,
    error::{Error, Misuse},
    grant::may_ask,
    pkce::{SECRETS_LEN, Secrets},
    record::{RESOURCES, SCOPE, Version},
    scope::is_scope,
    state::{Machine, Pending},
    url::check_redirect_uri,
    writer::{Writer, text},
};

pub(crate) struct Read<'p> {
    pub(crate) base: Version,
    pub(crate) family: Id,
    /// Secrets, redirect URI, scope, other parameters, resources.
    pub(crate) texts: [&'p [u8]; 5],
}

/// What the checksum begins with: that of another version, or for another configuration, does not belong to these bytes.
pub(crate) fn begin(config: &Config<'_>) -> u64 {
    u64::from_le_bytes(config.digest) ^ u64::from_le_bytes(*b"gatepaS\x01")
}

pub(crate) fn write<'o>(
    pending: &Pending,
    machine: &Machine,
    config: &Config<'_>,
    bytes: &[u8],
    out: &'o mut [u8],
) -> Result<&'o [u8], Error> {
    let Machine { tokens, stored, held, .. } = machine;
    let mut to = Writer::new(out);
    to.bytes(&stored.family.to_bytes());
    to.bytes(&stored.revision.to_le_bytes());
    to.bytes(&held.family.to_bytes());
    to.bytes(arena::get(bytes, pending.secrets));
    to.bytes(arena::get(bytes, pending.redirect_uri));
    for span in [tokens.texts[SCOPE], pending.parameters, tokens.texts[RESOURCES]] {
        to.str("\n");
        to.bytes(arena::get(bytes, span));
    }
    to.seal(begin(config))
}

pub(crate) fn read<'p>(pending: &'p [u8], config: &Config<'_>) -> Result<Read<'p>, Error> {
    parse(pending, config).ok_or(Error::Misuse(Misuse::Pending))
}

fn parse<'p>(pending: &'p [u8], config: &Config<'_>) -> Option<Read<'p>> {
    let body = unsealed(begin(config), pending)?;
    let (family, rest) = body.split_first_chunk::<12>()?;
    let (revision, rest) = rest.split_first_chunk::<4>()?;
    let base = Version { family: Id::from_bytes(*family), revision: u32::from_le_bytes(*revision) };
    let (family, rest) = rest.split_first_chunk::<12>()?;
    let family = Id::from_bytes(*family);
    let (secrets, rest) = rest.split_first_chunk::<SECRETS_LEN>()?;
    let mut parts = rest.split(|byte| *byte == b'\n');
    let [redirect_uri, scope, parameters, resources] = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    // The rules of a sign-in: from here on nobody asks again.
    let are_good = Secrets(secrets).are_good()
        && check_redirect_uri(text(redirect_uri)).is_ok()
        && (scope.is_empty() || is_scope(text(scope)))
        && may_ask(parameters, resources, config.server.authorization.query().unwrap_or_default());
    // As of a record: the next write must have a revision, too.
    let can_go_on = base.revision >> 31 == 0;
    let texts = [secrets, redirect_uri, scope, parameters, resources];
    (are_good && parts.next().is_none() && can_go_on && !family.is_nobody()).then_some(Read { base, family, texts })
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::begin;
    use crate::{
        AuthorizationCode, Client, Config, Entropy, Error, Grant, Input, Misuse, Output, Server, Session, Status, Timestamp,
        digest::checksum, exhaustive::one_in,
    };
    use std::{string::String, vec::Vec};

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    fn entropy(salt: u8) -> Entropy {
        Entropy::from_bytes(core::array::from_fn(|at| at as u8 ^ salt)).unwrap()
    }

    fn config() -> Config<'static> {
        Config::new(Server::auth0("tenant.example"), Client::public("id")).unwrap()
    }

    fn visit(session: &mut Session) -> String {
        let mut out = [0; 1024];
        let config = config();
        let Output::Visit(url) = session.poll(&config, NOW, &mut out).unwrap() else { panic!("no visit") };
        url.as_str().into()
    }

    fn exported() -> (String, Vec<u8>) {
        let mut session = Session::<[u8; 512]>::new();
        session.handle(&config(), NOW, Input::Found(None, &entropy(1))).unwrap();
        let grant = Grant::AuthorizationCode(AuthorizationCode::new().scope("a b").prompt("login").resources(&["urn:x"]));
        session.sign_in(&config(), NOW, &grant, "http://127.0.0.1:9/cb", &entropy(2)).unwrap();
        let url = visit(&mut session);
        (url, session.pending(&config(), &mut [0; 512]).unwrap().to_vec())
    }

    #[test]
    fn a_sign_in_that_waits_survives_a_restart() {
        let (url, pending) = exported();
        let mut session = Session::<[u8; 512]>::new();
        assert_eq!(session.resume(&config(), NOW, &pending), Err(Error::Misuse(Misuse::NotNow)), "the store is asked first");
        session.handle(&config(), NOW, Input::Found(None, &entropy(3))).unwrap();
        session.resume(&config(), NOW, &pending).unwrap();
        assert_eq!(visit(&mut session), url);
        assert_eq!(session.redirect_uri(), Some("http://127.0.0.1:9/cb"));
    }

    #[test]
    fn an_export_of_this_version_is_these_bytes() {
        let (_, pending) = exported();
        let (family, secrets, texts) = (&pending[16..28], &pending[28..98], &pending[98..pending.len() - 8]);
        assert_eq!((&pending[..16], family), (&[0; 16][..], &b"6745:;89>?<="[..]));
        assert_eq!(secrets, b"AgMAAQYHBAUKCwgJDg8MDRITEBEWFxQVGhsYGR4fHB0IiMgISYnJCUqKygpLi8sLTIzMDE");
        assert_eq!(texts, b"http://127.0.0.1:9/cb\na b\n&prompt=login\n&resource=urn%3Ax");
        assert_eq!(begin(&config()) ^ u64::from_le_bytes(config().digest), u64::from_le_bytes(*b"gatepaS\x01"));
        let sum = checksum(begin(&config()), &pending[..pending.len() - 8]);
        assert_eq!(pending.last_chunk(), Some(&sum.to_le_bytes()));
    }

    #[test]
    fn a_sign_in_takes_the_room_of_all_of_its_texts_and_no_more() {
        fn begun<const N: usize>() -> Result<Status, Error> {
            let mut session = Session::<[u8; N]>::new();
            session.handle(&config(), NOW, Input::Found(None, &entropy(1))).unwrap();
            let grant = Grant::AuthorizationCode(AuthorizationCode::new().scope("a b").prompt("login").resources(&["urn:x"]));
            let begun = session.sign_in(&config(), NOW, &grant, "http://127.0.0.1:9/cb", &entropy(2));
            let mut session = Session::<[u8; N]>::new();
            session.handle(&config(), NOW, Input::Found(None, &entropy(1))).unwrap();
            assert_eq!(session.resume(&config(), NOW, &exported().1), begun);
            begun
        }
        // Secrets, redirect URI, scope, `&prompt=login`, `&resource=urn%3Ax`.
        const NEEDED: usize = 70 + 21 + 3 + 13 + 17;
        assert_eq!((begun::<{ NEEDED - 1 }>(), begun::<NEEDED>()), (Err(Error::Capacity { needed: NEEDED }), Ok(Status::Advanced)));
    }

    #[test]
    fn damage_and_another_configuration_are_refused() {
        let (_, pending) = exported();
        let mut session = Session::<[u8; 512]>::new();
        session.handle(&config(), NOW, Input::Found(None, &entropy(3))).unwrap();
        for at in (0..pending.len()).step_by(one_in(13)) {
            let mut damaged = pending.clone();
            damaged[at] ^= 1;
            assert_eq!(session.resume(&config(), NOW, &damaged), Err(Error::Misuse(Misuse::Pending)), "{at}");
            assert_eq!(session.resume(&config(), NOW, &pending[..at]), Err(Error::Misuse(Misuse::Pending)), "{at}");
        }
        let other = Config::new(Server::auth0("tenant.example"), Client::public("other")).unwrap();
        let mut session = Session::<[u8; 512]>::new();
        session.handle(&other, NOW, Input::Found(None, &entropy(3))).unwrap();
        assert_eq!(session.resume(&other, NOW, &pending), Err(Error::Misuse(Misuse::Pending)));
    }

    /// An exported sign-in in which these bytes were changed, and the checksum with them.
    fn forged(change: impl Fn(&mut [u8])) -> Result<Status, Error> {
        let (_, mut pending) = exported();
        let (body, sum) = pending.split_last_chunk_mut::<8>().unwrap();
        change(body);
        *sum = checksum(begin(&config()), body).to_le_bytes();
        let mut session = Session::<[u8; 512]>::new();
        session.handle(&config(), NOW, Input::Found(None, &entropy(3))).unwrap();
        session.resume(&config(), NOW, &pending)
    }

    fn find(bytes: &[u8], text: &[u8]) -> usize {
        bytes.windows(text.len()).position(|bytes| bytes == text).unwrap()
    }

    const REFUSED: Result<Status, Error> = Err(Error::Misuse(Misuse::Pending));

    // R005 R016
    #[test]
    fn texts_that_no_request_may_have_are_refused() {
        assert_eq!(forged(|_| {}), Ok(Status::Advanced));
        // The ends of verifier and `state`, and what begins the texts.
        let places = |bytes: &[u8]| {
            [28, 70, 71, 97].into_iter().chain([&b"http:"[..], b"a b", b"&prompt=", b"&resource="].map(|text| find(bytes, text)))
        };
        for place in 0..8 {
            for foreign in [b'"', b'\\', b'\n', b'\0', 0x7f, 0x80] {
                let forged = forged(|bytes| bytes[places(bytes).nth(place).unwrap()] = foreign);
                assert_eq!(forged, REFUSED, "{foreign:#x} at {place}");
            }
        }
        for (text, other) in [
            (&b"http://"[..], &b"file://"[..]),
            (b"a b", b" ab"),
            (b"&prompt=", b"&prompt#"),
            (b"&prompt=", b"&scope=a"),
            (b"&resource=", b"&resourc?="),
            (b"urn%3A", b"urn%3?"),
            (b"\na b", b"xa b"),
        ] {
            let forged = forged(|bytes| {
                let at = find(bytes, text);
                bytes[at..at + text.len()].copy_from_slice(other);
            });
            assert_eq!(forged, REFUSED, "{}", core::str::from_utf8(other).unwrap());
        }
        for secret in [28, 97] {
            assert_eq!(forged(|bytes| bytes[secret] = b'*'), REFUSED, "of the alphabet of a form, and not of base64url");
        }
    }

    #[test]
    fn a_revision_that_cannot_go_on_is_refused() {
        let last = forged(|bytes| bytes[12..16].copy_from_slice(&(1u32 << 31).to_le_bytes()));
        assert_eq!(last, REFUSED);
    }

    #[test]
    fn a_sign_in_of_nobodys_name_is_refused() {
        assert_eq!(forged(|bytes| bytes[16..28].fill(0)), REFUSED);
    }

    // R150
    #[test]
    fn nothing_but_a_waiting_sign_in_is_exported() {
        let mut session = Session::<[u8; 512]>::new();
        session.handle(&config(), NOW, Input::Found(None, &entropy(3))).unwrap();
        assert_eq!(session.pending(&config(), &mut [0; 512]), Err(Error::Misuse(Misuse::NotNow)));
    }
}
