//! Datagrams made of an input's bytes.

use closewait::addr::Endpoint;
use closewait::packet::{Flags, Packet, Segment};
use closewait::seq::Seq;
use closewait_sim::wire;

/// What is known of the connection that the host spoke for last: its ends, and the numbers that are next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Aim {
    pub(super) local: Endpoint,
    pub(super) remote: Endpoint,
    pub(super) snd_nxt: Seq,
    pub(super) rcv_nxt: Seq,
}

/// How much of a datagram the input's bytes say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// All of it.
    AsIs,
    /// All but checksums.
    Summed,
    /// A TCP header from the sequence number on, its numbers from those that are next: so eight zeros are a segment in
    /// order. Ends, lengths and checksums are right.
    Segment,
}

impl Shape {
    pub(super) fn datagram(self, aim: &Aim, data: &[u8], padding: usize) -> Vec<u8> {
        match self {
            Self::AsIs => data.to_vec(),
            Self::Summed => summed(data.to_vec()),
            Self::Segment => segment(aim, data, padding),
        }
    }
}

/// With what checksums there are made right.
fn summed(mut bytes: Vec<u8>) -> Vec<u8> {
    let Some(first) = bytes.first() else { return bytes };
    let (tcp, addresses) = if first >> 4 == 4 {
        let header = usize::from(first & 15) * 4;
        if header < 20 || header > bytes.len() {
            return bytes;
        }
        seal(&mut bytes[..header], 10, 0);
        (header, 12..20)
    } else {
        (40, 8..40)
    };
    if tcp + 18 <= bytes.len() {
        let pseudo = add(&bytes[addresses]) + add(&(bytes.len() - tcp).to_be_bytes()) + 6;
        seal(&mut bytes[tcp..], 16, pseudo);
    }
    bytes
}

/// RFC 1071: the sum of 16-bit words.
fn add(bytes: &[u8]) -> u64 {
    let words = bytes.chunks(2);
    words.map(|word| u64::from(word[0]) << 8 | word.get(1).map_or(0, |&low| u64::from(low))).sum()
}

/// Puts the checksum of `bytes`, and of what has the sum `more`, at an offset in them.
fn seal(bytes: &mut [u8], at: usize, more: u64) {
    bytes[at..at + 2].fill(0);
    let mut sum = add(bytes) + more;
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    let checksum = !u16::try_from(sum).unwrap_or(0);
    bytes[at..at + 2].copy_from_slice(&checksum.to_be_bytes());
}

/// The bytes of `data`: 4 sequence number, 4 acknowledgment, 1 flags, 2 window, 2 urgent pointer, 1 length of the
/// options, the options, text.
fn segment(aim: &Aim, data: &[u8], padding: usize) -> Vec<u8> {
    let mut head = [0; 14];
    let (given, rest) = data.split_at(data.len().min(head.len()));
    head[..given.len()].copy_from_slice(given);
    let [s0, s1, s2, s3, a0, a1, a2, a3, flags, w0, w1, u0, u1, options] = head;
    let (options, text) = rest.split_at(rest.len().min(usize::from(options) % 41));
    let flags = Flags::from_bits_retain(flags);
    let ack = aim.snd_nxt + u32::from_be_bytes([a0, a1, a2, a3]);
    let mut segment = Segment::control(flags, aim.rcv_nxt + u32::from_be_bytes([s0, s1, s2, s3]), ack);
    segment.wnd = u16::from_be_bytes([w0, w1]);
    segment.urg = u16::from_be_bytes([u0, u1]);
    segment.payload = [text, &vec![0x55; padding]].concat().into();
    let packet = Packet { src: aim.remote, dst: aim.local, segment };
    let plain = wire::encode(&packet).unwrap_or_default();
    with_options(plain, &aim_sacks(options, aim.snd_nxt))
}

/// The same options, with the numbers of SACK blocks counted from `base`.
fn aim_sacks(options: &[u8], base: Seq) -> Vec<u8> {
    let mut bytes = options.to_vec();
    let mut at = 0;
    while let Some(&kind) = bytes.get(at) {
        let len = match (kind, bytes.get(at + 1)) {
            (0 | 1, _) => 1,
            (_, Some(&len)) if len >= 2 => usize::from(len),
            (_, _) => break,
        };
        let end = bytes.len().min(at + len);
        if kind == 5 {
            for edge in bytes[at + 2..end].chunks_exact_mut(4) {
                let by = edge.iter().fold(0_u32, |n, &byte| n << 8 | u32::from(byte));
                edge.copy_from_slice(&(base + by).0.to_be_bytes());
            }
        }
        at += len;
    }
    bytes
}

/// A datagram without options, with these: whole words of them.
fn with_options(mut bytes: Vec<u8>, options: &[u8]) -> Vec<u8> {
    let (ip, length_at, counted) = match bytes.first().map(|first| first >> 4) {
        Some(4) => (20, 2, 0),
        Some(_) => (40, 4, 40),
        None => return bytes,
    };
    let words = options.len().div_ceil(4);
    let end = ip + 20;
    let padded = options.iter().copied().chain(std::iter::repeat(0)).take(words * 4);
    bytes.splice(end..end, padded);
    bytes[ip + 12] = u8::try_from(5 + words).unwrap_or(15) << 4;
    let length = u16::try_from(bytes.len() - counted).unwrap_or(u16::MAX);
    bytes[length_at..length_at + 2].copy_from_slice(&length.to_be_bytes());
    summed(bytes)
}
