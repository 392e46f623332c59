//! Writes `docs/transitions.md` and `docs/states.svg` from the transition table: `cargo run -p gatepass --example transitions`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::panic, dead_code, unreachable_pub)]
#![allow(clippy::wildcard_enum_match_arm, clippy::std_instead_of_core, clippy::must_use_candidate)]

use gatepass::{Event, Given, Move, Reply, StateName, TABLE, Transition};
use std::fmt::Write as _;

fn main() {
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    std::fs::create_dir_all(&docs).unwrap();
    std::fs::write(docs.join("transitions.md"), markdown()).unwrap();
    std::fs::write(docs.join("states.svg"), svg()).unwrap();
}

/// The table by state, and what goes before it.
pub fn markdown() -> String {
    let mut md = String::from(SKETCH);
    for state in StateName::ALL {
        write!(md, "\n#### {state}\n\n| event | becomes | reply |\n|---|---|---|\n").unwrap();
        let rows: Vec<&Transition> = TABLE.iter().filter(|row| row.from == *state).collect();
        let mut done: Vec<(Given, StateName, Reply)> = Vec::new();
        for row in &rows {
            let key = (row.given, row.to, row.reply);
            if done.contains(&key) {
                continue;
            }
            done.push(key);
            let events: Vec<_> =
                rows.iter().filter(|row| (row.given, row.to, row.reply) == key).map(|row| format!("`{}`", row.event.as_str())).collect();
            let given = match row.given.describe() {
                "" => String::new(),
                given => format!(" ({given})"),
            };
            let to = if row.to == *state { String::from("the same") } else { format!("`{}`", row.to) };
            writeln!(md, "| {}{given} | {to} | {} |", events.join(", "), reply(row.reply)).unwrap();
        }
    }
    md.push_str("\n#### Events\n\n| event | what happened | reply without a row |\n|---|---|---|\n");
    for event in Event::ALL {
        let otherwise = match event.earlier() {
            Some(earlier) => format!("as `{}`", earlier.as_str()),
            None if *event == Event::Poll => String::from("every state has one"),
            None => reply(event.otherwise()),
        };
        writeln!(md, "| `{}` | {} | {otherwise} |", event.as_str(), event.describe()).unwrap();
    }
    md
}

fn reply(reply: Reply) -> String {
    match reply {
        Reply::Misuse(misuse) => format!("`Misuse::{misuse:?}`"),
        Reply::Refused(refusal) => format!("`Refusal::{refusal:?}`"),
        Reply::Violation(violation) => format!("`Violation::{violation:?}`"),
        Reply::Asks(asks) => format!("`Output::{asks:?}`"),
        other => format!("{other:?}"),
    }
}

const SKETCH: &str = "\
```text
Loading ─ empty ─▶ Vacant ─ sign_in ─▶ Visiting ─ visited ─▶ AwaitingRedirect ─ code ─▶ RedeemReady
   │                 ▲                                                                     │ sent
   │ tokens          │ expired                                                             ▼
   ▼                 │                                                                 RedeemSent
 Live ───────────────┘                                                                     │ head
   ▲                                                                                       ▼
   └─ saved ─ SavingSignIn ◀────────────── tokens ────────────────────────────────── RedeemReading

Live ─ due ─▶ SavingIntent ─ saved ─▶ RefreshReady ─ sent ─▶ RefreshSent ─ head ─▶ RefreshReading
                 │                       │ late                 │ no answer            │
                 │ another's             │ (or not sent,        │ (or unreadable,      ├─ tokens ─▶ SavingCommit ─ saved ─▶ Live
                 │ intent                │ or refused)          │ or 5xx)              │
                 ▼                       ▼                      ▼                      ▼ invalid_grant
              Waiting              SavingGiveBack            InDoubt              SavingClear
                 │ its tokens            │ saved                │ lapsed               │ saved
                 ▼                       ▼                      ▼                      ▼
               Live                    Live               SavingIntent              Vacant

Live ─ sign_out ─▶ SavingSignOut ─ saved ─▶ RevokeReady ─ sent ─▶ RevokeSent ─ answered ─▶ SavingForget ─ saved ─▶ Vacant

Loading, Vacant ─ sign_out ─▶ Leaving ─ a grant ─▶ SavingSignOut
                                 └─ none ─▶ Vacant

SavingSignIn, SavingCommit ─ signed out meanwhile ─▶ OrphanReady ─ sent ─▶ OrphanSent ─ answered ─▶ Loading
```

An event that a state has no row for leaves the session as it was; what the caller is told then stands with the event, below. A
poll without a row does what the poll before it in time does.
";

/// Where a box stands: column and row.
const PLACES: [(StateName, usize, usize); 25] = [
    (StateName::Loading, 0, 0),
    (StateName::Leaving, 0, 3),
    (StateName::Vacant, 1, 0),
    (StateName::Visiting, 2, 0),
    (StateName::AwaitingRedirect, 3, 0),
    (StateName::RedeemReady, 4, 0),
    (StateName::RedeemSent, 5, 0),
    (StateName::RedeemReading, 6, 0),
    (StateName::SavingSignIn, 6, 1),
    (StateName::Live, 1, 1),
    (StateName::SavingIntent, 2, 2),
    (StateName::RefreshReady, 3, 2),
    (StateName::RefreshSent, 4, 2),
    (StateName::RefreshReading, 5, 2),
    (StateName::SavingCommit, 6, 2),
    (StateName::Waiting, 1, 3),
    (StateName::SavingGiveBack, 3, 3),
    (StateName::InDoubt, 4, 3),
    (StateName::SavingClear, 5, 3),
    (StateName::SavingSignOut, 1, 4),
    (StateName::RevokeReady, 2, 4),
    (StateName::RevokeSent, 3, 4),
    (StateName::SavingForget, 4, 4),
    (StateName::OrphanSent, 5, 4),
    (StateName::OrphanReady, 6, 4),
];

const COLUMN: i32 = 186;
const ROW: i32 = 136;
const WIDE: i32 = 132;
const HIGH: i32 = 40;

const fn x(column: i32) -> i32 {
    116 + column * COLUMN
}

const fn y(row: i32) -> i32 {
    116 + row * ROW
}

/// An arrow: from, to, its corners, its label, where that begins.
type Arrow = (StateName, StateName, &'static [(i32, i32)], &'static str, (i32, i32));

const L: i32 = WIDE / 2;
const T: i32 = HIGH / 2;
/// The line above all, by which everything comes to `Vacant`.
const TOP: i32 = 64;

#[rustfmt::skip]
const ARROWS: &[Arrow] = &[
    (StateName::Loading, StateName::Vacant, &[(x(0) + L, y(0)), (x(1) - L, y(0))], "empty", (x(0) + L + 8, y(0) - 6)),
    (StateName::Loading, StateName::Live, &[(x(0), y(0) + T), (x(0), y(1) - 8), (x(1) - L, y(1) - 8)], "tokens", (x(0) + 6, y(1) - 14)),
    (StateName::Vacant, StateName::Visiting, &[(x(1) + L, y(0)), (x(2) - L, y(0))], "sign_in", (x(1) + L + 5, y(0) - 6)),
    (StateName::Visiting, StateName::AwaitingRedirect, &[(x(2) + L, y(0)), (x(3) - L, y(0))], "visited", (x(2) + L + 5, y(0) - 6)),
    (StateName::AwaitingRedirect, StateName::RedeemReady, &[(x(3) + L, y(0)), (x(4) - L, y(0))], "code", (x(3) + L + 6, y(0) - 6)),
    (StateName::RedeemReady, StateName::RedeemSent, &[(x(4) + L, y(0)), (x(5) - L, y(0))], "sent", (x(4) + L + 6, y(0) - 6)),
    (StateName::RedeemSent, StateName::RedeemReading, &[(x(5) + L, y(0)), (x(6) - L, y(0))], "head", (x(5) + L + 6, y(0) - 6)),
    (StateName::RedeemReading, StateName::SavingSignIn, &[(x(6), y(0) + T), (x(6), y(1) - T)], "tokens", (x(6) + 6, y(0) + 66)),
    (StateName::SavingSignIn, StateName::Live, &[(x(6) - L, y(1)), (x(5) + L, y(1))], "saved", (x(5) + L + 6, y(1) - 6)),
    (StateName::Visiting, StateName::Vacant, &[(x(2) + 30, y(0) - T), (x(2) + 30, TOP), (x(1), TOP), (x(1), y(0) - T)], "", (0, 0)),
    (StateName::AwaitingRedirect, StateName::Vacant, &[(x(3), y(0) - T), (x(3), TOP), (x(1), TOP), (x(1), y(0) - T)], "declined, cancelled, too late", (x(2) + 40, TOP - 6)),
    (StateName::RedeemReady, StateName::Vacant, &[(x(4), y(0) - T), (x(4), TOP), (x(1), TOP), (x(1), y(0) - T)], "", (0, 0)),
    (StateName::RedeemSent, StateName::Vacant, &[(x(5), y(0) - T), (x(5), TOP), (x(1), TOP), (x(1), y(0) - T)], "", (0, 0)),
    (StateName::RedeemReading, StateName::Vacant, &[(x(6), y(0) - T), (x(6), TOP), (x(1), TOP), (x(1), y(0) - T)], "failed: a code is sent once", (x(4) + 40, TOP - 6)),
    (StateName::Live, StateName::Vacant, &[(x(1) - 20, y(1) - T), (x(1) - 20, y(0) + T)], "expired", (x(1) - 14, y(0) + 66)),
    (StateName::Live, StateName::Visiting, &[(x(2), y(1) - T), (x(2), y(0) + T)], "sign_in", (x(2) + 6, y(0) + 66)),

    (StateName::Live, StateName::SavingIntent, &[(x(2), y(1) + T), (x(2), y(2) - T)], "due", (x(2) + 6, y(1) + 66)),
    (StateName::Live, StateName::RefreshReady, &[(x(3), y(1) + T), (x(3), y(2) - T)], "fixed token", (x(3) + 6, y(1) + 66)),
    (StateName::RefreshSent, StateName::Live, &[(x(4), y(2) - T), (x(4), y(1) + T)], "fixed token, lost", (x(4) + 6, y(1) + 66)),
    (StateName::SavingIntent, StateName::RefreshReady, &[(x(2) + L, y(2)), (x(3) - L, y(2))], "saved", (x(2) + L + 2, y(2) - 24)),
    (StateName::RefreshReady, StateName::RefreshSent, &[(x(3) + L, y(2)), (x(4) - L, y(2))], "sent", (x(3) + L + 6, y(2) - 6)),
    (StateName::RefreshSent, StateName::RefreshReading, &[(x(4) + L, y(2)), (x(5) - L, y(2))], "head", (x(4) + L + 6, y(2) - 6)),
    (StateName::RefreshReading, StateName::SavingCommit, &[(x(5) + L, y(2)), (x(6) - L, y(2))], "tokens", (x(5) + L + 6, y(2) - 6)),
    (StateName::SavingCommit, StateName::Live, &[(x(6) - 30, y(2) - T), (x(6) - 30, y(1) + 58), (x(5) + 40, y(1) + 58), (x(5) + 40, y(1) + T)], "saved", (x(5) + 70, y(1) + 52)),

    (StateName::SavingIntent, StateName::Waiting, &[(x(2) - L, y(2)), (x(1) + 30, y(2)), (x(1) + 30, y(3) - T)], "another's intent", (x(1) + 36, y(2) + 66)),
    (StateName::Waiting, StateName::Live, &[(x(1) - 30, y(3) - T), (x(1) - 30, y(1) + T)], "its tokens", (x(1) - 24, y(2) - 30)),
    (StateName::Waiting, StateName::SavingIntent, &[(x(1) + L, y(3)), (x(2) - 20, y(3)), (x(2) - 20, y(2) + T)], "lapsed", (x(1) + L + 10, y(3) - 6)),
    (StateName::RefreshReady, StateName::SavingGiveBack, &[(x(3), y(2) + T), (x(3), y(3) - T)], "late", (x(3) + 6, y(2) + 36)),
    (StateName::RefreshSent, StateName::SavingGiveBack, &[(x(4) - 40, y(2) + T), (x(4) - 40, y(2) + 62), (x(3) + 40, y(2) + 62), (x(3) + 40, y(3) - T)], "not sent", (x(3) + 66, y(2) + 56)),
    (StateName::RefreshReading, StateName::SavingGiveBack, &[(x(5) - 50, y(2) + T), (x(5) - 50, y(2) + 76), (x(3) + 56, y(2) + 76), (x(3) + 56, y(3) - T)], "refused", (x(4) + 14, y(2) + 71)),
    (StateName::SavingGiveBack, StateName::Live, &[(x(3) - L, y(3)), (x(3) - 92, y(3)), (x(3) - 92, y(1) + T)], "saved", (x(3) - 86, y(2) + 66)),
    (StateName::RefreshSent, StateName::InDoubt, &[(x(4) - 14, y(2) + T), (x(4) - 14, y(3) - T)], "no answer", (x(4) - 8, y(2) + 44)),
    (StateName::RefreshReading, StateName::InDoubt, &[(x(5) - 26, y(2) + T), (x(5) - 26, y(2) + 98), (x(4) + 40, y(2) + 98), (x(4) + 40, y(3) - T)], "unreadable, 5xx", (x(4) + 46, y(2) + 93)),
    (StateName::InDoubt, StateName::RefreshReading, &[(x(4) + L, y(3)), (x(4) + L + 27, y(3)), (x(4) + L + 27, y(2) + 109), (x(5) - 8, y(2) + 109), (x(5) - 8, y(2) + T)], "late head", (x(4) + L + 3, y(3) + 16)),
    (StateName::RefreshReading, StateName::SavingClear, &[(x(5) + 30, y(2) + T), (x(5) + 30, y(3) - T)], "invalid_grant", (x(5) + 36, y(2) + 66)),
    (StateName::InDoubt, StateName::SavingIntent, &[(x(4), y(3) + T), (x(4), y(3) + 46), (x(2) + 10, y(3) + 46), (x(2) + 10, y(2) + T)], "lapsed, and no token serves: one repeat", (x(2) + 60, y(3) + 41)),
    (StateName::SavingClear, StateName::Vacant, &[(x(5) + L, y(3)), (x(6) + 92, y(3)), (x(6) + 92, TOP), (x(1), TOP), (x(1), y(0) - T)], "grant ended", (x(5) + L + 8, y(3) - 6)),

    (StateName::Live, StateName::SavingSignOut, &[(x(1) - L, y(1) + 8), (x(1) - 92, y(1) + 8), (x(1) - 92, y(3) + 66), (x(1) - 20, y(3) + 66), (x(1) - 20, y(4) - T)], "sign_out", (x(1) - 86, y(2) + 66)),
    (StateName::Loading, StateName::Leaving, &[(x(0) - 20, y(0) + T), (x(0) - 20, y(3) - T)], "sign_out", (x(0) - 14, y(2) - 30)),
    (StateName::Vacant, StateName::Leaving, &[(x(1) - 50, y(0) + T), (x(1) - 50, y(0) + 44), (x(0) + 56, y(0) + 44), (x(0) + 56, y(3) - T)], "sign_out", (x(0) + 4, y(2) + 66)),
    (StateName::Leaving, StateName::SavingSignOut, &[(x(0) + 30, y(3) + T), (x(0) + 30, y(4)), (x(1) - L, y(4))], "a grant", (x(0) + 40, y(4) - 6)),
    (StateName::Leaving, StateName::Vacant, &[(x(0) - 46, y(3) + T), (x(0) - 46, y(3) + 44), (24, y(3) + 44), (24, TOP), (x(1), TOP), (x(1), y(0) - T)], "nothing", (x(0) - 40, y(3) + 44)),
    (StateName::SavingSignOut, StateName::RevokeReady, &[(x(1) + L, y(4)), (x(2) - L, y(4))], "saved", (x(1) + L + 8, y(4) - 6)),
    (StateName::RevokeReady, StateName::RevokeSent, &[(x(2) + L, y(4) - 8), (x(3) - L, y(4) - 8)], "sent", (x(2) + L + 6, y(4) - 14)),
    (StateName::RevokeSent, StateName::RevokeReady, &[(x(3) - L, y(4) + 8), (x(2) + L, y(4) + 8)], "later", (x(2) + L + 6, y(4) + 22)),
    (StateName::RevokeSent, StateName::SavingForget, &[(x(3) + L, y(4)), (x(4) - L, y(4))], "done", (x(3) + L + 6, y(4) - 6)),
    (StateName::SavingForget, StateName::Vacant, &[(x(4), y(4) + T), (x(4), y(4) + 46), (24, y(4) + 46), (24, TOP), (x(1), TOP), (x(1), y(0) - T)], "saved: signed out", (x(2), y(4) + 41)),
    (StateName::SavingCommit, StateName::OrphanReady, &[(x(6), y(2) + T), (x(6), y(4) - T)], "signed out meanwhile", (x(6) - 140, y(3) + 52)),
    (StateName::SavingSignIn, StateName::OrphanReady, &[(x(6) + L, y(1)), (x(6) + 78, y(1)), (x(6) + 78, y(4)), (x(6) + L, y(4))], "", (0, 0)),
    (StateName::OrphanReady, StateName::OrphanSent, &[(x(6) - L, y(4) - 8), (x(5) + L, y(4) - 8)], "sent", (x(5) + L + 6, y(4) - 14)),
    (StateName::OrphanSent, StateName::OrphanReady, &[(x(5) + L, y(4) + 8), (x(6) - L, y(4) + 8)], "later", (x(5) + L + 6, y(4) + 22)),
    (StateName::OrphanSent, StateName::Loading, &[(x(5), y(4) + T), (x(5), y(4) + 66), (x(0) - 79, y(4) + 66), (x(0) - 79, y(0)), (x(0) - L, y(0))], "done: what the store holds counts", (x(2), y(4) + 61)),
];

/// What the drawing says in words: the arrows that every state has alike.
fn is_said(row: &Transition) -> bool {
    let event = row.event.as_str();
    let adopts = event.starts_with("Found") || event.starts_with("SupersededBy");
    let begins = matches!(row.event, Event::SignIn | Event::Resume | Event::SignOut);
    let passes = event.starts_with("Poll") && row.reply != Reply::Asks(Move::Sleep);
    let short = matches!(row.given, Given::Fixed | Given::CannotRevoke);
    let never = matches!(row.event, Event::NotSent | Event::Cancel | Event::NoResponse);
    // `Redirect` may come before the browser was said to be open.
    let early = row.event == Event::RedirectCode;
    adopts || begins || passes || short || never || early || row.reply == Reply::Capacity
}

/// The states as boxes, the main arrows between them.
pub fn svg() -> String {
    for row in TABLE.iter().filter(|row| row.from != row.to) {
        let drawn = ARROWS.iter().any(|(from, to, ..)| (*from, *to) == (row.from, row.to));
        assert!(drawn || is_said(row), "neither drawn nor said: {row:?}");
    }
    let (width, height) = (x(6) + 116, y(4) + 122);
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="The states of a gatepass session">
<style>
  text {{ font: 12px ui-sans-serif, system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #57606a }}
  .name {{ font-size: 13px; font-weight: 600; fill: #1f2328; text-anchor: middle }}
  .lane {{ font-size: 13px; font-weight: 600; fill: #8c959f; letter-spacing: .04em }}
  .label {{ stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round; paint-order: stroke }}
  rect {{ fill: #f6f8fa; stroke: #8c959f; stroke-width: 1.2 }}
  .ground {{ fill: #ffffff; stroke: none }}
  .live {{ fill: #dafbe1; stroke: #1a7f37 }} .save {{ fill: #ddf4ff; stroke: #0969da }} .wire {{ fill: #fff8c5; stroke: #9a6700 }} .doubt {{ fill: #ffebe9; stroke: #cf222e }}
  path {{ fill: none; stroke: #6e7781; stroke-width: 1.3; stroke-linejoin: round }}
  marker path {{ fill: #6e7781; stroke: none }}
  @media (prefers-color-scheme: dark) {{
    text {{ fill: #9198a1 }} .name {{ fill: #f0f6fc }} .lane {{ fill: #6e7681 }} .label {{ stroke: #0d1117 }}
    rect {{ fill: #161b22; stroke: #6e7681 }} .ground {{ fill: #0d1117 }}
    .live {{ fill: #12261e; stroke: #3fb950 }} .save {{ fill: #121d2f; stroke: #58a6ff }} .wire {{ fill: #272115; stroke: #d29922 }} .doubt {{ fill: #25171c; stroke: #f85149 }}
    path {{ stroke: #8b949e }} marker path {{ fill: #8b949e }}
  }}
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path d="M0 0 8 4 0 8z"/></marker></defs>
<rect class="ground" width="{width}" height="{height}"/>
"##
    );
    for (from, to, corners, ..) in ARROWS {
        assert!(TABLE.iter().any(|row| (row.from, row.to) == (*from, *to)), "no row of the table for {from} to {to}");
        let mut d = String::new();
        for (at, (x, y)) in corners.iter().enumerate() {
            write!(d, "{}{x} {y}", if at == 0 { "M" } else { " L" }).unwrap();
        }
        writeln!(svg, r#"<path d="{d}" marker-end="url(#tip)"/>"#).unwrap();
    }
    for state in StateName::ALL {
        let (_, column, row) = PLACES.iter().find(|(name, ..)| name == state).unwrap_or_else(|| panic!("no place for {state}"));
        let (x, y) = (x(*column as i32), y(*row as i32));
        let name = state.as_str();
        let kind = match name {
            "Live" => "live",
            "InDoubt" | "Waiting" => "doubt",
            _ if name.starts_with("Saving") || name == "Loading" || name == "Leaving" => "save",
            _ if name.contains("Ready") || name.contains("Sent") || name.contains("Reading") => "wire",
            _ => "rest",
        };
        let wide = if *state == StateName::Live { WIDE + 4 * COLUMN } else { WIDE };
        writeln!(svg, r#"<rect class="{kind}" x="{}" y="{}" width="{wide}" height="{HIGH}" rx="8"/>"#, x - L, y - T).unwrap();
        writeln!(svg, r#"<text class="name" x="{}" y="{}">{name}</text>"#, x - L + wide / 2, y + 5).unwrap();
    }
    for (_, _, _, label, (x, y)) in ARROWS.iter().filter(|(_, _, _, label, _)| !label.is_empty()) {
        writeln!(svg, r#"<text class="label" x="{x}" y="{y}">{label}</text>"#).unwrap();
    }
    writeln!(svg, r#"<text class="lane" x="{}" y="{}">gatepass: the states of a session</text>"#, x(0) - L, 30).unwrap();
    let notes = "Whenever the store holds a newer record, it is adopted: Live, Waiting, RevokeReady or Vacant. Blue asks the store, yellow the server.";
    writeln!(svg, r#"<text x="{}" y="{}">{notes}</text>"#, x(0) - L, height - 20).unwrap();
    svg.push_str("</svg>\n");
    svg
}
