//! The revocation endpoint (RFC 7009).

use crate::client::authenticate;
use crate::dialect::Refusal;
use crate::grants::Revoked;
use crate::http::Request;
use crate::response::Response;
use crate::shared::{Shared, lock};
use crate::token::read;

/// Answers a request: 200 also for a token that nobody knows (RFC 7009 §2.2).
pub(crate) fn answer(shared: &Shared, request: &Request) -> Response {
    if request.method != "POST" {
        return Response::plain(405).with("allow", "POST");
    }
    match revoke(shared, request) {
        Ok(()) => Response::empty(200).with("cache-control", "no-store"),
        Err(refusal) => shared.settings.dialect.refuse(refusal),
    }
}

fn revoke(shared: &Shared, request: &Request) -> Result<(), Refusal> {
    let form = read(request)?;
    let client = authenticate(&shared.settings.clients, request, &form)?;
    let token = form.get("token").ok_or(Refusal::InvalidRequest("no token"))?;
    let mut grants = lock(&shared.grants);
    if grants.owner(token).is_some_and(|owner| owner != client.id) {
        return Err(Refusal::NotYourToken);
    }
    let revoked = grants.revoke(token);
    drop(grants);
    shared.count(|counts| {
        counts.revocations += u64::from(revoked != Revoked::Nothing);
        counts.families_revoked += u64::from(revoked == Revoked::Family);
    });
    Ok(())
}
