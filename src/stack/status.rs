//! What netstat shows of a stack.

use super::Stack;
use super::table::{ConnId, Holder};
use crate::addr::{Endpoint, Tuple};
use crate::tcp::status::Deadline;
use crate::tcp::{State, StateName};
use alloc::vec::Vec;

/// A connection, as netstat shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConnectionRow {
    /// Which; none if it only sits out TIME-WAIT.
    pub id: Option<ConnId>,
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
    /// Every connection that is not over: in the order of slots, then those that only sit out TIME-WAIT, in the order
    /// in which they end.
    #[must_use]
    pub fn connections(&self) -> Vec<ConnectionRow> {
        let rows = self.table.iter().filter(|(_, conn)| conn.state.name() != StateName::Closed);
        let rows = rows.map(|(id, conn)| self.row(Some(id), conn.tuple, conn.holder, &conn.state));
        let waiting = self.time_waits.iter().map(|(tuple, put_away)| {
            let state = put_away.clone().wake();
            self.row(None, tuple, Holder::Nobody, &state)
        });
        rows.chain(waiting).collect()
    }

    fn row(&self, id: Option<ConnId>, tuple: Tuple, holder: Holder, state: &State) -> ConnectionRow {
        let (local, remote) = tuple.ends(&self.addrs);
        ConnectionRow {
            id,
            local,
            remote,
            state: state.name(),
            user: if let Holder::User(user) = holder { Some(user) } else { None },
            listeners: matches!(holder, Holder::HalfOpen(_) | Holder::Queue(_)),
            send_queue: state.unacknowledged(),
            receive_queue: state.readable(),
            deadline: state.deadline(),
        }
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
