//! Codes, families of refresh tokens, access tokens: every rule about their lives is in this file.
//!
//! It knows no HTTP. The caller holds the lock for one step, so each step is atomic.

use crate::builder::Reuse;
use std::collections::HashMap;

/// Milliseconds that a code may wait to be redeemed (RFC 6749 §4.1.2 allows ten minutes).
const CODE_LIFE_MS: u64 = 60_000;
/// Sign-ins whose page is open. Beyond it the oldest pages are worth nothing.
const TICKETS_LIMIT: usize = 1_000;
/// Access tokens from which on the expired ones are swept out.
const SWEEP_FROM: usize = 4_096;

/// What the user agreed to, and for whom.
#[derive(Clone, Debug)]
pub(crate) struct Approval {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) challenge: String,
    pub(crate) scope: String,
    pub(crate) audience: Vec<String>,
    pub(crate) state: Option<String>,
}

#[derive(Debug)]
struct Code {
    approval: Approval,
    expires_ms: u64,
    spent: bool,
    family: Option<u64>,
}

/// One grant's life: from the code that began it to the revocation that ends it.
#[derive(Debug)]
struct Family {
    client_id: String,
    scope: String,
    audience: Vec<String>,
    alive: bool,
    current: Option<String>,
    /// The refresh token before the current one, and until when it is forgiven.
    previous: Option<(String, u64)>,
}

/// What an access token is to be made of.
#[derive(Clone, Debug)]
pub(crate) struct Issue {
    pub(crate) family: u64,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    pub(crate) audience: Vec<String>,
    pub(crate) refresh_token: Option<String>,
    /// The refresh token presented was the previous one.
    pub(crate) overlapped: bool,
}

/// An access token that serves.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) family: u64,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    pub(crate) audience: Vec<String>,
    pub(crate) expires_ms: u64,
}

/// Why nothing is issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    Code { reused: bool, family_ended: bool },
    Verifier,
    Refresh { reused: bool, family_ended: bool },
    Scope,
    Target,
}

/// What a refresh asks for, and the policy it meets.
#[derive(Debug)]
pub(crate) struct Refresh<'a> {
    pub(crate) token: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) scope: Option<&'a str>,
    /// Whom the access token is for, if that is said (RFC 8707 §2.2), and who may be named.
    pub(crate) target: Option<&'a str>,
    pub(crate) targets: &'a [String],
    /// The refresh token that replaces the presented one; `None`: the presented one stays.
    pub(crate) next: Option<String>,
    pub(crate) overlap_ms: u64,
    pub(crate) reuse: Reuse,
}

/// Everything that was ever granted.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    tickets: Vec<(String, Approval)>,
    codes: HashMap<String, Code>,
    families: HashMap<u64, Family>,
    refresh: HashMap<String, u64>,
    access: HashMap<String, Access>,
}

impl Grants {
    /// Remembers a sign-in whose page is shown.
    pub(crate) fn ask(&mut self, ticket: String, approval: Approval) {
        if self.tickets.len() >= TICKETS_LIMIT {
            self.tickets.remove(0);
        }
        self.tickets.push((ticket, approval));
    }

    /// The sign-in of a page; a page is answered once.
    pub(crate) fn answer(&mut self, ticket: &str) -> Option<Approval> {
        let place = self.tickets.iter().position(|(known, _)| known == ticket)?;
        Some(self.tickets.remove(place).1)
    }

    /// The user agreed: the code stands for it.
    pub(crate) fn approve(&mut self, code: String, approval: Approval, now_ms: u64) {
        let expires_ms = now_ms.saturating_add(CODE_LIFE_MS);
        self.codes.insert(code, Code { approval, expires_ms, spent: false, family: None });
    }

    /// Redeems a code (RFC 6749 §4.1.3, RFC 7636 §4.6). Its first presentation by its client spends it,
    /// successful or not; a second one ends what the first began (RFC 6749 §4.1.2).
    pub(crate) fn redeem(
        &mut self,
        code: &str,
        client_id: &str,
        redirect_uri: &str,
        challenge: &str,
        refresh_token: impl FnOnce(&str) -> Option<String>,
        now_ms: u64,
    ) -> Result<Issue, Denied> {
        const UNKNOWN: Denied = Denied::Code { reused: false, family_ended: false };
        let found = self.codes.get_mut(code).filter(|code| code.approval.client_id == client_id).ok_or(UNKNOWN)?;
        if found.spent {
            let family = found.family;
            let family_ended = family.is_some_and(|family| self.end(family));
            return Err(Denied::Code { reused: true, family_ended });
        }
        found.spent = true;
        if now_ms >= found.expires_ms || found.approval.redirect_uri != redirect_uri {
            return Err(UNKNOWN);
        }
        if found.approval.challenge != challenge {
            return Err(Denied::Verifier);
        }
        let id = u64::try_from(self.families.len()).unwrap_or(u64::MAX);
        found.family = Some(id);
        let approval = &found.approval;
        let current = refresh_token(&approval.scope);
        let family = Family {
            client_id: client_id.to_owned(),
            scope: approval.scope.clone(),
            audience: approval.audience.clone(),
            alive: true,
            current: current.clone(),
            previous: None,
        };
        let issue = family.issue(id, None, current.clone(), false);
        self.families.insert(id, family);
        self.refresh.extend(current.map(|token| (token, id)));
        Ok(issue)
    }

    /// Refreshes (RFC 6749 §6), rotates, and notices a token that was replaced before (RFC 9700 §4.14.2).
    ///
    /// Within the overlap the *immediately previous* token serves too: what was current becomes
    /// previous, so the token presented is then two back and serves no more.
    pub(crate) fn refresh(&mut self, ask: Refresh<'_>, now_ms: u64) -> Result<Issue, Denied> {
        const UNKNOWN: Denied = Denied::Refresh { reused: false, family_ended: false };
        let id = *self.refresh.get(ask.token).ok_or(UNKNOWN)?;
        let found = self.families.get_mut(&id);
        let family = found.filter(|family| family.alive && family.client_id == ask.client_id).ok_or(UNKNOWN)?;
        let is_current = family.current.as_deref() == Some(ask.token);
        let is_forgiven = family.previous.as_ref().is_some_and(|(token, until)| token == ask.token && now_ms < *until);
        if !is_current && !is_forgiven {
            let family_ended = ask.reuse == Reuse::RevokeFamily && self.end(id);
            return Err(Denied::Refresh { reused: true, family_ended });
        }
        if ask.scope.is_some_and(|scope| !is_subset(scope, &family.scope)) {
            return Err(Denied::Scope);
        }
        if ask.target.is_some_and(|target| !ask.targets.iter().any(|known| known == target)) {
            return Err(Denied::Target);
        }
        let mut issue = family.issue(id, ask.scope, ask.next.clone(), !is_current);
        if let Some(target) = ask.target {
            issue.audience = vec![target.to_owned()];
        }
        if let Some(next) = ask.next {
            let replaced = family.current.replace(next.clone());
            family.previous = replaced.map(|token| (token, now_ms.saturating_add(ask.overlap_ms)));
            self.refresh.insert(next, id);
        }
        Ok(issue)
    }

    /// An access token begins to serve, unless its family ended while it was signed.
    pub(crate) fn serve(&mut self, token: String, access: Access, now_ms: u64) {
        if self.access.len() >= SWEEP_FROM {
            self.access.retain(|_, access| now_ms < access.expires_ms);
        }
        if self.families.get(&access.family).is_some_and(|family| family.alive) {
            self.access.insert(token, access);
        }
    }

    /// The access token, if it serves now.
    pub(crate) fn access(&self, token: &str, now_ms: u64) -> Option<&Access> {
        self.access.get(token).filter(|access| now_ms < access.expires_ms)
    }

    /// The client that a token of either kind was issued to.
    pub(crate) fn owner(&self, token: &str) -> Option<&str> {
        let of_refresh = self.refresh.get(token).and_then(|id| self.families.get(id));
        let of_access = || self.access.get(token).map(|access| access.client_id.as_str());
        of_refresh.map(|family| family.client_id.as_str()).or_else(of_access)
    }

    /// Revokes a token (RFC 7009 §2.1): a refresh token of any age with its family, an access token alone.
    pub(crate) fn revoke(&mut self, token: &str) -> Revoked {
        match self.refresh.get(token).copied() {
            Some(family) if self.end(family) => Revoked::Family,
            Some(_) => Revoked::Nothing,
            None if self.access.remove(token).is_some() => Revoked::AccessToken,
            None => Revoked::Nothing,
        }
    }

    /// Ends the access tokens; refresh tokens live on.
    pub(crate) fn revoke_access_tokens(&mut self) {
        self.access.clear();
    }

    /// Ends every family; how many were alive.
    pub(crate) fn revoke_families(&mut self) -> u64 {
        let alive: Vec<u64> = self.families.iter().filter(|(_, family)| family.alive).map(|(id, _)| *id).collect();
        alive.into_iter().map(|id| u64::from(self.end(id))).sum()
    }

    /// How many families are alive.
    pub(crate) fn alive(&self) -> usize {
        self.families.values().filter(|family| family.alive).count()
    }

    /// Ends a family and all its access tokens; whether it was alive.
    fn end(&mut self, id: u64) -> bool {
        self.access.retain(|_, access| access.family != id);
        self.families.get_mut(&id).is_some_and(|family| core::mem::replace(&mut family.alive, false))
    }
}

/// What a revocation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Revoked {
    Nothing,
    AccessToken,
    Family,
}

impl Family {
    fn issue(&self, family: u64, scope: Option<&str>, refresh_token: Option<String>, overlapped: bool) -> Issue {
        Issue {
            family,
            client_id: self.client_id.clone(),
            scope: scope.unwrap_or(&self.scope).to_owned(),
            audience: self.audience.clone(),
            refresh_token,
            overlapped,
        }
    }
}

fn is_subset(asked: &str, granted: &str) -> bool {
    asked.split(' ').all(|name| granted.split(' ').any(|other| other == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_token_signed_while_its_family_ended_never_serves() {
        let mut grants = Grants::default();
        let [client_id, redirect_uri, challenge] = ["demo", "http://127.0.0.1/", "c"].map(str::to_owned);
        let approval = Approval { client_id, redirect_uri, challenge, scope: String::new(), audience: Vec::new(), state: None };
        grants.approve("code".to_owned(), approval, 0);
        let issue = grants.redeem("code", "demo", "http://127.0.0.1/", "c", |_| Some("r".to_owned()), 1).unwrap();
        let access =
            Access { family: issue.family, client_id: issue.client_id, scope: issue.scope, audience: issue.audience, expires_ms: 9 };
        grants.serve("before".to_owned(), access.clone(), 1);
        assert!(grants.access("before", 1).is_some());
        assert_eq!(grants.revoke("r"), Revoked::Family);
        grants.serve("after".to_owned(), access, 1);
        assert!(grants.access("before", 1).is_none() && grants.access("after", 1).is_none());
    }
}
