//! What travels besides TCP segments: UDP datagrams (RFC 768), and ICMP messages about a packet that could not be
//! delivered (RFC 792, RFC 4443).

use crate::addr::{Endpoint, IpAddr};
use crate::seq::Seq;
use bytes::Bytes;

/// A datagram that carries no TCP segment.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Message {
    /// An ICMP error message.
    Icmp(Icmp),
    /// A UDP datagram.
    Udp(Udp),
}

impl Message {
    /// Where it comes from; ICMP has no port, which is 0 here.
    #[must_use]
    pub const fn src(&self) -> Endpoint {
        match self {
            Self::Icmp(icmp) => Endpoint::new(icmp.src, 0),
            Self::Udp(udp) => udp.src,
        }
    }

    /// Where it is for; ICMP has no port, which is 0 here.
    #[must_use]
    pub const fn dst(&self) -> Endpoint {
        match self {
            Self::Icmp(icmp) => Endpoint::new(icmp.dst, 0),
            Self::Udp(udp) => udp.dst,
        }
    }
}

/// A UDP datagram (RFC 768).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Udp {
    /// Source address and port.
    pub src: Endpoint,
    /// Destination address and port.
    pub dst: Endpoint,
    /// The data.
    pub payload: Bytes,
}

/// An ICMP or ICMPv6 error message; which of the two, the addresses say.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Icmp {
    /// Who says so: a router, or the host that the packet was for.
    pub src: IpAddr,
    /// The sender of the packet.
    pub dst: IpAddr,
    /// The type, as in the header.
    pub kind: u8,
    /// The code, as in the header.
    pub code: u8,
    /// What a link on the path carries, in bytes, where the message is about that; 0 if it does not say.
    pub mtu: u32,
    /// The packet.
    pub quote: Quote,
}

/// The beginning of the packet that an ICMP message is about: its IP header and eight bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Quote {
    /// What it carried.
    pub protocol: Protocol,
    /// Its source.
    pub src: Endpoint,
    /// Its destination.
    pub dst: Endpoint,
    /// SEG.SEQ of a TCP segment; 0 of anything else.
    pub seq: Seq,
    /// The length of the datagram, in bytes.
    pub len: u16,
}

/// What a datagram carries.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Protocol {
    /// A TCP segment.
    Tcp,
    /// A UDP datagram.
    Udp,
}

/// What an ICMP message says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Trouble {
    /// The network is not reached.
    Net,
    /// The host is not reached, or this packet may not reach it.
    Host,
    /// The host has no such protocol.
    Protocol,
    /// The host has nobody at the port.
    Port,
    /// The packet was too big for a link that carries so many bytes.
    TooBig(u32),
    /// It was too long on its way.
    TimeExceeded,
    /// There was something wrong with its header.
    Parameter,
    /// Its sender should slow down (RFC 6633: obsolete).
    SourceQuench,
    /// What no transport protocol needs to know.
    Other,
}

impl Icmp {
    /// Destination unreachable, IPv4.
    pub const UNREACHABLE: u8 = 3;
    /// Source quench, IPv4.
    pub const SOURCE_QUENCH: u8 = 4;
    /// Time exceeded, IPv4.
    pub const TIME_EXCEEDED: u8 = 11;
    /// Parameter problem, IPv4.
    pub const PARAMETER_PROBLEM: u8 = 12;
    /// The code of [`Icmp::UNREACHABLE`] for a port.
    pub const PORT_UNREACHABLE: u8 = 3;
    /// The code of [`Icmp::UNREACHABLE`] for a packet that is too big and must not be fragmented.
    pub const FRAGMENTATION_NEEDED: u8 = 4;
    /// Destination unreachable, IPv6.
    pub const UNREACHABLE_V6: u8 = 1;
    /// Packet too big, IPv6.
    pub const PACKET_TOO_BIG_V6: u8 = 2;
    /// Time exceeded, IPv6.
    pub const TIME_EXCEEDED_V6: u8 = 3;
    /// Parameter problem, IPv6.
    pub const PARAMETER_PROBLEM_V6: u8 = 4;
    /// The code of [`Icmp::UNREACHABLE_V6`] for a port.
    pub const PORT_UNREACHABLE_V6: u8 = 4;

    /// What a link says that carries `mtu` bytes, in the name of `src`, of the packet `quote`.
    #[must_use]
    pub fn too_big(src: IpAddr, quote: Quote, mtu: u32) -> Self {
        let (kind, code) = match quote.src.ip {
            IpAddr::V4(_) => (Self::UNREACHABLE, Self::FRAGMENTATION_NEEDED),
            IpAddr::V6(_) => (Self::PACKET_TOO_BIG_V6, 0),
        };
        Self { src, dst: quote.src.ip, kind, code, mtu, quote }
    }

    /// What it says.
    #[must_use]
    pub const fn trouble(&self) -> Trouble {
        match (self.quote.src.ip, self.kind, self.code) {
            (IpAddr::V4(_), Self::UNREACHABLE, 0 | 6 | 11) => Trouble::Net,
            (IpAddr::V4(_), Self::UNREACHABLE, 2) => Trouble::Protocol,
            (IpAddr::V4(_), Self::UNREACHABLE, Self::PORT_UNREACHABLE)
            | (IpAddr::V6(_), Self::UNREACHABLE_V6, Self::PORT_UNREACHABLE_V6) => Trouble::Port,
            (IpAddr::V4(_), Self::UNREACHABLE, Self::FRAGMENTATION_NEEDED)
            | (IpAddr::V6(_), Self::PACKET_TOO_BIG_V6, _) => Trouble::TooBig(self.mtu),
            (IpAddr::V6(_), Self::UNREACHABLE_V6, 0) => Trouble::Net,
            (IpAddr::V4(_), Self::UNREACHABLE, _) | (IpAddr::V6(_), Self::UNREACHABLE_V6, _) => Trouble::Host,
            (IpAddr::V4(_), Self::TIME_EXCEEDED, _) | (IpAddr::V6(_), Self::TIME_EXCEEDED_V6, _) => {
                Trouble::TimeExceeded
            }
            (IpAddr::V4(_), Self::PARAMETER_PROBLEM, _) | (IpAddr::V6(_), Self::PARAMETER_PROBLEM_V6, _) => {
                Trouble::Parameter
            }
            (IpAddr::V4(_), Self::SOURCE_QUENCH, _) => Trouble::SourceQuench,
            (IpAddr::V4(_) | IpAddr::V6(_), _, _) => Trouble::Other,
        }
    }

    /// Whether RFC 9293 3.9.2.2 and RFC 5461 section 2 call it a hard error: codes 2 to 4, in IPv6 1 and 4.
    #[must_use]
    pub const fn is_hard(&self) -> bool {
        match self.quote.src.ip {
            IpAddr::V4(_) => self.kind == Self::UNREACHABLE && matches!(self.code, 2..=4),
            IpAddr::V6(_) => self.kind == Self::UNREACHABLE_V6 && matches!(self.code, 1 | 4),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addr::{Ipv4Addr, Ipv6Addr};

    fn icmp(ip: IpAddr, kind: u8, code: u8) -> Icmp {
        let end = Endpoint::new(ip, 80);
        let quote = Quote { protocol: Protocol::Tcp, src: end, dst: end, seq: Seq(0), len: 40 };
        Icmp { src: ip, dst: ip, kind, code, mtu: 1400, quote }
    }

    /// RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1, RFC 4443; hard errors: RFC 9293 3.9.2.2.
    #[test]
    fn types_and_codes_are_read_as_their_rfcs_have_them() {
        use Trouble::{Host, Net, Other, Parameter, Port, Protocol, SourceQuench, TimeExceeded, TooBig};
        let v4 = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let v6 = IpAddr::V6(Ipv6Addr::LOCALHOST);
        for (ip, kind, code, trouble, hard) in [
            (v4, 3, 0, Net, false),
            (v4, 3, 1, Host, false),
            (v4, 3, 2, Protocol, true),
            (v4, 3, 3, Port, true),
            (v4, 3, 4, TooBig(1400), true),
            (v4, 3, 5, Host, false),
            (v4, 3, 13, Host, false),
            (v4, 4, 0, SourceQuench, false),
            (v4, 11, 0, TimeExceeded, false),
            (v4, 12, 0, Parameter, false),
            (v4, 1, 4, Other, false),
            (v6, 1, 0, Net, false),
            (v6, 1, 1, Host, true),
            (v6, 1, 3, Host, false),
            (v6, 1, 4, Port, true),
            (v6, 2, 0, TooBig(1400), false),
            (v6, 3, 0, TimeExceeded, false),
            (v6, 4, 1, Parameter, false),
            (v6, 11, 0, Other, false),
        ] {
            let icmp = icmp(ip, kind, code);
            assert_eq!((icmp.trouble(), icmp.is_hard()), (trouble, hard), "{ip} type {kind} code {code}");
        }
    }
}
