//! The scenario notation: packetdrill's, with lanes for whole hosts.
//!
//! ```text
//!   text ──▶ parse/ ──▶ ast ──▶ setup.rs (headers: the world)
//!                           └─▶ lanes.rs   files with --host: simulated hosts over links
//!                           └─▶ machine.rs files without: one host, the script plays the wire
//!            calls.rs, names.rs: what a call line asks for, whether a result is what it says
//!            shell.rs: shell lines, which are never run; limits.rs: what one file may ask for
//!            stage.rs: what stands beside the world; report.rs: what came of it
//! ```
//!
//! `docs/scenario-language.md` specifies the notation for people.

pub mod ast;
mod calls;
pub mod diagnostic;
mod lanes;
mod limits;
mod machine;
mod names;
pub mod parse;
mod report;
mod setup;
mod shell;
mod stage;

pub use diagnostic::Diagnostic;
pub use report::{Failure, Options, Report, Verdict};

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
