//! Hosts as netstat shows them, and sockets that nobody closed, as text.

use crate::world::{Arrivals, HostId, World};
use closewait::host::Netstat;
use closewait::winsock::{Leak, Owner};
use std::fmt::Write;

/// Connections, listeners, owners, queues and timers of a host; what it dropped of all that arrived, by reason.
#[must_use]
pub fn netstat(world: &World, host: HostId) -> String {
    let Netstat { connections, listeners } = world.netstat(host);
    let mut out = format!("{} at {}\n", world.name(host), world.now());
    let line = |out: &mut String, cells: [&str; 7]| {
        let [local, remote, state, send, recv, owner, timer] = cells;
        let text = format!("  {local:<22} {remote:<22} {state:<12} {send:>8} {recv:>8}  {owner:<14} {timer}");
        out.push_str(text.trim_end());
        out.push('\n');
    };
    line(&mut out, ["local", "remote", "state", "send-q", "recv-q", "owner", "timer"]);
    for (row, owned) in listeners {
        let waiting = format!("{} of {} wait", row.waiting, row.backlog);
        line(&mut out, [&row.local.to_string(), "*", "LISTEN", "", "", &owner(owned.as_ref()), &waiting]);
    }
    for (row, owned) in connections {
        let timer = row.deadline.map_or(String::new(), |d| format!("{:?} at {}", d.timer, d.at));
        line(
            &mut out,
            [
                &row.local.to_string(),
                &row.remote.to_string(),
                &row.state.to_string(),
                &row.send_queue.to_string(),
                &row.receive_queue.to_string(),
                &if row.listeners { "(listener)".to_owned() } else { owner(owned.as_ref()) },
                &timer,
            ],
        );
    }
    out.push_str(&losses(world.arrivals(host)));
    out
}

/// A line, if anything that arrived was dropped or had illegal options.
fn losses(arrivals: &Arrivals) -> String {
    let illegal = arrivals.illegal_option_length;
    let mut counts: Vec<_> = arrivals.losses().map(|(reason, n)| format!("{n} dropped: {reason}")).collect();
    if illegal > 0 {
        counts.push(format!("{illegal} with an illegal option length"));
    }
    if counts.is_empty() { String::new() } else { format!("  arrived: {}\n", counts.join("; ")) }
}

fn owner(owner: Option<&Owner>) -> String {
    match owner {
        None => "(orphan)".into(),
        Some(Owner { process, handles }) => {
            let handles: Vec<_> = handles.iter().map(ToString::to_string).collect();
            let handles = if handles.is_empty() { "closing".into() } else { handles.join(" ") };
            format!("p{} {handles}", process.number())
        }
    }
}

/// Sockets of a host that are still open, a line each with the call that made it (CS-B8). Empty if there is none.
#[must_use]
pub fn leaks(world: &World, host: HostId) -> String {
    let mut out = String::new();
    for Leak { process, handle, made_by } in world.host(host).leaks() {
        let _ = writeln!(
            out,
            "{}: socket {handle} of process {} was not closed; made by {} in thread {} at {}",
            world.name(host),
            process.number(),
            made_by.call,
            made_by.thread.number(),
            made_by.at
        );
    }
    out
}
