//! How the demo looks: a state a line, and below it what was sent and what came back; or one JSON object a line.

use std::io::Write as _;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use gatepass::{Save, StateName, Version};
use gatepass_store::{Record, Swap};
use serde_json::{Map, Value, json};

use super::mask;
use crate::output::Failure;

/// Prints.
#[derive(Debug)]
pub(crate) struct Show {
    is_json: bool,
    /// ASCII, without colours.
    is_plain: bool,
    last: Option<StateName>,
    phase: u8,
}

const TITLE: Style = AnsiColor::Green.on_default().bold();
const STATE: Style = AnsiColor::Cyan.on_default().bold();
const NAME: Style = Style::new().dimmed();

type Fields = Vec<(String, String)>;

impl Show {
    pub(crate) const fn new(is_json: bool, is_plain: bool) -> Self {
        Self { is_json, is_plain, last: None, phase: 0 }
    }

    pub(crate) const fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// One of the six phases of a grant's life.
    pub(crate) fn phase(&mut self, title: &str) -> Result<(), Failure> {
        self.phase = self.phase.saturating_add(1);
        self.last = None;
        let text = format!("\n{TITLE}[{}/6] {title}{TITLE:#}", self.phase);
        self.line(&json!({ "phase": self.phase, "title": title }), &text)
    }

    /// A heading that is no phase.
    pub(crate) fn heading(&mut self, title: &str) -> Result<(), Failure> {
        self.last = None;
        self.line(&json!({ "title": title }), &format!("{TITLE}{title}{TITLE:#}"))
    }

    /// What a person should know.
    pub(crate) fn note(&self, text: &str) -> Result<(), Failure> {
        self.line(&json!({ "note": text }), &format!("      {text}"))
    }

    /// The state that the session is in now, unless it was said just before.
    pub(crate) fn state(&mut self, state: StateName) -> Result<(), Failure> {
        if self.last.replace(state) == Some(state) {
            return Ok(());
        }
        let text = format!("  {} {STATE}{state}{STATE:#}", self.sign("●", "*"));
        self.line(&json!({ "state": state.as_str() }), &text)
    }

    /// A request leaves.
    pub(crate) fn sent<'h>(
        &self,
        method: &str,
        url: &str,
        headers: impl Iterator<Item = (&'static str, &'h str)>,
        body: &[u8],
    ) -> Result<(), Failure> {
        let (url, query) = url.split_once('?').unwrap_or((url, ""));
        let mut fields = mask::form(query);
        let secret = |(name, value): (&str, &str)| (name == "Authorization").then(|| mask::shown("authorization", value));
        fields.extend(headers.filter_map(secret));
        fields.extend(mask::form(&String::from_utf8_lossy(body)));
        let json = json!({ "sent": { "method": method, "url": url, "fields": object(&fields) } });
        self.lines(&json, &format!("{} {method} {url}", self.sign("→", "->")), &fields)
    }

    /// An answer came back.
    pub(crate) fn received(&self, status: u16, content_type: &str, body: &[u8]) -> Result<(), Failure> {
        let fields = mask::members(body);
        let empty = if body.is_empty() { "(no body)" } else { content_type };
        let json = json!({ "received": { "status": status, "members": object(&fields) } });
        self.lines(&json, &format!("{} {status} {empty}", self.sign("←", "<-")), &fields)
    }

    /// The person came back from the browser.
    pub(crate) fn redirected(&self, uri: &str) -> Result<(), Failure> {
        let (uri, query) = uri.split_once('?').unwrap_or((uri, ""));
        let fields = mask::form(query);
        self.lines(
            &json!({ "redirect": { "uri": uri, "parameters": object(&fields) } }),
            &format!("{} {uri}", self.sign("←", "<-")),
            &fields,
        )
    }

    /// The store was asked.
    pub(crate) fn loaded(&self, found: Option<&Record>) -> Result<(), Failure> {
        let found = version(found.and_then(|found| Version::of(found.as_bytes()).ok()));
        self.line(&json!({ "loaded": found }), &format!("      load: {found}"))
    }

    /// The store was asked to compare and swap.
    pub(crate) fn saved(&self, save: &Save<'_>, swapped: &Swap) -> Result<(), Failure> {
        let (expected, new) = (version(save.expected()), version(Version::of(save.record()).ok()));
        let outcome = if matches!(swapped, Swap::Stored) { "stored" } else { "superseded" };
        let json = json!({ "save": { "expected": expected, "new": new, "outcome": outcome } });
        self.line(&json, &format!("      save: {expected} {} {new}: {outcome}", self.sign("→", "->")))
    }

    fn lines(&self, json: &Value, first: &str, fields: &Fields) -> Result<(), Failure> {
        let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        let mut text = format!("      {first}");
        for (name, value) in fields {
            text.push_str(&format!("\n          {NAME}{name:width$}{NAME:#}  {value}"));
        }
        self.line(json, &text)
    }

    fn line(&self, json: &Value, text: &str) -> Result<(), Failure> {
        let choice = if self.is_plain || self.is_json { ColorChoice::Never } else { AutoStream::choice(&std::io::stdout()) };
        let mut out = AutoStream::new(std::io::stdout().lock(), choice);
        if self.is_json {
            writeln!(out, "{json}")?;
        } else if self.is_plain {
            writeln!(out, "{}", text.replace('…', ".."))?;
        } else {
            writeln!(out, "{text}")?;
        }
        Ok(())
    }

    const fn sign(&self, pretty: &'static str, plain: &'static str) -> &'static str {
        if self.is_plain { plain } else { pretty }
    }
}

fn version(version: Option<Version>) -> String {
    version.map_or_else(|| "nothing".to_owned(), |version| format!("revision {}", version.revision()))
}

fn object(fields: &Fields) -> Map<String, Value> {
    fields.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect()
}
