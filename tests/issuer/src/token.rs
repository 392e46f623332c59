//! The token endpoint (RFC 6749 §3.2): codes and refresh tokens in, tokens out.

use crate::client::{Client, authenticate};
use crate::clock::millis;
use crate::dialect::{Dialect, Refusal};
use crate::form::Form;
use crate::grants::{Access, Denied, Issue, Refresh};
use crate::http::Request;
use crate::random;
use crate::response::Response;
use crate::shared::{Shared, Tunables, lock};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// Answers a request. With `keep` the refresh token is neither rotated nor issued.
pub(crate) fn answer(shared: &Shared, request: &Request, keep: bool) -> Response {
    if request.method != "POST" {
        return Response::plain(405).with("allow", "POST");
    }
    match tokens(shared, request, keep) {
        Ok(document) => Response::secret(200, &Value::Object(document)),
        Err(refusal) => shared.settings.dialect.refuse(refusal),
    }
}

fn tokens(shared: &Shared, request: &Request, keep: bool) -> Result<Map<String, Value>, Refusal> {
    let form = read(request)?;
    let grant_type = form.get("grant_type").ok_or(Refusal::InvalidRequest("no grant_type"))?;
    let client = authenticate(&shared.settings.clients, request, &form)?;
    let tunables = lock(&shared.tunables).clone();
    let issue = match grant_type {
        "authorization_code" => redeem(shared, client, &form, &tunables, keep)?,
        "refresh_token" => refresh(shared, client, &form, &tunables, keep)?,
        _ => return Err(Refusal::UnsupportedGrantType),
    };
    document(shared, issue, tunables)
}

/// The form of a request to an endpoint that takes nothing else.
pub(crate) fn read(request: &Request) -> Result<Form, Refusal> {
    if !request.is_form() {
        return Err(Refusal::InvalidRequest("the body must be a form"));
    }
    let text = core::str::from_utf8(&request.body).ok();
    let form = text.and_then(Form::parse).ok_or(Refusal::InvalidRequest("the form cannot be decoded"))?;
    match form.repeated() {
        Some(_) => Err(Refusal::InvalidRequest("a parameter is repeated")),
        None => Ok(form),
    }
}

fn redeem(shared: &Shared, client: &Client, form: &Form, tunables: &Tunables, keep: bool) -> Result<Issue, Refusal> {
    let code = form.get("code").ok_or(Refusal::InvalidRequest("no code"))?;
    let redirect_uri = form.get("redirect_uri").ok_or(Refusal::InvalidRequest("no redirect_uri"))?;
    let challenge = match form.get("code_verifier") {
        Some(verifier) if !is_verifier(verifier) => return Err(Refusal::InvalidRequest("the code_verifier is not one")),
        Some(verifier) => Base64UrlUnpadded::encode_string(&Sha256::digest(verifier.as_bytes())),
        None if shared.settings.require_pkce => return Err(Refusal::InvalidRequest("no code_verifier")),
        // What was approved without a challenge has an empty one.
        None => String::new(),
    };
    let refresh_token = new_refresh_token(tunables)?;
    let wanted = |scope: &str| {
        let offline = scope.split(' ').any(|name| name == "offline_access");
        (!keep && (offline || !shared.settings.require_offline_access)).then_some(refresh_token)
    };
    let now = shared.clock.now_ms();
    let outcome = lock(&shared.grants).redeem(code, &client.id, redirect_uri, &challenge, wanted, now);
    outcome.inspect(|_| shared.count(|counts| counts.code_successes += 1)).map_err(|denied| deny(shared, denied))
}

/// 43 to 128 unreserved characters (RFC 7636 §4.1).
fn is_verifier(verifier: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved)
}

fn refresh(shared: &Shared, client: &Client, form: &Form, tunables: &Tunables, keep: bool) -> Result<Issue, Refusal> {
    let token = form.get("refresh_token").ok_or(Refusal::InvalidRequest("no refresh_token"))?;
    let rotates = shared.settings.refresh_rotation && !keep;
    let ask = Refresh {
        token,
        client_id: &client.id,
        scope: form.get("scope"),
        target: form.get("resource").or_else(|| form.get("audience")),
        targets: &shared.settings.targets,
        next: if rotates { Some(new_refresh_token(tunables)?) } else { None },
        overlap_ms: millis(shared.settings.overlap),
        reuse: shared.settings.reuse,
    };
    let now = shared.clock.now_ms();
    let outcome = lock(&shared.grants).refresh(ask, now);
    let issue = outcome.map_err(|denied| deny(shared, denied))?;
    shared.count(|counts| {
        counts.refresh_successes += 1;
        counts.overlap_successes += u64::from(issue.overlapped);
    });
    Ok(issue)
}

fn new_refresh_token(tunables: &Tunables) -> Result<String, Refusal> {
    let mut token = random::name("r-").map_err(|_| Refusal::Broken)?;
    token.extend(core::iter::repeat_n('r', tunables.refresh_token_padding));
    Ok(token)
}

fn deny(shared: &Shared, denied: Denied) -> Refusal {
    shared.count(|counts| match denied {
        Denied::Code { reused, family_ended } => {
            counts.code_reuses += u64::from(reused);
            counts.families_revoked += u64::from(family_ended);
        }
        Denied::Refresh { reused, family_ended } => {
            counts.reuse_detections += u64::from(reused);
            counts.families_revoked += u64::from(family_ended);
        }
        Denied::Verifier | Denied::Scope | Denied::Target => {}
    });
    match denied {
        Denied::Code { .. } => Refusal::InvalidCode,
        Denied::Verifier => Refusal::WrongVerifier,
        Denied::Refresh { .. } => Refusal::InvalidRefreshToken,
        Denied::Scope => Refusal::InvalidScope,
        Denied::Target => Refusal::InvalidTarget,
    }
}

/// Mints the access token and writes the answer (RFC 6749 §5.1).
fn document(shared: &Shared, issue: Issue, tunables: Tunables) -> Result<Map<String, Value>, Refusal> {
    let now = shared.clock.now_ms();
    let ttl = tunables.access_ttl.as_secs();
    let expires_ms = now.saturating_add(ttl.saturating_mul(1_000));
    let token = access_token(shared, &issue, now / 1_000, ttl, tunables.access_token_padding)?;
    let access =
        Access { family: issue.family, client_id: issue.client_id, scope: issue.scope.clone(), audience: issue.audience, expires_ms };
    lock(&shared.grants).serve(token.clone(), access, now);

    let mut members = Map::new();
    members.insert("access_token".into(), token.into());
    members.insert("token_type".into(), "Bearer".into());
    members.insert("expires_in".into(), ttl.into());
    members.insert("scope".into(), issue.scope.into());
    members.extend(issue.refresh_token.map(|refresh| ("refresh_token".into(), refresh.into())));
    members.extend(tunables.extra_members);
    Ok(members)
}

fn access_token(shared: &Shared, issue: &Issue, iat: u64, ttl: u64, padding: usize) -> Result<String, Refusal> {
    let jti = random::name("a-").map_err(|_| Refusal::Broken)?;
    let padding = "p".repeat(padding);
    if shared.settings.dialect == Dialect::Auth0 && issue.audience.is_empty() {
        return Ok(format!("{jti}{padding}"));
    }
    let audience = match issue.audience.as_slice() {
        [] => json!(format!("{}/api", shared.origin)),
        [one] => json!(one),
        several => json!(several),
    };
    let mut claims = json!({
        "iss": shared.issuer(),
        "sub": shared.settings.subject,
        "aud": audience,
        "client_id": issue.client_id,
        "scope": issue.scope,
        "iat": iat,
        "exp": iat.saturating_add(ttl),
        "jti": jti,
    });
    if let (Some(claims), false) = (claims.as_object_mut(), padding.is_empty()) {
        claims.insert("padding".into(), padding.into());
    }
    Ok(shared.signer.jwt(&claims))
}
