//! docs/generated/calls.md: a table for each group of calls, a row for each state.

use super::asks::{Ask, GROUPS};
use super::places::{self, Place, State};
use closewait::profile::Profile;
use std::fmt::Write;

const HEAD: &str = "\
# Calls, by the kind and state of the socket

Written by `tests/calls.rs`; do not edit. Each cell was run: a socket was brought into the state by calls and packets, and
the call made. A number is what the call returned, a name the error that it failed with; *blocks*: the call waits. Where
the two modes of a socket differ, the second line is a nonblocking one's; where the profiles do, *documented* says what
that one has, in the place of `windows`.

";

struct Row {
    windows: [Place; 2],
    documented: [Place; 2],
}

impl Row {
    fn new(state: &State) -> Self {
        let both = |profile| [false, true].map(|nonblocking| Place::reach(state, profile, nonblocking));
        Self { windows: both(&Profile::WINDOWS), documented: both(&Profile::DOCUMENTED) }
    }

    fn cell(&self, ask: &Ask) -> String {
        let modes = |[blocking, nonblocking]: &[Place; 2]| {
            let said = [ask.outcome(blocking), ask.outcome(nonblocking)];
            if said[0] == said[1] { said[0].clone() } else { said.join("<br>") }
        };
        let (windows, documented) = (modes(&self.windows), modes(&self.documented));
        if windows == documented { windows } else { format!("{windows}<br>*documented:* {documented}") }
    }
}

pub(crate) fn page() -> String {
    let mut page = HEAD.to_owned();
    let rows: Vec<_> = places::ALL.iter().map(|state| (state, Row::new(state))).collect();
    for (title, asks) in GROUPS {
        writeln!(page, "## {title}\n").expect("a string");
        let names: Vec<_> = asks.iter().map(|ask| ask.name).collect();
        writeln!(page, "| socket | {} |", names.join(" | ")).expect("a string");
        writeln!(page, "|---{}|", "|---".repeat(names.len())).expect("a string");
        for (state, row) in &rows {
            let cells: Vec<_> = asks.iter().map(|ask| row.cell(ask)).collect();
            writeln!(page, "| {} | {} |", state.name, cells.join(" | ")).expect("a string");
        }
        page.push('\n');
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}
