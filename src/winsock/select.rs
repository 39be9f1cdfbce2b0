//! select and WSAPoll: which sockets are ready, and for what.

use super::answer::{Attempt, Return, Value};
use super::arguments::{FdSets, Handle, PollFd, Timeval};
use super::blocked::{Blocked, On, Wait};
use super::consts::{POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLRDBAND, POLLRDNORM, POLLWRNORM};
use super::error::WsaError;
use super::process::{ProcessId, ThreadId};
use super::socket::{Phase, SocketId};
use super::{Outcome, Winsock};
use crate::rule::Rule;
use crate::stack::Stack;
use crate::time::{Duration, Instant};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// A handle and the socket that it stood for when the call was made.
type Asked = (Handle, SocketId);

/// The sets of a select that waits.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Selecting {
    pub(super) read: Option<Vec<Asked>>,
    pub(super) write: Option<Vec<Asked>>,
    pub(super) except: Option<Vec<Asked>>,
}

impl Selecting {
    fn all(&self) -> impl Iterator<Item = Asked> {
        [&self.read, &self.write, &self.except].into_iter().flatten().flatten().copied()
    }

    /// The sets with nobody in them.
    pub(super) fn none(&self) -> FdSets {
        self.keep(|_, _| false)
    }

    /// The sets with those in them who are ready, each once, as `ready` says of each set and socket.
    fn keep(&self, ready: impl Fn(Set, SocketId) -> bool) -> FdSets {
        let keep = |which: Set, set: &Option<Vec<Asked>>| {
            let ready = set.as_ref()?.iter().filter(|&&(_, id)| ready(which, id));
            Some(distinct(ready.map(|&(handle, _)| handle)))
        };
        FdSets {
            read: keep(Set::Read, &self.read),
            write: keep(Set::Write, &self.write),
            except: keep(Set::Except, &self.except),
        }
    }
}

/// A set of select.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Set {
    Read,
    Write,
    Except,
}

/// The entries of a WSAPoll that waits; a handle that was no socket has none.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Polling {
    pub(super) entries: Vec<(Option<SocketId>, i16)>,
}

impl Polling {
    /// What each entry says when nothing came of the wait.
    pub(super) fn none(&self) -> Value {
        self.answer(|_, _| 0)
    }

    /// WF-5.19: an entry that named no socket says so, and is not counted.
    fn answer(&self, flags: impl Fn(SocketId, i16) -> i16) -> Value {
        let revents = |&(id, events): &(Option<SocketId>, i16)| id.map_or(POLLNVAL, |id| flags(id, events));
        let revents: Vec<_> = self.entries.iter().map(revents).collect();
        let ready = self.entries.iter().zip(&revents).filter(|((id, _), flags)| id.is_some() && **flags != 0);
        Value::Polled { count: ready.count(), revents }
    }
}

/// Each once, in the order in which it is first named.
fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut distinct = Vec::new();
    for one in all {
        if !distinct.contains(&one) {
            distinct.push(one);
        }
    }
    distinct
}

impl Winsock {
    pub(super) fn select(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        sets: &FdSets,
        timeout: Option<Timeval>,
    ) -> Outcome {
        let (selecting, time) = match self.selecting(thread, sets).and_then(|s| Ok((s, wait_for(timeout)?))) {
            Ok(asked) => asked,
            Err(error) => return self.immediate(Attempt::fail(error)),
        };
        let sockets = distinct(selecting.all().map(|(_, id)| id));
        let handle = selecting.all().next().map_or(Handle::INVALID_SOCKET, |(handle, _)| handle);
        let wait = Wait::Select(Box::new(selecting));
        let until = time.map(|time| now + time);
        self.attempt_or_wait(
            stack,
            now,
            thread,
            Blocked { on: On::Sockets(sockets), handle, wait, since: now, until },
        )
    }

    /// The sets with their sockets. The select page: at least one of them names one.
    fn selecting(&self, thread: ThreadId, sets: &FdSets) -> Result<Selecting, WsaError> {
        if sets.count() == 0 {
            return Err(WsaError::Inval);
        }
        let process = self.thread(thread).process;
        let resolve = |set: &Option<Vec<Handle>>| -> Result<Option<Vec<Asked>>, WsaError> {
            let Some(set) = set else { return Ok(None) };
            set.iter().map(|&s| Ok((s, self.socket_of(process, s)?))).collect::<Result<_, _>>().map(Some)
        };
        Ok(Selecting {
            read: resolve(&sets.read)?,
            write: resolve(&sets.write)?,
            except: resolve(&sets.except)?,
        })
    }

    pub(super) fn try_select(&self, stack: &Stack, selecting: &Selecting) -> Attempt {
        let ready = self.selected(stack, selecting);
        if ready.count() == 0 {
            return Attempt::Wait;
        }
        Attempt::Done(Ok(Value::Selected(Box::new(ready))), Rule::Ready)
    }

    fn selected(&self, stack: &Stack, selecting: &Selecting) -> FdSets {
        selecting.keep(|set, id| match set {
            Set::Read => self.is_readable(stack, id),
            Set::Write => self.is_writable(stack, id),
            Set::Except => self.is_exceptional(stack, id),
        })
    }

    /// WF-5.13, 5.14: the socket of a waiting select is closed. In the read set it counts as ready; in no other is it a
    /// socket any more.
    pub(super) fn select_closed(&self, stack: &Stack, selecting: &Selecting, closed: SocketId) -> Return {
        let reads = selecting.read.iter().flatten().any(|&(_, id)| id == closed);
        let result = if reads {
            let ready = selecting.keep(|set, id| match set {
                _ if id == closed => set == Set::Read,
                Set::Read => self.is_readable(stack, id),
                Set::Write => self.is_writable(stack, id),
                Set::Except => self.is_exceptional(stack, id),
            });
            Ok(Value::Selected(Box::new(ready)))
        } else {
            Err(WsaError::NotSock)
        };
        Return { result, rule: Rule::ClosedWhileWaiting }
    }

    pub(super) fn poll(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        fds: Option<&[PollFd]>,
        timeout: i32,
    ) -> Outcome {
        let process = self.thread(thread).process;
        let polling = match self.polling(process, fds) {
            Ok(polling) => polling,
            Err(error) => return self.immediate(Attempt::fail(error)),
        };
        let sockets = distinct(polling.entries.iter().filter_map(|&(id, _)| id));
        let handle = fds.and_then(|fds| fds.first()).map_or(Handle::INVALID_SOCKET, |entry| entry.fd);
        let until = u64::try_from(timeout).ok().map(|ms| now + Duration::from_millis(ms));
        let wait = Wait::Poll(Box::new(polling));
        self.attempt_or_wait(
            stack,
            now,
            thread,
            Blocked { on: On::Sockets(sockets), handle, wait, since: now, until },
        )
    }

    /// The WSAPoll page: no other flags may be asked for than those for reading and writing; Windows looks at those of
    /// sockets, and of what follows one. WF-5.19: handles that are no sockets are passed over, unless all are.
    fn polling(&self, process: ProcessId, fds: Option<&[PollFd]>) -> Result<Polling, WsaError> {
        let fds = fds.ok_or(WsaError::Fault)?;
        if fds.is_empty() {
            return Err(WsaError::Inval);
        }
        let entries: Vec<_> =
            fds.iter().map(|entry| (self.socket_of(process, entry.fd).ok(), entry.events)).collect();
        let Some(first) = entries.iter().position(|(id, _)| id.is_some()) else {
            return Err(WsaError::NotSock);
        };
        if entries[first..].iter().any(|(_, events)| events & !(POLLIN | POLLWRNORM) != 0) {
            return Err(WsaError::Inval);
        }
        Ok(Polling { entries })
    }

    pub(super) fn try_poll(&self, stack: &Stack, polling: &Polling) -> Attempt {
        let answer = polling.answer(|id, events| self.polled(stack, id, events));
        if answer.number() == Some(0) { Attempt::Wait } else { Attempt::Done(Ok(answer), Rule::Ready) }
    }

    fn polled(&self, stack: &Stack, id: SocketId, events: i16) -> i16 {
        self.poll_flags(stack, id) & (events | POLLERR | POLLHUP)
    }

    /// WF-5.15: the socket of a waiting WSAPoll is closed.
    pub(super) fn poll_closed(&self, stack: &Stack, polling: &Polling, closed: SocketId) -> Return {
        let flags = |id, events| if id == closed { POLLNVAL } else { self.polled(stack, id, events) };
        Return { result: Ok(polling.answer(flags)), rule: Rule::ClosedWhileWaiting }
    }

    /// Whether recv or accept would not wait.
    pub(super) fn is_readable(&self, stack: &Stack, id: SocketId) -> bool {
        match self.sockets.get(id).phase {
            Phase::Listening(listener) => stack.waiting(listener) > 0,
            Phase::Connected(conn) | Phase::Closing(conn) => {
                let state = stack.state(conn);
                state.readable() > 0 || state.fin_received() || state.cause().is_some()
            }
            Phase::Datagram(bound) => bound.is_some_and(|bound| stack.peek_datagram(bound).is_some()),
            Phase::Unconnected | Phase::Connecting(_) => false,
        }
    }

    /// Whether send would not wait (R34), or connect has succeeded.
    pub(super) fn is_writable(&self, stack: &Stack, id: SocketId) -> bool {
        let socket = self.sockets.get(id);
        match socket.phase {
            Phase::Connected(conn) | Phase::Closing(conn) => {
                let state = stack.state(conn);
                let queued = state.unacknowledged();
                queued == 0 || queued < socket.options.send_buffer as usize || state.cause().is_some()
            }
            Phase::Datagram(_) => true,
            Phase::Unconnected | Phase::Listening(_) | Phase::Connecting(_) => false,
        }
    }

    /// Whether connect has failed (WF-6.14), or urgent data can be read.
    fn is_exceptional(&self, stack: &Stack, id: SocketId) -> bool {
        self.has_failed_to_connect(id) || self.is_urgent(stack, id)
    }

    fn has_failed_to_connect(&self, id: SocketId) -> bool {
        let socket = self.sockets.get(id);
        let over = matches!(socket.phase, Phase::Unconnected | Phase::Listening(_));
        over && socket.connect_failed.is_some()
    }

    /// Whether recv with MSG_OOB would succeed.
    pub(super) fn is_urgent(&self, stack: &Stack, id: SocketId) -> bool {
        self.connection(id).is_ok_and(|conn| stack.state(conn).has_urgent_octet())
    }

    /// What WSAPoll says of a socket (WF-3.9, 6.10, 6.14).
    fn poll_flags(&self, stack: &Stack, id: SocketId) -> i16 {
        let flag = |flag: i16, set: bool| if set { flag } else { 0 };
        match self.sockets.get(id).phase {
            Phase::Connected(conn) | Phase::Closing(conn) => {
                let state = stack.state(conn);
                let failed = state
                    .cause()
                    .is_some_and(|cause| super::io::pending_error(cause, stack.profile()).is_some());
                let ended = state.fin_received() || state.cause().is_some();
                flag(POLLRDNORM, state.readable() > 0)
                    | flag(POLLRDBAND, self.is_urgent(stack, id))
                    | flag(POLLWRNORM, self.is_writable(stack, id))
                    | flag(POLLHUP, ended)
                    | flag(POLLERR, failed)
            }
            Phase::Listening(_) => flag(POLLRDNORM, self.is_readable(stack, id)),
            Phase::Datagram(_) => POLLWRNORM | flag(POLLRDNORM, self.is_readable(stack, id)),
            Phase::Unconnected if self.has_failed_to_connect(id) => POLLWRNORM | POLLHUP | POLLERR,
            Phase::Unconnected | Phase::Connecting(_) => 0,
        }
    }
}

/// How long select waits.
fn wait_for(timeout: Option<Timeval>) -> Result<Option<Duration>, WsaError> {
    let Some(Timeval { sec, usec }) = timeout else { return Ok(None) };
    let (sec, usec) = (u64::try_from(sec), u64::try_from(usec));
    let time = |sec, usec| Duration::from_secs(sec) + Duration::from_micros(usec);
    sec.and_then(|sec| Ok(Some(time(sec, usec?)))).map_err(|_| WsaError::Inval)
}
