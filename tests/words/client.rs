//! The client's side: words with CONNECT, worked out by hand.
//!
//! A row: inputs, outputs under WIN8_CAV2016, outputs under RFC9293 (`=`: the same), and what decides.

use super::{inputs, outputs};
use closewait::profile::Profile;
use closewait_sim::words::{Player, Word, report};

const SAME: &str = "=";

const ROWS: &[(&str, &str, &str, &str)] = &[
    // RFC 9293 3.5, Figure 6; then text and the two FINs of an active close.
    (
        "CONNECT SYN+ACK(V,V,0) SEND ACK(V,V,0) ACK+PSH(V,V,1) RCV CLOSE ACK(V,V,0) FIN+ACK(V,V,0) ACK(V,V,0) \
         ACK+PSH(V,V,1)",
        "SYN(FRESH,ZERO,0) ACK(NEXT,NEXT,0) ACK+PSH(NEXT,CURRENT,1) TIMEOUT ACK(NEXT,NEXT,0) TIMEOUT \
         ACK+FIN(NEXT,CURRENT,0) TIMEOUT ACK(NEXT,NEXT,0) TIMEOUT TIMEOUT",
        "SYN(FRESH,ZERO,0) ACK(NEXT,NEXT,0) ACK+PSH(NEXT,CURRENT,1) TIMEOUT ACK(NEXT,NEXT,0) TIMEOUT \
         ACK+FIN(NEXT,CURRENT,0) TIMEOUT ACK(NEXT,NEXT,0) TIMEOUT ACK(NEXT,CURRENT,0)",
        "RFC 9293 3.5, 3.6; R64: the last ACK and text come in TIME_WAIT",
    ),
    // The peer closes first: CLOSE_WAIT, LAST_ACK, CLOSED; then there is no main socket to connect.
    (
        "CONNECT SYN+ACK(V,V,0) FIN+ACK(V,V,0) RCV SEND CLOSE ACK(V,V,0) CONNECT",
        "SYN(FRESH,ZERO,0) ACK(NEXT,NEXT,0) ACK(NEXT,NEXT,0) TIMEOUT ACK+PSH(NEXT,CURRENT,1) \
         ACK+FIN(NEXT,CURRENT,0) TIMEOUT TIMEOUT",
        SAME,
        "RFC 9293 3.6",
    ),
    // SYN_SENT drops what carries neither SYN nor RST, and a RST that acknowledges nothing.
    (
        "CONNECT ACK(V,V,0) FIN+ACK(V,V,0) ACK+PSH(V,V,1) CONNECT RCV SYN+ACK(V,V,0)",
        "SYN(FRESH,ZERO,0) TIMEOUT TIMEOUT TIMEOUT TIMEOUT TIMEOUT ACK(NEXT,NEXT,0)",
        SAME,
        "RFC 9293 3.10.7.3",
    ),
    // A RST without ACK unsets the tester's registers; the SYN+ACK that follows acknowledges 0: RST from 0.
    (
        "CONNECT RST(V,V,0) SYN+ACK(V,V,0)",
        "SYN(FRESH,ZERO,0) TIMEOUT RST(ZERO,ZERO,0)",
        SAME,
        "RFC 9293 3.10.7.3; R25 has nothing else to fill in",
    ),
    // Both SYNs cross; the ACK completes.
    (
        "CONNECT SYN(V,V,0) ACK(V,V,0) SEND",
        "SYN(FRESH,ZERO,0) ACK+SYN(CURRENT,NEXT,0) TIMEOUT ACK+PSH(NEXT,CURRENT,1)",
        SAME,
        "RFC 9293 3.5, Figure 7",
    ),
    // Both SYNs cross; text comes with the ACK.
    (
        "CONNECT SYN(V,V,0) ACK+PSH(V,V,1) CLOSE",
        "SYN(FRESH,ZERO,0) ACK+SYN(CURRENT,NEXT,0) ACK(NEXT,NEXT,0) ACK+RST(NEXT,CURRENT,0)",
        SAME,
        "RFC 9293 3.10.7.4; R4",
    ),
    // A FIN completes the handshake, too.
    (
        "CONNECT SYN(V,V,0) FIN+ACK(V,V,0) CLOSE ACK(V,V,0)",
        "SYN(FRESH,ZERO,0) ACK+SYN(CURRENT,NEXT,0) ACK(NEXT,NEXT,0) ACK+FIN(NEXT,CURRENT,0) TIMEOUT",
        SAME,
        "RFC 9293 3.10.7.4 eighth",
    ),
    // SYN in active SYN_RECEIVED: connect fails and can be called again; or a challenge, and connect goes on.
    (
        "CONNECT SYN(V,V,0) SYN(V,V,0) CONNECT",
        "SYN(FRESH,ZERO,0) ACK+SYN(CURRENT,NEXT,0) ACK+RST(ZERO,NEXT,0) SYN(FRESH,ZERO,0)",
        "SYN(FRESH,ZERO,0) ACK+SYN(CURRENT,NEXT,0) ACK(NEXT,CURRENT,0) TIMEOUT",
        "R16",
    ),
    // SYN+ACK in active SYN_RECEIVED, with the number after the SYN's: likewise.
    (
        "CONNECT SYN(V,V,0) SYN+ACK(V,V,0) CONNECT SYN+ACK(V,V,0)",
        "SYN(FRESH,ZERO,0) ACK+SYN(CURRENT,NEXT,0) RST(NEXT,FRESH,0) SYN(FRESH,ZERO,0) ACK(NEXT,NEXT,0)",
        "SYN(FRESH,ZERO,0) ACK+SYN(CURRENT,NEXT,0) ACK(NEXT,CURRENT,0) TIMEOUT ACK(NEXT,CURRENT,0)",
        "R16b, R25",
    ),
    // RST in active SYN_RECEIVED: connect fails at once, and can be called again.
    (
        "CONNECT SYN(V,V,0) RST(V,V,0) CONNECT",
        "SYN(FRESH,ZERO,0) ACK+SYN(CURRENT,NEXT,0) TIMEOUT SYN(FRESH,ZERO,0)",
        SAME,
        "R23",
    ),
    (
        "CONNECT SYN(V,V,0) ACK+RST(V,V,0) CONNECT SYN(V,V,0)",
        "SYN(FRESH,ZERO,0) ACK+SYN(CURRENT,NEXT,0) TIMEOUT SYN(FRESH,ZERO,0) ACK+SYN(CURRENT,NEXT,0)",
        SAME,
        "R23",
    ),
    // RST in SYN_SENT: Windows tries again later, and the call is still outstanding; it answers all the same.
    (
        "CONNECT ACK+RST(V,V,0) CONNECT SYN(V,V,0)",
        "SYN(FRESH,ZERO,0) TIMEOUT TIMEOUT ACK+SYN(FRESH,NEXT,0)",
        "SYN(FRESH,ZERO,0) TIMEOUT SYN(FRESH,ZERO,0) ACK+SYN(CURRENT,NEXT,0)",
        "R23",
    ),
    // closesocket in SYN_SENT sends nothing; what comes later meets a closed port.
    (
        "CONNECT CLOSE SYN+ACK(V,V,0)",
        "SYN(FRESH,ZERO,0) TIMEOUT TIMEOUT",
        "SYN(FRESH,ZERO,0) TIMEOUT RST(NEXT,ZERO,0)",
        "R24, R17",
    ),
    // closesocket in active SYN_RECEIVED.
    (
        "CONNECT SYN(V,V,0) CLOSE",
        "SYN(FRESH,ZERO,0) ACK+SYN(CURRENT,NEXT,0) RST(NEXT,CURRENT,0)",
        "SYN(FRESH,ZERO,0) ACK+SYN(CURRENT,NEXT,0) ACK+FIN(NEXT,CURRENT,0)",
        "R24, R25",
    ),
    // A receive that is pending, or that another input ended before.
    (
        "CONNECT SYN+ACK(V,V,0) RCV CLOSE",
        "SYN(FRESH,ZERO,0) ACK(NEXT,NEXT,0) TIMEOUT ACK+RST(NEXT,CURRENT,0)",
        "SYN(FRESH,ZERO,0) ACK(NEXT,NEXT,0) TIMEOUT ACK+FIN(NEXT,CURRENT,0)",
        "R5",
    ),
    (
        "CONNECT SYN+ACK(V,V,0) RCV CLOSECONNECTION CLOSE",
        "SYN(FRESH,ZERO,0) ACK(NEXT,NEXT,0) TIMEOUT TIMEOUT ACK+FIN(NEXT,CURRENT,0)",
        SAME,
        "R5",
    ),
    (
        "CONNECT SYN+ACK(V,V,0) RCV ACK+PSH(V,V,1) CLOSE",
        "SYN(FRESH,ZERO,0) ACK(NEXT,NEXT,0) TIMEOUT ACK(NEXT,NEXT,0) ACK+FIN(NEXT,CURRENT,0)",
        SAME,
        "R4, R5: read as it came",
    ),
    (
        "CONNECT SYN+ACK(V,V,0) ACK+PSH(V,V,1) CLOSE",
        "SYN(FRESH,ZERO,0) ACK(NEXT,NEXT,0) ACK(NEXT,NEXT,0) ACK+RST(NEXT,CURRENT,0)",
        SAME,
        "R4",
    ),
    // Data for a socket that was closed.
    (
        "CONNECT SYN+ACK(V,V,0) CLOSE ACK+PSH(V,V,1)",
        "SYN(FRESH,ZERO,0) ACK(NEXT,NEXT,0) ACK+FIN(NEXT,CURRENT,0) ACK+RST(NEXT,NEXT,0)",
        "SYN(FRESH,ZERO,0) ACK(NEXT,NEXT,0) ACK+FIN(NEXT,CURRENT,0) RST(NEXT,ZERO,0)",
        "R7",
    ),
    // The thread in connect ends with CLOSECONNECTION; the attempt goes on, and the socket becomes connected.
    (
        "CONNECT CLOSECONNECTION SYN+ACK(V,V,0) SEND",
        "SYN(FRESH,ZERO,0) TIMEOUT ACK(NEXT,NEXT,0) ACK+PSH(NEXT,CURRENT,1)",
        SAME,
        "R54",
    ),
    // A client's TIME_WAIT has no listener.
    (
        "CONNECT SYN+ACK(V,V,0) CLOSE FIN+ACK(V,V,0) SYN+ACK(V,V,0) SYN(V,V,0)",
        "SYN(FRESH,ZERO,0) ACK(NEXT,NEXT,0) ACK+FIN(NEXT,CURRENT,0) ACK(NEXT,NEXT,0) RST(NEXT,FRESH,0) TIMEOUT",
        "SYN(FRESH,ZERO,0) ACK(NEXT,NEXT,0) ACK+FIN(NEXT,CURRENT,0) ACK(NEXT,NEXT,0) ACK(NEXT,CURRENT,0) \
         ACK(NEXT,CURRENT,0)",
        "R16b, R16c, R17",
    ),
    // The roles: what SEND and RCV mean follows the last of LISTEN and CONNECT, even where the call fails.
    (
        "LISTEN ACCEPT SYN(V,V,0) ACK(V,V,0) CONNECT SEND LISTEN SEND",
        "TIMEOUT TIMEOUT ACK+SYN(FRESH,NEXT,0) TIMEOUT TIMEOUT TIMEOUT TIMEOUT ACK+PSH(NEXT,CURRENT,1)",
        SAME,
        "the harness",
    ),
    (
        "CONNECT SYN+ACK(V,V,0) LISTEN SEND CONNECT SEND",
        "SYN(FRESH,ZERO,0) ACK(NEXT,NEXT,0) TIMEOUT TIMEOUT TIMEOUT ACK+PSH(NEXT,CURRENT,1)",
        SAME,
        "the harness",
    ),
];

/// Mutation: a connect that is reset in SYN_RECEIVED has not failed.
#[test]
fn a_client_does_as_worked_out() {
    for (names, win8, rfc, why) in ROWS {
        let rfc = if *rfc == SAME { win8 } else { rfc };
        for (profile, expected) in [(&Profile::WIN8_CAV2016, win8), (&Profile::RFC9293, rfc)] {
            let word = Word { inputs: inputs(names), outputs: outputs(expected) };
            assert_eq!(word.inputs.len(), word.outputs.len(), "{names}");
            for seed in 1..=3 {
                let difference = Player::new(profile, seed).difference(&word);
                assert_eq!(difference, None, "{why}\n{}", report(&word, profile, seed));
            }
        }
    }
}
