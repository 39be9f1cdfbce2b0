//! A scenario's run as JSON Lines: what was run, everything that happened, how it ended.

use super::diagnostic::{Diagnostic, Kind};
use super::report::{Failure, Options, Report, Verdict};
use super::setup::Headers;
use crate::trace::{JSONL_VERSION, jsonl as entries};
use crate::world::World;
use serde::Serialize;

/// What was run. Seed and hosts are there if it began.
#[derive(Serialize)]
struct Opening<'a> {
    event: &'static str,
    version: u32,
    scenario: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    hosts: Vec<HostLine<'a>>,
}

#[derive(Serialize)]
struct HostLine<'a> {
    name: &'a str,
    profile: &'static str,
    addresses: Vec<String>,
}

/// How it ended.
#[derive(Serialize)]
struct Closing<'a> {
    event: &'static str,
    verdict: &'static str,
    /// Why it was skipped, or could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    failures: Vec<FailureLine<'a>>,
    skipped_lines: usize,
}

#[derive(Serialize)]
struct FailureLine<'a> {
    line: usize,
    text: &'a str,
    expected: &'a str,
    happened: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
}

/// A run as JSON Lines: `{"event":"run",…}`, a line for everything that happened, `{"event":"verdict",…}`.
///
/// `scenario` names it; `text`, `options` and `result` are what was run and what came of it. What could not be read
/// as a text has an error in place of a result.
#[must_use]
pub fn jsonl(
    scenario: &str,
    text: &str,
    options: &Options,
    result: Result<&Result<Report, Vec<Diagnostic>>, &str>,
) -> String {
    let run = match result {
        Ok(Ok(report)) => report.run.as_ref(),
        Ok(Err(_)) | Err(_) => None,
    };
    let hosts = run.map_or_else(Vec::new, |(world, _)| hosts(world));
    let seed = run.and_then(|_| seed(text, options));
    let mut out = object(&Opening { event: "run", version: JSONL_VERSION, scenario, seed, hosts });
    if let Some((world, log)) = run {
        out += &entries(log, world);
    }
    out + &object(&closing(text, result))
}

fn object(line: &impl Serialize) -> String {
    serde_json::to_string(line).expect("strings and numbers serialise") + "\n"
}

fn hosts(world: &World) -> Vec<HostLine<'_>> {
    let line = |id| {
        let stack = world.host(id).stack();
        let addresses = stack.addresses().map(|ip| ip.to_string()).collect();
        HostLine { name: world.name(id), profile: stack.profile().name, addresses }
    };
    world.hosts().map(line).collect()
}

fn seed(text: &str, options: &Options) -> Option<u64> {
    let headers = Headers::read(&super::parse::parse(text).ok()?.headers, options).ok()?;
    Some(headers.seed(options))
}

fn closing<'a>(text: &'a str, result: Result<&'a Result<Report, Vec<Diagnostic>>, &'a str>) -> Closing<'a> {
    let closing =
        |verdict| Closing { event: "verdict", verdict, reason: None, failures: Vec::new(), skipped_lines: 0 };
    let report = match result {
        Err(error) => return Closing { reason: Some(error), ..closing("bad") },
        Ok(Err(diagnostics)) => {
            if diagnostics.iter().all(|d| d.kind == Kind::NotSupported) {
                return Closing {
                    reason: diagnostics.first().map(|d| d.message.as_str()),
                    ..closing("skipped")
                };
            }
            let failures = diagnostics.iter().map(|d| diagnostic(text, d)).collect();
            return Closing { failures, ..closing("bad") };
        }
        Ok(Ok(report)) => report,
    };
    let ended = match &report.verdict {
        Verdict::Passed => closing("passed"),
        Verdict::Skipped(why) => Closing { reason: Some(&why.happened), ..closing("skipped") },
        Verdict::Failed(failures) => {
            let bad = failures.iter().any(|f| f.bad_input);
            let failures = failures.iter().map(|f| failure(text, f)).collect();
            Closing { failures, ..closing(if bad { "bad" } else { "failed" }) }
        }
    };
    Closing { skipped_lines: report.skipped_lines, ..ended }
}

fn failure<'a>(text: &'a str, failure: &'a Failure) -> FailureLine<'a> {
    let (line, text) = failure.line(text);
    FailureLine {
        line,
        text,
        expected: &failure.expected,
        happened: &failure.happened,
        at_ns: failure.at.map(closewait::time::Instant::as_nanos),
        rule: failure.rule.map(closewait::rule::Rule::id),
        source: failure.rule.map(closewait::rule::Rule::source),
    }
}

fn diagnostic<'a>(text: &'a str, diagnostic: &'a Diagnostic) -> FailureLine<'a> {
    let (line, _) = diagnostic.place(text);
    FailureLine {
        line,
        text: text.lines().nth(line - 1).unwrap_or("").trim(),
        expected: diagnostic.expected.as_deref().unwrap_or(""),
        happened: &diagnostic.message,
        at_ns: None,
        rule: None,
        source: None,
    }
}
