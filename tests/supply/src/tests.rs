//! That the page holds, and that the check sees what does not.

use std::collections::BTreeSet;

use crate::{compare, differences, page, sources};

#[test]
fn every_direct_dependency_has_its_reason_and_every_package_with_unsafe_code_is_named() {
    let (wrong, figures) = compare();
    println!("{figures}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_core_and_every_adapter_but_the_c_interface_have_no_unsafe_code_and_forbid_it() {
    let packages = sources::packages(crate::ROOT.as_ref());
    let names: Vec<&str> = packages.iter().map(|package| package.folder.as_str()).collect();
    for folder in ["core", "adapters/embedded", "adapters/native", "adapters/reqwest", "adapters/store", "adapters/ureq", "adapters/cli"] {
        let package = packages.iter().find(|package| package.folder == folder).unwrap_or_else(|| panic!("{folder} is one of {names:?}"));
        assert!(package.keywords == 0 && package.forbids, "{folder}");
    }
}

#[test]
fn what_the_page_lacks_and_what_only_the_page_has_is_found() {
    let pair = |what: &str| BTreeSet::from([(String::from("gatepass"), String::from(what))]);
    assert_eq!(differences("dependency", &pair("a, always"), &pair("a, always")), [""; 0]);
    let wrong = differences("dependency", &pair("a, always"), &pair("a, optional"));
    assert_eq!(wrong, ["dependency: the page lacks gatepass: a, optional", "dependency: only the page has gatepass: a, always"]);
}

#[test]
fn a_row_is_read_by_its_section_and_needs_a_reason() {
    let rows = "## one\n\n| crate | when | why |\n|---|---|---|\n| a\\_b | always | so |\n| c | optional | |\n| a\\_b | always | so |\n";
    let said = page::read(&format!("{rows}\n## Only in tests\n\n| d | one, two | so |\n\n## Unsafe code\n\n| e/f | 3 | so |\n"));
    let pairs = [("one", "a_b, always"), ("one", "c, optional"), ("one", "d, in tests"), ("two", "d, in tests")];
    assert_eq!(said.dependencies, pairs.map(|(of, what)| (of.into(), what.into())).into());
    assert_eq!(said.unsafe_code, BTreeSet::from([("e/f".into(), "3".into())]));
    assert_eq!(said.without_reason, ["no reason: | c | optional | |", "twice: | a\\_b | always | so |"]);
}

#[test]
fn the_keyword_is_told_from_the_word_in_a_comment_a_text_and_a_longer_word() {
    assert_eq!(sources::keywords("/// unsafe\n#![forbid(unsafe_code)] // unsafe\nconst A: &str = \"\\\n unsafe\"; fn not_unsafe() {}"), 0);
    assert_eq!(sources::keywords("#[unsafe(no_mangle)] unsafe extern \"C\" { fn a(); } fn b() { m!(unsafe { a() }) }"), 3);
}
