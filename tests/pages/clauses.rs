//! docs/clauses.toml: the sentences of the `closesocket` page, each with its tests, and for every test the mutation
//! under which it was seen to fail; and the page that is written from it.

use crate::entry::{self, Status};
use crate::golden;
use crate::mutations::{self, Block};
use crate::sources::{self, Tests};
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
    clause: Vec<Clause>,
}

/// The file's own head explains the fields.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Clause {
    id: String,
    text: String,
    #[serde(default)]
    rulings: Vec<String>,
    #[serde(default)]
    tests: Vec<String>,
    later: Option<String>,
}

impl Clause {
    /// None if it has both tests and what must be built first, or neither.
    fn status(&self) -> Option<Status<'_>> {
        entry::status(&self.tests, None, self.later.as_deref())
    }
}

fn read() -> List {
    entry::read("docs/clauses.toml")
}

fn clauses() -> Vec<Clause> {
    read().section.into_iter().flat_map(|section| section.clause).collect()
}

/// The ids in their order: each letter with how many it has.
fn ids() -> Vec<String> {
    let letters = [('A', 7), ('B', 8), ('C', 6), ('D', 3), ('E', 13), ('F', 2), ('G', 2), ('H', 4)];
    letters.iter().flat_map(|(letter, last)| (1..=*last).map(move |n| format!("CS-{letter}{n}"))).collect()
}

/// The second half of Winsock, and what is no TCP.
const LATER: [&str; 3] = ["overlapped", "APCs", "other address families"];

/// Mutation: CS-F2 is missing.
#[test]
fn every_id_is_there_once_and_in_order() {
    let listed: Vec<_> = clauses().into_iter().map(|clause| clause.id).collect();
    assert_eq!(listed, ids());
}

/// Mutation: a clause waits for nothing that is known.
#[test]
fn a_clause_is_tested_or_says_what_it_waits_for() {
    let tests = sources::tests();
    for clause in clauses() {
        entry::assert_tests_exist(&clause.id, &clause.tests, &tests);
        match clause.status() {
            Some(Status::Tested) => {}
            Some(Status::Later(what)) => assert!(entry::may_wait_for(what, &LATER), "{}: {what}", clause.id),
            Some(Status::NotApplicable(_)) | None => panic!("{}: either tests or later", clause.id),
        }
    }
}

/// Mutation: the block of a clause's test is missing.
#[test]
fn every_test_of_a_clause_was_seen_to_fail() {
    let blocks = mutations::read();
    for clause in clauses() {
        entry::assert_seen_to_fail(&clause.id, &clause.tests, &blocks);
    }
}

/// Both in DOCUMENTED and in WINDOWS, and where they differ a ruling says why.
///
/// Mutation: a clause names another ruling.
#[test]
fn a_clause_holds_under_every_profile_and_names_what_differs() {
    let tests = sources::tests();
    for Clause { id, rulings, tests: names, .. } in clauses() {
        let own: Vec<_> = names.iter().filter_map(|name| tests.get(name)).collect();
        assert!(
            own.is_empty() || own.iter().any(|test| test.runs_under_every_profile()),
            "{id}: under every profile"
        );
        for test in own.iter().filter(|test| test.has_columns()) {
            let named = rulings.iter().any(|ruling| test.names(ruling));
            assert!(named, "{id}: a test of it has two columns, and names none of {rulings:?}");
        }
    }
}

/// Mutation: what waits counts as tested.
#[test]
fn the_committed_page_is_what_the_list_says() {
    golden::check("docs/generated/clauses.md", &page(&read(), &sources::tests(), &mutations::read()));
}

fn page(list: &List, tests: &Tests, blocks: &[Block]) -> String {
    let all = || list.section.iter().flat_map(|section| &section.clause);
    let tested = all().filter(|clause| clause.status() == Some(Status::Tested)).count();
    let mut out = format!(
        "# Clauses\n\n\
         Written by `tests/pages.rs` from `docs/clauses.toml`; do not edit. What Microsoft's `closesocket` page says, \
         sentence by sentence, in words of our own; *ours* marks what it leaves open. The tests look at what a \
         clause speaks of: the wire, both TCP states, the return value, the last error, in virtual time. Each clause \
         has a test that runs under every profile; where two of them differ the [ruling](../rulings.md) is \
         named.\n\n\
         - clauses: {}\n- tested: {tested}\n- later: {}\n\n\
         Behind each test is a mutation under which it was seen to fail; `.ci/mutations` applies it.\n",
        all().count(),
        all().count() - tested,
    );
    for section in &list.section {
        let _ = write!(
            out,
            "\n## {}\n\n| id | clause | rulings | tests, and how each was seen to fail |\n",
            section.title
        );
        out.push_str("|---|---|---|---|\n");
        for clause in &section.clause {
            let shown = clause.tests.iter().map(|name| {
                let mutation = entry::mutation(name, &clause.id, blocks).unwrap_or_default();
                format!("{}: {mutation}", entry::test(name, tests, "../../"))
            });
            let shown = match clause.status() {
                Some(Status::Later(what)) => format!("later: {what}"),
                Some(Status::Tested | Status::NotApplicable(_)) | None => {
                    shown.collect::<Vec<_>>().join("<br>")
                }
            };
            let _ = writeln!(
                out,
                "| {} | {} | {} | {shown} |",
                clause.id,
                clause.text,
                clause.rulings.join(", ")
            );
        }
    }
    out
}
