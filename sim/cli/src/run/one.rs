//! One file: run, printed, judged.

use super::{Format, Run};
use crate::color::{BAD, GOOD, Paint, SKIPPED};
use closewait_sim::netstat::netstat;
use closewait_sim::script::diagnostic::{Kind, render_all};
use closewait_sim::script::{self, Diagnostic, Failure, Options, Report, Verdict};
use closewait_sim::trace;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Rows of the ladder around a failure: before it, its instant counted, and after.
const AROUND: (usize, usize) = (12, 4);

/// What files are run with.
pub(super) struct One<'a> {
    pub(super) run: &'a Run,
    pub(super) options: Options,
    pub(super) printed: Paint,
    pub(super) verdict: Paint,
    pub(super) many: bool,
}

/// What came of a file. Its log is gone.
pub(super) struct Done {
    pub(super) name: String,
    pub(super) ending: Ending,
    /// What `--format` asked for.
    pub(super) printed: String,
    /// `--format` asked for what cannot be printed.
    pub(super) unprinted: bool,
    pub(super) verdict: String,
    pub(super) packets: Option<Vec<u8>>,
}

/// How a file ended.
pub(super) enum Ending {
    Passed,
    Failed(Vec<Told>),
    Skipped(String),
    /// It is no scenario, or cannot be read.
    Bad(Vec<Told>),
}

/// Something that is not as a file says, for people and for reports.
pub(super) struct Told {
    /// Line number and line, if it is about one.
    pub(super) line: Option<(usize, String)>,
    pub(super) expected: String,
    pub(super) happened: String,
    pub(super) rule: Option<String>,
}

impl Told {
    fn bare(happened: &str) -> Self {
        Self { line: None, expected: String::new(), happened: happened.into(), rule: None }
    }
}

type Outcome = Result<Report, Vec<Diagnostic>>;

impl One<'_> {
    pub(super) fn run(&self, path: &Path) -> Done {
        let name = path.display().to_string();
        let text = match fs::read(path).map(String::from_utf8) {
            Ok(Ok(text)) => text,
            Ok(Err(_)) => return self.unreadable(name, "not UTF-8"),
            Err(error) => return self.unreadable(name, &format!("cannot read it: {error}")),
        };
        let outcome = script::run(&text, &self.options);
        let (printed, not_printed) = self.print(&name, &text, &outcome);
        let (ending, mut verdict) = self.judge(&name, &text, &outcome);
        if let Some(why) = &not_printed {
            let _ = writeln!(verdict, "  {}", self.verdict.text(BAD, why));
        }
        let run = outcome.as_ref().ok().and_then(|report| report.run.as_ref());
        if let (Some((world, _)), true) = (run, self.run.netstat) {
            verdict.extend(world.hosts().map(|host| netstat(world, host)));
        }
        let capture = |(world, log)| trace::pcapng(log, world);
        let packets = run.filter(|_| self.run.pcapng.is_some()).map(|(world, log)| capture((world, log)));
        Done { name, ending, printed, unprinted: not_printed.is_some(), verdict, packets }
    }

    fn unreadable(&self, name: String, why: &str) -> Done {
        let printed = match self.run.format {
            Some(Format::Jsonl) => script::jsonl(&name, "", &self.options, Err(why)),
            Some(Format::Ladder | Format::Tcpdump | Format::Pkt) | None => String::new(),
        };
        let verdict = format!("{} {}: {why}\n", self.verdict.text(BAD, "BAD    "), printable(&name));
        let ending = Ending::Bad(vec![Told::bare(why)]);
        Done { name, ending, printed, unprinted: false, verdict, packets: None }
    }

    /// What `--format` asks for, and why it cannot be had.
    fn print(&self, name: &str, text: &str, outcome: &Outcome) -> (String, Option<String>) {
        let run = outcome.as_ref().ok().and_then(|report| report.run.as_ref());
        match (self.run.format, run) {
            (Some(Format::Jsonl), _) => (script::jsonl(name, text, &self.options, Ok(outcome)), None),
            (Some(Format::Ladder), Some((world, log))) => {
                (trace::ladder(log, world).paint(&|style, text| self.printed.piece(style, text)), None)
            }
            (Some(Format::Tcpdump), Some((world, log))) => (trace::tcpdump(log, world), None),
            (Some(Format::Pkt), Some(_)) => {
                let report = outcome.as_ref().ok();
                match report.map(|report| script::print(text, &self.options, report)) {
                    Some(Ok(script)) if self.many => (format!("// {}\n{script}\n", printable(name)), None),
                    Some(Ok(script)) => (script, None),
                    Some(Err(why)) => (String::new(), Some(why.to_string())),
                    None => (String::new(), None),
                }
            }
            (Some(Format::Ladder | Format::Tcpdump | Format::Pkt) | None, _) => (String::new(), None),
        }
    }

    /// How it ended, and that in words.
    fn judge(&self, name: &str, text: &str, outcome: &Outcome) -> (Ending, String) {
        let shown = printable(name);
        let report = match outcome {
            Ok(report) => report,
            Err(diagnostics) if diagnostics.iter().all(|d| d.kind == Kind::NotSupported) => {
                let first = diagnostics.first();
                let why = first.map_or_else(String::new, |d| printable(&d.message));
                let line = first.map(|d| d.place(text).0);
                return self.skipped(&shown, line, why);
            }
            Err(diagnostics) => {
                let bad = self.verdict.text(BAD, "BAD    ");
                let words = format!("{bad} {shown}\n{}", render_all(diagnostics, &shown, text));
                return (Ending::Bad(diagnostics.iter().map(|d| diagnosed(text, d)).collect()), words);
            }
        };
        match &report.verdict {
            Verdict::Passed => {
                let skipped = match report.skipped_lines {
                    0 => String::new(),
                    n => format!(" ({n} lines skipped)"),
                };
                (Ending::Passed, format!("{} {shown}{skipped}\n", self.verdict.text(GOOD, "ok     ")))
            }
            Verdict::Skipped(why) => self.skipped(&shown, Some(why.line(text).0), printable(&why.happened)),
            Verdict::Failed(failures) => {
                let bad = failures.iter().any(|f| f.bad_input);
                let word = self.verdict.text(BAD, if bad { "BAD    " } else { "FAILED " });
                let mut words = format!("{word} {shown}\n");
                for failure in failures {
                    self.describe(&mut words, &shown, text, failure, report);
                }
                let told = failures.iter().map(|f| told(text, f)).collect();
                (if bad { Ending::Bad(told) } else { Ending::Failed(told) }, words)
            }
        }
    }

    fn skipped(&self, shown: &str, line: Option<usize>, why: String) -> (Ending, String) {
        let at = line.map_or_else(String::new, |line| format!(":{line}"));
        let words = format!("{} {shown}{at}: {why}\n", self.verdict.text(SKIPPED, "skipped"));
        (Ending::Skipped(why), words)
    }

    /// File and line, what was expected, what happened and why, and the ladder around it.
    fn describe(&self, out: &mut String, shown: &str, text: &str, failure: &Failure, report: &Report) {
        let Told { line, expected, happened, rule } = told(text, failure);
        let _ = match line {
            Some((number, line)) => writeln!(out, "  {shown}:{number}: {line}"),
            None => writeln!(out, "  {shown}: after the last line"),
        };
        if !expected.is_empty() {
            let _ = writeln!(out, "    expected: {expected}");
        }
        let _ = writeln!(out, "    {} {happened}", if failure.bad_input { "error:   " } else { "happened:" });
        if let Some(rule) = rule {
            let _ = writeln!(out, "    rule:     {rule}");
        }
        let (Some((world, log)), Some(at), false) = (&report.run, failure.at, failure.bad_input) else {
            return;
        };
        let ladder = trace::ladder(log, world).around(at, AROUND.0, AROUND.1);
        if !ladder.is_empty() {
            let rows = ladder.paint_rows(&|style, text| self.verdict.piece(style, text));
            let _ = writeln!(out, "\n{rows}");
        }
    }
}

fn told(text: &str, failure: &Failure) -> Told {
    let (number, line) = failure.line(text);
    // What is about no line in particular has an empty place.
    let line = (failure.span.end > 0).then(|| (number, printable(line)));
    let rule = failure.rule.map(|rule| format!("{}: {} [{}]", rule.id(), rule.text(), rule.source()));
    Told { line, expected: printable(&failure.expected), happened: printable(&failure.happened), rule }
}

fn diagnosed(text: &str, diagnostic: &Diagnostic) -> Told {
    let (number, _) = diagnostic.place(text);
    let line = text.lines().nth(number - 1).unwrap_or("").trim();
    Told {
        line: Some((number, printable(line))),
        expected: printable(diagnostic.expected.as_deref().unwrap_or("")),
        happened: printable(&diagnostic.message),
        rule: None,
    }
}

/// Names and texts of files may not bring control characters to a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
