//! The scenario notation: packetdrill's, with lanes for whole hosts.
//!
//! ```text
//!   text ──▶ parse/ ──▶ ast ──▶ setup.rs (headers: the world)
//!                           └─▶ lanes.rs   files with --host: simulated hosts over links
//!                           └─▶ machine.rs files without: one host, the script plays the wire
//!            calls.rs, names.rs: what a call line asks for, whether a result is what it says
//!            labels.rs: what a call makes is used after it
//!            shell.rs: shell lines, which are never run; limits.rs: what one file may ask for
//!            stage.rs: what stands beside the world; report.rs: what came of it; jsonl.rs: for programs
//!            show.rs: what was asked of the network, in the notation again
//! ```
//!
//! `docs/scenario-language.md` specifies the notation for people.

pub mod ast;
mod calls;
pub mod diagnostic;
mod jsonl;
mod labels;
mod lanes;
mod limits;
mod machine;
mod names;
mod options;
pub mod parse;
mod report;
mod setup;
mod shell;
mod show;
mod stage;

pub use diagnostic::Diagnostic;
pub use jsonl::jsonl;
pub use report::{Failure, Options, Report, Verdict};

use crate::trace::{self, Heading, Inexpressible};
use ast::{At, Event, Lane, Line, Script};
use closewait::profile::Profile;
use setup::Headers;

/// The events (packets delivered, deadlines met) after which [`run`] gives a scenario up.
pub const MAX_EVENTS: u64 = 1_000_000;

/// Runs a scenario.
///
/// # Errors
/// Every diagnostic of a text that is no scenario.
pub fn run(text: &str, options: &Options) -> Result<Report, Vec<Diagnostic>> {
    run_within(text, options, MAX_EVENTS)
}

/// Runs a scenario, and gives it up after so many events.
///
/// # Errors
/// Every diagnostic of a text that is no scenario.
pub fn run_within(text: &str, options: &Options, events: u64) -> Result<Report, Vec<Diagnostic>> {
    let script = parse::parse(text)?;
    let failed = |failures| Ok(Report { verdict: Verdict::Failed(failures), run: None, skipped_lines: 0 });
    if let Some(failure) = limits::beyond(&script) {
        return failed(vec![failure]);
    }
    let headers = match Headers::read(&script.headers, options) {
        Ok(headers) => headers,
        Err(failures) => return failed(failures),
    };
    let unbound = labels::unbound(&script);
    if !unbound.is_empty() {
        return failed(unbound);
    }
    let mut report = if headers.lanes() {
        match headers.build(&script, options) {
            Ok(set) => lanes::play(&script, set, events),
            Err(failures) => return failed(failures),
        }
    } else {
        machine::play(&script, &headers, options, events)
    };
    // What says nothing else happened when the run stopped.
    if let (Verdict::Failed(failures), Some((world, _))) = (&mut report.verdict, &report.run) {
        failures.iter_mut().for_each(|failure| failure.at = failure.at.or(Some(world.now())));
    }
    Ok(report)
}

/// Prints a run as a scenario that passes: every call with what it returned and when, every packet, everything that
/// was done to hosts and links. `text` and `options` are what was run. The comments at the top of the text stay.
///
/// # Errors
/// [`Inexpressible`] says what a scenario cannot do.
pub fn print(text: &str, options: &Options, report: &Report) -> Result<String, Inexpressible> {
    let no_scenario = || Inexpressible("it never began".into());
    let (world, log) = report.run.as_ref().ok_or_else(no_scenario)?;
    let script = parse::parse(text).map_err(|_| no_scenario())?;
    let headers = Headers::read(&script.headers, options).map_err(|_| no_scenario())?;
    let comments = text.lines().map_while(|line| line.strip_prefix("//"));
    let title = comments.map(str::trim).collect::<Vec<_>>().join("\n");
    let seed = headers.seed(options);
    if !headers.lanes() {
        let settings = settings(&script)?;
        let (before, _, wire) = machine::world(&headers, options);
        let heading = Heading { title: &title, seed, before: &before, settings: &settings, wire: Some(wire) };
        return trace::script(log, world, &heading);
    }
    let set = headers.build(&script, options).map_err(|_| no_scenario())?;
    for id in world.hosts() {
        // A header gives a host any name; a line's lane is a word.
        let name = world.name(id);
        let line = parse::parse(&format!("--host={name}\n{name}: time_wait == 0\n"));
        let lane = line.ok().and_then(|script| script.lines.first()?.lane.clone());
        if !matches!(lane, Some(At { value: Lane::Host { host, .. }, .. }) if host == name) {
            return Err(Inexpressible(format!("no line can name the host `{name}`")));
        }
    }
    trace::script(log, world, &Heading { title: &title, seed, before: &set.world, settings: "", wire: None })
}

/// One machine: the settings with which a script begins. Those at its end change nothing any more; the log knows
/// nothing of those between.
fn settings(script: &Script) -> Result<String, Inexpressible> {
    let all: Vec<_> = script.lines.iter().map(setting).collect();
    let first = all.iter().position(Option::is_none).unwrap_or(all.len());
    let last = all.iter().rposition(Option::is_none).map_or(first, |last| last + 1);
    if all[first..last].iter().any(Option::is_some) {
        return Err(Inexpressible("a setting is changed in the middle".into()));
    }
    Ok(all[..first].iter().flatten().map(|text| format!("0 `{text}`\n")).collect())
}

/// A shell line that sets a field of the machine's profile.
fn setting(line: &Line) -> Option<&str> {
    match &line.event {
        Event::Shell(shell) => {
            Some(shell.value.as_str()).filter(|text| shell::set(&mut Profile::default(), text))
        }
        Event::Call(_)
        | Event::Packet(_)
        | Event::Silence(_)
        | Event::Check(_)
        | Event::Net(_)
        | Event::Host(_)
        | Event::Code(_) => None,
    }
}
