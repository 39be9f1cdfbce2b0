//! What a user may set for one connection and few do, behind one pointer: a connection without it does not pay.

use super::send::Timer;
use super::throttle::Throttle;
use super::urgent::Urgent;
use super::{Cx, State, Tcb, keep_alive};
use crate::form::Writer;
use crate::profile::{KeepAlive, MaxR2, Profile};
use crate::time::Instant;
use core::num::NonZeroU8;

/// Settings of one connection in the place of the profile's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Tuning {
    /// The ACK leaves at once when so many segments wait for it (R65); none: as the profile says.
    pub ack_frequency: Option<NonZeroU8>,
    /// Keep-alive (RFC 9293 3.8.4); none: off.
    pub keep_alive: Option<KeepAlive>,
    /// When retransmission gives up, of SYN, text and FIN alike (MUST-21, R69); none: as the profile says.
    pub max_r2: Option<MaxR2>,
    /// Urgent data stays in line (SO_OOBINLINE).
    pub oob_inline: bool,
    /// The urgent pointer names the last octet of urgent data, as in RFC 1122 4.2.2.4 (TCP_EXPEDITED_1122).
    pub expedited_1122: bool,
    /// Whether timestamps are offered and answered (RFC 7323); none: as the profile says.
    pub timestamps: Option<bool>,
    /// A SYN is sent once, and the first RST refuses it (TCP_NOSYNRETRIES).
    pub no_syn_retries: bool,
    /// The first ICMP error ends an active open (TCP_FAIL_CONNECT_ON_ICMP_ERROR).
    pub fail_on_icmp: bool,
}

impl Tuning {
    pub(crate) fn form(&self, w: &mut Writer) {
        let Self {
            ack_frequency,
            keep_alive,
            max_r2,
            oob_inline,
            expedited_1122,
            timestamps,
            no_syn_retries,
            fail_on_icmp,
        } = *self;
        w.put("ack_frequency", ack_frequency.map(NonZeroU8::get));
        w.put("keep_alive", keep_alive.is_some());
        if let Some(KeepAlive { idle, interval, probes }) = keep_alive {
            w.put("keep_alive.idle", idle);
            w.put("keep_alive.interval", interval);
            w.put("keep_alive.probes", probes);
        }
        w.put("max_r2", max_r2.is_some());
        if let Some(MaxR2 { retransmissions, time }) = max_r2 {
            w.put("max_r2.retransmissions", retransmissions);
            w.put("max_r2.time", time);
        }
        w.put("oob_inline", oob_inline);
        w.put("expedited_1122", expedited_1122);
        w.put("timestamps", timestamps.is_some());
        if timestamps == Some(true) {
            // Their clock ticks at whole milliseconds.
            w.fine("phase", w.now.as_nanos() % 1_000_000);
        }
        w.put("no_syn_retries", no_syn_retries);
        w.put("fail_on_icmp", fail_on_icmp);
    }
}

/// A [`Tuning`] and what goes with it; and what few connections come to need.
#[derive(Clone, Debug, Default)]
pub(super) struct Rare {
    pub(super) tuning: Tuning,
    pub(super) keep_alive: keep_alive::Clock,
    pub(super) urgent: Urgent,
    /// CLOSE turns into ABORT here if text is still unacknowledged (RFC 9293 3.9.1.4).
    pub(super) close_by: Option<Instant>,
    pub(super) throttle: Throttle,
}

impl Rare {
    /// Whether there is nothing but settings.
    fn is_only_tuned(&self) -> bool {
        self.urgent.is_idle() && self.close_by.is_none() && self.throttle.is_idle()
    }

    pub(super) fn form(&self, w: &mut Writer) {
        let Self { tuning, keep_alive, urgent, close_by, throttle } = self;
        tuning.form(w);
        // The clock of what is off is no part of the future.
        if tuning.keep_alive.is_some() {
            keep_alive.form(w);
        }
        urgent.form(w);
        w.put("close_by", close_by.is_some());
        close_by.iter().for_each(|&at| w.at("close_by", at));
        throttle.form(w);
    }
}

impl Tcb {
    /// When CLOSE turns into ABORT.
    pub(super) fn close_by(&self) -> Option<Instant> {
        self.rare.as_ref().and_then(|rare| rare.close_by)
    }

    pub(super) fn set_close_by(&mut self, by: Option<Instant>) {
        if by != self.close_by() {
            self.rare_mut().close_by = by;
        }
    }

    /// When retransmission of text and FIN gives up.
    pub(super) fn max_r2(&self, profile: &Profile) -> MaxR2 {
        self.rare.as_ref().and_then(|rare| rare.tuning.max_r2).unwrap_or(profile.data_max_r2)
    }

    /// What few connections have, made where it is wanted.
    pub(super) fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    pub(super) fn tune(&mut self, tuning: Tuning, cx: &Cx<'_>) {
        if tuning == Tuning::default() && self.rare.as_ref().is_none_or(|rare| rare.is_only_tuned()) {
            self.rare = None;
        } else {
            let rare = self.rare_mut();
            if rare.tuning.keep_alive != tuning.keep_alive {
                rare.keep_alive = keep_alive::Clock::start(tuning.keep_alive, cx.now);
            }
            rare.tuning = tuning;
        }
        // A limit that ends before the timer does.
        let limit = self.max_r2(cx.profile);
        match &mut self.snd.timer {
            Timer::Retransmit { at, since, .. } => *at = limit.cap(*since, *at).max(cx.now),
            Timer::Persist { at, since, unanswered: 1.., .. } => *at = limit.cap(*since, *at).max(cx.now),
            Timer::Persist { .. } | Timer::Idle => {}
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
