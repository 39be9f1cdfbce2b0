//! Whose address it is.

use super::text::{write_call, write_result};
use crate::world::{HostId, LinkId, World};
use closewait::addr::{Endpoint, IpAddr};
use closewait::winsock::{Call, CallResult};

/// The hosts of a world by their addresses.
pub(super) struct Places<'a> {
    world: &'a World,
    hosts: Vec<(IpAddr, HostId)>,
}

impl<'a> Places<'a> {
    pub(super) fn new(world: &'a World) -> Self {
        let addresses = |id| world.host(id).stack().addresses().map(move |ip| (ip, id));
        Self { world, hosts: world.hosts().flat_map(addresses).collect() }
    }

    /// The host that has the address.
    pub(super) fn host(&self, ip: IpAddr) -> Option<HostId> {
        self.hosts.iter().find(|(known, _)| *known == ip).map(|&(_, id)| id)
    }

    /// `server:80`; `:80` for the wildcard address; an address that no host has stays a number.
    pub(super) fn name(&self, end: Endpoint) -> String {
        match self.host(end.ip) {
            Some(id) => format!("{}:{}", self.world.name(id), end.port),
            None if end.ip.is_unspecified() => format!(":{}", end.port),
            None => end.to_string(),
        }
    }

    /// The two hosts that a link joins.
    pub(super) fn ends(&self, link: LinkId) -> Option<[&'a str; 2]> {
        let (_, [a, b]) = self.world.links().find(|&(id, _)| id == link)?;
        Some([self.world.name(a), self.world.name(b)])
    }

    /// A call, with hosts by name.
    pub(super) fn call(&self, call: &Call) -> String {
        write_call(call, &mut &*self)
    }

    /// A result of a call, with hosts by name.
    pub(super) fn result(&self, call: &Call, result: &CallResult) -> String {
        write_result(Some(call), result, &mut &*self)
    }
}
