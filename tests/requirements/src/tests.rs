//! That the map holds, and that the check sees what does not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::Path;

use crate::{
    MAP, PAGE, ROOT, check, map, page,
    sources::{self, Carrier},
    text,
};

#[test]
fn every_requirement_has_tests_that_carry_its_id_or_a_reason() {
    let (rows, mut wrong) = map::read(&text(MAP));
    wrong.extend(check::wrong(&rows, &sources::read(Path::new(ROOT))));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rows.len() > 150 && rows.iter().filter(|row| !row.tests.is_empty()).count() > 100, "the map was read");
}

#[test]
fn the_committed_page_is_the_one_that_the_map_makes() {
    let (rows, _) = map::read(&text(MAP));
    assert!(text(PAGE) == page::write(&rows), "{PAGE} is out of date: cargo run -p gatepass-requirements");
}

const GOOD: &str = "R001\t1\tMUST\tRFC 6749 §3.1\tcore\tIt is so\ta/b.rs::it_is\t\t";
const SOURCE: &str = "// R001\n#[test]\nfn it_is() {\n}\n";

/// What is wrong with a map of these lines, beside a source `a/b.rs`.
fn wrong(lines: &[&str], source: &str) -> Vec<String> {
    let mut text = map::COLUMNS.join("\t");
    for line in lines {
        text = text + "\n" + line;
    }
    let (rows, mut wrong) = map::read(&text);
    wrong.extend(check::wrong(&rows, &sources::carriers("a/b.rs", source)));
    wrong
}

#[test]
fn a_map_that_agrees_with_the_tests_passes() {
    let none: [String; 0] = [];
    assert_eq!(wrong(&[GOOD], SOURCE), none);
    assert_eq!(wrong(&[&GOOD.replace("it_is\t\t", "it_is\tapplication: half of it\t")], SOURCE), none);
    assert_eq!(wrong(&[&GOOD.replace("a/b.rs::it_is\t\t", "\tlater: ID tokens\t")], ""), none);
}

#[test]
fn a_row_without_a_test_and_a_reason_or_with_both_where_one_excludes_the_other_is_found() {
    assert_eq!(wrong(&[&GOOD.replace("a/b.rs::it_is", "")], ""), ["R001: neither a test nor a reason"]);
    let both = GOOD.replace("it_is\t\t", "it_is\tlater: ID tokens\t");
    assert_eq!(wrong(&[&both], SOURCE), ["R001: tests, and the reason `later`: it is one or the other"]);
    let carried = GOOD.replace("a/b.rs::it_is\t\t", "\tnot offered: no\t");
    assert_eq!(wrong(&[&carried], SOURCE), ["a/b.rs:1: R001 is carried by a test, and the map says `not offered`"]);
}

#[test]
fn a_test_that_is_not_there_or_does_not_carry_the_id_is_found() {
    for source in ["", "#[test]\nfn it_is() {}\n", "// R001\n#[test]\nfn it_is_not() {}\n"] {
        assert!(wrong(&[GOOD], source).contains(&String::from("R001: a/b.rs::it_is is not there, or does not carry the id")), "{source}");
    }
    let twice = GOOD.replace("a/b.rs::it_is", "a/b.rs::it_is a/b.rs::it_is");
    assert_eq!(wrong(&[&twice], SOURCE), ["R001: a/b.rs::it_is is named twice"]);
}

#[test]
fn an_id_that_the_map_has_not_or_that_stands_at_no_test_is_found() {
    let found = |mark: &str| {
        let source = format!("{SOURCE}{mark}");
        wrong(&[GOOD], &source)
    };
    assert_eq!(found("// R002\n#[test]\nfn other() {}\n"), ["a/b.rs:5: R002 is not in the map"]);
    assert_eq!(found("// R001\nfn helper() {}\n"), ["a/b.rs:5: R001 stands at a function that no test names"]);
    assert_eq!(found("// R001\n#[test]\n#[ignore]\nfn other() {}\n"), ["a/b.rs:5: R001 stands at a test that is ignored"]);
    assert_eq!(found("// R001\nconst OTHER: u8 = 0;\n"), ["a/b.rs:5: R001 stands at no function"]);
}

#[test]
fn a_line_of_the_map_that_is_out_of_form_is_found() {
    for (line, why) in [
        ("R001\t1", "R001: 2 columns instead of 9"),
        (&GOOD.replace("R001", "R1"), "R1: an id is an R and three digits"),
        (&GOOD.replace("\t1\t", "\tyes\t"), "R001: critical is 0 or 1, not `yes`"),
        (&GOOD.replace("core", "kernel"), "R001: `kernel` is not core, adapter or application"),
        (&GOOD.replace("RFC 6749 §3.1", ""), "R001: nothing in the column clauses"),
        (&GOOD.replace("it_is\t\t", "it_is\tperhaps: so\t"), "R001: `perhaps` is no kind of reason"),
    ] {
        assert_eq!(wrong(&[line], "")[0], why);
    }
    assert_eq!(wrong(&[GOOD, GOOD], SOURCE), ["R001: the ids of the map ascend, and none is there twice"]);
    assert_eq!(map::read("id\tlevel\n").1.len(), 1);
}

#[test]
fn an_id_belongs_to_the_function_below_it_or_around_it() {
    let source = "
@ R001, R002: two of them
@ and a word more
#[tokio::test]
async fn below() {
    @ R003
    let x = 1;
}

mod tests {
    @ R004
    #[test]
    fn indented() {
        for _ in 0..1 {
            @ R005
        }
    }
}
@ RFC 9110, XR006, R0077 and R00 are none.
@/ Nor is R008.
"
    .replace('@', "//");
    let names = |carrier: &Carrier| (carrier.id.clone(), carrier.function.clone().unwrap().name);
    let found: Vec<_> = sources::carriers("a/b.rs", &source).iter().map(names).collect();
    let expected = [("R001", "below"), ("R002", "below"), ("R003", "below"), ("R004", "indented"), ("R005", "indented")];
    assert_eq!(found, expected.map(|(id, name)| (id.to_owned(), name.to_owned())));
}

#[test]
fn a_text_of_the_map_is_no_markup_of_the_page() {
    let row = GOOD.replace("It is so", "never `a|b` <x> [y]").replace("it_is\t\t", "it_is\tapplication: a_b\tnote");
    let (rows, _) = map::read(&format!("{}\n{row}", map::COLUMNS.join("\t")));
    let line =
        "| **R001** | MUST: never `a\\|b` \\<x\\> \\[y\\] | RFC 6749 §3.1 | core | `a/b.rs::it_is`<br>the application: a\\_b<br>*note* |";
    assert!(page::write(&rows).contains(line), "{}", page::write(&rows));
}
