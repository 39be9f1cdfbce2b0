//! Descriptors and sockets: one socket, as many descriptors as were made of it (WF-7.1).

use super::{Answer, Asked, Expect, Phase, Reference, Socket, SocketId};
use crate::model::network::{EndId, Network};
use crate::model::program::{host_of, process_of};

impl Reference {
    /// socket returned a handle.
    pub(crate) fn made(&mut self, process: usize, handle: u32) {
        self.sockets.push(Socket {
            host: host_of(process),
            first: (process, handle),
            phase: Phase::Unconnected,
            port: None,
            failed: false,
            nonblocking: false,
            l_onoff: 0,
            l_linger: 0,
            named: false,
            shut_send: false,
            shut_receive: false,
            references: 0,
        });
        self.refer(process, handle, self.sockets.len() - 1);
    }

    /// accept returned a handle: a socket with the listener's options and its mode (WF-2.39).
    pub(crate) fn accepted(&mut self, process: usize, handle: u32, listener: SocketId, end: EndId) {
        let (phase, first) = (Phase::Connected(end), (process, handle));
        self.sockets.push(Socket { phase, first, references: 0, ..self.sockets[listener].clone() });
        let id = self.sockets.len() - 1;
        self.stream(Some(end)).socket = Some(id);
        self.refer(process, handle, id);
    }

    /// One more descriptor of a socket. CS-B1: its value is no open handle's.
    pub(crate) fn refer(&mut self, process: usize, handle: u32, id: SocketId) {
        let old = self.processes[process].handles.insert(handle, id);
        assert_eq!(old, None, "CS-B1: {handle:#x} is open in process {process}");
        self.sockets[id].references += 1;
    }

    pub(crate) fn socket_of(&self, thread: usize, handle: u32) -> Option<SocketId> {
        self.processes[process_of(thread)].handles.get(&handle).copied()
    }

    /// DuplicateHandle: one more descriptor (WF-2.18); of what is no handle there is none.
    pub(super) fn duplicate_handle(&self, asked: &Asked) -> Expect {
        let known = self.socket_of(asked.thread, asked.handle).is_some();
        Expect::only(if known { Answer::NewHandle } else { Answer::FailsSomehow })
    }

    /// CS-B8: the descriptors that are open, by process.
    pub(crate) fn open(&self) -> Vec<(usize, u32)> {
        let processes = self.processes.iter().enumerate();
        processes.flat_map(|(i, p)| p.handles.keys().map(move |&handle| (i, handle))).collect()
    }

    /// The listener's own connections, which nobody has accepted, may be reset (R21).
    pub(super) fn listener_closed(&mut self, id: SocketId) {
        self.sockets[id].phase = Phase::Unconnected;
    }

    /// Whether a listener that is still open has this name: else its connections that nobody has accepted are reset.
    pub(crate) fn is_listened(&self, end: EndId, network: &Network) -> bool {
        let (host, local, _) = network.ends[end].key;
        let mut listeners = self.sockets.iter().filter(|s| s.references > 0 && s.phase == Phase::Listening);
        listeners.any(|s| s.host == host && s.port == Some(local.port))
    }
}
