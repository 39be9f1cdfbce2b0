//! SEGMENT ARRIVES as a page that a person can review: `docs/generated/transitions.md`. Under RFC9293 each cell is also
//! held against the oracle of `arrives.rs`.

use super::arrives::{After, Before, Seg, listen as in_listen, observe, syn_sent, synchronized};
use super::*;
use crate::tcp::closed;
use alloc::collections::BTreeSet;
use alloc::vec;
use core::fmt::Write;

#[path = "../../../tests/golden/mod.rs"]
mod golden;

/// Octets of text, where there is any.
const TEXT: i64 = 5;

const PLACES: [&str; 4] = ["left edge", "right edge", "outside left", "outside right"];

/// What a cell says, and the rules behind it.
#[derive(Clone, PartialEq, Eq)]
struct Cell {
    text: String,
    rules: Vec<Rule>,
}

/// One state, one class of SEG.ACK: the same segments everywhere.
struct Section {
    title: &'static str,
    /// None: CLOSED.
    start: fn(&Profile) -> Option<Tcp>,
    /// None: there is no window.
    window: Option<Before>,
    ack: i64,
    acks: &'static str,
}

const fn before(state: StateName, una: i64, nxt: i64, rcv: i64) -> Option<Before> {
    Some(Before { state, passive: false, una, nxt, rcv, wnd: 10_000 })
}

const ALL: &str = "all that was sent";
const NOTHING: &str = "nothing new";

/// Each state; where a SYN or FIN of ours is in flight twice, for an ACK of it and for an older one.
fn sections() -> Vec<Section> {
    use StateName::*;
    let section = |title, start, window, ack, acks| Section { title, start, window, ack, acks };
    let passive = before(SynReceived, 0, 1, 1).map(|b| Before { passive: true, ..b });
    vec![
        section("CLOSED", |_| None, None, 1, "an octet of nobody's"),
        section("LISTEN", |p| Some(Tcp::in_state(Listen, p)), None, 1, "an octet of nobody's"),
        section("SYN_SENT", |p| Some(Tcp::in_state(SynSent, p)), None, 1, ALL),
        section("SYN_SENT", |p| Some(Tcp::in_state(SynSent, p)), None, 0, NOTHING),
        section("SYN_RECEIVED (passive)", |p| Some(Tcp::in_state(SynReceived, p)), passive, 1, ALL),
        section("SYN_RECEIVED (passive)", |p| Some(Tcp::in_state(SynReceived, p)), passive, 0, NOTHING),
        section("SYN_RECEIVED (active)", |p| Some(Tcp::crossed(p)), before(SynReceived, 0, 1, 1), 1, ALL),
        section("SYN_RECEIVED (active)", |p| Some(Tcp::crossed(p)), before(SynReceived, 0, 1, 1), 0, NOTHING),
        section("ESTABLISHED", |p| Some(sending(Established, p)), before(Established, 1, 11, 1), 11, ALL),
        section("FIN_WAIT_1", |p| Some(Tcp::in_state(FinWait1, p)), before(FinWait1, 1, 2, 1), 2, ALL),
        section("FIN_WAIT_1", |p| Some(Tcp::in_state(FinWait1, p)), before(FinWait1, 1, 2, 1), 1, NOTHING),
        section("FIN_WAIT_2", |p| Some(Tcp::in_state(FinWait2, p)), before(FinWait2, 2, 2, 1), 2, ALL),
        section("CLOSE_WAIT", |p| Some(sending(CloseWait, p)), before(CloseWait, 1, 11, 2), 11, ALL),
        section("CLOSING", |p| Some(Tcp::in_state(Closing, p)), before(Closing, 1, 2, 2), 2, ALL),
        section("CLOSING", |p| Some(Tcp::in_state(Closing, p)), before(Closing, 1, 2, 2), 1, NOTHING),
        section("LAST_ACK", |p| Some(Tcp::in_state(LastAck, p)), before(LastAck, 1, 2, 2), 2, ALL),
        section("LAST_ACK", |p| Some(Tcp::in_state(LastAck, p)), before(LastAck, 1, 2, 2), 1, NOTHING),
        section("TIME_WAIT", |p| Some(Tcp::in_state(TimeWait, p)), before(TimeWait, 2, 2, 2), 2, ALL),
    ]
}

/// With ten octets in flight.
fn sending(name: StateName, profile: &Profile) -> Tcp {
    let mut t = Tcp::in_state(name, profile);
    t.quietly("send 10");
    t
}

/// Every kind of segment; text comes with an ACK.
fn kinds(ack: i64) -> [(&'static str, Seg); 10] {
    let bare = Seg { syn: false, ack: None, fin: false, rst: false, seq: 0, text: 0 };
    let acking = Seg { ack: Some(ack), ..bare };
    [
        ("SYN", Seg { syn: true, ..bare }),
        ("SYN-ACK", Seg { syn: true, ..acking }),
        ("ACK", acking),
        ("FIN", Seg { fin: true, ..bare }),
        ("FIN-ACK", Seg { fin: true, ..acking }),
        ("RST", Seg { rst: true, ..bare }),
        ("RST-ACK", Seg { rst: true, ..acking }),
        ("SYN-FIN", Seg { syn: true, fin: true, ..bare }),
        ("data", Seg { text: TEXT, ..acking }),
        ("data-FIN", Seg { text: TEXT, fin: true, ..acking }),
    ]
}

/// SEG.SEQ of a segment at each place of the window; without a window one number is as good as another.
fn numbers(section: &Section, seg: Seg) -> Vec<i64> {
    match section.window {
        None => vec![if seg.syn { 0 } else { 1 }],
        Some(Before { rcv, wnd, .. }) => vec![rcv, rcv + wnd - 1, rcv - seg.len().max(1), rcv + wnd],
    }
}

fn play(section: &Section, seg: Seg, profile: &Profile) -> Cell {
    let Some(mut t) = (section.start)(profile) else {
        let mut t = Tcp::new(profile);
        let segment = t.segment(&seg.script());
        closed::arrives(&segment, &mut Cx { now: t.now, profile: &t.profile, out: &mut t.out });
        let cell = cell(&t, StateName::Closed, StateName::Closed);
        // 3.10.7.1.
        let expected = match seg {
            Seg { rst: true, .. } => "- ".to_string(),
            Seg { ack: Some(ack), .. } => format!("`RST({ack})` "),
            Seg { .. } => format!("`RST-ACK(0!,{})` ", seg.seq + seg.len()),
        };
        assert!(cell.text.starts_with(&expected), "{} and not {expected}", cell.text);
        return cell;
    };
    let from = t.name();
    assert!(t.event(&seg.script()));
    if profile.name == Profile::RFC9293.name {
        let expected: After = match section.window {
            Some(before) => synchronized(before, seg),
            None if from == StateName::Listen => in_listen(seg),
            None => syn_sent(seg),
        };
        assert_eq!(observe(&t), expected, "{} {seg:?}", section.title);
    }
    cell(&t, from, observed_state(&t))
}

/// A passive open that is reset goes back to LISTEN: the connection is forgotten, the listener is there.
fn observed_state(t: &Tcp) -> StateName {
    let forgotten = t.state.as_ref().and_then(State::cause) == Some(crate::tcp::Cause::Deleted);
    if forgotten { StateName::Listen } else { t.name() }
}

/// `ACK(11,6)`: the flags, SEG.SEQ and SEG.ACK; a RST from 0 says so.
fn reply(segment: &Segment) -> String {
    let mut names = Vec::new();
    for (flag, name) in [(Flags::SYN, "SYN"), (Flags::FIN, "FIN"), (Flags::RST, "RST"), (Flags::ACK, "ACK")] {
        if segment.flags.contains(flag) {
            names.push(name);
        }
    }
    // Only the answer to a segment without ACK that nobody expects is from 0 itself.
    let from_zero = segment.rst() && segment.has_ack() && segment.seq == Seq(0);
    let relative = || (segment.seq - ISS).cast_signed().to_string();
    let seq = if from_zero { "0!".to_string() } else { relative() };
    let ack = (segment.ack - IRS).cast_signed();
    let ack = if segment.has_ack() { format!(",{ack}") } else { String::new() };
    format!("{}({seq}{ack})", names.join("-"))
}

fn cell(t: &Tcp, from: StateName, to: StateName) -> Cell {
    let mut rules = Vec::new();
    let mut replies = Vec::new();
    let out = t.out.clone();
    for effect in out.0 {
        let rule = match effect {
            Effect::Transmit { segment, rule } => {
                replies.push(reply(&segment));
                rule
            }
            Effect::Dropped { rule }
            | Effect::Became { rule, .. }
            | Effect::Expired { rule }
            | Effect::Notify { rule, .. } => rule,
        };
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    assert!(replies.len() <= 1, "one answer: {:?}", t.out);
    let reply = replies.pop().map_or("-".to_string(), |reply| format!("`{reply}`"));
    let to = if to == from { String::new() } else { format!(" → {to}") };
    let ids: Vec<_> = rules.iter().map(|rule| rule.id()).collect();
    let because = if ids.is_empty() { String::new() } else { format!(" {}", ids.join(", ")) };
    Cell { text: format!("{reply}{to}{because}"), rules }
}

/// A table of a section under a profile; where `than` is some, only what differs from it.
fn table(section: &Section, profile: &Profile, than: Option<&Profile>, rules: &mut BTreeSet<Rule>) -> String {
    let mut rows = String::new();
    for (name, seg) in kinds(section.ack) {
        let cells: Vec<Option<Cell>> = numbers(section, seg)
            .into_iter()
            .map(|seq| {
                let seg = Seg { seq, ..seg };
                let cell = play(section, seg, profile);
                let same = than.is_some_and(|than| play(section, seg, than).text == cell.text);
                (!same).then_some(cell)
            })
            .collect();
        if cells.iter().all(Option::is_none) {
            continue;
        }
        let _ = write!(rows, "| {name} |");
        for cell in cells {
            rules.extend(cell.iter().flat_map(|cell| cell.rules.iter().copied()));
            let _ = write!(rows, " {} |", cell.map_or(String::new(), |cell| cell.text));
        }
        rows.push('\n');
    }
    if rows.is_empty() {
        return rows;
    }
    let places: &[&str] = if section.window.is_some() { &PLACES } else { &["whatever its number"] };
    let dashes = "---|".repeat(places.len() + 1);
    format!("| segment | {} |\n|{dashes}\n{rows}\n", places.join(" | "))
}

const HEAD: &str = "# Every segment in every state

Written by `src/tcp/tests/transitions.rs`; do not edit. What a segment comes to (RFC 9293 3.10.7), by state, by kind of
segment and by its place in the receive window. Numbers of ours are relative to ISS, those of the peer to IRS: our SYN
is octet 0, its first octet of text is 1.

A cell has the reply, `ACK(SEG.SEQ,SEG.ACK)` or `-` for none; `→` and the next state, if it is another; and the rules
behind all that, as traces spell them (listed at the end). `0!` is the number 0 itself, not relative to anything.

| place | SEG.SEQ |
|---|---|
| left edge | RCV.NXT |
| right edge | RCV.NXT + RCV.WND - 1: the first octet is the last that the window takes |
| outside left | its last octet is RCV.NXT - 1 |
| outside right | RCV.NXT + RCV.WND |

In CLOSED, LISTEN and SYN_SENT there is no window and SEG.SEQ is not looked at: a SYN has 0 there, any other segment 1.
Segments have no options and a window of 10,000; data is 5 octets, with an ACK. What SEG.ACK acknowledges each heading
says; in ESTABLISHED and CLOSE_WAIT 10 octets of ours are in flight. → LISTEN: the connection is forgotten, its listener
stays. In SYN_RECEIVED after a simultaneous open a SYN-ACK that repeats the peer's SYN lies outside left, and counts (RFC
9293 Figure 8). In TIME_WAIT there is no listener: a SYN that makes room for a new connection (R16c) is the stack's, and
comes before all this.

The first table of a section is the profile RFC9293; a second one has what the default profile, WINDOWS, does otherwise,
and nothing where it does the same. Options are off in both.

";

fn page() -> String {
    let mut page = HEAD.to_string();
    let mut rules = BTreeSet::new();
    for section in sections() {
        let _ = writeln!(page, "## {}, SEG.ACK {}: {}\n", section.title, section.ack, section.acks);
        if let Some(Before { una, nxt, rcv, wnd, .. }) = section.window {
            let _ = writeln!(page, "SND.UNA {una}, SND.NXT {nxt}, RCV.NXT {rcv}, RCV.WND {wnd}.\n");
        }
        page += &table(&section, &Profile::RFC9293, None, &mut rules);
        let other = table(&section, &Profile::WINDOWS, Some(&Profile::RFC9293), &mut rules);
        if !other.is_empty() {
            let _ = write!(page, "WINDOWS, where it differs:\n\n{other}");
        }
    }
    page += "## Rules\n\n";
    for rule in rules {
        let _ = writeln!(page, "- {rule}");
    }
    page
}

/// Mutation: the right edge of the window belongs to it.
#[test]
fn the_committed_page_is_what_segments_come_to() {
    golden::check("docs/generated/transitions.md", &page());
}

/// CLOSED, LISTEN and SYN-SENT look at no sequence number: replies move with it, and nothing else changes.
///
/// Mutation: LISTEN takes a SYN only from an odd number.
#[test]
fn without_a_window_numbers_do_not_matter() {
    for section in sections().iter().filter(|section| section.window.is_none()) {
        for profile in [&Profile::RFC9293, &Profile::WINDOWS] {
            for (name, seg) in kinds(section.ack) {
                let rules = |seq| play(section, Seg { seq, ..seg }, profile).rules;
                for seq in [-70_000, -1, 1, 9_999, 10_000, 70_000] {
                    assert!(rules(seq) == rules(0), "{} {name} {seq}", section.title);
                }
            }
        }
    }
}
