//! bind, listen, accept, connect.

use super::{Answer, Expect, Phase, Reference, SocketId};
use crate::model::network::{EndId, Key, Network};
use closewait::winsock::WsaError;

impl Reference {
    /// WF-9.18: once only. WF-9.13: one name, one socket; who has had connections there may still be in the way.
    pub(super) fn bind(&self, id: SocketId, port: u16, network: &Network) -> Expect {
        let socket = &self.sockets[id];
        if socket.port.is_some() || socket.phase != Phase::Unconnected {
            return Expect::fails(WsaError::Inval);
        }
        let bound = |s: &super::Socket| s.host == socket.host && s.port == Some(port) && s.references > 0;
        let owned = |s: &super::Socket| bound(s) && !matches!(s.phase, Phase::Connected(_));
        if self.sockets.iter().any(owned) {
            Expect::fails(WsaError::AddrInUse)
        } else if self.sockets.iter().any(bound) || network.port_is_live(socket.host, port) {
            Expect::one_of(&[Answer::Zero, Answer::Fails(WsaError::AddrInUse)])
        } else {
            Expect::only(Answer::Zero)
        }
    }

    /// WF-10.16: an unbound socket cannot listen; twice is fine.
    pub(super) fn listen(&self, id: SocketId) -> Expect {
        let socket = &self.sockets[id];
        match socket.phase {
            Phase::Unconnected if socket.port.is_none() => Expect::fails(WsaError::Inval),
            Phase::Unconnected | Phase::Listening => Expect::only(Answer::Zero),
            Phase::Connecting(_) | Phase::Connected(_) => {
                Expect::one_of(&[Answer::Fails(WsaError::IsConn), Answer::Fails(WsaError::Inval)])
            }
        }
    }

    /// How many connections wait at a listener.
    pub(super) fn waiting(&self, id: SocketId, network: &Network) -> usize {
        let socket = &self.sockets[id];
        let names = network.waiting[socket.host].iter();
        names.filter(|(name, _)| Some(name.port) == socket.port).map(|(_, waiting)| *waiting).sum()
    }

    /// R15: where a connection that waits was reset, accept fails (DOCUMENTED), or it succeeds (WINDOWS).
    pub(super) fn accept(&self, id: SocketId, network: &Network) -> Expect {
        let socket = &self.sockets[id];
        if socket.phase != Phase::Listening {
            return Expect::fails(WsaError::Inval);
        }
        match self.waiting(id, network) {
            0 => Expect::waits(socket.nonblocking),
            _ if self.rules.windows => Expect::only(Answer::Accepted),
            _ => Expect::one_of(&[Answer::Accepted, Answer::Fails(WsaError::ConnReset)]),
        }
    }

    /// WF-10.6; WF-9.6: a bound socket may find its four-tuple taken.
    pub(super) fn connect(&self, id: SocketId, network: &Network) -> Expect {
        let socket = &self.sockets[id];
        match socket.phase {
            Phase::Unconnected => {
                let mut expect = Expect::waits(socket.nonblocking);
                if socket.port.is_some_and(|port| network.port_is_live(socket.host, port)) {
                    expect.answers.push(Answer::Fails(WsaError::AddrInUse));
                }
                expect
            }
            Phase::Listening => Expect::fails(WsaError::Inval),
            Phase::Connecting(_) => Expect::fails(WsaError::Already),
            Phase::Connected(_) => Expect::fails(WsaError::IsConn),
        }
    }

    /// A SYN left: the socket has this end.
    pub(crate) fn connecting(&mut self, id: SocketId, end: EndId, key: &Key) {
        let socket = &mut self.sockets[id];
        (socket.phase, socket.port, socket.failed) = (Phase::Connecting(end), Some(key.1.port), false);
        self.stream(Some(end)).socket = Some(id);
    }
}
