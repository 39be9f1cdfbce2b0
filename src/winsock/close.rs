//! What `closesocket` does, as one pure function: the linger table with the rulings that come before it.
//!
//! [`disposition`] looks at what is being closed and at the profile, and says what is to happen and by which
//! rule. `closesocket.rs` carries it out. Its whole domain is enumerated in `docs/generated/disposition.md`.

use super::options::Linger;
use crate::profile::{NonblockingLinger, Profile, UnsafeClose};
use crate::rule::Rule;
use crate::tcp::StateName;

/// What a handle that is being closed stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Subject {
    /// A socket without connection, bound or not.
    Unconnected,
    /// A listening socket.
    Listener,
    /// A connection, in the state of that name; CLOSED if it is over.
    Connection(StateName),
}

/// All that `closesocket` looks at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Closing {
    /// What the socket is.
    pub subject: Subject,
    /// Its linger option.
    pub linger: Linger,
    /// It is nonblocking.
    pub nonblocking: bool,
    /// No other descriptor of the socket remains.
    pub last_reference: bool,
    /// Received data is unread.
    pub unread: bool,
    /// Data is unsent or unacknowledged.
    pub unacknowledged: bool,
    /// A receive is pending.
    pub receive_pending: bool,
}

/// What is to happen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Disposition {
    /// The handle goes; the socket stays as it is.
    KeepSocket,
    /// The handle, the socket and its name go; nothing is sent.
    Forget,
    /// The listener ends (R21).
    StopListening,
    /// The connection attempt ends (R24).
    StopOpening,
    /// A hard close: RST if the state has one to send, data lost, no TIME_WAIT entered.
    Hard,
    /// A graceful close in the background; returns at once.
    Graceful,
    /// A graceful close that is waited for this many seconds, then a hard one.
    Linger(u16),
    /// WSAEWOULDBLOCK: nothing happens.
    WouldBlock,
}

/// Decides what `closesocket` does.
#[must_use]
pub fn disposition(closing: &Closing, profile: &Profile) -> (Disposition, Rule) {
    use Disposition::{Forget, Hard, KeepSocket, StopListening, StopOpening};
    let Closing {
        subject,
        linger,
        nonblocking: _,
        last_reference,
        unread: _,
        unacknowledged: _,
        receive_pending: _,
    } = *closing;
    if !last_reference {
        return (KeepSocket, Rule::NotLastReference);
    }
    let hard = linger.l_onoff != 0 && linger.l_linger == 0;
    match subject {
        Subject::Unconnected => (Forget, Rule::NoConnectionToClose),
        Subject::Listener => (StopListening, Rule::CloseListening),
        Subject::Connection(state) => match state {
            StateName::Closed | StateName::Listen => (Forget, Rule::AlreadyEnded),
            StateName::SynSent => (StopOpening, Rule::CloseOpening),
            StateName::SynReceived if hard => (Hard, Rule::HardClose),
            StateName::SynReceived => (StopOpening, Rule::CloseOpening),
            StateName::Established | StateName::FinWait1 | StateName::FinWait2 | StateName::CloseWait => {
                open_connection(closing, hard, profile)
            }
            StateName::Closing | StateName::LastAck | StateName::TimeWait => {
                late_connection(closing, hard, profile)
            }
        },
    }
}

/// ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT: R4 and R5, then the linger table.
fn open_connection(closing: &Closing, hard: bool, profile: &Profile) -> (Disposition, Rule) {
    if closing.unread && profile.close_with_unread == UnsafeClose::Reset {
        (Disposition::Hard, Rule::UnreadData)
    } else if closing.receive_pending
        && !closing.unread
        && profile.close_with_receive_pending == UnsafeClose::Reset
    {
        (Disposition::Hard, Rule::ReceivePending)
    } else if hard {
        (Disposition::Hard, Rule::HardClose)
    } else {
        graceful(closing, profile)
    }
}

/// CLOSING, LAST_ACK, TIME_WAIT: R28, then the linger table.
fn late_connection(closing: &Closing, hard: bool, profile: &Profile) -> (Disposition, Rule) {
    let unread = closing.unread && profile.close_with_unread == UnsafeClose::Reset;
    if hard || unread { (Disposition::Hard, Rule::HardCloseLate) } else { graceful(closing, profile) }
}

/// The rows of the linger table that end in FIN (CS-D1, CS-D3, CS-E1, CS-E6, CS-E10).
fn graceful(closing: &Closing, profile: &Profile) -> (Disposition, Rule) {
    let Linger { l_onoff, l_linger } = closing.linger;
    if l_onoff == 0 {
        (Disposition::Graceful, Rule::GracefulClose)
    } else if !closing.nonblocking {
        (Disposition::Linger(l_linger), Rule::LingeringClose)
    } else {
        match (profile.nonblocking_linger, closing.unacknowledged) {
            (NonblockingLinger::WouldBlockIfUnsent, false) => {
                (Disposition::Graceful, Rule::GracefulNonblocking)
            }
            (NonblockingLinger::WouldBlockIfUnsent, true) | (NonblockingLinger::AlwaysWouldBlock, _) => {
                (Disposition::WouldBlock, Rule::CloseWouldBlock)
            }
        }
    }
}
