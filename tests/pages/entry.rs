//! What the lists have in common: reading them, what there is of an id, and the cells of a page's tables.

use crate::mutations::{self, Block};
use crate::sources::Tests;
use serde::de::DeserializeOwned;

/// Reads a list, by its path from the root.
pub(crate) fn read<T: DeserializeOwned>(path: &str) -> T {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{path}: {error}"));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What is being built. An id may wait for it; of a figure that counts tests it is no part until then.
pub(crate) const AWAITED: &[&str] = &[];

/// Whether an id may wait for that: `others` belong to what is built another time.
pub(crate) fn may_wait_for(what: &str, others: &[&str]) -> bool {
    AWAITED.contains(&what) || others.contains(&what)
}

/// What there is of an id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Status<'a> {
    Tested,
    /// Nothing to test, and why.
    NotApplicable(&'a str),
    /// What must be built first.
    Later(&'a str),
}

/// None if there is not exactly one of the three.
pub(crate) fn status<'a>(
    tests: &[String],
    na: Option<&'a str>,
    later: Option<&'a str>,
) -> Option<Status<'a>> {
    match (tests.is_empty(), na, later) {
        (false, None, None) => Some(Status::Tested),
        (true, Some(why), None) => Some(Status::NotApplicable(why)),
        (true, None, Some(what)) => Some(Status::Later(what)),
        (_, _, _) => None,
    }
}

/// Every test that an id names must be there.
pub(crate) fn assert_tests_exist(id: &str, names: &[String], tests: &Tests) {
    for name in names {
        assert!(tests.contains_key(name), "{id}: there is no test `{name}`");
    }
}

/// Every test that an id names must have been seen to fail.
pub(crate) fn assert_seen_to_fail(id: &str, names: &[String], blocks: &[Block]) {
    for name in names {
        let found = mutations::find(blocks, name, id);
        assert!(found.is_some(), "{id}: no block of tests/mutations*.txt names `{name}`");
    }
}

/// A test's name without its path, as a link to its file, which lies so far `up` from the page.
pub(crate) fn test(name: &str, tests: &Tests, up: &str) -> String {
    let short = name.rsplit([':', ' ']).next().unwrap_or(name);
    tests.get(name).map_or(short.to_owned(), |test| format!("[{short}]({up}{})", test.file))
}

/// All of them, each on a line of the cell.
pub(crate) fn cell(names: &[String], tests: &Tests, up: &str) -> String {
    let shown: Vec<_> = names.iter().map(|name| test(name, tests, up)).collect();
    shown.join("<br>")
}

/// The mutation under which a test was seen to fail; one that is for that id, if there are more.
pub(crate) fn mutation(name: &String, id: &str, blocks: &[Block]) -> Option<String> {
    let block = mutations::find(blocks, name, id)?;
    Some(format!("{}: {} becomes {}", block.file, code(&block.find), code(&block.replace)))
}

/// A piece of a line of code in a cell of a table.
fn code(text: &str) -> String {
    if text.is_empty() { "nothing".to_owned() } else { format!("`{}`", text.replace('|', "\\|")) }
}
