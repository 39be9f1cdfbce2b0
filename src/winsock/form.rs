//! The canonical form of a Winsock ([`crate::form`]). Every struct is taken apart by name.
//!
//! Handles are known by their order in their process, sockets by the first handle that stands for them, threads by
//! their order; those that have ended are forgotten.

mod waits;

use super::accept::Asking;
use super::arguments::Handle;
use super::event::{Event, EventId};
use super::handles::{Info, Infos};
use super::options::{Linger, MaxRt, Options, Rare};
use super::process::{HandlePolicy, Handles, Object, Process, Thread};
use super::socket::{Family, Phase, Socket, SocketId};
use super::{ProcessId, ThreadId, Winsock};
use crate::form::{Thing, Writer};
use alloc::vec::Vec;
use core::num::NonZeroU8;

impl Winsock {
    /// Makes sockets and threads known.
    pub(crate) fn meet(&self, w: &mut Writer) {
        for id in self.sockets_in_order() {
            w.meet(Thing::User, id.0);
        }
        for (ThreadId(id), _) in self.live_threads() {
            w.meet(Thing::Thread, id);
        }
        for id in self.events_in_order() {
            w.meet(Thing::Event, id.0);
        }
    }

    /// By the first handle that stands for them; those without one, which a registration or a call holds, after them.
    fn events_in_order(&self) -> Vec<EventId> {
        let held = self.processes.iter().flat_map(|p| p.handles.events()).map(|(_, id)| id);
        let mut order = Vec::new();
        for id in held.chain(self.events.iter().map(|(id, _)| id)) {
            if !order.contains(&id) {
                order.push(id);
            }
        }
        order
    }

    /// By the first handle that stands for them; one that lingers without a handle by the call that waits.
    fn sockets_in_order(&self) -> Vec<SocketId> {
        let held = self.processes.iter().flat_map(|p| p.handles.sockets()).map(|(_, id)| id);
        let waited = self.live_threads().filter_map(|(_, t)| t.blocked.as_ref());
        let waited = waited.flat_map(|blocked| blocked.on.as_slice().iter().copied());
        let mut order = Vec::new();
        for id in held.chain(waited) {
            if !order.contains(&id) {
                order.push(id);
            }
        }
        // A lingering close whose thread has ended.
        let rest: Vec<_> = self.sockets.iter().map(|(id, _)| id).filter(|id| !order.contains(id)).collect();
        order.extend(rest);
        order
    }

    fn live_threads(&self) -> impl Iterator<Item = (ThreadId, &Thread)> {
        let threads = self.threads.iter().enumerate().filter(|(_, thread)| !thread.ended);
        threads.map(|(i, thread)| (self.thread_id(i), thread))
    }

    pub(crate) fn form(&self, w: &mut Writer) {
        // How many were before the last loss of power only moves numbers.
        // A call's deadline is the call's.
        let Self {
            processes,
            threads: _,
            gone: _,
            sockets: _,
            events: _,
            infos,
            deadlines: _,
            failed,
            out,
            quiet: _,
        } = self;
        w.put("winsock failed", *failed);
        w.count("winsock out", out.len());
        w.count("processes", processes.len());
        for Process { startups, legacy, ended, handles, messages } in processes {
            w.put("startups", *startups);
            w.put("legacy", *legacy);
            w.put("ended", *ended);
            handles_form(handles, w);
            self.messages_form(handles, messages, w);
        }
        let sockets = self.sockets_in_order();
        w.count("sockets", sockets.len());
        for id in sockets {
            self.socket_form(self.sockets.get(id), w);
        }
        // Which numbers were given is known to programs alone.
        let Infos { open, next: _ } = infos;
        w.count("infos", open.len());
        for Info { socket, process } in open.values() {
            w.id("info", Thing::User, socket.0);
            self.process_form("for", *process, w);
        }
        let events = self.events_in_order();
        w.count("events", events.len());
        for id in events {
            let Event { signalled, references, waiters } = self.events.get(id);
            w.put("signalled", *signalled);
            w.put("references", *references);
            waiters.iter().for_each(|thread| w.id("waiter", Thing::Thread, thread.0));
        }
        w.count("threads", self.live_threads().count());
        for (_, Thread { process, ended: _, last_error, blocked, asking, hook }) in self.live_threads() {
            self.process_form("process", *process, w);
            w.fine("last_error", *last_error);
            w.put("hook", *hook);
            w.put("blocked", blocked.is_some());
            if let Some(blocked) = blocked {
                self.blocked_form(*process, blocked, w);
            }
            w.put("asking", asking.is_some());
            if let Some(Asking { listener, handle, caller }) = asking {
                w.id("listener", Thing::User, listener.0);
                self.handle_form(*process, *handle, w);
                w.put("caller", u32::from(caller.port));
            }
        }
    }

    fn process_form(&self, name: &'static str, ProcessId(id): ProcessId, w: &mut Writer) {
        w.put(name, id.checked_sub(self.gone.processes));
    }

    fn socket_form(&self, socket: &Socket, w: &mut Writer) {
        // Who made it is for reports.
        let Socket {
            family,
            phase,
            options: set,
            nonblocking,
            references,
            binding,
            receive_shut,
            send_shut,
            error,
            end_told,
            connect_failed,
            waiters,
            owner,
            accepted,
            maker: _,
            made: _,
        } = socket;
        w.put(
            "family",
            match family {
                Family::Inet => "inet",
                Family::Inet6 => "inet6",
            },
        );
        phase_form(*phase, w);
        options(set, w);
        w.put("nonblocking", *nonblocking);
        w.put("references", *references);
        w.put("bound", binding.is_some());
        binding.iter().for_each(|id| id.form(w));
        w.put("receive_shut", *receive_shut);
        w.put("send_shut", *send_shut);
        w.put("error", error.map(super::WsaError::code));
        w.put("end_told", *end_told);
        w.put("connect_failed", connect_failed.map(super::WsaError::code));
        w.count("waiters", waiters.as_slice().len());
        waiters.as_slice().iter().for_each(|thread| w.id("waiter", Thing::Thread, thread.0));
        // What made it decides whether FD_CONNECT is told.
        w.put("accepted", *accepted);
        w.put("notify", waiters.notify().is_some());
        if let Some(notify) = waiters.notify() {
            self.notify_form(notify, w);
        }
        self.process_form("owner", *owner, w);
    }
}

/// Every handle of a process with what it stands for, in the order of values.
fn in_order(handles: &Handles) -> Vec<(Handle, Object)> {
    let mut all: Vec<_> = handles.objects.iter().map(|(&value, &object)| (Handle(value), object)).collect();
    all.sort_unstable_by_key(|&(handle, _)| handle);
    all
}

fn handles_form(handles: &Handles, w: &mut Writer) {
    // New values lie above all others. Who made a duplicate is for reports.
    let Handles { policy, objects: _, next: _, free, unnamed, duplicates: _ } = handles;
    w.put(
        "policy",
        match policy {
            HandlePolicy::Never => "never",
            HandlePolicy::LowestFree => "lowest free",
        },
    );
    let all = in_order(handles);
    w.count("handles", all.len());
    for (_, object) in &all {
        match object {
            Object::Socket(id) => w.id("handle", Thing::User, id.0),
            Object::Event(id) => w.id("event", Thing::Event, id.0),
            Object::Closing(id) => w.id("closing", Thing::User, id.0),
        }
    }
    // A free value above all others is as good as a new one.
    let below = |value: u32| all.iter().filter(|(handle, _)| handle.0 < value).count();
    for place in free.iter().map(|&value| below(value)).filter(|&place| place < all.len()) {
        w.fine("place", u64::try_from(place).unwrap_or(u64::MAX));
    }
    w.fine("places", "end");
    unnamed.iter().for_each(|&value| w.count("unnamed", below(value)));
}

fn phase_form(phase: Phase, w: &mut Writer) {
    let (name, conn) = match phase {
        Phase::Unconnected => ("unconnected", None),
        Phase::Listening(listener) => {
            w.put("phase", "listening");
            return listener.form(w);
        }
        // The stack knows whose datagrams are whose.
        Phase::Datagram(Some(_)) => ("datagrams", None),
        Phase::Datagram(None) => ("datagrams unbound", None),
        Phase::Connecting(conn) => ("connecting", Some(conn)),
        Phase::Connected(conn) => ("connected", Some(conn)),
        Phase::Closing(conn) => ("closing", Some(conn)),
    };
    w.put("phase", name);
    conn.iter().for_each(|conn| conn.form(w));
}

fn options(options: &Options, w: &mut Writer) {
    let Options { linger, send_buffer, receive_buffer, linger_named, sharing, nodelay, keep_alive, rare } =
        options;
    let Linger { l_onoff, l_linger } = *linger;
    w.put("l_onoff", l_onoff);
    w.put("l_linger", l_linger);
    w.put("send_buffer", *send_buffer);
    w.put("receive_buffer", *receive_buffer);
    w.put("linger_named", *linger_named);
    w.put("sharing", sharing.name());
    w.put("nodelay", *nodelay);
    w.put("keep_alive", *keep_alive);
    w.put("rare", rare.is_some());
    rare.iter().for_each(|rare| rare_options(rare, w));
}

fn rare_options(rare: &Rare, w: &mut Writer) {
    let Rare {
        send_timeout,
        receive_timeout,
        keep_idle,
        keep_interval,
        keep_probes,
        ack_frequency,
        max_rt,
        oob_inline,
        expedited_1122,
        timestamps,
        no_syn_retries,
        fail_on_icmp,
        pause_accept,
        broadcast,
    } = *rare;
    w.put("send_timeout", send_timeout);
    w.put("receive_timeout", receive_timeout);
    w.put("keep_idle", keep_idle);
    w.put("keep_interval", keep_interval);
    w.put("keep_probes", keep_probes);
    w.put("ack_frequency", ack_frequency.map(NonZeroU8::get));
    match max_rt {
        MaxRt::System => w.put("max_rt", "system"),
        MaxRt::Never => w.put("max_rt", "never"),
        MaxRt::After(ms) => w.put("max_rt", ms),
    }
    w.put("oob_inline", oob_inline);
    w.put("expedited_1122", expedited_1122);
    w.put("timestamps", timestamps.is_some());
    w.put("timestamps on", timestamps == Some(true));
    w.put("no_syn_retries", no_syn_retries);
    w.put("fail_on_icmp", fail_on_icmp);
    w.put("pause_accept", pause_accept);
    w.put("broadcast", broadcast);
}
