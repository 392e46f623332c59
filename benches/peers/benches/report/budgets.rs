//! What gatepass's steps may cost, and what they do.

use gatepass_steps::given;

use crate::{counts::FIRMWARE, results::Results};

/// One row: what was measured of `oauth2` before gatepass was written, and what gatepass must and should reach.
pub(crate) struct Budget {
    /// By which a note finds it.
    pub(crate) key: &'static str,
    pub(crate) what: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) elsewhere: f64,
    pub(crate) must: f64,
    pub(crate) aim: f64,
    figure: Figure,
}

enum Figure {
    Step(&'static str),
    /// A step without the SHA-256 of the code verifier.
    WithoutHash(&'static str),
    /// What a byte more of an answer takes, between the smallest and the largest.
    PerByte,
    HeapCalls(&'static str),
    Waiting,
}

const fn budget(key: &'static str, what: &'static str, figure: Figure, [elsewhere, must, aim]: [f64; 3]) -> Budget {
    Budget { key, what, unit: "instructions", elsewhere, must, aim, figure }
}

pub(crate) const ALL: [Budget; 11] = [
    budget("lifecycle", "whole lifecycle, answers of 2 KB", Figure::Step("lifecycle"), [104_654.0, 26_000.0, 16_000.0]),
    budget(
        "authorization-url",
        "authorization URL, PKCE's SHA-256 apart",
        Figure::WithoutHash("authorization-url"),
        [15_020.0, 3_200.0, 1_000.0],
    ),
    budget("redirect", "redirect checked and read", Figure::Step("redirect"), [19_161.0, 2_600.0, 1_800.0]),
    budget("code-request", "code request", Figure::Step("code-request"), [11_909.0, 2_000.0, 700.0]),
    budget("refresh-request", "refresh request", Figure::Step("refresh-request"), [8_352.0, 1_000.0, 500.0]),
    budget("answer-193", "token response, 193 B", Figure::Step("answer-193"), [9_211.0, 2_300.0, 1_800.0]),
    budget("answer-1970", "token response, 1,970 B", Figure::Step("answer-1970"), [18_305.0, 6_000.0, 4_000.0]),
    budget("answer-7932", "token response, 7,932 B", Figure::Step("answer-7932"), [39_124.0, 18_000.0, 11_000.0]),
    budget("per-byte", "each byte of a token", Figure::PerByte, [3.8, 2.0, 1.0]),
    Budget { unit: "heap calls", ..budget("heap", "heap calls in a lifecycle", Figure::HeapCalls("lifecycle"), [124.0, 0.0, 0.0]) },
    Budget {
        unit: "B",
        ..budget("waiting", "a sign-in waiting for its redirect, entropy included", Figure::Waiting, [113.0, 112.0, 80.0])
    },
];

impl Budget {
    /// What a candidate takes, as far as it was measured.
    pub(crate) fn figure(&self, results: &Results, candidate: &str) -> Option<f64> {
        let step = |step: &str| results.get("instructions", step, candidate);
        match self.figure {
            Figure::Step(name) => step(name),
            Figure::WithoutHash(name) => Some(step(name)? - results.get("instructions", "sha-256", "alone")?),
            Figure::PerByte => {
                let [small, _, large] = given::ANSWERS;
                Some((step(&format!("answer-{large}"))? - step(&format!("answer-{small}"))?) / (large - small) as f64)
            }
            Figure::HeapCalls(name) => results.get("heap calls", name, if candidate == FIRMWARE { "gatepass" } else { candidate }),
            Figure::Waiting => results.get("held", "waiting", if candidate == FIRMWARE { "gatepass" } else { candidate }),
        }
    }

    pub(crate) fn verdict(&self, figure: f64) -> &'static str {
        if figure > self.must {
            "falls short"
        } else if figure > self.aim {
            "holds"
        } else {
            "reaches the aim"
        }
    }
}
