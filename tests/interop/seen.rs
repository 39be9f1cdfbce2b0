//! What a run's log showed.

use crate::pair::{Ending, Opener, Plan, Ran, text};
use closewait::packet::{Options, Packet, Segment};
use closewait::rule::Rule;
use closewait::tcp::StateName;
use closewait_sim::Sink;
use closewait_sim::peer::State;
use closewait_sim::trace::{Entry, What};

/// Segments that are neither SYN nor RST.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Others {
    pub(crate) all: u64,
    pub(crate) stamped: u64,
    pub(crate) with_sack: u64,
    /// The largest window, as it is in the header.
    pub(crate) window: u16,
}

#[derive(Clone, Default, Debug)]
pub(crate) struct Seen {
    /// closewait's connection: each state that it came to, and why.
    pub(crate) states: Vec<(StateName, Rule)>,
    /// Segments that closewait sent again.
    pub(crate) again: u64,
    /// Text that smoltcp sent, in bytes, each time that it sent it.
    pub(crate) their_text: usize,
    /// Segments that announced a closed window: closewait's, smoltcp's.
    pub(crate) closed: [u64; 2],
    /// What arrived with a bit wrong, at either end.
    pub(crate) undecodable: u64,
    /// The options of the first SYN of each: closewait's, smoltcp's.
    pub(crate) syns: [Option<Options>; 2],
    /// Segments after the handshake's SYNs, without RST: closewait's, smoltcp's.
    pub(crate) others: [Others; 2],
    /// closewait's retransmission gave up.
    pub(crate) gave_up: bool,
}

impl Sink for Seen {
    fn record(&mut self, entry: Entry) {
        match entry.what {
            What::Sent { packet: Packet { segment, .. }, rule, .. } => {
                let theirs = rule == Rule::Outside;
                self.again += u64::from(matches!(rule, Rule::Retransmission | Rule::GoBack));
                self.their_text += if theirs { segment.text_len() as usize } else { 0 };
                self.note_options(usize::from(theirs), &segment);
                self.closed[usize::from(theirs)] += u64::from(segment.wnd == 0 && !segment.rst());
            }
            What::Undecodable { .. } => self.undecodable += 1,
            What::State { to, rule, .. } => self.states.push((to, rule)),
            What::Timer { rule: Rule::GaveUp | Rule::SynGaveUp, .. } => self.gave_up = true,
            What::Timer { .. }
            | What::Call { .. }
            | What::Blocked { .. }
            | What::Returned { .. }
            | What::Received { .. }
            | What::SentMessage { .. }
            | What::ReceivedMessage { .. }
            | What::Dropped { .. }
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

impl Seen {
    fn note_options(&mut self, side: usize, segment: &Segment) {
        if segment.syn() {
            self.syns[side].get_or_insert(segment.options.clone());
        } else if !segment.rst() {
            let Others { all, stamped, with_sack, window } = &mut self.others[side];
            *all += 1;
            *stamped += u64::from(segment.options.timestamps.is_some());
            *with_sack += u64::from(!segment.options.sack.is_empty());
            *window = segment.wnd.max(*window);
        }
    }
}

/// Runs plans; checks each, but for those whose retransmission gave up: they must be few, and never without loss.
pub(crate) fn check_all(plans: impl Iterator<Item = Plan>, check: impl Fn(&Plan, &Ran)) {
    let (mut all, mut gave_up, mut again, mut their_again) = (0_u64, 0_u64, 0_u64, 0_usize);
    for plan in plans {
        let mut ran = crate::pair::run(&plan);
        all += 1;
        again += ran.seen.again;
        their_again += ran.seen.their_text.saturating_sub(plan.theirs);
        if ran.seen.gave_up {
            assert!(plan.loss > 0 || plan.faults, "nothing was lost: {plan:?} {:?}", ran.seen);
            gave_up += 1;
            continue;
        }
        assert!(ran.ours.finished, "closewait's program did not finish: {plan:?} {ran:?}");
        assert_eq!(ran.theirs.states.last(), Some(&State::Closed), "{plan:?} {ran:?}");
        assert_eq!(ran.world.next_event(), None, "{plan:?}");
        assert_eq!(ran.world.stuck(), [], "{plan:?} {ran:?}");
        assert_eq!(ran.world.host(ran.host).leaks(), [], "{plan:?}");
        // What probed a closed window is sent again when it opens.
        if plan.loss == 0 && !plan.faults && !plan.slow {
            assert_eq!(ran.seen.again, 0, "sent again, though nothing was lost: {plan:?} {ran:?}");
        }
        check(&plan, &ran);
    }
    println!("{all} runs, {gave_up} gave up; {again} segments sent again, {their_again} bytes by smoltcp");
    assert!(gave_up * 100 <= all, "{gave_up} of {all} gave up");
    assert!(again > 0, "nothing was ever lost");
}

/// A graceful close: every byte arrived at both ends, both saw the end of the stream, both are closed.
pub(crate) fn all_arrived(plan: &Plan, ran: &Ran) {
    assert_eq!((ran.ours.opened, ran.ours.end), (Some(Ok(())), Some(Ok(()))), "{plan:?} {ran:?}");
    assert_eq!(ran.theirs.end, Some(Ok(())), "{plan:?} {ran:?}");
    assert!(ran.ours.received == text(1, plan.theirs), "not what smoltcp sent: {plan:?}");
    assert!(ran.theirs.received == text(0, plan.ours), "not what closewait sent: {plan:?}");
    assert_eq!(ran.seen.states.last().map(|&(to, _)| to), Some(StateName::Closed), "{plan:?} {ran:?}");
    if plan.loss == 0 && !plan.faults && !plan.slow {
        assert_eq!(ran.seen.their_text, plan.theirs, "smoltcp sent text again: {plan:?}");
    }
}

/// A plan without data, whose opener takes turns.
pub(crate) const fn plan(seed: u64, opener: Opener, ending: Ending) -> Plan {
    Plan {
        offers: None,
        seed,
        v6: false,
        loss: 0,
        faults: false,
        slow: false,
        opener,
        ours: 0,
        theirs: 0,
        ending,
    }
}
