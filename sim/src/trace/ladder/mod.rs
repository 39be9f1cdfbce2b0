//! The log as a ladder: a lane for each host, time running down. What a thread calls and gets stands at its host's
//! line, a segment is an arrow to the line of the host that it is for, and at the right is why.
//!
//! ```text
//!      time  server                                              client  why
//!   0.040000 │                                   closesocket(0x100) = 0 ┤  hard-close (CS-D2)
//!            │                                     ESTABLISHED → CLOSED │  hard-close (CS-D2)
//!            │◄───────────────── R. 1:1(0) ack 1 win 0 ─────────────────┤  hard-close (CS-D2)
//!   0.050000 │◄ R. 1:1(0) ack 1 arrives                                 │
//! ```
//!
//! `rows.rs` says what stands in a row, `layout.rs` where.

mod layout;
mod rows;
#[cfg(all(test, feature = "script"))]
mod tests;

use super::Log;
use crate::world::World;
use closewait::rule::Rule;
use closewait::time::Instant;
use rows::Row;

/// What a piece of a ladder's text is: a terminal may show each in its own way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Style {
    /// The names of the lanes.
    Heading,
    /// An instant.
    Time,
    /// A host's line.
    Line,
    /// A call, and what it returned.
    Call,
    /// A call that failed.
    Failed,
    /// A connection's state.
    State,
    /// A segment with SYN.
    Syn,
    /// A segment with FIN.
    Fin,
    /// A segment with RST.
    Rst,
    /// Any other segment.
    Segment,
    /// What was lost, dropped or cannot be read.
    Lost,
    /// A timer, or what a connection tells its socket.
    Notice,
    /// What happens to a host or to the network.
    Event,
    /// Why.
    Why,
    /// Space.
    Plain,
}

/// A log in lanes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ladder {
    hosts: Vec<String>,
    rows: Vec<Row>,
}

/// The log as a ladder.
#[must_use]
pub fn ladder(log: &Log, world: &World) -> Ladder {
    let hosts = world.hosts().map(|id| world.name(id).to_owned()).collect();
    Ladder { hosts, rows: rows::rows(log, world) }
}

impl Ladder {
    /// The `before` rows up to an instant, and the first `after` behind it.
    #[must_use]
    pub fn around(&self, at: Instant, before: usize, after: usize) -> Self {
        let then = self.rows.partition_point(|row| row.at <= at);
        let rows = &self.rows[then.saturating_sub(before)..self.rows.len().min(then + after)];
        Self { hosts: self.hosts.clone(), rows: rows.to_vec() }
    }

    /// Whether nothing happened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The ladder as plain text, 120 columns wide (wider if there are many hosts).
    #[must_use]
    pub fn to_text(&self) -> String {
        self.paint(&|_, text| text.to_owned())
    }

    /// The ladder as text, each piece as `style` shows it. The rules that it names are explained below it.
    #[must_use]
    pub fn paint(&self, style: &dyn Fn(Style, &str) -> String) -> String {
        let mut out = self.paint_rows(style);
        let rules = self.rules();
        if !rules.is_empty() {
            out.push('\n');
        }
        for rule in rules {
            out += &layout::explained(rule, style);
        }
        out
    }

    /// The ladder without the explanations.
    #[must_use]
    pub fn paint_rows(&self, style: &dyn Fn(Style, &str) -> String) -> String {
        let mut out = String::new();
        for line in layout::lines(&self.hosts, &self.rows) {
            let end = line.iter().rposition(|(_, text)| !text.trim().is_empty()).map_or(0, |i| i + 1);
            for (i, (kind, text)) in line[..end].iter().enumerate() {
                let text = if i + 1 == end { text.trim_end() } else { text };
                out += &style(*kind, text);
            }
            out.push('\n');
        }
        out
    }

    /// Every rule that is named, as it first is.
    fn rules(&self) -> Vec<Rule> {
        let mut rules: Vec<Rule> = Vec::new();
        for rule in self.rows.iter().filter_map(|row| row.why) {
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
        rules
    }
}
