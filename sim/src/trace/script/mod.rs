//! The log as a scenario that passes: every call with its result and its times, every packet, everything that was
//! done to hosts and to the network. The notation is packetdrill's, with lanes for hosts.
//!
//! ```text
//!   headers.rs: seed, profiles, links      lines.rs: the log's entries, in the order in which they began
//!                                          calls.rs: calls and results, handles by the script's numbers
//! ```

mod calls;
mod headers;
mod lines;
#[cfg(all(test, feature = "script"))]
mod tests;

use super::{Log, Off};
use crate::world::{HostId, World};
use calls::Names;
use closewait::tcp::StateName;
use lines::Line;
use std::fmt::Write;

/// What a scenario says before its first line, and the log does not know.
#[derive(Clone, Copy, Debug)]
pub struct Heading<'a> {
    /// Becomes the first comment.
    pub title: &'a str,
    /// The world's seed.
    pub seed: u64,
    /// The world as it was before the run: its links and profiles, and the threads that a crash takes away.
    pub before: &'a World,
    /// Lines that come before all others, as they stand: settings of one machine.
    pub settings: &'a str,
    /// For a run with one machine: the host whose packets the script sends itself.
    pub wire: Option<HostId>,
}

/// Something in a run that the notation has no words for.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("this run cannot be printed as a scenario: {0}")]
pub struct Inexpressible(pub String);

/// The run as a scenario that passes, and that prints itself as the same text again.
///
/// Faults that links drew are in the seed and the links' headers: the same are drawn again.
///
/// # Errors
/// [`Inexpressible`] says what a scenario cannot do.
pub fn script(log: &Log, world: &World, heading: &Heading<'_>) -> Result<String, Inexpressible> {
    let mut out = String::new();
    for line in heading.title.lines() {
        let _ = writeln!(out, "// {line}");
    }
    let v6 = calls::v6(log, world);
    out += &headers::headers(log, world, heading, v6)?;
    // What was due when the run ended is not in the log, and would be one packet too many.
    let complete = world.clone().next_event().is_none_or(|next| next > world.now());
    if complete && heading.wire.is_none() {
        out += "--packets=all\n";
    }
    out += heading.settings;
    let mut names = Names::new(world, heading, v6);
    let lines = lines::lines(log, world, heading);
    for line in &lines {
        let text = names.line(line)?;
        let _ = writeln!(out, "{:<22} {text}", span(line));
    }
    match heading.wire {
        None => out += &ending(world, complete),
        Some(_) => nothing_blocked(world)?,
    }
    Ok(out)
}

fn span(Line { start, end, .. }: &Line) -> String {
    match end {
        Some(end) if start == end => start.to_string(),
        Some(end) => format!("{start}...{end}"),
        None => format!("{start}...*"),
    }
}

/// What must hold when the run is over: how many connections wait, whether the world is at rest. A call that never
/// returned would fail the file: before, its host's power ends it.
fn ending(world: &World, complete: bool) -> String {
    let mut out = String::new();
    let mut line = |text: String| {
        let _ = writeln!(out, "{:<22} {text}", world.now().to_string());
    };
    let mut end = world.clone();
    for id in world.hosts() {
        if world.host(id).winsock().all_blocked().next().is_some() {
            line(format!("{}: crash()", world.name(id)));
            end.crash(id, &mut Off);
        }
    }
    if !complete {
        return out;
    }
    for id in world.hosts() {
        let rows = end.netstat(id).connections;
        let waiting = rows.iter().filter(|(row, _)| row.state == StateName::TimeWait).count();
        line(format!("{}: time_wait == {waiting}", world.name(id)));
    }
    if end.is_quiet() && end.stuck().is_empty() {
        line("net: at_rest".into());
    }
    out
}

/// One machine has no power to lose.
fn nothing_blocked(world: &World) -> Result<(), Inexpressible> {
    let blocks = world.hosts().any(|id| world.host(id).winsock().all_blocked().next().is_some());
    if blocks { Err(Inexpressible("a call has not returned, which fails the file".into())) } else { Ok(()) }
}
