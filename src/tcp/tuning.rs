//! What a user may set for one connection and few do, behind one pointer: a connection without it does not pay.

use super::{Cx, State, Tcb, keep_alive};
use crate::profile::KeepAlive;
use alloc::boxed::Box;
use core::num::NonZeroU8;

/// Settings of one connection in the place of the profile's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Tuning {
    /// The ACK leaves at once when so many segments wait for it (R65); none: as the profile says.
    pub ack_frequency: Option<NonZeroU8>,
    /// Keep-alive (RFC 9293 3.8.4); none: off.
    pub keep_alive: Option<KeepAlive>,
}

/// A [`Tuning`] and what goes with it.
#[derive(Clone, Debug)]
pub(super) struct Rare {
    pub(super) tuning: Tuning,
    pub(super) keep_alive: keep_alive::Clock,
}

impl Tcb {
    pub(super) fn tune(&mut self, tuning: Tuning, cx: &Cx<'_>) {
        let same = |rare: &Rare| rare.tuning.keep_alive == tuning.keep_alive;
        if tuning == Tuning::default() {
            self.rare = None;
        } else if let Some(rare) = self.rare.as_mut().filter(|rare| same(rare)) {
            rare.tuning = tuning;
        } else {
            let keep_alive = keep_alive::Clock::start(tuning.keep_alive, cx.now);
            self.rare = Some(Box::new(Rare { tuning, keep_alive }));
        }
    }
}

impl State {
    /// Settings of this connection alone. A keep-alive that changes begins to count now.
    pub fn tune(&mut self, tuning: Tuning, cx: &Cx<'_>) {
        match self {
            Self::SynSent(s) => s.settings.tuning = tuning,
            Self::SynReceived(s) => s.settings.tuning = tuning,
            with_tcb!() | Self::TimeWait(_) | Self::Closed(_) => {
                if let Some(tcb) = self.tcb_mut() {
                    tcb.tune(tuning, cx);
                }
            }
        }
    }
}
