//! The transmission control block: what every state from ESTABLISHED to LAST-ACK shares, behind one pointer.

use super::options::{Echo, Offered};
use super::receive::Receive;
use super::send::Send;
use super::tuning::Rare;
use crate::time::Instant;
use alloc::boxed::Box;

/// The sending and the receiving half, and whoever uses them.
#[derive(Clone, Debug)]
pub struct Tcb {
    pub(crate) snd: Send,
    pub(crate) rcv: Receive,
    /// What our SYN says.
    pub(super) offered: Offered,
    /// Timestamps, if both SYNs have them.
    pub(crate) echo: Option<Box<Echo>>,
    pub(crate) app: App,
    /// What few connections have.
    pub(super) rare: Option<Box<Rare>>,
    /// When it began.
    pub(super) established: Instant,
}

/// What the user may still do with a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum App {
    /// Send and receive, as the state allows.
    Open,
    /// Not receive: data that comes resets the connection.
    ReceiveShut,
    /// Nothing; the connection ends by itself (half-duplex close, RFC 9293 3.6.1).
    Gone,
}

impl Tcb {
    /// What is announced and counted as a segment of the peer's (3.8.6.2.2 names the effective send MSS).
    pub(super) const fn mss(&self) -> u16 {
        self.snd.mss
    }
}
