//! Active opens.

use super::ports::{BindError, BindingId};
use super::table::{ConnId, Holder};
use super::{Choices, Sharing, Stack};
use crate::addr::{Endpoint, is_unicast, wildcard_like};
use crate::rule::Rule;
use crate::tcp;
use crate::time::Instant;

/// Why an active open could not begin.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum ConnectError {
    /// The other end is not an address and port that can be connected to (RFC 9293 MUST-46).
    #[error("the remote address or port cannot be connected to")]
    NotAvailable,
    /// This host has no address of that family.
    #[error("no address of this family")]
    Unreachable,
    /// The four-tuple is taken, perhaps by TIME-WAIT (WF-9.6, 9.7).
    #[error("the connection's name is taken")]
    InUse,
    /// The host has its most connections (R75).
    #[error("no more connections")]
    Exhausted,
}

impl Stack {
    /// OPEN (active) from a bound name to `remote`, on behalf of `user`.
    ///
    /// # Errors
    /// [`ConnectError`] says what stands in the way; nothing was sent then.
    pub fn connect(
        &mut self,
        now: Instant,
        user: u32,
        binding: BindingId,
        remote: Endpoint,
        choices: Choices,
    ) -> Result<ConnId, ConnectError> {
        if !is_unicast(remote.ip) || remote.port == 0 {
            return Err(ConnectError::NotAvailable);
        }
        let bound = self.bound_to(binding);
        let ip = if bound.ip.is_unspecified() {
            self.source_for(remote.ip).ok_or(ConnectError::Unreachable)?
        } else {
            bound.ip
        };
        if ip.is_ipv4() != remote.ip.is_ipv4() {
            return Err(ConnectError::Unreachable);
        }
        let local = Endpoint::new(ip, bound.port);
        if self.is_taken(local, remote) {
            return Err(ConnectError::InUse);
        }
        if !self.makes_room(now) {
            return Err(ConnectError::Exhausted);
        }
        let tuple = self.tuple(local, remote);
        let (iss, ts_offset) = self.initial(local, remote, now);
        let settings = self.settings(ip, choices, ts_offset);
        Ok(self.begin(now, tuple, Holder::User(user), |cx| tcp::SynSent::open(iss, settings, cx)))
    }

    /// Takes an ephemeral port for a connection to `remote`: one that no binding has, and whose four-tuple is
    /// free.
    ///
    /// # Errors
    /// R75: [`BindError::Exhausted`] if every port is bound, [`BindError::InUse`] if there are ports, but connections,
    /// TIME-WAIT perhaps, have their four-tuples.
    pub fn bind_for(&mut self, remote: Endpoint, sharing: Sharing) -> Result<BindingId, BindError> {
        let tries = self.profile.ephemeral_ports.len();
        for _ in 0..tries {
            let id = self.bind(Endpoint::new(wildcard_like(remote.ip), 0), sharing)?;
            let port = self.bound_to(id).port;
            let local = self.source_for(remote.ip).map(|ip| Endpoint::new(ip, port));
            if local.is_none_or(|local| !self.is_taken(local, remote)) {
                return Ok(id);
            }
            self.unbind(id);
        }
        Err(BindError::InUse)
    }

    /// Whether there is room for one more connection, if need be where the oldest TIME-WAIT was (R75, R76). It is
    /// looked for among all connections, but only by a host that has its most.
    pub(super) fn makes_room(&mut self, now: Instant) -> bool {
        if self.table.len() + self.time_waits.len() < self.profile.max_connections as usize {
            return true;
        }
        if !self.profile.recycle_time_wait {
            return false;
        }
        let oldest = self.table.oldest_time_wait();
        let end = oldest.and_then(|id| self.table.deadline(id.0));
        let put_away = match self.time_waits.next_end() {
            Some(first) if end.is_none_or(|end| first < end) => self.time_waits.take_first(&self.addrs),
            Some(_) | None => None,
        };
        let woken = put_away.map(|(tuple, put_away)| self.wake(tuple, put_away));
        let Some(id) = woken.or(oldest) else { return false };
        self.on(now, id, |state, cx| state.finish(Rule::TimeWaitRecycled, cx));
        true
    }
}
