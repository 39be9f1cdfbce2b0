//! docs/generated/requirements.md: a table a section.

use crate::list::{List, Requirement, Section, Status};
use crate::mutations::{self, Block};
use std::collections::BTreeMap;
use std::fmt::Write;

pub(crate) fn write(list: &List, tests: &BTreeMap<String, String>, blocks: &[Block]) -> String {
    let all = || list.section.iter().flat_map(|section| &section.requirement);
    let count =
        |wanted: fn(&Status<'_>) -> bool| all().filter_map(Requirement::status).filter(wanted).count();
    let mut out = format!(
        "# Requirements\n\n\
         Written by `tests/requirements.rs` from `docs/requirements.toml`; do not edit. RFC 9293's 119 numbered \
         requirements (TR-…), its behaviour without a number (TR-E…), and other RFCs (TR-C…): {} ids.\n\n\
         - tested: {}\n- n/a, with the reason: {}\n- not yet: {}\n\n\
         The last column is a mutation under which one of the tests was seen to fail; the teardown's ids must have \
         one. `.ci/mutations` applies it.\n",
        all().count(),
        count(|status| matches!(status, Status::Tested)),
        count(|status| matches!(status, Status::NotApplicable(_))),
        count(|status| matches!(status, Status::Later(_))),
    );
    for section in &list.section {
        table(section, tests, blocks, &mut out);
    }
    out
}

fn table(section: &Section, tests: &BTreeMap<String, String>, blocks: &[Block], out: &mut String) {
    let _ = write!(out, "\n## {}\n\n{}.\n\n", section.title, section.about);
    out.push_str("| id | source | level | what | tests | mutation |\n|---|---|---|---|---|---|\n");
    for r in &section.requirement {
        let source: Vec<_> = r.rfc.iter().cloned().chain(r.at.iter().map(|at| link(at))).collect();
        let profile = r.profile.as_ref().map_or(String::new(), |text| format!(" *{text}*"));
        let shown: Vec<_> = r.tests.iter().map(|name| test(name, tests)).collect();
        let status = match r.status() {
            Some(Status::NotApplicable(why)) => format!("n/a: {why}"),
            Some(Status::Later(what)) => format!("not yet: {what}"),
            Some(Status::Tested) | None => shown.join("<br>"),
        };
        let mutation = r.mutation.as_ref().and_then(|name| {
            let block = mutations::find(blocks, name, &r.id)?;
            Some(format!("{}: {} becomes {}", block.file, code(&block.find), code(&block.replace)))
        });
        let _ = writeln!(
            out,
            "| {} | {} | {} | {}{profile} | {status} | {} |",
            r.id,
            source.join("<br>"),
            r.level,
            r.text,
            mutation.unwrap_or_default(),
        );
    }
}

/// `RFC 9293 3.6.1`, as a link to the section.
fn link(at: &str) -> String {
    let mut words = at.split(' ').skip(1);
    let (rfc, section) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    format!("[{at}](https://www.rfc-editor.org/rfc/rfc{rfc}#section-{section})")
}

/// A test's name without its path, as a link to its file.
fn test(name: &str, tests: &BTreeMap<String, String>) -> String {
    let short = name.rsplit([':', ' ']).next().unwrap_or(name);
    tests.get(name).map_or(short.to_owned(), |file| format!("[{short}](../../{file})"))
}

/// A piece of a line of code in a cell of a table.
fn code(text: &str) -> String {
    if text.is_empty() { "nothing".to_owned() } else { format!("`{}`", text.replace('|', "\\|")) }
}
