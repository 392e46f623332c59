//! The authorization server: it rotates, and knows a token that was used before.

use crate::world::World;

/// A refresh token: the number of its family, and its own within it, both from one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    pub family: u8,
    pub number: u8,
}

impl Token {
    pub const fn word(self) -> u64 {
        (self.family as u64) << 8 | self.number as u64
    }

    /// As it is written in answers: `r1.2`, and the access token beside it `a1.2`.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (family, number) = core::str::from_utf8(text).ok()?.strip_prefix(['r', 'a'])?.split_once('.')?;
        Some(Self { family: family.parse().ok()?, number: number.parse().ok()? })
    }
}

impl core::fmt::Display for Token {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "r{}.{}", self.family, self.number)
    }
}

/// What a request asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    Redeem(u8),
    Refresh(Token),
    Revoke(Token),
}

impl What {
    pub const fn word(self) -> u64 {
        match self {
            Self::Redeem(family) => 1 << 16 | family as u64,
            Self::Refresh(token) => 2 << 16 | token.word(),
            Self::Revoke(token) => 3 << 16 | token.word(),
        }
    }
}

impl core::fmt::Display for What {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Redeem(family) => write!(f, "redeem c{family}"),
            Self::Refresh(token) => write!(f, "refresh {token}"),
            Self::Revoke(token) => write!(f, "revoke {token}"),
        }
    }
}

/// What the server answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reply {
    Tokens(Token),
    InvalidGrant,
    Unavailable,
    Revoked,
}

impl Reply {
    pub const fn word(self) -> u64 {
        match self {
            Self::Tokens(token) => 1 << 16 | token.word(),
            Self::InvalidGrant => 2 << 16,
            Self::Unavailable => 3 << 16,
            Self::Revoked => 4 << 16,
        }
    }
}

/// One grant at the server: the token that is good, and whether the family was revoked.
#[derive(Clone, Copy)]
pub struct Family {
    pub current: u8,
    pub is_revoked: bool,
    /// Tokens were given that nobody took.
    pub has_strays: bool,
}

impl World {
    /// Tokens that nobody takes.
    pub fn stray(&mut self, reply: Reply) {
        if let Reply::Tokens(token) = reply {
            self.server[usize::from(token.family) - 1].has_strays = true;
        }
    }

    /// What the server makes of a request.
    pub fn serve(&mut self, what: What) -> Result<Reply, String> {
        let (overlap, ends_on_reuse) = (self.setup.overlap, self.setup.revokes);
        match what {
            What::Redeem(family) => {
                while self.server.len() < usize::from(family) {
                    self.server.push(Family { current: 0, is_revoked: false, has_strays: false });
                }
                self.server[usize::from(family) - 1].current = 1;
                Ok(Reply::Tokens(Token { family, number: 1 }))
            }
            What::Refresh(token) => {
                let family = &mut self.server[usize::from(token.family) - 1];
                let is_good = token.number == family.current || (overlap && token.number + 1 == family.current);
                if family.is_revoked {
                    return Ok(Reply::InvalidGrant);
                }
                if is_good {
                    family.current += 1;
                    return Ok(Reply::Tokens(Token { number: family.current, ..token }));
                }
                if ends_on_reuse {
                    family.is_revoked = true;
                }
                self.check_reuse(token)?;
                Ok(Reply::InvalidGrant)
            }
            What::Revoke(token) => {
                let family = &mut self.server[usize::from(token.family) - 1];
                // One that was rotated away names nothing any more.
                if token.number == family.current {
                    family.is_revoked = true;
                }
                Ok(Reply::Revoked)
            }
        }
    }
}

/// What a request asks for, from its body.
pub fn asked_for(url: &str, body: &[u8]) -> What {
    let body = core::str::from_utf8(body).unwrap();
    let field = |name: &str| body.split('&').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
    let token = |name| Token::parse(field(name).unwrap().as_bytes()).unwrap();
    match field("grant_type") {
        None => {
            assert!(url.ends_with("/r"));
            What::Revoke(token("token"))
        }
        Some("refresh_token") => What::Refresh(token("refresh_token")),
        Some(_) => What::Redeem(field("code").unwrap().strip_prefix('c').unwrap().parse().unwrap()),
    }
}
