//! What was seen, and what it means. Each judge is one rule, and serves many cases.

use super::trial::{Judgement, Verdict};
use crate::counts::{Counts, Seen};
use crate::fault::Endpoint;

/// From what was seen to a verdict.
pub(crate) type Judge = fn(&Facts) -> Judgement;

/// All that was seen when a client had ended.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) issuer: String,
    pub(crate) counts: Counts,
    pub(crate) requests: Vec<Seen>,
    /// Connections to the second origin, and requests there.
    pub(crate) connections_elsewhere: u64,
    pub(crate) elsewhere: Vec<Seen>,
    /// What the person was given to open in a browser.
    pub(crate) opened: Vec<String>,
    /// What the client printed for people.
    pub(crate) said: String,
}

impl Facts {
    fn bearers(&self) -> usize {
        let api = self.requests.iter().filter(|request| request.endpoint == Some(Endpoint::Api));
        api.filter(|request| request.header("authorization").is_some()).count()
    }

    fn refresh_tokens(&self) -> Vec<&str> {
        let token = self.requests.iter().filter(|request| request.endpoint == Some(Endpoint::Token));
        token.filter_map(|request| request.param("refresh_token")).collect()
    }

    /// How often the same refresh token was sent, at most.
    fn refreshes_of_one(&self) -> usize {
        let all = self.refresh_tokens();
        all.iter().map(|token| all.iter().filter(|other| *other == token).count()).max().unwrap_or(0)
    }
}

fn judged(was_tried: bool, fell: bool, saw: String) -> Judgement {
    let verdict = match (was_tried, fell) {
        (false, _) => Verdict::NotTried,
        (true, false) => Verdict::Held,
        (true, true) => Verdict::Fell,
    };
    Judgement { verdict, saw }
}

/// No access token reaches the API, and no refresh token comes back.
pub(crate) fn refuses(facts: &Facts) -> Judgement {
    let (bearers, refreshes) = (facts.bearers(), facts.counts.refresh_requests);
    let saw = format!("{bearers} requests to the API with a token, {refreshes} refreshes");
    judged(facts.counts.faults > 0, bearers > 0 || refreshes > 0, saw)
}

/// The access token reaches the API.
pub(crate) fn accepts(facts: &Facts) -> Judgement {
    let bearers = facts.bearers();
    judged(facts.counts.faults > 0, bearers == 0, format!("{bearers} requests to the API with a token"))
}

/// Whatever it does, it goes on: who hangs or dies is judged by whoever runs it.
pub(crate) fn survives(facts: &Facts) -> Judgement {
    let bearers = facts.bearers();
    judged(facts.counts.faults > 0, false, format!("{bearers} requests to the API with a token"))
}

/// It hangs up before the end.
pub(crate) fn hangs_up(facts: &Facts) -> Judgement {
    let abandoned = facts.counts.answers_abandoned;
    judged(facts.counts.faults > 0, abandoned == 0, format!("hung up {abandoned} times"))
}

/// Nothing secret reaches the second origin: no code, verifier, token, secret or `Authorization`.
pub(crate) fn keeps_its_secrets(facts: &Facts) -> Judgement {
    const SECRETS: [&str; 5] = ["code", "code_verifier", "client_secret", "refresh_token", "token"];
    let mut leaked: Vec<&str> = Vec::new();
    for request in &facts.elsewhere {
        leaked.extend(SECRETS.into_iter().filter(|name| request.param(name).is_some()));
        leaked.extend(request.header("authorization").map(|_| "Authorization"));
    }
    let saw = match (leaked.as_slice(), facts.elsewhere.as_slice()) {
        ([], []) => format!("{} connections to the second origin", facts.connections_elsewhere),
        ([], [first, ..]) => format!("{} without secrets at the second origin", first.method),
        _ => format!("at the second origin: {}", leaked.join(", ")),
    };
    judged(facts.counts.faults > 0, !leaked.is_empty(), saw)
}

/// The second origin is not even called.
pub(crate) fn calls_nobody_else(facts: &Facts) -> Judgement {
    let calls = facts.connections_elsewhere;
    judged(facts.counts.faults > 0, calls > 0, format!("{calls} connections to the second origin"))
}

/// No code is sent to the token endpoint.
pub(crate) fn redeems_nothing(facts: &Facts) -> Judgement {
    let codes = facts.counts.code_requests;
    judged(facts.counts.faults > 0, codes > 0, format!("{codes} codes sent to the token endpoint"))
}

/// The same, of a client that sent a state: of another, this is no lie.
pub(crate) fn wants_its_state(facts: &Facts) -> Judgement {
    let sent = facts.requests.iter().any(|request| request.endpoint == Some(Endpoint::Authorize) && request.param("state").is_some());
    if sent { redeems_nothing(facts) } else { judged(false, false, "no state was sent".to_owned()) }
}

/// The sign-in is completed after all.
pub(crate) fn signs_in(facts: &Facts) -> Judgement {
    let codes = facts.counts.code_successes;
    judged(facts.counts.faults > 0, codes == 0, format!("{codes} codes redeemed"))
}

/// Nobody is sent anywhere, and nothing is sent but requests for metadata and keys.
pub(crate) fn goes_no_further(facts: &Facts) -> Judgement {
    let is_look = |request: &&Seen| matches!(request.endpoint, Some(Endpoint::Metadata | Endpoint::Jwks));
    let other = facts.requests.iter().filter(|request| !is_look(request)).count();
    let saw = match facts.opened.first() {
        Some(url) => format!("opens {}", url.split('?').next().unwrap_or_default().replace(&facts.issuer, "ISSUER")),
        None => format!("{other} requests but for metadata"),
    };
    judged(facts.counts.metadata_requests > 0, other > 0 || !facts.opened.is_empty(), saw)
}

/// What it prints for people holds no control characters but ends of lines.
pub(crate) fn prints_plainly(facts: &Facts) -> Judgement {
    let control = facts.said.chars().find(|c| c.is_control() && !"\n\r\t".contains(*c));
    let saw = control.map_or_else(|| "no control characters".to_owned(), |c| format!("prints {}", c.escape_unicode()));
    judged(facts.counts.faults > 0, control.is_some(), saw)
}

/// A refresh token that was refused for good is not sent again.
pub(crate) fn gives_up(facts: &Facts) -> Judgement {
    let most = facts.refreshes_of_one();
    judged(facts.counts.faults > 0, most > 1, format!("the refused token is sent {most} times"))
}

/// The grant is not given up: the same refresh token is sent again, later, and serves.
pub(crate) fn tries_again(facts: &Facts) -> Judgement {
    let counts = facts.counts;
    let saw = format!("{} refreshes, {} served, {} sign-ins", counts.refresh_requests, counts.refresh_successes, counts.authorize_requests);
    judged(counts.faults > 0, facts.refreshes_of_one() < 2 || counts.refresh_successes == 0, saw)
}

/// No replaced refresh token is sent.
pub(crate) fn sends_no_old_token(facts: &Facts) -> Judgement {
    let counts = facts.counts;
    let saw = format!("{} refreshes, {} with a replaced token", counts.refresh_requests, counts.reuse_detections);
    judged(counts.refresh_requests > 0, counts.reuse_detections > 0, saw)
}

/// The refresh token serves twice, the answers naming no other.
pub(crate) fn keeps_the_old_token(facts: &Facts) -> Judgement {
    let served = facts.counts.refresh_successes;
    judged(served > 0, served < 2, format!("{} refreshes, {served} served", facts.counts.refresh_requests))
}

/// A grant that the server did not end counts as one that it did not end.
pub(crate) fn revokes_again_or_says_so(facts: &Facts) -> Judgement {
    let revokes = facts.counts.revoke_requests;
    let is_silent = revokes == 1 && !facts.said.contains("sign-out:");
    judged(
        facts.counts.faults > 0,
        is_silent,
        format!("{revokes} requests to revoke, and {}", if is_silent { "no error" } else { "an error" }),
    )
}
