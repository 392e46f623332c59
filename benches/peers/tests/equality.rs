//! That all candidates do the same work: otherwise no comparison is fair.
#![allow(missing_docs, reason = "a test")]

use std::collections::BTreeMap;

use gatepass_benches::candidates::Candidate;
use gatepass_steps::{
    given,
    step::{Outcome, Step},
};
use url::{Url, form_urlencoded};

fn outcome(candidate: Candidate, step: Step) -> Option<Outcome> {
    let mut ready = candidate.ready(step)?;
    ready.run();
    Some(ready.outcome())
}

/// What each candidate that has the step makes of it.
fn outcomes(step: Step) -> BTreeMap<&'static str, Outcome> {
    Candidate::ALL.into_iter().filter_map(|candidate| Some((candidate.name, outcome(candidate, step)?))).collect()
}

/// Those that must have it.
const ALL: [&str; 5] = ["by-hand", "floor", "gatepass", "oauth2", "openidconnect"];

fn names(outcomes: &BTreeMap<&'static str, Outcome>) -> Vec<&'static str> {
    outcomes.keys().copied().collect()
}

fn pairs(form: &str) -> BTreeMap<String, String> {
    let all: Vec<(String, String)> = form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    let pairs: BTreeMap<_, _> = all.iter().cloned().collect();
    assert_eq!(pairs.len(), all.len(), "nothing stands twice: {form}");
    pairs
}

#[test]
fn verifier_and_challenge_are_those_of_the_entropy() {
    let made = outcomes(Step::Pkce);
    assert_eq!(names(&made), ["by-hand", "floor", "oauth2", "openidconnect"]);
    for (name, outcome) in &made {
        let Outcome::Pkce(verifier, challenge) = outcome else { panic!("{name}: {outcome:?}") };
        assert_eq!((verifier.len(), challenge.len()), (43, 43), "{name}");
        assert_eq!(outcome, &made["by-hand"], "{name}");
    }
}

#[test]
fn every_authorization_url_has_the_same_parameters() {
    let made = outcomes(Step::AuthorizationUrl);
    assert_eq!(names(&made), ["by-hand", "floor", "gatepass", "oauth2", "openidconnect", "yup-oauth2"]);
    let Outcome::Pkce(_, challenge) = outcome(Candidate::named("by-hand").unwrap(), Step::Pkce).unwrap() else { panic!("it was made") };
    for (name, outcome) in &made {
        let Outcome::Url(url) = outcome else { panic!("{name}: {outcome:?}") };
        let url = Url::parse(url).unwrap();
        assert_eq!(&url[..url::Position::AfterPath], given::AUTHORIZE, "{name}");
        let mut parameters = pairs(url.query().unwrap());
        if *name == "openidconnect" {
            assert!(parameters.remove("nonce").is_some());
        }
        let mut expected = BTreeMap::from(
            [("response_type", "code"), ("client_id", given::CLIENT), ("redirect_uri", given::REDIRECT_URI), ("scope", given::SCOPE)]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        if *name == "yup-oauth2" {
            assert_eq!(parameters.remove("access_type").as_deref(), Some("offline"));
        } else {
            let state = parameters["state"].clone();
            assert_eq!(state.len(), 27, "{name}");
            expected.insert("state".to_owned(), state);
            expected.insert("code_challenge".to_owned(), challenge.clone());
            expected.insert("code_challenge_method".to_owned(), "S256".to_owned());
        }
        assert_eq!(parameters, expected, "{name}");
    }
}

#[test]
fn the_code_of_a_good_redirect_is_kept() {
    let made = outcomes(Step::Redirect);
    assert_eq!(names(&made), ALL);
    for (name, outcome) in made {
        assert_eq!(outcome, Outcome::Code(given::code()), "{name}");
    }
}

#[test]
fn a_redirect_with_another_state_is_refused() {
    let made = outcomes(Step::ForgedRedirect);
    assert_eq!(names(&made), ALL);
    for (name, outcome) in made {
        assert_eq!(outcome, Outcome::Refused, "{name}");
    }
}

fn every_form_is(step: Step, expected: &[(&str, &str)]) {
    let made = outcomes(step);
    assert_eq!(names(&made), ALL);
    for (name, outcome) in made {
        let Outcome::Request { url, body } = outcome else { panic!("{name}: {outcome:?}") };
        assert_eq!(url, given::TOKEN, "{name}");
        let expected = expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(pairs(&body), expected, "{name}");
    }
}

#[test]
fn every_form_that_redeems_the_code_has_the_same_fields() {
    let Outcome::Pkce(verifier, _) = outcome(Candidate::named("oauth2").unwrap(), Step::Pkce).unwrap() else { panic!("it was made") };
    let code = given::code();
    every_form_is(
        Step::CodeRequest,
        &[
            ("grant_type", "authorization_code"),
            ("client_id", given::CLIENT),
            ("redirect_uri", given::REDIRECT_URI),
            ("code", &code),
            ("code_verifier", &verifier),
        ],
    );
}

#[test]
fn every_form_that_refreshes_has_the_same_fields() {
    let token = given::refresh_token(1);
    every_form_is(Step::RefreshRequest, &[("grant_type", "refresh_token"), ("client_id", given::CLIENT), ("refresh_token", &token)]);
}

fn access_token(answer: &str) -> String {
    let answer: serde_json::Value = serde_json::from_str(answer).unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

#[test]
fn the_tokens_of_an_answer_are_kept_whatever_its_size_and_whatever_else_it_has() {
    for step in given::ANSWERS.map(Step::Answer).into_iter().chain([Step::Answer(65_536), Step::Unknown(64)]) {
        let made = outcomes(step);
        assert_eq!(names(&made), ALL);
        let expected = Outcome::Tokens { access: access_token(&step.answer()), refresh: given::refresh_token(1) };
        for (name, outcome) in made {
            assert_eq!(outcome, expected, "{name}, {step:?}");
        }
    }
}

#[test]
fn a_life_ends_with_the_second_answers_tokens() {
    let made = outcomes(Step::Lifecycle);
    assert_eq!(names(&made), ALL);
    let access = access_token(&given::answer(2, given::LIFECYCLE_ANSWER));
    for (name, outcome) in made {
        assert_eq!(outcome, Outcome::Header(format!("Bearer {access}"), given::refresh_token(2)), "{name}");
    }
}
