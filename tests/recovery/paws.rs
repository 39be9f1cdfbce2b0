//! RFC 7323 section 5.

use super::run::{After, Eyes, Run, Show, at, link, plain};
use closewait::packet::{Packet, Timestamps};
use closewait::profile::{Offer, Profile};
use closewait::rule::Rule;
use closewait::seq::Seq;
use closewait::tcp::State;
use closewait::time::{Duration, Instant};
use closewait_sim::link::Verdict;

const TEXT: &str = "\
## PAWS (RFC 7323 section 5)

Timestamps are on; the view is the server's, and the way takes 50 ms. Here `ms` counts from when the SYN left, and so do
timestamps: TSval is the ms at which a segment left. 1001 is held up for 500 ms; its retransmission is taken and moves
TS.Recent (section 4.3). Then the first one arrives, and at 800 ms one from nowhere, as though from 2^32 octets ago: its number
is the very next one, so that its timestamp alone shows that it is old. Each is dropped and answered by an ACK (5.3, R1).
";

const BY_HAND: &str = "\
By hand. A segment is old if SEG.TSval < TS.Recent, which is 0 < (TS.Recent - SEG.TSval) mod 2^32 < 2^31 (sections 5.2, 5.3):

- TS.Recent: 0 from the SYN, 100 from the handshake's ACK, 100 from 1, 450 from the retransmission, 550 from 2001.
- The RTO is 250 ms (two measurements of 100 ms: see above), so the retransmission leaves at 200 + 250 = 450.
- 750: the first 1001 left at 200, and arrives after 50 + 500. 550 - 200 = 350: old, and TS.Recent stays 550.
- 800: the stray has 549. 550 - 549 = 1: old, though 3001 = RCV.NXT. The answer acknowledges 3001 and echoes 550.
- 850 to 900: the client's own 3001 has 850. (550 - 850) mod 2^32 = 2^32 - 300 >= 2^31: not old. It is taken, TS.Recent = 850.
";

const RECENT: (&str, Show) =
    ("TS.Recent", |after: &After| after.ts_recent.map_or_else(|| "-".into(), |t| t.to_string()));

fn profile(timestamps: Offer) -> Profile {
    Profile { timestamps, ..plain() }
}

/// Until 800 ms. With timestamps a segment has 12 octets of options.
fn before(timestamps: Offer) -> Run {
    let held = [(1001, Verdict::Hold(Duration::from_millis(500)))];
    let mtu = if timestamps == Offer::Yes { 1052 } else { 1040 };
    let mut run = Run::new(&profile(timestamps), link(50, mtu), Eyes::Server, &held);
    run.send(1000);
    run.until(at(200));
    run.send(1000);
    run.until(at(550));
    run.send(1000);
    run.until(at(800));
    run
}

/// The last segment with text that the client sent, with another number, other octets and another TSval, in ms.
fn stray(run: &Run, first: u32, millis: u32) -> Packet {
    let text = |line: &&super::run::Line| line.packet.as_ref().is_some_and(|p| p.segment.text_len() > 0);
    let last = run.lines().iter().rev().find(|line| text(line) && line.from == "client");
    let mut packet = last.and_then(|line| line.packet.clone()).expect("the client has sent text");
    packet.segment.seq = Seq(first);
    packet.segment.payload = vec![b'o'; 1000].into();
    let val = run.clock(packet.src).wrapping_add(millis);
    let stamps = packet.segment.options.timestamps;
    packet.segment.options.timestamps = stamps.map(|Timestamps { ecr, .. }| Timestamps { val, ecr });
    packet
}

fn run(timestamps: Offer) -> Run {
    let mut run = before(timestamps);
    let stray = stray(&run, 3001, 549);
    run.inject(stray);
    run.until(at(850));
    run.send(1000);
    run.settle();
    run
}

/// The octets that the server has, as letters with their count.
fn received(run: &Run) -> Vec<(char, usize)> {
    let mut runs: Vec<(char, usize)> = Vec::new();
    let octets = run.state(run.server).map(State::peek).unwrap_or_default();
    for octet in octets.to_bytes() {
        match runs.last_mut() {
            Some((letter, n)) if *letter == char::from(octet) => *n += 1,
            _ => runs.push((char::from(octet), 1)),
        }
    }
    runs
}

pub(crate) fn page() -> String {
    let table = run(Offer::Yes).table(Instant::START, &[RECENT]);
    format!("{TEXT}\n```text\n{table}```\n\n{BY_HAND}")
}

/// What arrives: ms, from whom, SEG.SEQ, TSval, TS.Recent after it, the rule of the answer.
type Arrival = (u64, &'static str, u32, u32, Option<u32>, Option<Rule>);

/// TS.Recent after each arrival, and what it is answered by.
/// Mutation: no segment is old; TS.Recent stays what it was; the old segment is not answered.
#[test]
fn by_hand() {
    let run = run(Offer::Yes);
    let mut arrivals: Vec<Arrival> = Vec::new();
    for line in run.lines() {
        let packet = line.packet.as_ref().expect("no timer fires at the server");
        if line.from == "server" {
            arrivals.last_mut().expect("it answers").5 = Some(line.rule);
        } else {
            let (ms, val) = (line.at.since(Instant::START).as_millis(), run.stamps(packet).val);
            arrivals.push((ms, line.from, packet.segment.seq.0, val, None, None));
        }
        if let Some(after) = line.after {
            arrivals.last_mut().expect("something arrived first").4 = after.ts_recent;
        }
    }
    assert_eq!(
        arrivals,
        [
            (50, "client", 0, 0, None, Some(Rule::ListenSyn)),
            (150, "client", 1, 100, Some(100), None),
            (150, "client", 1, 100, Some(100), Some(Rule::TextAccepted)),
            (500, "client", 1001, 450, Some(450), Some(Rule::TextAccepted)),
            (600, "client", 2001, 550, Some(550), Some(Rule::TextAccepted)),
            (750, "client", 1001, 200, Some(550), Some(Rule::Paws)),
            (800, "network", 3001, 549, Some(550), Some(Rule::Paws)),
            (900, "client", 3001, 850, Some(850), Some(Rule::TextAccepted)),
        ]
    );
    assert_eq!(received(&run), [('n', 4000)], "nothing old");
}

/// The twin without timestamps: the stray is taken, and the client's own octets with these numbers are not.
/// Mutation: without timestamps every segment is old.
#[test]
fn without_timestamps_old_octets_are_taken() {
    assert_eq!(received(&run(Offer::No)), [('n', 3000), ('o', 1000)]);
}

/// Where old begins (section 5.2), by hand: TS.Recent is 550. The same is not old, one less is; 2^31 - 1 more is newer,
/// 2^31 + 1 more is 2^31 - 1 less.
/// Mutation: the same is old; timestamps are compared as they are.
#[test]
fn where_old_begins() {
    let half = 1_u32 << 31;
    for (millis, old) in
        [(549, true), (550, false), (551, false), (550 + (half - 1), false), (551 + half, true)]
    {
        let mut run = before(Offer::Yes);
        let stray = stray(&run, 3001, millis);
        run.inject(stray);
        let taken: &[_] = if old { &[('n', 3000)] } else { &[('n', 3000), ('o', 1000)] };
        assert_eq!(received(&run), taken, "TSval {millis}");
    }
}
