//! RFC 9293's figures of openings that go wrong (section 3.5), with its own numbers: two stacks, each segment handed
//! over or delayed by hand. TR-E16.

use crate::stack::{Alone, end, plain};
use bytes::Bytes;
use closewait::profile::Profile;
use closewait::seq::Seq;
use closewait::stack::Sharing;
use closewait::tcp::StateName::{Established, Listen, SynReceived, SynSent};

/// TCP A, which opens, and TCP B, which listens.
fn two() -> (Alone, Alone) {
    let (a, b) = (end("10.0.0.2", 2000), end("10.0.0.1", 1000));
    let profile = plain(&Profile::RFC9293);
    (Alone::new(&profile, a, b), Alone::listening(&profile, b, a))
}

/// B ESTABLISHED: "send 300, receive 100".
fn established() -> Alone {
    let (_, mut b) = two();
    b.stack.preset_iss(Seq(299));
    assert_eq!(b.gets("<SEQ=99><CTL=SYN>"), ["<SEQ=299><ACK=100><CTL=SYN,ACK>"]);
    assert_eq!(b.gets("<SEQ=100><ACK=300><CTL=ACK>"), [""; 0]);
    assert_eq!(b.state(), Established);
    b
}

/// Figure 8: an old SYN comes before the new one; A's RST makes room for it.
/// Mutation: a RST leaves a passive SYN-RECEIVED as it is.
#[test]
fn recovery_from_an_old_duplicate_syn() {
    let (mut a, mut b) = two();
    a.stack.preset_iss(Seq(100));
    a.open(Sharing::Default);
    assert_eq!(a.sent(), ["<SEQ=100><CTL=SYN>"]); // line 2, which arrives in line 6
    b.stack.preset_iss(Seq(300));
    assert_eq!(b.gets("<SEQ=90><CTL=SYN>"), ["<SEQ=300><ACK=91><CTL=SYN,ACK>"]); // 3, 4
    assert_eq!(b.state(), SynReceived);
    assert_eq!(a.gets("<SEQ=300><ACK=91><CTL=SYN,ACK>"), ["<SEQ=91><CTL=RST>"]); // 5
    assert_eq!(a.state(), SynSent);
    assert_eq!(b.gets("<SEQ=91><CTL=RST>"), [""; 0]);
    assert_eq!(b.state(), Listen);
    b.stack.preset_iss(Seq(400));
    assert_eq!(b.gets("<SEQ=100><CTL=SYN>"), ["<SEQ=400><ACK=101><CTL=SYN,ACK>"]); // 6, 7
    assert_eq!(a.gets("<SEQ=400><ACK=101><CTL=SYN,ACK>"), ["<SEQ=101><ACK=401><CTL=ACK>"]); // 8
    assert_eq!(b.gets("<SEQ=101><ACK=401><CTL=ACK>"), [""; 0]);
    assert_eq!((a.state(), b.state()), (Established, Established));
}

/// Figure 9: A has lost its memory and opens anew; B's ACK is not of A's SYN, and A's RST ends what B still has.
/// Mutation: a SYN in the window is answered by nothing.
#[test]
fn half_open_connection_discovery() {
    let (mut a, _) = two();
    let mut b = established();
    a.stack.preset_iss(Seq(400));
    a.open(Sharing::Default);
    assert_eq!(a.sent(), ["<SEQ=400><CTL=SYN>"]); // line 3
    assert_eq!(b.gets("<SEQ=400><CTL=SYN>"), ["<SEQ=300><ACK=100><CTL=ACK>"]); // 4
    assert_eq!(a.gets("<SEQ=300><ACK=100><CTL=ACK>"), ["<SEQ=100><CTL=RST>"]); // 5
    assert_eq!(b.gets("<SEQ=100><CTL=RST>"), [""; 0]);
    assert_eq!((a.state(), b.state()), (SynSent, Listen)); // 6: B's connection is gone
    b.stack.preset_iss(Seq(700));
    assert_eq!(b.gets("<SEQ=400><CTL=SYN>"), ["<SEQ=700><ACK=401><CTL=SYN,ACK>"]); // 7, sent again
}

/// Figure 10: B, which knows nothing of the crash, sends; a RST that it must believe answers.
/// Mutation: a segment for no connection is answered by a RST from 0.
#[test]
fn an_active_side_discovers_a_half_open_connection() {
    let (mut a, _) = two();
    let mut b = established();
    let id = b.id();
    assert!(b.stack.send(b.now, id, Bytes::from_static(&[0; 10])));
    assert_eq!(b.sent(), ["<SEQ=300><ACK=100><DATA=10><CTL=ACK>"]); // line 2
    assert_eq!(a.gets("<SEQ=300><ACK=100><DATA=10><CTL=ACK>"), ["<SEQ=100><CTL=RST>"]); // 3
    assert_eq!(b.gets("<SEQ=100><CTL=RST>"), [""; 0]);
    assert_eq!(b.state(), Listen);
}

/// Figure 11: an old SYN between two that listen; both listen again.
/// Mutation: LISTEN does not answer an ACK.
#[test]
fn an_old_duplicate_syn_between_two_listeners() {
    let (a, mut b) = two();
    let mut a = Alone::listening(&plain(&Profile::RFC9293), a.here, a.there);
    b.stack.preset_iss(Seq(7000));
    assert_eq!(b.gets("<SEQ=90><CTL=SYN>"), ["<SEQ=7000><ACK=91><CTL=SYN,ACK>"]); // lines 2, 3
    assert_eq!(a.gets("<SEQ=7000><ACK=91><CTL=SYN,ACK>"), ["<SEQ=91><CTL=RST>"]); // 4
    assert_eq!(b.gets("<SEQ=91><CTL=RST>"), [""; 0]);
    assert_eq!((a.state(), b.state()), (Listen, Listen)); // 5
}
