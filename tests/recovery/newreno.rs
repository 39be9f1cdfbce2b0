//! RFC 5681 3.2 and RFC 6582.

use super::run::{CWND, Eyes, FLIGHT, Run, SSTHRESH, at, link, plain};
use closewait::profile::Profile;
use closewait_sim::link::Verdict;

const TEXT: &str = "\
## NewReno (RFC 5681 section 3.2, RFC 6582)

The way takes 50 ms; 4001 and 7001 are lost. The first two duplicate ACKs let a new segment leave each (RFC 3042), the
third makes the loss certain: what follows is fast recovery (RFC 5681 3.2). An ACK of part of what was in flight at that
time says that the next segment is lost, too, and is no end of it (RFC 6582 3.2, step 3): one hole a round trip.
";

const BY_HAND: &str = "\
By hand, SMSS 1000. The first line is at cwnd 4000, all of it in flight:

- 0: slow start, 1000 for each of four ACKs: 8000. 4001 to 12001 leaves.
- 100: six of the eight arrived past the gap: six duplicates. Two let 12001 and 13001 leave. At the third ssthresh =
  FlightSize / 2, in which these two do not count (RFC 5681 3.2, 2) = 8000 / 2 = 4000; cwnd = ssthresh + 3 * 1000 = 7000;
  recover = 14001. Three more, 1000 each (3.2, 4): 10000. That much is in flight: nothing leaves.
- 200: 12001 and 13001 make two more: 11000, 12000, and each lets a segment leave. The ACK of 7001 is below recover, a
  partial one: cwnd = 12000 - 3000 + 1000 = 10000; in flight 12000 - 3000 = 9000. 7001 again, and a new one.
- 300: two more: 11000, 12000. The ACK of 16001 is past recover: 19001 - 16001 = 3000 are in flight, cwnd =
  min(ssthresh, max(3000, 1000) + 1000) = min(4000, 4000) = 4000 (RFC 6582 3.2, step 3, 1).
- Then congestion avoidance: 4000 + 1000 * 1000 / 4000 = 4250; + 1000 * 1000 / 4250 = 4485; + 1000 * 1000 / 4485 = 4707.
";

/// The same losses for both kinds of recovery. The first lines are left out: the first window.
pub(super) fn run(profile: &Profile) -> Run {
    let lost = [(4001, Verdict::Drop), (7001, Verdict::Drop)];
    let mut run = Run::new(profile, link(50, 1040), Eyes::Client, &lost);
    run.send(19_000);
    run.settle();
    run
}

/// When `run` begins to be of interest, in ms.
pub(super) const START: u64 = 200;

pub(crate) fn page() -> String {
    let table = run(&plain()).table(at(START), &[CWND, SSTHRESH, FLIGHT]);
    format!("{TEXT}\n```text\n{table}```\n\n{BY_HAND}")
}

/// After each ACK: when, SEG.ACK, cwnd, ssthresh, FlightSize, what left for it.
/// Mutation: ssthresh is the whole flight; a partial ACK ends the recovery; the window is not deflated; the third
/// duplicate does not inflate it.
#[test]
fn by_hand() {
    let new = 0;
    let expected = [
        (0, 1001, 5000, new, 5000, vec![4001, 5001]),
        (0, 2001, 6000, new, 6000, vec![6001, 7001]),
        (0, 3001, 7000, new, 7000, vec![8001, 9001]),
        (0, 4001, 8000, new, 8000, vec![10_001, 11_001]),
        (100, 4001, 8000, new, 9000, vec![12_001]),
        (100, 4001, 8000, new, 10_000, vec![13_001]),
        (100, 4001, 7000, 4000, 10_000, vec![4001]),
        (100, 4001, 8000, 4000, 10_000, vec![]),
        (100, 4001, 9000, 4000, 10_000, vec![]),
        (100, 4001, 10_000, 4000, 10_000, vec![]),
        (200, 4001, 11_000, 4000, 11_000, vec![14_001]),
        (200, 4001, 12_000, 4000, 12_000, vec![15_001]),
        (200, 7001, 10_000, 4000, 10_000, vec![7001, 16_001]),
        (300, 7001, 11_000, 4000, 11_000, vec![17_001]),
        (300, 7001, 12_000, 4000, 12_000, vec![18_001]),
        (300, 16_001, 4000, 4000, 3000, vec![]),
        (300, 17_001, 4250, 4000, 2000, vec![]),
        (400, 18_001, 4485, 4000, 1000, vec![]),
        (400, 19_001, 4707, 4000, 0, vec![]),
    ];
    assert_eq!(acks(&run(&plain()), |s| s.flight), expected);
}

/// An ACK and what comes of it: ms, SEG.ACK, cwnd, ssthresh (0: none), what `of` shows, what left.
type Ack = (u64, u32, u32, u32, u32, Vec<u32>);

/// Every ACK from `START` on.
pub(super) fn acks(run: &Run, of: fn(&closewait::tcp::status::Sending) -> u32) -> Vec<Ack> {
    let mut acks: Vec<Ack> = Vec::new();
    for line in run.lines().iter().filter(|line| line.at >= at(START)) {
        let segment = &line.packet.as_ref().expect("no timer fires").segment;
        if line.from == "server" {
            acks.push((line.at.since(at(START)).as_millis(), segment.ack.0, 0, 0, 0, Vec::new()));
        }
        let Some((_, _, cwnd, ssthresh, shown, left)) = acks.last_mut() else { continue };
        if line.from == "client" {
            left.push(segment.seq.0);
        }
        if let Some(s) = line.after.and_then(|after| after.sending) {
            (*cwnd, *ssthresh, *shown) = (s.cwnd, s.ssthresh.unwrap_or(0), of(&s));
        }
    }
    acks
}
