//! Two datagrams worked out by hand, and everything that can happen to them.

use super::{WireError, decode, encode, length};
use bytes::Bytes;
use closewait::addr::{Endpoint, IpAddr};
use closewait::packet::{Flags, Options, Packet, Segment, Timestamps};
use closewait::seq::Seq;

/// `SYN`, MSS 1460, from 10.0.0.1:49152 to 10.0.0.2:80. The checksums on paper, carries kept:
/// IP 4500+002c+4000+8006+0a00+0001+0a00+0002 = 11935, folded 1936, complement e6c9;
/// TCP c000+0050+0102+0304+6002+faf0+0204+05b4 = 22700, pseudo-header 0a00+0001+0a00+0002+0006+0018 = 1421,
/// together 23b21, folded 3b23, complement c4dc.
#[rustfmt::skip]
const SYN_V4: [u8; 44] = [
    0x45, 0x00, 0x00, 0x2c, 0x00, 0x00, 0x40, 0x00, 0x80, 0x06, 0xe6, 0xc9,
    10, 0, 0, 1, 10, 0, 0, 2,
    0xc0, 0x00, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04, 0x00, 0x00, 0x00, 0x00,
    0x60, 0x02, 0xfa, 0xf0, 0xc4, 0xdc, 0x00, 0x00,
    0x02, 0x04, 0x05, 0xb4,
];

/// `FIN PSH ACK` with the odd text "bye", from [fd00::1]:1025 to [fd00::2]:80. The checksum on paper:
/// 0401+0050+ffff+ffff+0000+0001+5019+0400+6279+6500 = 31fe2, pseudo-header fd00+0001+fd00+0002+0017+0006 =
/// 1fa20, together 51a02, folded 1a07, complement e5f8.
#[rustfmt::skip]
const FIN_V6: [u8; 63] = [
    0x60, 0x00, 0x00, 0x00, 0x00, 0x17, 0x06, 0x80,
    0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
    0x04, 0x01, 0x00, 0x50, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01,
    0x50, 0x19, 0x04, 0x00, 0xe5, 0xf8, 0x00, 0x00,
    b'b', b'y', b'e',
];

const V4: usize = 20;
const V6: usize = 40;

fn at(ip: &str, port: u16) -> Endpoint {
    Endpoint::new(ip.parse().unwrap(), port)
}

fn syn_v4() -> Packet {
    let mut segment = Segment::control(Flags::SYN, Seq(0x0102_0304), Seq(0));
    segment.wnd = 64_240;
    segment.options = Options { mss: Some(1460), ..Options::NONE };
    Packet { src: at("10.0.0.1", 49_152), dst: at("10.0.0.2", 80), segment }
}

fn fin_v6() -> Packet {
    let mut segment = Segment::control(Flags::FIN | Flags::PSH | Flags::ACK, Seq(u32::MAX), Seq(1));
    segment.wnd = 1024;
    segment.payload = Bytes::from_static(b"bye");
    Packet { src: at("fd00::1", 1025), dst: at("fd00::2", 80), segment }
}

/// RFC 1071, as its section 4.1 has it, without smoltcp: the complement of the sum of 16-bit words.
fn sum_1071(parts: &[&[u8]]) -> u16 {
    let words = parts.iter().flat_map(|part| part.chunks(2));
    let sum: u32 = words.map(|w| u32::from(w[0]) << 8 | w.get(1).map_or(0, |&b| u32::from(b))).sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    !u16::try_from((folded & 0xffff) + (folded >> 16)).unwrap()
}

/// Makes every checksum of a damaged datagram right again, so that what else is wrong with it comes to light.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let (addresses, tcp) = if bytes[0] >> 4 == 4 {
        let header = usize::from(bytes[0] & 0xf) * 4;
        if (V4..=bytes.len()).contains(&header) {
            bytes[10..12].fill(0);
            let sum = sum_1071(&[&bytes[..header]]);
            bytes[10..12].copy_from_slice(&sum.to_be_bytes());
        }
        (12..V4, header.max(V4))
    } else {
        (8..V6, V6)
    };
    if tcp + 18 <= bytes.len() {
        bytes[tcp + 16..tcp + 18].fill(0);
        let len = u32::try_from(bytes.len() - tcp).unwrap().to_be_bytes();
        let sum = sum_1071(&[&bytes[addresses], &len, &[0, 6], &bytes[tcp..]]);
        bytes[tcp + 16..tcp + 18].copy_from_slice(&sum.to_be_bytes());
    }
    bytes
}

/// `bytes` with `new` at `offset`, sealed.
fn with(bytes: &[u8], offset: usize, new: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[offset..offset + new.len()].copy_from_slice(new);
    sealed(bytes)
}

/// `SYN_V4` with other options (a multiple of four bytes).
fn with_options(options: &[u8]) -> Vec<u8> {
    let mut bytes = SYN_V4[..40].to_vec();
    bytes.extend_from_slice(options);
    bytes[3] = u8::try_from(bytes.len()).unwrap();
    bytes[32] = u8::try_from((20 + options.len()) / 4).unwrap() << 4;
    sealed(bytes)
}

fn mss_of(bytes: &[u8]) -> Option<u16> {
    decode(bytes).unwrap().segment.options.mss
}

#[test]
fn both_vectors_by_hand() {
    assert_eq!(encode(&syn_v4()).unwrap(), SYN_V4);
    assert_eq!(encode(&fin_v6()).unwrap(), FIN_V6);
    assert_eq!(decode(&SYN_V4), Ok(syn_v4()));
    assert_eq!(decode(&FIN_V6), Ok(fin_v6()));
}

/// The paper, the independent sum and smoltcp agree.
#[test]
fn the_checksums_on_paper_are_those_of_rfc_1071() {
    assert_eq!(sum_1071(&[&SYN_V4[..V4]]), 0);
    assert_eq!(sum_1071(&[&SYN_V4[12..V4], &[0, 6, 0, 24], &SYN_V4[V4..]]), 0);
    assert_eq!(sum_1071(&[&FIN_V6[8..V6], &[0, 0, 0, 23, 0, 0, 0, 6], &FIN_V6[V6..]]), 0);
    assert_eq!(sealed(SYN_V4.to_vec()), SYN_V4);
    assert_eq!(sealed(FIN_V6.to_vec()), FIN_V6);
}

#[test]
fn each_of_the_256_sets_of_flags_comes_back_and_sits_in_its_byte() {
    for (mut packet, ip) in [(syn_v4(), V4), (fin_v6(), V6)] {
        for bits in 0..=u8::MAX {
            packet.segment.flags = Flags::from_bits_retain(bits);
            let bytes = encode(&packet).unwrap();
            assert_eq!(bytes[ip + 13], bits);
            assert_eq!(decode(&bytes).as_ref(), Ok(&packet));
        }
    }
}

#[test]
fn acknowledgment_and_urgent_pointer_travel_without_their_flags() {
    for mut packet in [syn_v4(), fin_v6()] {
        for flags in [Flags::RST, Flags::SYN, Flags::empty()] {
            packet.segment.flags = flags;
            packet.segment.ack = Seq(0x8000_0001);
            packet.segment.urg = 0xbeef;
            assert_eq!(decode(&encode(&packet).unwrap()).as_ref(), Ok(&packet));
        }
    }
}

#[test]
fn the_extremes_of_every_field_come_back() {
    for (src, dst) in [("0.0.0.0", "255.255.255.255"), ("::", "::ffff:10.0.0.1")] {
        for (long, short) in [(0, 0), (u32::MAX, u16::MAX), (1 << 31, 1 << 15)] {
            for mss in [None, Some(short)] {
                let segment = Segment {
                    seq: Seq(long),
                    ack: Seq(long),
                    flags: Flags::ACK,
                    wnd: short,
                    urg: short,
                    options: Options { mss, ..Options::NONE },
                    payload: Bytes::new(),
                };
                let packet = Packet { src: at(src, short), dst: at(dst, !short), segment };
                assert_eq!(decode(&encode(&packet).unwrap()), Ok(packet));
            }
        }
    }
}

#[test]
fn the_longest_segment_fits_and_one_byte_more_does_not() {
    let (mut v4, mut v6) = (syn_v4(), fin_v6());
    v4.segment.options = Options::default();
    for (packet, max) in [(&mut v4, 65_535 - 20), (&mut v6, 65_535)] {
        packet.segment.payload = Bytes::from(vec![0xff; max - 20]);
        assert_eq!(decode(&encode(packet).unwrap()).as_ref(), Ok(&*packet));
        packet.segment.payload = Bytes::from(vec![0xff; max - 19]);
        assert_eq!(encode(packet), Err(WireError::TooLong { len: max + 1, max }));
        packet.segment.payload = Bytes::from(vec![0xff; max - 20]);
        packet.segment.options.mss = Some(1);
        assert_eq!(encode(packet), Err(WireError::TooLong { len: max + 4, max }));
    }
}

#[test]
fn mixed_families_have_no_datagram() {
    let (v4, v6) = (syn_v4(), fin_v6());
    assert_eq!(encode(&Packet { dst: v6.dst, ..v4.clone() }), Err(WireError::MixedFamilies));
    assert_eq!(encode(&Packet { dst: v4.dst, ..v6 }), Err(WireError::MixedFamilies));
}

/// A prefix of a header is too short; one of what follows contradicts the header's length.
#[test]
fn every_prefix_is_too_short() {
    for (bytes, header) in [(&SYN_V4[..], V4), (&FIN_V6, V6)] {
        for have in 0..bytes.len() {
            let need = if have == 0 { V4 } else { header };
            let expected = if have < header {
                WireError::Truncated { need, have }
            } else {
                WireError::BadTotalLength { len: bytes.len(), header, have }
            };
            assert_eq!(decode(&bytes[..have]), Err(expected));
        }
    }
}

/// Every bit is under a checksum. The four of the header length also move where it ends: this vector does not
/// sum up there by chance.
#[test]
fn every_flipped_bit_of_ipv4_is_an_error() {
    for bit in 0..SYN_V4.len() * 8 {
        let mut bytes = SYN_V4;
        bytes[bit / 8] ^= 0x80 >> (bit % 8);
        assert!(decode(&bytes).is_err(), "bit {bit}");
    }
}

/// Bits 4 to 31 are traffic class and flow label, 56 to 63 the hop limit: IPv6 covers them by no checksum.
/// Bits 32 to 47, the payload length, also move where the checksum ends, as in IPv4.
#[test]
fn every_flipped_bit_of_ipv6_is_an_error_or_lies_in_a_field_that_does_not_count() {
    for bit in 0..FIN_V6.len() * 8 {
        let mut bytes = FIN_V6;
        bytes[bit / 8] ^= 0x80 >> (bit % 8);
        if (4..32).contains(&bit) || (56..64).contains(&bit) {
            assert_eq!(decode(&bytes), Ok(fin_v6()), "bit {bit}");
        } else {
            assert!(decode(&bytes).is_err(), "bit {bit}");
        }
    }
}

#[test]
fn another_version_is_not_ip() {
    for version in (0..16).filter(|v| ![4, 6].contains(v)) {
        assert_eq!(decode(&[version << 4; 64]), Err(WireError::NotIp { version }));
    }
}

#[test]
fn another_protocol_is_not_tcp() {
    assert_eq!(decode(&with(&SYN_V4, 9, &[17])), Err(WireError::UnknownProtocol { protocol: 17 }));
    for protocol in [0, 17, 43, 58, 60] {
        assert_eq!(decode(&with(&FIN_V6, 6, &[protocol])), Err(WireError::UnknownProtocol { protocol }));
    }
}

#[test]
fn header_lengths_below_the_minimum_or_past_the_end() {
    for words in 0..5u8 {
        let len = usize::from(words) * 4;
        let ip = with(&SYN_V4, 0, &[0x40 | words]);
        assert_eq!(decode(&ip), Err(WireError::BadIpv4HeaderLength { len }));
        let tcp = with(&SYN_V4, V4 + 12, &[words << 4]);
        assert_eq!(decode(&tcp), Err(WireError::BadTcpHeaderLength { len }));
        let tcp = with(&FIN_V6, V6 + 12, &[words << 4]);
        assert_eq!(decode(&tcp), Err(WireError::BadTcpHeaderLength { len }));
    }
    let total_below_header = with(&SYN_V4, 2, &[0, 19]);
    let expected = WireError::BadTotalLength { len: 19, header: 20, have: 44 };
    assert_eq!(decode(&total_below_header), Err(expected));
    let header_past_the_total = with(&SYN_V4, 0, &[0x4c]);
    let expected = WireError::BadTotalLength { len: 44, header: 48, have: 44 };
    assert_eq!(decode(&header_past_the_total), Err(expected));
    let past_the_end = Err(WireError::BadTcpHeaderLength { len: 28 });
    assert_eq!(decode(&with(&SYN_V4, V4 + 12, &[0x70])), past_the_end);
    let past_the_end = Err(WireError::BadTcpHeaderLength { len: 24 });
    assert_eq!(decode(&with(&FIN_V6, V6 + 12, &[0x60])), past_the_end);
}

#[test]
fn a_datagram_too_short_for_a_tcp_header_is_truncated() {
    let whole = with(&SYN_V4[..V4 + 19], 2, &[0, 39]);
    assert_eq!(decode(&whole), Err(WireError::Truncated { need: 20, have: 19 }));
    let none = with(&SYN_V4[..V4], 2, &[0, 20]);
    assert_eq!(decode(&none), Err(WireError::Truncated { need: 20, have: 0 }));
    let whole = with(&FIN_V6[..V6], 4, &[0, 0]);
    assert_eq!(decode(&whole), Err(WireError::Truncated { need: 20, have: 0 }));
}

#[test]
fn wrong_checksums_are_named() {
    let mut bytes = SYN_V4;
    bytes[8] = 127;
    assert_eq!(decode(&bytes), Err(WireError::BadIpv4Checksum));
    let mut bytes = SYN_V4;
    bytes[43] ^= 1;
    assert_eq!(decode(&bytes), Err(WireError::BadTcpChecksum));
    // The pseudo-header counts: the IPv4 checksum made right again, the TCP checksum left as it was.
    let mut bytes = with(&SYN_V4, 15, &[9]);
    bytes[36..38].copy_from_slice(&SYN_V4[36..38]);
    assert_eq!(decode(&bytes), Err(WireError::BadTcpChecksum));
    let mut bytes = FIN_V6;
    bytes[23] = 9;
    assert_eq!(decode(&bytes), Err(WireError::BadTcpChecksum));
}

#[test]
fn fragments_are_refused() {
    for flags_and_offset in [[0x20, 0x00], [0x00, 0x01], [0x1f, 0xff], [0x60, 0x00]] {
        assert_eq!(decode(&with(&SYN_V4, 6, &flags_and_offset)), Err(WireError::Fragment));
    }
    assert_eq!(decode(&with(&SYN_V4, 6, &[0x00, 0x00])), Ok(syn_v4()), "DF off is no fragment");
    assert_eq!(decode(&with(&FIN_V6, 6, &[44])), Err(WireError::Fragment));
}

#[test]
fn what_a_packet_has_no_field_for_is_ignored() {
    let padded: Vec<u8> = SYN_V4.into_iter().chain([0xaa; 2]).collect();
    assert_eq!(decode(&padded), Ok(syn_v4()));
    let padded: Vec<u8> = FIN_V6.into_iter().chain([0xaa; 2]).collect();
    assert_eq!(decode(&padded), Ok(fin_v6()));
    let reserved_bits = with(&SYN_V4, V4 + 12, &[0x6f]);
    assert_eq!(decode(&reserved_bits), Ok(syn_v4()));
    let mut router_alert = SYN_V4.to_vec();
    router_alert.splice(V4..V4, [0x94, 4, 0, 0]);
    router_alert[0] = 0x46;
    router_alert[3] = 48;
    assert_eq!(decode(&sealed(router_alert)), Ok(syn_v4()));
}

/// RFC 9293 MUST-6: kinds 3, 4, 8 and 254 around the MSS, as Windows and others order them.
#[test]
fn unknown_options_are_skipped() {
    let windows = [2, 4, 0x05, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2];
    assert_eq!(mss_of(&with_options(&windows)), Some(1460));
    let mss_last = [8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 254, 2, 2, 4, 0x02, 0x18];
    assert_eq!(mss_of(&with_options(&mss_last)), Some(536));
    assert_eq!(mss_of(&with_options(&[254, 4, 0, 0])), None);
    assert_eq!(mss_of(&with_options(&[2, 4, 0, 1, 2, 4, 0, 2])), Some(2), "of several, the last");
    assert_eq!(mss_of(&with_options(&[0, 0, 0, 0, 2, 4, 0, 2])), None, "nothing after the end of the list");
}

/// RFC 9293 MUST-7: lengths of 0, 1, past the end, missing, and other than the kind's own.
#[test]
fn an_illegal_option_length_ends_the_list() {
    for bad in [[254, 0], [254, 1], [254, 41], [2, 3], [4, 3]] {
        let mut options = vec![2, 4, 0x05, 0xb4, bad[0], bad[1], 1, 1];
        options.extend_from_slice(&[2, 4, 0, 1]);
        assert_eq!(mss_of(&with_options(&options)), Some(1460), "{bad:?}");
        assert_eq!(mss_of(&with_options(&options[4..])), None, "{bad:?}");
    }
    assert_eq!(mss_of(&with_options(&[2, 4, 0, 1, 1, 1, 1, 254])), Some(1), "no room for the length");
}

/// What decodes says the same thing when it is sent on.
fn survives(bytes: &[u8]) {
    if let Ok(packet) = decode(bytes) {
        assert_eq!(decode(&encode(&packet).unwrap()), Ok(packet));
    }
}

/// Each byte takes each value, as it is and under right checksums, whole and cut in the middle.
#[test]
fn no_byte_makes_it_panic() {
    let options = with_options(&[8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 254, 2, 2, 4, 0x02, 0x18]);
    for vector in [&SYN_V4[..], &FIN_V6, &options] {
        for offset in 0..vector.len() {
            for value in 0..=u8::MAX {
                let mut bytes = vector.to_vec();
                bytes[offset] = value;
                survives(&bytes);
                let bytes = sealed(bytes);
                survives(&bytes);
                survives(&bytes[..offset]);
            }
        }
    }
}

/// Noise of every length up to 100 under either version, from a fixed generator, half of it under right
/// checksums.
#[test]
fn no_noise_makes_it_panic() {
    let mut state = 1u64;
    for round in 0..50_000usize {
        let mut bytes: Vec<u8> = (0..1 + round % 100)
            .map(|_| {
                // The constants of PCG's generator; the high byte is the good one.
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                state.to_be_bytes()[0]
            })
            .collect();
        bytes[0] = if round % 2 == 0 { 0x40 | bytes[0] & 0xf } else { 0x60 | bytes[0] & 0xf };
        survives(&bytes);
        if bytes.len() > 40 {
            let length = if round % 2 == 0 { bytes.len() } else { bytes.len() - V6 };
            let at = if round % 2 == 0 { 2 } else { 4 };
            bytes[at..at + 2].copy_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
            bytes[if round % 2 == 0 { 9 } else { 6 }] = 6;
            survives(&sealed(bytes));
        }
    }
}

#[test]
fn errors_say_what_is_wrong() {
    let said = [
        (decode(&[]).unwrap_err(), "truncated: 20 bytes needed, 0 there"),
        (decode(&[0]).unwrap_err(), "not IP: version 0"),
        (decode(&with(&SYN_V4, 9, &[17])).unwrap_err(), "unknown protocol: 17"),
        (decode(&with(&SYN_V4, 0, &[0x41])).unwrap_err(), "bad IPv4 header length: 4"),
        (decode(&with(&SYN_V4, 32, &[0x10])).unwrap_err(), "bad TCP header length: 4"),
        (WireError::TooLong { len: 2, max: 1 }, "too long for IP: a segment of 2 bytes, at most 1 fit"),
    ];
    for (error, words) in said {
        assert_eq!(error.to_string(), words);
    }
    let ip: IpAddr = "fd00::2".parse().unwrap();
    let mixed = Packet { dst: Endpoint::new(ip, 80), ..syn_v4() };
    assert_eq!(encode(&mixed).unwrap_err().to_string(), "one end is IPv4, the other IPv6");
}

/// Each option on whole words, NOPs before it (RFC 7323 appendix A, RFC 2018 section 3), by hand; and back.
#[test]
fn options_by_hand() {
    let stamps = Timestamps { val: 0x0102_0304, ecr: 0x0506_0708 };
    let sack = |n: u32| (0..n).map(|i| (Seq(i), Seq(i + 1))).collect();
    let syn = Options {
        mss: Some(1460),
        window_scale: Some(8),
        sack_permitted: true,
        timestamps: Some(stamps),
        ..Options::NONE
    };
    let stamp_bytes = [1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8];
    let syn_bytes = [&[2, 4, 5, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2][..], &stamp_bytes].concat();
    let one = Options { sack: sack(1), ..Options::NONE };
    let one_bytes = vec![1, 1, 5, 10, 0, 0, 0, 0, 0, 0, 0, 1];
    for (options, bytes) in [(syn.clone(), syn_bytes), (one, one_bytes)] {
        let mut packet = decode(&SYN_V4).unwrap();
        packet.segment.options = options;
        let datagram = encode(&packet).unwrap();
        assert_eq!(datagram[40..], bytes);
        assert_eq!(usize::from(datagram[32] >> 4), 5 + bytes.len() / 4, "the data offset");
        assert_eq!(decode(&datagram).unwrap(), packet);
        assert_eq!(datagram.len(), length(&packet));
    }
    // Three blocks and timestamps are the 40 bytes that there are; beside the 24 of a SYN there is room for one block.
    let full = Options { timestamps: Some(stamps), sack: sack(3), ..Options::NONE };
    assert_eq!(full.wire_len(), 40);
    let mut packet = decode(&SYN_V4).unwrap();
    packet.segment.options = Options { sack: sack(3), ..syn };
    assert_eq!(decode(&encode(&packet).unwrap()).unwrap().segment.options.sack, sack(1));
    assert_eq!(length(&packet), 20 + 20 + 36);
}
