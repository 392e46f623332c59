//! The page of the documentation that the map makes.

use std::fmt::Write as _;

use crate::map::{Kind, Row};

const HEAD: &str = "\
What the RFCs, OpenID Connect and the known vulnerabilities of other clients ask of an OAuth 2.0 client, and for each the tests of
the repository that prove it, or why it asks nothing of this one. An id stands in a comment at every test that proves it, and CI fails
where this page, the map behind it (`tests/requirements.tsv`) and the tests do not agree. A bold id is critical: without it an
attacker gets a token, or a grant is lost.

Clauses are of RFCs, of OpenID Connect Core 1.0 (`OIDC`) and of OpenID Connect Discovery 1.0 (`OIDC Discovery`). *Derived* is what no clause asks in words, but an attack, a vulnerability or another clause.
";

/// The whole page.
pub(crate) fn write(rows: &[Row]) -> String {
    let mut page = String::from(HEAD);
    let proven: Vec<&Row> = rows.iter().filter(|row| !row.tests.is_empty()).collect();
    let counted =
        |kind| rows.iter().filter(|row| row.tests.is_empty() && row.reason.as_ref().is_some_and(|reason| reason.kind == kind)).count();
    write!(page, "\nOf {} requirements, {} are proven by tests; ", rows.len(), proven.len()).expect("text grows");
    write!(page, "{} come with later capabilities, ", counted(Kind::Later)).expect("text grows");
    write!(page, "{} are about what is not offered, ", counted(Kind::NotOffered)).expect("text grows");
    writeln!(page, "{} are the application's alone.", counted(Kind::Application)).expect("text grows");

    page.push_str("\n## Proven by tests\n");
    table(&mut page, &proven);
    for (kind, title) in
        [(Kind::Later, "With later capabilities"), (Kind::NotOffered, "Not offered"), (Kind::Application, "The application's")]
    {
        let of_kind = |row: &&Row| row.tests.is_empty() && row.reason.as_ref().is_some_and(|reason| reason.kind == kind);
        let some: Vec<&Row> = rows.iter().filter(of_kind).collect();
        if !some.is_empty() {
            writeln!(page, "\n## {title}").expect("text grows");
            table(&mut page, &some);
        }
    }
    page
}

fn table(page: &mut String, rows: &[&Row]) {
    page.push_str("\n| id | what | clauses | where | how |\n|---|---|---|---|---|\n");
    for row in rows {
        let id = if row.is_critical { format!("**{}**", row.id) } else { row.id.clone() };
        let what = format!("{}: {}", row.level, escaped(&row.requirement));
        writeln!(page, "| {id} | {what} | {} | {} | {} |", escaped(&row.clauses), row.place, how(row)).expect("text grows");
    }
}

/// The tests, the reason and the note.
fn how(row: &Row) -> String {
    let mut parts: Vec<String> = row.tests.iter().map(|test| format!("`{test}`")).collect();
    if let Some(reason) = &row.reason {
        let kind = if reason.kind == Kind::Application && !row.tests.is_empty() { "the application: " } else { "" };
        parts.push(format!("{kind}{}", escaped(&reason.text)));
    }
    if !row.note.is_empty() {
        parts.push(format!("*{}*", escaped(&row.note)));
    }
    parts.join("<br>")
}

/// Markdown takes none of it for its own, nor rustdoc for a link.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    let mut is_code = false;
    for letter in text.chars() {
        is_code ^= letter == '`';
        match letter {
            '|' => out.push_str("\\|"),
            '<' | '>' | '[' | ']' | '*' | '_' | '#' if !is_code => {
                out.push('\\');
                out.push(letter);
            }
            _ => out.push(letter),
        }
    }
    out
}
