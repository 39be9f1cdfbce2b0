//! What arrives at a host, counted: what its stack was given, and what was dropped, by reason.

use super::{HostId, Node, World};
use crate::link::Arrival;
use crate::trace::{Entry, Sink, What};
use crate::wire::{OptionList, WireError, decode_and_judge_options, message};
use closewait::packet::{Message, Packet};
use closewait::rule::Rule;
use closewait::time::Instant;
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

/// What bytes were.
enum Read {
    Packet(Packet),
    Message(Message),
}

impl Arrivals {
    /// The packet that bytes are, if they are one.
    fn read(&mut self, datagram: &[u8]) -> Result<Read, WireError> {
        let read = match decode_and_judge_options(datagram) {
            Ok((packet, options)) => {
                self.illegal_option_length += u64::from(options == OptionList::Illegal);
                Ok(Read::Packet(packet))
            }
            Err(WireError::UnknownProtocol { .. }) => message::decode(datagram).map(Read::Message),
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
    /// The first packet of a direction is read where it lies, and handed to whoever is there, or dropped and counted.
    pub(super) fn arrive(&mut self, direction: usize, sink: &mut dyn Sink) {
        let Self { directions, agenda, nodes, now, steps, .. } = self;
        let to = directions[direction].to;
        let Some(arrival) = directions[direction].first_mut() else { return };
        let handed = nodes[to.index()].receive(arrival, &mut Records { at: *now, step: *steps, to, sink });
        directions[direction].remove_first();
        let first_of = |i: usize| directions[i].next().map(|(at, order)| (at, order, i));
        agenda.packet_arrived(first_of(direction), first_of);
        if handed {
            self.drain(to, sink);
        }
    }

    /// What has not come over a link.
    fn receive(&mut self, to: HostId, mut arrival: Arrival, sink: &mut dyn Sink) {
        let node = &mut self.nodes[to.index()];
        if node.receive(&mut arrival, &mut Records { at: self.now, step: self.steps, to, sink }) {
            self.drain(to, sink);
        }
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

/// The log of one host at one instant.
struct Records<'a> {
    at: Instant,
    step: u64,
    to: HostId,
    sink: &'a mut dyn Sink,
}

impl Records<'_> {
    fn record(&mut self, what: impl FnOnce() -> What) {
        if self.sink.enabled() {
            let (at, step, host) = (self.at, self.step, Some(self.to));
            self.sink.record(Entry { at, step, host, what: what() });
        }
    }
}

impl Node {
    /// What has arrived is read and handed to whoever is there, or dropped and counted. Whether it was handed to a host.
    fn receive(&mut self, arrival: &mut Arrival, records: &mut Records<'_>) -> bool {
        if let Some(outside) = &mut self.outside {
            outside.push_back(arrival.clone());
        }
        match arrival {
            Arrival::Packet(packet) => self.receive_packet(packet, records),
            Arrival::Message(message) => self.receive_message(message, records),
            Arrival::Bytes(datagram) => match self.arrivals.read(datagram) {
                Ok(Read::Packet(mut packet)) => self.receive_packet(&mut packet, records),
                Ok(Read::Message(message)) => self.receive_message(&message, records),
                Err(error) => {
                    records.record(|| What::Undecodable { error });
                    false
                }
            },
        }
    }

    fn receive_packet(&mut self, packet: &mut Packet, records: &mut Records<'_>) -> bool {
        self.arrivals.packets += 1;
        records.record(|| What::Received { packet: packet.clone() });
        let hosted = self.outside.is_none();
        if hosted {
            self.host.set_news(records.sink.enabled());
            self.host.deliver_from(records.at, packet);
        }
        hosted
    }

    fn receive_message(&mut self, message: &Message, records: &mut Records<'_>) -> bool {
        self.arrivals.packets += 1;
        records.record(|| What::ReceivedMessage { message: message.clone() });
        let hosted = self.outside.is_none();
        if hosted {
            self.host.set_news(records.sink.enabled());
            self.host.deliver_message(records.at, message.clone());
        }
        hosted
    }
}
