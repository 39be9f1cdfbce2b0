//! RST, both ways, in the middle of what the other end sends: a RST that is lost is answered again.

use crate::pair::{A_LITTLE, Ending, Plan, matrix, opener, text};
use crate::seen::{check_all, plan};
use closewait::rule::Rule;
use closewait::tcp::StateName;
use closewait::winsock::WsaError;
use closewait_sim::peer::{RecvError, State};

const MUCH: usize = 200_000;

/// SO_LINGER {1, 0} (CS-E4): smoltcp's call fails as smoltcp's calls do on a socket that is not open.
///
/// Mutation: a timeout that is not zero closes hard.
#[test]
fn closewait_resets() {
    let reset = |seed| Plan { theirs: MUCH, ..plan(seed, opener(seed), Ending::ClosewaitResets) };
    check_all(matrix(reset), |plan, ran| {
        assert_eq!((ran.ours.opened, ran.ours.end), (Some(Ok(())), None), "{plan:?} {ran:?}");
        let received = ran.ours.received.len();
        assert!(received >= A_LITTLE && ran.ours.received == text(1, MUCH)[..received], "{plan:?}");
        assert_eq!(ran.theirs.end, Some(Err(RecvError::InvalidState)), "{plan:?} {ran:?}");
        assert_eq!(
            ran.theirs.states[ran.theirs.states.len() - 2..],
            [State::Established, State::Closed],
            "{plan:?}"
        );
        let last = ran.seen.states.last().map(|&(to, _)| to);
        assert_eq!(last, Some(StateName::Closed), "{plan:?} {ran:?}");
        assert!(
            !ran.seen.states.iter().any(|&(to, _)| to == StateName::TimeWait),
            "CS-E11: {plan:?} {ran:?}"
        );
    });
}

/// CS-E5: recv and send fail with WSAECONNRESET.
///
/// Mutation: a reset gives WSAECONNABORTED.
#[test]
fn smoltcp_resets() {
    let reset = |seed| Plan { ours: MUCH, ..plan(seed, opener(seed), Ending::SmoltcpResets) };
    check_all(matrix(reset), |plan, ran| {
        let reset = Some(Err(WsaError::ConnReset));
        assert_eq!((ran.ours.opened, ran.ours.end), (Some(Ok(())), reset), "{plan:?} {ran:?}");
        let received = ran.theirs.received.len();
        assert!(received >= A_LITTLE && ran.theirs.received == text(0, MUCH)[..received], "{plan:?}");
        assert_eq!(ran.theirs.states.last(), Some(&State::Closed), "{plan:?} {ran:?}");
        let last = ran.seen.states.last();
        assert_eq!(last, Some(&(StateName::Closed, Rule::RstReceived)), "{plan:?} {ran:?}");
    });
}
