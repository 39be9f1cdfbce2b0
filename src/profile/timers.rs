//! Fields of a profile that are timers with what belongs to them.

use crate::time::Duration;

/// R65, RFC 9293 3.8.6.3: how long an ACK of text in order waits for something to travel with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DelayedAck {
    /// The ACK leaves at once when so many segments with text wait for it. 1: it never waits.
    pub segments: u8,
    /// How long it waits, counted from the first of them.
    pub time: Duration,
}

/// R67, RFC 9293 3.8.4: keep-alive.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct KeepAlive {
    /// How long nothing was heard before the first probe.
    pub idle: Duration,
    /// How long each probe waits for an answer.
    pub interval: Duration,
    /// After so many unanswered probes the connection is over. At least 1.
    pub probes: u8,
}
