//! UDP and ICMP as bytes. The datagrams were put together from RFC 768, 791, 792, 1191, 4443 and 8200.

use closewait::addr::{Endpoint, IpAddr};
use closewait::packet::{Icmp, Message, Protocol, Quote, Udp};
use closewait::seq::Seq;
use closewait_sim::wire::{self, WireError, message};

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).expect("a byte")).collect()
}

fn samples() -> [(Message, Vec<u8>); 3] {
    let end = |text, port| Endpoint::new(ip(text), port);
    let quote = |src, dst, len| Quote {
        protocol: Protocol::Tcp,
        src: end(src, 5000),
        dst: end(dst, 80),
        seq: Seq(0x0102_0304),
        len,
    };
    let udp = Udp { src: end("10.0.0.1", 5000), dst: end("10.0.0.2", 53), payload: "hi".into() };
    let v4 = Icmp {
        src: ip("10.0.0.9"),
        dst: ip("10.0.0.1"),
        kind: 3,
        code: 4,
        mtu: 1400,
        quote: quote("10.0.0.1", "10.0.0.2", 1500),
    };
    let v6 = Icmp {
        src: ip("fd00::9"),
        dst: ip("fd00::1"),
        kind: 2,
        code: 0,
        mtu: 1280,
        quote: quote("fd00::1", "fd00::2", 1500),
    };
    [
        (Message::Udp(udp), bytes("4500001e 00004000 8011e6cc 0a000001 0a000002 13880035 000a6fb1 6869")),
        (
            Message::Icmp(v4),
            bytes(
                "45000038 00004000 8001e6bb 0a000009 0a000001 0304dfa5 00000578
                 450005dc 00004000 8006e119 0a000001 0a000002 13880050 01020304",
            ),
        ),
        (
            Message::Icmp(v6),
            bytes(
                "60000000 00383a80 fd000000000000000000000000000009 fd000000000000000000000000000001
                 0200806a 00000500
                 60000000 05b40680 fd000000000000000000000000000001 fd000000000000000000000000000002
                 13880050 01020304",
            ),
        ),
    ]
}

/// Mutations: the ports are the other way round; the MTU is left out.
#[test]
fn messages_are_these_bytes() {
    for (sample, datagram) in samples() {
        assert_eq!(message::encode(&sample).as_ref(), Ok(&datagram), "{sample:?}");
        assert_eq!(message::decode(&datagram).as_ref(), Ok(&sample), "{sample:?}");
        assert_eq!(message::length(&sample), datagram.len());
        assert!(matches!(wire::decode(&datagram), Err(WireError::UnknownProtocol { .. })), "no segment");
    }
}

/// Every byte string is a message or an error: cut short at every byte, and with every bit turned over. No
/// checksum covers IPv6's traffic class, flow label and hop limit.
///
/// Mutation: checksums are not looked at.
#[test]
fn what_is_wrong_is_an_error() {
    for (sample, datagram) in samples() {
        for end in 0..datagram.len() {
            assert!(message::decode(&datagram[..end]).is_err(), "{sample:?} cut at {end}");
        }
        for bit in 0..datagram.len() * 8 {
            let mut wrong = datagram.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            let covered =
                datagram[0] >> 4 == 4 || bit >= 64 || (4..8).contains(&bit) || (32..56).contains(&bit);
            assert!(!covered || message::decode(&wrong).is_err(), "{sample:?} bit {bit}");
        }
    }
}

/// Echo, and a message about what is neither TCP nor UDP, are nothing to a transport protocol.
///
/// Mutation: every ICMP message is an error message.
#[test]
fn icmp_that_is_no_error_is_not_read() {
    let [_, (_, error), _] = samples();
    // Type 8, code 0: the checksum is more by 0x0304 - 0x0800, in ones' complement.
    let mut echo = error;
    (echo[20], echo[21]) = (8, 0);
    let sum = 0xdfa5_u32 + 0x0304 + (0xffff - 0x0800);
    let sum = (sum & 0xffff) + (sum >> 16);
    [echo[22], echo[23]] = u16::try_from(sum).expect("folded").to_be_bytes();
    assert_eq!(message::decode(&echo), Err(WireError::NotIcmpError { kind: 8 }));
}
