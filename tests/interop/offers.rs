//! Window scaling, SACK and timestamps, each offered or not by closewait; timestamps and buffers beyond 64 KB by smoltcp,
//! too, which offers the other two always: what the SYNs carry, what is used then, and that every byte arrives.

use crate::pair::{Ending, LARGE, Offers, Opener, Plan, Ran, opener};
use crate::scale;
use crate::seen::{Others, all_arrived, check_all, plan};
use closewait::packet::Options;
use std::cell::Cell;

/// Every combination, 0, 1 and 10 % loss, both openers, both families in turn; two seeds each.
fn cells() -> impl Iterator<Item = Plan> {
    let seeds = u64::from(scale::cases(2));
    let cells = Offers::all().flat_map(|offers| [0, 1, 10].map(|loss| (offers, loss)));
    let seeded = cells.flat_map(move |(offers, loss)| (0..seeds).map(move |n| (offers, loss, n)));
    seeded.enumerate().map(|(i, (offers, loss, n))| {
        let seed = n + 2 * u64::from(i % 4 < 2);
        let ending = if i % 8 < 4 { Ending::ClosewaitFirst } else { Ending::SmoltcpFirst };
        let (offers, v6) = (Some(offers), i % 3 == 0);
        Plan { offers, v6, loss, ours: 120_000, theirs: 120_000, ..plan(seed, opener(seed), ending) }
    })
}

/// What each SYN has: window scale, SACK permitted, timestamps. closewait's, smoltcp's.
fn carried(syn: &Options) -> (Option<u8>, bool, bool) {
    (syn.window_scale, syn.sack_permitted, syn.timestamps.is_some())
}

/// RFC 7323 2.2 and 3.2, RFC 2018 section 2: an option is in a SYN if its sender offers it, in a SYN+ACK if the SYN had
/// it, too; it is used if both had it.
fn agrees(plan: &Plan, offers: Offers, ran: &Ran) {
    let Offers { window_scaling, sack, timestamps, their_timestamps, large } = offers;
    let [Some(ours), Some(theirs)] = &ran.seen.syns else { panic!("two SYNs: {plan:?} {ran:?}") };
    let closewait_opens = plan.opener == Opener::Closewait;
    // 2^18 >> 2 is one too many for 16 bits.
    let shift = if large { 3 } else { 0 };
    let both_stamp = timestamps && their_timestamps;
    let expected =
        (window_scaling.then_some(shift), sack, if closewait_opens { timestamps } else { both_stamp });
    assert_eq!(carried(ours), expected, "closewait's SYN: {plan:?}");
    let expected = (
        (window_scaling || !closewait_opens).then_some(shift),
        sack || !closewait_opens,
        if closewait_opens { both_stamp } else { their_timestamps },
    );
    assert_eq!(carried(theirs), expected, "smoltcp's SYN: {plan:?}");
    for (side, Others { all, stamped, with_sack, window }) in ran.seen.others.into_iter().enumerate() {
        let expected = if both_stamp { all } else { 0 };
        assert_eq!(stamped, expected, "{stamped} of {all} with timestamps, side {side}: {plan:?}");
        assert!(sack || with_sack == 0, "SACK, side {side}: {plan:?}");
        let most = u32::from(window) << if window_scaling { shift } else { 0 };
        assert!(most <= LARGE && (!large || !window_scaling || most > 65_535), "{most}: {plan:?}");
    }
}

/// Mutation: a SYN+ACK has timestamps although the SYN had none.
#[test]
fn each_option_on_and_off() {
    let sacks = Cell::new([0, 0_u64]);
    check_all(cells(), |plan, ran| {
        agrees(plan, plan.offers.expect("a cell has them"), ran);
        all_arrived(plan, ran);
        let ([a, b], [ours, theirs]) = (sacks.get(), ran.seen.others);
        sacks.set([a + ours.with_sack, b + theirs.with_sack]);
    });
    assert!(sacks.get().into_iter().all(|n| n > 0), "segments with SACK blocks: {:?}", sacks.get());
}
