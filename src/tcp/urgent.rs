//! Urgent data (RFC 9293 3.8.5, RFC 6093): a pointer to the octet after it (MUST-62), which moves forward only. The
//! text itself travels and is numbered as any other; for a user who does not want it in line, its last octet is taken
//! out of the stream, as 4.2BSD began to do and Winsock does (R71).

use super::tuning::{Rare, Tuning};
use super::{Cx, Notice, State, Tcb};
use crate::buf::Rope;
use crate::form::Writer;
use crate::packet::{Flags, Segment};
use crate::rule::Rule;
use crate::seq::Seq;

/// What a connection knows of urgent data, either way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Urgent {
    /// SND.UP, until it is acknowledged.
    snd_up: Option<Seq>,
    /// RCV.UP, until the user has read on past it.
    rcv_up: Option<Seq>,
    /// All text before it is there.
    arrived: bool,
    /// Octets of what can be read that stand before the mark.
    mark: Option<u32>,
    /// The octet at the mark, taken out of the stream and not yet read.
    octet: Option<u8>,
}

/// What reading urgent data comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UrgentOctet {
    /// This octet.
    Octet(u8),
    /// It was announced, and has not come.
    Expected,
    /// There is none, or it is in line.
    None,
}

impl Urgent {
    pub(super) fn form(&self, w: &mut Writer) {
        let Self { snd_up, rcv_up, arrived, mark, octet } = *self;
        w.put("snd_up", snd_up.is_some());
        snd_up.iter().for_each(|&up| w.ours("snd_up", up));
        w.put("rcv_up", rcv_up.is_some());
        rcv_up.iter().for_each(|&up| w.theirs("rcv_up", up));
        w.put("arrived", arrived);
        w.put("mark", mark);
        w.put("octet", octet);
    }

    pub(super) const fn is_idle(&self) -> bool {
        let Self { snd_up, rcv_up, arrived: _, mark, octet } = self;
        snd_up.is_none() && rcv_up.is_none() && mark.is_none() && octet.is_none()
    }
}

impl Urgent {
    /// It was announced and is not there.
    const fn is_expected(&self) -> bool {
        self.rcv_up.is_some() && !self.arrived
    }
}

impl Tuning {
    /// From the octet that the urgent pointer names to the one after the urgent data.
    const fn urgent_gap(&self) -> u32 {
        if self.expedited_1122 { 1 } else { 0 }
    }
}

impl Tcb {
    /// URG and the urgent pointer of a segment that leaves: as far as 16 bits reach.
    pub(super) fn point(&mut self, segment: &mut Segment) {
        let Some(rare) = &mut self.rare else { return };
        let Some(up) = rare.urgent.snd_up.filter(|up| up.gt(self.snd.una)) else {
            rare.urgent.snd_up = None;
            return;
        };
        if up.gt(segment.seq) {
            let named = up - segment.seq - rare.tuning.urgent_gap();
            segment.flags |= Flags::URG;
            segment.urg = u16::try_from(named).unwrap_or(u16::MAX);
        }
    }

    /// Whether something urgent was not sent yet: it waits for no company.
    pub(super) fn is_pressed(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.urgent.snd_up.is_some_and(|up| up.gt(self.snd.nxt)))
    }

    /// Text was given to SEND, all of it urgent. The peer is told at once, also where nothing may leave.
    pub(super) fn send_urgent(&mut self, cx: &mut Cx<'_>) {
        let (up, before) = (self.snd.text_end(), self.snd.nxt);
        self.rare_mut().urgent.snd_up = Some(up);
        self.transmit(None, Rule::GoBack, cx);
        if self.snd.nxt == before {
            self.send_ack(Rule::UrgentNotice, cx);
        }
    }

    /// Sixth, check the URG bit: RCV.UP moves forward, and the user is told when that is new (MUST-32).
    pub(super) fn sixth_urg(&mut self, segment: &Segment, cx: &mut Cx<'_>) {
        let gap = self.rare.as_ref().map_or(0, |rare| rare.tuning.urgent_gap());
        let up = segment.seq + u32::from(segment.urg) + gap;
        let consumed = self.rcv.consumed();
        let known = self.rare.as_ref().and_then(|rare| rare.urgent.rcv_up);
        // What was read cannot become urgent.
        if up.le(consumed) || known.is_some_and(|known| up.le(known)) || self.rcv.fin {
            return;
        }
        let urgent = &mut self.rare_mut().urgent;
        let pressed = urgent.rcv_up.is_some();
        (urgent.rcv_up, urgent.arrived) = (Some(up), false);
        if !pressed {
            cx.notify(Notice::Urgent, Rule::UrgentReceived);
        }
        self.take_urgent();
    }

    /// Text has come: the urgent octet may be there.
    pub(super) fn take_urgent(&mut self) {
        let Some(rare) = &mut self.rare else { return };
        let Rare { urgent, tuning, .. } = &mut **rare;
        let Some(up) = urgent.rcv_up.filter(|_| !urgent.arrived) else { return };
        let end = self.rcv.text_end();
        if up.gt(end) {
            return;
        }
        urgent.arrived = true;
        let inbox = &mut self.rcv.inbox;
        let Some(at) = inbox.len().checked_sub((end - up) as usize + 1) else { return };
        urgent.mark = u32::try_from(at).ok();
        urgent.octet = None;
        if !tuning.oob_inline {
            urgent.octet = inbox.slice(at, 1).first().copied();
            let mut rest = core::mem::take(inbox);
            *inbox = rest.split_front(at);
            rest.drop_front(1);
            inbox.append(rest);
        }
    }
}

impl State {
    /// As [`State::send`], and all of the text is urgent.
    #[must_use = "text that was not taken is not sent"]
    pub fn send_urgent(&mut self, text: bytes::Bytes, cx: &mut Cx<'_>) -> bool {
        let Some(tcb) = self.sendable(text.len()) else { return false };
        tcb.snd.push(text);
        tcb.send_urgent(cx);
        true
    }

    fn urgent_mut(&mut self) -> Option<&mut Urgent> {
        self.tcb_mut()?.rare.as_mut().map(|rare| &mut rare.urgent)
    }

    fn urgent(&self) -> Option<&Urgent> {
        self.tcb()?.rare.as_ref().map(|rare| &rare.urgent)
    }

    /// Octets that can be read before the mark; none if there is no mark (MUST-33).
    #[must_use]
    pub fn before_mark(&self) -> Option<u32> {
        self.urgent()?.mark
    }

    /// The peer has announced urgent text that has not come yet.
    #[must_use]
    pub fn expects_urgent(&self) -> bool {
        self.urgent().is_some_and(Urgent::is_expected)
    }

    /// An urgent octet was taken out of the stream and not yet read.
    #[must_use]
    pub fn has_urgent_octet(&self) -> bool {
        self.urgent().is_some_and(|urgent| urgent.octet.is_some())
    }

    /// Reads the urgent octet that was taken out of the stream; `peek` leaves it.
    pub fn urgent_octet(&mut self, peek: bool) -> UrgentOctet {
        let Some(urgent) = self.urgent_mut() else { return UrgentOctet::None };
        let octet = if peek { urgent.octet } else { urgent.octet.take() };
        match octet {
            Some(octet) => UrgentOctet::Octet(octet),
            None if urgent.is_expected() => UrgentOctet::Expected,
            None => UrgentOctet::None,
        }
    }

    /// What a read of up to `max` octets may take: it ends at the mark, and the next goes on from there.
    pub(super) fn up_to_mark(&mut self, max: usize) -> usize {
        let Some(urgent) = self.urgent_mut() else { return max };
        match urgent.mark {
            Some(0) => {
                (urgent.rcv_up, urgent.mark) = (None, None);
                max
            }
            Some(before) => max.min(before as usize),
            None => max,
        }
    }

    /// `taken` was read.
    pub(super) fn approach_mark(&mut self, taken: &Rope) {
        if let Some(Some(before)) = self.urgent_mut().map(|urgent| &mut urgent.mark) {
            *before = before.saturating_sub(super::send::len32(taken.len()));
        }
    }
}
