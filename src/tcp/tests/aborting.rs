//! RST: of ABORT, of data that nobody can read, and of the peer.

use super::*;
use crate::profile::{AbortFlags, RstInTimeWait, RstInWindow, SynInWindow};

/// R7, TR-4, SHLD-3: new data for a connection that was closed, in both forms.
/// Mutation: the RST of WINDOWS acknowledges RCV.NXT.
#[test]
fn data_after_close_is_reset() {
    for (profile, wait_1, wait_2, with_fin) in [
        (&Profile::DOCUMENTED, "> R 1:1", "> R 2:2", "> R 2:2"),
        (&Profile::WINDOWS, "> R. 2:2 ack 4", "> R. 2:2 ack 4", "> R. 2:2 ack 5"),
    ] {
        let ended = |state| {
            format!(
                " | data-after-close
                 ! Ended(Aborted) | data-after-close
                 {state} -> CLOSED | data-after-close
                 = idle"
            )
        };
        let mut t = Tcp::established(profile);
        t.quietly("close");
        t.clone().run(&format!("< P. 1:4 ack 1\n{wait_1}{}", ended("FIN_WAIT_1")));
        t.quietly("< . 1:1 ack 2");
        t.clone().run(&format!("< P. 1:4 ack 2\n{wait_2}{}", ended("FIN_WAIT_2")));
        t.clone().run(&format!("< FP. 1:5 ack 2\n{with_fin}{}", ended("FIN_WAIT_2")));
        t.run("< P 1:4\ndrop | no-ack-bit\n= FIN_WAIT_2");
    }
}

/// R7: what had been received before the close is no new data, even beside a FIN that is new.
/// Mutation: any text resets.
#[test]
fn old_data_after_close_is_acknowledged() {
    let mut t = Tcp::established(&Profile::WINDOWS);
    t.quietly("< P. 1:4 ack 1");
    t.quietly("read 3");
    t.quietly("close");
    t.run(
        "< P. 1:4 ack 1
         > . 2:2 ack 4 win 9997 | unacceptable
         < FP. 1:5 ack 1
         ! EndOfStream | fin-received
         > . 2:2 ack 5 win 9997 | fin-received
         FIN_WAIT_1 -> CLOSING | fin-received",
    );
}

/// R7 with a closed window: what the peer probes with is new data, too; a segment without ACK is dropped first
/// (RFC 9293 3.10.7.4 fifth).
/// Mutation: a probe of a closed window is only acknowledged.
#[test]
fn a_probe_after_close_is_reset() {
    let mut t = Tcp::established(&Profile::WINDOWS);
    for i in 0..10 {
        t.quietly(&format!("< . {}:{} ack 1", i * 1000 + 1, i * 1000 + 1001));
    }
    t.quietly("close");
    t.clone().run(
        "< . 10001:10002 ack 2
         > R. 2:2 ack 10002 | data-after-close
         ! Ended(Aborted) | data-after-close
         FIN_WAIT_1 -> CLOSED | data-after-close",
    );
    t.event("< - 10001:10002");
    assert_eq!(t.name(), StateName::FinWait1, "without ACK it is no reason to reset");
}

/// WF-4.8, RFC 9293 3.6.1: data after SD_RECEIVE resets; so does SD_RECEIVE itself while data is unread.
/// Mutation: unread data is dropped in silence.
#[test]
fn data_after_the_end_of_receiving_is_reset() {
    let reset = |ack| {
        format!(
            "> R. 1:1 ack {ack} | data-after-sd-receive
             ! Ended(Aborted) | data-after-sd-receive
             ESTABLISHED -> CLOSED | data-after-sd-receive"
        )
    };
    let t = Tcp::established(&Profile::WINDOWS);
    t.clone().run(&format!("shut-receive\n< P. 1:4 ack 1\n{}", reset(1)));
    let mut unread = t.clone();
    unread.quietly("< P. 1:4 ack 1");
    unread.run(&format!("shut-receive\n{}", reset(4)));
}

/// TR-E10, R27, R28: ABORT in every state.
/// Mutation: ABORT in CLOSE-WAIT is silent.
#[test]
fn abort_by_state() {
    let reset = |segment, state| {
        format!("{segment} | abort\n! Ended(Aborted) | abort\n{state} -> CLOSED | abort\n= idle")
    };
    let silent = |state| format!("! Ended(Aborted) | abort-silent\n{state} -> CLOSED | abort-silent\n= idle");
    for (state, expected) in [
        (StateName::SynSent, silent("SYN_SENT")),
        (StateName::SynReceived, reset("> R. 1:1 ack 1", "SYN_RECEIVED")),
        (StateName::Established, reset("> R. 1:1 ack 1", "ESTABLISHED")),
        (StateName::FinWait1, reset("> R. 2:2 ack 1", "FIN_WAIT_1")),
        (StateName::FinWait2, reset("> R. 2:2 ack 1", "FIN_WAIT_2")),
        (StateName::CloseWait, reset("> R. 1:1 ack 2", "CLOSE_WAIT")),
        (StateName::Closing, silent("CLOSING")),
        (StateName::LastAck, silent("LAST_ACK")),
        (StateName::TimeWait, "= TIME_WAIT".to_string()),
    ] {
        Tcp::in_state(state, &Profile::RFC9293).run(&format!("abort\n{expected}"));
    }
    let bare = Profile { abort_flags: AbortFlags::Rst, ..Profile::RFC9293 };
    Tcp::established(&bare).run(&format!("abort\n{}", reset("> R 1:1", "ESTABLISHED")));
}

/// TR-E10: ABORT forgets what was queued, sent or not; its number is SND.NXT.
/// Mutation: the RST has the number SND.UNA.
#[test]
fn abort_loses_queued_text() {
    let mut t = Tcp::established_to_window(&Profile::RFC9293, 1000);
    t.quietly("send 5000");
    t.run(
        "abort
         > R. 1001:1001 ack 1 | abort
         ! Ended(Aborted) | abort
         ESTABLISHED -> CLOSED | abort
         = idle",
    );
}

/// TR-E6, RFC 5961 3.2: exactly RCV.NXT, in the window, outside of it.
/// Mutation: a RST anywhere in the window resets.
#[test]
fn a_reset_is_judged_by_its_number() {
    Tcp::established(&Profile::RFC9293).run(
        "< R 0:0
         drop | unacceptable-rst
         < R 2:2
         > . 1:1 ack 1 win 10000 | rst-challenge
         < R 10000:10000
         > . 1:1 ack 1 win 10000 | rst-challenge
         < R 10001:10001
         drop | unacceptable-rst
         < R -5:5
         drop | unacceptable-rst
         = ESTABLISHED
         < R 1:1
         ! Ended(Reset) | rst-received
         ESTABLISHED -> CLOSED | rst-received
         = idle",
    );
}

/// TR-1, TR-7, TR-E7, R11: who is told what by a RST (with text, SHLD-2), in every synchronized state.
/// Mutation: CLOSE-WAIT reports a plain reset.
#[test]
fn a_reset_by_state() {
    for (state, number, cause) in [
        (StateName::Established, 1, "Reset"),
        (StateName::FinWait1, 1, "Reset"),
        (StateName::FinWait2, 1, "Reset"),
        (StateName::CloseWait, 2, "ResetAfterFin"),
        (StateName::Closing, 2, "ResetClosing"),
        (StateName::LastAck, 2, "ResetClosing"),
        (StateName::TimeWait, 2, "ResetClosing"),
    ] {
        for segment in [format!("< R {number}:{number}"), format!("< R. {number}:{} ack 9", number + 5)] {
            Tcp::in_state(state, &Profile::RFC9293).run(&format!(
                "{segment}
                 ! Ended({cause}) | rst-received
                 {state} -> CLOSED | rst-received
                 = idle"
            ));
        }
    }
}

/// R26, RFC 1337 F1: a profile can ignore a RST in TIME-WAIT.
/// Mutation: the switch is not asked.
#[test]
fn a_reset_in_time_wait_may_be_ignored() {
    let profile = Profile { rst_in_time_wait: RstInTimeWait::Ignored, ..Profile::RFC9293 };
    Tcp::in_state(StateName::TimeWait, &profile).run(
        "< R 2:2
         drop | rst-time-wait
         < R 3:3
         > . 2:2 ack 2 win 10000 | rst-challenge
         = TIME_WAIT",
    );
}

/// R8: a RST discards what is unread; a FIN does not.
/// Mutation: what is unread survives the RST.
#[test]
fn a_reset_discards_what_is_unread() {
    let mut t = Tcp::established(&Profile::RFC9293);
    t.quietly("< P. 1:4 ack 1");
    let mut kept = t.clone();
    kept.quietly("shut");
    kept.quietly("< F. 4:5 ack 2");
    kept.run("= TIME_WAIT\nread 3");
    t.quietly("< R 4:4");
    t.run("= nothing to read");
}

/// R51: without RFC 5961 a RST anywhere in the window of 10,000, so up to 10,000, resets; past it none does.
/// Mutation: a RST in the window is always challenged.
#[test]
fn without_rfc_5961_a_reset_in_the_window_resets() {
    let profile = Profile { rst_in_window: RstInWindow::Resets, ..Profile::RFC9293 };
    let t = Tcp::established(&profile);
    for seq in [1, 2, 10_000] {
        let ended = "! Ended(Reset) | rst-received\nESTABLISHED -> CLOSED | rst-received";
        t.clone().run(&format!("< R {seq}:{seq}\n{ended}"));
    }
    t.clone().run("< R 0:0\ndrop | unacceptable-rst\n= ESTABLISHED");
    t.clone().run("< R 10001:10001\ndrop | unacceptable-rst\n= ESTABLISHED");
}

/// R52: without RFC 5961 a SYN in the window is an error, in every synchronized state: RST+ACK at SND.NXT and
/// RCV.NXT (R27). Outside it is acknowledged as ever.
/// Mutation: a SYN in the window is always challenged.
#[test]
fn without_rfc_5961_a_syn_in_the_window_resets() {
    let profile = Profile { syn_in_window: SynInWindow::Resets, ..Profile::RFC9293 };
    let mut t = Tcp::established(&profile);
    for seq in [1, 10_000] {
        t.clone().run(&format!(
            "< S {seq}:{}
             > R. 1:1 ack 1 | syn-error
             ! Ended(Reset) | syn-error
             ESTABLISHED -> CLOSED | syn-error",
            seq + 1
        ));
    }
    t.clone().run("< S 10001:10002\n> . 1:1 ack 1 win 10000 | unacceptable\n= ESTABLISHED");
    t.quietly("close");
    t.quietly("< F. 1:2 ack 2");
    t.run(
        "< S 2:3
         > R. 2:2 ack 2 | syn-error
         ! Ended(Reset) | syn-error
         TIME_WAIT -> CLOSED | syn-error",
    );
}
