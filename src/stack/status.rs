//! What netstat shows of a stack.

use super::Stack;
use super::table::{ConnId, Holder};
use crate::addr::Endpoint;
use crate::tcp::StateName;
use crate::tcp::status::Deadline;
use alloc::vec::Vec;

/// A connection, as netstat shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConnectionRow {
    /// Which.
    pub id: ConnId,
    /// This host's end.
    pub local: Endpoint,
    /// The other end.
    pub remote: Endpoint,
    /// Its state.
    pub state: StateName,
    /// The user that holds it; none for an orphan and for one that waits for accept.
    pub user: Option<u32>,
    /// It waits for accept, or its handshake is under way for a listener.
    pub listeners: bool,
    /// Bytes unsent or unacknowledged.
    pub send_queue: usize,
    /// Bytes received and not yet read.
    pub receive_queue: usize,
    /// The next timer.
    pub deadline: Option<Deadline>,
}

/// A listener, as netstat shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListenerRow {
    /// Its name.
    pub local: Endpoint,
    /// The user that holds it.
    pub user: u32,
    /// Connections that wait for accept.
    pub waiting: usize,
    /// The most that may wait.
    pub backlog: u32,
}

impl Stack {
    /// Every connection that is not over, in the order of slots.
    #[must_use]
    pub fn connections(&self) -> Vec<ConnectionRow> {
        let rows = self.table.iter().filter(|(_, conn)| conn.state.name() != StateName::Closed);
        rows.map(|(id, conn)| {
            let (local, remote) = conn.tuple.ends(&self.addrs);
            ConnectionRow {
                id,
                local,
                remote,
                state: conn.state.name(),
                user: if let Holder::User(user) = conn.holder { Some(user) } else { None },
                listeners: matches!(conn.holder, Holder::HalfOpen(_) | Holder::Queue(_)),
                send_queue: conn.state.unacknowledged(),
                receive_queue: conn.state.readable(),
                deadline: conn.state.deadline(),
            }
        })
        .collect()
    }

    /// Every listener.
    #[must_use]
    pub fn listening(&self) -> Vec<ListenerRow> {
        self.listeners
            .iter()
            .map(|l| ListenerRow { local: l.name, user: l.user, waiting: l.queue.len(), backlog: l.backlog })
            .collect()
    }
}
