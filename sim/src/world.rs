//! The world: hosts, links, one virtual clock.
//!
//! A [`World`] is a value: a clone in mid-run has the same future as its original. Programs and logs stand beside
//! it: a program makes calls with [`World::call`] and finds the returns of blocked calls with
//! [`World::poll_returned`]; a [`Sink`] is handed to whatever makes something happen.
//!
//! One event is one packet delivered, or the deadlines of one host met. Events are ordered by time; at one instant
//! packets come before deadlines, packets in the order in which they were sent, hosts in the order in which they
//! were added.

mod agenda;
mod arrivals;
mod hosts;
mod links;
mod rest;

pub use arrivals::Arrivals;
pub use rest::Stuck;

use crate::link::{Arrival, Direction, Fate, Verdict};
use crate::trace::{Entry, Sink, What};
use crate::wire;
use agenda::{Agenda, Source};
use closewait::addr::{IpAddr, Ipv4Addr, Ipv6Addr, is_broadcast};
use closewait::host::{Host, Netstat, Output};
use closewait::packet::{Icmp, Message, Packet};
use closewait::rule::Rule;
use closewait::time::Instant;
use closewait::winsock::{Call, Outcome, ProcessId, Return, ThreadId};
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;
use std::collections::{BTreeMap, VecDeque};

/// The largest datagram that every link carries, in bytes.
pub const MTU: u16 = 1500;

/// A host of a world.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HostId(pub(crate) u32);

/// A link of a world.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LinkId(u32);

/// A process of a world.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Process {
    /// Its host.
    pub host: HostId,
    /// Its number there.
    pub id: ProcessId,
}

/// A thread of a world.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Thread {
    /// Its host.
    pub host: HostId,
    /// Its number there.
    pub id: ThreadId,
}

impl HostId {
    /// The host's place in the order in which hosts were added, from 0 on.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Clone, Debug)]
struct Node {
    name: String,
    host: Host,
    /// Its deadline, and whether that may have moved since.
    deadline: Option<Instant>,
    unsettled: bool,
    /// The direction of a link to each host: to itself first, then as links were added.
    routes: BTreeMap<HostId, usize>,
    /// The address that it sent to last, and the direction that leads there.
    last_route: Option<(IpAddr, usize)>,
    /// How often it has lost power.
    boots: u32,
    /// For what is no simulated host: what has arrived and was not yet taken. Its `host` only lends its addresses.
    outside: Option<VecDeque<Arrival>>,
    arrivals: Arrivals,
}

/// A host's addresses, one of each family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Addresses {
    /// IPv4.
    pub v4: Ipv4Addr,
    /// IPv6.
    pub v6: Ipv6Addr,
}

impl Addresses {
    /// What [`World::add_host`] gives to the `n`th host, `n` counted from 0.
    ///
    /// # Panics
    /// If `n` does not fit in 32 bits.
    #[must_use]
    pub fn of_host(n: usize) -> Self {
        let n = u32::try_from(n + 1).expect("fewer than 2^32 hosts in a world");
        let [_, x, y, z] = n.to_be_bytes();
        Self { v4: Ipv4Addr::new(10, x, y, z), v6: Ipv6Addr::from((0xfd00_u128 << 112) | u128::from(n)) }
    }
}

/// Two hosts would have one address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0} is another host's address")]
pub struct AddressInUse(pub IpAddr);

/// Virtual time is used up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the world has reached the end of time (2^64 ns): a deadline or a delay is absurdly long")]
pub struct EndOfTime;

/// Hosts joined by links, at one instant of virtual time.
#[derive(Clone, Debug)]
pub struct World {
    seed: u64,
    now: Instant,
    nodes: Vec<Node>,
    directions: Vec<Direction>,
    /// The two directions of each link.
    links: Vec<[usize; 2]>,
    hosts_by_address: HashMap<IpAddr, HostId, FxBuildHasher>,
    agenda: Agenda,
    /// Packets handed to links so far.
    sent: u64,
    /// Events so far.
    steps: u64,
    returned: VecDeque<(Thread, Return)>,
}

impl World {
    /// An empty world. Everything random in it comes from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            now: Instant::START,
            nodes: Vec::new(),
            directions: Vec::new(),
            links: Vec::new(),
            hosts_by_address: HashMap::default(),
            agenda: Agenda::default(),
            sent: 0,
            steps: 0,
            returned: VecDeque::new(),
        }
    }

    /// The seed. What stands outside the world draws from named streams of it, too ([`crate::rng`]).
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// The time.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Events so far.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// Packets that were handed to links so far.
    #[must_use]
    pub const fn sent(&self) -> u64 {
        self.sent
    }

    /// The hosts, in the order in which they were added.
    pub fn hosts(&self) -> impl Iterator<Item = HostId> + use<> {
        (0..self.nodes.len()).map(|i| HostId(u32::try_from(i).unwrap_or(u32::MAX)))
    }

    /// A host, to look at.
    #[must_use]
    pub fn host(&self, id: HostId) -> &Host {
        &self.nodes[id.index()].host
    }

    /// A host's name.
    #[must_use]
    pub fn name(&self, id: HostId) -> &str {
        &self.nodes[id.index()].name
    }

    /// A host's IPv4 address.
    #[must_use]
    pub fn address(&self, id: HostId) -> IpAddr {
        self.addresses(id)[0]
    }

    /// A host's IPv6 address.
    #[must_use]
    pub fn address_v6(&self, id: HostId) -> IpAddr {
        self.addresses(id)[1]
    }

    fn addresses(&self, id: HostId) -> Vec<IpAddr> {
        self.host(id).stack().addresses().collect()
    }

    /// What netstat shows of a host.
    #[must_use]
    pub fn netstat(&self, id: HostId) -> Netstat {
        self.host(id).netstat()
    }

    /// A thread makes a call.
    pub fn call(&mut self, thread: Thread, call: Call, sink: &mut dyn Sink) -> Outcome {
        self.record(thread.host, sink, || What::Call { thread: thread.id, call: call.clone() });
        let now = self.now;
        let outcome = self.host_mut(thread.host, sink).call(now, thread.id, call);
        // A call's own return comes after what it did, and before what it released.
        self.drain(thread.host, sink);
        self.record(thread.host, sink, || match &outcome {
            Outcome::Returned(returned) => {
                What::Returned { thread: thread.id, returned: returned.clone(), blocked: false }
            }
            Outcome::Blocked => What::Blocked { thread: thread.id },
        });
        outcome
    }

    /// The next thread whose blocked call has returned.
    pub fn poll_returned(&mut self) -> Option<(Thread, Return)> {
        self.returned.pop_front()
    }

    /// When the next event is due.
    #[must_use]
    pub fn next_event(&mut self) -> Option<Instant> {
        self.next_due().map(|(at, _)| at)
    }

    fn next_due(&mut self) -> Option<(Instant, Source)> {
        let packet = self.agenda.next_packet();
        // At one instant packets come first: only when time moves does it matter where deadlines are.
        if let Some((at, _)) = packet
            && at == self.now
        {
            return packet;
        }
        let nodes = &mut self.nodes;
        self.agenda.settle(|i| {
            nodes[i].unsettled = false;
            nodes[i].deadline = nodes[i].host.next_deadline();
            nodes[i].deadline
        });
        let deadline = self.agenda.next_deadline(|i| nodes[i].deadline);
        match (packet, deadline) {
            (Some(packet), Some(deadline)) if deadline.0 < packet.0 => Some(deadline),
            (Some(packet), _) => Some(packet),
            (None, deadline) => deadline,
        }
    }

    /// The next event happens. False if there is none.
    ///
    /// # Errors
    /// [`EndOfTime`] if it would be at the end of `u64` time.
    pub fn step(&mut self, sink: &mut dyn Sink) -> Result<bool, EndOfTime> {
        let Some((at, source)) = self.next_due() else { return Ok(false) };
        self.meet(at, source, sink)?;
        Ok(true)
    }

    /// An event that is due happens.
    fn meet(&mut self, at: Instant, source: Source, sink: &mut dyn Sink) -> Result<(), EndOfTime> {
        if at == Instant::END {
            return Err(EndOfTime);
        }
        assert!(at >= self.now, "time goes forward: {at:?} after {:?}", self.now);
        self.now = at;
        self.steps += 1;
        match source {
            Source::Direction(i) => self.arrive(i, sink),
            Source::Host(i) => {
                let id = HostId(u32::try_from(i).unwrap_or(u32::MAX));
                self.host_mut(id, sink).advance(at);
                self.drain(id, sink);
            }
        }
        Ok(())
    }

    /// Nothing happens until `at`; earlier events must have happened.
    ///
    /// # Panics
    /// If `at` is in the past, or an event is due before it.
    pub fn advance_to(&mut self, at: Instant) {
        assert!(at >= self.now, "time goes forward");
        assert!(self.next_event().is_none_or(|next| next >= at), "an event is due before {at}");
        self.now = at;
    }

    /// A host, to which something happens; whether it has to tell more than packets.
    fn host_mut(&mut self, id: HostId, sink: &dyn Sink) -> &mut Host {
        let host = &mut self.nodes[id.index()].host;
        host.set_news(sink.enabled());
        host
    }

    /// Takes what a host says, and hands its packets to links.
    #[inline]
    fn drain(&mut self, id: HostId, sink: &mut dyn Sink) {
        if !self.nodes[id.index()].host.is_silent() {
            self.drain_all(id, sink);
        }
        self.unsettle(id);
    }

    #[inline(never)]
    fn drain_all(&mut self, id: HostId, sink: &mut dyn Sink) {
        loop {
            let host = &mut self.nodes[id.index()].host;
            if let Some((packet, rule)) = host.next_packet() {
                let dst = packet.dst.ip;
                self.transmit(id, dst, rule, sink);
            } else if let Some(output) = host.poll_output() {
                self.note(id, output, sink);
            } else {
                break;
            }
        }
    }

    /// A host's next packet, which is for `dst`, leaves. It is looked at where it lies, and moved once.
    fn transmit(&mut self, from: HostId, dst: IpAddr, rule: Rule, sink: &mut dyn Sink) {
        let route = self.route(from, dst);
        let host = &mut self.nodes[from.index()].host;
        let Some((packet, _)) = host.next_packet() else { return };
        let way = Way::new(route, &self.directions, from, packet, sink);
        if let Some(packet) = host.poll_packet() {
            self.launch(from, way, packet, rule, sink);
        }
    }

    /// What a host says that is no packet.
    fn note(&mut self, id: HostId, output: Output, sink: &mut dyn Sink) {
        match output {
            Output::Stack(closewait::stack::Output::Emit { message, rule }) => {
                self.transmit_message(id, *message, rule, sink);
            }
            Output::Stack(output) => {
                if let closewait::stack::Output::Dropped { rule, .. } = output {
                    self.nodes[id.index()].arrivals.dropped(rule);
                }
                if let Some(what) = What::from_stack(&output) {
                    self.record(id, sink, || what);
                }
            }
            Output::Told(told) => self.record(id, sink, || What::Told(told)),
            Output::Returned { thread, returned } => {
                self.returned.push_back((Thread { host: id, id: thread }, returned.clone()));
                self.record(id, sink, || What::Returned { thread, returned, blocked: true });
            }
        }
    }

    /// A host's deadline may have moved.
    fn unsettle(&mut self, id: HostId) {
        if !std::mem::replace(&mut self.nodes[id.index()].unsettled, true) {
            self.agenda.unsettle(id.index());
        }
    }

    /// A packet enters its link.
    fn launch(&mut self, from: HostId, way: Way, packet: Packet, rule: Rule, sink: &mut dyn Sink) {
        let logged = sink.enabled().then(|| packet.clone());
        let fate = self.enter(way.direction, Arrival::Packet(packet), way.length, way.verdict);
        if let Some(packet) = logged {
            self.record(from, sink, || What::Sent { packet, rule, fate });
        }
        if fate == Fate::TooBig
            && let Some(icmp) = way.too_big
        {
            self.emit(from, Message::Icmp(*icmp));
        }
    }

    fn emit(&mut self, from: HostId, message: Message) -> Fate {
        let route = self.route(from, message.dst().ip);
        let length = wire::message::length(&message);
        self.enter(route, Arrival::Message(Box::new(message)), length, Verdict::default())
    }

    fn transmit_message(&mut self, from: HostId, message: Message, rule: Rule, sink: &mut dyn Sink) {
        if !is_broadcast(message.dst().ip) {
            let fate = self.emit(from, message.clone());
            return self.record(from, sink, || What::SentMessage { message, rule, fate });
        }
        // To everybody on each link of the host, one after the other; not to the host itself.
        let links = self.nodes[from.index()].routes.iter().filter(|(to, _)| **to != from);
        let mut links: Vec<_> = links.map(|(_, &direction)| Some(direction)).collect();
        if links.is_empty() {
            links.push(None);
        }
        for link in links {
            let (message, length) = (message.clone(), wire::message::length(&message));
            let load = Arrival::Message(Box::new(message.clone()));
            let fate = self.enter(link, load, length, Verdict::default());
            self.record(from, sink, || What::SentMessage { message, rule, fate });
        }
    }

    /// The direction of a link that leads to an address.
    fn route(&mut self, from: HostId, dst: IpAddr) -> Option<usize> {
        let node = &mut self.nodes[from.index()];
        if let Some((ip, direction)) = node.last_route
            && ip == dst
        {
            return Some(direction);
        }
        let to = if dst.is_loopback() { from } else { *self.hosts_by_address.get(&dst)? };
        let direction = *node.routes.get(&to)?;
        node.last_route = Some((dst, direction));
        Some(direction)
    }

    /// A datagram enters the link that leads to its destination, if there is one.
    #[inline]
    fn enter(&mut self, route: Option<usize>, load: Arrival, length: usize, verdict: Verdict) -> Fate {
        self.sent += 1;
        let Some(i) = route else { return Fate::NoRoute };
        let direction = &mut self.directions[i];
        let before = direction.next();
        let fate = direction.send(self.now, self.sent, load, length, verdict);
        let first = direction.next();
        if let Some((at, order)) = first
            && first != before
        {
            self.agenda.add_packet((at, order, i));
        }
        fate
    }

    fn record(&self, host: HostId, sink: &mut dyn Sink, what: impl FnOnce() -> What) {
        if sink.enabled() {
            sink.record(Entry { at: self.now, step: self.steps, host: Some(host), what: what() });
        }
    }

    /// Runs until no event is left, or until the next is past `until`. Nothing but the world's own events
    /// happens: what programs would do is theirs to do.
    ///
    /// # Errors
    /// [`EndOfTime`].
    pub fn run(&mut self, until: Option<Instant>, sink: &mut dyn Sink) -> Result<(), EndOfTime> {
        while let Some((at, source)) = self.next_due()
            && until.is_none_or(|until| at <= until)
        {
            self.meet(at, source, sink)?;
        }
        Ok(())
    }

    /// What must hold between events.
    ///
    /// # Panics
    /// If an invariant is broken, with its name.
    pub fn assert_invariants(&self) {
        for node in &self.nodes {
            node.host.assert_invariants();
        }
    }
}

/// How a packet leaves.
struct Way {
    /// No link leads to its destination, if none.
    direction: Option<usize>,
    length: usize,
    verdict: Verdict,
    /// What the router in front of the link answers if it is too big for it.
    too_big: Option<Box<Icmp>>,
}

impl Way {
    fn new(
        direction: Option<usize>,
        directions: &[Direction],
        from: HostId,
        packet: &Packet,
        sink: &mut dyn Sink,
    ) -> Self {
        let length = wire::length(packet);
        let verdict = direction.map(|_| sink.verdict(from, packet)).unwrap_or_default();
        let mtu = direction.map(|i| directions[i].mtu()).filter(|&mtu| length > usize::from(mtu));
        // The router stands beside the host, so its answer is there at once; its address is the destination's, since
        // it has none.
        let answer = |mtu: u16| Icmp::too_big(packet.dst.ip, wire::message::quote(packet), mtu.into());
        Self { direction, length, verdict, too_big: mtu.map(|mtu| Box::new(answer(mtu))) }
    }
}
