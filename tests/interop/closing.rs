//! Close, from either side first and from both at once: who is left in TIME_WAIT, and that it ends.

use crate::pair::{Ending, Plan, Ran, matrix, opener};
use crate::seen::{all_arrived, check_all, plan};
use closewait::rule::Rule;
use closewait::tcp::StateName;
use closewait_sim::peer::State;

/// A little data each way, so that the close has something to follow.
fn close(seed: u64, ending: Ending) -> Plan {
    Plan { ours: 5_000, theirs: 5_000, ..plan(seed, opener(seed), ending) }
}

/// What closewait went through after ESTABLISHED.
fn closing(ran: &Ran) -> Vec<StateName> {
    let names: Vec<_> = ran.seen.states.iter().map(|&(state, _)| state).collect();
    let opened = names.iter().position(|&name| name == StateName::Established).map_or(0, |i| i + 1);
    names[opened..].to_vec()
}

/// It stays for 2 MSL, unless something was lost: what it then says reaches a smoltcp that is gone, and whose RST
/// ends it. So a TIME-WAIT is assassinated (R26, RFC 1337), and, where smoltcp's own TIME-WAIT of 10 s is over first,
/// a CLOSING ends.
fn waits_in_time_wait(plan: &Plan, ran: &Ran) {
    let path = closing(ran);
    match ran.seen.states.last() {
        Some((StateName::Closed, Rule::TimeWaitOver)) => {}
        Some((StateName::Closed, Rule::RstReceived)) if plan.loss > 0 => {
            let (first, both) = (Some(&StateName::TimeWait), Some(&StateName::Closing));
            let before = path.iter().nth_back(1);
            assert!(before == first || plan.ending == Ending::Both && before == both, "{plan:?} {ran:?}");
        }
        other => panic!("{other:?}: {plan:?} {ran:?}"),
    }
}

/// Mutation: FIN in FIN-WAIT-2 leads to CLOSED.
#[test]
fn closewait_first() {
    check_all(matrix(|seed| close(seed, Ending::ClosewaitFirst)), |plan, ran| {
        all_arrived(plan, ran);
        waits_in_time_wait(plan, ran);
        // smoltcp closes only when it has seen the FIN: never CLOSING.
        let path = closing(ran);
        assert!(!path.contains(&StateName::Closing), "{plan:?} {ran:?}");
        assert!(ran.theirs.states.contains(&State::LastAck), "{plan:?} {ran:?}");
        assert!(!ran.theirs.states.contains(&State::TimeWait), "{plan:?} {ran:?}");
        if plan.loss == 0 {
            use StateName::{Closed, FinWait1, FinWait2, TimeWait};
            assert_eq!(path, [FinWait1, FinWait2, TimeWait, Closed], "{plan:?}");
        }
    });
}

/// Mutation: the ACK of our FIN leaves LAST-ACK as it is.
#[test]
fn smoltcp_first() {
    check_all(matrix(|seed| close(seed, Ending::SmoltcpFirst)), |plan, ran| {
        all_arrived(plan, ran);
        let path = closing(ran);
        assert_eq!(path, [StateName::CloseWait, StateName::LastAck, StateName::Closed], "{plan:?} {ran:?}");
        assert!(ran.theirs.states.contains(&State::TimeWait), "{plan:?} {ran:?}");
        if plan.loss == 0 {
            assert_eq!(ran.seen.states.last(), Some(&(StateName::Closed, Rule::FinAcked)), "{plan:?}");
        }
    });
}

/// RFC 9293 figure 13.
///
/// Mutation: the ACK of our FIN in CLOSING leads to CLOSED.
#[test]
fn both_at_once() {
    check_all(matrix(|seed| close(seed, Ending::Both)), |plan, ran| {
        all_arrived(plan, ran);
        waits_in_time_wait(plan, ran);
        assert!(ran.theirs.states.contains(&State::TimeWait), "{plan:?} {ran:?}");
        if plan.loss == 0 {
            use StateName::{Closed, Closing, FinWait1, TimeWait};
            assert_eq!(closing(ran), [FinWait1, Closing, TimeWait, Closed], "{plan:?}");
            assert!(ran.theirs.states.contains(&State::Closing), "{plan:?} {ran:?}");
        }
    });
}
