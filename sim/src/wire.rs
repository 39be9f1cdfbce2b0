//! [`Packet`] to IP datagram and back: for captures, for links that corrupt, for peers that speak bytes.
//!
//! Offsets, bit masks and checksums are smoltcp's ([`smoltcp::wire`]). Its high-level `TcpRepr` is not used:
//! it knows one control bit at a time, refuses port 0, drops an acknowledgment number without an ACK bit and
//! knows no urgent pointer, and a stack under test must be able to send and to be sent all of these.
//!
//! What a datagram has and a packet has not is constant on the way out and ignored on the way in: hop limit,
//! traffic class, flow label, IPv4 identification and options, TCP's reserved bits and options that
//! [`Options`] does not know.

use bytes::Bytes;
use closewait::addr::{Endpoint, IpAddr};
use closewait::packet::{Flags, Options, Packet, Segment, Timestamps};
use closewait::seq::Seq;
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    IPV4_HEADER_LEN, IPV6_HEADER_LEN, IpAddress, IpProtocol, Ipv4Packet, Ipv4Repr, Ipv6Packet, Ipv6Repr,
    TCP_HEADER_LEN, TcpOption, TcpPacket, TcpSeqNumber,
};

#[cfg(test)]
mod tests;

/// What Windows puts into TTL and Hop Limit (the default of its registry value `DefaultTTL`).
const HOP_LIMIT: u8 = 128;

/// What both length fields of IP, in bytes, and so this module, can express.
const IP_LENGTH_MAX: usize = u16::MAX as usize;

/// The kind of the Timestamps option (RFC 7323 section 3.2).
const TIMESTAMPS: u8 = 8;

/// Why a packet has no bytes, or bytes are no packet. Lengths are in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum WireError {
    /// A header goes past the end.
    #[error("truncated: {need} bytes needed, {have} there")]
    Truncated {
        /// The length of the header.
        need: usize,
        /// The number of bytes that are there.
        have: usize,
    },
    /// The version field is neither 4 nor 6.
    #[error("not IP: version {version}")]
    NotIp {
        /// The version field.
        version: u8,
    },
    /// The datagram carries a protocol that nobody here speaks. IPv6 extension headers are others too: they are not
    /// walked, as no peer of this simulator sends them with TCP.
    #[error("unknown protocol: {protocol}")]
    UnknownProtocol {
        /// IPv4's Protocol, IPv6's Next Header.
        protocol: u8,
    },
    /// The IPv4 header length is below 20.
    #[error("bad IPv4 header length: {len}")]
    BadIpv4HeaderLength {
        /// The header length.
        len: usize,
    },
    /// The length that the IP header announces goes past the end, or ends within the header.
    #[error("bad total length: {len}, with a header of {header} and {have} bytes there")]
    BadTotalLength {
        /// IPv4's Total Length; IPv6's Payload Length and its header.
        len: usize,
        /// The length of the header.
        header: usize,
        /// The number of bytes that are there.
        have: usize,
    },
    /// The TCP header length (its data offset) is below 20 or above the segment's length.
    #[error("bad TCP header length: {len}")]
    BadTcpHeaderLength {
        /// The header length.
        len: usize,
    },
    /// The IPv4 header checksum is wrong (RFC 1122 section 3.2.1.2: discard silently).
    #[error("bad IPv4 header checksum")]
    BadIpv4Checksum,
    /// The TCP checksum is wrong (RFC 9293 MUST-3).
    #[error("bad TCP checksum")]
    BadTcpChecksum,
    /// One fragment of an IPv4 datagram, or an IPv6 fragment header; nothing here reassembles.
    #[error("a fragment")]
    Fragment,
    /// One end is IPv4, the other IPv6.
    #[error("one end is IPv4, the other IPv6")]
    MixedFamilies,
    /// The segment is longer than an IP length field can say.
    #[error("too long for IP: a segment of {len} bytes, at most {max} fit")]
    TooLong {
        /// The segment's length, TCP header and text.
        len: usize,
        /// The longest segment that this IP version carries.
        max: usize,
    },
}

/// The IP datagram of `packet`, without a link header: hop limit 128, IPv4 with DF set and identification 0
/// (RFC 6864 section 4.1: without meaning when DF is set), all checksums right. Fields are written as they
/// are, also the acknowledgment without ACK, the urgent pointer without URG, and flags that contradict each
/// other.
///
/// # Errors
///
/// [`WireError::MixedFamilies`] and [`WireError::TooLong`]; no other.
pub fn encode(packet: &Packet) -> Result<Vec<u8>, WireError> {
    let Packet { src, dst, segment } = packet;
    let payload_len = header_len(segment) + segment.payload.len();
    let (next_header, hop_limit) = (IpProtocol::Tcp, HOP_LIMIT);
    let (header_len, mut bytes) = match (src.ip, dst.ip) {
        (IpAddr::V4(src_addr), IpAddr::V4(dst_addr)) => {
            // IPv4's length field counts its own header, IPv6's does not.
            let mut bytes = buffer(IPV4_HEADER_LEN, payload_len, IP_LENGTH_MAX - IPV4_HEADER_LEN)?;
            let header = Ipv4Repr { src_addr, dst_addr, next_header, payload_len, hop_limit };
            header.emit(&mut Ipv4Packet::new_unchecked(&mut bytes), &ChecksumCapabilities::default());
            (IPV4_HEADER_LEN, bytes)
        }
        (IpAddr::V6(src_addr), IpAddr::V6(dst_addr)) => {
            let mut bytes = buffer(IPV6_HEADER_LEN, payload_len, IP_LENGTH_MAX)?;
            let header = Ipv6Repr { src_addr, dst_addr, next_header, payload_len, hop_limit };
            header.emit(&mut Ipv6Packet::new_unchecked(&mut bytes));
            (IPV6_HEADER_LEN, bytes)
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => {
            return Err(WireError::MixedFamilies);
        }
    };
    emit_segment(&mut bytes[header_len..], src, dst, segment);
    Ok(bytes)
}

/// The length of the datagram that [`encode`] would write, in bytes.
#[must_use]
pub fn length(packet: &Packet) -> usize {
    let ip = if packet.src.ip.is_ipv4() { IPV4_HEADER_LEN } else { IPV6_HEADER_LEN };
    ip + header_len(&packet.segment) + packet.segment.payload.len()
}

/// Zeros for a header and `segment_len` bytes after it, if the length field allows `max` of them.
fn buffer(header_len: usize, segment_len: usize, max: usize) -> Result<Vec<u8>, WireError> {
    if segment_len > max {
        return Err(WireError::TooLong { len: segment_len, max });
    }
    Ok(vec![0; header_len + segment_len])
}

/// The length of the TCP header that [`emit_segment`] writes.
fn header_len(segment: &Segment) -> usize {
    TCP_HEADER_LEN + segment.options.wire_len()
}

/// Writes a TCP segment into `bytes`, which is zeroed and of its exact length.
fn emit_segment(bytes: &mut [u8], src: &Endpoint, dst: &Endpoint, segment: &Segment) {
    let Segment { seq, ack, flags, wnd, urg, options, payload } = segment;
    let mut tcp = TcpPacket::new_unchecked(bytes);
    tcp.set_src_port(src.port);
    tcp.set_dst_port(dst.port);
    tcp.set_seq_number(TcpSeqNumber(seq.0.cast_signed()));
    tcp.set_ack_number(TcpSeqNumber(ack.0.cast_signed()));
    // 20 to 60, by Options::wire_len.
    tcp.set_header_len(u8::try_from(header_len(segment)).unwrap_or(u8::MAX));
    tcp.set_fin(flags.contains(Flags::FIN));
    tcp.set_syn(flags.contains(Flags::SYN));
    tcp.set_rst(flags.contains(Flags::RST));
    tcp.set_psh(flags.contains(Flags::PSH));
    tcp.set_ack(flags.contains(Flags::ACK));
    tcp.set_urg(flags.contains(Flags::URG));
    tcp.set_ece(flags.contains(Flags::ECE));
    tcp.set_cwr(flags.contains(Flags::CWR));
    tcp.set_window_len(*wnd);
    tcp.set_urgent_at(*urg);
    emit_options(tcp.options_mut(), options);
    tcp.payload_mut().copy_from_slice(payload);
    tcp.fill_checksum(&IpAddress::from(src.ip), &IpAddress::from(dst.ip));
}

/// The packet in an IP datagram, checksums verified. Bytes after the length that the IP header announces are
/// padding of a link and ignored.
///
/// The first thing that is wrong, in the order of the bytes, is the error; a length is judged before the
/// checksum that it delimits. An option of unknown kind is skipped (RFC 9293 MUST-6); at an option of illegal
/// length the list ends, and what comes before it counts (MUST-7). Options are reported whatever the flags are; of several of a kind, the last; of
/// SACK's blocks the first three.
///
/// # Errors
///
/// All but [`WireError::MixedFamilies`] and [`WireError::TooLong`]. A datagram from [`encode`] with one bit
/// changed is an error, with two exceptions. IPv6 covers traffic class, flow label and hop limit by no
/// checksum: changed there, it is the same packet. The IPv4 header length and the IPv6 payload length say
/// what the checksums cover: changed there, bytes exist that sum up again by chance.
pub fn decode(bytes: &[u8]) -> Result<Packet, WireError> {
    decode_and_judge_options(bytes).map(|(packet, _)| packet)
}

/// The same, and whether the list of options went to its end.
pub(crate) fn decode_and_judge_options(bytes: &[u8]) -> Result<(Packet, OptionList), WireError> {
    // No version to go by: ask for the shorter of the two headers.
    let first = bytes.first().ok_or(WireError::Truncated { need: IPV4_HEADER_LEN, have: 0 })?;
    match first >> 4 {
        4 => decode_v4(bytes),
        6 => decode_v6(bytes),
        version => Err(WireError::NotIp { version }),
    }
}

fn at_least(need: usize, bytes: &[u8]) -> Result<(), WireError> {
    let have = bytes.len();
    if have < need { Err(WireError::Truncated { need, have }) } else { Ok(()) }
}

fn check_total_length(len: usize, header: usize, bytes: &[u8]) -> Result<(), WireError> {
    let have = bytes.len();
    if (header..=have).contains(&len) { Ok(()) } else { Err(WireError::BadTotalLength { len, header, have }) }
}

fn decode_v4(bytes: &[u8]) -> Result<(Packet, OptionList), WireError> {
    at_least(IPV4_HEADER_LEN, bytes)?;
    let ip = Ipv4Packet::new_unchecked(bytes);
    let header_len = usize::from(ip.header_len());
    let total_len = usize::from(ip.total_len());
    if header_len < IPV4_HEADER_LEN {
        return Err(WireError::BadIpv4HeaderLength { len: header_len });
    }
    check_total_length(total_len, header_len, bytes)?;
    if !ip.verify_checksum() {
        return Err(WireError::BadIpv4Checksum);
    }
    if ip.more_frags() || ip.frag_offset() != 0 {
        return Err(WireError::Fragment);
    }
    if ip.next_header() != IpProtocol::Tcp {
        return Err(WireError::UnknownProtocol { protocol: ip.next_header().into() });
    }
    decode_segment(ip.src_addr().into(), ip.dst_addr().into(), ip.payload())
}

fn decode_v6(bytes: &[u8]) -> Result<(Packet, OptionList), WireError> {
    at_least(IPV6_HEADER_LEN, bytes)?;
    let ip = Ipv6Packet::new_unchecked(bytes);
    check_total_length(ip.total_len(), IPV6_HEADER_LEN, bytes)?;
    if ip.next_header() == IpProtocol::Ipv6Frag {
        return Err(WireError::Fragment);
    }
    if ip.next_header() != IpProtocol::Tcp {
        return Err(WireError::UnknownProtocol { protocol: ip.next_header().into() });
    }
    decode_segment(ip.src_addr().into(), ip.dst_addr().into(), ip.payload())
}

/// A TCP segment between two addresses of one family.
fn decode_segment(src: IpAddr, dst: IpAddr, bytes: &[u8]) -> Result<(Packet, OptionList), WireError> {
    at_least(TCP_HEADER_LEN, bytes)?;
    let tcp = TcpPacket::new_unchecked(bytes);
    let header_len = usize::from(tcp.header_len());
    if header_len < TCP_HEADER_LEN || header_len > bytes.len() {
        return Err(WireError::BadTcpHeaderLength { len: header_len });
    }
    if !tcp.verify_checksum(&IpAddress::from(src), &IpAddress::from(dst)) {
        return Err(WireError::BadTcpChecksum);
    }
    let (options, list) = decode_options(tcp.options());
    let segment = Segment {
        seq: Seq(tcp.seq_number().0.cast_unsigned()),
        ack: Seq(tcp.ack_number().0.cast_unsigned()),
        flags: decode_flags(&tcp),
        wnd: tcp.window_len(),
        urg: tcp.urgent_at(),
        options,
        payload: Bytes::copy_from_slice(tcp.payload()),
    };
    let (src, dst) = (Endpoint::new(src, tcp.src_port()), Endpoint::new(dst, tcp.dst_port()));
    Ok((Packet { src, dst, segment }, list))
}

/// Each option with NOPs before it, so that its data lie on whole words.
fn emit_options(mut bytes: &mut [u8], options: &Options) {
    let Options { mss, window_scale, sack_permitted, timestamps, sack: _ } = *options;
    let mut emit = |nops: usize, option: TcpOption<'_>| {
        let mut rest = core::mem::take(&mut bytes);
        for _ in 0..nops {
            rest = TcpOption::NoOperation.emit(rest);
        }
        bytes = option.emit(rest);
    };
    if let Some(mss) = mss {
        emit(0, TcpOption::MaxSegmentSize(mss));
    }
    if let Some(shift) = window_scale {
        emit(1, TcpOption::WindowScale(shift));
    }
    if sack_permitted {
        emit(2, TcpOption::SackPermitted);
    }
    if let Some(Timestamps { val, ecr }) = timestamps {
        emit(2, TcpOption::TimeStamp { tsval: val, tsecr: ecr });
    }
    let blocks = options.sack_on_the_wire();
    if !blocks.is_empty() {
        let block = |i: usize| blocks.get(i).map(|&(left, right)| (left.0, right.0));
        emit(2, TcpOption::SackRange([block(0), block(1), block(2)]));
    }
}

fn decode_flags(tcp: &TcpPacket<&[u8]>) -> Flags {
    [
        (tcp.fin(), Flags::FIN),
        (tcp.syn(), Flags::SYN),
        (tcp.rst(), Flags::RST),
        (tcp.psh(), Flags::PSH),
        (tcp.ack(), Flags::ACK),
        (tcp.urg(), Flags::URG),
        (tcp.ece(), Flags::ECE),
        (tcp.cwr(), Flags::CWR),
    ]
    .into_iter()
    .filter_map(|(set, flag)| set.then_some(flag))
    .collect()
}

/// Whether a list of options could be read to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OptionList {
    Whole,
    /// An option in it has a length that it cannot have.
    Illegal,
}

/// smoltcp's parser fails at an illegal length and at the end of the bytes; timestamps of another length than 10 it
/// takes for an option that it does not know.
fn decode_options(mut bytes: &[u8]) -> (Options, OptionList) {
    let mut found = Options::default();
    while !bytes.is_empty() {
        let Ok((rest, option)) = TcpOption::parse(bytes) else { return (found, OptionList::Illegal) };
        match option {
            TcpOption::EndOfList => break,
            TcpOption::MaxSegmentSize(mss) => found.mss = Some(mss),
            TcpOption::WindowScale(shift) => found.window_scale = Some(shift),
            TcpOption::SackPermitted => found.sack_permitted = true,
            TcpOption::TimeStamp { tsval: val, tsecr: ecr } => {
                found.timestamps = Some(Timestamps { val, ecr });
            }
            TcpOption::SackRange(blocks) => {
                let blocks = blocks.into_iter().flatten();
                found.sack = blocks.map(|(left, right)| (Seq(left), Seq(right))).collect();
            }
            TcpOption::Unknown { kind: TIMESTAMPS, .. } => return (found, OptionList::Illegal),
            TcpOption::NoOperation | TcpOption::Unknown { .. } => {}
        }
        bytes = rest;
    }
    (found, OptionList::Whole)
}
