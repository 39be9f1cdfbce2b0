//! Data one way, the other way, and both ways at once: more than a window of it.

use crate::pair::{Ending, Plan, matrix, opener, run_into};
use crate::seen::{all_arrived, check_all, plan};
use closewait_sim::rng::Stream;
use closewait_sim::{Log, trace};

/// 50 to 200 KB, drawn from the seed.
fn size(seed: u64, whose: &str) -> usize {
    50_000 + Stream::new(seed, &format!("interop {whose}")).below(150_001) as usize
}

fn both(seed: u64) -> Plan {
    let ending = if seed % 4 < 2 { Ending::ClosewaitFirst } else { Ending::SmoltcpFirst };
    Plan { ours: size(seed, "ours"), theirs: size(seed, "theirs"), ..plan(seed, opener(seed), ending) }
}

/// Mutation: what is sent again is always the first of the text.
#[test]
fn to_smoltcp_every_byte_arrives_in_order() {
    check_all(matrix(|seed| Plan { theirs: 0, ..both(seed) }), all_arrived);
}

/// Mutation: text past a gap is kept one octet too far.
#[test]
fn from_smoltcp_every_byte_arrives_in_order() {
    check_all(matrix(|seed| Plan { ours: 0, ..both(seed) }), all_arrived);
}

/// Mutation: text past a gap is kept one octet too far.
#[test]
fn both_ways_at_once_every_byte_arrives_in_order() {
    check_all(matrix(both), all_arrived);
}

/// RFC 9293 3.8.6.1: windows close and open again; each end probes the other's.
///
/// Mutation: a closed window is never probed.
#[test]
fn between_slow_readers_every_byte_arrives_in_order() {
    let slow = |seed| Plan { slow: true, ..both(seed) };
    check_all(matrix(slow), |plan, ran| {
        all_arrived(plan, ran);
        // With loss it may be too slow for that.
        assert!(plan.loss > 0 || ran.seen.closed.iter().all(|&n| n > 0), "{plan:?} {ran:?}");
    });
}

/// What a link corrupts reaches smoltcp as bytes: its own checksums refuse it.
///
/// Mutation: smoltcp's device says that TCP checksums need not be verified.
#[test]
fn under_every_fault_at_once_every_byte_arrives_in_order() {
    let faulty = matrix(both).filter(|plan| plan.loss == 1).map(|plan| Plan { faults: true, ..plan });
    check_all(faulty, |plan, ran| {
        all_arrived(plan, ran);
        assert!(ran.seen.undecodable > 0, "{plan:?} {ran:?}");
    });
}

/// smoltcp's random numbers come from the world's seed, its time from the world's clock.
///
/// Mutation: smoltcp's seed counts the stacks made before.
#[test]
fn the_same_seed_gives_the_same_log() {
    let jsonl = |plan: &Plan| {
        let mut log = Log::default();
        let (world, ..) = run_into(plan, &mut log);
        trace::jsonl(&log, &world)
    };
    for seed in 0..4 {
        let plan = Plan { loss: 10, v6: seed % 2 == 0, ..both(seed) };
        let (first, second) = (jsonl(&plan), jsonl(&plan));
        assert!(first == second, "{plan:?}");
        assert!(first != jsonl(&Plan { seed: seed + 1000, ..plan }), "{plan:?}: the seed does not matter");
    }
}
