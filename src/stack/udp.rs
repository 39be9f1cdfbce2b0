//! UDP (RFC 768): names with queues of datagrams, beside the connections.

use super::ports::BindingId;
use super::{BindError, ConnectError, Output, Sharing, Stack};
use crate::addr::{Endpoint, IpAddr, is_broadcast, is_unicast};
use crate::packet::{Icmp, Message, Protocol, Quote, Trouble, Udp};
use crate::profile::Unwelcome;
use crate::rule::Rule;
use crate::seq::Seq;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use bytes::Bytes;
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;
use slab::Slab;

/// The most that a datagram carries over IPv4: 65,535 bytes less both headers.
pub const MAX_DATAGRAM: usize = 65_507;

/// A name that datagrams are sent from and received at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DatagramsId(u32);

/// What arrived for a user of datagrams.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Arrived {
    /// A datagram, and where it came from.
    Datagram(Endpoint, Bytes),
    /// ICMP says that nobody is at the port that a datagram was sent to.
    PortUnreachable,
}

#[derive(Clone, Debug)]
pub(super) struct Datagrams {
    pub(super) binding: BindingId,
    pub(super) user: u32,
    /// The only other end, if one was named.
    pub(super) peer: Option<Endpoint>,
    /// Bytes that may wait.
    pub(super) capacity: usize,
    pub(super) waiting: usize,
    pub(super) arrived: VecDeque<Arrived>,
}

/// Every user of datagrams.
#[derive(Clone, Debug, Default)]
pub(super) struct AllDatagrams {
    pub(super) slots: Slab<Datagrams>,
    /// In the order in which they were bound.
    pub(super) by_port: HashMap<u16, Vec<DatagramsId>, FxBuildHasher>,
}

impl AllDatagrams {
    pub(super) fn get(&self, id: DatagramsId) -> &Datagrams {
        &self.slots[id.0 as usize]
    }

    fn get_mut(&mut self, id: DatagramsId) -> &mut Datagrams {
        &mut self.slots[id.0 as usize]
    }
}

impl Stack {
    /// Takes `name` (port 0: a dynamic port) for `user`; up to `capacity` bytes wait to be received.
    ///
    /// # Errors
    /// [`BindError`] says what stands in the way.
    pub fn bind_datagrams(
        &mut self,
        user: u32,
        name: Endpoint,
        sharing: Sharing,
        capacity: u32,
    ) -> Result<DatagramsId, BindError> {
        if !name.ip.is_unspecified() && !self.is_local(name.ip) {
            return Err(BindError::NotAvailable);
        }
        let binding = self.udp_ports.bind(name, sharing, |_| false)?;
        let port = self.udp_ports.bound_to(binding).port;
        let slot = self.datagrams.slots.insert(Datagrams {
            binding,
            user,
            peer: None,
            capacity: capacity as usize,
            waiting: 0,
            arrived: VecDeque::new(),
        });
        let id = DatagramsId(u32::try_from(slot).expect("fewer than 2^32 users of datagrams in a stack"));
        self.datagrams.by_port.entry(port).or_default().push(id);
        Ok(id)
    }

    /// Gives the name back; what waits is lost.
    pub fn close_datagrams(&mut self, id: DatagramsId) {
        let port = self.udp_ports.bound_to(self.datagrams.get(id).binding).port;
        let closed = self.datagrams.slots.remove(id.0 as usize);
        self.udp_ports.unbind(closed.binding);
        if let Some(ids) = self.datagrams.by_port.get_mut(&port) {
            ids.retain(|&other| other != id);
        }
    }

    /// How many datagrams, and words from ICMP, wait to be received.
    #[must_use]
    pub fn datagrams_waiting(&self, id: DatagramsId) -> usize {
        self.datagrams.get(id).arrived.len()
    }

    /// The name, with the address that datagrams leave from once there is a peer.
    #[must_use]
    pub fn datagrams_name(&self, id: DatagramsId) -> Endpoint {
        let Datagrams { binding, peer, .. } = self.datagrams.get(id);
        let name = self.udp_ports.bound_to(*binding);
        let ip = peer.and_then(|peer| self.source_for(peer.ip)).filter(|_| name.ip.is_unspecified());
        Endpoint::new(ip.unwrap_or(name.ip), name.port)
    }

    /// The only other end, if one was named.
    #[must_use]
    pub fn datagrams_peer(&self, id: DatagramsId) -> Option<Endpoint> {
        self.datagrams.get(id).peer
    }

    /// How its port is shared with those that come from now on.
    pub fn set_datagrams_sharing(&mut self, id: DatagramsId, sharing: Sharing) {
        self.udp_ports.set_sharing(self.datagrams.get(id).binding, sharing);
    }

    /// How many bytes may wait from now on.
    pub fn set_datagram_buffer(&mut self, id: DatagramsId, capacity: u32) {
        self.datagrams.get_mut(id).capacity = capacity as usize;
    }

    /// Names the only other end. Nothing is sent.
    ///
    /// # Errors
    /// [`ConnectError`] says why it cannot be one.
    pub fn connect_datagrams(&mut self, id: DatagramsId, peer: Endpoint) -> Result<(), ConnectError> {
        self.reachable(peer)?;
        self.datagrams.get_mut(id).peer = Some(peer);
        Ok(())
    }

    /// A datagram leaves.
    ///
    /// # Errors
    /// [`ConnectError`] says why it cannot.
    pub fn send_datagram(
        &mut self,
        id: DatagramsId,
        to: Endpoint,
        payload: Bytes,
    ) -> Result<(), ConnectError> {
        let source = self.reachable(to)?;
        let name = self.udp_ports.bound_to(self.datagrams.get(id).binding);
        let ip = if name.ip.is_unspecified() { source } else { name.ip };
        let udp = Udp { src: Endpoint::new(ip, name.port), dst: to, payload };
        self.emit(Message::Udp(udp), Rule::DatagramSent);
        Ok(())
    }

    /// The address that datagrams to `to` leave from.
    fn reachable(&self, to: Endpoint) -> Result<IpAddr, ConnectError> {
        if !(is_unicast(to.ip) || is_broadcast(to.ip)) || to.port == 0 {
            return Err(ConnectError::NotAvailable);
        }
        self.source_for(to.ip).ok_or(ConnectError::Unreachable)
    }

    /// What arrived first, and is not taken yet.
    #[must_use]
    pub fn peek_datagram(&self, id: DatagramsId) -> Option<&Arrived> {
        self.datagrams.get(id).arrived.front()
    }

    /// The length of the first datagram, if that is what arrived first.
    #[must_use]
    pub fn first_datagram_len(&self, id: DatagramsId) -> usize {
        match self.peek_datagram(id) {
            Some(Arrived::Datagram(_, payload)) => payload.len(),
            Some(Arrived::PortUnreachable) | None => 0,
        }
    }

    /// Takes what arrived first.
    pub fn take_datagram(&mut self, id: DatagramsId) -> Option<Arrived> {
        let datagrams = self.datagrams.get_mut(id);
        let first = datagrams.arrived.pop_front();
        if let Some(Arrived::Datagram(_, payload)) = &first {
            datagrams.waiting -= payload.len();
        }
        first
    }

    /// Whose a datagram from `remote` to `local` is: of the one that has this peer first, then of the address, then
    /// of the wildcard.
    fn datagrams_of(&self, local: Endpoint, remote: Endpoint) -> Option<DatagramsId> {
        let ids = self.datagrams.by_port.get(&local.port)?;
        let rank = |&id: &DatagramsId| {
            let Datagrams { binding, peer, .. } = self.datagrams.get(id);
            let ip = self.udp_ports.bound_to(*binding).ip;
            let wild = ip.is_unspecified() && ip.is_ipv4() == local.ip.is_ipv4();
            let hears = (ip == local.ip || wild) && peer.is_none_or(|peer| peer == remote);
            hears.then_some((peer.is_none(), wild, id))
        };
        ids.iter().filter_map(rank).min_by_key(|&(no_peer, wild, _)| (no_peer, wild)).map(|(_, _, id)| id)
    }

    /// A UDP datagram arrives.
    pub(super) fn deliver_udp(&mut self, udp: Udp) {
        let Udp { src, dst, payload } = udp;
        if is_broadcast(dst.ip) {
            return self.deliver_broadcast(src, dst, &payload);
        }
        if let Some(rule) = self.refusal(src.ip, dst.ip) {
            return self.out.dropped(dst, src, rule);
        }
        let Some(id) = self.datagrams_of(dst, src) else { return self.nobody_at_port(src, dst, &payload) };
        self.queue_datagram(id, src, dst, payload);
    }

    /// A datagram for everybody: everyone at the port gets it, in the order of binds. Where nobody is, nothing is said
    /// (RFC 1122 3.2.2).
    fn deliver_broadcast(&mut self, src: Endpoint, dst: Endpoint, payload: &Bytes) {
        if let Some(rule) = self.refusal_of_source(src.ip) {
            return self.out.dropped(dst, src, rule);
        }
        let ids = self.datagrams.by_port.get(&dst.port).cloned().unwrap_or_default();
        let hears = |id: &DatagramsId| {
            let Datagrams { binding, peer, .. } = self.datagrams.get(*id);
            self.udp_ports.bound_to(*binding).ip.is_ipv4() && peer.is_none_or(|peer| peer == src)
        };
        let ids: Vec<_> = ids.into_iter().filter(hears).collect();
        if ids.is_empty() {
            self.out.dropped(dst, src, Rule::NobodyHearsBroadcast);
        }
        for id in ids {
            self.queue_datagram(id, src, dst, payload.clone());
        }
    }

    fn queue_datagram(&mut self, id: DatagramsId, src: Endpoint, dst: Endpoint, payload: Bytes) {
        let datagrams = self.datagrams.get_mut(id);
        if datagrams.waiting > 0 && datagrams.waiting + payload.len() > datagrams.capacity {
            return self.out.dropped(dst, src, Rule::DatagramsFull);
        }
        datagrams.waiting += payload.len();
        datagrams.arrived.push_back(Arrived::Datagram(src, payload));
        self.wakes.push_back(datagrams.user);
    }

    /// RFC 1122 4.1.3.1: a datagram for a port where nobody is draws port unreachable; nothing where a firewall hides
    /// the host (R17).
    fn nobody_at_port(&mut self, src: Endpoint, dst: Endpoint, payload: &Bytes) {
        if self.profile.no_connection == Unwelcome::Silent {
            return self.out.dropped(dst, src, Rule::NoConnectionSilent);
        }
        let (kind, code, header) = match dst.ip {
            IpAddr::V4(_) => (Icmp::UNREACHABLE, Icmp::PORT_UNREACHABLE, 28),
            IpAddr::V6(_) => (Icmp::UNREACHABLE_V6, Icmp::PORT_UNREACHABLE_V6, 48),
        };
        let len = u16::try_from(header + payload.len()).unwrap_or(u16::MAX);
        let quote = Quote { protocol: Protocol::Udp, src, dst, seq: Seq(0), len };
        let icmp = Icmp { src: dst.ip, dst: src.ip, kind, code, mtu: 0, quote };
        self.emit(Message::Icmp(icmp), Rule::NobodyAtPort);
    }

    /// R80: port unreachable is told to whoever sent the datagram.
    pub(super) fn told_datagrams(&mut self, icmp: &Icmp) -> Result<(), Rule> {
        if icmp.trouble() != Trouble::Port {
            return Err(Rule::IcmpUnknown);
        }
        let id = self.datagrams_of(icmp.quote.src, icmp.quote.dst).ok_or(Rule::IcmpNoConnection)?;
        let datagrams = self.datagrams.get_mut(id);
        datagrams.arrived.push_back(Arrived::PortUnreachable);
        self.wakes.push_back(datagrams.user);
        Ok(())
    }

    fn emit(&mut self, message: Message, rule: Rule) {
        if self.failed {
            self.out.dropped(message.src(), message.dst(), Rule::NetworkFailed);
        } else {
            self.out.deed(Output::Emit { message: Box::new(message), rule });
        }
    }
}
