//! Two tables against each other.

use std::{collections::BTreeMap, process::ExitCode};

/// Every figure of a table, by its heading, its row and its column.
fn figures(page: &str) -> BTreeMap<String, u64> {
    let (mut found, mut heading, mut columns) = (BTreeMap::new(), "", Vec::new());
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            (heading, columns) = (title, Vec::new());
        }
        let Some(cells) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) else { continue };
        let cells: Vec<&str> = cells.split(" | ").collect();
        if columns.is_empty() {
            columns = cells;
            continue;
        }
        let name = cells.iter().take_while(|cell| cell.parse::<u64>().is_err()).copied().collect::<Vec<_>>().join(", ");
        for (column, cell) in columns.iter().zip(&cells) {
            if let Ok(figure) = cell.parse() {
                found.insert(format!("{heading}: {name}: {column}"), figure);
            }
        }
    }
    found
}

/// Says what has changed, and fails where something has grown by more than 2 %, is new or is gone, and where a budget is no longer met.
pub(crate) fn compare(before_page: &str, now_page: &str) -> ExitCode {
    let (before, now) = (figures(before_page), figures(now_page));
    let mut grown = 0;
    for name in before.keys().chain(now.keys().filter(|name| !before.contains_key(*name))) {
        match (before.get(name), now.get(name)) {
            (Some(was), Some(is)) if is * 100 > was * 102 => {
                println!("grown: {name}: {was} to {is}");
                grown += 1;
            }
            (Some(was), Some(is)) if is * 102 < was * 100 => println!("smaller: {name}: {was} to {is}"),
            (Some(_), Some(_)) => {}
            (was, is) => {
                println!("new or gone: {name}: {was:?} to {is:?}");
                grown += 1;
            }
        }
    }
    for short in now_page.lines().filter(|line| line.ends_with("| falls short |")) {
        println!("a budget that is not met: {short}");
        let name = short.split(" | ").next().unwrap_or_default();
        if !before_page.lines().any(|line| line.starts_with(name) && line.ends_with("| falls short |")) {
            grown += 1;
        }
    }
    println!("{} figures, {grown} grown by more than 2 %, new or gone", now.len());
    if grown > 0 {
        println!("benches/SIZE.md is renewed by: cargo run -p gatepass-figures");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
