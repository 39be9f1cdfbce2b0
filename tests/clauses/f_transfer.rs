//! Facts about sending and receiving: WF-2.2, 2.3, 3.25, 3.26, 3.29, 5.20.

use crate::pair::{End, Pair, ZERO, every, ms, received, receiving, receiving_up_to, secs, sending};
use closewait::packet::Flags;
use closewait::profile::Profile;
use closewait::tcp::StateName::{
    CloseWait, Closed, Established, FinWait1, FinWait2, LastAck, SynSent, TimeWait,
};
use closewait::winsock::{Value, WsaError, consts};

/// Fills the nonblocking end's send buffer; how many bytes it took, in pieces of that size.
fn fill(pair: &mut Pair, end: End, piece: usize) -> usize {
    let mut taken = 0;
    loop {
        match pair.call(end, sending(end, piece)) {
            Ok(value) => assert_eq!(value, Value::Sent(piece), "the whole piece"),
            Err(error) => {
                assert_eq!(error, WsaError::WouldBlock);
                return taken;
            }
        }
        taken += piece;
    }
}

/// A client whose nonblocking sends fill the buffer, in pieces of 20 MB.
fn filled(profile: &Profile) -> (Pair, usize) {
    let mut pair = Pair::connected(profile);
    pair.nonblocking(pair.client, true);
    let end = pair.client;
    let bytes = fill(&mut pair, end, 20_000_000);
    assert_eq!(bytes, 20_000_000, "one piece goes far beyond SO_SNDBUF (R34)");
    (pair, bytes)
}

/// WF-2.2: a nonblocking sender fills its buffer and closes; the peer reads every byte, then 0, and no error.
///
/// Mutation: CLOSE drops text that was not yet sent.
#[test]
fn wf_2_2_a_full_send_buffer_is_delivered_after_the_close() {
    every(|profile| {
        let (mut pair, bytes) = filled(profile);
        assert_eq!(pair.close(pair.client), ZERO);
        assert_eq!(pair.both(), [FinWait1, Established]);
        pair.serves(pair.server);
        pair.rest();
        assert_eq!(pair.read_by(pair.server), (bytes, Some(Ok(0))));
        for end in [pair.client, pair.server] {
            assert_eq!(pair.wire_with(end, Flags::RST), [""; 0]);
        }
        assert_eq!(pair.entered(pair.client), [FinWait1, FinWait2, TimeWait, Closed]);
    });
}

/// WF-2.3: shutdown(SD_BOTH) and closesocket by a thread that then makes no other call: every byte, then 0.
///
/// Mutation: SD_BOTH resets a connection with data unsent.
#[test]
fn wf_2_3_the_data_outlives_socket_and_thread() {
    every(|profile| {
        let (mut pair, bytes) = filled(profile);
        let sender = pair.colleague(pair.client);
        assert_eq!(pair.shutdown(sender, consts::SD_BOTH), ZERO);
        assert_eq!(pair.close(sender), ZERO);
        pair.serves(pair.server);
        pair.rest();
        assert_eq!(pair.read_by(pair.server), (bytes, Some(Ok(0))));
        assert_eq!(pair.wire_with(pair.client, Flags::RST), [""; 0]);
        assert_eq!(pair.entered(pair.server), [CloseWait, LastAck, Closed]);
    });
}

/// WF-3.25, 3.26: neither before connect nor while it is under way, nor on a listener. Nothing leaves but the SYN.
///
/// Mutation: a connection that is opening takes data.
#[test]
fn wf_3_25_3_26_nothing_is_sent_or_received_without_a_connection() {
    every(|profile| {
        let mut pair = Pair::listening(profile, 5);
        let end = pair.socket(pair.client);
        let refused = |pair: &mut Pair, end: End| {
            assert_eq!(pair.recv(end), Err(WsaError::NotConn));
            assert_eq!(pair.call(end, sending(end, 1)), Err(WsaError::NotConn));
            assert_eq!(pair.last_error(end), 10057);
        };
        refused(&mut pair, end);
        let listener = pair.listener;
        refused(&mut pair, listener);
        pair.nonblocking(end, true);
        let connect = pair.connect(end);
        assert_eq!(pair.call(end, connect), Err(WsaError::WouldBlock));
        assert_eq!(pair.state(end), SynSent);
        refused(&mut pair, end);
        assert_eq!(pair.wire(end), ["0 S"]);
        pair.run_to(ms(30));
        assert_eq!(pair.both(), [Established, Established]);
        assert_eq!(pair.recv(end), Err(WsaError::WouldBlock), "connected, and nothing there");
        pair.send(end, 1);
    });
}

/// WF-3.29: while the peer does not read, each nonblocking send is taken whole, or fails with WSAEWOULDBLOCK and leaves
/// nothing behind; once the peer reads there is room again.
///
/// Mutation: WSAEWOULDBLOCK takes the data all the same.
#[test]
fn wf_3_29_a_nonblocking_send_is_taken_whole_or_not_at_all() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        let end = pair.client;
        pair.nonblocking(end, true);
        let mut taken = fill(&mut pair, end, 9_999);
        assert_eq!(taken, 7 * 9_999, "65,536 are not yet queued before the seventh (R34)");
        pair.run_to(secs(5));
        taken += fill(&mut pair, end, 9_999);
        assert_eq!(pair.last_error(end), 10035);
        assert!(pair.rows(end)[0].send_queue >= 65_536);
        pair.reads(pair.server);
        pair.run_to(secs(20));
        assert_eq!(pair.read_by(pair.server), (taken, None));
        assert_eq!(fill(&mut pair, end, 9_999), 7 * 9_999);
        assert_eq!(pair.both(), [Established, Established]);
    });
}

/// WF-5.20: recv of a closed handle fails, with MSG_PEEK and without; before, a look leaves the data where it is.
///
/// Mutation: MSG_PEEK takes the data.
#[test]
fn wf_5_20_a_closed_handle_cannot_be_peeked_at() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        let end = pair.client;
        let peek = || receiving_up_to(end, 100, consts::MSG_PEEK);
        pair.send(pair.server, 30);
        pair.run_to(ms(10));
        for call in [peek(), peek(), receiving(end)] {
            assert_eq!(pair.call(end, call).map(|value| received(&value)), Ok(30));
        }
        pair.start_here();
        assert_eq!(pair.close(end), ZERO);
        for call in [peek(), receiving(end)] {
            assert_eq!(pair.call(end, call), Err(WsaError::NotSock));
            assert_eq!(pair.last_error(end), 10038);
        }
        assert_eq!(pair.wire_with(end, Flags::FIN | Flags::RST), ["0 F."]);
        assert_eq!(pair.both(), [FinWait1, Established]);
    });
}
