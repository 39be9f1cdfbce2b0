//! docs/requirements.toml: what the RFCs ask, each id with the tests that show it and, where it matters most, the
//! mutation under which one was seen to fail; and the page that is written from it.

#[path = "requirements/list.rs"]
mod list;
#[path = "requirements/page.rs"]
mod page;

use crate::entry::{self, Status};
use crate::{golden, mutations, sources};
use list::{List, Requirement};
use std::collections::BTreeSet;

/// The ids in their order: 119, 18 and 64 of them.
fn ids() -> Vec<String> {
    let numbered = (1..=117).flat_map(|n| match n {
        111 => vec!["TR-111a".to_owned(), "TR-111b".to_owned(), "TR-111c".to_owned()],
        _ => vec![format!("TR-{n}")],
    });
    let behaviour = (1..=18).map(|n| format!("TR-E{n}"));
    let others = (1..=64).map(|n| format!("TR-C{n}"));
    numbered.chain(behaviour).chain(others).collect()
}

/// Teardown: ids that must have a test that was seen to fail.
fn matters_most(id: &str) -> bool {
    let number = |prefix: &str| id.strip_prefix(prefix).and_then(|n| n.parse::<u32>().ok());
    number("TR-").is_some_and(|n| n <= 9)
        || number("TR-E").is_some()
        || number("TR-C").is_some_and(|n| matches!(n, 1..=7 | 10..=24))
}

fn read() -> List {
    entry::read("docs/requirements.toml")
}

fn requirements() -> Vec<Requirement> {
    read().section.into_iter().flat_map(|section| section.requirement).collect()
}

/// Mutation: TR-C64 is missing.
#[test]
fn every_id_is_there_once_and_in_order() {
    let listed: Vec<_> = requirements().into_iter().map(|r| r.id).collect();
    assert_eq!(listed, ids());
    assert_eq!(listed.len(), 201);
}

/// RFC 9293, appendix B: MUST-1 to 69, SHLD-1 to 31, MAY-1 to 18, REC-1; the level is the id's own.
/// Mutation: MUST-13 is called SHLD-13.
#[test]
fn every_id_of_appendix_b_is_there_once() {
    let ranges = [("MUST", "MUST", 69), ("SHLD", "SHOULD", 31), ("MAY", "MAY", 18), ("REC", "REC", 1)];
    let mut expected = BTreeSet::new();
    for (prefix, level, last) in ranges {
        expected.extend((1..=last).map(|n| (format!("{prefix}-{n}"), level.to_owned())));
    }
    let listed: Vec<_> =
        requirements().into_iter().filter_map(|r| Some((r.rfc?, r.level.to_string()))).collect();
    assert_eq!(listed.len(), 119);
    assert_eq!(BTreeSet::from_iter(listed), expected);
}

/// Mutation: a test is renamed.
#[test]
fn every_test_exists() {
    let tests = sources::tests();
    for requirement in requirements() {
        entry::assert_tests_exist(&requirement.id, &requirement.tests, &tests);
    }
}

/// Mutation: an id has both tests and a reason to have none.
#[test]
fn an_id_is_tested_or_says_why_not() {
    for r in requirements() {
        let (id, status) = (&r.id, r.status());
        assert!(status.is_some(), "{id}: one of tests, na, later");
        let needed = matters_most(id) && !matches!(status, Some(Status::Later(_)));
        assert!(!needed || status == Some(Status::Tested), "{id} needs a test");
        assert_eq!(needed, r.mutation.is_some(), "{id}: `mutation`");
    }
}

/// Mutation: the block of a test that an id needs is missing.
#[test]
fn what_matters_most_was_seen_to_fail() {
    let blocks = mutations::read();
    for r in requirements() {
        let Some(name) = &r.mutation else { continue };
        assert!(r.tests.contains(name), "{}: `{name}` is one of its tests", r.id);
        assert!(
            mutations::find(&blocks, name, &r.id).is_some(),
            "{}: no block of tests/mutations*.txt names `{name}`",
            r.id
        );
    }
}

/// Mutation: what is not yet tested counts as tested.
#[test]
fn the_committed_page_is_what_the_list_says() {
    let page = page::write(&read(), &sources::tests(), &mutations::read());
    golden::check("docs/generated/requirements.md", &page);
}
