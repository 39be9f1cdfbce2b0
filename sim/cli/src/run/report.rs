//! Verdicts for test harnesses: TAP version 14, JUnit XML.

use super::one::{Ending, Told};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// A report that grows file by file.
pub(super) struct Report {
    kind: super::Report,
    files: usize,
    told: usize,
    junit: Junit,
}

impl Report {
    pub(super) fn new(kind: super::Report, files: usize) -> Self {
        Self { kind, files, told: 0, junit: Junit::default() }
    }

    /// Takes a file's ending; what can be printed of the report now.
    pub(super) fn add(&mut self, name: &str, ending: &Ending) -> String {
        self.told += 1;
        match self.kind {
            super::Report::Tap if self.told == 1 => {
                format!("TAP version 14\n1..{}\n{}", self.files, tap(self.told, name, ending))
            }
            super::Report::Tap => tap(self.told, name, ending),
            super::Report::Junit => {
                self.junit.add(name, ending);
                String::new()
            }
        }
    }

    /// The rest of the report.
    pub(super) fn finish(self) -> String {
        match self.kind {
            super::Report::Tap => String::new(),
            super::Report::Junit => self.junit.finish(),
        }
    }
}

/// A test point, and for one that failed a YAML block that says why.
fn tap(number: usize, name: &str, ending: &Ending) -> String {
    let name = escaped(name);
    match ending {
        Ending::Passed => format!("ok {number} - {name}\n"),
        Ending::Skipped(why) => format!("ok {number} - {name} # SKIP {}\n", escaped(why)),
        Ending::Failed(told) => format!("not ok {number} - {name}\n{}", yaml("fail", told)),
        Ending::Bad(told) => format!("not ok {number} - {name}\n{}", yaml("error", told)),
    }
}

/// TAP 14: a backslash and a hash in a description are escaped; a line stays a line.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' => out += "\\\\",
            '#' => out += "\\#",
            c if c.is_control() => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    out
}

fn yaml(severity: &str, told: &[Told]) -> String {
    let mut out = format!("  ---\n  severity: {severity}\n  failures:\n");
    for Told { line, expected, happened, rule } in told {
        // A JSON string is a YAML string.
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        out += &format!("    - happened: {}\n", quoted(happened));
        if !expected.is_empty() {
            out += &format!("      expected: {}\n", quoted(expected));
        }
        if let Some((number, line)) = line {
            out += &format!("      line: {number}\n      text: {}\n", quoted(line));
        }
        if let Some(rule) = rule {
            out += &format!("      rule: {}\n", quoted(rule));
        }
    }
    out + "  ...\n"
}

/// One suite, a case a file.
#[derive(Default)]
struct Junit {
    cases: Vec<Event<'static>>,
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Junit {
    fn add(&mut self, name: &str, ending: &Ending) {
        self.tests += 1;
        let case = element("testcase", &[("name", name), ("classname", "closewait")]);
        let (child, told) = match ending {
            Ending::Passed => {
                self.cases.push(Event::Empty(case));
                return;
            }
            Ending::Skipped(why) => {
                self.skipped += 1;
                (element("skipped", &[("message", why)]), String::new())
            }
            Ending::Failed(told) => {
                self.failures += 1;
                (
                    element("failure", &[("message", &message(told)), ("type", "expectation")]),
                    body(name, told),
                )
            }
            Ending::Bad(told) => {
                self.errors += 1;
                (element("error", &[("message", &message(told)), ("type", "bad input")]), body(name, told))
            }
        };
        self.cases.push(Event::Start(case));
        if told.is_empty() {
            self.cases.push(Event::Empty(child));
        } else {
            let end = child.to_end().into_owned();
            self.cases.push(Event::Start(child));
            self.cases.push(Event::Text(BytesText::new(&xml(&told)).into_owned()));
            self.cases.push(Event::End(end));
        }
        self.cases.push(Event::End(BytesEnd::new("testcase")));
    }

    fn finish(self) -> String {
        let Self { cases, tests, failures, errors, skipped } = self;
        let counts = [tests, failures, errors, skipped].map(|n| n.to_string());
        let suite = |name: &'static str| {
            let [tests, failures, errors, skipped] = &counts;
            element(
                name,
                &[
                    ("name", "closewait"),
                    ("tests", tests),
                    ("failures", failures),
                    ("errors", errors),
                    ("skipped", skipped),
                ],
            )
        };
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
        let opening = [
            Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)),
            Event::Start(suite("testsuites")),
            Event::Start(suite("testsuite")),
        ];
        let closing = ["testsuite", "testsuites"].map(|name| Event::End(BytesEnd::new(name)));
        for event in opening.into_iter().chain(cases).chain(closing) {
            writer.write_event(event).expect("memory takes what is written");
        }
        String::from_utf8_lossy(&writer.into_inner()).into_owned() + "\n"
    }
}

fn element(name: &'static str, attributes: &[(&str, &str)]) -> BytesStart<'static> {
    let mut element = BytesStart::new(name);
    for (key, value) in attributes {
        element.push_attribute((*key, xml(value).as_str()));
    }
    element
}

/// The first thing that went wrong.
fn message(told: &[Told]) -> String {
    told.first().map_or_else(String::new, |Told { expected, happened, .. }| {
        if expected.is_empty() {
            happened.clone()
        } else {
            format!("expected {expected}, happened {happened}")
        }
    })
}

fn body(name: &str, told: &[Told]) -> String {
    let mut out = String::new();
    for Told { line, expected, happened, rule } in told {
        if let Some((number, line)) = line {
            out += &format!("{name}:{number}: {line}\n");
        }
        if !expected.is_empty() {
            out += &format!("expected: {expected}\n");
        }
        out += &format!("happened: {happened}\n");
        if let Some(rule) = rule {
            out += &format!("rule: {rule}\n");
        }
    }
    out
}

/// What XML 1.0 has no character for is replaced (its production 2, Char).
fn xml(text: &str) -> String {
    let known = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if known(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}
