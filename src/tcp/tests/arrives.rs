//! SEGMENT ARRIVES (RFC 9293 3.10.7) as a table: every state, every kind of segment, numbers around both edges of
//! the window, every class of ACK; against an oracle written from the RFC's text in plain signed integers, without
//! a modulus, relative to ISS and IRS.

use super::*;
use crate::tcp::Cause;

/// A segment, in the oracle's numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seg {
    pub(super) syn: bool,
    pub(super) ack: Option<i64>,
    pub(super) fin: bool,
    pub(super) rst: bool,
    pub(super) seq: i64,
    pub(super) text: i64,
}

impl Seg {
    pub(super) fn len(self) -> i64 {
        self.text + i64::from(self.syn) + i64::from(self.fin)
    }

    pub(super) fn script(self) -> String {
        let mut flags = String::new();
        for (set, letter) in [
            (self.syn, 'S'),
            (self.fin, 'F'),
            (self.rst, 'R'),
            (self.text > 0, 'P'),
            (self.ack.is_some(), '.'),
            (!(self.syn || self.fin || self.rst || self.text > 0 || self.ack.is_some()), '-'),
        ] {
            if set {
                flags.push(letter);
            }
        }
        let ack = self.ack.map_or(String::new(), |ack| format!(" ack {ack}"));
        format!("< {flags} {}:{}{ack}", self.seq, self.seq + self.len())
    }
}

/// SND.UNA, SND.NXT, RCV.NXT, RCV.WND and the state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    pub(super) state: StateName,
    pub(super) passive: bool,
    pub(super) una: i64,
    pub(super) nxt: i64,
    pub(super) rcv: i64,
    pub(super) wnd: i64,
}

/// What the RFC says comes of it: one segment at most, the state after, octets that can be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct After {
    pub(super) reply: Option<(&'static str, i64, Option<i64>)>,
    pub(super) state: StateName,
    pub(super) readable: i64,
}

const fn after(state: StateName) -> After {
    After { reply: None, state, readable: 0 }
}

const fn reset(state: StateName, seq: i64) -> After {
    After { reply: Some(("R", seq, None)), state, readable: 0 }
}

const fn acked(state: StateName, seq: i64, ack: i64) -> After {
    After { reply: Some((".", seq, Some(ack))), state, readable: 0 }
}

/// 3.10.7.2.
pub(super) fn listen(seg: Seg) -> After {
    match seg {
        Seg { rst: true, .. } => after(StateName::Listen),
        Seg { ack: Some(ack), .. } => reset(StateName::Listen, ack),
        Seg { syn: true, .. } => {
            let reply = Some(("S.", 0, Some(seg.seq + 1)));
            After { reply, state: StateName::SynReceived, readable: 0 }
        }
        Seg { .. } => after(StateName::Listen),
    }
}

/// 3.10.7.3. ISS is 0, SND.NXT 1.
pub(super) fn syn_sent(seg: Seg) -> After {
    let ours = seg.ack == Some(1);
    match seg.ack {
        Some(_) if !ours && seg.rst => return after(StateName::SynSent),
        Some(ack) if !ours => return reset(StateName::SynSent, ack),
        Some(_) | None => {}
    }
    if seg.rst {
        return after(if ours { StateName::Closed } else { StateName::SynSent });
    }
    match (seg.syn, ours) {
        (false, _) => after(StateName::SynSent),
        (true, false) => {
            let reply = Some(("S.", 0, Some(seg.seq + 1)));
            After { reply, state: StateName::SynReceived, readable: 0 }
        }
        (true, true) => {
            let state = if seg.fin { StateName::CloseWait } else { StateName::Established };
            After { readable: seg.text, ..acked(state, 1, seg.seq + seg.len()) }
        }
    }
}

/// 3.10.7.4.
pub(super) fn synchronized(b: Before, mut seg: Seg) -> After {
    use StateName::*;
    let Before { state, passive, una, nxt, rcv, wnd } = b;
    // Figure 7: the SYN+ACK after crossed SYNs.
    if state == SynReceived && !passive && seg.syn && seg.seq == rcv - 1 && seg.ack == Some(nxt) && !seg.rst {
        seg.syn = false;
        seg.seq += 1;
    }
    // First; the window is open in all of these cases.
    let inside = |n: i64| rcv <= n && n < rcv + wnd;
    if seg.rst {
        return match (state, passive) {
            _ if !inside(seg.seq) => after(state),
            _ if seg.seq != rcv => acked(state, nxt, rcv),
            (SynReceived, true) => after(Listen),
            _ => after(Closed),
        };
    }
    let acceptable = match seg.len() {
        0 => inside(seg.seq),
        len => inside(seg.seq) || inside(seg.seq + len - 1),
    };
    if !acceptable {
        return acked(state, nxt, rcv);
    }
    // Fourth.
    if seg.syn {
        return if state == SynReceived && passive { after(Listen) } else { acked(state, nxt, rcv) };
    }
    // Fifth.
    let Some(ack) = seg.ack else { return after(state) };
    let new = una < ack && ack <= nxt;
    if state == SynReceived && !new {
        return reset(state, ack);
    }
    if state == TimeWait {
        // R64: but for the ACK that both ends expect.
        let expected = seg.len() == 0 && seg.seq == rcv && ack == nxt;
        return if expected { after(state) } else { acked(state, nxt, rcv) };
    }
    if ack > nxt {
        return acked(state, nxt, rcv);
    }
    // All that was sent is acknowledged: the SYN, or the FIN.
    let all_acked = new && ack == nxt;
    let next = [(SynReceived, Established), (FinWait1, FinWait2), (Closing, TimeWait), (LastAck, Closed)];
    let state = next.into_iter().find(|&(from, _)| all_acked && from == state).map_or(state, |(_, to)| to);
    // Seventh and eighth; R7b: nothing follows the peer's FIN.
    if !matches!(state, Established | FinWait1 | FinWait2) || seg.len() == 0 {
        return after(state);
    }
    let fin_at = seg.seq + seg.text;
    let (from, to) = (seg.seq.max(rcv), fin_at.min(rcv + wnd));
    let in_order = from <= rcv;
    let readable = if in_order { (to - rcv).max(0) } else { 0 };
    let fin = seg.fin && in_order && fin_at == rcv + readable && fin_at < rcv + wnd;
    let next = [(Established, CloseWait), (FinWait1, Closing), (FinWait2, TimeWait)];
    let state = next.into_iter().find(|&(from, _)| fin && from == state).map_or(state, |(_, to)| to);
    After { readable, ..acked(state, nxt, rcv + readable + i64::from(fin)) }
}

/// What a connection did, in the oracle's terms.
pub(super) fn observe(t: &Tcp) -> After {
    let mut after = after(t.name());
    if t.state.as_ref().and_then(State::cause) == Some(Cause::Deleted) {
        after.state = StateName::Listen;
    }
    let out = t.out.clone();
    for effect in out.0 {
        if let Effect::Transmit { segment, .. } = effect {
            assert_eq!(after.reply, None, "one answer: {:?}", t.out);
            let relative = |seq: Seq, start: Seq| i64::from((seq - start).cast_signed());
            let flags = match (segment.syn(), segment.rst(), segment.has_ack()) {
                (true, false, true) => "S.",
                (false, true, false) => "R",
                (false, false, true) => ".",
                _ => "unexpected",
            };
            let ack = segment.has_ack().then(|| relative(segment.ack, IRS));
            after.reply = Some((flags, relative(segment.seq, ISS), ack));
        }
    }
    after.readable = i64::try_from(t.readable()).expect("few octets");
    after
}

/// Every kind of segment at `seq` with `ack`.
fn kinds(seq: i64, ack: i64) -> Vec<Seg> {
    let bare = Seg { syn: false, ack: None, fin: false, rst: false, seq, text: 0 };
    let acking = Seg { ack: Some(ack), ..bare };
    Vec::from([
        bare,
        Seg { syn: true, ..bare },
        Seg { fin: true, ..bare },
        Seg { rst: true, ..bare },
        Seg { text: 5, ..bare },
        acking,
        Seg { syn: true, ..acking },
        Seg { fin: true, ..acking },
        Seg { rst: true, ..acking },
        Seg { rst: true, text: 5, ..acking },
        Seg { text: 5, ..acking },
        Seg { text: 5, fin: true, ..acking },
    ])
}

/// Every state from SYN-RECEIVED on with its numbers; text or a FIN of ours is in flight where the state allows.
fn synchronized_states() -> Vec<(Tcp, Before)> {
    use StateName::*;
    let profile = &Profile::RFC9293;
    let numbers = |state, una, nxt, rcv| Before { state, passive: false, una, nxt, rcv, wnd: 10_000 };
    let mut states = Vec::from([
        (Tcp::in_state(SynReceived, profile), Before { passive: true, ..numbers(SynReceived, 0, 1, 1) }),
        (Tcp::crossed(profile), numbers(SynReceived, 0, 1, 1)),
    ]);
    for (state, una, nxt, rcv) in [
        (Established, 1, 11, 1),
        (FinWait1, 1, 2, 1),
        (FinWait2, 2, 2, 1),
        (CloseWait, 1, 11, 2),
        (Closing, 1, 2, 2),
        (LastAck, 1, 2, 2),
        (TimeWait, 2, 2, 2),
    ] {
        let mut t = Tcp::in_state(state, profile);
        if matches!(state, Established | CloseWait) {
            t.quietly("send 10");
        }
        states.push((t, numbers(state, una, nxt, rcv)));
    }
    states
}

/// TR-2, TR-8, TR-E2, TR-E3, TR-E5 to E8, TR-E12 to E14: the eight checks.
/// Mutation: the last octet of the window does not belong to it.
#[test]
fn eight_checks_from_syn_received_to_time_wait() {
    let mut cases = 0;
    for (t, before) in synchronized_states() {
        let edge = before.rcv + before.wnd;
        for seq in (before.rcv - 8..=before.rcv + 2).chain(edge - 8..=edge + 2) {
            for ack in before.una - 1..=before.nxt + 2 {
                for seg in kinds(seq, ack) {
                    let mut t = t.clone();
                    assert!(t.event(&seg.script()));
                    assert_eq!(observe(&t), synchronized(before, seg), "{before:?} {seg:?} {:?}", t.out);
                    cases += 1;
                }
            }
        }
    }
    assert!(cases > 10_000, "{cases} cases");
}

/// TR-E2, TR-E5, TR-E14: the checks of LISTEN and SYN-SENT; sequence numbers are not among them.
/// Mutation: SYN-SENT takes an ACK of its ISS.
#[test]
fn checks_of_listen_and_syn_sent() {
    let closed = Tcp::new(&Profile::RFC9293);
    let opening = Tcp::in_state(StateName::SynSent, &Profile::RFC9293);
    for seq in [-3, 0, 1, 70_000] {
        for ack in -2..=3 {
            for seg in kinds(seq, ack) {
                for (t, expected) in [(&closed, listen(seg)), (&opening, syn_sent(seg))] {
                    let mut t = t.clone();
                    assert!(t.event(&seg.script()));
                    assert_eq!(observe(&t), expected, "{} {seg:?} {:?}", t.name(), t.out);
                }
            }
        }
    }
}

/// RFC 5961 5.2, R72, MAY-12: an ACK down to SND.UNA - MAX.SND.WND, 1 - 10,000, may be an old one; what is older is
/// answered, and its text dropped.
/// Mutation: any old ACK will do.
#[test]
fn an_ack_that_is_too_old_is_answered() {
    let mut t = Tcp::established(&Profile::WINDOWS);
    t.run(
        "< P. 1:11 ack -9999
         ! Readable | text
         > . 1:1 ack 11 win 9990 | text
         < P. 11:21 ack -10000
         > . 1:1 ack 11 win 9990 | old-ack",
    );
    Tcp::established(&Profile::RFC9293).run(
        "< P. 1:11 ack -10000
         ! Readable | text
         > . 1:1 ack 11 win 9990 | text",
    );
}
