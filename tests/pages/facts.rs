//! docs/facts.toml: what is known of Windows, each fact with its source, how sure it is, and the tests that show that
//! the model does the same; and the page that is written from it.

use crate::entry::{self, Status};
use crate::sources::{self, Tests};
use crate::{golden, mutations};
use serde::Deserialize;
use std::fmt::Write;

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct List {
    section: Vec<Section>,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Section {
    title: String,
    fact: Vec<Fact>,
}

/// The file's own head explains the fields.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Fact {
    id: String,
    text: String,
    source: String,
    sure: String,
    #[serde(default)]
    tests: Vec<String>,
    later: Option<String>,
    not_modelled: Option<String>,
}

impl Fact {
    /// None if it has not exactly one of tests, later, not_modelled.
    fn status(&self) -> Option<Status<'_>> {
        entry::status(&self.tests, self.not_modelled.as_deref(), self.later.as_deref())
    }

    /// Whether a test suite that runs on Windows asserts it.
    fn was_tested_on_windows(&self) -> bool {
        self.sure.split('+').any(|tag| matches!(tag, "WINE" | "ROS"))
    }
}

/// The second half of Winsock. Nothing else waits.
const LATER: [&str; 1] = ["overlapped"];

fn read() -> List {
    entry::read("docs/facts.toml")
}

fn facts() -> Vec<Fact> {
    read().section.into_iter().flat_map(|section| section.fact).collect()
}

/// The ids in their order: sections, with the numbers that each has.
fn ids() -> Vec<String> {
    let numbers = [
        (2, 1..=21),
        (2, 30..=42),
        (3, 1..=30),
        (4, 1..=21),
        (5, 1..=22),
        (6, 1..=15),
        (7, 1..=12),
        (8, 1..=15),
        (9, 1..=18),
    ];
    let ids = numbers.into_iter().flat_map(|(section, rows)| rows.map(move |n| format!("WF-{section}.{n}")));
    ids.collect()
}

/// Mutation: WF-9.18 is missing.
#[test]
fn every_id_is_there_once_and_in_order() {
    let listed: Vec<_> = facts().into_iter().map(|fact| fact.id).collect();
    assert_eq!(listed, ids());
}

/// Mutation: a tag is none.
#[test]
fn a_fact_is_tested_or_says_why_not() {
    let tests = sources::tests();
    for fact in facts() {
        entry::assert_tests_exist(&fact.id, &fact.tests, &tests);
        match fact.status() {
            Some(Status::Later(what)) => {
                assert!(entry::may_wait_for(what, &LATER), "{}: {what}", fact.id);
            }
            Some(Status::Tested | Status::NotApplicable(_)) => {}
            None => panic!("{}: one of tests, later, not_modelled", fact.id),
        }
        let tags = ["DOC", "WINE", "ROS", "OBS", "INF"];
        assert!(fact.sure.split('+').all(|tag| tags.contains(&tag)), "{}: {}", fact.id, fact.sure);
    }
}

/// Mutation: the block of a fact's test is missing.
#[test]
fn every_test_of_a_fact_was_seen_to_fail() {
    let blocks = mutations::read();
    for fact in facts() {
        entry::assert_seen_to_fail(&fact.id, &fact.tests, &blocks);
    }
}

/// Of what a test suite asserts on Windows: how many facts the tests show, and how many there are.
fn shown(list: &List) -> (usize, usize) {
    let facts = list.section.iter().flat_map(|section| &section.fact);
    let counted = facts.filter(|fact| fact.was_tested_on_windows()).filter_map(Fact::status);
    let counted: Vec<_> = counted.filter(|status| !matches!(status, Status::Later(_))).collect();
    (counted.iter().filter(|status| **status == Status::Tested).count(), counted.len())
}

/// Mutation: eleven in ten are asked for.
#[test]
fn nine_in_ten_of_what_was_tested_on_windows_is_tested_here() {
    let (tested, all) = shown(&read());
    assert!(tested * 10 >= all * 9, "{tested} of {all}");
}

/// Mutation: what is not modelled counts as tested.
#[test]
fn the_committed_page_is_what_the_list_says() {
    golden::check("docs/generated/facts.md", &page(&read(), &sources::tests()));
}

fn page(list: &List, tests: &Tests) -> String {
    let all = || list.section.iter().flat_map(|section| &section.fact).filter_map(Fact::status);
    let (shown, counted) = shown(list);
    let mut out = format!(
        "# Facts\n\n\
         Written by `tests/pages.rs` from `docs/facts.toml`; do not edit. What Windows does around closing, as far as \
         it is known, and the tests that show that the `windows` profile does the same.\n\n\
         - DOC: Microsoft's documentation says so\n\
         - WINE: Wine's tests assert it, and they run on Windows, too\n\
         - ROS: ReactOS's tests do\n\
         - OBS: developers have seen it on Windows\n\
         - INF: inferred from other facts\n\n\
         Facts: {}. Tested: {}. Later: {}. Not modelled, with the reason: {}. Of the facts that Wine or ReactOS \
         assert, those that wait aside, {shown} of {counted} are tested: {} in a thousand, where 900 are asked for.\n",
        all().count(),
        all().filter(|status| matches!(status, Status::Tested)).count(),
        all().filter(|status| matches!(status, Status::Later(_))).count(),
        all().filter(|status| matches!(status, Status::NotApplicable(_))).count(),
        shown * 1000 / counted.max(1),
    );
    for section in &list.section {
        let _ = write!(out, "\n## {}\n\n| id | fact | source | how sure | tests |\n", section.title);
        out.push_str("|---|---|---|---|---|\n");
        for fact in &section.fact {
            let status = match fact.status() {
                Some(Status::NotApplicable(why)) => format!("not modelled: {why}"),
                Some(Status::Later(what)) => format!("later: {what}"),
                Some(Status::Tested) | None => entry::cell(&fact.tests, tests, "../../"),
            };
            let Fact { id, text, source, sure, .. } = fact;
            let _ = writeln!(out, "| {id} | {text} | {source} | {sure} | {status} |");
        }
    }
    out
}
