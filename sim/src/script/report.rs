//! What came of a scenario.

use super::ast::Span;
use crate::trace::Log;
use crate::world::World;
use closewait::profile::Profile;
use closewait::rule::Rule;
use closewait::time::Instant;

/// What a run is told from outside; the file's own headers come first.
#[derive(Clone, Debug)]
pub struct Options {
    /// For hosts whose profile no header names.
    pub profile: Profile,
    /// The seed, if no header names one.
    pub seed: Option<u64>,
    /// On one machine: options, window and initial number of the stack's own handshake segments are not compared.
    pub lenient: bool,
    /// On one machine: a shell line that means nothing to the simulator is a failure.
    pub strict: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { profile: Profile::WINDOWS, seed: None, lenient: false, strict: false }
    }
}

/// Something that is not as the scenario says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The line.
    pub span: Span,
    /// What was expected.
    pub expected: String,
    /// What happened.
    pub happened: String,
    /// The scenario itself is wrong: nothing was judged.
    pub bad_input: bool,
    /// When it happened, if the run had begun.
    pub at: Option<Instant>,
    /// The rule behind what happened, if there is one.
    pub rule: Option<Rule>,
}

impl Failure {
    pub(super) fn new(span: Span, expected: impl Into<String>, happened: impl Into<String>) -> Self {
        let (expected, happened) = (expected.into(), happened.into());
        Self { span, expected, happened, bad_input: false, at: None, rule: None }
    }

    pub(super) fn bad_input(span: Span, message: impl Into<String>) -> Self {
        Self { bad_input: true, ..Self::new(span, "", message) }
    }

    /// Why it happened.
    pub(super) fn because(self, rule: impl Into<Option<Rule>>) -> Self {
        Self { rule: rule.into(), ..self }
    }

    /// The number of its line in the scenario's text, from 1 on, and the line.
    #[must_use]
    pub fn line<'a>(&self, text: &'a str) -> (usize, &'a str) {
        let start = text.floor_char_boundary(self.span.start);
        let number = text[..start].matches('\n').count();
        (number + 1, text.lines().nth(number).unwrap_or("").trim())
    }
}

/// How a scenario ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Every line is satisfied.
    Passed,
    /// Some are not.
    Failed(Vec<Failure>),
    /// It needs what is not modelled yet.
    Skipped(Failure),
}

/// A scenario that was run: how it ended, and everything that happened.
#[derive(Clone, Debug)]
pub struct Report {
    /// How it ended.
    pub verdict: Verdict,
    /// What happened; none if it never began.
    pub run: Option<(World, Log)>,
    /// Lines that were skipped because they mean nothing to the simulator.
    pub skipped_lines: usize,
}
