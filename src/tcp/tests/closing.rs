//! CLOSE and what ends a connection in good order.

use super::*;

/// TR-E17, RFC 9293 Figure 12, the side that closes first; TR-2: then 2 MSL.
/// Mutation: the peer's FIN takes no number.
#[test]
fn normal_close_of_the_first() {
    let mut t = Tcp::established(&Profile::RFC9293);
    t.run(
        "shut
         ESTABLISHED -> FIN_WAIT_1 | close
         > F. 1:2 ack 1 win 10000 | close
         < . 1:1 ack 2
         ! Acknowledged | ack
         FIN_WAIT_1 -> FIN_WAIT_2 | fin-acked
         = idle
         < F. 1:2 ack 2
         ! EndOfStream | fin-received
         > . 2:2 ack 2 win 10000 | fin-received
         FIN_WAIT_2 -> TIME_WAIT | fin-received
         wait 240s
         timer | time-wait-over
         ! Ended(Finished) | time-wait-over
         TIME_WAIT -> CLOSED | time-wait-over",
    );
}

/// TR-E17, Figure 12, the other side.
/// Mutation: CLOSE in CLOSE-WAIT leads to CLOSING.
#[test]
fn normal_close_of_the_second() {
    let mut t = Tcp::established(&Profile::RFC9293);
    t.run(
        "< F. 1:2 ack 1
         ! EndOfStream | fin-received
         > . 1:1 ack 2 win 10000 | fin-received
         ESTABLISHED -> CLOSE_WAIT | fin-received
         shut
         > F. 1:2 ack 2 win 10000 | close
         CLOSE_WAIT -> LAST_ACK | close
         < . 2:2 ack 2
         ! Acknowledged | ack
         ! Ended(Finished) | fin-acked
         LAST_ACK -> CLOSED | fin-acked
         = idle",
    );
}

/// TR-E17, RFC 9293 Figure 13.
/// Mutation: CLOSING ends without TIME-WAIT.
#[test]
fn simultaneous_close() {
    let mut t = Tcp::established(&Profile::RFC9293);
    t.run(
        "shut
         ESTABLISHED -> FIN_WAIT_1 | close
         > F. 1:2 ack 1 win 10000 | close
         < F. 1:2 ack 1
         ! EndOfStream | fin-received
         > . 2:2 ack 2 win 10000 | fin-received
         FIN_WAIT_1 -> CLOSING | fin-received
         < . 2:2 ack 2
         ! Acknowledged | ack
         CLOSING -> TIME_WAIT | fin-acked
         wait 240s
         timer | time-wait-over
         ! Ended(Finished) | time-wait-over
         TIME_WAIT -> CLOSED | time-wait-over",
    );
}

/// TR-E12, TR-E13: FIN that acknowledges ours, in FIN-WAIT-1: TIME-WAIT by way of FIN-WAIT-2.
/// Mutation: an ACK beside a FIN does not count for ours.
#[test]
fn fin_with_the_ack_of_ours() {
    let mut t = Tcp::in_state(StateName::FinWait1, &Profile::RFC9293);
    t.run(
        "< F. 1:2 ack 2
         ! Acknowledged | ack
         FIN_WAIT_1 -> FIN_WAIT_2 | fin-acked
         ! EndOfStream | fin-received
         > . 2:2 ack 2 win 10000 | fin-received
         FIN_WAIT_2 -> TIME_WAIT | fin-received",
    );
}

/// TR-2, TR-E12: a retransmitted FIN is acknowledged, and 2 MSL start anew; what else comes does not restart them.
/// Mutation: the timer is not restarted.
#[test]
fn time_wait_starts_anew_with_a_retransmitted_fin() {
    let t = Tcp::in_state(StateName::TimeWait, &Profile::DOCUMENTED);
    let over = "timer | time-wait-over
        ! Ended(Finished) | time-wait-over
        TIME_WAIT -> CLOSED | time-wait-over";
    t.clone().run(&format!(
        "+100s
         < F. 1:2 ack 2
         > . 2:2 ack 2 win 10000 | fin-again
         wait 240s
         {over}"
    ));
    t.clone().run(&format!(
        "+100s
         < . 2:2 ack 2
         < P. 2:5 ack 2
         < P. 1:2 ack 2
         > . 2:2 ack 2 win 10000 | unacceptable
         < S 0:1
         > . 2:2 ack 2 win 10000 | unacceptable
         wait 140s
         {over}"
    ));
}

/// R64: by the RFC's word what arrives in TIME-WAIT is acknowledged, but for what carries no ACK and for the very ACK
/// that is expected there (two such ends would answer each other); 2 MSL are not restarted by it; ten in five
/// seconds (R49).
/// Mutation: nothing in the window of TIME-WAIT is answered.
#[test]
fn time_wait_acknowledges_what_arrives() {
    let mut t = Tcp::in_state(StateName::TimeWait, &Profile::RFC9293);
    t.run("+100s");
    for _ in 0..5 {
        t.run(
            "< . 2:2 ack 2
             < . 2:2 ack 1
             > . 2:2 ack 2 win 10000 | time-wait-answer
             < P. 5:8 ack 2
             > . 2:2 ack 2 win 10000 | time-wait-answer",
        );
    }
    t.run(
        "< . 3:3 ack 2
         drop | ack-throttled
         < P 2:5
         drop | no-ack-bit
         wait 140s
         timer | time-wait-over
         ! Ended(Finished) | time-wait-over
         TIME_WAIT -> CLOSED | time-wait-over",
    );
}

/// TR-E12, TR-E14, R7b: after the peer's FIN its retransmission is acknowledged, text beyond it ignored; the state
/// stays.
/// Mutation: text past the peer's FIN is delivered.
#[test]
fn nothing_follows_the_peers_fin() {
    for (state, seq, ack) in
        [(StateName::CloseWait, 1, 1), (StateName::Closing, 2, 1), (StateName::LastAck, 2, 1)]
    {
        Tcp::in_state(state, &Profile::RFC9293).run(&format!(
            "< F. 1:2 ack {ack}
             > . {seq}:{seq} ack 2 win 10000 | fin-again
             < P. 2:7 ack {ack}
             < F. 2:3 ack {ack}
             = {state}
             = nothing to read"
        ));
    }
}

/// R7b: an acceptable ACK in a segment whose text is ignored still counts.
/// Mutation: the whole segment is dropped.
#[test]
fn the_ack_of_an_ignored_segment_counts() {
    let mut t = Tcp::in_state(StateName::LastAck, &Profile::RFC9293);
    t.run(
        "< P. 2:7 ack 2
         ! Acknowledged | ack
         ! Ended(Finished) | fin-acked
         LAST_ACK -> CLOSED | fin-acked",
    );
}

/// TR-E9: text before FIN; LAST-ACK begins when the FIN leaves; a second CLOSE sends no second FIN; no SEND after.
/// Mutation: CLOSE-WAIT ends while text is still queued.
#[test]
fn close_queues_behind_text() {
    let mut t = Tcp::established_to_window(&Profile::RFC9293, 1000);
    t.quietly("< F. 1:2 ack 1 win 1000");
    t.run(
        "send 1500
         > . 1:1001 ack 2 win 10000 | send
         shut
         = CLOSE_WAIT
         send-refused 1
         shut
         < . 2:2 ack 1001 win 1000
         ! Acknowledged | ack
         > FP. 1001:1502 ack 2 win 10000 | close
         CLOSE_WAIT -> LAST_ACK | close
         shut
         = LAST_ACK
         < . 2:2 ack 1502
         ! Acknowledged | ack
         ! Ended(Finished) | fin-acked
         LAST_ACK -> CLOSED | fin-acked",
    );
    let mut t = Tcp::in_state(StateName::FinWait1, &Profile::RFC9293);
    t.run("shut\n= FIN_WAIT_1\nsend-refused 1");
}

/// TR-E18: receiving goes on in FIN-WAIT-1 and 2, sending in CLOSE-WAIT.
/// Mutation: SEND is refused in CLOSE-WAIT.
#[test]
fn half_closed_connections_work_the_other_way() {
    let mut t = Tcp::in_state(StateName::FinWait1, &Profile::RFC9293);
    t.run("< P. 1:4 ack 1\n! Readable | text\n> . 2:2 ack 4 win 9997 | text\nread 3");
    let mut t = Tcp::in_state(StateName::FinWait2, &Profile::RFC9293);
    t.run("< P. 1:4 ack 2\n! Readable | text\n> . 2:2 ack 4 win 9997 | text\nread 3");
    let mut t = Tcp::in_state(StateName::CloseWait, &Profile::RFC9293);
    t.run("send 3\n> P. 1:4 ack 2 win 10000 | send\n< . 2:2 ack 4\n! Acknowledged | ack");
}

/// R36: an orphan waits 120 s in FIN-WAIT-2, anew after each acceptable segment.
/// Mutation: an acceptable segment does not restart the time.
#[test]
fn an_orphan_does_not_stay_in_fin_wait_2() {
    let over = "timer | fin-wait-2-over
        ! Ended(Finished) | fin-wait-2-over
        FIN_WAIT_2 -> CLOSED | fin-wait-2-over";
    let mut t = Tcp::established(&Profile::WINDOWS);
    t.quietly("close");
    t.quietly("< . 1:1 ack 2");
    t.clone().run(&format!("wait 120s\n{over}"));
    t.clone().run(&format!("+100s\n< . 1:1 ack 2\nwait 120s\n{over}"));
    t.clone().run(&format!("+100s\n< . 0:0 ack 2\n> . 2:2 ack 1 win 10000 | unacceptable\nwait 20s\n{over}"));
    // Closed only later: from then on.
    let mut t = Tcp::in_state(StateName::FinWait2, &Profile::WINDOWS);
    t.run(&format!("= idle\n+1000s\nclose\nwait 120s\n{over}"));
    // RFC 9293 has no such limit.
    let mut t = Tcp::in_state(StateName::FinWait2, &Profile::RFC9293);
    t.run("close\n= idle");
}

/// TR-E11, RFC 9293 3.9.1.4, CS-E8: CLOSE whose time is over with text unacknowledged becomes ABORT.
/// Mutation: the RST is not sent.
#[test]
fn close_with_unacknowledged_text_becomes_abort() {
    let mut t = Tcp::established(&Profile::RFC9293);
    t.run(
        "send 10
         > P. 1:11 ack 1 win 10000 | send
         close 5s
         ESTABLISHED -> FIN_WAIT_1 | close
         > F. 11:12 ack 1 win 10000 | close
         wait 1s
         timer | retransmission
         > FP. 1:12 ack 1 win 10000 | retransmission
         wait 2s
         timer | retransmission
         > FP. 1:12 ack 1 win 10000 | retransmission
         wait 2s
         timer | close-expired
         > R. 12:12 ack 1 | close-expired
         ! Ended(CloseExpired) | close-expired
         FIN_WAIT_1 -> CLOSED | close-expired
         = idle",
    );
}

/// R2, CS-E7: with only the FIN unacknowledged the close goes on.
/// Mutation: it becomes ABORT all the same.
#[test]
fn close_with_only_fin_unacknowledged_goes_on() {
    let mut t = Tcp::established(&Profile::RFC9293);
    t.quietly("send 10");
    t.quietly("close 800ms");
    t.run(
        "+300ms
         < . 1:1 ack 11
         ! Acknowledged | ack
         wait 500ms
         timer | close-expired-idle
         ! CloseExpired | close-expired-idle
         = FIN_WAIT_1
         < . 1:1 ack 12
         ! Acknowledged | ack
         FIN_WAIT_1 -> FIN_WAIT_2 | fin-acked",
    );
}

/// TR-E11, SHLD-3 is the user's: CLOSE itself loses no queued text; it is retransmitted like any other.
/// Mutation: CLOSE drops the queue.
#[test]
fn text_queued_before_close_is_still_delivered() {
    let mut t = Tcp::established_to_window(&Profile::RFC9293, 1000);
    t.run(
        "send 1500
         > . 1:1001 ack 1 win 10000 | send
         close
         ESTABLISHED -> FIN_WAIT_1 | close
         wait 1s
         timer | retransmission
         > . 1:1001 ack 1 win 10000 | retransmission
         < . 1:1 ack 1001 win 1000
         ! Acknowledged | ack
         > FP. 1001:1502 ack 1 win 10000 | close
         < . 1:1 ack 1502
         ! Acknowledged | ack
         FIN_WAIT_1 -> FIN_WAIT_2 | fin-acked",
    );
}

/// R50: a window of 10,000 stays 10,000 when a FIN comes, or its right edge, 10,001, stays where it was.
/// Mutation: the window after a FIN is one less in every profile.
#[test]
fn the_window_after_a_fin() {
    use crate::profile::WindowAfterFin::{Kept, LessOne};
    for (window_after_fin, win) in [(Kept, 10_000), (LessOne, 9_999)] {
        let profile = Profile { window_after_fin, ..Profile::RFC9293 };
        let mut t = Tcp::established(&profile);
        t.run(&format!(
            "< F. 1:2 ack 1
             ! EndOfStream | fin-received
             > . 1:1 ack 2 win {win} | fin-received
             ESTABLISHED -> CLOSE_WAIT | fin-received"
        ));
    }
}
