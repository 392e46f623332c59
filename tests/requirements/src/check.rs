//! The rules that hold between the map and the tests.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    map::{Kind, Row},
    sources::{Carrier, Run},
};

/// What does not hold, a line each.
pub(crate) fn wrong(rows: &[Row], found: &[Carrier]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut last = "";
    for row in rows {
        if row.id.as_str() <= last {
            wrong.push(format!("{}: the ids of the map ascend, and none is there twice", row.id));
        }
        last = &row.id;
        wrong.extend(of_row(row, found).into_iter().map(|why| format!("{}: {why}", row.id)));
    }
    let by_id: BTreeMap<&str, &Row> = rows.iter().map(|row| (row.id.as_str(), row)).collect();
    for carrier in found {
        if let Some(why) = of_carrier(carrier, by_id.get(carrier.id.as_str()).copied()) {
            wrong.push(format!("{}:{}: {} {why}", carrier.file, carrier.line, carrier.id));
        }
    }
    wrong
}

/// A row says its tests or why there are none; the tests that it names are there, run, and carry its id.
fn of_row(row: &Row, found: &[Carrier]) -> Vec<String> {
    let mut wrong = Vec::new();
    match (&row.reason, row.tests.is_empty()) {
        (None, true) => wrong.push(String::from("neither a test nor a reason")),
        (Some(reason), false) if reason.kind != Kind::Application => {
            wrong.push(format!("tests, and the reason `{}`: it is one or the other", reason.kind.as_str()));
        }
        _ => {}
    }
    let carry: BTreeSet<String> = found.iter().filter(|carrier| carrier.id == row.id).map(Carrier::test).collect();
    let mut named = BTreeSet::new();
    for test in &row.tests {
        if !named.insert(test) {
            wrong.push(format!("{test} is named twice"));
        }
        if !carry.contains(test) {
            wrong.push(format!("{test} is not there, or does not carry the id"));
        }
    }
    wrong
}

/// What carries an id is a test that runs, and the id is one of the map, of which there is something to prove.
fn of_carrier(carrier: &Carrier, row: Option<&Row>) -> Option<String> {
    let Some(row) = row else { return Some(String::from("is not in the map")) };
    match carrier.function.as_ref().map(|function| function.run) {
        None => return Some(String::from("stands at no function")),
        Some(Run::Never) => return Some(String::from("stands at a function that no test names")),
        Some(Run::Ignored) => return Some(String::from("stands at a test that is ignored")),
        Some(Run::Test | Run::Named) => {}
    }
    let reason = row.reason.as_ref().filter(|_| row.tests.is_empty())?;
    Some(format!("is carried by a test, and the map says `{}`", reason.kind.as_str()))
}
