//! Urgent data: RFC 9293 3.8.5 and 3.10.7.4 sixth, RFC 6093, R71.

use super::super::UrgentOctet::{self, Expected, None as Nothing, Octet};
use super::*;

impl Tcp {
    fn urgent_octet(&mut self, peek: bool) -> UrgentOctet {
        let mut octet = Nothing;
        self.on(|mut state, _| {
            octet = state.urgent_octet(peek);
            state
        });
        octet
    }

    /// How much one read of up to 100 octets gives.
    fn read_once(&mut self) -> usize {
        let mut got = 0;
        self.on(|mut state, cx| {
            got = state.receive(100, cx).len();
            state
        });
        got
    }

    fn before_mark(&self) -> Option<u32> {
        self.state.as_ref().and_then(State::before_mark)
    }
}

/// The `n`th octet of a stream.
fn octet(n: u32) -> UrgentOctet {
    Octet(text(n, 1)[0])
}

/// MUST-62: the pointer names the octet after the urgent data. Text that is not urgent follows without it.
/// Mutation: it names the last of them.
#[test]
fn the_pointer_names_the_octet_after() {
    Tcp::established(&Profile::RFC9293).run(
        "send-urgent 3
         > PU. 1:4 ack 1 win 10000 urg 3 | send
         send 10
         < . 1:1 ack 4
         ! Acknowledged | ack
         > P. 4:14 ack 1 win 10000 | send",
    );
}

/// MUST-31: any length. What is urgent does not wait for company; a pointer reaches as far as 16 bits do.
/// Mutation: Nagle holds the last of it.
#[test]
fn urgent_text_of_any_length() {
    let mut t = Tcp::established(&Profile::RFC9293);
    t.run(
        "send-urgent 2500
         > U. 1:1001 ack 1 win 10000 urg 2500 | send
         > U. 1001:2001 ack 1 win 10000 urg 1500 | send
         > PU. 2001:2501 ack 1 win 10000 urg 500 | send",
    );
    let mut t = Tcp::established_to_window(&Profile::RFC9293, 1000);
    t.run("send-urgent 70000\n> U. 1:1001 ack 1 win 10000 urg 65535 | send");
}

/// What is sent again is urgent still.
/// Mutation: the pointer is forgotten once it was sent.
#[test]
fn what_is_sent_again_is_urgent_still() {
    Tcp::established(&Profile::RFC9293).run(
        "send-urgent 3
         > PU. 1:4 ack 1 win 10000 urg 3 | send
         wait 1s
         timer | retransmission
         > PU. 1:4 ack 1 win 10000 urg 3 | retransmission",
    );
}

/// RFC 9293 3.8.5: the peer hears of urgent data although its window is closed.
/// Mutation: it does not.
#[test]
fn a_closed_window_does_not_hold_the_notice() {
    Tcp::established_to_window(&Profile::RFC9293, 0).run(
        "send-urgent 3
         > U. 1:1 ack 1 win 10000 urg 3 | urgent-notice
         wait 1s
         timer | zero-window-probe
         > U. 1:2 ack 1 win 10000 urg 3 | zero-window-probe",
    );
}

/// MUST-32, MUST-33, R71: the user hears of it and of how much it is; the octet is taken out of the stream, and given
/// once. A read ends at the mark.
/// Mutation: the octet before it is taken.
#[test]
fn the_last_octet_is_taken_out() {
    let mut t = Tcp::established(&Profile::RFC9293);
    t.run(
        "< PU. 1:4 ack 1 urg 3
         ! Urgent | urgent
         ! Readable | text
         > . 1:1 ack 4 win 9997 | text
         < PU. 1:7 ack 1 urg 3
         ! Readable | text
         > . 1:1 ack 7 win 9994 | text",
    );
    assert_eq!((t.readable(), t.before_mark()), (5, Some(2)));
    assert_eq!([true, false, false].map(|peek| t.urgent_octet(peek)), [octet(2), octet(2), Nothing]);
    assert_eq!([t.read_once(), t.read_once(), t.read_once()], [2, 3, 0]);
    assert_eq!(t.before_mark(), None);
    t.run(
        "< PU. 7:8 ack 1 urg 1
         ! Urgent | urgent
         ! Readable | text
         > . 1:1 ack 8 win 9993 | text",
    );
    assert_eq!((t.urgent_octet(false), t.readable()), (octet(6), 0));
}

/// SO_OOBINLINE: it stays, and the mark before it.
/// Mutation: it is taken out all the same.
#[test]
fn in_line_it_stays() {
    let mut t = Tcp::established(&Profile::RFC9293);
    t.tune(Tuning { oob_inline: true, ..Tuning::default() });
    t.quietly("< PU. 1:4 ack 1 urg 3");
    assert_eq!((t.readable(), t.before_mark(), t.urgent_octet(false)), (3, Some(2), Nothing));
    assert_eq!([t.read_once(), t.read_once()], [2, 1]);
}

/// The pointer comes before the text, and moves forward only; one notice for all of it.
/// Mutation: it moves back.
#[test]
fn the_pointer_moves_forward_only() {
    let mut t = Tcp::established(&Profile::RFC9293);
    t.run(
        "< U. 1:1 ack 1 urg 4
         ! Urgent | urgent
         < U. 1:1 ack 1 urg 2
         < U. 1:1 ack 1 urg 5
         < U. 1:1 ack 1 urg 3",
    );
    assert_eq!((t.urgent_octet(false), t.before_mark()), (Expected, None));
    t.run("< P. 1:5 ack 1\n! Readable | text\n> . 1:1 ack 5 win 9996 | text");
    assert_eq!(t.urgent_octet(false), Expected);
    t.run("< P. 5:9 ack 1\n! Readable | text\n> . 1:1 ack 9 win 9992 | text");
    assert_eq!((t.urgent_octet(false), t.before_mark(), t.readable()), (octet(4), Some(4), 7));
}

/// MUST-66: URG counts with a closed window, too. What was read already cannot become urgent.
/// Mutation: with a closed window a segment ends at the fifth check.
#[test]
fn a_closed_window_is_told_of_urgent_text() {
    let mut t = Tcp::established(&Profile::RFC9293);
    t.quietly("< . 1:10001 ack 1");
    t.run(
        "< U. 10001:10002 ack 1 urg 1
         > . 1:1 ack 10001 win 0 | unacceptable
         ! Urgent | urgent",
    );
    let mut t = Tcp::established(&Profile::RFC9293);
    t.quietly("< P. 1:4 ack 1");
    t.quietly("read 3");
    t.run("< U. 4:4 ack 1 urg 0");
    assert_eq!(t.urgent_octet(false), Nothing);
}
