//! bind, listen, accept, connect, and the names of both ends.

use super::answer::{Attempt, Value};
use super::arguments::{Handle, SockAddr};
use super::blocked::Wait;
use super::consts;
use super::error::WsaError;
use super::process::{ProcessId, ThreadId};
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

    /// A name that a program points to: there, long enough, of the socket's family (WF-9.18).
    pub(super) fn name(&self, id: SocketId, name: Option<SockAddr>) -> Result<Endpoint, WsaError> {
        let family = self.sockets.get(id).family;
        let SockAddr { family: named, name, len } = name.ok_or(WsaError::Fault)?;
        if len < family.name_len() {
            return Err(WsaError::Fault);
        }
        let fits = family.fits(name) && named == family.number();
        if fits { Ok(name) } else { Err(WsaError::AfNoSupport) }
    }

    pub(super) fn bind(
        &mut self,
        stack: &mut Stack,
        id: SocketId,
        name: Option<SockAddr>,
    ) -> Result<Value, WsaError> {
        let name = self.name(id, name)?;
        if self.is_datagram(id) {
            return self.bind_datagrams(stack, id, name);
        }
        let socket = self.sockets.get_mut(id);
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

    pub(super) fn connect(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        (id, s): (SocketId, Handle),
        name: Option<SockAddr>,
    ) -> Outcome {
        let begun = self.name(id, name).and_then(|name| {
            if self.is_datagram(id) {
                self.connect_datagrams(stack, now, id, name).map(Some)
            } else {
                self.begin_connect(stack, now, id, name).map(|()| None)
            }
        });
        match begun {
            Ok(None) => self.attempt_or_block(stack, now, thread, (id, s), Wait::Connect),
            Ok(Some(value)) => self.immediate(Attempt::ok(value)),
            Err(error) => {
                let rule = if error == WsaError::AddrInUse { Rule::NameTaken } else { Rule::CallFailed };
                self.immediate(Attempt::Done(Err(error), rule))
            }
        }
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
        self.forget_events(id);
        Ok(())
    }

    pub(super) fn getsockname(
        &self,
        stack: &Stack,
        id: SocketId,
        len: Option<usize>,
    ) -> Result<Value, WsaError> {
        let socket = self.sockets.get(id);
        let name = match (socket.phase, socket.binding) {
            (Phase::Connected(conn) | Phase::Connecting(conn), _) => stack.ends(conn).0,
            (Phase::Datagram(Some(bound)), _) => stack.datagrams_name(bound),
            (_, Some(binding)) => stack.bound_to(binding),
            (_, None) => return Err(WsaError::Inval),
        };
        self.told_name(id, name, len)
    }

    pub(super) fn getpeername(
        &self,
        stack: &Stack,
        id: SocketId,
        len: Option<usize>,
    ) -> Result<Value, WsaError> {
        let name = match self.sockets.get(id).phase {
            // WF-10.7.
            Phase::Connected(conn) | Phase::Connecting(conn) => stack.ends(conn).1,
            Phase::Datagram(bound) => {
                bound.and_then(|bound| stack.datagrams_peer(bound)).ok_or(WsaError::NotConn)?
            }
            Phase::Unconnected | Phase::Listening(_) | Phase::Closing(_) => return Err(WsaError::NotConn),
        };
        self.told_name(id, name, len)
    }

    /// A name, if there is room for it: the state of the socket is looked at first.
    fn told_name(&self, id: SocketId, name: Endpoint, len: Option<usize>) -> Result<Value, WsaError> {
        let room = len.is_some_and(|len| len >= self.sockets.get(id).family.name_len());
        if room { Ok(Value::Name(name)) } else { Err(WsaError::Fault) }
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
