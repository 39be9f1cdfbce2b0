//! SEGMENT ARRIVES from SYN-RECEIVED to TIME-WAIT (RFC 9293 3.10.7.4): its eight checks in its own order, one
//! function each. A check either ends the processing (`Break`) or hands the connection on (`Continue`).

use super::closed::{self, bare_rst};
use super::opening::{Origin, SynReceived, connected};
use super::options::{Echo, Paws};
use super::receive::{Taken, acceptable};
use super::syn_bit::fourth_syn;
use super::{Cause, CloseWait, Closing, Cx, Established, FinWait2, Notice, State, StateName, Tcb, TimeWait};
use crate::packet::{Flags, Options, Segment};
use crate::profile::{
    DataAfterClose, ListenerGone, OldAck, RstInTimeWait, RstInWindow, TimeWaitAnswers, WindowAfterFin,
};
use crate::rule::Rule;
use crate::seq::Seq;
use alloc::boxed::Box;
use bytes::Bytes;
use core::ops::ControlFlow::{self, Break, Continue};

pub(super) type Step = ControlFlow<State, State>;

pub(super) fn arrives(mut state: State, segment: &mut Segment, cx: &mut Cx<'_>) -> State {
    if let Some(tcb) = state.tcb_mut() {
        tcb.heard(cx.now);
    }
    match checks(state, segment, cx) {
        Break(state) | Continue(state) => state,
    }
}

fn checks(state: State, segment: &mut Segment, cx: &mut Cx<'_>) -> Step {
    let state = first_sequence_number(state, segment, cx)?;
    let state = second_rst(state, segment, cx)?;
    // Third, security and compartment: not modelled; there is one compartment.
    let state = fourth_syn(state, segment, cx)?;
    let state = fifth_ack(state, segment, cx)?;
    Continue(from_sixth(state, segment, None, cx))
}

impl State {
    /// RCV.NXT and RCV.WND.
    fn receive_window(&self) -> (Seq, u32) {
        match self {
            Self::SynReceived(s) => (s.rcv_nxt(), u32::from(s.window)),
            Self::TimeWait(s) => (s.rcv_nxt, s.wnd),
            with_tcb!() | Self::SynSent(_) | Self::Closed(_) => {
                self.tcb().map_or((Seq(0), 0), |tcb| (tcb.rcv.nxt, tcb.rcv.wnd()))
            }
        }
    }

    /// Whether the window that the peer was told is closed; what a shift cuts off is still taken.
    fn told_closed(&self) -> bool {
        self.tcb().is_some_and(|tcb| tcb.rcv.header() == 0)
    }

    /// Timestamps, if both SYNs have them.
    fn echo_mut(&mut self) -> Option<&mut Echo> {
        match self {
            Self::SynReceived(s) => s.echo.as_mut(),
            Self::TimeWait(s) => s.echo.as_deref_mut(),
            with_tcb!() | Self::SynSent(_) | Self::Closed(_) => self.tcb_mut()?.echo.as_deref_mut(),
        }
    }

    /// An ACK for which nothing was taken (RFC 5961 section 7, R49): only so many of them leave.
    pub(super) fn challenge(&mut self, rule: Rule, cx: &mut Cx<'_>) {
        let throttle = match self {
            Self::TimeWait(s) => Some(&mut s.throttle),
            Self::SynSent(_) | Self::SynReceived(_) | Self::Closed(_) | with_tcb!() => {
                self.tcb_mut().map(|tcb| &mut tcb.rare_mut().throttle)
            }
        };
        if throttle.is_none_or(|t| t.allows(cx.now, cx.profile.ack_throttle)) {
            self.send_ack(rule, cx);
        } else {
            cx.ignore(Rule::AckThrottled);
        }
    }

    /// `<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>`.
    fn send_ack(&mut self, rule: Rule, cx: &mut Cx<'_>) {
        let (seq, ack, wnd) = match self {
            // A window is scaled in every segment but a SYN.
            Self::SynReceived(s) => (s.iss + 1, s.rcv_nxt(), s.window >> s.rcv_shift()),
            Self::TimeWait(s) => (s.snd_nxt, s.rcv_nxt, u16::try_from(s.wnd >> s.shift).unwrap_or(u16::MAX)),
            with_tcb!() | Self::SynSent(_) | Self::Closed(_) => {
                if let Some(tcb) = self.tcb_mut() {
                    tcb.send_ack(rule, cx);
                }
                return;
            }
        };
        let timestamps = self.echo_mut().map(|echo| echo.stamp(cx.now, ack));
        let options = Options { timestamps, ..Options::NONE };
        cx.transmit(Segment { wnd, options, ..Segment::control(Flags::ACK, seq, ack) }, rule);
    }
}

/// First, check the sequence number.
fn first_sequence_number(mut state: State, segment: &mut Segment, cx: &mut Cx<'_>) -> Step {
    crossed_syn_ack(&state, segment);
    state = timestamp(state, segment, cx)?;
    let (nxt, wnd) = state.receive_window();
    if segment.rst() {
        // Whatever text it carries: a RST is judged by its number alone (MUST-66).
        return if acceptable(nxt, wnd, segment.seq, 0) {
            Continue(state)
        } else {
            cx.ignore(Rule::UnacceptableRst);
            Break(state)
        };
    }
    if acceptable(nxt, wnd, segment.seq, segment.len()) {
        if let State::FinWait2(s) = &mut state
            && s.until.is_some()
        {
            s.until = cx.profile.fin_wait_2.map(|t| cx.now + t);
        }
        if let Some(echo) = state.echo_mut() {
            echo.note(segment, cx.now);
        }
        return Continue(state);
    }
    if wnd == 0 && segment.seq == nxt && !segment.syn() {
        return probed(state, segment, cx);
    }
    if state.told_closed() && segment.seq + 1 == nxt && segment.is_empty() {
        return lagging(state, segment, cx);
    }
    let fin_again = state.fin_received() && segment.fin() && segment.seq + segment.len() == nxt;
    let rule = if fin_again { Rule::FinRetransmitted } else { Rule::Unacceptable };
    if let State::TimeWait(s) = &mut state
        && fin_again
    {
        s.until = cx.now + cx.profile.time_wait;
    }
    // Text and FIN come again until they are acknowledged; what carries neither may wait.
    if segment.text_len() > 0 || segment.fin() {
        state.send_ack(rule, cx);
    } else {
        state.challenge(rule, cx);
    }
    Break(state)
}

/// RFC 7323 section 5.3: an old segment is answered by an ACK, as one outside the window; one that lacks what all
/// must have is dropped (section 3.2).
fn timestamp(mut state: State, segment: &Segment, cx: &mut Cx<'_>) -> Step {
    match state.echo_mut().map_or(Paws::Pass, |echo| echo.judge(segment, cx.now)) {
        Paws::Pass => Continue(state),
        Paws::Old => {
            state.challenge(Rule::Paws, cx);
            Break(state)
        }
        Paws::Missing => {
            cx.ignore(Rule::NoTimestamp);
            Break(state)
        }
    }
}

/// A closed window takes no text, but the ACK of a segment at its edge counts (3.10.7.4: "special allowance").
fn probed(mut state: State, segment: &mut Segment, cx: &mut Cx<'_>) -> Step {
    // Without ACK it is dropped by the fifth check before its text is looked at.
    if segment.has_ack()
        && let Some(rule) = state.unwanted(segment)
    {
        return Break(data_unwanted(state, segment, rule, cx));
    }
    state.send_ack(Rule::Unacceptable, cx);
    segment.payload = Bytes::new();
    segment.flags.remove(Flags::FIN);
    Continue(state)
}

/// An octet that probed a window that the peer thought closed was taken: the peer's ACKs still have the number before
/// it (R48), and theirs may be the only news of ours. With a closed window valid ACKs count (3.10.7.4: "special
/// allowance"), or two ends that probe each other would answer each other's answers and learn nothing.
fn lagging(state: State, segment: &mut Segment, cx: &mut Cx<'_>) -> Step {
    let state = fifth_ack(state, segment, cx)?;
    let mut state = from_sixth(state, segment, None, cx);
    state.challenge(Rule::Unacceptable, cx);
    Break(state)
}

/// RFC 9293 Figure 7, line 6: after crossed SYNs the peer's SYN+ACK repeats its SYN, which is known.
fn crossed_syn_ack(state: &State, segment: &mut Segment) {
    if let State::SynReceived(s) = state
        && s.origin == Origin::Active
        && segment.syn()
        && segment.has_ack()
        && segment.seq == s.irs
        && segment.ack == s.iss + 1
    {
        segment.flags.remove(Flags::SYN);
        segment.seq += 1;
        // The window of a SYN is not scaled (TR-C55), and any other's is: rounded up, lest it be closed.
        segment.wnd = segment.wnd.div_ceil(1 << s.snd_shift().min(15));
    }
}

/// Second, check the RST bit.
fn second_rst(mut state: State, segment: &Segment, cx: &mut Cx<'_>) -> Step {
    if !segment.rst() {
        return Continue(state);
    }
    let (nxt, _) = state.receive_window();
    if segment.seq != nxt && cx.profile.rst_in_window == RstInWindow::ChallengeAck {
        state.challenge(Rule::RstChallenge, cx);
        return Break(state);
    }
    if let State::SynReceived(s) = &mut state
        && let Some(old) = s.old.take()
    {
        return Break(old_duplicate(old, cx));
    }
    Break(match &state {
        State::SynReceived(s) => {
            let cause = s.reset_cause();
            let rule = if s.origin == Origin::Active { Rule::Refused } else { Rule::RstToListen };
            state.ended(cause, rule, cx)
        }
        State::CloseWait(_) => state.ended(Cause::ResetAfterFin, Rule::RstReceived, cx),
        State::Closing(_) | State::LastAck(_) => state.ended(Cause::ResetClosing, Rule::RstReceived, cx),
        State::TimeWait(_) => match cx.profile.rst_in_time_wait {
            RstInTimeWait::Closes => state.ended(Cause::ResetClosing, Rule::RstReceived, cx),
            RstInTimeWait::Ignored => {
                cx.ignore(Rule::RstTimeWaitIgnored);
                state
            }
        },
        State::Established(_)
        | State::FinWait1(_)
        | State::FinWait2(_)
        | State::SynSent(_)
        | State::Closed(_) => state.ended(Cause::Reset, Rule::RstReceived, cx),
    })
}

/// 3.6.1, MAY-2 (2): the SYN for which TIME-WAIT made room was an old duplicate; TIME-WAIT goes on, or ends now if it
/// would have ended meanwhile.
fn old_duplicate(mut old: Box<TimeWait>, cx: &mut Cx<'_>) -> State {
    old.until = old.until.max(cx.now);
    cx.notify(Notice::Ended(Cause::Deleted), Rule::TimeWaitReturned);
    State::became(StateName::SynReceived, State::TimeWait(old), Rule::TimeWaitReturned, cx)
}

/// Fifth, check the ACK field.
fn fifth_ack(state: State, segment: &Segment, cx: &mut Cx<'_>) -> Step {
    if !segment.has_ack() {
        cx.ignore(Rule::NoAckBit);
        return Break(state);
    }
    match state {
        State::SynReceived(s) => handshake_ack(s, segment, cx),
        State::TimeWait(s) => Break(answer_in_time_wait(s, segment, cx)),
        State::SynSent(_) | State::Closed(_) => Continue(state),
        State::Established(_)
        | State::FinWait1(_)
        | State::FinWait2(_)
        | State::CloseWait(_)
        | State::Closing(_)
        | State::LastAck(_) => synchronized_ack(state, segment, cx),
    }
}

/// TIME-WAIT: "the only thing that can arrive in this state is a retransmission of the remote FIN. Acknowledge it". A
/// true retransmission lies outside the window and is acknowledged there; inside, R64 decides. An ACK that is just what
/// is expected needs no answer: two ends in TIME-WAIT would answer each other.
fn answer_in_time_wait(s: Box<TimeWait>, segment: &Segment, cx: &mut Cx<'_>) -> State {
    let expected = segment.is_empty() && segment.seq == s.rcv_nxt && segment.ack == s.snd_nxt;
    let mut state = State::TimeWait(s);
    match cx.profile.time_wait_answers {
        TimeWaitAnswers::All if !expected => state.challenge(Rule::TimeWaitAnswer, cx),
        TimeWaitAnswers::All | TimeWaitAnswers::Outside => {}
    }
    state
}

/// SYN-RECEIVED: the ACK of our SYN establishes the connection; any other is answered by a RST.
fn handshake_ack(mut s: Box<SynReceived>, segment: &Segment, cx: &mut Cx<'_>) -> Step {
    if segment.ack != s.iss + 1 {
        cx.transmit(bare_rst(segment.ack, s.rcv_nxt(), cx.profile), Rule::UnacceptableAckOpening);
        return Break(State::SynReceived(s));
    }
    if s.origin == Origin::Abandoned {
        return Break(listener_gone(s, segment, cx));
    }
    let mut tcb = s.tcb(cx);
    tcb.snd.syn_acknowledged(cx.now, cx.profile);
    tcb.snd.update_window(segment);
    connected(Rule::HandshakeDone, cx);
    let to = State::Established(Established { tcb: Box::new(tcb) });
    let state = State::became(StateName::SynReceived, to, Rule::HandshakeDone, cx);
    Continue(match s.early.take() {
        Some(mut early) => from_sixth(state, &mut early, None, cx),
        None => state,
    })
}

/// R21: the handshake of a listener that was closed would be complete.
fn listener_gone(s: Box<SynReceived>, segment: &Segment, cx: &mut Cx<'_>) -> State {
    match cx.profile.listener_gone {
        ListenerGone::AbortsLater | ListenerGone::ForgottenAtOnce => {
            State::SynReceived(s).abort(Rule::ListenerGone, cx)
        }
        ListenerGone::BareResetLater => {
            cx.transmit(bare_rst(segment.ack, s.rcv_nxt(), cx.profile), Rule::ListenerGone);
            State::SynReceived(s).ended(Cause::Aborted, Rule::ListenerGone, cx)
        }
    }
}

fn synchronized_ack(mut state: State, segment: &Segment, cx: &mut Cx<'_>) -> Step {
    let Some(tcb) = state.tcb_mut() else { return Continue(state) };
    let echoed = tcb.echo.as_ref().and_then(|echo| echo.round_trip(segment, cx.now));
    let snd = &mut tcb.snd;
    if segment.ack.gt(snd.nxt) {
        state.challenge(Rule::AckOfUnsent, cx);
        return Break(state);
    }
    if segment.ack.lt(snd.una - snd.max_wnd) && cx.profile.old_ack == OldAck::ChallengeAck {
        state.challenge(Rule::OldAck, cx);
        return Break(state);
    }
    if snd.acks_new(segment.ack) {
        snd.acknowledged(segment.ack, echoed, cx.now, cx.profile);
        cx.notify(Notice::Acknowledged, Rule::AckReceived);
        snd.note_sack(segment);
    } else {
        snd.not_new(segment);
    }
    snd.update_window(segment);
    if !snd.fin_acked() {
        return Continue(state);
    }
    match state {
        State::FinWait1(s) => {
            let until = match s.tcb.app {
                super::tcb::App::Gone => cx.profile.fin_wait_2.map(|t| cx.now + t),
                super::tcb::App::Open | super::tcb::App::ReceiveShut => None,
            };
            let to = State::FinWait2(FinWait2 { tcb: s.tcb, until });
            Continue(State::became(StateName::FinWait1, to, Rule::FinAcked, cx))
        }
        State::Closing(s) => Continue(time_wait(StateName::Closing, *s.tcb, Rule::FinAcked, cx)),
        State::LastAck(_) => Break(state.ended(Cause::Finished, Rule::FinAcked, cx)),
        State::FinWait2(_)
        | State::Established(_)
        | State::CloseWait(_)
        | State::SynSent(_)
        | State::SynReceived(_)
        | State::TimeWait(_)
        | State::Closed(_) => Continue(state),
    }
}

fn time_wait(from: StateName, tcb: Tcb, rule: Rule, cx: &mut Cx<'_>) -> State {
    let Tcb { snd, mut rcv, echo, rare, .. } = tcb;
    let throttle = rare.map(|rare| rare.throttle).unwrap_or_default();
    rcv.announce(snd.mss);
    let inbox = core::mem::take(&mut rcv.inbox);
    let to = State::TimeWait(Box::new(TimeWait {
        snd_nxt: snd.nxt,
        rcv_nxt: rcv.nxt,
        wnd: rcv.wnd(),
        shift: rcv.shift(),
        echo,
        until: cx.now + cx.profile.time_wait,
        inbox,
        throttle,
    }));
    State::became(from, to, rule, cx)
}

/// Sixth to eighth: the URG bit, the segment text, the FIN bit; then everything that may leave
/// leaves. `ack` asks for an acknowledgment whatever the segment carries.
pub(super) fn from_sixth(
    mut state: State,
    segment: &mut Segment,
    ack: Option<Rule>,
    cx: &mut Cx<'_>,
) -> State {
    match state {
        State::Established(_) | State::FinWait1(_) | State::FinWait2(_) => {
            if segment.flags.contains(Flags::URG)
                && let Some(tcb) = state.tcb_mut()
            {
                tcb.sixth_urg(segment, cx);
            }
            seventh_text(state, segment, ack, cx)
        }
        // TR-E14, R7b: nothing follows the peer's FIN.
        State::CloseWait(_) | State::Closing(_) | State::LastAck(_) => respond(state, ack, cx),
        State::SynSent(_) | State::SynReceived(_) | State::TimeWait(_) | State::Closed(_) => state,
    }
}

fn respond(mut state: State, ack: Option<Rule>, cx: &mut Cx<'_>) -> State {
    if let Some(tcb) = state.tcb_mut() {
        tcb.transmit(ack, Rule::GoBack, cx);
    }
    state.last_ack_if_fin_left(Rule::CloseCall, cx)
}

impl State {
    /// Whether the segment brings new text that nobody can read, and which rule says what then.
    fn unwanted(&self, segment: &Segment) -> Option<Rule> {
        let tcb = self.tcb()?;
        let new = segment.text_len() > 0 && (segment.text_seq() + segment.text_len()).gt(tcb.rcv.nxt);
        if new && !tcb.rcv.fin { tcb.unwanted() } else { None }
    }
}

/// R7, WF-4.8: new text that nobody can read.
fn data_unwanted(state: State, segment: &Segment, rule: Rule, cx: &mut Cx<'_>) -> State {
    match (rule, cx.profile.data_after_close) {
        (Rule::DataAfterClose, DataAfterClose::ResetAsIfAbsent) => {
            if let Some(rst) = closed::reply(segment, cx.profile) {
                cx.transmit(rst, rule);
            }
        }
        (Rule::DataAfterClose, DataAfterClose::ResetAcknowledging) => {
            if let Some(tcb) = state.tcb() {
                let ack = segment.seq + segment.len();
                cx.transmit(Segment::control(Flags::RST | Flags::ACK, tcb.snd.seq(), ack), rule);
            }
        }
        (_, _) => state.send_rst(rule, cx),
    }
    state.ended(Cause::Aborted, rule, cx)
}

/// Seventh, process the segment text; eighth, check the FIN bit.
fn seventh_text(mut state: State, segment: &mut Segment, ack: Option<Rule>, cx: &mut Cx<'_>) -> State {
    if let Some(rule) = state.unwanted(segment) {
        return data_unwanted(state, segment, rule, cx);
    }
    if segment.is_empty() {
        return respond(state, ack, cx);
    }
    let Some(tcb) = state.tcb_mut() else { return state };
    let (seq, fin) = (segment.text_seq(), segment.fin());
    let gap = tcb.rcv.has_gap();
    let taken = tcb.rcv.take(seq, &mut segment.payload, fin);
    let (text, fin) = match taken {
        Taken::InOrder { text, fin } => (text, fin),
        Taken::PastGap => return respond(state, ack.or(Some(Rule::OutOfOrder)), cx),
        Taken::Nothing => return respond(state, ack.or(Some(Rule::TextAccepted)), cx),
    };
    if text > 0 {
        tcb.take_urgent();
        cx.notify(Notice::Readable, Rule::TextAccepted);
    }
    if fin {
        return eighth_fin(state, cx);
    }
    // RFC 5681 4.2: what fills a gap, or a part of it, is acknowledged at once.
    let waits = ack.is_none() && !gap && state.delays_ack(text, cx);
    respond(state, ack.or((!waits).then_some(Rule::TextAccepted)), cx)
}

/// Eighth: the peer's FIN, and everything before it, was received.
fn eighth_fin(mut state: State, cx: &mut Cx<'_>) -> State {
    cx.notify(Notice::EndOfStream, Rule::FinReceived);
    if let Some(tcb) = state.tcb_mut() {
        match cx.profile.window_after_fin {
            WindowAfterFin::Kept => tcb.rcv.keep_window(),
            WindowAfterFin::LessOne => {}
        }
        tcb.transmit(Some(Rule::FinReceived), Rule::GoBack, cx);
    }
    let rule = Rule::FinReceived;
    match state {
        State::Established(s) => {
            let to = State::CloseWait(CloseWait { tcb: s.tcb });
            State::became(StateName::Established, to, rule, cx)
        }
        State::FinWait1(s) => {
            let to = State::Closing(Closing { tcb: s.tcb });
            State::became(StateName::FinWait1, to, rule, cx)
        }
        State::FinWait2(s) => time_wait(StateName::FinWait2, *s.tcb, rule, cx),
        State::SynSent(_)
        | State::SynReceived(_)
        | State::CloseWait(_)
        | State::Closing(_)
        | State::LastAck(_)
        | State::TimeWait(_)
        | State::Closed(_) => state,
    }
}
