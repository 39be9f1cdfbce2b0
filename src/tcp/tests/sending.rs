//! What leaves when: Nagle, silly-window avoidance, the peer's window, congestion control.

use super::*;

/// RFC 9293 3.7.4, SHLD-7: a short segment waits while anything is unacknowledged; MUST-61: PSH on the last.
/// Mutation: short segments leave at once.
#[test]
fn nagle_holds_short_segments() {
    Tcp::established(&Profile::RFC9293).run(
        "send 10
         > P. 1:11 ack 1 win 10000 | send
         send 10
         send 5
         < . 1:1 ack 11
         ! Acknowledged | ack
         > P. 11:26 ack 1 win 10000 | send
         send 1000
         > P. 26:1026 ack 1 win 10000 | send
         < . 1:1 ack 26
         ! Acknowledged | ack",
    );
}

/// MUST-17: Nagle can be off; turning it off lets go of what it held.
/// Mutation: the switch is not asked.
#[test]
fn nagle_can_be_turned_off() {
    let mut t = Tcp::established(&Profile::RFC9293);
    t.run(
        "send 10
         > P. 1:11 ack 1 win 10000 | send
         send 10
         nodelay
         > P. 11:21 ack 1 win 10000 | send
         send 10
         > P. 21:31 ack 1 win 10000 | send",
    );
}

/// R37, RFC 9293 3.9.1.4: CLOSE pushes what Nagle holds, with the FIN.
/// Mutation: CLOSE does not push.
#[test]
fn close_pushes_what_nagle_holds() {
    for call in ["shut", "close"] {
        Tcp::established(&Profile::RFC9293).run(&format!(
            "send 10
             > P. 1:11 ack 1 win 10000 | send
             send 10
             {call}
             ESTABLISHED -> FIN_WAIT_1 | close
             > FP. 11:22 ack 1 win 10000 | close"
        ));
    }
}

/// RFC 9293 3.8.6.2.1, MUST-38: less than a segment leaves if it is all there is or half the largest window, else
/// when the override timer fires.
/// Mutation: whatever fits the window leaves.
#[test]
fn sender_avoids_silly_windows() {
    let mut t = Tcp::established_to_window(&Profile::RFC9293, 1500);
    t.run("send 3000\n> . 1:1001 ack 1 win 10000 | send");
    t.clone().run(
        "< . 1:1 ack 1001 win 750
         ! Acknowledged | ack
         > . 1001:1751 ack 1 win 10000 | send",
    );
    t.run(
        "< . 1:1 ack 1001 win 749
         ! Acknowledged | ack
         wait 1s
         timer | sws-override
         > . 1001:1750 ack 1 win 10000 | sws-override",
    );
}

/// MUST-34, SHLD-15, SHLD-16: a window that shrinks: no new data, old data again inside it.
/// Mutation: the whole segment is sent again.
#[test]
fn a_shrunk_window_is_respected() {
    let mut t = Tcp::established(&Profile::RFC9293);
    t.run(
        "send 2000
         > . 1:1001 ack 1 win 10000 | send
         > P. 1001:2001 ack 1 win 10000 | send
         < . 1:1 ack 1 win 500
         send 1000
         wait 1s
         timer | retransmission
         > . 1:501 ack 1 win 10000 | retransmission",
    );
}

/// RFC 9293 3.10.7.4 fifth: SND.WND comes from the newest segment only.
/// Mutation: any segment updates the window.
#[test]
fn an_old_segment_does_not_update_the_window() {
    let mut t = Tcp::established_to_window(&Profile::RFC9293, 1000);
    t.quietly("< P. 1:4 ack 1 win 1000");
    t.quietly("< P. 4:6 ack 1 win 1000");
    t.quietly("send 2000");
    t.run(
        "< P. 1:8 ack 1 win 5000
         ! Readable | text
         > . 1001:1001 ack 8 win 9993 | text
         < . 8:8 ack 1 win 5000
         > P. 1001:2001 ack 8 win 9993 | send",
    );
}

/// RFC 5681 3.1 by hand: IW 4 segments of 1,000; each ACK of new data adds a segment, any other none.
/// Mutation: an ACK adds two segments.
#[test]
fn slow_start() {
    let mut t = Tcp::established_to_window(&Profile::RFC9293, 20_000);
    t.run(
        "send 20000
         > . 1:1001 ack 1 win 10000 | send
         > . 1001:2001 ack 1 win 10000 | send
         > . 2001:3001 ack 1 win 10000 | send
         > . 3001:4001 ack 1 win 10000 | send
         < . 1:1 ack 1001 win 20000
         ! Acknowledged | ack
         > . 4001:5001 ack 1 win 10000 | send
         > . 5001:6001 ack 1 win 10000 | send
         < . 1:1 ack 3001 win 20000
         ! Acknowledged | ack
         > . 6001:7001 ack 1 win 10000 | send
         > . 7001:8001 ack 1 win 10000 | send
         > . 8001:9001 ack 1 win 10000 | send
         < . 1:1 ack 3001 win 19999",
    );
}

/// TR-C42, RFC 5681 4.1: nothing was sent for longer than a timeout, 1 s: the window of 8,000 is the initial one of 4,000
/// again. Its twin is a nanosecond earlier.
/// Mutation: an idle connection keeps its window.
#[test]
fn an_idle_connection_begins_with_the_initial_window() {
    let mut t = Tcp::established_to_window(&Profile::RFC9293, 20_000);
    t.quietly("send 4000");
    for acked in [1001, 2001, 3001, 4001] {
        t.quietly(&format!("< . 1:1 ack {acked} win 20000"));
    }
    let four = "send 20000
        > . 4001:5001 ack 1 win 10000 | send
        > . 5001:6001 ack 1 win 10000 | send
        > . 6001:7001 ack 1 win 10000 | send
        > . 7001:8001 ack 1 win 10000 | send";
    t.run("+1s");
    t.clone().run(&format!("+1ns\n{four}"));
    t.run(&format!(
        "{four}
         > . 8001:9001 ack 1 win 10000 | send
         > . 9001:10001 ack 1 win 10000 | send
         > . 10001:11001 ack 1 win 10000 | send
         > . 11001:12001 ack 1 win 10000 | send"
    ));
}

/// RFC 5681 3.1 by hand: at the timeout FlightSize is 5,000, so ssthresh 2,500 and cwnd one segment; then slow
/// start to 3,000, then SMSS * SMSS / cwnd an ACK: 333 (3,333), 300 (3,633), 275 (3,908), 255 (4,163).
/// Mutation: ssthresh is the whole flight.
#[test]
fn congestion_avoidance_after_a_timeout() {
    let mut t = Tcp::established_to_window(&Profile::RFC9293, 20_000);
    t.quietly("send 20000");
    t.quietly("< . 1:1 ack 1001 win 20000");
    t.run(
        "wait 1s
         timer | retransmission
         > . 1001:2001 ack 1 win 10000 | retransmission
         < . 1:1 ack 2001 win 20000
         ! Acknowledged | ack
         > . 2001:3001 ack 1 win 10000 | recovery
         > . 3001:4001 ack 1 win 10000 | recovery
         < . 1:1 ack 3001 win 20000
         ! Acknowledged | ack
         > . 4001:5001 ack 1 win 10000 | recovery
         > . 5001:6001 ack 1 win 10000 | recovery
         < . 1:1 ack 4001 win 20000
         ! Acknowledged | ack
         > . 6001:7001 ack 1 win 10000 | send
         < . 1:1 ack 5001 win 20000
         ! Acknowledged | ack
         > . 7001:8001 ack 1 win 10000 | send
         < . 1:1 ack 6001 win 20000
         ! Acknowledged | ack
         > . 8001:9001 ack 1 win 10000 | send
         < . 1:1 ack 7001 win 20000
         ! Acknowledged | ack
         > . 9001:10001 ack 1 win 10000 | send
         > . 10001:11001 ack 1 win 10000 | send",
    );
}

/// RFC 5681 3.1: a second timeout of the same segment leaves ssthresh at 2,500, though all but one segment may have
/// left the network.
/// Mutation: ssthresh is two segments after the second timeout.
#[test]
fn a_second_timeout_keeps_ssthresh() {
    let mut t = Tcp::established_to_window(&Profile::RFC9293, 20_000);
    t.quietly("send 20000");
    t.quietly("< . 1:1 ack 1001 win 20000");
    t.quietly("wait 1s");
    t.quietly("wait 2s");
    t.run(
        "< . 1:1 ack 2001 win 20000
         ! Acknowledged | ack
         > . 2001:3001 ack 1 win 10000 | recovery
         > . 3001:4001 ack 1 win 10000 | recovery
         < . 1:1 ack 3001 win 20000
         ! Acknowledged | ack
         > . 4001:5001 ack 1 win 10000 | recovery
         > . 5001:6001 ack 1 win 10000 | recovery
         < . 1:1 ack 4001 win 20000
         ! Acknowledged | ack
         > . 6001:7001 ack 1 win 10000 | send",
    );
}

/// RFC 9293 3.10.7.4 fifth: an ACK of what was not sent is answered and counts for nothing, its window included.
/// Mutation: an ACK of one octet too many gets through.
#[test]
fn an_ack_of_what_was_not_sent() {
    let mut t = Tcp::established_to_window(&Profile::RFC9293, 1000);
    t.run(
        "send 2000
         > . 1:1001 ack 1 win 10000 | send
         < P. 1:4 ack 1002 win 9000
         > . 1001:1001 ack 1 win 10000 | ack-of-unsent
         < . 1:1 ack 1001 win 1000
         ! Acknowledged | ack
         > P. 1001:2001 ack 1 win 10000 | send",
    );
}
