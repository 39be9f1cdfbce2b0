//! bind, listen, accept, connect, and the names of both ends.

use super::blocked::{Blocked, Wait};
use super::call::{Attempt, Handle, Value, consts};
use super::error::WsaError;
use super::process::{Object, ProcessId, ThreadId};
use super::socket::{Family, Phase, Socket, SocketId, Waiters};
use super::{Outcome, Winsock, options::Options};
use crate::addr::Endpoint;
use crate::rule::Rule;
use crate::stack::{BindError, ConnectError, Stack};
use crate::time::Instant;

impl Winsock {
    pub(super) fn socket(
        &mut self,
        stack: &Stack,
        now: Instant,
        thread: ThreadId,
        process: ProcessId,
        (family, kind, protocol): (i32, i32, i32),
    ) -> Result<Value, WsaError> {
        let family = match family {
            consts::AF_INET => Family::Inet,
            consts::AF_INET6 => Family::Inet6,
            _ => return Err(WsaError::AfNoSupport),
        };
        let phase = match (kind, protocol) {
            (consts::SOCK_STREAM, 0 | consts::IPPROTO_TCP) => Phase::Unconnected,
            (consts::SOCK_DGRAM, 0 | consts::IPPROTO_UDP) => Phase::Datagram(None),
            (consts::SOCK_DGRAM, 1..=255) => return Err(WsaError::ProtoType),
            (consts::SOCK_DGRAM, _) => return Err(WsaError::ProtoNoSupport),
            (consts::SOCK_STREAM, 1..=255) => return Err(WsaError::ProtoType),
            (consts::SOCK_STREAM, _) => return Err(WsaError::ProtoNoSupport),
            (_, _) => return Err(WsaError::SocktNoSupport),
        };
        let socket = Socket {
            family,
            phase,
            options: Options::new(stack.profile()),
            nonblocking: false,
            references: 1,
            binding: None,
            receive_shut: false,
            send_shut: false,
            error: None,
            end_told: false,
            connect_failed: None,
            waiters: Waiters::Nobody,
            owner: process,
            accepted: false,
            maker: thread,
            made: now,
        };
        self.new_handle(process, socket).map(Value::Handle).ok_or(WsaError::NoBufs)
    }

    fn new_handle(&mut self, process: ProcessId, socket: Socket) -> Option<Handle> {
        let id = self.sockets.insert(socket);
        let handle = self.process_mut(process).handles.insert(Object::Socket(id));
        if handle.is_none() {
            self.sockets.remove(id);
        }
        handle
    }

    pub(super) fn bind(
        &mut self,
        stack: &mut Stack,
        id: SocketId,
        name: Endpoint,
    ) -> Result<Value, WsaError> {
        let socket = self.sockets.get_mut(id);
        if !socket.family.fits(name) {
            return Err(WsaError::AfNoSupport);
        }
        // WF-9.18; a socket that accept made has its connection's name.
        if socket.binding.is_some() || socket.phase != Phase::Unconnected {
            return Err(WsaError::Inval);
        }
        socket.binding = Some(stack.bind(name, socket.options.sharing).map_err(bind_error)?);
        Ok(Value::Zero)
    }

    pub(super) fn listen(
        &mut self,
        stack: &mut Stack,
        id: SocketId,
        backlog: i32,
    ) -> Result<Value, WsaError> {
        let backlog = waiting_places(backlog).min(stack.profile().max_backlog);
        let socket = self.sockets.get_mut(id);
        match socket.phase {
            Phase::Listening(listener) => stack.set_backlog(listener, backlog),
            Phase::Connected(_) | Phase::Closing(_) => return Err(WsaError::IsConn),
            Phase::Connecting(_) => return Err(WsaError::Inval),
            // WF-10.16.
            Phase::Datagram(_) => return Err(WsaError::OpNotSupp),
            Phase::Unconnected => {
                let binding = socket.binding.ok_or(WsaError::Inval)?;
                let choices = socket.options.choices(stack.profile());
                let listener = stack.listen(id.0, binding, backlog, choices);
                stack.pause_listener(listener, socket.options.pauses_accept());
                socket.phase = Phase::Listening(listener);
            }
        }
        Ok(Value::Zero)
    }

    pub(super) fn try_accept(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        id: SocketId,
    ) -> Attempt {
        let listening = self.sockets.get(id);
        let Phase::Listening(listener) = listening.phase else { return Attempt::fail(WsaError::Inval) };
        if stack.waiting(listener) == 0 {
            return Attempt::Wait;
        }
        let process = self.thread(thread).process;
        // WF-2.39: options and mode are inherited.
        let accepted = Socket {
            phase: Phase::Unconnected,
            options: listening.options.inherited(),
            references: 1,
            binding: None,
            error: None,
            end_told: false,
            connect_failed: None,
            waiters: Waiters::Nobody,
            owner: process,
            accepted: true,
            maker: thread,
            made: now,
            ..listening.clone()
        };
        let Some(handle) = self.new_handle(process, accepted) else { return Attempt::fail(WsaError::NoBufs) };
        let Ok(new) = self.socket_of(process, handle) else { unreachable!("the handle was just made") };
        match stack.accept(listener, new.0) {
            Some(Ok(conn)) => {
                self.sockets.get_mut(new).phase = Phase::Connected(conn);
                Attempt::ok(Value::Accepted(handle, stack.ends(conn).1))
            }
            failed => {
                self.process_mut(process).handles.remove(handle);
                self.sockets.remove(new);
                if failed.is_some() { Attempt::fail(WsaError::ConnReset) } else { Attempt::Wait }
            }
        }
    }

    pub(super) fn connect(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        (id, s): (SocketId, Handle),
        name: Endpoint,
    ) -> Outcome {
        if let Err(error) = self.begin_connect(stack, now, id, name) {
            let rule = if error == WsaError::AddrInUse { Rule::NameTaken } else { Rule::CallFailed };
            return self.immediate(Attempt::Done(Err(error), rule));
        }
        let blocked = Blocked { socket: id, handle: s, wait: Wait::Connect, since: now };
        self.attempt_or_block(stack, now, thread, blocked)
    }

    fn begin_connect(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        id: SocketId,
        name: Endpoint,
    ) -> Result<(), WsaError> {
        let socket = self.sockets.get_mut(id);
        match socket.phase {
            Phase::Unconnected => {}
            Phase::Listening(_) | Phase::Datagram(_) => return Err(WsaError::Inval),
            Phase::Connecting(_) => return Err(WsaError::Already),
            Phase::Connected(_) | Phase::Closing(_) => return Err(WsaError::IsConn),
        }
        if !socket.family.fits(name) {
            return Err(WsaError::AfNoSupport);
        }
        let choices = socket.options.choices(stack.profile());
        let (binding, fresh) = match socket.binding {
            Some(binding) => (binding, false),
            None => (stack.bind_for(name, socket.options.sharing).map_err(bind_error)?, true),
        };
        let conn = stack.connect(now, id.0, binding, name, choices).map_err(|error| {
            if fresh {
                stack.unbind(binding);
            }
            connect_error(error)
        })?;
        socket.binding = Some(binding);
        socket.phase = Phase::Connecting(conn);
        Ok(())
    }

    pub(super) fn getsockname(&self, stack: &Stack, id: SocketId) -> Result<Value, WsaError> {
        let socket = self.sockets.get(id);
        match (socket.phase, socket.binding) {
            (Phase::Connected(conn) | Phase::Connecting(conn), _) => Ok(Value::Name(stack.ends(conn).0)),
            (Phase::Datagram(Some(bound)), _) => Ok(Value::Name(stack.datagrams_name(bound))),
            (_, Some(binding)) => Ok(Value::Name(stack.bound_to(binding))),
            (_, None) => Err(WsaError::Inval),
        }
    }

    pub(super) fn getpeername(&self, stack: &Stack, id: SocketId) -> Result<Value, WsaError> {
        match self.sockets.get(id).phase {
            // WF-10.7.
            Phase::Connected(conn) | Phase::Connecting(conn) => Ok(Value::Name(stack.ends(conn).1)),
            Phase::Datagram(bound) => {
                let peer = bound.and_then(|bound| stack.datagrams_peer(bound));
                peer.map(Value::Name).ok_or(WsaError::NotConn)
            }
            Phase::Unconnected | Phase::Listening(_) | Phase::Closing(_) => Err(WsaError::NotConn),
        }
    }
}

/// R46: listen's backlog as a number of places. SOMAXCONN_HINT(b) is -b, between 200 and 65,535; 0 is one place.
fn waiting_places(backlog: i32) -> u32 {
    if backlog < 0 { backlog.unsigned_abs().clamp(200, 65_535) } else { backlog.unsigned_abs().max(1) }
}

pub(super) fn connect_error(error: ConnectError) -> WsaError {
    match error {
        ConnectError::NotAvailable => WsaError::AddrNotAvail,
        ConnectError::Unreachable => WsaError::NetUnreach,
        ConnectError::InUse => WsaError::AddrInUse,
        ConnectError::Exhausted => WsaError::NoBufs,
    }
}

pub(super) fn bind_error(error: BindError) -> WsaError {
    match error {
        BindError::InUse => WsaError::AddrInUse,
        BindError::Access => WsaError::Acces,
        BindError::NotAvailable => WsaError::AddrNotAvail,
        BindError::Exhausted => WsaError::NoBufs,
    }
}
