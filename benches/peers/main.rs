//! closewait beside smoltcp, turmoil and tokio's duplex pipe: how fast, and how large.
//!
//! ```sh
//! cargo bench --bench peers                 # a table
//! cargo bench --bench peers -- --json       # an object a line
//! cargo bench --bench peers -- --quick bulk # a tenth of the work, once, and only what has "bulk" in its name
//! cargo bench --bench peers -- --only closewait --exact lifecycle   # for a profiler
//! ```
//!
//! Everything runs in turn in one process, round after round; figures are medians. A ratio is closewait's figure
//! over the other's; for a size the other's over closewait's. So more than 1 is always in closewait's favour.
//!
//! What is measured, and on what terms:
//!
//! - *lifecycle*: socket, connect, accept, 100 bytes each way, shutdown and closesocket on both ends, through Winsock
//!   calls, a new socket and a new port each time, over a link without delay, at least nine segments; no log, every
//!   rule computed; TIME_WAIT is jumped over. smoltcp: a new socket of 1 KiB buffers at both ends, added and removed;
//!   its TIME_WAIT is jumped over. turmoil: 64 clients at a time, so that a tick has something to do.
//! - *lifecycle beside N idle*: the same while N connections are open and silent. For smoltcp N is at most 1,000.
//! - *bulk*: 1 GiB in sends of 64 KiB, each of other bytes, MTU 1500, a segment a packet; the receiver sums every byte
//!   once. *shared*: `Bytes` in and out; *copying*: from a `&[u8]`, into a `&mut [u8]`. The others only copy.
//! - *heap*: bytes allocated and not freed, both ends with sockets, handles and indexes, for each of 100,000.
//! - *idle*: simulated seconds in a second, of a connection that sends a keep-alive every 75 s.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "a bench reads the clock")]
#![expect(clippy::float_arithmetic, reason = "a bench divides")]

mod closewait;
mod heap;
mod load;
mod report;
mod smoltcp;
mod tokios;

use load::Scale;
use report::{Figures, Plan, Row, Unit};

fn main() {
    let mut args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let only =
        args.iter().position(|a| a == "--only").map(|at| args.drain(at..at + 2).nth(1).expect("whose"));
    let flag = |name: &str| args.iter().any(|a| a == name);
    let (json, quick, exact) = (flag("--json"), flag("--quick"), flag("--exact"));
    let scale = Scale::new(quick);
    let wanted: Vec<&String> = args.iter().filter(|a| !a.starts_with("--")).collect();
    let rows = rows(&scale);
    let fits = |name: &str, w: &str| if exact { name == w } else { name.contains(w) };
    let rows = rows.into_iter().filter(|r| wanted.is_empty() || wanted.iter().any(|w| fits(&r.name, w)));
    let rows: Vec<Row> = rows.collect();
    report::run(&rows, &Plan { rounds: if quick { 1 } else { 5 }, only, json });
}

/// What is measured: each time it is asked it does the work once and says how fast.
fn rows(scale: &Scale) -> Vec<Row> {
    let s = *scale;
    let lifecycle = |idle: u32| {
        let name = if idle == 0 { "lifecycle".to_owned() } else { format!("lifecycle beside {idle} idle") };
        Row::new(name, Unit::PerSecond, move |who| match who {
            Figures::Closewait => Some(closewait::lifecycle(s.lifecycles, idle)),
            Figures::Smoltcp if idle == 0 => Some(smoltcp::lifecycle(s.lifecycles, 0)),
            Figures::Smoltcp if idle == 1_000 => Some(smoltcp::lifecycle(s.lifecycles / 100, idle)),
            Figures::Turmoil if idle == 0 => Some(tokios::lifecycle(s.lifecycles / 10)),
            Figures::Smoltcp | Figures::Turmoil | Figures::Duplex => None,
        })
    };
    let bulk = |name: &str, ours: fn(u64) -> f64| {
        Row::new(name.to_owned(), Unit::BytesPerSecond, move |who| {
            Some(match who {
                Figures::Closewait => ours(s.bulk),
                Figures::Smoltcp => smoltcp::bulk(s.bulk),
                Figures::Turmoil => tokios::bulk(s.bulk),
                Figures::Duplex => tokios::duplex(s.bulk),
            })
        })
    };
    vec![
        lifecycle(0),
        lifecycle(1_000),
        lifecycle(100_000),
        lifecycle(1_000_000),
        bulk("bulk shared", closewait::bulk_shared),
        bulk("bulk copying", closewait::bulk_copying),
        Row::new("heap per idle connection".to_owned(), Unit::Bytes, move |who| match who {
            Figures::Closewait => Some(closewait::heap_idle(s.heap)),
            Figures::Smoltcp => Some(smoltcp::heap_idle(s.heap / 10)),
            Figures::Turmoil | Figures::Duplex => None,
        }),
        Row::new("heap per TIME_WAIT".to_owned(), Unit::Bytes, move |who| match who {
            Figures::Closewait => Some(closewait::heap_time_wait(s.heap)),
            Figures::Smoltcp | Figures::Turmoil | Figures::Duplex => None,
        }),
        Row::new("idle".to_owned(), Unit::SecondsPerSecond, move |who| match who {
            Figures::Closewait => Some(closewait::idle(s.idle_seconds)),
            Figures::Smoltcp => Some(smoltcp::idle(s.idle_seconds / 10)),
            Figures::Turmoil | Figures::Duplex => None,
        }),
    ]
}
