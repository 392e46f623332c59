//! `gatepass-issuer --hostile`: the cases for any client.

use gatepass_issuer::hostile::{self, Case, Judgement, Trial, Verdict};
use std::io::{self, BufRead as _, Read};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const HELP: &str = "\
gatepass-issuer --hostile: servers that lie, each in one way, FOR TESTS ONLY

Each case is an issuer of its own on loopback. Without --run it prints them, waits for a line on standard input, and then says
what the clients did that were sent there: held, fell, or not tried. The exit code is 1 if one fell.

  --list            the cases: what a good client does, how binding that is, where it says so, and why
  --case NAME       this case only; may repeat
  --port N          the port of the first issuer, the others following (default: the kernel chooses)
  --tsv             a line a case, with tabs between its columns
  --run COMMAND     runs a command with the shell for each case, in turn; it is given
                      GATEPASS_ISSUER  the issuer, and below it /api for the token
                      GATEPASS_CASE    the name of the case
                      BROWSER          a browser whose person agrees to everything
                    and should sign in (public client `demo`), call the API, refresh, call it again, and sign out
                    (where that fails, it prints a line that begins with sign-out:)
  --limit SECONDS   for the command (default 60); one that is not through by then fell

gatepass-issuer --open URL is that browser: it tells the issuer what it was given, and follows the redirect.
";

#[derive(Default)]
struct Options {
    lists: bool,
    cases: Vec<&'static Case>,
    port: u16,
    is_tsv: bool,
    command: Option<String>,
    limit: u64,
}

/// Does what the arguments behind `--hostile` say.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let Some(options) = read(arguments)? else {
        return print(HELP).map(|()| ExitCode::SUCCESS);
    };
    if options.lists {
        return print(&list(&options)).map(|()| ExitCode::SUCCESS);
    }
    let outcomes = match &options.command {
        Some(command) => led(&options, command),
        None => served(&options),
    };
    let outcomes = outcomes.map_err(|error| error.to_string())?;
    print(&report(&options, &outcomes))?;
    let fell = outcomes.iter().any(|(_, judgement)| judgement.verdict == Verdict::Fell);
    Ok(if fell { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn read(arguments: &[String]) -> Result<Option<Options>, String> {
    let mut options = Options { limit: 60, ..Options::default() };
    let mut rest = arguments.iter();
    while let Some(name) = rest.next() {
        let mut value = || rest.next().ok_or_else(|| format!("{name} needs a value"));
        let number = |text: &String| text.parse().map_err(|_| format!("{name} needs a number"));
        match name.as_str() {
            "--help" | "-h" => return Ok(None),
            "--list" => options.lists = true,
            "--tsv" => options.is_tsv = true,
            "--case" => {
                let wanted = value()?;
                options.cases.push(hostile::case(wanted).ok_or_else(|| format!("there is no case {wanted}"))?);
            }
            "--port" => options.port = number(value()?)?,
            "--limit" => options.limit = number(value()?)?.into(),
            "--run" => options.command = Some(value()?.clone()),
            other => return Err(format!("{other} is not an option of --hostile")),
        }
    }
    if options.cases.is_empty() {
        options.cases = hostile::cases().collect();
    }
    Ok(Some(options))
}

fn list(options: &Options) -> String {
    let row = |case: &&Case| {
        let columns = [case.name, case.expected.as_str(), case.level.as_str(), case.clause, case.why];
        if options.is_tsv { columns.join("\t") } else { columns_of(&columns, &[28, 9, 8, 20]) }
    };
    lines(options.cases.iter().map(row))
}

fn report(options: &Options, outcomes: &[(&Case, Judgement)]) -> String {
    let row = |(case, judgement): &(&Case, Judgement)| {
        let columns = [case.name, case.expected.as_str(), case.level.as_str(), case.clause, judgement.verdict.as_str(), &judgement.saw];
        if options.is_tsv { columns.join("\t") } else { columns_of(&columns, &[28, 9, 8, 20, 10]) }
    };
    lines(outcomes.iter().map(row))
}

fn columns_of(columns: &[&str], widths: &[usize]) -> String {
    let padded = columns.iter().zip(widths.iter().chain(std::iter::repeat(&0)));
    padded.map(|(text, width)| format!("{text:width$}")).collect::<Vec<_>>().join(" ")
}

fn lines(rows: impl Iterator<Item = String>) -> String {
    rows.map(|row| row + "\n").collect()
}

/// Serves all cases until a line comes in, or the end of standard input.
fn served(options: &Options) -> io::Result<Vec<(&'static Case, Judgement)>> {
    let start = |(at, case): (u16, &&'static Case)| match options.port {
        0 => case.start(),
        // Beyond the last port the kernel chooses.
        port => case.start_at(port.checked_add(at).unwrap_or(0)),
    };
    let trials: Vec<Trial> = (0..).zip(&options.cases).map(start).collect::<io::Result<_>>()?;
    let shown = lines(trials.iter().map(|trial| format!("{}\t{}", trial.case().name, trial.issuer())));
    print(&shown).map_err(io::Error::other)?;
    io::stdin().lock().read_line(&mut String::new())?;
    Ok(trials.iter().map(|trial| (trial.case(), trial.judge())).collect())
}

/// Runs the command for each case in turn.
fn led(options: &Options, command: &str) -> io::Result<Vec<(&'static Case, Judgement)>> {
    options.cases.iter().map(|case| Ok((*case, one(case, command, Duration::from_secs(options.limit))?))).collect()
}

fn one(case: &'static Case, command: &str, limit: Duration) -> io::Result<Judgement> {
    let trial = case.start()?;
    let browser = format!("{} --open", std::env::current_exe()?.display());
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).env("GATEPASS_ISSUER", trial.issuer()).env("GATEPASS_CASE", case.name).env("BROWSER", browser);
    let mut child =
        shell.env(VISITS, trial.visits().to_string()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let heard = [child.stdout.take().map(hear), child.stderr.take().map(hear)];
    let ended = wait(&mut child, limit)?;
    let Some(status) = ended else {
        child.kill()?;
        child.wait()?;
        return Ok(Judgement::fell(&format!("not through after {} s", limit.as_secs())));
    };
    for said in heard.into_iter().flatten() {
        trial.hear(&said.join().unwrap_or_default());
    }
    // A shell passes the signal of its last command on as a code above 128.
    match status.code() {
        Some(0..=128) => Ok(trial.judge()),
        _ => Ok(Judgement::fell(&format!("it died: {status}"))),
    }
}

fn hear(stream: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut said = Vec::new();
        let _ = stream.take(1 << 20).read_to_end(&mut said);
        String::from_utf8_lossy(&said).into_owned()
    })
}

fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let begun = Instant::now();
    loop {
        let ended = child.try_wait()?;
        if ended.is_some() || begun.elapsed() >= limit {
            return Ok(ended);
        }
        thread::sleep(Duration::from_millis(20));
    }
}

const VISITS: &str = "GATEPASS_VISITS";

/// `--open`: the browser of a command.
pub(crate) fn open(url: &str) -> Result<ExitCode, String> {
    let issuer = std::env::var("GATEPASS_ISSUER").map_err(|_| "GATEPASS_ISSUER is not set: --run sets it".to_owned())?;
    let visits = std::env::var(VISITS).ok().and_then(|visits| visits.parse().ok()).unwrap_or(1);
    for redirect in hostile::open(&issuer, url, visits).map_err(|error| error.to_string())? {
        print(&format!("{redirect}\n"))?;
        // Nobody need listen there: a client may take the redirect from standard output.
        let _ = hostile::follow(&redirect);
    }
    Ok(ExitCode::SUCCESS)
}

fn print(text: &str) -> Result<(), String> {
    crate::say(io::stdout().lock(), text).map_err(|error| error.to_string())
}
