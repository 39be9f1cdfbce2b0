//! The SYN bit as Windows 8 was seen to take it (R16, R16b), and what goes with it: R17, R21, R25.
//!
//! Number 0 is 2 after our initial number; an `ack-field` is as it stands: our SYN's acknowledgment is 4294967295,
//! RCV.NXT after the peer's SYN 4294967291.

use super::*;
use crate::profile::{AbortFlags, ListenerGone};

const WIN8: &Profile = &Profile::WIN8_CAV2016;

/// Those that R16 and R16b name together, with RCV.NXT.
const STATES: [(StateName, i32); 6] = [
    (StateName::Established, 1),
    (StateName::FinWait1, 1),
    (StateName::FinWait2, 1),
    (StateName::CloseWait, 2),
    (StateName::Closing, 2),
    (StateName::LastAck, 2),
];

/// R16: RST+ACK from 0, acknowledging SEG.SEQ + 1 and nothing that the SYN carries; outside the window an ACK as ever.
/// Mutation: the RST acknowledges all of the SYN's segment.
#[test]
fn a_syn_resets_from_zero() {
    for (state, nxt) in STATES {
        let t = Tcp::in_state(state, WIN8);
        for (flags, end) in [("S", nxt + 1), ("SF", nxt + 5)] {
            t.clone().run(&format!(
                "< {flags} {nxt}:{end}
                 > R. 2:2 ack {} | syn-error
                 ! Ended(Reset) | syn-error
                 {state} -> CLOSED | syn-error
                 = idle",
                nxt + 1
            ));
        }
        let mut t = t.clone();
        t.event("< S 20000:20001");
        assert_eq!(t.name(), state, "outside the window");
    }
}

/// R16: in SYN-RECEIVED the listener goes on, or connect fails. TIME-WAIT is left to R16c.
/// Mutation: connect does not fail.
#[test]
fn a_syn_while_opening_or_waiting() {
    let reset = |cause| {
        format!(
            "< S 1:2
             > R. 2:2 ack 2 | syn-error
             ! Ended({cause}) | syn-error
             SYN_RECEIVED -> CLOSED | syn-error"
        )
    };
    Tcp::in_state(StateName::SynReceived, WIN8).run(&reset("Deleted"));
    Tcp::crossed(WIN8).run(&reset("Refused"));
    Tcp::in_state(StateName::TimeWait, WIN8)
        .run("< S 2:3\n> . 2:2 ack 2 win 10000 | syn-challenge\n= TIME_WAIT");
}

/// R16b, R25: RST from SEG.ACK, which its ack field repeats.
/// Mutation: a SYN+ACK is taken for a SYN.
#[test]
fn a_syn_ack_resets_from_its_ack() {
    for (state, nxt) in STATES {
        Tcp::in_state(state, WIN8).run(&format!(
            "< S. {nxt}:{} ack 1
             > R 1:1 ack-field 4294967295 | syn-ack-error
             ! Ended(Reset) | syn-ack-error
             {state} -> CLOSED | syn-ack-error
             = idle",
            nxt + 1
        ));
    }
}

/// R16b: TIME-WAIT stays; passive SYN-RECEIVED is silent; in active SYN-RECEIVED connect fails, but a SYN+ACK that
/// only repeats the SYN completes the handshake (RFC 9293 Figure 7).
/// Mutation: a SYN+ACK ends TIME-WAIT.
#[test]
fn a_syn_ack_while_opening_or_waiting() {
    Tcp::in_state(StateName::TimeWait, WIN8)
        .run("< S. 2:3 ack 1\n> R 1:1 ack-field 4294967295 | syn-ack-error\n= TIME_WAIT");
    Tcp::in_state(StateName::SynReceived, WIN8).run("< S. 1:2 ack 1\ndrop | syn-ack-ignored\n= SYN_RECEIVED");
    let t = Tcp::crossed(WIN8);
    t.clone().run(
        "< S. 1:2 ack 1
         > R 1:1 ack-field 4294967295 | syn-ack-error
         ! Ended(Refused) | syn-ack-error
         SYN_RECEIVED -> CLOSED | syn-ack-error",
    );
    let mut t = t;
    t.quietly("< S. 0:1 ack 1 win 10000");
    t.run("= ESTABLISHED");
}

/// R25: a connection fills in RCV.NXT; an answer made from the segment alone, SEG.ACK.
/// Mutation: an abort's RST without ACK acknowledges 0.
#[test]
fn a_bare_rst_has_its_ack_field_filled() {
    Tcp::crossed(WIN8).run(
        "close
         > R 1:1 ack-field 4294967291 | close-syn-received
         ! Ended(Aborted) | close-syn-received
         SYN_RECEIVED -> CLOSED | close-syn-received",
    );
    Tcp::in_state(StateName::SynReceived, WIN8)
        .run("< . 1:1 ack 7\n> R 7:7 ack-field 4294967291 | opening-bad-ack\n= SYN_RECEIVED");
    Tcp::in_state(StateName::SynSent, WIN8)
        .run("< . 0:0 ack 7\n> R 7:7 ack-field 5 | opening-bad-ack\n= SYN_SENT");
    let bare = Profile { abort_flags: AbortFlags::Rst, ..Profile::WIN8_CAV2016 };
    Tcp::established(&bare).run(
        "abort
         > R 1:1 ack-field 4294967291 | abort
         ! Ended(Aborted) | abort
         ESTABLISHED -> CLOSED | abort",
    );
}

/// R17: LISTEN answers nothing but a SYN.
/// Mutation: LISTEN refuses an ACK whatever the profile says.
#[test]
fn a_hidden_listener_is_silent() {
    Tcp::new(WIN8).run(
        "< . 0:0 ack 7
         drop | no-connection-silent
         < S. 0:1 ack 7
         drop | no-connection-silent
         < F. 0:1 ack 7
         drop | no-connection-silent
         < R. 0:0 ack 7
         drop | listen-rst
         < F 0:1
         drop | listen-drop
         = LISTEN",
    );
}

/// R21: the handshake of a listener that was closed, in the three ways.
/// Mutation: it is forgotten at once whatever the profile says.
#[test]
fn an_abandoned_handshake_ends_as_ruled() {
    for (gone, script) in [
        (
            ListenerGone::AbortsLater,
            "abandon
             < . 1:1 ack 1
             > R. 1:1 ack 1 | listener-gone
             ! Ended(Aborted) | listener-gone
             SYN_RECEIVED -> CLOSED | listener-gone",
        ),
        (
            ListenerGone::BareResetLater,
            "abandon
             < FP. 1:5 ack 1
             > R 1:1 ack-field 4294967291 | listener-gone
             ! Ended(Aborted) | listener-gone
             SYN_RECEIVED -> CLOSED | listener-gone",
        ),
        (
            ListenerGone::ForgottenAtOnce,
            "abandon
             ! Ended(Deleted) | listener-forgot
             SYN_RECEIVED -> CLOSED | listener-forgot
             = idle",
        ),
    ] {
        let profile = Profile { listener_gone: gone, ..Profile::WIN8_CAV2016 };
        Tcp::in_state(StateName::SynReceived, &profile).run(script);
        Tcp::crossed(&profile).run("abandon\n= SYN_RECEIVED");
    }
}

/// TR-E8, TR-C13, RFC 5961 4.2, RFC 9293 3.10.7.4 fourth: a SYN is challenged in every synchronized state, whatever its
/// number: RCV.NXT, both sides of either edge, far off. Nothing changes.
/// Mutation: a SYN in the window is dropped.
#[test]
fn a_syn_is_challenged_whatever_its_number() {
    for (state, seq, ack) in [
        (StateName::Established, 1, 1),
        (StateName::FinWait1, 2, 1),
        (StateName::FinWait2, 2, 1),
        (StateName::CloseWait, 1, 2),
        (StateName::Closing, 2, 2),
        (StateName::LastAck, 2, 2),
        (StateName::TimeWait, 2, 2),
    ] {
        for (from_edge, rule) in [
            (-70_000, "unacceptable"),
            (-1, "unacceptable"),
            (0, "syn-challenge"),
            (9_999, "syn-challenge"),
            (10_000, "unacceptable"),
        ] {
            let syn = ack + from_edge;
            Tcp::in_state(state, &Profile::RFC9293).run(&format!(
                "< S {syn}:{}
                 > . {seq}:{seq} ack {ack} win 10000 | {rule}
                 = {state}",
                syn + 1
            ));
        }
    }
}
