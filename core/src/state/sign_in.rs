//! Step 5 of the rotation protocol, sign-in: the browser is sent, the redirect is checked, the code is on its way (RFC 6749 §4.1).

use super::{Pause, Pending, Redeem, State, Turn, What, store::Verdict};
use crate::{
    arena::Span,
    audience::Target,
    entropy::{Entropy, Id},
    error::{Error, Misuse, Refusal},
    form::{Checked, Encoded},
    grant::Grant,
    output::{Output, SignInReason, Status},
    pkce::{SECRETS_LEN, Secrets},
    record::{CODE, DESCRIPTION, Head, RESOURCES, SCOPE, Version},
    redirect::{self, Believed},
    refusal,
    request::Draft,
    scope::is_scope_byte,
    time::Left,
    url::{AuthorizationUrl, check_redirect_uri},
    writer::{Writer, text},
};

impl Turn<'_, '_> {
    /// Begins a sign-in that replaces what the store holds.
    pub(crate) fn sign_in(&mut self, grant: &Grant<'_>, redirect_uri: &str, entropy: &Entropy) -> Result<Status, Error> {
        self.may_sign_in()?;
        let Grant::AuthorizationCode(grant) = grant;
        check_redirect_uri(redirect_uri)?;
        grant.check(self.config)?;
        let audiences = self.config.audiences();
        let scope = grant.asked_scope();
        let mut counted = Writer::new(&mut []);
        let resources = grant.write(&mut counted, audiences);
        let lens = [SECRETS_LEN, redirect_uri.len(), scope.len(), counted.len().wrapping_sub(resources), resources];
        self.has_room_for(&lens)?;
        // Everything fits, so nothing below fails: only now the old grant is let go of.
        self.wipe();
        self.name_instance(entropy);
        let mut out = Writer::new(self.unused());
        entropy.write_secrets(&mut out);
        out.str(redirect_uri);
        out.str(scope);
        grant.write(&mut out, audiences);
        Ok(self.visiting(entropy.id(), lens))
    }

    /// # Errors
    /// [`Misuse::NotNow`] while something else is under way.
    fn may_sign_in(&self) -> Result<(), Error> {
        match &self.machine.state {
            State::Vacant(_) | State::Live | State::InDoubt(_) | State::Waiting(_) => Ok(()),
            _ => Err(Misuse::NotNow.into()),
        }
    }

    /// Takes a sign-in up again that was exported by [`Session::pending`](crate::Session::pending) before a restart.
    pub(crate) fn resume(&mut self, base: Version, family: Id, texts: [&[u8]; 5]) -> Result<Status, Error> {
        self.may_sign_in()?;
        if self.machine.stored.family == family {
            // It has succeeded before: its code is spent, and a second grant of its name would be taken for the first.
            return Err(Misuse::Pending.into());
        }
        let lens = texts.map(<[u8]>::len);
        self.has_room_for(&lens)?;
        self.wipe();
        let mut out = Writer::new(self.unused());
        for text in &texts {
            out.bytes(text);
        }
        // It replaces the grant that it set out to replace, in whatever revision that is now, and no other. What another has come to says
        // nothing of the one that stands there.
        let stored = &mut self.machine.stored;
        if stored.family == base.family {
            stored.revision = stored.revision.max(base.revision);
        }
        stored.family = base.family;
        Ok(self.visiting(family, lens))
    }

    /// # Errors
    /// [`Error::Capacity`] where the arena has no room for texts of these lengths.
    fn has_room_for(&self, lens: &[usize]) -> Result<(), Error> {
        self.has_room(lens.iter().fold(0, |sum, len| sum.saturating_add(*len)))
    }

    /// Texts of these lengths were written behind what is in use: secrets, redirect URI, scope, other parameters, resources.
    fn visiting(&mut self, family: Id, lens: [usize; 5]) -> Status {
        let [secrets, redirect_uri, scope, parameters, resources] = lens.map(|len| self.append(len));
        // What was wished for another grant, and refused to it, is none of this one's.
        self.machine.want = Target::OWN;
        self.forget_refusals();
        self.machine.held.family = family;
        self.machine.tokens.texts[SCOPE] = scope;
        self.machine.tokens.texts[RESOURCES] = resources;
        self.machine.tokens.scope_known = !scope.is_empty();
        self.machine.timers.lapse = Left(self.config.policy.sign_in);
        self.go(State::Visiting(Pending { secrets, redirect_uri, parameters }), Pause::NONE)
    }

    /// The authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3).
    #[inline(never)]
    pub(crate) fn visit<'o>(&self, pending: &Pending, out: &'o mut [u8]) -> Result<Output<'o>, Error> {
        let config = self.config;
        let secrets = Secrets(self.text(pending.secrets));
        let endpoint = config.server.authorization;
        let mut to = Writer::new(out);
        endpoint.write(&mut to);
        // RFC 6749 §3.1: a query of the endpoint's own is kept.
        match endpoint.query() {
            None => to.str("?"),
            Some([] | [.., b'&']) => {}
            Some(_) => to.str("&"),
        }
        to.str("response_type=code");
        to.parameter("client_id", config.client.id.as_bytes());
        to.parameter("redirect_uri", self.text(pending.redirect_uri));
        to.str("&state=");
        to.bytes(secrets.state());
        to.str("&code_challenge=");
        secrets.write_challenge(&mut to);
        to.str("&code_challenge_method=S256");
        to.parameter("scope", self.text(self.machine.tokens.texts[SCOPE]));
        to.bytes(self.text(pending.parameters));
        to.bytes(self.text(self.machine.tokens.texts[RESOURCES]));
        Ok(Output::Visit(AuthorizationUrl::written(text(to.finish()?))))
    }

    /// The redirect came back.
    #[inline(never)]
    pub(crate) fn redirect(&mut self, pending: Pending, received: &str) -> Result<Status, Error> {
        let state = Secrets(self.text(pending.secrets)).state();
        let believed = redirect::check(self.config, self.text(pending.redirect_uri), state, received)?;
        match believed {
            Believed::Code(code) => {
                let code = self.decode(code)?;
                Ok(self.ready(What::Redeem(Redeem { pending, code }), Pause::NONE))
            }
            Believed::Error(code, description) => {
                self.wipe();
                self.machine.tokens.texts[CODE] = self.decode_words(code);
                self.machine.tokens.texts[DESCRIPTION] = self.decode_words(description);
                let refusal = refusal::classify(self.text(self.machine.tokens.texts[CODE]));
                let reason = if refusal == Refusal::Interaction { SignInReason::Interaction } else { SignInReason::Declined };
                self.vacate(reason);
                Err(Error::Refused(refusal))
            }
        }
    }

    /// Decodes a value into the arena.
    ///
    /// # Errors
    /// [`Error::Capacity`] with what would be needed; nothing is kept then.
    fn decode(&mut self, value: Checked<'_>) -> Result<Span, Error> {
        self.has_room((self.machine.used as usize).saturating_add(value.len()))?;
        value.write(&mut Writer::new(self.unused()));
        Ok(self.append(value.len()))
    }

    /// What of the arena is not in use.
    fn unused(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.machine.used as usize..).unwrap_or_default()
    }

    /// Takes so many bytes more of the arena into use.
    #[inline(never)]
    fn append(&mut self, len: usize) -> Span {
        let mut span = self.arena().open();
        span.take_written(len);
        self.machine.used = span.end();
        span
    }

    /// What may be shown of an error (RFC 6749 §4.1.2.1), or nothing.
    fn decode_words(&mut self, value: Encoded<'_>) -> Span {
        let shown = value.checked(|byte| byte == b' ' || is_scope_byte(byte));
        shown.and_then(|shown| self.decode(shown).ok()).unwrap_or_default()
    }

    /// The access token request (RFC 6749 §4.1.3, RFC 7636 §4.5).
    #[inline(never)]
    pub(crate) fn write_redeem(&self, redeem: &Redeem, draft: &mut Draft<'_>) {
        draft.plain("grant_type=authorization_code");
        draft.field("code", self.text(redeem.code));
        draft.field("redirect_uri", self.text(redeem.pending.redirect_uri));
        draft.plain("code_verifier=").bytes(Secrets(self.text(redeem.pending.secrets)).verifier());
        draft.encoded(self.text(self.machine.tokens.texts[RESOURCES]));
    }

    /// Another record stands where the first tokens were to be. One of their own family means that they were saved, and counts; one
    /// of the family that they replace is replaced; a third wins.
    pub(crate) fn sign_in_meets(&self, head: &Head<'_>) -> Verdict {
        if self.is_mine(head) {
            Verdict::Adopt
        } else if head.version().family == self.machine.stored.family {
            Verdict::Again
        } else {
            Verdict::Orphan
        }
    }
}
