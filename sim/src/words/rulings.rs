//! Which ruling decides: a profile with one ruling changed, tried on a word.

use super::{Player, Word};
use closewait::profile::{
    AbortFlags, AckThrottle, Backlog, BareRstAck, CloseInSynReceived, DataAfterClose, ListenerGone, Profile,
    RefusedRetries, ResetInAcceptQueue, RstInTimeWait, RstInWindow, SynAckInWindow, SynInSynReceived,
    SynInTimeWait, SynInWindow, TextOnSyn, TimeWaitAnswers, UnsafeClose, Unwelcome,
};
use closewait::time::Duration;
use std::fmt;

/// One way to decide one ruling.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The ruling's id in `docs/rulings.md`.
    pub ruling: &'static str,
    /// What is decided, in a few words.
    pub says: &'static str,
    set: fn(&mut Profile),
}

impl Variant {
    /// The profile with this ruling decided so; none if that is what it says already.
    #[must_use]
    pub fn of(&self, profile: &Profile) -> Option<Profile> {
        let mut changed = profile.clone();
        (self.set)(&mut changed);
        (changed != *profile).then_some(changed)
    }
}

const fn v(ruling: &'static str, says: &'static str, set: fn(&mut Profile)) -> Variant {
    Variant { ruling, says, set }
}

/// Every ruling that a word can show, decided in every way: those on segments, and on what a close sends. Return
/// codes and times leave no trace in a word.
pub const VARIANTS: &[Variant] = &[
    v("R4", "a close with unread data resets", |p| p.close_with_unread = UnsafeClose::Reset),
    v("R4", "a close with unread data sends FIN", |p| p.close_with_unread = UnsafeClose::LingerTable),
    v("R5", "a close with a receive pending resets", |p| p.close_with_receive_pending = UnsafeClose::Reset),
    v("R5", "a close with a receive pending sends FIN", |p| {
        p.close_with_receive_pending = UnsafeClose::LingerTable;
    }),
    v("R7", "data after the close draws RST", |p| p.data_after_close = DataAfterClose::ResetAsIfAbsent),
    v("R7", "data after the close draws RST+ACK", |p| {
        p.data_after_close = DataAfterClose::ResetAcknowledging;
    }),
    v("R15", "accept fails for a connection that was reset", |p| {
        p.reset_in_accept_queue = ResetInAcceptQueue::AcceptFails;
    }),
    v("R15", "accept returns a connection that was reset", |p| {
        p.reset_in_accept_queue = ResetInAcceptQueue::FirstRecvFails;
    }),
    v("R16", "a SYN draws a challenge ACK", |p| {
        p.syn_in_window = SynInWindow::ChallengeAck;
        p.syn_in_syn_received = SynInSynReceived::ChallengeAck;
    }),
    v("R16", "a SYN draws RST+ACK from 0, and the connection is reset", |p| {
        p.syn_in_window = SynInWindow::ResetsAsIfAbsent;
        p.syn_in_syn_received = SynInSynReceived::ResetsAsIfAbsent;
    }),
    v("R16", "a SYN in SYN_RECEIVED goes back to LISTEN silently", |p| {
        p.syn_in_syn_received = SynInSynReceived::ReturnToListen;
    }),
    v("R16b", "a SYN+ACK is as a SYN", |p| p.syn_ack_in_window = SynAckInWindow::AsSyn),
    v("R16b", "a SYN+ACK draws RST, and the connection is reset", |p| {
        p.syn_ack_in_window = SynAckInWindow::Resets;
    }),
    v("R16c", "a SYN above RCV.NXT ends TIME_WAIT", |p| p.syn_in_time_wait = SynInTimeWait::AcceptIfGreater),
    v("R16c", "a SYN from RCV.NXT on ends TIME_WAIT", |p| {
        p.syn_in_time_wait = SynInTimeWait::AcceptFromRcvNxt;
    }),
    v("R17", "a missing connection answers RST", |p| p.no_connection = Unwelcome::Reset),
    v("R17", "a missing connection is silent", |p| p.no_connection = Unwelcome::Silent),
    v("R21", "the handshake of a closed listener draws RST+ACK", |p| {
        p.listener_gone = ListenerGone::AbortsLater;
    }),
    v("R21", "the handshake of a closed listener draws RST", |p| {
        p.listener_gone = ListenerGone::BareResetLater;
    }),
    v("R21", "the handshake of a closed listener is forgotten", |p| {
        p.listener_gone = ListenerGone::ForgottenAtOnce;
    }),
    v("R22", "a full backlog answers RST", |p| p.backlog_full = Unwelcome::Reset),
    v("R22", "a full backlog is silent", |p| p.backlog_full = Unwelcome::Silent),
    v("R23", "a refused SYN is not sent again", |p| {
        p.refused_retries = RefusedRetries { count: 0, after: Duration::ZERO };
    }),
    v("R23", "a refused SYN is sent again later", |p| {
        p.refused_retries = RefusedRetries { count: 3, after: Duration::from_millis(500) };
    }),
    v("R24", "a close in SYN_RECEIVED sends FIN", |p| p.close_in_syn_received = CloseInSynReceived::Fin),
    v("R24", "a close in SYN_RECEIVED sends RST", |p| {
        p.close_in_syn_received = CloseInSynReceived::BareReset;
    }),
    v("R25", "a RST without ACK acknowledges 0", |p| p.bare_rst_ack = BareRstAck::Zero),
    v("R25", "a RST without ACK has its ack field filled", |p| p.bare_rst_ack = BareRstAck::Filled),
    v("R26", "a RST ends TIME_WAIT", |p| p.rst_in_time_wait = RstInTimeWait::Closes),
    v("R26", "a RST leaves TIME_WAIT alone", |p| p.rst_in_time_wait = RstInTimeWait::Ignored),
    v("R27", "an abort sends RST+ACK", |p| p.abort_flags = AbortFlags::RstAck),
    v("R27", "an abort sends RST", |p| p.abort_flags = AbortFlags::Rst),
    v("R42", "text on a SYN is kept", |p| p.text_on_syn = TextOnSyn::Queued),
    v("R42", "text on a SYN is dropped", |p| p.text_on_syn = TextOnSyn::Dropped),
    v("R43", "a handshake takes a place in the backlog", |p| p.backlog = Backlog::CountsHalfOpen),
    v("R43", "a handshake takes no place in the backlog", |p| p.backlog = Backlog::CountsCompleted),
    v("R49", "challenge ACKs are not limited", |p| {
        p.ack_throttle = AckThrottle { count: u32::MAX, per: Duration::from_secs(5) };
    }),
    v("R49", "ten challenge ACKs in five seconds", |p| {
        p.ack_throttle = AckThrottle { count: 10, per: Duration::from_secs(5) };
    }),
    v("R51", "a RST in the window draws a challenge ACK", |p| p.rst_in_window = RstInWindow::ChallengeAck),
    v("R51", "a RST in the window resets", |p| p.rst_in_window = RstInWindow::Resets),
    v("R52", "a SYN draws an abort's RST", |p| p.syn_in_window = SynInWindow::Resets),
    v("R64", "TIME_WAIT answers what is in its window", |p| p.time_wait_answers = TimeWaitAnswers::All),
    v("R64", "TIME_WAIT answers only what is outside its window", |p| {
        p.time_wait_answers = TimeWaitAnswers::Outside;
    }),
];

/// Rulings which, decided so, bring the expected output.
#[derive(Clone, Debug)]
pub struct Explanation(pub Vec<&'static Variant>);

impl Explanation {
    /// The profile with these rulings decided so.
    fn of(&self, profile: &Profile) -> Profile {
        let mut changed = profile.clone();
        for variant in &self.0 {
            (variant.set)(&mut changed);
        }
        changed
    }
}

/// The rulings that a word which fails needs decided another way, one difference after the other; none if a difference
/// is not explained.
#[must_use]
pub fn responsible(word: &Word, profile: &Profile, seed: u64) -> Option<Vec<&'static str>> {
    let mut profile = profile.clone();
    let mut rulings = Vec::new();
    let mut reached = None;
    while let Some(difference) = Player::new(&profile, seed).difference(word) {
        // Each explanation leads past the difference that it explains.
        assert!(reached < Some(difference.at), "the differences come later and later");
        reached = Some(difference.at);
        let explanation = explain(word, difference.at, &profile, seed).into_iter().next()?;
        rulings.extend(explanation.0.iter().map(|variant| variant.ruling));
        profile = explanation.of(&profile);
    }
    rulings.sort_unstable();
    rulings.dedup();
    Some(rulings)
}

impl fmt::Display for Explanation {
    /// `R17 (a missing connection is silent) with R25 (…)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, variant) in self.0.iter().enumerate() {
            let with = if i > 0 { " with " } else { "" };
            write!(f, "{with}{} ({})", variant.ruling, variant.says)?;
        }
        Ok(())
    }
}

/// Which rulings explain that a word first differs at input `at`: each single one that, decided another way, brings
/// the expected outputs up to and including that one; if there is none, each pair; if there is none, what it takes of
/// each profile that brings them.
#[must_use]
pub fn explain(word: &Word, at: usize, profile: &Profile, seed: u64) -> Vec<Explanation> {
    let end = word.inputs.len().min(at + 1);
    let prefix = Word { inputs: word.inputs[..end].to_vec(), outputs: word.outputs[..end].to_vec() };
    let agrees = |profile: &Profile| Player::new(profile, seed).difference(&prefix).is_none();
    let others: Vec<(&Variant, Profile)> =
        VARIANTS.iter().filter_map(|variant| Some((variant, variant.of(profile)?))).collect();
    let single = others.iter().filter(|(_, changed)| agrees(changed));
    let single: Vec<_> = single.map(|(variant, _)| Explanation(vec![variant])).collect();
    if !single.is_empty() {
        return single;
    }
    let mut pairs = Vec::new();
    for (i, (first, changed)) in others.iter().enumerate() {
        for (second, _) in &others[i + 1..] {
            if first.ruling != second.ruling
                && let Some(both) = second.of(changed)
                && agrees(&both)
            {
                pairs.push(Explanation(vec![first, second]));
            }
        }
    }
    if !pairs.is_empty() {
        return pairs;
    }
    let known = Profile::ALL.into_iter();
    known.filter_map(|other| needed(profile, other, agrees)).map(Explanation).collect()
}

/// What it takes of `other` for `profile` to agree: no ruling more than is needed. None if all is not enough.
fn needed(
    profile: &Profile,
    other: &Profile,
    agrees: impl Fn(&Profile) -> bool,
) -> Option<Vec<&'static Variant>> {
    let theirs = VARIANTS.iter().filter(|v| v.of(other).is_none() && v.of(profile).is_some());
    let mut taken: Vec<&Variant> = theirs.collect();
    let enough = |taken: &[&'static Variant]| agrees(&Explanation(taken.to_vec()).of(profile));
    if !enough(&taken) {
        return None;
    }
    for i in (0..taken.len()).rev() {
        let variant = taken.remove(i);
        if !enough(&taken) {
            taken.insert(i, variant);
        }
    }
    Some(taken)
}
