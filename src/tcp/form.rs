//! The canonical form of a connection ([`crate::form`]). Every struct is taken apart by name.

use super::congestion::{Congestion, Cubic, Epoch};
use super::opening::{Origin, Settings, SynReceived, SynSent, SynTimer};
use super::options::{Agreed, Echo, Offered};
use super::receive::{Beyond, Receive};
use super::recovery::{Fast, Recovery};
use super::send::{Fin, Send, Timed, Timer};
use super::tcb::App;
use super::{
    Cause, CloseWait, Closed, Closing, Established, FinWait1, FinWait2, LastAck, State, StateName, Tcb,
    TimeWait, Unreachable,
};
use crate::buf::Rope;
use crate::form::Writer;
use crate::packet::Segment;
use crate::profile::CongestionControl;
use crate::seq::Seq;
use crate::time::Duration;

impl State {
    /// What the numbers of a form are relative to: SND.UNA and RCV.NXT (before they are, ISS and IRS + 1; in
    /// TIME-WAIT SND.NXT). ISS and IRS are not kept, and how far a connection has come is no part of its future.
    /// The peer's is 0 while it is not known. None for a connection that is over.
    #[must_use]
    pub fn origins(&self) -> Option<(Seq, Seq)> {
        match self {
            Self::SynSent(s) => Some((s.iss, Seq(0))),
            Self::SynReceived(s) => Some((s.iss, s.rcv_nxt())),
            with_tcb!() => self.tcb().map(|tcb| (tcb.snd.una, tcb.rcv.nxt)),
            Self::TimeWait(s) => Some((s.snd_nxt, s.rcv_nxt)),
            Self::Closed(_) => None,
        }
    }

    pub(crate) fn form(&self, w: &mut Writer) {
        w.origins(self.origins().unwrap_or_default());
        w.put("state", name(self.name()));
        match self {
            Self::SynSent(s) => syn_sent(s, w),
            Self::SynReceived(s) => syn_received(s, w),
            Self::Established(Established { tcb }) => block(tcb, w),
            Self::FinWait1(FinWait1 { tcb }) => block(tcb, w),
            Self::FinWait2(FinWait2 { tcb, until }) => {
                block(tcb, w);
                w.put("until", until.is_some());
                until.iter().for_each(|&at| w.at("until", at));
            }
            Self::CloseWait(CloseWait { tcb }) => block(tcb, w),
            Self::Closing(Closing { tcb }) => block(tcb, w),
            Self::LastAck(LastAck { tcb }) => block(tcb, w),
            Self::TimeWait(s) => time_wait(s, w),
            Self::Closed(Closed { cause, fin_received, inbox }) => {
                w.put("cause", cause_name(*cause));
                w.put("fin_received", *fin_received);
                unread(inbox, w);
            }
        }
    }
}

fn syn_sent(s: &SynSent, w: &mut Writer) {
    // ISS is the origin.
    let SynSent { settings: set, offered: offer, window, iss: _, timer, refusals, retrying } = s;
    settings(set, w);
    offered(offer, w);
    w.put("window", *window);
    syn_timer(timer, w);
    w.size("refusals", (*refusals).into());
    w.put("retrying", *retrying);
}

fn syn_received(s: &SynReceived, w: &mut Writer) {
    let SynReceived {
        settings: set,
        offered: offer,
        agreed: agree,
        echo: stamps,
        window,
        origin,
        iss: _,
        irs: _,
        snd_wnd,
        peer_mss,
        timer,
        early,
        old,
    } = s;
    settings(set, w);
    offered(offer, w);
    agreed(agree, w);
    echo(*stamps, w);
    w.put("window", *window);
    w.put(
        "origin",
        match origin {
            Origin::Passive => "passive",
            Origin::Active => "active",
            Origin::Abandoned => "abandoned",
        },
    );
    w.put("snd_wnd", *snd_wnd);
    w.put("peer_mss", *peer_mss);
    syn_timer(timer, w);
    w.put("early", early.is_some());
    if let Some(early) = early {
        // The rest was looked at when the SYN came.
        let Segment { seq, ack: _, flags, wnd: _, urg: _, options: _, payload } = early;
        w.theirs("seq", *seq);
        w.put("flags", flags.bits());
        w.text("payload", payload.clone());
    }
    w.put("old", old.is_some());
    if let Some(old) = old {
        w.ours("old.snd_nxt", old.snd_nxt);
        w.theirs("old.rcv_nxt", old.rcv_nxt);
        time_wait(old, w);
    }
}

fn settings(settings: &Settings, w: &mut Writer) {
    // Where the clock of timestamps begins is drawn.
    let Settings { mss, default_mss, receive_buffer, nodelay, ts_offset: _, tuning } = *settings;
    w.put("mss", mss);
    w.put("default_mss", default_mss);
    w.put("receive_buffer", receive_buffer);
    w.put("nodelay", nodelay);
    tuning.form(w);
}

fn offered(offered: &Offered, w: &mut Writer) {
    let Offered { mss, window_scale, sack, timestamps } = *offered;
    w.put("offered.mss", mss);
    w.put("offered.window_scale", window_scale);
    w.put("offered.sack", sack);
    w.put("offered.timestamps", timestamps);
}

fn agreed(agreed: &Agreed, w: &mut Writer) {
    // The peer's clock is that of `echo`.
    let Agreed { snd_shift, rcv_shift, sack, timestamps } = *agreed;
    w.put("agreed.snd_shift", snd_shift);
    w.put("agreed.rcv_shift", rcv_shift);
    w.put("agreed.sack", sack);
    w.put("agreed.timestamps", timestamps.is_some());
}

/// Both clocks are drawn: TS.Recent is the origin of the peer's, what ours shows now that of ours. It ticks at whole
/// milliseconds.
fn echo(echo: Option<Echo>, w: &mut Writer) {
    w.put("echo", echo.is_some());
    if let Some(Echo { offset: _, recent: _, at, last_ack }) = echo {
        w.fine("phase", w.now.as_nanos() % 1_000_000);
        w.at("recent at", at);
        w.theirs("last_ack", last_ack);
    }
}

fn syn_timer(timer: &SynTimer, w: &mut Writer) {
    let SynTimer { at, first_sent, retransmissions, unreachable, rtt } = timer;
    w.at("at", *at);
    w.at("first_sent", *first_sent);
    w.size("retransmissions", (*retransmissions).into());
    w.put("unreachable", unreachable.map_or("nothing", unreachable_name));
    rtt.form(w);
}

fn block(tcb: &Tcb, w: &mut Writer) {
    // Since when it is established SO_CONNECT_TIME alone tells.
    let Tcb { snd, rcv, offered: offer, echo: stamps, app, rare, established: _ } = tcb;
    send(snd, w);
    receive(rcv, w);
    offered(offer, w);
    echo(stamps.as_deref().copied(), w);
    w.put(
        "app",
        match app {
            App::Open => "open",
            App::ReceiveShut => "receive shut",
            App::Gone => "gone",
        },
    );
    rcv.waiting_ack_form(w);
    // Without it all of it is as it begins.
    rare.as_deref().cloned().unwrap_or_default().form(w);
}

fn send(snd: &Send, w: &mut Writer) {
    let Send {
        una: _,
        nxt,
        wnd,
        wl1,
        wl2,
        max_wnd,
        shift,
        sack,
        mss,
        syn,
        fin,
        nodelay,
        queue,
        recovery: losses,
        congestion: control,
        rtt,
        last_sent,
        resent,
        timed,
        timer: running,
    } = snd;
    w.ours("nxt", *nxt);
    w.size("wnd", (*wnd).into());
    w.theirs("wl1", *wl1);
    w.ours("wl2", *wl2);
    w.size("max_wnd", (*max_wnd).into());
    w.put("shift", *shift);
    w.put("sack", *sack);
    w.put("mss", *mss);
    w.put("syn", *syn);
    w.put(
        "fin",
        match fin {
            Fin::Open => "open",
            Fin::Queued => "queued",
            Fin::Acknowledged => "acknowledged",
        },
    );
    w.put("nodelay", *nodelay);
    w.text("queue", queue.to_bytes());
    recovery(losses, w);
    let resend = losses.resend;
    w.put("resend", resend.is_some());
    resend.iter().for_each(|&at| w.ours("resend", at));
    congestion(control, w);
    rtt.form(w);
    // A window that is no larger than the first does not shrink, and what is in flight lets it grow. Long ago is long
    // ago.
    let flying = !snd.nothing_in_flight();
    let large = control.cwnd > w.profile.initial_window.bytes(u32::from(*mss));
    let age = w.now.since(*last_sent);
    let age = (large || flying).then_some(if flying || age <= rtt.rto() { age } else { Duration::MAX });
    w.fine("last_sent", age);
    w.fine("resent", *resent);
    w.fine("timed", timed.is_running());
    if timed.is_running() {
        let Timed { octet, since } = *timed;
        w.at("timed since", since);
        let exact = octet - *nxt;
        w.fine("timed octet", exact.cast_signed());
    }
    timer(running, w);
}

fn timer(timer: &Timer, w: &mut Writer) {
    match *timer {
        Timer::Idle => w.put("timer", "idle"),
        Timer::Retransmit { at, since, retransmissions } => {
            w.put("timer", "retransmit");
            w.at("at", at);
            w.at("since", since);
            w.size("retransmissions", retransmissions.into());
        }
        Timer::Persist { at, since, unanswered, backoff } => {
            w.put("timer", "persist");
            w.at("at", at);
            w.at("since", since);
            w.size("unanswered", unanswered.into());
            w.size("backoff", backoff.into());
        }
    }
}

fn congestion(congestion: &Congestion, w: &mut Writer) {
    let Congestion { cwnd, ssthresh, smss, control, cubic } = congestion;
    w.fine("cwnd", *cwnd);
    w.fine("ssthresh", *ssthresh);
    w.coarse("cwnd", (*cwnd / (*smss).max(1)).min(8));
    w.coarse("slow start", cwnd < ssthresh);
    w.put("smss", *smss);
    w.put("cubic", *control == CongestionControl::Cubic);
    w.fine("lost before", cubic.is_some());
    if let Some(Cubic { w_max, prior, epoch, fresh }) = cubic.as_deref() {
        w.fine("w_max", *w_max);
        w.fine("prior", *prior);
        w.fine("fresh", *fresh);
        w.fine("epoch", epoch.is_some());
        if let Some(Epoch { start, k, w_max, w_est, owed_est, owed }) = *epoch {
            w.at("start", start);
            for (name, n) in
                [("k", k), ("w_max", w_max), ("w_est", w_est), ("owed_est", owed_est), ("owed", owed)]
            {
                w.fine(name, n);
            }
        }
    }
}

fn recovery(recovery: &Recovery, w: &mut Writer) {
    // What is sent again is told by the sender.
    let Recovery { duplicates, flight, fast, recover, resend: _, resend_first, sacked } = recovery;
    w.size("duplicates", (*duplicates).into());
    w.size("flight", (*flight).into());
    w.put("fast", fast.is_some());
    if let Some(Fast { point, high_rxt, rescued }) = *fast {
        w.ours("point", point);
        w.ours("high_rxt", high_rxt);
        w.put("rescued", rescued);
    }
    w.put("recover", recover.is_some());
    recover.iter().for_each(|&at| w.ours("recover", at));
    // Why it goes out again is told when it does.
    w.put("resend_first", resend_first.is_some());
    w.count("sacked", sacked.len());
    for &(left, right) in sacked {
        w.ours("left", left);
        w.ours("right", right);
    }
}

fn receive(rcv: &Receive, w: &mut Writer) {
    // An ACK that waits is told beside the rest.
    let Receive { nxt: _, edge, shift, capacity, inbox, fin, ack_waits: _, ack_at: _, beyond } = rcv;
    w.theirs("edge", *edge);
    w.put("rcv shift", *shift);
    w.put("capacity", *capacity);
    w.text("inbox", inbox.to_bytes());
    w.put("fin received", *fin);
    w.put("beyond", beyond.is_some());
    if let Some(beyond) = beyond {
        let Beyond { blocks, runs, fin } = &**beyond;
        w.count("blocks", blocks.len());
        for (seq, text) in blocks {
            w.theirs("seq", *seq);
            w.text("text", text.clone());
        }
        w.count("runs", runs.len());
        for &(left, right) in runs {
            w.theirs("left", left);
            w.theirs("right", right);
        }
        w.put("fin", fin.is_some());
        fin.iter().for_each(|&at| w.theirs("fin", at));
    }
}

fn time_wait(s: &TimeWait, w: &mut Writer) {
    let TimeWait { snd_nxt: _, rcv_nxt: _, wnd, shift, echo: stamps, until, inbox, throttle: acks } = s;
    w.size("wnd", (*wnd).into());
    w.put("shift", *shift);
    echo(stamps.as_deref().copied(), w);
    w.at("until", *until);
    unread(inbox, w);
    acks.form(w);
}

fn unread(inbox: &Rope, w: &mut Writer) {
    w.text("inbox", inbox.to_bytes());
}

const fn unreachable_name(what: Unreachable) -> &'static str {
    match what {
        Unreachable::Net => "net unreachable",
        Unreachable::Host => "host unreachable",
    }
}

const fn name(state: StateName) -> &'static str {
    match state {
        StateName::Closed => "CLOSED",
        StateName::Listen => "LISTEN",
        StateName::SynSent => "SYN_SENT",
        StateName::SynReceived => "SYN_RECEIVED",
        StateName::Established => "ESTABLISHED",
        StateName::FinWait1 => "FIN_WAIT_1",
        StateName::FinWait2 => "FIN_WAIT_2",
        StateName::CloseWait => "CLOSE_WAIT",
        StateName::Closing => "CLOSING",
        StateName::LastAck => "LAST_ACK",
        StateName::TimeWait => "TIME_WAIT",
    }
}

const fn cause_name(cause: Cause) -> &'static str {
    match cause {
        Cause::Finished => "finished",
        Cause::Reset => "reset",
        Cause::ResetAfterFin => "reset after FIN",
        Cause::ResetClosing => "reset while closing",
        Cause::Refused => "refused",
        Cause::SynTimedOut => "SYN timed out",
        Cause::Unreachable(what) => unreachable_name(what),
        Cause::HardError => "hard error",
        Cause::TimedOut => "timed out",
        Cause::KeepAliveFailed => "keep-alive failed",
        Cause::Aborted => "aborted",
        Cause::CloseExpired => "close expired",
        Cause::Deleted => "deleted",
    }
}
