//! The canonical form of a stack ([`crate::form`]). Every struct is taken apart by name.
//!
//! Slots are not kept, their order is: deadlines of one instant are met in it. Which slot the next connection gets
//! matters for that alone, so it is told by its place among the others.

use super::listeners::{Listener, Listeners};
use super::ports::{Binding, Ports};
use super::table::{Conn, ConnId, Holder, Table};
use super::time_waits::TimeWaits;
use super::udp::{AllDatagrams, Arrived, Datagrams};
use super::{BindingId, Choices, Interface, ListenerId, Stack};
use crate::addr::{Endpoint, Interner, IpAddr, Ipv4Addr, Tuple};
use crate::form::{Thing, Writer};
use crate::profile::{Offer, Profile};
use crate::seq::Seq;

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;
use slab::Slab;

impl Stack {
    /// What the numbers of a form are relative to, of the connection that segments between these ends are for
    /// ([`State::origins`](crate::tcp::State::origins)).
    #[must_use]
    pub fn origins(&self, local: Endpoint, remote: Endpoint) -> Option<(Seq, Seq)> {
        match self.table.find(&self.addrs, local, remote) {
            Some(id) => self.state(id).origins(),
            None => self.time_waits.get(&self.addrs, local, remote)?.clone().wake().origins(),
        }
    }

    pub(crate) fn shared_profile(&self) -> Arc<Profile> {
        Arc::clone(&self.profile)
    }

    /// Makes the stack's parts known, so that its user can name them.
    pub(crate) fn meet(&self, w: &mut Writer) {
        for (ConnId(slot), _) in self.table.iter() {
            w.meet(Thing::Connection, slot);
        }
        for ListenerId(slot) in in_order(
            &self.listeners.slots,
            |l| l.name.port,
            |port| self.listeners.by_port.get(&port).cloned().unwrap_or_default(),
        ) {
            w.meet(Thing::Listener, slot);
        }
        for id in in_order(&self.ports.bindings, |b| b.name.port, |port| self.ports.at(port).collect()) {
            w.meet(Thing::Binding, id.slot());
        }
    }

    pub(crate) fn form(&self, w: &mut Writer) {
        // The secret and a number said beforehand are what initial numbers are drawn from; addresses are written out;
        // the schedule is an index of the connections' deadlines, and may be told of them late.
        let Self {
            profile,
            secret: _,
            interfaces,
            failed,
            addrs: _,
            table,
            time_waits,
            listeners,
            ports,
            datagrams,
            udp_ports,
            schedule: _,
            unsettled: _,
            out,
            wakes,
            next_iss: _,
        } = self;
        if profile.timestamps != Offer::No {
            // The clock of timestamps ticks at whole milliseconds.
            w.fine("phase", w.now.as_nanos() % 1_000_000);
        }
        w.count("interfaces", interfaces.len());
        for &Interface { ip, mtu } in interfaces {
            w.put("ip", Endpoint::new(ip, 0));
            w.put("mtu", mtu);
        }
        w.put("failed", *failed);
        w.count("out", out.len());
        w.count("wakes", wakes.len());
        for &user in wakes {
            w.id("wake", Thing::User, user);
        }
        self.connections_form(table, w);
        self.time_waits_form(time_waits, w);
        self.listeners_form(listeners, w);
        self.ports_form(ports, w);
        self.ports_form(udp_ports, w);
        self.datagrams_form(datagrams, w);
    }

    fn datagrams_form(&self, datagrams: &AllDatagrams, w: &mut Writer) {
        let AllDatagrams { slots, by_port } = datagrams;
        let port = |d: &Datagrams| self.udp_ports.bound_to(d.binding).port;
        let order = in_order(slots, port, |port| by_port.get(&port).cloned().unwrap_or_default());
        w.count("datagrams", order.len());
        for id in order {
            let Datagrams { binding, user, peer, capacity, waiting, arrived } = datagrams.get(id);
            w.put("name", self.udp_ports.bound_to(*binding));
            w.id("user", Thing::User, *user);
            w.put("connected", peer.is_some());
            peer.iter().for_each(|&peer| w.put("peer", peer));
            w.count("capacity", *capacity);
            w.count("waiting", *waiting);
            w.count("arrived", arrived.len());
            for arrived in arrived {
                match arrived {
                    &Arrived::Datagram(from, ref payload) => {
                        w.put("from", from);
                        w.text("payload", payload.clone());
                    }
                    Arrived::PortUnreachable => w.put("from", "nobody at the port"),
                }
            }
        }
    }

    fn connections_form(&self, table: &Table, w: &mut Writer) {
        // The index finds what the slots hold.
        let Table { slots, index: _, last: _ } = table;
        w.count("connections", slots.len());
        for (_, Conn { tuple, holder, unsettled: _, state }) in slots {
            let (local, remote) = tuple.ends(&self.addrs);
            w.put("local", local);
            w.put("remote", remote);
            holder_form(*holder, w);
            state.form(w);
        }
        let places = next_places(slots);
        w.fine("places", u64::try_from(places.len()).unwrap_or(u64::MAX));
        for place in places {
            w.fine("place", u64::try_from(place).unwrap_or(u64::MAX));
        }
    }

    fn time_waits_form(&self, time_waits: &TimeWaits, w: &mut Writer) {
        w.count("time_waits", time_waits.len());
        for (tuple, put_away) in time_waits.iter() {
            let (local, remote) = tuple.ends(&self.addrs);
            w.put("local", local);
            w.put("remote", remote);
            put_away.clone().wake().form(w);
        }
    }

    fn listeners_form(&self, listeners: &Listeners, w: &mut Writer) {
        let Listeners { slots, by_port } = listeners;
        let order = in_order(slots, |l| l.name.port, |port| by_port.get(&port).cloned().unwrap_or_default());
        w.count("listeners", order.len());
        for id in order {
            // By what is bound before it is known which of a port's comes first.
            let Listener { binding: _, name, user, backlog, choices, paused, half_open, queue } =
                &slots[id.0 as usize];
            let Choices { receive_buffer, nodelay, tuning } = choices;
            w.put("name", *name);
            w.id("user", Thing::User, *user);
            w.put("backlog", *backlog);
            w.put("receive_buffer", *receive_buffer);
            w.put("nodelay", *nodelay);
            tuning.form(w);
            w.put("paused", *paused);
            w.count("half_open", half_open.len());
            half_open.iter().for_each(|conn| w.id("conn", Thing::Connection, conn.0));
            w.count("queue", queue.len());
            queue.iter().for_each(|conn| w.id("conn", Thing::Connection, conn.0));
        }
    }

    fn ports_form(&self, ports: &Ports, w: &mut Writer) {
        let Ports { bindings, by_port: _, ephemeral, next } = ports;
        let order = in_order(bindings, |b| b.name.port, |port| ports.at(port).collect());
        w.count("bindings", order.len());
        for id in order {
            let Binding { name, sharing, next: _ } = bindings[id.slot() as usize];
            w.put("name", name);
            w.put("sharing", sharing.name());
        }
        w.put("first ephemeral", *ephemeral.start());
        w.put("last ephemeral", *ephemeral.end());
        w.put("next ephemeral", *next);
    }
}

fn holder_form(holder: Holder, w: &mut Writer) {
    match holder {
        Holder::Nobody => w.put("holder", "nobody"),
        Holder::User(user) => w.id("user", Thing::User, user),
        Holder::HalfOpen(listener) => w.id("half open", Thing::Listener, listener.0),
        Holder::Queue(listener) => w.id("queue", Thing::Listener, listener.0),
    }
}

/// What a slab holds, by port, and at a port in the order that counts there.
fn in_order<T, I>(slots: &Slab<T>, port: impl Fn(&T) -> u16, at: impl Fn(u16) -> Vec<I>) -> Vec<I> {
    let ports: BTreeSet<u16> = slots.iter().map(|(_, held)| port(held)).collect();
    ports.into_iter().flat_map(at).collect()
}

/// Where among the others the next connections come to lie: for each free slot, in the order in which they are given
/// out, how many taken and free ones lie before it. A free slot after all others that is given out last is as good as
/// a new one, and left out.
fn next_places(slots: &Slab<Conn>) -> Vec<usize> {
    let any = Interner::default().intern(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let tuple = Tuple { local: any, remote: any, local_port: 0, remote_port: 0 };
    let mut filled = slots.clone();
    let mut free = Vec::new();
    // A copy has room for every slot that its original ever had; what room it has beyond is as good as new.
    while filled.len() < filled.capacity() {
        free.push(filled.insert(Conn::vacant(tuple, Holder::Nobody)));
    }
    let last_taken = slots.iter().map(|(slot, _)| slot).next_back();
    while let Some((&last, others)) = free.split_last()
        && Some(last) > last_taken
        && others.iter().all(|&other| other < last)
    {
        free.pop();
    }
    let before = |place: usize| {
        slots.iter().filter(|&(slot, _)| slot < place).count() + free.iter().filter(|&&f| f < place).count()
    };
    free.iter().map(|&place| before(place)).collect()
}

impl ConnId {
    pub(crate) fn form(self, w: &mut Writer) {
        w.id("connection", Thing::Connection, self.0);
    }
}

impl ListenerId {
    pub(crate) fn form(self, w: &mut Writer) {
        w.id("listener", Thing::Listener, self.0);
    }
}

impl BindingId {
    pub(crate) fn form(self, w: &mut Writer) {
        w.id("binding", Thing::Binding, self.slot());
    }
}
