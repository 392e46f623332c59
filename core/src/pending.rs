//! A sign-in that waits for the person, as bytes: so that it survives a restart.
//!
//! Little-endian: `gpS` and version 1 (4), the configuration's digest (8), what it replaces (12 and 4), the family
//! (12), bytes of the parameters that are resources (4), four lengths (4 each), the texts, a checksum (8).

use crate::{
    arena,
    bytes::is_vschar,
    config::Config,
    digest::checksum,
    entropy::{Id, SECRETS},
    error::{Error, Misuse},
    record::{RESOURCES, SCOPE, Version},
    state::{Machine, Pending},
    writer::Writer,
};

const MAGIC: [u8; 4] = *b"gpS\x01";

pub(crate) struct Read<'p> {
    pub(crate) base: Version,
    pub(crate) family: Id,
    pub(crate) resources: u32,
    pub(crate) texts: [&'p [u8]; 4],
}

pub(crate) fn write<'o>(
    pending: &Pending,
    machine: &Machine,
    config: &Config<'_>,
    bytes: &[u8],
    out: &'o mut [u8],
) -> Result<&'o [u8], Error> {
    let Machine { tokens, stored, held, .. } = machine;
    let texts = [pending.secrets, pending.redirect_uri, tokens.texts[SCOPE], pending.parameters].map(|span| arena::get(bytes, span));
    let mut to = Writer::new(out);
    to.bytes(&MAGIC);
    to.bytes(&config.digest);
    to.bytes(&stored.family.to_bytes());
    to.bytes(&stored.revision.to_le_bytes());
    to.bytes(&held.family.to_bytes());
    to.bytes(&(tokens.texts[RESOURCES].len() as u32).to_le_bytes());
    for text in texts {
        to.bytes(&(text.len() as u32).to_le_bytes());
    }
    for text in texts {
        to.bytes(text);
    }
    to.seal()
}

pub(crate) fn read<'p>(pending: &'p [u8], config: &Config<'_>) -> Result<Read<'p>, Error> {
    parse(pending, config).ok_or(Error::Misuse(Misuse::Pending))
}

fn parse<'p>(pending: &'p [u8], config: &Config<'_>) -> Option<Read<'p>> {
    let (body, sum) = pending.split_last_chunk::<8>()?;
    if checksum(body) != u64::from_le_bytes(*sum) {
        return None;
    }
    let (magic, rest) = body.split_first_chunk::<4>()?;
    let (digest, rest) = rest.split_first_chunk::<8>()?;
    if *magic != MAGIC || *digest != config.digest {
        return None;
    }
    let (family, rest) = rest.split_first_chunk::<12>()?;
    let (revision, rest) = rest.split_first_chunk::<4>()?;
    let base = Version { family: Id::from_bytes(*family), revision: u32::from_le_bytes(*revision) };
    let (family, rest) = rest.split_first_chunk::<12>()?;
    let (resources, rest) = rest.split_first_chunk::<4>()?;
    let (lens, mut rest) = rest.split_first_chunk::<16>()?;
    let mut texts: [&[u8]; 4] = [&[]; 4];
    for (text, len) in texts.iter_mut().zip(lens.chunks_exact(4)) {
        let len = u32::from_le_bytes(len.try_into().ok()?);
        (*text, rest) = rest.split_at_checked(len as usize)?;
    }
    let [secrets, redirect_uri, scope, parameters] = texts;
    let printable = [redirect_uri, scope, parameters].iter().all(|text| text.iter().all(|byte| is_vschar(*byte)));
    let resources = u32::from_le_bytes(*resources);
    // As of a record: the next write must have a revision, too.
    let can_go_on = base.revision >> 31 == 0;
    let whole = rest.is_empty() && secrets.len() == SECRETS && printable && can_go_on && resources as usize <= parameters.len();
    (whole && !Id::from_bytes(*family).is_nobody()).then_some(Read { base, family: Id::from_bytes(*family), resources, texts })
}

#[cfg(test)]
mod tests {
    extern crate std;

    use crate::{
        AuthorizationCode, Client, Config, Entropy, Error, Grant, Input, Misuse, Output, Server, Session, Timestamp, exhaustive::one_in,
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
        let grant = Grant::AuthorizationCode(AuthorizationCode::new().scope("a b").resources(&["urn:x"]));
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

    // R016
    #[test]
    fn parameters_that_no_url_may_have_are_refused() {
        let (_, mut pending) = exported();
        let parameters = pending.windows(7).position(|bytes| bytes == b"&scope=").unwrap();
        for foreign in [b' ', b'"', b'#', b'\\', b'%'] {
            pending[parameters] = foreign;
            let (body, sum) = pending.split_last_chunk_mut::<8>().unwrap();
            *sum = super::checksum(&*body).to_le_bytes();
            let mut session = Session::<[u8; 512]>::new();
            session.handle(&config(), NOW, Input::Found(None, &entropy(3))).unwrap();
            assert_eq!(session.resume(&config(), NOW, &pending), Err(Error::Misuse(Misuse::Pending)), "{foreign}");
        }
    }

    // R005
    #[test]
    fn a_redirect_uri_that_no_sign_in_takes_is_refused() {
        let (_, mut pending) = exported();
        let uri = pending.windows(7).position(|bytes| bytes == b"http://").unwrap();
        pending[uri..uri + 4].copy_from_slice(b"file");
        let (body, sum) = pending.split_last_chunk_mut::<8>().unwrap();
        *sum = super::checksum(&*body).to_le_bytes();
        let mut session = Session::<[u8; 512]>::new();
        session.handle(&config(), NOW, Input::Found(None, &entropy(3))).unwrap();
        assert_eq!(session.resume(&config(), NOW, &pending), Err(Error::Misuse(Misuse::Pending)));
    }

    #[test]
    fn a_revision_that_cannot_go_on_is_refused() {
        let (_, mut pending) = exported();
        pending[24..28].copy_from_slice(&(1u32 << 31).to_le_bytes());
        let (body, sum) = pending.split_last_chunk_mut::<8>().unwrap();
        *sum = super::checksum(&*body).to_le_bytes();
        let mut session = Session::<[u8; 512]>::new();
        session.handle(&config(), NOW, Input::Found(None, &entropy(3))).unwrap();
        assert_eq!(session.resume(&config(), NOW, &pending), Err(Error::Misuse(Misuse::Pending)));
    }

    // R150
    #[test]
    fn nothing_but_a_waiting_sign_in_is_exported() {
        let mut session = Session::<[u8; 512]>::new();
        session.handle(&config(), NOW, Input::Found(None, &entropy(3))).unwrap();
        assert_eq!(session.pending(&config(), &mut [0; 512]), Err(Error::Misuse(Misuse::NotNow)));
    }
}
