//! RFC 2018 and RFC 6675.

use super::newreno::{START, acks, run};
use super::run::{CWND, FLIGHT, PIPE, SSTHRESH, at, plain};
use closewait::packet::Options;
use closewait::profile::{Offer, Profile};

const TEXT: &str = "\
## SACK recovery (RFC 2018, RFC 6675)

The same run, and the same two losses, with SACK. Each duplicate ACK names what came past the gap, what came last in its
first block (RFC 2018 section 4): so both holes are known at once and filled within one round trip, where NewReno needs two.
cwnd is not inflated; what may leave is cwnd less the pipe, the octets that are thought to be in the network (RFC 6675
section 4).
";

const BY_HAND: &str = "\
By hand. A hole is lost once three blocks, or more than 2 * 1000 octets, were received past it (IsLost); the pipe counts
what lies past the highest block, holes that are not lost, and what was sent again of holes (SetPipe):

- 100, first and second: past 4001 the server has 1000 octets, then 2000: not lost, so the hole counts. Pipe:
  13001 - 6001 + 1000 = 8000; 14001 - 7001 + 1000 = 8000.
- 100, third: 3000 octets past 4001: lost. ssthresh = cwnd = 8000 / 2 = 4000, RecoveryPoint 14001. 4001 goes out again
  whatever the pipe is (step 4.3). The other hole, 7001, has 1000 octets past it. Pipe: 14001 - 9001 = 5000, + 1000 for 4001
  again, + 1000 for 7001 = 7000.
- 100, fourth to sixth: the highest block ends at 10001: 4000 + 1000 + 1000 = 6000. At 11001, now 3000 octets past 7001, which
  is lost and counts no more: 3000 + 1000 = 4000. At 12001: 2000 + 1000 = 3000, room for one segment: 7001 again
  (NextSeg, rule 1), 4000.
- 200: the block ends at 13001: 1000 + 2 * 1000 = 3000, one new segment (rule 2): 4000. At 14001: 0 + 2000 + 1000 = 3000, one
  new segment: 4000. The ACK of 7001: what was sent again of the first hole has arrived: 3000, one more: 4000. The ACK of
  14001 is RecoveryPoint: the recovery ends with cwnd 4000, and 17001 - 14001 = 3000 in flight: one more leaves.
- Then congestion avoidance: 4000 + 1000 * 1000 / 4000 = 4250, and so on.
";

fn with_sack() -> Profile {
    Profile { sack: Offer::Yes, ..plain() }
}

pub(crate) fn page() -> String {
    let table = run(&with_sack()).table(at(START), &[CWND, SSTHRESH, FLIGHT, PIPE]);
    format!("{TEXT}\n```text\n{table}```\n\n{BY_HAND}")
}

/// After each ACK: when, SEG.ACK, cwnd, ssthresh, the pipe, what left for it.
/// Mutation: a hole is lost as soon as something is past it; cwnd is inflated; the pipe does not count what was sent
/// again.
#[test]
fn by_hand() {
    let none = 0;
    let expected = [
        (0, 1001, 5000, none, 5000, vec![4001, 5001]),
        (0, 2001, 6000, none, 6000, vec![6001, 7001]),
        (0, 3001, 7000, none, 7000, vec![8001, 9001]),
        (0, 4001, 8000, none, 8000, vec![10_001, 11_001]),
        (100, 4001, 8000, none, 8000, vec![12_001]),
        (100, 4001, 8000, none, 8000, vec![13_001]),
        (100, 4001, 4000, 4000, 7000, vec![4001]),
        (100, 4001, 4000, 4000, 6000, vec![]),
        (100, 4001, 4000, 4000, 4000, vec![]),
        (100, 4001, 4000, 4000, 4000, vec![7001]),
        (200, 4001, 4000, 4000, 4000, vec![14_001]),
        (200, 4001, 4000, 4000, 4000, vec![15_001]),
        (200, 7001, 4000, 4000, 4000, vec![16_001]),
        (200, 14_001, 4000, 4000, 4000, vec![17_001]),
        (300, 15_001, 4250, 4000, 4000, vec![18_001]),
        (300, 16_001, 4485, 4000, 3000, vec![]),
        (300, 17_001, 4707, 4000, 2000, vec![]),
        (300, 18_001, 4919, 4000, 1000, vec![]),
        (400, 19_001, 5122, 4000, 0, vec![]),
    ];
    assert_eq!(acks(&run(&with_sack()), |s| s.pipe), expected);
}

/// RFC 2018 section 4: the first block has the segment that made the ACK leave, then come those that were reported last.
/// Mutation: the newest block comes last.
#[test]
fn the_holes_by_hand() {
    let run = run(&with_sack());
    let acks = run.lines().iter().filter_map(|line| line.packet.as_ref().filter(|_| line.from == "server"));
    let blocks = acks.filter_map(|packet| {
        let Options { sack, .. } = &packet.segment.options;
        let blocks: Vec<_> = sack.as_slice().iter().map(|(left, right)| (left.0, right.0)).collect();
        (!blocks.is_empty()).then_some((packet.segment.ack.0, blocks))
    });
    let expected = [
        (4001, vec![(5001, 6001)]),
        (4001, vec![(5001, 7001)]),
        (4001, vec![(8001, 9001), (5001, 7001)]),
        (4001, vec![(8001, 10_001), (5001, 7001)]),
        (4001, vec![(8001, 11_001), (5001, 7001)]),
        (4001, vec![(8001, 12_001), (5001, 7001)]),
        (4001, vec![(8001, 13_001), (5001, 7001)]),
        (4001, vec![(8001, 14_001), (5001, 7001)]),
        (7001, vec![(8001, 14_001)]),
    ];
    assert_eq!(blocks.collect::<Vec<_>>(), expected);
}
