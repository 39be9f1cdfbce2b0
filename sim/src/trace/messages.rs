//! UDP datagrams and ICMP messages in words: the notation's, and tcpdump's.

use super::numbers::Numbers;
use closewait::addr::{Endpoint, IpAddr};
use closewait::packet::{Icmp, Message, Protocol, Quote, Trouble};

/// A type with its codes.
type Kind = (&'static str, u8, &'static [(&'static str, u8)]);

/// ICMP's types as the notation names them, and the codes that have a name.
const V4: [Kind; 4] = [
    (
        "unreachable",
        Icmp::UNREACHABLE,
        &[
            ("net_unreachable", 0),
            ("host_unreachable", 1),
            ("protocol_unreachable", 2),
            ("port_unreachable", 3),
            ("frag_needed", 4),
            ("source_route_failed", 5),
            ("net_unknown", 6),
            ("host_unknown", 7),
            ("source_host_isolated", 8),
            ("net_prohibited", 9),
            ("host_prohibited", 10),
            ("net_unreachable_for_tos", 11),
            ("host_unreachable_for_tos", 12),
            ("packet_filtered", 13),
            ("precedence_violation", 14),
            ("precedence_cutoff", 15),
        ],
    ),
    ("source_quench", Icmp::SOURCE_QUENCH, &[]),
    ("time_exceeded", Icmp::TIME_EXCEEDED, &[]),
    ("parameter_problem", Icmp::PARAMETER_PROBLEM, &[]),
];

/// The same for ICMPv6.
const V6: [Kind; 4] = [
    (
        "unreachable",
        Icmp::UNREACHABLE_V6,
        &[
            ("no_route", 0),
            ("admin_prohibited", 1),
            ("not_neighbour", 2),
            ("address_unreachable", 3),
            ("port_unreachable", 4),
        ],
    ),
    ("packet_too_big", Icmp::PACKET_TOO_BIG_V6, &[]),
    ("time_exceeded", Icmp::TIME_EXCEEDED_V6, &[]),
    ("parameter_problem", Icmp::PARAMETER_PROBLEM_V6, &[]),
];

fn table(v6: bool) -> &'static [Kind] {
    if v6 { &V6 } else { &V4 }
}

/// Type and code of an ICMP message by name, or what would do.
#[cfg(feature = "script")]
pub(crate) fn named(v6: bool, kind: &str, code: Option<&str>) -> Result<(u8, u8), Vec<&'static str>> {
    let kinds = table(v6);
    let Some((_, number, codes)) = kinds.iter().find(|(name, ..)| *name == kind) else {
        return Err(kinds.iter().map(|&(name, ..)| name).collect());
    };
    match (code, codes.iter().find(|&&(name, _)| Some(name) == code)) {
        (_, Some(&(_, code))) => Ok((*number, code)),
        (None, None) => Ok((*number, 0)),
        (Some(_), None) => Err(codes.iter().map(|&(name, _)| name).collect()),
    }
}

/// `icmp unreachable frag_needed mtu 1400`, `udp (5)`: a message in the notation, without what it quotes.
pub(crate) fn describe(message: &Message) -> String {
    let icmp = match message {
        Message::Udp(udp) => return format!("udp ({})", udp.payload.len()),
        Message::Icmp(icmp) => icmp,
    };
    let v6 = icmp.src.is_ipv6();
    let protocol = if v6 { "icmpv6" } else { "icmp" };
    let found = table(v6).iter().find(|(_, kind, _)| *kind == icmp.kind);
    let Some((kind, _, codes)) = found else {
        return format!("{protocol} type {} code {}", icmp.kind, icmp.code);
    };
    let mut text = format!("{protocol} {kind}");
    if let Some((code, _)) = codes.iter().find(|(_, code)| *code == icmp.code) {
        text += &format!(" {code}");
    }
    if icmp.mtu > 0 {
        text += &format!(" mtu {}", icmp.mtu);
    }
    text
}

/// A message as a packet line has it, with what it quotes: `[1:1001(1000)] icmp source_quench`.
pub(super) fn in_line(message: &Message, numbers: &Numbers) -> String {
    let text = describe(message);
    match message {
        Message::Icmp(Icmp { quote: Quote { protocol: Protocol::Tcp, src, dst, seq, .. }, .. }) => {
            let start = *seq - numbers.isn(*src, *dst);
            format!("[{start}:{start}(0)] {text}")
        }
        Message::Icmp(_) | Message::Udp(_) => text,
    }
}

/// A message as tcpdump prints it, from the protocol on.
pub(super) fn tcpdump(message: &Message) -> String {
    let icmp = match message {
        Message::Udp(udp) => return format!("UDP, length {}", udp.payload.len()),
        Message::Icmp(icmp) => icmp,
    };
    let Endpoint { ip, port } = icmp.quote.dst;
    let protocol = match icmp.quote.protocol {
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
    };
    let text = match (icmp.src, icmp.trouble()) {
        (IpAddr::V4(_), Trouble::Net) => format!("ICMP net {ip} unreachable"),
        (IpAddr::V4(_), Trouble::Host) => format!("ICMP host {ip} unreachable"),
        (IpAddr::V4(_), Trouble::Protocol) => format!("ICMP {ip} protocol {protocol} unreachable"),
        (IpAddr::V4(_), Trouble::Port) => format!("ICMP {ip} {protocol} port {port} unreachable"),
        (IpAddr::V4(_), Trouble::TooBig(mtu)) => format!("ICMP {ip} unreachable - need to frag (mtu {mtu})"),
        (IpAddr::V4(_), Trouble::TimeExceeded) => "ICMP time exceeded in-transit".into(),
        (IpAddr::V4(_), Trouble::Parameter) => "ICMP parameter problem".into(),
        (IpAddr::V4(_), Trouble::SourceQuench) => "ICMP source quench".into(),
        (IpAddr::V6(_), Trouble::Net) => format!("ICMP6, destination unreachable, unreachable route {ip}"),
        (IpAddr::V6(_), Trouble::Port) => {
            format!("ICMP6, destination unreachable, unreachable port, {ip} {protocol} port {port}")
        }
        (IpAddr::V6(_), Trouble::Host | Trouble::Protocol) => {
            format!("ICMP6, destination unreachable, unreachable address {ip}")
        }
        (IpAddr::V6(_), Trouble::TooBig(mtu)) => format!("ICMP6, packet too big, mtu {mtu}"),
        (IpAddr::V6(_), Trouble::TimeExceeded) => format!("ICMP6, time exceeded in-transit for {ip}"),
        (IpAddr::V6(_), Trouble::Parameter) => "ICMP6, parameter problem".into(),
        (IpAddr::V4(_) | IpAddr::V6(_), Trouble::Other | Trouble::SourceQuench) => {
            format!("ICMP type {} code {}", icmp.kind, icmp.code)
        }
    };
    let header = if icmp.src.is_ipv4() { 20 } else { 40 };
    format!("{text}, length {}", crate::wire::message::length(message) - header)
}
