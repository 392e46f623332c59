//! The map: one requirement a line, its columns between tabs.

/// What each column says, in their order.
pub(crate) const COLUMNS: [&str; 9] = ["id", "critical", "level", "clauses", "where", "requirement", "tests", "reason", "note"];

/// A requirement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) is_critical: bool,
    pub(crate) level: String,
    pub(crate) clauses: String,
    /// `core`, `adapter`, `application`, or several of them.
    pub(crate) place: String,
    pub(crate) requirement: String,
    /// File and function, as `core/src/redirect.rs::only_the_very_state_passes`.
    pub(crate) tests: Vec<String>,
    pub(crate) reason: Option<Reason>,
    pub(crate) note: String,
}

/// Why a requirement asks nothing of this client, or not all that it asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Reason {
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

/// The kinds of reasons.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// It comes with a capability that is not there yet.
    Later,
    /// It is about something that this client will not do.
    NotOffered,
    /// The application has to see to it, alone or beside what is tested.
    Application,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Later, Self::NotOffered, Self::Application];

    /// As the map spells it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Later => "later",
            Self::NotOffered => "not offered",
            Self::Application => "application",
        }
    }
}

/// The rows of a map, and what is wrong with its lines.
pub(crate) fn read(text: &str) -> (Vec<Row>, Vec<String>) {
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    let mut lines = text.lines();
    if lines.next() != Some(COLUMNS.join("\t").as_str()) {
        wrong.push(format!("the first line of the map must name its columns: {}", COLUMNS.join(", ")));
    }
    for line in lines {
        match row(line) {
            Ok(row) => rows.push(row),
            Err(why) => wrong.push(format!("{}: {why}", line.split('\t').next().unwrap_or_default())),
        }
    }
    (rows, wrong)
}

fn row(line: &str) -> Result<Row, String> {
    let cells: Vec<&str> = line.split('\t').collect();
    let [id, critical, level, clauses, place, requirement, tests, reason, note] = cells[..] else {
        return Err(format!("{} columns instead of {}", cells.len(), COLUMNS.len()));
    };
    if !is_id(id) {
        return Err(String::from("an id is an R and three digits"));
    }
    let is_critical = match critical {
        "1" => true,
        "0" => false,
        _ => return Err(format!("critical is 0 or 1, not `{critical}`")),
    };
    if place.split(", ").any(|place| !["core", "adapter", "application"].contains(&place)) {
        return Err(format!("`{place}` is not core, adapter or application"));
    }
    for (column, cell) in [("level", level), ("clauses", clauses), ("requirement", requirement)] {
        if cell.is_empty() {
            return Err(format!("nothing in the column {column}"));
        }
    }
    Ok(Row {
        id: id.into(),
        is_critical,
        level: level.into(),
        clauses: clauses.into(),
        place: place.into(),
        requirement: requirement.into(),
        tests: tests.split_whitespace().map(String::from).collect(),
        reason: self::reason(reason)?,
        note: note.into(),
    })
}

/// `later: ID tokens`: a kind, and what there is to say.
fn reason(cell: &str) -> Result<Option<Reason>, String> {
    if cell.is_empty() {
        return Ok(None);
    }
    let (kind, text) = cell.split_once(": ").ok_or_else(|| format!("`{cell}` does not begin with a kind of reason and a colon"))?;
    let known = Kind::ALL.into_iter().find(|known| known.as_str() == kind);
    known.map(|kind| Some(Reason { kind, text: text.into() })).ok_or_else(|| format!("`{kind}` is no kind of reason"))
}

/// Whether a word is the id of a requirement.
pub(crate) fn is_id(word: &str) -> bool {
    word.len() == 4 && word.strip_prefix('R').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}
