//! docs/rulings.toml: where sources disagree or leave a choice, what was decided, why, and the tests that show it; and
//! the page that is written from it.

use crate::entry::{self, Status};
use crate::sources::{self, Test, Tests};
use crate::{golden, mutations};
use closewait::profile::{Profile, SetError};
use serde::Deserialize;
use std::fmt::Write;

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct List {
    about: String,
    section: Vec<Section>,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Section {
    title: String,
    ruling: Vec<Ruling>,
}

/// The file's own head explains the fields.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Ruling {
    id: String,
    question: String,
    documented: String,
    windows: Option<String>,
    #[serde(default)]
    fields: Vec<String>,
    evidence: String,
    sure: String,
    #[serde(default)]
    tests: Vec<String>,
    one_profile: Option<String>,
    later: Option<String>,
}

impl Ruling {
    /// None if it has both tests and what must be built first, or neither.
    fn status(&self) -> Option<Status<'_>> {
        entry::status(&self.tests, None, self.later.as_deref())
    }
}

/// The second half of Winsock.
const LATER: [&str; 1] = ["overlapped"];

fn read() -> List {
    entry::read("docs/rulings.toml")
}

fn rulings() -> Vec<Ruling> {
    read().section.into_iter().flat_map(|section| section.ruling).collect()
}

/// The ids in their order. R55 to R59, R73 and R74 were never given.
fn ids() -> Vec<String> {
    let ids = (1..=83).filter(|n| !matches!(n, 55..=59 | 73 | 74)).flat_map(|n| match n {
        7 => vec!["R7".to_owned(), "R7b".to_owned()],
        11 => vec!["R11".to_owned(), "CS-E5".to_owned()],
        16 => vec!["R16".to_owned(), "R16b".to_owned(), "R16c".to_owned()],
        n => vec![format!("R{n}")],
    });
    ids.collect()
}

/// Mutation: R81 is missing.
#[test]
fn every_id_is_there_once_and_in_order() {
    let listed: Vec<_> = rulings().into_iter().map(|ruling| ruling.id).collect();
    assert_eq!(listed, ids());
}

/// Mutation: a ruling names a field that there is not.
#[test]
fn the_fields_are_the_profiles() {
    let mut profile = Profile::WINDOWS;
    let Err(SetError::Field { known, .. }) = profile.set("", "") else {
        panic!("no field is called nothing")
    };
    for Ruling { id, fields, .. } in rulings() {
        for field in &fields {
            let parts = format!("{field}.");
            let is_one = known.iter().any(|known| known == field || known.starts_with(&parts));
            assert!(is_one, "{id}: Profile has no field `{field}`");
        }
    }
}

/// Mutation: a ruling does not say why one profile is enough.
#[test]
fn a_ruling_is_tested_under_every_profile_or_says_why_not() {
    let tests = sources::tests();
    for ruling in rulings() {
        let id = &ruling.id;
        entry::assert_tests_exist(id, &ruling.tests, &tests);
        match ruling.status() {
            Some(Status::Tested) => {
                let mut own = ruling.tests.iter().filter_map(|name| tests.get(name));
                let everywhere = own.any(Test::runs_under_every_profile);
                assert!(
                    everywhere != ruling.one_profile.is_some(),
                    "{id}: a test under every profile, or one_profile"
                );
            }
            Some(Status::Later(what)) => assert!(entry::may_wait_for(what, &LATER), "{id}: {what}"),
            Some(Status::NotApplicable(_)) | None => panic!("{id}: either tests or later"),
        }
        assert!(
            ["high", "medium", "low"].iter().any(|word| ruling.sure.starts_with(word)),
            "{id}: {}",
            ruling.sure
        );
    }
}

/// Mutation: the block of a ruling's test is missing.
#[test]
fn every_test_of_a_ruling_was_seen_to_fail() {
    let blocks = mutations::read();
    for ruling in rulings() {
        entry::assert_seen_to_fail(&ruling.id, &ruling.tests, &blocks);
    }
}

/// Mutation: the reading of WINDOWS is left out where it is the same.
#[test]
fn the_committed_page_is_what_the_list_says() {
    golden::check("docs/rulings.md", &page(&read(), &sources::tests()));
}

fn page(list: &List, tests: &Tests) -> String {
    let mut out = format!(
        "# Rulings\n\nWritten by `tests/pages.rs` from `docs/rulings.toml`; do not edit.\n\n{}",
        list.about
    );
    for section in &list.section {
        let _ = write!(out, "\n## {}\n\n", section.title);
        out.push_str("| id | question | documented | windows | field | evidence | confidence | tests |\n");
        out.push_str("|---|---|---|---|---|---|---|---|\n");
        for ruling in &section.ruling {
            let fields: Vec<_> = ruling.fields.iter().map(|field| format!("`{field}`")).collect();
            let fields = if fields.is_empty() { "none".to_owned() } else { fields.join(", ") };
            let why = ruling.one_profile.as_ref().map_or(String::new(), |why| format!("<br>*{why}*"));
            let status = match ruling.status() {
                Some(Status::Later(what)) => format!("later: {what}"),
                Some(Status::Tested | Status::NotApplicable(_)) | None => {
                    entry::cell(&ruling.tests, tests, "../")
                }
            };
            let Ruling { id, question, documented, windows, evidence, sure, .. } = ruling;
            let windows = windows.as_deref().unwrap_or("same");
            let _ = writeln!(
                out,
                "| {id} | {question} | {documented} | {windows} | {fields} | {evidence} | {sure} | {status}{why} |"
            );
        }
    }
    out
}
