//! The user's calls (RFC 9293 3.10.2 to 3.10.5) on an existing connection. OPEN is [`SynSent::open`] and LISTEN.
//!
//! [`SynSent::open`]: super::SynSent::open

use super::closed::bare_rst;
use super::opening::Origin;
use super::send::{Fin, MAX_QUEUE};
use super::tcb::App;
use super::{Cause, CloseWait, Cx, FinWait1, LastAck, State, StateName, Tcb};
use crate::buf::Rope;
use crate::packet::{Flags, Segment};
use crate::profile::{AbortFlags, CloseInSynReceived};
use crate::rule::Rule;
use crate::time::Instant;
use alloc::boxed::Box;
use bytes::Bytes;

impl State {
    /// SEND (3.10.2). Text is taken in ESTABLISHED and CLOSE-WAIT before CLOSE; elsewhere it is not, and the
    /// answer is false, as when the queue would grow past [`MAX_QUEUE`].
    #[must_use = "text that was not taken is not sent"]
    pub fn send(&mut self, text: Bytes, cx: &mut Cx<'_>) -> bool {
        let Some(tcb) = self.sendable(text.len()) else { return false };
        tcb.snd.push(text);
        tcb.transmit(None, Rule::GoBack, cx);
        true
    }

    /// Where SEND puts so many octets, if it takes them.
    pub(super) fn sendable(&mut self, len: usize) -> Option<&mut Tcb> {
        let tcb = match self {
            Self::Established(s) => &mut s.tcb,
            Self::CloseWait(s) if s.tcb.snd.fin == Fin::Open => &mut s.tcb,
            without_tcb!()
            | Self::CloseWait(_)
            | Self::FinWait1(_)
            | Self::FinWait2(_)
            | Self::Closing(_)
            | Self::LastAck(_) => return None,
        };
        (tcb.snd.queued().saturating_add(len) <= MAX_QUEUE).then_some(tcb)
    }

    /// RECEIVE (3.10.3): takes up to `max` bytes of what can be read; room made is announced when it matters.
    #[must_use]
    pub fn receive(&mut self, max: usize, cx: &mut Cx<'_>) -> Rope {
        let max = self.up_to_mark(max);
        let Some(inbox) = self.inbox_mut() else { return Rope::default() };
        let taken = inbox.split_front(max);
        self.approach_mark(&taken);
        if let Some(tcb) = self.tcb_mut()
            && tcb.rcv.owes_update(tcb.mss(), cx.profile.window_update_segments)
        {
            tcb.send_ack(Rule::WindowUpdate, cx);
        }
        taken
    }

    /// The user will not read any more, but may send: data that comes, or is unread, resets the connection.
    #[must_use = "the connection goes on as the returned state"]
    pub fn shut_receive(mut self, cx: &mut Cx<'_>) -> Self {
        if self.readable() > 0 && self.tcb().is_some() {
            return self.abort(Rule::DataAfterShutdown, cx);
        }
        if let Some(tcb) = self.tcb_mut()
            && tcb.app == App::Open
        {
            tcb.app = App::ReceiveShut;
        }
        self
    }

    /// CLOSE (3.10.4), full duplex: nothing more will be sent; the user may go on reading.
    #[must_use = "the connection goes on as the returned state"]
    pub fn shut_send(self, cx: &mut Cx<'_>) -> Self {
        match self {
            Self::Established(mut s) => {
                s.tcb.snd.fin = Fin::Queued;
                let to = Self::FinWait1(FinWait1 { tcb: s.tcb });
                Self::became(StateName::Established, to, Rule::CloseCall, cx).send_fin(cx)
            }
            Self::CloseWait(mut s) if s.tcb.snd.fin == Fin::Open => {
                s.tcb.snd.fin = Fin::Queued;
                Self::CloseWait(s).send_fin(cx)
            }
            without_tcb!()
            | Self::FinWait1(_)
            | Self::FinWait2(_)
            | Self::CloseWait(_)
            | Self::Closing(_)
            | Self::LastAck(_) => self,
        }
    }

    fn send_fin(mut self, cx: &mut Cx<'_>) -> Self {
        if let Some(tcb) = self.tcb_mut() {
            tcb.transmit(None, Rule::GoBack, cx);
        }
        self.last_ack_if_fin_left(Rule::CloseCall, cx)
    }

    /// 3.10.4, CLOSE-WAIT: the request is queued until the text is sent; LAST-ACK begins when the FIN leaves.
    pub(super) fn last_ack_if_fin_left(self, rule: Rule, cx: &mut Cx<'_>) -> Self {
        match self {
            Self::CloseWait(CloseWait { tcb }) if tcb.snd.fin_sent() => {
                Self::became(StateName::CloseWait, Self::LastAck(LastAck { tcb }), rule, cx)
            }
            with_tcb!() | without_tcb!() => self,
        }
    }

    /// CLOSE (3.10.4), half duplex (3.6.1): nobody will read or send any more. What is queued and our FIN are
    /// still delivered; if text is unacknowledged at `by`, CLOSE turns into ABORT (3.9.1.4).
    #[must_use = "the connection goes on as the returned state"]
    pub fn close(self, by: Option<Instant>, cx: &mut Cx<'_>) -> Self {
        let mut closed = match self {
            Self::SynSent(_) => return self.ended(Cause::Deleted, Rule::CloseInSynSent, cx),
            Self::SynReceived(s) => match (s.origin, cx.profile.close_in_syn_received) {
                (Origin::Active, CloseInSynReceived::Fin) => {
                    let mut tcb = s.tcb(cx);
                    tcb.snd.fin = Fin::Queued;
                    let to = Self::FinWait1(FinWait1 { tcb: Box::new(tcb) });
                    Self::became(StateName::SynReceived, to, Rule::CloseInSynReceived, cx).send_fin(cx)
                }
                (Origin::Active, CloseInSynReceived::BareReset) => {
                    let rst = bare_rst(s.iss + 1, s.rcv_nxt(), cx.profile);
                    cx.transmit(rst, Rule::CloseInSynReceived);
                    return Self::SynReceived(s).ended(Cause::Aborted, Rule::CloseInSynReceived, cx);
                }
                (Origin::Passive | Origin::Abandoned, _) => Self::SynReceived(s),
            },
            with_tcb!() | Self::TimeWait(_) | Self::Closed(_) => self.shut_send(cx),
        };
        if let Some(inbox) = closed.inbox_mut() {
            *inbox = Rope::EMPTY;
        }
        if let Some(tcb) = closed.tcb_mut() {
            tcb.app = App::Gone;
            tcb.set_close_by(by);
        }
        if let Self::FinWait2(s) = &mut closed {
            s.until = cx.profile.fin_wait_2.map(|t| cx.now + t);
        }
        closed
    }

    /// ABORT (3.10.5): RST where the state asks for one, and the connection is over.
    #[must_use = "the connection goes on as the returned state"]
    pub fn abort(mut self, rule: Rule, cx: &mut Cx<'_>) -> Self {
        match &mut self {
            // R28: a TIME-WAIT already entered stays.
            Self::TimeWait(_) | Self::Closed(_) => {
                if let Some(inbox) = self.inbox_mut() {
                    *inbox = Rope::EMPTY;
                }
                self
            }
            Self::SynSent(_) | Self::Closing(_) | Self::LastAck(_) => {
                self.ended(Cause::Aborted, Rule::AbortSilent, cx)
            }
            Self::SynReceived(_)
            | Self::Established(_)
            | Self::FinWait1(_)
            | Self::FinWait2(_)
            | Self::CloseWait(_) => {
                self.send_rst(rule, cx);
                self.ended(Cause::Aborted, rule, cx)
            }
        }
    }

    /// R27: the RST of an abort, from any state that has sequence numbers.
    pub(super) fn send_rst(&self, rule: Rule, cx: &mut Cx<'_>) {
        let (seq, ack) = match self {
            Self::SynReceived(s) => (s.iss + 1, s.rcv_nxt()),
            Self::TimeWait(s) => (s.snd_nxt, s.rcv_nxt),
            with_tcb!() | Self::SynSent(_) | Self::Closed(_) => match self.tcb() {
                Some(tcb) => (tcb.snd.seq(), tcb.rcv.nxt),
                None => return,
            },
        };
        let rst = match cx.profile.abort_flags {
            AbortFlags::RstAck => Segment::control(Flags::RST | Flags::ACK, seq, ack),
            AbortFlags::Rst => bare_rst(seq, ack, cx.profile),
        };
        cx.transmit(rst, rule);
    }

    /// The connection makes room for a new one of its name (R16c).
    #[must_use = "the connection goes on as the returned state"]
    pub fn finish(self, rule: Rule, cx: &mut Cx<'_>) -> Self {
        self.ended(Cause::Finished, rule, cx)
    }

    /// The time limit of CLOSE no longer counts: whoever waited for it does not any more.
    pub fn lift_close_limit(&mut self) {
        if let Some(tcb) = self.tcb_mut() {
            tcb.set_close_by(None);
        }
    }

    /// Nagle's algorithm off or on; what it held back leaves when it is turned off.
    pub fn set_nodelay(&mut self, nodelay: bool, cx: &mut Cx<'_>) {
        match self {
            Self::SynSent(s) => s.settings.nodelay = nodelay,
            Self::SynReceived(s) => s.settings.nodelay = nodelay,
            with_tcb!() | Self::TimeWait(_) | Self::Closed(_) => {
                if let Some(tcb) = self.tcb_mut() {
                    tcb.snd.nodelay = nodelay;
                    tcb.transmit(None, Rule::GoBack, cx);
                }
            }
        }
    }

    /// The receive buffer's size in bytes. The announced window never shrinks for it.
    pub fn set_receive_buffer(&mut self, bytes: u32, cx: &mut Cx<'_>) {
        match self {
            Self::SynSent(s) => s.settings.receive_buffer = bytes,
            Self::SynReceived(s) => s.settings.receive_buffer = bytes,
            with_tcb!() | Self::TimeWait(_) | Self::Closed(_) => {
                let Some(tcb) = self.tcb_mut() else { return };
                tcb.rcv.capacity = bytes;
                if tcb.rcv.owes_update(tcb.mss(), cx.profile.window_update_segments) {
                    tcb.send_ack(Rule::WindowUpdate, cx);
                }
            }
        }
    }
}

impl Tcb {
    /// Whether new text has nobody to go to, and which rule says what then.
    pub(super) const fn unwanted(&self) -> Option<Rule> {
        match self.app {
            App::Open => None,
            App::ReceiveShut => Some(Rule::DataAfterShutdown),
            App::Gone => Some(Rule::DataAfterClose),
        }
    }
}
