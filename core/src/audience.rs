//! Whom an access token is for, where one grant has several audiences.

use crate::request::Draft;
#[cfg(feature = "audiences")]
use crate::{
    bytes::is_vschar,
    digest::digest,
    error::{Error, Misuse},
    scope::is_scope,
    url::is_resource,
};

/// Whom an access token is for, beside the one that the grant itself gives: another resource (RFC 8707 §2.2), or another
/// audience (Auth0's multi-resource refresh tokens).
///
/// Only with a server that is known to take the parameter at the token endpoint: one that does not ignores it (RFC 6749 §3.2), and
/// gives the token that it always gives, for whatever it is good.
///
/// Name each in [`Config::with_audiences`](crate::Config::with_audiences), before the sign-in where it is a resource: it is asked for with the
/// grant. They share the grant's one refresh token: a refresh for
/// one of them rotates it as any other, with the same intent and the same commit, and leaves the access tokens of the others as
/// they are. So all of them are one family, and one record: 8 can be named, and the tokens of 16 are kept (processes may
/// name different ones), the oldest making way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Audience<'a> {
    parameter: &'static str,
    name: &'a str,
    scope: &'a str,
}

impl<'a> Audience<'a> {
    /// A resource, by its absolute URI: the parameter `resource` (RFC 8707 §2).
    #[must_use]
    pub const fn resource(uri: &'a str) -> Self {
        Self { parameter: "resource", name: uri, scope: "" }
    }

    /// An audience, by the identifier that the authorization server knows: the parameter `audience` (Auth0 and others).
    #[must_use]
    pub const fn named(identifier: &'a str) -> Self {
        Self { parameter: "audience", name: identifier, scope: "" }
    }

    /// With a scope of its own, no larger than what was granted (RFC 6749 §6). Without one it is the server's default.
    #[must_use]
    pub const fn scope(self, scope: &'a str) -> Self {
        Self { scope, ..self }
    }

    /// The URI or identifier, by which it is asked for.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// # Errors
    /// [`Misuse::Parameter`] for a resource that is no absolute URI, an identifier that is empty or not printable ASCII, or what is no scope.
    #[cfg(feature = "audiences")]
    pub(crate) fn check(&self) -> Result<(), Error> {
        let is_printable = !self.name.is_empty() && self.name.bytes().all(is_vschar);
        let good = if self.is_resource() { is_resource(self.name) } else { is_printable };
        if good && (self.scope.is_empty() || is_scope(self.scope)) { Ok(()) } else { Err(Misuse::Parameter.into()) }
    }

    pub(crate) fn is_resource(&self) -> bool {
        self.parameter == "resource"
    }

    /// By a digest that nobody can make two names share, since names may be others' to choose.
    pub(crate) fn target(&self) -> Target {
        let [parameter, name, scope] = [self.parameter, self.name, self.scope].map(str::as_bytes);
        Target::digested([b"gatepass audience", parameter, name, scope])
    }

    pub(crate) fn write(&self, draft: &mut Draft<'_>) {
        draft.field(self.parameter, self.name.as_bytes());
        if !self.scope.is_empty() {
            draft.field("scope", self.scope.as_bytes());
        }
    }
}

/// Which access token of a grant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg(feature = "audiences")]
pub(crate) struct Target(u64);

#[cfg(feature = "audiences")]
impl Target {
    /// The grant's own.
    pub(crate) const OWN: Self = Self(0);
    /// Any but the grant's own.
    pub(crate) const OTHERS: Self = Self(u64::MAX);

    pub(crate) const fn to_bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }

    pub(crate) const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(u64::from_le_bytes(bytes))
    }

    /// Of a digest: neither of the two above.
    fn digested(fields: [&[u8]; 4]) -> Self {
        let [purpose, parameter, name, scope] = fields;
        Self(u64::from_le_bytes(digest(&[&[purpose], &[parameter], &[name], &[scope]])).clamp(1, u64::MAX - 1))
    }
}

/// There is no other than the grant's own: whatever is done for another is not linked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg(not(feature = "audiences"))]
pub(crate) struct Target;

#[cfg(not(feature = "audiences"))]
impl Target {
    pub(crate) const OWN: Self = Self;

    pub(crate) const fn to_bytes(self) -> [u8; 8] {
        [0; 8]
    }

    pub(crate) const fn from_bytes(_: [u8; 8]) -> Self {
        Self
    }

    const fn digested(_: [&[u8]; 4]) -> Self {
        Self
    }
}

/// As many can be named.
#[cfg(feature = "audiences")]
pub(crate) const MAX_AUDIENCES: usize = 8;
