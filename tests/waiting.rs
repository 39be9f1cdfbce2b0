//! select, WSAPoll, WSAEventSelect and WSAAsyncSelect as scenarios, each under every profile: what Windows is known
//! to do of waiting and of telling (WF-3.8 to 3.11, WF-5.13 to 5.20, WF-6.1 to 6.15, CS-B4, CS-E13, R9, R10, R82).
//!
//! Expected values come from those facts and from Wine's tests, which were run on Windows. `tests/mutations-waiting.txt`
//! names the mutation under which each test was seen to fail.

#[path = "waiting/arrivals.rs"]
mod arrivals;
#[path = "waiting/closed.rs"]
mod closed;
#[path = "waiting/events.rs"]
mod events;
#[path = "waiting/messages.rs"]
mod messages;
#[path = "waiting/objects.rs"]
mod objects;
#[path = "waiting/poll.rs"]
mod poll;
#[path = "waiting/refused.rs"]
mod refused;
#[path = "waiting/select.rs"]
mod select;
#[path = "waiting/support.rs"]
mod support;
#[path = "waiting/table.rs"]
mod table;
