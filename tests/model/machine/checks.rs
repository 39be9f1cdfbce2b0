//! What the machine checks of a run.

use super::{Machine, NO_HANDLE};
use crate::model::network::{End, Left, Over};
use crate::model::program::{Op, THREADS, host_of, process_of};
use crate::model::reference::closing::Closing;
use crate::model::reference::{Answer, Asked, Cancelled, SocketId, answer};
use crate::model::situations::{count, note, note_return};
use bytes::Bytes;
use closewait::tcp::StateName;
use closewait::winsock::{Call, Outcome, ProtocolInfo, Value, consts::*};
use std::sync::LazyLock;

/// What the `serial`-th call of a program sends, from its byte `at` on.
pub(super) fn text(serial: usize, at: usize, len: usize) -> Bytes {
    const PERIOD: usize = 251;
    static TEXT: LazyLock<Bytes> =
        LazyLock::new(|| (0..=u8::MAX).cycle().filter(|&b| usize::from(b) < PERIOD).take(1 << 18).collect());
    let from = (serial * 7 + at) % PERIOD;
    TEXT.slice(from..from + len)
}

/// What a close puts on the wire in the instant of the call: CS-B2, CS-E4, CS-E10, R28. CS-E11: after a hard close
/// nothing is left, no TIME_WAIT either.
pub(super) fn judge_close(closing: Closing, asked: &Asked, left: &Left, end: Option<&End>) {
    let packets = left.packets[host_of(process_of(asked.thread))];
    let right = match closing {
        Closing::NotLast | Closing::Nothing | Closing::HardLate => packets == 0,
        Closing::WouldBlock => left.fins == 0,
        Closing::Hard(_) => left.resets.len() == 1 && end.is_some_and(|end| end.over == Some(Over::Aborted)),
        Closing::Graceful | Closing::Lingers => left.resets.is_empty(),
        Closing::Listener | Closing::Opening => true,
    };
    assert!(right, "{asked:?} is {closing:?}, and {left:?} {end:?}");
}

impl Machine {
    /// Looks at what has happened.
    pub(super) fn look(&mut self) -> Left {
        self.world.assert_invariants();
        let entries = self.log.entries();
        let left = self.network.update(&self.world, &entries[self.read..]);
        self.read = entries.len();
        self.reference.settle(&self.network);
        left
    }

    /// Nobody resets a connection without cause.
    pub(super) fn judge_resets(&self, left: &Left) {
        for reset in &left.resets {
            let Some((end, state)) = reset.from else { continue };
            if matches!(state, StateName::SynSent | StateName::SynReceived) {
                continue;
            }
            let owned = self.reference.streams.get(&end).is_some_and(|stream| stream.socket.is_some());
            let due = if owned {
                self.reference.reset_is_due(end, reset, self.world.now())
            } else {
                // R21: nobody has accepted it, and nobody will.
                !self.reference.is_listened(end, &self.network)
            };
            let stream = self.reference.streams.get(&end);
            assert!(due, "a RST without cause from {:?}, {stream:?}", self.network.ends[end]);
        }
    }

    /// A call has returned a value: handles that it made, bytes that it read.
    pub(super) fn take(&mut self, thread: usize, op: Op, socket: Option<SocketId>, value: &Value) {
        let process = process_of(thread);
        match (value, op) {
            (Value::Handle(new), Op::Socket { new: id }) => {
                self.handles.insert(id, new.0);
                self.reference.made(process, new.0);
            }
            (Value::Handle(new), Op::DuplicateHandle { new: id, .. }) => {
                self.handles.insert(id, new.0);
                self.reference.refer(process, new.0, socket.expect("WF-2.18: only of a handle"));
                note("DuplicateHandle");
            }
            (Value::Info(info), Op::Duplicate { by, new, .. }) => {
                self.duplicated(by, new, *info, socket.expect("CS-A4"));
            }
            (Value::Accepted(new, peer), Op::Accept { new: id, .. }) => {
                self.handles.insert(id, new.0);
                let listener = socket.expect("CS-A4");
                let port = self.reference.sockets[listener].port.expect("a listener is bound");
                let host = host_of(process);
                let end =
                    self.network.end(&(host, self.name(host, port), *peer)).expect("an end was accepted");
                self.reference.accepted(process, new.0, listener, end);
            }
            (Value::Received(data), Op::Recv { .. }) => {
                self.received(socket.expect("CS-A4"), &data.to_bytes());
            }
            _ => {}
        }
    }

    /// WSASocket by the other thread; what WSADuplicateSocket wrote is good once (WF-7.10).
    fn duplicated(&mut self, by: usize, new: u32, info: ProtocolInfo, socket: SocketId) {
        let call = || Call::WsaSocket {
            family: AF_INET,
            kind: SOCK_STREAM,
            protocol: IPPROTO_TCP,
            info: Some(info),
        };
        let outcome = self.world.call(self.threads[by], call(), &mut self.log);
        let Outcome::Returned(returned) = outcome else { panic!("WSASocket waits") };
        let Ok(Value::Handle(handle)) = returned.result else { panic!("WSASocket: {returned:?}") };
        let process = process_of(by);
        self.handles.insert(new, handle.0);
        self.reference.refer(process, handle.0, socket);
        let again = self.world.call(self.threads[by], call(), &mut self.log);
        assert!(matches!(again, Outcome::Returned(r) if r.result.is_err()), "WF-7.10: it is used up");
        let left = self.look();
        assert_eq!(left.packets, [0, 0], "a duplicate is nothing to the network");
        let own = self.reference.processes[process].handles.values().filter(|&&id| id == socket).count();
        note(if own > 1 {
            "WSADuplicateSocket for its own process"
        } else {
            "WSADuplicateSocket for another process"
        });
    }

    /// CS-E12, contract of TCP: what is received is what was sent, in order; the stream ends after all of it, and not
    /// before the peer ended it.
    fn received(&mut self, id: SocketId, data: &Bytes) {
        let end = self.reference.end(id).expect("who reads has an end");
        let peer = self.network.peer(end).expect("every end has a peer");
        let at = self.reference.stream(Some(end)).received;
        let sent = self.reference.streams.get(&peer).map(|stream| stream.sent.clone()).unwrap_or_default();
        if data.is_empty() {
            let total: usize = sent.iter().map(|(_, len)| len).sum();
            assert_eq!(at, total, "the end of the stream comes after its last byte");
            note("the end of the stream, after all that was sent");
            return;
        }
        let mut right = Vec::new();
        let (mut from, mut skip) = (at, at + data.len());
        for (serial, len) in sent {
            let here = from.min(len);
            let take = (skip.min(len)).saturating_sub(here);
            right.extend_from_slice(&text(serial, here, take));
            (from, skip) = (from.saturating_sub(len), skip.saturating_sub(len));
        }
        assert!(right == data[..], "bytes {at} to {} are not what was sent", at + data.len());
        self.reference.received(end, data.len(), &mut self.network);
    }

    /// The blocked calls that have returned: those that were cancelled, with the code that they must have; the others,
    /// if what they waited for is there.
    pub(super) fn take_returns(&mut self, mut cancelled: Vec<Cancelled>) {
        let now = self.world.now();
        while let Some((thread, returned)) = self.world.poll_returned() {
            let thread = self.threads.iter().position(|&t| t == thread).expect("a thread of the program");
            let actual = answer(&returned.result, NO_HANDLE);
            if let Some(place) = cancelled.iter().position(|(t, _)| *t == thread) {
                let (_, due) = cancelled.remove(place);
                assert_eq!(actual, due, "the cancelled call of thread {thread}");
                let lingered = due == Answer::Zero;
                note(if lingered {
                    "cancelled: a lingering close, by WSACleanup (R33)"
                } else {
                    "cancelled: WSAEINTR"
                });
                continue;
            }
            let blocked = self.reference.released(thread, actual, now, &self.network);
            let blocked = blocked.unwrap_or_else(|why| panic!("thread {thread}: {why}"));
            note_return(&blocked, actual, now);
            let failed = matches!(actual, Answer::Fails(_));
            if !failed {
                self.reference.did(blocked.op, blocked.socket, blocked.serial, &self.network);
            }
            if let Ok(value) = &returned.result {
                self.take(thread, blocked.op, Some(blocked.socket), value);
            }
        }
        assert_eq!(cancelled, [], "these calls are cancelled by the close");
        self.judge_waiting();
    }

    /// Nobody waits for what is there; no deadline passes unmet.
    pub(super) fn judge_waiting(&mut self) {
        let now = self.world.now();
        let overdue = self.reference.overdue(now, &self.network);
        assert_eq!(overdue, None, "it should have returned");
        let late = self.reference.outlives_its_deadline(now, &self.network);
        assert_eq!(late, None, "CS-E8: its time is up: {:?}", late.map(|end| &self.network.ends[end]));
    }

    /// Every socket is closed, by each process's last thread; time passes; the world comes to rest.
    pub(super) fn finish(&mut self) {
        count(false);
        if self.setup.drain {
            self.drain();
        }
        while let Some(&(process, handle)) = self.reference.open().first() {
            let (thread, s) = (THREADS + process, self.named(handle));
            self.call(thread, Op::Close { s });
            // CS-E10: the handle is still there.
            self.call(thread, Op::DontLinger { s, yes: true });
            self.call(thread, Op::Close { s });
            while self.reference.blocked.contains_key(&thread) {
                self.event();
            }
        }
        while self.world.next_event().is_some() {
            self.event();
        }
        assert_eq!(self.world.stuck(), [], "the world comes to rest");
        assert!(self.reference.blocked.is_empty(), "{:?} still wait", self.reference.blocked);
        for host in self.world.hosts() {
            assert_eq!(self.world.host(host).leaks(), [], "CS-B8: every socket was closed");
        }
    }

    /// What is there is read, until nothing comes any more.
    fn drain(&mut self) {
        for _ in 0..3 {
            self.pass(5000);
            for (process, handle) in self.reference.open() {
                let (thread, s) = (THREADS + process, self.named(handle));
                self.call(thread, Op::Nonblocking { s, yes: true });
                for _ in 0..3 {
                    self.call(thread, Op::Recv { s, len: 1_000_000 });
                }
            }
        }
    }

    /// A name for a handle.
    fn named(&mut self, handle: u32) -> u32 {
        let name = u32::MAX - handle;
        self.handles.insert(name, handle);
        name
    }
}
