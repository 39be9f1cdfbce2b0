//! Datagram sockets: bind, connect, sendto, recvfrom, shutdown (WF-4.8, 4.21, 5.12, 7.2).

use super::answer::{Attempt, Value};
use super::arguments::{Handle, SockAddr};
use super::connection::{bind_error, connect_error};
use super::consts;
use super::error::WsaError;
use super::process::ThreadId;
use super::socket::{Family, Phase, SocketId};
use super::{Outcome, Winsock};
use crate::addr::{Endpoint, IpAddr, Ipv4Addr, Ipv6Addr, is_broadcast};
use crate::buf::Rope;
use crate::rule::Rule;
use crate::stack::{Arrived, DatagramsId, MAX_DATAGRAM, Stack};
use crate::time::Instant;
use bytes::Bytes;

impl Winsock {
    /// Whether a socket is one of datagrams.
    pub(super) fn is_datagram(&self, id: SocketId) -> bool {
        matches!(self.sockets.get(id).phase, Phase::Datagram(_))
    }

    pub(super) fn bind_datagrams(
        &mut self,
        stack: &mut Stack,
        id: SocketId,
        name: Endpoint,
    ) -> Result<Value, WsaError> {
        let socket = self.sockets.get_mut(id);
        if socket.phase != Phase::Datagram(None) {
            return Err(WsaError::Inval);
        }
        let (sharing, capacity) = (socket.options.sharing, socket.options.receive_buffer);
        let bound = stack.bind_datagrams(id.0, name, sharing, capacity).map_err(bind_error)?;
        socket.phase = Phase::Datagram(Some(bound));
        Ok(Value::Zero)
    }

    /// The socket's name; if it has none, one with a dynamic port.
    fn named(&mut self, stack: &mut Stack, id: SocketId) -> Result<DatagramsId, WsaError> {
        if let Phase::Datagram(Some(bound)) = self.sockets.get(id).phase {
            return Ok(bound);
        }
        let any = match self.sockets.get(id).family {
            Family::Inet => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            Family::Inet6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        self.bind_datagrams(stack, id, Endpoint::new(any, 0))?;
        match self.sockets.get(id).phase {
            Phase::Datagram(Some(bound)) => Ok(bound),
            Phase::Datagram(None)
            | Phase::Unconnected
            | Phase::Listening(_)
            | Phase::Connecting(_)
            | Phase::Connected(_)
            | Phase::Closing(_) => Err(WsaError::Inval),
        }
    }

    /// WF-7.11: a descriptor knows of the name that it gave itself, or that was there when it was made.
    pub(super) fn named_by(&mut self, thread: ThreadId, s: Handle, outcome: &Outcome) {
        if matches!(outcome, Outcome::Returned(returned) if returned.result.is_ok()) {
            let process = self.thread(thread).process;
            self.process_mut(process).handles.unnamed.remove(&s.0);
        }
    }

    /// WF-7.11: whether a descriptor knows of no name.
    pub(super) fn is_unnamed(&self, thread: ThreadId, s: Handle) -> bool {
        self.process(self.thread(thread).process).handles.unnamed.contains(&s.0)
    }

    /// connect names the only other end; it may name another later.
    pub(super) fn connect_datagrams(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        id: SocketId,
        name: Endpoint,
    ) -> Result<Value, WsaError> {
        self.may_broadcast(id, name)?;
        let bound = self.named(stack, id)?;
        stack.connect_datagrams(bound, name).map_err(connect_error)?;
        self.datagrams_connected(stack, now, id);
        Ok(Value::Zero)
    }

    /// Without SO_BROADCAST nothing goes to everybody: WSAEACCES, say the pages on sendto and connect.
    fn may_broadcast(&self, id: SocketId, to: Endpoint) -> Result<(), WsaError> {
        let refused = is_broadcast(to.ip) && !self.sockets.get(id).options.broadcasts();
        if refused { Err(WsaError::Acces) } else { Ok(()) }
    }

    /// send and sendto: they never wait.
    pub(super) fn send_datagram(
        &mut self,
        stack: &mut Stack,
        id: SocketId,
        (data, flags): (Bytes, i32),
        to: Option<SockAddr>,
    ) -> Outcome {
        let attempt = match self.try_send_datagram(stack, id, (data, flags), to) {
            Err(WsaError::Shutdown) => Attempt::Done(Err(WsaError::Shutdown), Rule::ShutDown),
            Err(WsaError::Acces) => Attempt::Done(Err(WsaError::Acces), Rule::BroadcastRefused),
            result => result.into(),
        };
        self.immediate(attempt)
    }

    fn try_send_datagram(
        &mut self,
        stack: &mut Stack,
        id: SocketId,
        (data, flags): (Bytes, i32),
        to: Option<SockAddr>,
    ) -> Result<Value, WsaError> {
        let socket = self.sockets.get(id);
        if flags != 0 {
            return Err(WsaError::OpNotSupp);
        }
        if socket.send_shut {
            return Err(WsaError::Shutdown);
        }
        let to = to.map(|to| self.name(id, Some(to))).transpose()?;
        let peer = match socket.phase {
            Phase::Datagram(Some(bound)) => stack.datagrams_peer(bound),
            Phase::Datagram(None)
            | Phase::Unconnected
            | Phase::Listening(_)
            | Phase::Connecting(_)
            | Phase::Connected(_)
            | Phase::Closing(_) => None,
        };
        let to = to.or(peer).ok_or(WsaError::NotConn)?;
        self.may_broadcast(id, to)?;
        if data.len() > MAX_DATAGRAM {
            return Err(WsaError::MsgSize);
        }
        let (bound, len) = (self.named(stack, id)?, data.len());
        stack.send_datagram(bound, to, data).map_err(connect_error)?;
        Ok(Value::Sent(len))
    }

    /// recv, and recvfrom if `from` is to be told, on a datagram socket.
    pub(super) fn try_recv_datagram(
        &self,
        stack: &mut Stack,
        id: SocketId,
        (len, flags): (usize, i32),
        from: bool,
    ) -> Attempt {
        // WF-7.11.
        let Phase::Datagram(Some(bound)) = self.sockets.get(id).phase else {
            return Attempt::fail(WsaError::Inval);
        };
        let peek = flags & consts::MSG_PEEK != 0;
        let first = stack.peek_datagram(bound).cloned();
        if !peek && first.is_some() {
            stack.take_datagram(bound);
        }
        match first {
            None => Attempt::Wait,
            Some(Arrived::PortUnreachable) => {
                if peek {
                    stack.take_datagram(bound);
                }
                Attempt::Done(Err(WsaError::ConnReset), Rule::DatagramRefused)
            }
            // What does not fit is lost.
            Some(Arrived::Datagram(_, data)) if data.len() > len => Attempt::fail(WsaError::MsgSize),
            Some(Arrived::Datagram(source, data)) => {
                let mut text = Rope::default();
                if !data.is_empty() {
                    text.push(data);
                }
                let value = if from { Value::ReceivedFrom(text, source) } else { Value::Received(text) };
                Attempt::Done(Ok(value), Rule::DataArrived)
            }
        }
    }

    /// WF-4.21: it succeeds, connected or not; WF-4.8: datagrams are queued all the same.
    pub(super) fn shutdown_datagrams(&mut self, id: SocketId, how: i32) -> Result<Value, WsaError> {
        let (receive, send) = super::io::directions(how)?;
        let socket = self.sockets.get_mut(id);
        socket.send_shut |= send;
        socket.receive_shut |= receive;
        Ok(Value::Zero)
    }
}
