//! Addresses, ports and initial sequence numbers of a stack: RFC 9293 3.4.1, 3.7.1, 3.9.1.1 and 3.9.2.3, RFC 6528.
//! TR-12 to TR-19, TR-34, TR-36, TR-38 to TR-41, TR-C63.

use crate::stack::{Alone, end, plain, read};
use bytes::Bytes;
use closewait::addr::{Endpoint, IpAddr, wildcard_like};
use closewait::packet::Packet;
use closewait::profile::Profile;
use closewait::seq::Seq;
use closewait::stack::{Choices, ConnectError, Secret, Sharing, Stack};
use closewait::tcp::StateName::{Established, Listen, SynReceived, SynSent};
use closewait::time::{Duration, Instant};
use std::sync::Arc;

const RFC: Profile = Profile::RFC9293;

fn here() -> Endpoint {
    end("10.0.0.1", 1000)
}

fn there() -> Endpoint {
    end("10.0.0.2", 2000)
}

/// Another host that connects.
fn other() -> Endpoint {
    end("10.0.0.3", 3000)
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// A SYN from one end to another.
fn syn(src: Endpoint, dst: Endpoint) -> Packet {
    Packet { src, dst, segment: read("<SEQ=100><CTL=SYN>") }
}

/// A packet arrives; what leaves.
fn answers(t: &mut Alone, mut packet: Packet) -> Vec<Packet> {
    t.stack.deliver(t.now, &mut packet);
    t.packets()
}

/// TR-12, TR-13, MUST-41, MUST-42: LISTEN on the port of a connection, in SYN-SENT, SYN-RECEIVED or later, succeeds,
/// takes connections of others, and leaves that one alone.
/// Mutation: a listener comes before a connection.
#[test]
fn listen_does_not_disturb_a_connection_of_its_port() {
    let syn_ack = "<SEQ=99><ACK=300><CTL=SYN,ACK>";
    let acked = "<SEQ=300><ACK=100><CTL=ACK>";
    // What leads to the state and its answer, what comes after LISTEN and its answer; each at most one segment.
    let cases = [
        (SynSent, None, syn_ack, Some(acked)),
        (
            SynReceived,
            Some(("<SEQ=99><CTL=SYN>", "<SEQ=299><ACK=100><CTL=SYN,ACK>")),
            "<SEQ=100><ACK=300><CTL=ACK>",
            None,
        ),
        (
            Established,
            Some((syn_ack, acked)),
            "<SEQ=100><ACK=300><DATA=5><CTL=ACK>",
            Some("<SEQ=300><ACK=105><CTL=ACK>"),
        ),
    ];
    for (state, before, after, answer) in cases {
        let mut t = Alone::new(&plain(&RFC), here(), there());
        t.stack.preset_iss(Seq(299));
        let id = t.open(Sharing::Reuse);
        t.sent();
        if let Some((arrives, answer)) = before {
            assert_eq!(t.gets(arrives), [answer]);
        }
        t.listen(here(), Sharing::Reuse);
        assert_eq!(t.stack.state(id).name(), state);
        let taken = answers(&mut t, syn(other(), here()));
        assert!(taken[0].dst == other() && taken[0].segment.syn(), "the listener answers the other host");
        assert_eq!(t.gets(after), Vec::from_iter(answer), "{state}");
        assert_eq!(t.stack.state(id).name(), Established);
    }
}

/// A host with two addresses.
fn two_addresses() -> (Alone, Endpoint, Endpoint) {
    let mut t = Alone::new(&plain(&RFC), here(), there());
    t.stack.add_address(ip("10.0.1.1"), 1500);
    (t, here(), end("10.0.1.1", here().port))
}

/// TR-14, MUST-43: an OPEN that names a local address uses it: a listener takes what is for that address alone, a SYN
/// leaves from it.
/// Mutation: a listener on one address takes what is for all.
#[test]
fn open_may_name_a_local_address() {
    let (mut t, first, second) = two_addresses();
    t.listen(second, Sharing::Default);
    assert!(answers(&mut t, syn(there(), first))[0].segment.rst(), "nobody listens there");
    assert!(answers(&mut t, syn(there(), second))[0].segment.syn());
    let (mut t, _, second) = two_addresses();
    t.here = second;
    t.stack.preset_iss(Seq(1));
    t.open(Sharing::Default);
    assert_eq!(t.sent(), ["<SEQ=1><CTL=SYN>"]);
}

/// TR-15, MUST-44: without one the stack chooses an address of its own of the remote's family.
/// Mutation: the first address is chosen, of whatever family.
#[test]
fn the_stack_chooses_an_address() {
    for (remote, source) in [("10.0.0.2", "10.0.0.1"), ("fd00::2", "fd00::1")] {
        let mut stack = Stack::new(Arc::new(RFC), Secret([7; 16]));
        stack.add_address(ip("10.0.0.1"), 1500);
        stack.add_address(ip("fd00::1"), 1500);
        let binding = stack.bind(Endpoint::new(wildcard_like(ip(remote)), 1000), Sharing::Default);
        let binding = binding.expect("the name is free");
        let opened = stack.connect(Instant::START, 0, binding, end(remote, 2000), Choices::buffer(10_000));
        assert_eq!(stack.ends(opened.expect("there is an address")), (end(source, 1000), end(remote, 2000)));
    }
}

/// TR-16, MUST-45: what was sent to an address is answered from it, the first time and again.
/// Mutation: a connection's local address is the host's first.
#[test]
fn a_connection_keeps_its_local_address() {
    let (mut t, first, second) = two_addresses();
    t.listen(Endpoint::new(wildcard_like(first.ip), first.port), Sharing::Default);
    let answer = answers(&mut t, syn(there(), second));
    assert_eq!((answer[0].src, answer[0].dst), (second, there()));
    t.pass(Duration::from_secs(1));
    let again = t.packets();
    assert_eq!((again[0].src, again[0].segment.seq), (second, answer[0].segment.seq));
}

/// TR-17, MUST-46: no active OPEN to a broadcast, multicast or unspecified address: an error, and nothing leaves.
/// Mutation: a broadcast address can be connected to.
#[test]
fn nobody_connects_to_many() {
    for remote in ["255.255.255.255", "224.0.0.1", "239.1.2.3", "0.0.0.0", "ff02::1", "::"] {
        let mut t = Alone::new(&RFC, here(), there());
        t.stack.add_address(ip("fd00::1"), 1500);
        let name = Endpoint::new(wildcard_like(ip(remote)), 1000);
        let binding = t.stack.bind(name, Sharing::Default).expect("the name is free");
        let opened = t.stack.connect(t.now, 0, binding, end(remote, 80), Choices::buffer(10_000));
        assert_eq!(opened, Err(ConnectError::NotAvailable), "{remote}");
        assert_eq!(t.packets(), []);
    }
}

/// TR-18, TR-19, MUST-57, MUST-63: a SYN to a broadcast or multicast address, or from what can be nobody's address, is
/// dropped in silence, though somebody listens on every address.
/// Mutation: the source is not looked at.
#[test]
fn a_syn_to_many_or_from_nobody_is_dropped() {
    let mut t = Alone::new(&RFC, here(), there());
    t.listen(Endpoint::new(wildcard_like(here().ip), here().port), Sharing::Default);
    let many = ["255.255.255.255", "224.0.0.1", "0.0.0.0"];
    for address in many {
        assert_eq!(answers(&mut t, syn(there(), end(address, here().port))), [], "to {address}");
        assert_eq!(answers(&mut t, syn(end(address, 2000), here())), [], "from {address}");
    }
    assert_eq!(t.state(), Listen);
    assert_eq!(answers(&mut t, syn(there(), here())).len(), 1, "the listener is there");
}

/// TR-34, MUST-15: without an MSS option 536 octets a segment over IPv4, 1,220 over IPv6. TR-31, TR-36, TR-38: what is
/// announced is the MTU less 40 or 60, each link's own.
/// Mutation: 536 octets over IPv6, too.
#[test]
fn sizes_of_segments() {
    for (local, remote, octets, header) in
        [("10.0.0.1", "10.0.0.2", 536, 40), ("fd00::1", "fd00::2", 1220, 60)]
    {
        for mtu in [1500, 1280, 9000] {
            let mut t = Alone::new(&plain(&RFC), end(local, 1000), end(remote, 2000));
            t.stack.set_mtu(mtu);
            t.stack.preset_iss(Seq(299));
            let id = t.open(Sharing::Default);
            let opening = t.packets();
            assert_eq!(opening[0].segment.options.mss, Some(mtu - header), "{local} {mtu}");
            t.gets("<SEQ=99><ACK=300><CTL=SYN,ACK>");
            assert!(t.stack.send(t.now, id, Bytes::from(vec![0; 1300])));
            let text = t.packets();
            assert_eq!(text[0].segment.payload.len(), octets, "{local} {mtu}");
            assert_eq!(text[0].segment.options.mss, None, "MUST-65");
        }
    }
}

/// The initial number of a connection from `local` to `remote` at that time, by a stack with that secret.
fn iss(secret: u8, local: Endpoint, remote: Endpoint, seconds: u64) -> Seq {
    let mut stack = Stack::new(Arc::new(RFC), Secret([secret; 16]));
    stack.add_address(local.ip, 1500);
    let binding = stack.bind(local, Sharing::Default).expect("the name is free");
    let now = Instant::START + Duration::from_secs(seconds);
    let opened = stack.connect(now, 0, binding, remote, Choices::buffer(10_000));
    opened.expect("the four-tuple is free");
    loop {
        let output = stack.poll_output().expect("a SYN leaves");
        if let closewait::stack::Output::Transmit { packet, .. } = output {
            return packet.segment.seq;
        }
    }
}

/// TR-39, MUST-8, TR-C63: for one four-tuple the number follows a clock of 4 microseconds, 250,000 a second, round the
/// circle: 2^32 * 4 microseconds are 17,179.869184 s.
/// Mutation: the clock is one of 8 microseconds.
#[test]
fn initial_numbers_follow_a_clock() {
    let start = iss(1, here(), there(), 0);
    assert_eq!(iss(1, here(), there(), 1), start + 250_000);
    assert_eq!(iss(1, here(), there(), 17_180), start + 32_704);
}

/// TR-40, TR-41, SHLD-1, MUST-9, TR-C63: it also depends on each of the four names and on a secret, so that who knows
/// one connection's number does not know another's.
/// Mutation: the remote port is left out.
#[test]
fn initial_numbers_depend_on_names_and_a_secret() {
    let (a, b) = (here(), there());
    let mut all = vec![iss(1, a, b, 0), iss(2, a, b, 0)];
    all.push(iss(1, Endpoint { port: 1001, ..a }, b, 0));
    all.push(iss(1, a, Endpoint { port: 2001, ..b }, 0));
    all.push(iss(1, other(), Endpoint { port: b.port, ..b }, 0));
    all.push(iss(1, a, other(), 0));
    all.push(iss(1, a, Endpoint { port: b.port, ..other() }, 0));
    for (n, one) in all.iter().enumerate() {
        for two in &all[n + 1..] {
            let apart = (*one - *two).min(*two - *one);
            assert!(apart > 250_000, "{one:?} and {two:?} are less than a second apart");
        }
    }
}
