//! Hosts and what joins them: how a world is made, and how its links change.

use super::{AddressInUse, Addresses, Arrivals, HostId, LinkId, MTU, Node, Way, World};
use crate::link::{Arrival, Direction, LinkConfig};
use crate::rng::key;
use crate::trace::{Entry, Sink, What};
use closewait::addr::IpAddr;
use closewait::host::Host;
use closewait::packet::{Message, Packet};
use closewait::profile::Profile;
use closewait::rule::Rule;
use closewait::stack::Secret;
use std::collections::{BTreeMap, VecDeque};

impl World {
    /// Adds a host. The n-th has the addresses 10.0.x.y and fd00::n, n counted from 1 (x, y: n in two bytes).
    ///
    /// # Panics
    /// If [`World::add_host_at`] gave one of these addresses to another host.
    pub fn add_host(&mut self, name: &str, profile: Profile) -> HostId {
        let addresses = Addresses::of_host(self.nodes.len());
        self.add_host_at(name, profile, addresses).expect("nobody else was given the n-th host's addresses")
    }

    /// Adds a host with these addresses.
    ///
    /// # Errors
    /// [`AddressInUse`] if another host has one of them; nothing is added.
    pub fn add_host_at(
        &mut self,
        name: &str,
        profile: Profile,
        addresses: Addresses,
    ) -> Result<HostId, AddressInUse> {
        let addresses = [IpAddr::V4(addresses.v4), IpAddr::V6(addresses.v6)];
        if let Some(taken) = addresses.into_iter().find(|ip| self.hosts_by_address.contains_key(ip)) {
            return Err(AddressInUse(taken));
        }
        let id = HostId(u32::try_from(self.nodes.len()).expect("fewer than 2^32 hosts in a world"));
        let mut host = Host::new(profile, Secret(key(self.seed, &format!("host {} isn", id.0))));
        for ip in addresses {
            host.add_address(ip, MTU);
            self.hosts_by_address.insert(ip, id);
        }
        // A host reaches itself without delay.
        let loop_back = self.add_direction(id, LinkConfig::IDEAL, &format!("host {name} loopback"));
        let routes = BTreeMap::from([(id, loop_back)]);
        self.nodes.push(Node {
            name: name.to_owned(),
            host,
            deadline: None,
            unsettled: false,
            routes,
            last_route: None,
            boots: 0,
            outside: None,
            arrivals: Arrivals::default(),
        });
        Ok(id)
    }

    /// Adds the end of a link at which there is no simulated host, but what the caller drives beside the world:
    /// another stack, a script. What arrives there waits for [`World::poll_outside`]; what it sends enters its
    /// link with [`World::send_outside`]. It makes no calls and has no deadlines.
    ///
    /// # Errors
    /// [`AddressInUse`].
    pub fn add_outside(&mut self, name: &str, addresses: Addresses) -> Result<HostId, AddressInUse> {
        let id = self.add_host_at(name, Profile::default(), addresses)?;
        self.nodes[id.index()].outside = Some(VecDeque::new());
        Ok(id)
    }

    /// The next datagram that arrived at an end added by [`World::add_outside`].
    pub fn poll_outside(&mut self, id: HostId) -> Option<Arrival> {
        self.nodes[id.index()].outside.as_mut()?.pop_front()
    }

    /// What stands at the end of a link sends a packet: it enters the link.
    pub fn send_outside(&mut self, id: HostId, packet: Packet, sink: &mut dyn Sink) {
        let route = self.route(id, packet.dst.ip);
        let way = Way::new(route, &self.directions, id, &packet, sink);
        self.launch(id, way, packet, Rule::Outside, sink);
    }

    /// What stands at the end of a link sends a datagram without a TCP segment: it enters the link.
    pub fn send_message_outside(&mut self, id: HostId, message: Message, sink: &mut dyn Sink) {
        self.transmit_message(id, message, Rule::Outside, sink);
    }

    /// Joins two hosts. A second link between the same two takes the place of the first.
    pub fn add_link(&mut self, a: HostId, b: HostId, config: LinkConfig) -> LinkId {
        let n = self.links.len();
        let there = self.add_direction(b, config, &format!("link {n} there"));
        let back = self.add_direction(a, config, &format!("link {n} back"));
        for (from, to, direction) in [(a, b, there), (b, a, back)] {
            let node = &mut self.nodes[from.index()];
            node.routes.insert(to, direction);
            node.last_route = None;
        }
        self.settle_mtu();
        self.links.push([there, back]);
        LinkId(u32::try_from(n).expect("fewer than 2^32 links in a world"))
    }

    fn add_direction(&mut self, to: HostId, config: LinkConfig, name: &str) -> usize {
        self.directions.push(Direction::new(to, config, self.seed, name));
        self.directions.len() - 1
    }

    /// Cuts a link, or heals it: while it is cut it drops what enters it.
    pub fn set_cut(&mut self, link: LinkId, cut: bool, sink: &mut dyn Sink) {
        for i in self.links[link.0 as usize] {
            self.directions[i].set_cut(cut);
        }
        let what = if cut { What::LinkCut { link } } else { What::LinkHealed { link } };
        sink.record(Entry { at: self.now, step: self.steps, host: None, what });
    }

    /// What a link is like from now on, for packets that enter it.
    pub fn set_link(&mut self, link: LinkId, config: LinkConfig) {
        for i in self.links[link.0 as usize] {
            self.directions[i].set_config(config);
        }
        self.settle_mtu();
    }

    /// A host's new connections fit every one of its links.
    fn settle_mtu(&mut self) {
        for node in &mut self.nodes {
            let mtus = node.routes.values().map(|&i| self.directions[i].config().mtu);
            node.host.set_mtu(mtus.min().unwrap_or(MTU));
        }
    }

    /// What a link is like.
    #[must_use]
    pub fn link(&self, link: LinkId) -> LinkConfig {
        self.directions[self.links[link.0 as usize][0]].config()
    }

    /// The links, in the order in which they were added, with the hosts that they join.
    pub fn links(&self) -> impl Iterator<Item = (LinkId, [HostId; 2])> + '_ {
        let ends = |[there, back]: [usize; 2]| [self.directions[back].to, self.directions[there].to];
        let number = |n| LinkId(u32::try_from(n).unwrap_or(u32::MAX));
        self.links.iter().enumerate().map(move |(n, &directions)| (number(n), ends(directions)))
    }
}
