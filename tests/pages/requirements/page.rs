//! docs/generated/requirements.md: a table a section.

use super::list::{List, Requirement, Section};
use crate::entry::{self, Status};
use crate::mutations::Block;
use crate::sources::Tests;
use std::fmt::Write;

pub(crate) fn write(list: &List, tests: &Tests, blocks: &[Block]) -> String {
    let all = || list.section.iter().flat_map(|section| &section.requirement);
    let count =
        |wanted: fn(&Status<'_>) -> bool| all().filter_map(Requirement::status).filter(wanted).count();
    let mut out = format!(
        "# Requirements\n\n\
         Written by `tests/pages.rs` from `docs/requirements.toml`; do not edit. RFC 9293's 119 numbered \
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

fn table(section: &Section, tests: &Tests, blocks: &[Block], out: &mut String) {
    let _ = write!(out, "\n## {}\n\n{}.\n\n", section.title, section.about);
    out.push_str("| id | source | level | what | tests | mutation |\n|---|---|---|---|---|---|\n");
    for r in &section.requirement {
        let source: Vec<_> = r.rfc.iter().cloned().chain(r.at.iter().map(|at| link(at))).collect();
        let profile = r.profile.as_ref().map_or(String::new(), |text| format!(" *{text}*"));
        let status = match r.status() {
            Some(Status::NotApplicable(why)) => format!("n/a: {why}"),
            Some(Status::Later(what)) => format!("not yet: {what}"),
            Some(Status::Tested) | None => entry::cell(&r.tests, tests, "../../"),
        };
        let mutation = r.mutation.as_ref().and_then(|name| entry::mutation(name, &r.id, blocks));
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
