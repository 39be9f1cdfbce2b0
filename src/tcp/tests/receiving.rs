//! The receive window, reassembly, and what a closed window still takes.

use super::*;

/// A connection whose receive window of 10,000 octets is full of unread text.
fn full(profile: &Profile, peer_window: u16) -> Tcp {
    let mut t = Tcp::established_to_window(profile, peer_window);
    for i in 0..10 {
        t.quietly(&format!("< . {}:{} ack 1 win {peer_window}", i * 1000 + 1, i * 1000 + 1001));
    }
    t
}

/// RFC 9293 3.10.7.4 seventh, SHLD-31, MAY-13: text past gaps is kept, the ACK names the gap; what fills a gap
/// delivers it all. Overlaps are cut, across the wrap.
/// Mutation: what follows the gap is forgotten.
#[test]
fn reassembly_with_overlaps() {
    Tcp::established(&Profile::RFC9293).run(
        "< P. 7:10 ack 1
         > . 1:1 ack 1 win 10000 | out-of-order
         < P. 3:5 ack 1
         > . 1:1 ack 1 win 10000 | out-of-order
         < P. 4:9 ack 1
         > . 1:1 ack 1 win 10000 | out-of-order
         < P. 1:4 ack 1
         ! Readable | text
         > . 1:1 ack 10 win 9991 | text
         < P. 1:10 ack 1
         > . 1:1 ack 10 win 9991 | unacceptable
         < P. 5:12 ack 1
         ! Readable | text
         > . 1:1 ack 12 win 9989 | text
         read 11",
    );
}

/// RFC 9293 3.10.7.4 eighth: a FIN past a gap counts when the gap is filled, not before.
/// Mutation: a FIN past a gap is forgotten.
#[test]
fn a_fin_past_a_gap_waits() {
    Tcp::established(&Profile::RFC9293).run(
        "< FP. 4:8 ack 1
         > . 1:1 ack 1 win 10000 | out-of-order
         < F. 7:8 ack 1
         > . 1:1 ack 1 win 10000 | out-of-order
         = ESTABLISHED
         < P. 1:4 ack 1
         ! Readable | text
         ! EndOfStream | fin-received
         > . 1:1 ack 8 win 9994 | fin-received
         ESTABLISHED -> CLOSE_WAIT | fin-received
         read 6",
    );
}

/// RFC 9293 3.10.7.4 first: what lies past the window is cut off, a FIN included.
/// Mutation: the FIN of a cut segment is taken.
#[test]
fn text_and_fin_past_the_window_are_cut() {
    let mut t = full(&Profile::RFC9293, 10_000);
    t.quietly("read 2000");
    t.run(
        "< FP. 10001:12052 ack 1
         ! Readable | text
         > . 1:1 ack 12001 win 0 | text
         = ESTABLISHED",
    );
    // The text fits exactly, the FIN does not.
    let mut t = full(&Profile::RFC9293, 10_000);
    t.quietly("read 2000");
    t.run("< FP. 10001:12002 ack 1\n! Readable | text\n> . 1:1 ack 12001 win 0 | text\n= ESTABLISHED");
}

/// RFC 9293 3.8.6.2.2, MUST-39: the window opens by a segment, or half the buffer if that is less; R47: unasked
/// for, by two.
/// Mutation: every octet that is read is announced.
#[test]
fn receiver_avoids_silly_windows() {
    let mut t = full(&Profile::RFC9293, 10_000);
    t.run(
        "read 999
         < . 10001:10002 ack 1
         > . 1:1 ack 10001 win 0 | unacceptable
         read 1
         < . 10001:10002 ack 1
         > . 1:1 ack 10001 win 1000 | unacceptable",
    );
    let mut t = full(&Profile::RFC9293, 10_000);
    t.run("read 1999\nread 1\n> . 1:1 ack 10001 win 2000 | window-update");
    // A segment's worth is free, but the peer has room and is not waiting: the next ACK will say so.
    let mut t = Tcp::established(&Profile::RFC9293);
    t.run(
        "< . 1:1001 ack 1
         ! Readable | text
         > . 1:1 ack 1001 win 9000 | text
         read 400
         < . 1001:1101 ack 1
         ! Readable | text
         > . 1:1 ack 1101 win 8900 | text
         read 700
         < . 1101:1201 ack 1
         ! Readable | text
         > . 1:1 ack 1201 win 9900 | text",
    );
}

/// SHLD-14: a smaller buffer does not take back what was announced.
/// Mutation: the window follows the buffer.
#[test]
fn the_window_never_shrinks() {
    Tcp::established(&Profile::RFC9293).run(
        "buffer 100
         < P. 1:11 ack 1
         ! Readable | text
         > . 1:1 ack 11 win 9990 | text
         read 10
         < P. 11:21 ack 1
         ! Readable | text
         > . 1:1 ack 21 win 9980 | text
         < . 21:10001 ack 1
         ! Readable | text
         > . 1:1 ack 10001 win 0 | text",
    );
}

/// TR-8, MUST-66, RFC 9293 3.10.7.4: a closed window takes no text, but a valid ACK and RST, even beside text.
/// Mutation: the ACK beside text is not processed.
#[test]
fn a_closed_window_takes_ack_and_reset() {
    let mut t = full(&Profile::RFC9293, 10_000);
    t.quietly("send 10");
    t.clone().run("< . 10001:10001 ack 11\n! Acknowledged | ack\n= idle");
    t.clone().run(
        "< P. 10001:10011 ack 11
         > . 11:11 ack 10001 win 0 | unacceptable
         ! Acknowledged | ack
         = idle
         read 10000
         > . 11:11 ack 10001 win 10000 | window-update
         = nothing to read",
    );
    t.clone().run("< F. 10001:10002 ack 1\n> . 11:11 ack 10001 win 0 | unacceptable\n= ESTABLISHED");
    t.clone().run("< R 10002:10002\ndrop | unacceptable-rst\n< R 10000:10000\ndrop | unacceptable-rst");
    t.run("< R. 10001:10011 ack 11\n! Ended(Reset) | rst-received\nESTABLISHED -> CLOSED | rst-received");
}

/// Both windows closed and both ends probing: the ACK that answers a probe must itself be acceptable to the peer,
/// which did not take our probe's octet. With SND.NXT counted past that octet the two would answer each other's
/// ACKs for ever (draft-gont-tcpm-tcp-seq-validation, "simultaneous window probes").
/// Mutation: the ACK has the number after the probe.
#[test]
fn an_ack_lies_in_the_peers_closed_window() {
    let mut t = full(&Profile::RFC9293, 0);
    t.run(
        "send 10
         wait 1s
         timer | zero-window-probe
         > . 1:2 ack 10001 win 0 | zero-window-probe
         < . 10001:10002 ack 1 win 0
         > . 1:1 ack 10001 win 0 | unacceptable",
    );
}

/// CS-E8, TR-E10: a RST must be acceptable to a peer whose window is closed: only RCV.NXT is, and it did not take
/// our probe's octet.
/// Mutation: the RST has the number after the probe.
#[test]
fn a_reset_lies_in_the_peers_closed_window() {
    let mut t = Tcp::established_to_window(&Profile::RFC9293, 0);
    t.quietly("send 10");
    t.quietly("wait 1s");
    t.run("abort\n> R. 1:1 ack 1 | abort\n! Ended(Aborted) | abort\nESTABLISHED -> CLOSED | abort");
}
