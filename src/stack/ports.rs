//! Local ports: who is bound to which address and port, who may share one, and ephemeral ports.

use super::Stack;
use super::isn::Secret;
use super::table::{Table, make_room};
use super::time_waits::TimeWaits;
use crate::addr::{Endpoint, Interner, IpAddr};
use core::num::NonZeroU32;
use core::ops::RangeInclusive;
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;
use slab::Slab;

/// A name taken by a bind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BindingId(NonZeroU32);

impl BindingId {
    fn new(slot: usize) -> Self {
        let number = u32::try_from(slot + 1).ok().and_then(NonZeroU32::new);
        Self(number.expect("fewer than 2^32 bindings in a stack"))
    }

    /// Its place among the bindings.
    pub(super) const fn slot(self) -> u32 {
        self.0.get() - 1
    }
}

/// How a binding shares its port with others.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Sharing {
    /// Neither option was set.
    #[default]
    Default,
    /// Others that also say so may have the same name.
    Reuse,
    /// Nobody may have it, or part of it.
    Exclusive,
}

impl Sharing {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Reuse => "reuse",
            Self::Exclusive => "exclusive",
        }
    }
}

/// Why a bind failed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum BindError {
    /// The name is taken.
    #[error("the address and port are taken")]
    InUse,
    /// The name is taken by someone who does not share it that way.
    #[error("the address and port are not shared")]
    Access,
    /// The address is not this host's.
    #[error("the address is not this host's")]
    NotAvailable,
    /// Every ephemeral port is taken.
    #[error("every ephemeral port is taken")]
    Exhausted,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Binding {
    pub(super) name: Endpoint,
    pub(super) sharing: Sharing,
    /// The next of its port, in the order of the binds.
    pub(super) next: Option<BindingId>,
}

#[derive(Clone, Debug)]
pub(super) struct Ports {
    pub(super) bindings: Slab<Binding>,
    /// The first of each port.
    pub(super) by_port: HashMap<u16, BindingId, FxBuildHasher>,
    pub(super) ephemeral: RangeInclusive<u16>,
    pub(super) next: u32,
}

impl Ports {
    pub(super) fn new(ephemeral: RangeInclusive<u16>, secret: Secret) -> Self {
        let next = secret.first_port(u32::try_from(ephemeral.len()).unwrap_or(1));
        Self { bindings: Slab::new(), by_port: HashMap::default(), ephemeral, next }
    }

    /// The bindings of a port, in their order.
    pub(super) fn at(&self, port: u16) -> impl Iterator<Item = BindingId> + '_ {
        core::iter::successors(self.by_port.get(&port).copied(), |&id| self.get(id).next)
    }

    fn get(&self, id: BindingId) -> &Binding {
        &self.bindings[id.slot() as usize]
    }

    fn get_mut(&mut self, id: BindingId) -> &mut Binding {
        &mut self.bindings[id.slot() as usize]
    }

    fn insert(&mut self, binding: Binding) -> BindingId {
        let port = binding.name.port;
        let last = self.at(port).last();
        make_room(&mut self.bindings);
        let id = BindingId::new(self.bindings.insert(binding));
        match last {
            Some(last) => self.get_mut(last).next = Some(id),
            None => {
                self.by_port.insert(port, id);
            }
        }
        id
    }

    pub(super) fn bound_to(&self, id: BindingId) -> Endpoint {
        self.get(id).name
    }

    /// Takes `name` (port 0: an ephemeral port), if its connections, of which `in_use` tells, do not forbid it.
    pub(super) fn bind(
        &mut self,
        name: Endpoint,
        sharing: Sharing,
        in_use: impl Fn(Endpoint) -> bool,
    ) -> Result<BindingId, BindError> {
        let name = if name.port == 0 {
            let free = |port| sharing != Sharing::Exclusive || !in_use(Endpoint { port, ..name });
            let port = self.ephemeral(free).ok_or(BindError::Exhausted)?;
            Endpoint { port, ..name }
        } else {
            name
        };
        let binding = Binding { name, sharing, next: None };
        let conflict = self.at(name.port).find_map(|id| conflict(*self.get(id), binding));
        if let Some(error) = conflict {
            return Err(error);
        }
        // WF-9.4, 9.5: connections of the port stand in the way of an exclusive binding only.
        if sharing == Sharing::Exclusive && in_use(name) {
            return Err(BindError::InUse);
        }
        Ok(self.insert(binding))
    }

    pub(super) fn set_sharing(&mut self, id: BindingId, sharing: Sharing) {
        self.get_mut(id).sharing = sharing;
    }

    pub(super) fn unbind(&mut self, id: BindingId) {
        let Binding { name, next, .. } = *self.get(id);
        let before = self.at(name.port).find(|&other| self.get(other).next == Some(id));
        match (before, next) {
            (Some(before), _) => self.get_mut(before).next = next,
            (None, Some(next)) => {
                self.by_port.insert(name.port, next);
            }
            (None, None) => {
                self.by_port.remove(&name.port);
            }
        }
        self.bindings.remove(id.slot() as usize);
    }

    /// The next ephemeral port that `free` agrees to.
    fn ephemeral(&mut self, free: impl Fn(u16) -> bool) -> Option<u16> {
        let count = u32::try_from(self.ephemeral.len()).unwrap_or(0);
        for step in 0..count {
            let offset = (self.next + step) % count;
            let port = u32::from(*self.ephemeral.start()) + offset;
            let port = u16::try_from(port).unwrap_or(*self.ephemeral.end());
            // 0 is no port, whatever the profile says.
            if port != 0 && !self.by_port.contains_key(&port) && free(port) {
                self.next = (offset + 1) % count;
                return Some(port);
            }
        }
        None
    }
}

/// WF-9.10 to 9.16: what an existing binding of the same port says to a new one.
fn conflict(first: Binding, second: Binding) -> Option<BindError> {
    use Sharing::{Default, Exclusive, Reuse};
    let (one, two) = (first.name.ip, second.name.ip);
    if one.is_ipv4() != two.is_ipv4() {
        return None;
    }
    if one == two {
        return match (first.sharing, second.sharing) {
            (Reuse, Reuse) => None,
            (Default | Exclusive, Reuse) => Some(BindError::Access),
            (Default | Reuse | Exclusive, Default | Exclusive) => Some(BindError::InUse),
        };
    }
    match (first.sharing, second.sharing) {
        (Exclusive, _) if one.is_unspecified() => Some(BindError::Access),
        (_, Exclusive) if two.is_unspecified() => Some(BindError::InUse),
        (Default | Reuse | Exclusive, Default | Reuse | Exclusive) => None,
    }
}

/// Whether a connection, in whatever state, has the name.
fn has_connections(table: &Table, time_waits: &TimeWaits, addrs: &Interner, name: Endpoint) -> bool {
    let mut tuples =
        table.iter().map(|(_, conn)| conn.tuple).chain(time_waits.iter().map(|(tuple, _)| tuple));
    tuples.any(|tuple| {
        let ip = || addrs.addr(tuple.local);
        tuple.local_port == name.port && (name.ip.is_unspecified() || ip() == name.ip)
    })
}

impl Stack {
    /// Takes `name` (port 0: an ephemeral port).
    ///
    /// # Errors
    /// [`BindError`] says what stands in the way.
    pub fn bind(&mut self, name: Endpoint, sharing: Sharing) -> Result<BindingId, BindError> {
        if !name.ip.is_unspecified() && !self.is_local(name.ip) {
            return Err(BindError::NotAvailable);
        }
        let (table, time_waits, addrs) = (&self.table, &self.time_waits, &self.addrs);
        self.ports.bind(name, sharing, |name| has_connections(table, time_waits, addrs, name))
    }

    /// The name of a binding.
    #[must_use]
    pub fn bound_to(&self, id: BindingId) -> Endpoint {
        self.ports.bound_to(id)
    }

    /// How a binding shares its port with those that come from now on.
    pub fn set_sharing(&mut self, id: BindingId, sharing: Sharing) {
        self.ports.set_sharing(id, sharing);
    }

    /// Gives a name back.
    pub fn unbind(&mut self, id: BindingId) {
        self.ports.unbind(id);
    }

    /// This host's address for connections to `remote`, if it has one of that family.
    pub(super) fn source_for(&self, remote: IpAddr) -> Option<IpAddr> {
        if self.is_local(remote) {
            return Some(remote);
        }
        self.addresses().find(|ip| ip.is_ipv4() == remote.is_ipv4())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addr::Ipv4Addr;

    /// Mutation: 0 is a port.
    #[test]
    fn zero_is_no_ephemeral_port() {
        let mut ports = Ports::new(0..=1, Secret([7; 16]));
        let any = Endpoint::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
        let bound = ports.bind(any, Sharing::Default, |_| false).map(|id| ports.bound_to(id).port);
        assert_eq!(bound, Ok(1));
        assert_eq!(ports.bind(any, Sharing::Default, |_| false), Err(BindError::Exhausted));
    }

    #[test]
    fn sharing_follows_the_facts() {
        use Sharing::{Default, Exclusive, Reuse};
        let wild = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let here = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
        let there = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));
        let (ok, inuse, access) = (None, Some(BindError::InUse), Some(BindError::Access));
        for (fact, one, first, two, second, expected) in [
            ("9.10", here, Default, here, Reuse, access),
            ("9.11", here, Reuse, here, Reuse, ok),
            ("9.12", wild, Default, here, Default, ok),
            ("9.12", here, Default, wild, Default, ok),
            ("9.13", here, Default, here, Default, inuse),
            ("9.14", wild, Exclusive, here, Default, access),
            ("9.15", here, Exclusive, wild, Default, ok),
            ("9.16", here, Default, wild, Exclusive, inuse),
            ("other addresses", here, Exclusive, there, Exclusive, ok),
        ] {
            let binding = |ip, sharing| Binding { name: Endpoint::new(ip, 80), sharing, next: None };
            assert_eq!(conflict(binding(one, first), binding(two, second)), expected, "WF-{fact}");
        }
    }
}
