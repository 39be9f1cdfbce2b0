//! Lost segments and old ones, between two hosts, as a page to read: `docs/generated/recovery.md`. Each section is a run
//! of its own, and each number that its text works out is asserted here, from the RFC's formula and not from the run.

mod golden;

#[path = "recovery/cubic.rs"]
mod cubic;
#[path = "recovery/newreno.rs"]
mod newreno;
#[path = "recovery/paws.rs"]
mod paws;
#[path = "recovery/run.rs"]
mod run;
#[path = "recovery/sack.rs"]
mod sack;
#[path = "recovery/timeout.rs"]
mod timeout;

const HEAD: &str = "\
# Losses and old segments, step by step

Written by `tests/recovery.rs`; do not edit. Runs of two hosts under the profile RFC9293, in segments of 1000 octets and
without options but those that a section is about. The client sends; the server acknowledges each segment at once, keeps
what comes and reads none of it.

A trace is what one host sees, the client unless it says otherwise: what it sends when it sends it, what arrives when it
arrives. `ms` counts from the first line, `from` says who sent the segment, `rule` is the rule for which it was sent, by its
id. Segments are in the words of tcpdump; numbers count from each side's SYN. The other columns are the host's, in octets or
ms, after all that an arrival, a timer or a call made it do: they stand in the last line of it.
";

/// Mutation: a rule has another id: the page differs.
#[test]
fn the_committed_page_is_what_happens() {
    let sections = [timeout::page(), newreno::page(), sack::page(), cubic::page(), paws::page()];
    golden::check("docs/generated/recovery.md", &format!("{HEAD}\n{}", sections.join("\n")));
}
