//! Addresses: an [`Endpoint`] is what a program names; inside a stack addresses are interned, so that the four
//! parts of a connection's name ([`Tuple`]) take twelve bytes, whatever the IP version.

use alloc::vec::Vec;
use core::fmt;
pub use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use hashbrown::HashTable;

/// An IP address and a port.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// The address; unspecified (`0.0.0.0`, `::`) is the wildcard.
    pub ip: IpAddr,
    /// The port; 0 asks for any.
    pub port: u16,
}

impl Endpoint {
    /// `ip:port`.
    #[must_use]
    pub const fn new(ip: IpAddr, port: u16) -> Self {
        Self { ip, port }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ip {
            IpAddr::V4(ip) => write!(f, "{ip}:{}", self.port),
            IpAddr::V6(ip) => write!(f, "[{ip}]:{}", self.port),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An address of one family that stands for every local address.
#[must_use]
pub const fn wildcard_like(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}

/// Whether an address can be one end of a TCP connection: not the wildcard, not multicast, not broadcast
/// (RFC 9293 MUST-46, MUST-57, MUST-63).
#[must_use]
pub const fn is_unicast(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => !(v4.is_unspecified() || v4.is_multicast() || v4.is_broadcast()),
        IpAddr::V6(v6) => !(v6.is_unspecified() || v6.is_multicast()),
    }
}

/// Whether a datagram to an address is for every host on the link: 255.255.255.255 (RFC 919). Interfaces have no
/// prefixes, so that no other address is.
#[must_use]
pub const fn is_broadcast(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_broadcast(),
        IpAddr::V6(_) => false,
    }
}

/// An interned address: an index into its stack's [`Interner`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AddrId(u32);

/// The name of a connection at one stack, in twelve bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Tuple {
    /// This host's address.
    pub local: AddrId,
    /// The other end's address.
    pub remote: AddrId,
    /// This host's port.
    pub local_port: u16,
    /// The other end's port.
    pub remote_port: u16,
}

/// Addresses by number. Only addresses that a connection needs are entered; a packet's address is looked up.
#[derive(Clone, Debug, Default)]
pub struct Interner {
    addrs: Vec<IpAddr>,
    ids: HashTable<AddrId>,
}

impl Interner {
    /// The number of `ip`, if it has one.
    #[must_use]
    pub fn get(&self, ip: IpAddr) -> Option<AddrId> {
        self.ids.find(hash(ip), |id| self.addr(*id) == ip).copied()
    }

    /// The number of `ip`, entered if it is new.
    pub fn intern(&mut self, ip: IpAddr) -> AddrId {
        if let Some(known) = self.get(ip) {
            return known;
        }
        let next = AddrId(u32::try_from(self.addrs.len()).expect("fewer than 2^32 addresses in a stack"));
        self.addrs.push(ip);
        let addrs = &self.addrs;
        self.ids.insert_unique(hash(ip), next, |id| hash(addrs[id.0 as usize]));
        next
    }

    /// The address behind a number.
    #[must_use]
    pub fn addr(&self, id: AddrId) -> IpAddr {
        self.addrs[id.0 as usize]
    }
}

/// An odd number without a pattern: 2^64 over the golden ratio.
pub(crate) const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// An address in 64 bits; an IPv6 address is folded.
pub(crate) trait Bits {
    fn bits(self) -> u64;
}

impl Bits for IpAddr {
    fn bits(self) -> u64 {
        match self {
            Self::V4(v4) => u64::from(v4.to_bits()),
            Self::V6(v6) => v6.segments().iter().fold(0, |bits: u64, &s| bits.rotate_left(16) ^ u64::from(s)),
        }
    }
}

fn hash(ip: IpAddr) -> u64 {
    ip.bits().wrapping_mul(SPREAD).rotate_left(32)
}

impl Tuple {
    /// Both ends, this host's first.
    #[must_use]
    pub fn ends(&self, addrs: &Interner) -> (Endpoint, Endpoint) {
        let end = |ip, port| Endpoint::new(addrs.addr(ip), port);
        (end(self.local, self.local_port), end(self.remote, self.remote_port))
    }
}
