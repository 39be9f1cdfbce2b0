//! Any bytes delivered as a packet: parsed, or dropped and counted by reason.

use closewait::addr::Endpoint;
use closewait::packet::{Flags, Options, Packet};
use closewait::profile::{Offer, Profile, WindowScaling};
use closewait::rule::Rule;
use closewait::seq::Seq;
use closewait::winsock::{Call, Outcome, Value, consts::*};
use closewait_sim::link::Arrival;
use closewait_sim::netstat::netstat;
use closewait_sim::world::{Addresses, Arrivals};
use closewait_sim::{HostId, Log, World};
use std::collections::BTreeMap;

/// `SYN`, MSS 1460, from 10.0.0.2:49152 to 10.0.0.1:80. The checksums on paper, carries kept:
/// IP 4500+002c+4000+8006+0a00+0002+0a00+0001 = 11935, folded 1936, complement e6c9;
/// TCP c000+0050+0102+0304+6002+faf0+0204+05b4 = 22700, pseudo-header 0a00+0002+0a00+0001+0006+0018 = 1421,
/// together 23b21, folded 3b23, complement c4dc.
#[rustfmt::skip]
const SYN_V4: [u8; 44] = [
    0x45, 0x00, 0x00, 0x2c, 0x00, 0x00, 0x40, 0x00, 0x80, 0x06, 0xe6, 0xc9,
    10, 0, 0, 2, 10, 0, 0, 1,
    0xc0, 0x00, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04, 0x00, 0x00, 0x00, 0x00,
    0x60, 0x02, 0xfa, 0xf0, 0xc4, 0xdc, 0x00, 0x00,
    0x02, 0x04, 0x05, 0xb4,
];

/// The same over IPv6, from fd00::2 to fd00::1: pseudo-header fd00+0002+fd00+0001+0018+0006 = 1fa21, with TCP's 22700
/// together 42121, folded 2125, complement deda.
#[rustfmt::skip]
const SYN_V6: [u8; 64] = [
    0x60, 0x00, 0x00, 0x00, 0x00, 0x18, 0x06, 0x80,
    0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
    0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    0xc0, 0x00, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04, 0x00, 0x00, 0x00, 0x00,
    0x60, 0x02, 0xfa, 0xf0, 0xde, 0xda, 0x00, 0x00,
    0x02, 0x04, 0x05, 0xb4,
];

/// `hi` from 10.0.0.1:5000 to 10.0.0.2:53.
#[rustfmt::skip]
const UDP: [u8; 30] = [
    0x45, 0x00, 0x00, 0x1e, 0x00, 0x00, 0x40, 0x00, 0x80, 0x11, 0xe6, 0xcc,
    10, 0, 0, 1, 10, 0, 0, 2,
    0x13, 0x88, 0x00, 0x35, 0x00, 0x0a, 0x6f, 0xb1, b'h', b'i',
];

/// Fragmentation needed, 1400 bytes at most, from 10.0.0.9, of a segment from 10.0.0.1:5000 to 10.0.0.2:80.
#[rustfmt::skip]
const ICMP: [u8; 56] = [
    0x45, 0x00, 0x00, 0x38, 0x00, 0x00, 0x40, 0x00, 0x80, 0x01, 0xe6, 0xbb,
    10, 0, 0, 9, 10, 0, 0, 1,
    0x03, 0x04, 0xdf, 0xa5, 0x00, 0x00, 0x05, 0x78,
    0x45, 0x00, 0x05, 0xdc, 0x00, 0x00, 0x40, 0x00, 0x80, 0x06, 0xe1, 0x19,
    10, 0, 0, 1, 10, 0, 0, 2,
    0x13, 0x88, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04,
];

/// RFC 1071: the complement of the sum of 16-bit words.
fn sum(parts: &[&[u8]]) -> [u8; 2] {
    let words = parts.iter().flat_map(|part| part.chunks(2));
    let sum: u32 = words.map(|w| u32::from(w[0]) << 8 | w.get(1).map_or(0, |&b| u32::from(b))).sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    (!u16::try_from((folded & 0xffff) + (folded >> 16)).expect("it was folded")).to_be_bytes()
}

/// The datagram with other bytes at an offset, and its IPv4 header's checksum right again.
fn with(datagram: &[u8], offset: usize, new: &[u8]) -> Vec<u8> {
    let mut bytes = datagram.to_vec();
    bytes[offset..offset + new.len()].copy_from_slice(new);
    let header = usize::from(bytes[0] & 0xf) * 4;
    if bytes[0] >> 4 == 4 && (20..=bytes.len()).contains(&header) {
        bytes[10..12].fill(0);
        let checksum = sum(&[&bytes[..header]]);
        bytes[10..12].copy_from_slice(&checksum);
    }
    bytes
}

/// `SYN_V4` with other options, a multiple of four bytes.
fn with_options(options: &[u8]) -> Vec<u8> {
    let mut bytes = [&SYN_V4[..40], options].concat();
    let words = u8::try_from(5 + options.len() / 4).expect("at most 15");
    bytes[32] = words << 4;
    bytes[36..38].fill(0);
    let checksum = sum(&[&bytes[12..20], &[0, 6, 0, words * 4], &bytes[20..]]);
    bytes[36..38].copy_from_slice(&checksum);
    let total = [u8::try_from(bytes.len()).expect("it is short")];
    with(&bytes, 3, &total)
}

fn world() -> (World, HostId, Log) {
    let mut world = World::new(1);
    let host = world.add_host("host", Profile::RFC9293);
    (world, host, Log::default())
}

/// What a host makes of a datagram: its counts, and what it sends.
fn deliver(datagram: &[u8]) -> (Arrivals, Vec<Packet>) {
    let (mut world, host, mut log) = world();
    world.deliver_bytes(host, datagram, &mut log);
    world.assert_invariants();
    (world.arrivals(host).clone(), log.sent(host).map(|(_, packet, _)| packet.clone()).collect())
}

const NONE: Arrivals = Arrivals {
    packets: 0,
    illegal_option_length: 0,
    too_short: 0,
    bad_version: 0,
    bad_header_length: 0,
    bad_total_length: 0,
    bad_ip_checksum: 0,
    fragment: 0,
    unknown_protocol: 0,
    bad_data_offset: 0,
    bad_tcp_checksum: 0,
    bad_udp_length: 0,
    bad_udp_checksum: 0,
    not_icmp_error: 0,
    bad_icmp_checksum: 0,
    dropped: BTreeMap::new(),
};

/// Both vectors are what they say: no connection takes them, so RST+ACK answers (RFC 9293 3.10.7.1).
/// Mutation: a datagram needs a byte more than its length says.
#[test]
fn a_whole_datagram_is_a_packet() {
    for datagram in [&SYN_V4[..], &SYN_V6] {
        let (arrivals, sent) = deliver(datagram);
        assert_eq!(arrivals, Arrivals { packets: 1, ..NONE });
        let [answer] = &sent[..] else { panic!("{sent:?}") };
        assert_eq!(answer.segment.flags, Flags::RST | Flags::ACK);
        assert_eq!(answer.segment.ack, Seq(0x0102_0305));
    }
}

/// Each reason, alone. Nothing is answered.
/// Mutation: a fragment counts as another protocol.
#[test]
fn what_is_no_packet_is_dropped_and_counted() {
    let too_short = Arrivals { too_short: 1, ..NONE };
    let bad_version = Arrivals { bad_version: 1, ..NONE };
    let bad_header_length = Arrivals { bad_header_length: 1, ..NONE };
    let bad_total_length = Arrivals { bad_total_length: 1, ..NONE };
    let bad_ip_checksum = Arrivals { bad_ip_checksum: 1, ..NONE };
    let fragment = Arrivals { fragment: 1, ..NONE };
    let unknown_protocol = Arrivals { unknown_protocol: 1, ..NONE };
    let bad_data_offset = Arrivals { bad_data_offset: 1, ..NONE };
    let bad_tcp_checksum = Arrivals { bad_tcp_checksum: 1, ..NONE };
    let bad_udp_length = Arrivals { bad_udp_length: 1, ..NONE };
    let bad_udp_checksum = Arrivals { bad_udp_checksum: 1, ..NONE };
    let not_icmp_error = Arrivals { not_icmp_error: 1, ..NONE };
    let bad_icmp_checksum = Arrivals { bad_icmp_checksum: 1, ..NONE };
    let mut other_ttl = SYN_V4;
    other_ttl[8] = 127;
    let cases: Vec<(Vec<u8>, &Arrivals)> = vec![
        (vec![], &too_short),
        (SYN_V4[..19].to_vec(), &too_short),
        (SYN_V6[..39].to_vec(), &too_short),
        (with(&SYN_V4[..39], 2, &[0, 39]), &too_short),
        (with(&SYN_V6[..59], 4, &[0, 19]), &too_short),
        (with(&SYN_V4, 0, &[0x55]), &bad_version),
        (vec![0], &bad_version),
        (with(&SYN_V4, 0, &[0x44]), &bad_header_length),
        (with(&SYN_V4, 2, &[0, 45]), &bad_total_length),
        (with(&SYN_V4, 2, &[0, 19]), &bad_total_length),
        (with(&SYN_V4, 0, &[0x4c]), &bad_total_length),
        (with(&SYN_V6, 4, &[0, 25]), &bad_total_length),
        (other_ttl.to_vec(), &bad_ip_checksum),
        (with(&SYN_V4, 6, &[0x20, 0]), &fragment),
        (with(&SYN_V4, 6, &[0, 1]), &fragment),
        (with(&SYN_V6, 6, &[44]), &fragment),
        (with(&SYN_V4, 9, &[255]), &unknown_protocol),
        (with(&SYN_V6, 6, &[255]), &unknown_protocol),
        (with(&SYN_V4, 32, &[0x40]), &bad_data_offset),
        (with(&SYN_V4, 32, &[0x70]), &bad_data_offset),
        (with(&SYN_V6, 52, &[0x40]), &bad_data_offset),
        (with(&SYN_V4, 43, &[0xb5]), &bad_tcp_checksum),
        (with(&SYN_V6, 63, &[0xb5]), &bad_tcp_checksum),
        (with(&UDP, 24, &[0, 7]), &bad_udp_length),
        (with(&UDP, 24, &[0, 11]), &bad_udp_length),
        (with(&UDP, 29, b"j"), &bad_udp_checksum),
        // Echo: 0800 is 04fc more than 0304, and the checksum so much less.
        (with(&ICMP, 20, &[8, 0, 0xda, 0xa9]), &not_icmp_error),
        (with(&ICMP, 22, &[0]), &bad_icmp_checksum),
        // The pseudo-header counts.
        (with(&SYN_V4, 15, &[3]), &bad_tcp_checksum),
    ];
    for (datagram, expected) in cases {
        let (arrivals, sent) = deliver(&datagram);
        assert_eq!((&arrivals, &sent[..]), (expected, &[][..]), "{datagram:02x?}");
    }
}

/// RFC 1122 3.2.1.3: for another host; RFC 9293 MUST-57, MUST-63: to and from what is no host.
/// Mutation: a packet for another host counts as one that is not unicast.
#[test]
fn what_the_stack_drops_is_counted_by_its_rule() {
    for (offset, address, rule) in [
        (16, [10, 0, 0, 9], Rule::NotForThisHost),
        (16, [224, 0, 0, 1], Rule::NotUnicast),
        (16, [255, 255, 255, 255], Rule::NotUnicast),
        (12, [0, 0, 0, 0], Rule::NotUnicast),
    ] {
        let mut datagram = SYN_V4;
        datagram[offset..offset + 4].copy_from_slice(&address);
        datagram[36..38].fill(0);
        let checksum = sum(&[&datagram[12..20], &[0, 6, 0, 24], &datagram[20..]]);
        let (arrivals, sent) = deliver(&with(&datagram, 36, &checksum));
        let dropped = BTreeMap::from([(rule, 1)]);
        assert_eq!((arrivals, sent), (Arrivals { packets: 1, dropped, ..NONE }, vec![]), "{address:?}");
    }
}

/// RFC 9293 MUST-7: what has an option of illegal length is a segment all the same. No length, 0, 1, one too many, and
/// one that the kind does not have: MSS of 3, window scale of 2, SACK permitted of 3, SACK of 9 and of 2, timestamps
/// of 8. Forty bytes of NOP and an end of the list in the middle are legal.
/// Mutation: timestamps of any length are an option that nobody knows.
#[test]
fn an_illegal_option_length_is_counted() {
    let illegal: [&[u8]; 10] = [
        &[1, 1, 1, 2],
        &[254, 0, 1, 1],
        &[254, 1, 1, 1],
        &[254, 5, 1, 1],
        &[2, 3, 5, 1],
        &[3, 2, 1, 1],
        &[4, 3, 1, 1],
        &[5, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        &[5, 2, 1, 1],
        &[8, 8, 0, 0, 0, 0, 0, 0],
    ];
    let legal: [&[u8]; 3] = [&[1; 40], &[1, 0, 2, 3], &[254, 4, 0, 0]];
    let cases = illegal.map(|options| (options, 1)).into_iter().chain(legal.map(|options| (options, 0)));
    for (options, illegal_option_length) in cases {
        let (arrivals, sent) = deliver(&with_options(options));
        assert_eq!(arrivals, Arrivals { packets: 1, illegal_option_length, ..NONE }, "{options:?}");
        assert_eq!(sent.len(), 1, "the SYN is answered: {options:?}");
    }
}

/// A host that listens, asked with these options: what its SYN+ACK says of each.
fn negotiated(options: &[u8]) -> (Option<u8>, bool, bool) {
    let profile = Profile {
        window_scaling: WindowScaling::Shift(3),
        sack: Offer::Yes,
        timestamps: Offer::Yes,
        ..Profile::RFC9293
    };
    let (mut world, mut log) = (World::new(1), Log::default());
    let host = world.add_host("host", profile);
    let (_, thread) = world.spawn_process(host);
    let name = Endpoint::new(world.address(host), 80);
    let mut call = |call| match world.call(thread, call, &mut log) {
        Outcome::Returned(returned) => returned.result.expect("it succeeds"),
        Outcome::Blocked => panic!("it returns"),
    };
    call(Call::startup(0x202));
    let made = call(Call::Socket { family: AF_INET, kind: SOCK_STREAM, protocol: 0 });
    let Value::Handle(s) = made else { panic!("{made:?}") };
    call(Call::bind(s, name));
    call(Call::Listen { s, backlog: 1 });
    world.deliver_bytes(host, &with_options(options), &mut log);
    let (_, answer, _) = log.sent(host).next().expect("a SYN+ACK");
    assert_eq!(answer.segment.flags, Flags::SYN | Flags::ACK, "{options:?}");
    let Options { window_scale, sack_permitted, timestamps, .. } = answer.segment.options;
    (window_scale, sack_permitted, timestamps.is_some())
}

/// RFC 9293 MUST-5 to 7, RFC 7323 2.3: what comes before an illegal length counts, nothing after it; after the end of
/// the list nothing either; a shift of more than 14 is a shift.
/// Mutation: what comes after an end of the list counts.
#[test]
fn options_count_up_to_what_is_wrong_with_them() {
    const STAMPS: [u8; 12] = [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0];
    let all = [&[3, 3, 7, 1, 4, 2, 1, 1][..], &STAMPS].concat();
    assert_eq!(negotiated(&all), (Some(3), true, true));
    let before_and_after = |wrong: &[u8]| [&[4, 2, 1, 1][..], wrong, &[3, 3, 7, 1], &STAMPS].concat();
    for wrong in
        [&[254, 0, 1, 1][..], &[254, 1, 1, 1], &[2, 3, 5, 1], &[3, 2, 1, 1], &[5, 7, 0, 0], &[0, 1, 1, 1]]
    {
        assert_eq!(negotiated(&before_and_after(wrong)), (None, true, false), "{wrong:?}");
    }
    for unknown in [&[254, 4, 0, 0][..], &[1, 1, 1, 1]] {
        assert_eq!(negotiated(&before_and_after(unknown)), (Some(3), true, true), "{unknown:?}");
    }
    // Timestamps of 8 and of 12 bytes are none.
    assert_eq!(negotiated(&[4, 2, 8, 8, 0, 0, 0, 1, 0, 0, 1, 1]), (None, true, false));
    assert_eq!(negotiated(&[4, 2, 8, 12, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1]), (None, true, false));
    assert_eq!(negotiated(&[1; 40]), (None, false, false));
    for shift in [15, 255] {
        assert_eq!(negotiated(&[3, 3, shift, 1]), (Some(3), false, false), "a shift of {shift}");
    }
}

/// Mutation: netstat does not show why something was dropped.
#[test]
fn netstat_shows_what_was_dropped_and_a_crash_forgets_it() {
    let (mut world, host, mut log) = world();
    assert!(!netstat(&world, host).contains("arrived"));
    for datagram in [&[0x45][..], &[0x45], &[0x35], &with_options(&[2, 3, 5, 1])] {
        world.deliver_bytes(host, datagram, &mut log);
    }
    let shown = netstat(&world, host);
    let line = "  arrived: 2 dropped: too-short; 1 dropped: bad-version; 1 with an illegal option length\n";
    assert!(shown.ends_with(line), "{shown}");
    world.crash(host, &mut log);
    assert_eq!(world.arrivals(host), &NONE);
}

/// What is no simulated host is handed the bytes as they are.
/// Mutation: it is not.
#[test]
fn an_outside_end_is_handed_the_bytes() {
    let (mut world, mut log) = (World::new(1), Log::default());
    let end = world.add_outside("end", Addresses::of_host(0)).expect("nobody else's address");
    world.deliver_bytes(end, &[1, 2, 3], &mut log);
    assert_eq!(world.poll_outside(end), Some(Arrival::Bytes(vec![1, 2, 3])));
    assert_eq!(world.arrivals(end), &Arrivals { bad_version: 1, ..NONE });
}
