//! 10 % loss both ways, or every fault at once, 0 to 1 MiB each way, every order and kind of close: what arrives is a prefix of what was
//! sent, a graceful close delivers all of it, and every world comes to rest.
//!
//! 1,000 seeds; `CLOSEWAIT_CASES=n` runs n thousand.

mod lossy;
mod scale;

use closewait::packet::Flags;
use closewait::rule::Rule;
use closewait_sim::link::Fate;
use closewait_sim::trace::{Entry, What};
use closewait_sim::{Sink, World};
use lossy::{Pair, Plan, Seen, build};

/// What happened in a world, or in all of them.
#[derive(Clone, Copy, Default, Debug)]
struct Counts {
    resent_syn: u64,
    resent_data: u64,
    resent_fin: u64,
    past_gap: u64,
    zero_window: u64,
    probes: u64,
    /// Retransmission or an orphan's patience ended: the other end may never learn of it.
    gave_up: u64,
    /// A RST is not sent again: an end that has nothing to send never learns of one that was lost, or lies past a
    /// gap while the challenge it draws is lost.
    lost_rst: u64,
    rst: u64,
    undecodable: u64,
    twice: u64,
    queue_full: u64,
}

impl Sink for Counts {
    fn record(&mut self, entry: Entry) {
        match entry.what {
            What::Sent { packet, rule, fate } => {
                let segment = &packet.segment;
                let again = matches!(rule, Rule::Retransmission | Rule::GoBack);
                self.resent_syn += u64::from(again && segment.syn());
                self.resent_data += u64::from(again && segment.text_len() > 0);
                self.resent_fin += u64::from(again && segment.fin());
                self.past_gap += u64::from(rule == Rule::OutOfOrder);
                self.zero_window += u64::from(segment.wnd == 0 && !segment.rst());
                self.probes += u64::from(rule == Rule::ZeroWindowProbe);
                let rst = segment.flags.contains(Flags::RST);
                self.rst += u64::from(rst);
                let news = rst || rule == Rule::RstChallenge;
                let arrives = matches!(fate, Fate::Arrives(_) | Fate::ArrivesTwice(_));
                self.lost_rst += u64::from(news && !arrives);
                self.twice += u64::from(matches!(fate, Fate::ArrivesTwice(_)));
                self.queue_full += u64::from(fate == Fate::QueueFull);
            }
            What::Undecodable { .. } => self.undecodable += 1,
            What::Dropped { rule: Rule::UnacceptableRst, .. } => self.lost_rst += 1,
            What::Timer { rule: Rule::GaveUp | Rule::SynGaveUp | Rule::FinWait2Over, .. } => {
                self.gave_up += 1;
            }
            What::Call { .. }
            | What::Blocked { .. }
            | What::Returned { .. }
            | What::Received { .. }
            | What::SentMessage { .. }
            | What::ReceivedMessage { .. }
            | What::Dropped { .. }
            | What::State { .. }
            | What::Timer { .. }
            | What::Notified { .. }
            | What::ProcessEnded { .. }
            | What::ThreadEnded { .. }
            | What::Told(_)
            | What::Crashed
            | What::NetworkFailed
            | What::NetworkRestored
            | What::LinkCut { .. }
            | What::LinkHealed { .. }
            | What::Net { .. } => {}
        }
    }
}

impl Counts {
    fn add(&mut self, other: Self) {
        let Self {
            resent_syn,
            resent_data,
            resent_fin,
            past_gap,
            zero_window,
            probes,
            gave_up,
            lost_rst,
            rst,
            undecodable,
            twice,
            queue_full,
        } = other;
        self.resent_syn += resent_syn;
        self.resent_data += resent_data;
        self.resent_fin += resent_fin;
        self.past_gap += past_gap;
        self.zero_window += zero_window;
        self.probes += probes;
        self.gave_up += gave_up;
        self.lost_rst += lost_rst;
        self.rst += rst;
        self.undecodable += undecodable;
        self.twice += twice;
        self.queue_full += queue_full;
    }
}

fn check(plan: &Plan, world: &mut World, seen: &[Seen; 2], counts: Counts) {
    assert_eq!(world.next_event(), None, "an event is left: {plan:?}");
    assert_eq!(world.stuck(), [], "{plan:?} {seen:?}");
    for host in world.hosts() {
        assert_eq!(world.host(host).leaks(), [], "{plan:?}");
    }
    for (me, peer) in [(&seen[0], &seen[1]), (&seen[1], &seen[0])] {
        assert!(me.finished, "a program did not finish: {plan:?} {seen:?}");
        assert_eq!(me.wrong, None, "not what was sent: {plan:?}");
        assert!(me.received <= peer.queued, "more than was sent: {plan:?}");
        // A RST that overtakes the handshake's ACK sends SYN-RECEIVED back to LISTEN: nobody is there to accept.
        let unaccepted = !me.connected && counts.rst > 0;
        let silence = counts.gave_up + counts.lost_rst > 0 || unaccepted;
        assert!(!me.bitten || silence, "the watchdog had to end it, without cause: {plan:?} {seen:?}");
        if me.end == Some(Ok(())) {
            assert_eq!(me.received, peer.queued, "the end of the stream came before its last byte: {plan:?}");
        }
        // Nobody gave up and nobody sent a RST: the network allowed a graceful close, and all of it arrived.
        if counts.gave_up == 0 && counts.rst == 0 && me.end.is_some() {
            assert_eq!(me.end, Some(Ok(())), "{plan:?}");
        }
    }
}

/// Mutation: received text loses its first byte.
#[test]
fn every_byte_is_right_and_every_world_comes_to_rest() {
    let total = run_all((0..u64::from(scale::cases(1_000))).map(|seed| Plan::draw(seed, 10)));
    assert!(total.resent_syn > 0 && total.resent_data > 0 && total.resent_fin > 0, "{total:?}");
    assert!(total.past_gap > 0 && total.zero_window > 0 && total.probes > 0, "{total:?}");
}

/// Jitter, a rate with a short queue, loss, reordering, duplicates and corruption, all at once.
///
/// Mutation: `wire::decode` does not verify checksums (wrong bytes are delivered).
#[test]
fn under_every_fault_at_once_the_same_holds() {
    let total = run_all((0..u64::from(scale::cases(1_000))).map(Plan::draw_faulty));
    assert!(total.undecodable > 0 && total.twice > 0 && total.queue_full > 0, "{total:?}");
}

fn run_all(plans: impl Iterator<Item = Plan>) -> Counts {
    let mut total = Counts::default();
    let mut both_ended_well = 0;
    for plan in plans {
        let Pair { mut world, mut programs, seen, .. } = build(&plan);
        let mut counts = Counts::default();
        programs.run(&mut world, &mut counts).expect("time does not end");
        world.assert_invariants();
        let seen = seen.map(|seen| seen.borrow().clone());
        check(&plan, &mut world, &seen, counts);
        both_ended_well += u32::from(seen.iter().all(|s| s.end == Some(Ok(()))));
        total.add(counts);
    }
    println!("{total:?}, both ends read to the end in {both_ended_well} worlds");
    assert!(both_ended_well > 0, "some worlds end well at both ends");
    total
}

/// Without loss nothing is ever sent twice and nobody gives up.
///
/// Mutation: received text loses its first byte.
#[test]
fn without_loss_nothing_is_sent_twice() {
    for seed in 0..u64::from(scale::cases(200)) {
        let plan = Plan::draw(seed, 0);
        let Pair { mut world, mut programs, seen, .. } = build(&plan);
        let mut counts = Counts::default();
        programs.run(&mut world, &mut counts).expect("time does not end");
        check(&plan, &mut world, &seen.map(|seen| seen.borrow().clone()), counts);
        assert_eq!((counts.resent_syn, counts.past_gap), (0, 0), "{plan:?}");
        // A probe into a closed window is dropped there, and sent again when it opens.
        if counts.probes == 0 {
            assert_eq!((counts.resent_data, counts.resent_fin), (0, 0), "{plan:?}");
        }
    }
}
