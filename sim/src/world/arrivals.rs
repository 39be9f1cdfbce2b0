//! What arrives at a host, counted: what its stack was given, and what was dropped, by reason.

use super::{HostId, World};
use crate::link::Arrival;
use crate::trace::{Sink, What};
use crate::wire::{OptionList, WireError, decode_and_judge_options, message};
use closewait::packet::{Message, Packet};
use closewait::rule::Rule;
use std::collections::BTreeMap;

/// How much of what arrives as bytes is no packet, and why ([`WireError`]); what the stack drops, by its rule.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Arrivals {
    /// Packets, of which the stack may still have dropped some.
    pub packets: u64,
    /// Of these, those whose options end at one of illegal length.
    pub illegal_option_length: u64,
    /// Shorter than a header: IP's, or TCP's in what IP carries.
    pub too_short: u64,
    /// Neither IPv4 nor IPv6.
    pub bad_version: u64,
    /// An IPv4 header of less than 20 bytes.
    pub bad_header_length: u64,
    /// A length in the IP header that ends within it, or past what is there.
    pub bad_total_length: u64,
    /// A wrong checksum of the IPv4 header.
    pub bad_ip_checksum: u64,
    /// One of several fragments.
    pub fragment: u64,
    /// A protocol that nobody here speaks.
    pub unknown_protocol: u64,
    /// A TCP header of less than 20 bytes, or longer than the segment.
    pub bad_data_offset: u64,
    /// A wrong TCP checksum.
    pub bad_tcp_checksum: u64,
    /// UDP with a length that is not its own.
    pub bad_udp_length: u64,
    /// A wrong UDP checksum.
    pub bad_udp_checksum: u64,
    /// ICMP that is no error message.
    pub not_icmp_error: u64,
    /// A wrong ICMP checksum.
    pub bad_icmp_checksum: u64,
    /// Packets that the stack dropped; while its network has failed, also such as were to leave.
    pub dropped: BTreeMap<Rule, u64>,
}

impl Arrivals {
    /// The packet that bytes are, if they are one.
    fn read(&mut self, datagram: &[u8]) -> Result<Arrival, WireError> {
        let read = match decode_and_judge_options(datagram) {
            Ok((packet, options)) => {
                self.illegal_option_length += u64::from(options == OptionList::Illegal);
                Ok(Arrival::Packet(packet))
            }
            Err(WireError::UnknownProtocol { .. }) => {
                message::decode(datagram).map(|message| Arrival::Message(Box::new(message)))
            }
            Err(error) => Err(error),
        };
        read.inspect_err(|error| self.refused(error))
    }

    fn refused(&mut self, error: &WireError) {
        let count = match error {
            WireError::Truncated { .. } => &mut self.too_short,
            WireError::NotIp { .. } => &mut self.bad_version,
            WireError::BadIpv4HeaderLength { .. } => &mut self.bad_header_length,
            WireError::BadTotalLength { .. } => &mut self.bad_total_length,
            WireError::BadIpv4Checksum => &mut self.bad_ip_checksum,
            WireError::Fragment => &mut self.fragment,
            WireError::UnknownProtocol { .. } | WireError::NotMessage { .. } => &mut self.unknown_protocol,
            WireError::BadTcpHeaderLength { .. } => &mut self.bad_data_offset,
            WireError::BadTcpChecksum => &mut self.bad_tcp_checksum,
            WireError::BadUdpLength { .. } => &mut self.bad_udp_length,
            WireError::BadUdpChecksum => &mut self.bad_udp_checksum,
            WireError::NotIcmpError { .. } => &mut self.not_icmp_error,
            WireError::BadIcmpChecksum => &mut self.bad_icmp_checksum,
            // Of packets on their way out alone.
            WireError::MixedFamilies | WireError::TooLong { .. } => return,
        };
        *count += 1;
    }

    /// The stack dropped a packet.
    pub(super) fn dropped(&mut self, rule: Rule) {
        *self.dropped.entry(rule).or_default() += 1;
    }

    /// What was no packet or was dropped, by reason, each reason that there was.
    pub fn losses(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let Self {
            packets: _,
            illegal_option_length: _,
            too_short,
            bad_version,
            bad_header_length,
            bad_total_length,
            bad_ip_checksum,
            fragment,
            unknown_protocol,
            bad_data_offset,
            bad_tcp_checksum,
            bad_udp_length,
            bad_udp_checksum,
            not_icmp_error,
            bad_icmp_checksum,
            dropped,
        } = self;
        let refused = [
            ("too-short", *too_short),
            ("bad-version", *bad_version),
            ("bad-header-length", *bad_header_length),
            ("bad-total-length", *bad_total_length),
            ("bad-ip-checksum", *bad_ip_checksum),
            ("fragment", *fragment),
            ("unknown-protocol", *unknown_protocol),
            ("bad-data-offset", *bad_data_offset),
            ("bad-tcp-checksum", *bad_tcp_checksum),
            ("bad-udp-length", *bad_udp_length),
            ("bad-udp-checksum", *bad_udp_checksum),
            ("not-icmp-error", *not_icmp_error),
            ("bad-icmp-checksum", *bad_icmp_checksum),
        ];
        let dropped = dropped.iter().map(|(rule, &count)| (rule.id(), count));
        refused.into_iter().filter(|&(_, count)| count > 0).chain(dropped)
    }
}

impl World {
    /// What has arrived is read and handed to whoever is there, or dropped and counted.
    pub(super) fn receive(&mut self, to: HostId, arrival: Arrival, sink: &mut dyn Sink) {
        let node = &mut self.nodes[to.index()];
        if let Some(outside) = &mut node.outside {
            outside.push_back(arrival.clone());
        }
        match arrival {
            Arrival::Packet(packet) => self.receive_packet(to, packet, sink),
            Arrival::Message(message) => self.receive_message(to, *message, sink),
            Arrival::Bytes(datagram) => match node.arrivals.read(&datagram) {
                Ok(Arrival::Packet(packet)) => self.receive_packet(to, packet, sink),
                Ok(Arrival::Message(message)) => self.receive_message(to, *message, sink),
                Ok(Arrival::Bytes(_)) => unreachable!("bytes that were read are bytes no longer"),
                Err(error) => self.record(to, sink, || What::Undecodable { error }),
            },
        }
    }

    fn receive_packet(&mut self, to: HostId, packet: Packet, sink: &mut dyn Sink) {
        let now = self.now;
        self.record(to, sink, || What::Received { packet: packet.clone() });
        if self.is_counted_and_at_a_host(to) {
            self.host_mut(to, sink).deliver(now, packet);
            self.drain(to, sink);
        }
    }

    fn receive_message(&mut self, to: HostId, message: Message, sink: &mut dyn Sink) {
        let now = self.now;
        self.record(to, sink, || What::ReceivedMessage { message: message.clone() });
        if self.is_counted_and_at_a_host(to) {
            self.host_mut(to, sink).deliver_message(now, message);
            self.drain(to, sink);
        }
    }

    /// Counts a packet; whether there is a host to hand it to.
    fn is_counted_and_at_a_host(&mut self, to: HostId) -> bool {
        let node = &mut self.nodes[to.index()];
        node.arrivals.packets += 1;
        node.outside.is_none()
    }

    /// Delivers a packet to a host as though it had just arrived there, past links and cuts.
    pub fn inject(&mut self, to: HostId, packet: Packet, sink: &mut dyn Sink) {
        self.receive(to, Arrival::Packet(packet), sink);
    }

    /// Delivers bytes to a host as though they had just arrived there, from the IP header on, past links and cuts.
    /// Whatever they are: what is a packet is taken for one, what is none is dropped and counted
    /// ([`World::arrivals`]).
    ///
    /// ```
    /// use closewait::profile::Profile;
    /// use closewait_sim::{Log, World};
    ///
    /// let (mut world, mut log) = (World::new(1), Log::default());
    /// let host = world.add_host("host", Profile::WINDOWS);
    /// // Its first byte says IPv6, whose header has 40.
    /// world.deliver_bytes(host, b"no datagram", &mut log);
    /// assert_eq!(world.arrivals(host).too_short, 1);
    /// assert_eq!(world.arrivals(host).packets, 0);
    /// ```
    pub fn deliver_bytes(&mut self, to: HostId, datagram: &[u8], sink: &mut dyn Sink) {
        self.receive(to, Arrival::Bytes(datagram.to_vec()), sink);
    }

    /// What has arrived at a host since it was last switched on, counted.
    #[must_use]
    pub fn arrivals(&self, id: HostId) -> &Arrivals {
        &self.nodes[id.index()].arrivals
    }
}
