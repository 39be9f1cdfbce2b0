//! [`Message`] to IP datagram and back: UDP datagrams, ICMP error messages with the header and eight bytes of the
//! packet that they quote.

use super::{Ip, WireError, at_least, open, open_quoted};
use bytes::Bytes;
use closewait::addr::{Endpoint, IpAddr};
use closewait::packet::{Icmp, Message, Packet, Protocol, Quote, Udp};
use closewait::seq::Seq;
use smoltcp::wire::{
    IPV4_HEADER_LEN, IPV6_HEADER_LEN, Icmpv4Message, Icmpv4Packet, Icmpv6Message, Icmpv6Packet, IpAddress,
    IpProtocol, UDP_HEADER_LEN, UdpPacket,
};

/// The header of ICMP and ICMPv6: type, code, checksum, and four bytes whose meaning the type gives.
const ICMP_HEADER_LEN: usize = 8;

/// What an ICMP message has of the packet that it quotes, past the IP header: ports, and TCP's sequence number.
const QUOTED_LEN: usize = 8;

/// The IP datagram of a message, as [`super::encode`] writes a segment's.
///
/// # Errors
///
/// [`WireError::MixedFamilies`] and [`WireError::TooLong`]; no other.
pub fn encode(message: &Message) -> Result<Vec<u8>, WireError> {
    let (src, dst) = (message.src().ip, message.dst().ip);
    match message {
        Message::Udp(udp) => {
            let len = UDP_HEADER_LEN + udp.payload.len();
            let (start, mut bytes) = super::header(src, dst, IpProtocol::Udp, len)?;
            emit_udp(&mut bytes[start..], udp);
            Ok(bytes)
        }
        Message::Icmp(icmp) => {
            let quoted = quoted(&icmp.quote)?;
            let protocol = if src.is_ipv4() { IpProtocol::Icmp } else { IpProtocol::Icmpv6 };
            let (start, mut bytes) = super::header(src, dst, protocol, ICMP_HEADER_LEN + quoted.len())?;
            emit_icmp(&mut bytes[start..], icmp, &quoted);
            Ok(bytes)
        }
    }
}

/// The length of the datagram that [`encode`] would write, in bytes.
#[must_use]
pub fn length(message: &Message) -> usize {
    let ip = |ip: IpAddr| if ip.is_ipv4() { IPV4_HEADER_LEN } else { IPV6_HEADER_LEN };
    match message {
        Message::Udp(udp) => ip(udp.src.ip) + UDP_HEADER_LEN + udp.payload.len(),
        Message::Icmp(icmp) => ip(icmp.src) + ICMP_HEADER_LEN + ip(icmp.quote.src.ip) + QUOTED_LEN,
    }
}

/// What an ICMP message quotes of a packet.
#[must_use]
pub fn quote(packet: &Packet) -> Quote {
    let len = u16::try_from(super::length(packet)).unwrap_or(u16::MAX);
    Quote { protocol: Protocol::Tcp, src: packet.src, dst: packet.dst, seq: packet.segment.seq, len }
}

fn emit_udp(bytes: &mut [u8], Udp { src, dst, payload }: &Udp) {
    let len = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    let mut udp = UdpPacket::new_unchecked(bytes);
    udp.set_src_port(src.port);
    udp.set_dst_port(dst.port);
    udp.set_len(len);
    udp.payload_mut().copy_from_slice(payload);
    udp.fill_checksum(&IpAddress::from(src.ip), &IpAddress::from(dst.ip));
}

fn emit_icmp(bytes: &mut [u8], icmp: &Icmp, quoted: &[u8]) {
    bytes[ICMP_HEADER_LEN..].copy_from_slice(quoted);
    match (icmp.src, icmp.dst) {
        (IpAddr::V6(src), IpAddr::V6(dst)) => {
            let mut packet = Icmpv6Packet::new_unchecked(bytes);
            packet.set_msg_type(Icmpv6Message::from(icmp.kind));
            packet.set_msg_code(icmp.code);
            packet.set_pkt_too_big_mtu(icmp.mtu);
            packet.fill_checksum(&src, &dst);
        }
        (IpAddr::V4(_), _) | (_, IpAddr::V4(_)) => {
            let mut packet = Icmpv4Packet::new_unchecked(bytes);
            packet.set_msg_type(Icmpv4Message::from(icmp.kind));
            packet.set_msg_code(icmp.code);
            // RFC 1191 section 4: the next hop's MTU is in the header's last two bytes, where echo has its number.
            packet.set_echo_seq_no(u16::try_from(icmp.mtu).unwrap_or(u16::MAX));
            packet.fill_checksum();
        }
    }
}

/// The IP header and the first eight bytes of a quoted packet.
fn quoted(quote: &Quote) -> Result<Vec<u8>, WireError> {
    let Quote { protocol, src, dst, seq, len } = *quote;
    let header = if src.ip.is_ipv4() { IPV4_HEADER_LEN } else { IPV6_HEADER_LEN };
    let carried = usize::from(len).saturating_sub(header).max(QUOTED_LEN);
    let protocol = match protocol {
        Protocol::Tcp => IpProtocol::Tcp,
        Protocol::Udp => IpProtocol::Udp,
    };
    let (start, mut bytes) = super::header(src.ip, dst.ip, protocol, carried)?;
    bytes.truncate(start + QUOTED_LEN);
    let ports = &mut bytes[start..];
    ports[..2].copy_from_slice(&src.port.to_be_bytes());
    ports[2..4].copy_from_slice(&dst.port.to_be_bytes());
    if protocol == IpProtocol::Tcp {
        ports[4..].copy_from_slice(&seq.0.to_be_bytes());
    } else {
        ports[4..6].copy_from_slice(&u16::try_from(carried).unwrap_or(u16::MAX).to_be_bytes());
    }
    Ok(bytes)
}

/// The message in an IP datagram, checksums verified. Of ICMP, error messages about TCP and UDP alone; a UDP checksum
/// of 0 over IPv4 is none (RFC 768).
///
/// # Errors
///
/// All but [`WireError::MixedFamilies`] and [`WireError::TooLong`].
pub fn decode(bytes: &[u8]) -> Result<Message, WireError> {
    let ip = open(bytes)?;
    if ip.protocol == IpProtocol::Udp {
        return decode_udp(&ip).map(Message::Udp);
    }
    decode_icmp(&ip).map(Message::Icmp)
}

fn decode_udp(ip: &Ip<'_>) -> Result<Udp, WireError> {
    at_least(UDP_HEADER_LEN, ip.payload)?;
    let udp = UdpPacket::new_unchecked(ip.payload);
    let len = usize::from(udp.len());
    if len < UDP_HEADER_LEN || len > ip.payload.len() {
        return Err(WireError::BadUdpLength { len });
    }
    // RFC 8200 section 8.1: over IPv6 there must be a checksum.
    let missing = ip.src.is_ipv6() && udp.checksum() == 0;
    if missing || !udp.verify_checksum(&IpAddress::from(ip.src), &IpAddress::from(ip.dst)) {
        return Err(WireError::BadUdpChecksum);
    }
    Ok(Udp {
        src: Endpoint::new(ip.src, udp.src_port()),
        dst: Endpoint::new(ip.dst, udp.dst_port()),
        payload: Bytes::copy_from_slice(udp.payload()),
    })
}

fn decode_icmp(ip: &Ip<'_>) -> Result<Icmp, WireError> {
    if ip.protocol != IpProtocol::Icmp && ip.protocol != IpProtocol::Icmpv6 {
        return Err(WireError::NotMessage { protocol: ip.protocol.into() });
    }
    at_least(ICMP_HEADER_LEN, ip.payload)?;
    let (kind, code, mtu, right) = match (ip.src, ip.dst, ip.protocol) {
        (IpAddr::V4(_), _, IpProtocol::Icmp) => {
            let icmp = Icmpv4Packet::new_unchecked(ip.payload);
            let fragmentation = (Icmp::UNREACHABLE, Icmp::FRAGMENTATION_NEEDED);
            let (kind, code) = (u8::from(icmp.msg_type()), icmp.msg_code());
            let mtu = if (kind, code) == fragmentation { icmp.echo_seq_no() } else { 0 };
            (kind, code, u32::from(mtu), icmp.verify_checksum())
        }
        (IpAddr::V6(src), IpAddr::V6(dst), IpProtocol::Icmpv6) => {
            let icmp = Icmpv6Packet::new_unchecked(ip.payload);
            let (kind, code) = (u8::from(icmp.msg_type()), icmp.msg_code());
            let mtu = if kind == Icmp::PACKET_TOO_BIG_V6 { icmp.pkt_too_big_mtu() } else { 0 };
            (kind, code, mtu, icmp.verify_checksum(&src, &dst))
        }
        (_, _, other) => return Err(WireError::NotMessage { protocol: other.into() }),
    };
    if !right {
        return Err(WireError::BadIcmpChecksum);
    }
    let error = if ip.src.is_ipv4() { matches!(kind, 3..=5 | 11 | 12) } else { kind < 128 };
    if !error {
        return Err(WireError::NotIcmpError { kind });
    }
    let quote = decode_quote(&ip.payload[ICMP_HEADER_LEN..])?;
    Ok(Icmp { src: ip.src, dst: ip.dst, kind, code, mtu, quote })
}

fn decode_quote(bytes: &[u8]) -> Result<Quote, WireError> {
    let (ip, len) = open_quoted(bytes)?;
    at_least(QUOTED_LEN, ip.payload)?;
    let &[a, b, c, d, e, f, g, h, ..] = ip.payload else {
        return Err(WireError::Truncated { need: QUOTED_LEN, have: ip.payload.len() });
    };
    let (protocol, seq) = if ip.protocol == IpProtocol::Tcp {
        (Protocol::Tcp, u32::from_be_bytes([e, f, g, h]))
    } else if ip.protocol == IpProtocol::Udp {
        (Protocol::Udp, 0)
    } else {
        return Err(WireError::UnknownProtocol { protocol: ip.protocol.into() });
    };
    let (src, dst) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    Ok(Quote {
        protocol,
        src: Endpoint::new(ip.src, src),
        dst: Endpoint::new(ip.dst, dst),
        seq: Seq(seq),
        len,
    })
}
