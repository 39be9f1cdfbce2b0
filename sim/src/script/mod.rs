//! The scenario notation: packetdrill's, with lanes for whole hosts.
//!
//! ```text
//!   text ──▶ parse/ ──▶ ast ──▶ setup.rs (headers: the world)
//!                           └─▶ lanes.rs   files with --host: simulated hosts over links
//!                           └─▶ machine.rs files without: one host, the script plays the wire
//!            calls.rs, names.rs: what a call line asks for, whether a result is what it says
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
mod lanes;
mod limits;
mod machine;
mod names;
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
    if !headers.lanes() {
        return Ok(machine::play(&script, &headers, options, events));
    }
    match headers.build(&script, options) {
        Ok(set) => Ok(lanes::play(&script, set, events)),
        Err(failures) => failed(failures),
    }
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
    let headers = Headers::read(&script.headers).map_err(|_| no_scenario())?;
    let comments = text.lines().map_while(|line| line.strip_prefix("//"));
    let title = comments.map(str::trim).collect::<Vec<_>>().join("\n");
    let seed = headers.seed(options);
    if !headers.lanes() {
        let wire = world.hosts().find(|&id| world.name(id) == "wire");
        return trace::script(log, world, &Heading { title: &title, seed, before: world, wire });
    }
    let set = headers.build(&script, options).map_err(|_| no_scenario())?;
    trace::script(log, world, &Heading { title: &title, seed, before: &set.world, wire: None })
}
