//! Where the profiles differ; and, to see that the test sees, rules that can be wrong.

use super::Socket;
use super::closing::Closing;
use closewait::tcp::StateName;
use closewait::winsock::WsaError;

/// A rule of the reference that is wrong on purpose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wrong {
    /// CS-B2: any descriptor's close acts on the socket.
    AnyDescriptorIsTheLast,
    /// R13: a cancelled call fails with WSAECONNABORTED.
    CancelledIsAborted,
    /// CS-E6: nobody ever lingers.
    NobodyLingers,
    /// CS-C3: SO_DONTLINGER forgets the timeout.
    DontLingerForgets,
}

/// WINDOWS or DOCUMENTED, and what is wrong with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) windows: bool,
    pub(crate) wrong: Option<Wrong>,
}

impl Rules {
    pub(crate) fn is_wrong(self, wrong: Wrong) -> bool {
        self.wrong == Some(wrong)
    }

    /// R5: a close while a receive is pending resets in WINDOWS; DOCUMENTED follows the linger table.
    pub(crate) const fn resets_with_receive_pending(self) -> bool {
        self.windows
    }

    /// R20: a close that is not the last cancels the process's calls in DOCUMENTED; in WINDOWS it cancels nothing.
    pub(crate) const fn any_close_cancels(self) -> bool {
        !self.windows
    }

    /// R13.
    pub(crate) fn cancelled_code(self) -> WsaError {
        if self.is_wrong(Wrong::CancelledIsAborted) { WsaError::ConnAborted } else { WsaError::Intr }
    }

    /// R11: the code after a RST, by whether the peer's FIN had come before.
    pub(crate) const fn reset_code(self, after_fin: bool) -> WsaError {
        if self.windows && after_fin { WsaError::ConnAborted } else { WsaError::ConnReset }
    }

    /// R14.
    pub(crate) const fn gave_up_code(self) -> WsaError {
        if self.windows { WsaError::ConnAborted } else { WsaError::TimedOut }
    }

    /// R2: whether what a lingering close waits for has come. DOCUMENTED: all data is acknowledged. WINDOWS: our FIN, too.
    pub(crate) const fn lingered(self, state: StateName, unacknowledged: usize) -> bool {
        use StateName::*;
        match state {
            Closed | Listen | SynSent | SynReceived | FinWait2 | TimeWait => true,
            Established | FinWait1 | CloseWait | Closing | LastAck => !self.windows && unacknowledged == 0,
        }
    }

    /// CS-C3, CS-C4, R3, R30: TRUE makes l_onoff 0; FALSE makes it 1, with the timeout that SO_LINGER named, else the
    /// profile's.
    pub(crate) fn dontlinger(self, socket: &mut Socket, yes: bool) {
        /// 4.3BSD's, in every profile.
        const UNNAMED: u16 = 120;
        socket.l_onoff = u16::from(!yes);
        if !yes && !socket.named {
            socket.l_linger = UNNAMED;
        }
        if yes && self.is_wrong(Wrong::DontLingerForgets) {
            socket.l_linger = 0;
        }
    }

    /// What a close would be, if nobody ever lingered.
    pub(crate) fn wrongly(self, closing: Closing) -> Closing {
        if closing == Closing::Lingers && self.is_wrong(Wrong::NobodyLingers) {
            Closing::Graceful
        } else {
            closing
        }
    }
}
