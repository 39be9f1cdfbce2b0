//! Whether anything is under way, and what keeps a world from rest.

use super::World;
use closewait::tcp::{StateName, status::TimerName};
use std::fmt;

impl World {
    /// Whether nothing is under way: no packet in flight, no call that waits for so long only, no deadline armed but
    /// TIME_WAIT's and that of a keep-alive that has no probe out.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        if self.directions.iter().any(|d| d.in_flight() > 0) {
            return false;
        }
        let waiting = |id| {
            let mut calls = self.host(id).winsock().all_blocked();
            if calls.any(|(_, blocked)| blocked.until.is_some()) {
                return true;
            }
            let rows = self.netstat(id).connections;
            rows.iter().any(|(row, _)| {
                row.deadline.is_some_and(|d| {
                    // A connection that is only looked after is at rest: it would be probed for ever.
                    d.timer != TimerName::TimeWait && d.timer != TimerName::KeepAlive
                })
            })
        };
        !self.hosts().any(waiting)
    }

    /// What keeps the world from rest although nothing more will happen by itself: blocked calls, connections
    /// that are neither over nor in TIME_WAIT. Listening sockets are not.
    #[must_use]
    pub fn stuck(&self) -> Vec<Stuck> {
        let mut stuck = Vec::new();
        for id in self.hosts() {
            let host = self.name(id).to_owned();
            for (thread, blocked) in self.host(id).winsock().all_blocked() {
                stuck.push(Stuck {
                    host: host.clone(),
                    why: format!(
                        "thread {} is blocked in {}({}) since {}",
                        thread.number(),
                        blocked.wait.call(),
                        blocked.handle,
                        blocked.since
                    ),
                });
            }
            for (row, _) in self.netstat(id).connections {
                if row.state != StateName::TimeWait {
                    let why = format!("{} -> {} is in {}", row.local, row.remote, row.state);
                    stuck.push(Stuck { host: host.clone(), why });
                }
            }
        }
        stuck
    }
}

/// Something that waits for ever.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stuck {
    /// On which host.
    pub host: String,
    /// What waits.
    pub why: String,
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.host, self.why)
    }
}
