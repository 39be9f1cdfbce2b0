//! What happens to hosts, processes and threads: how they begin, fail and end.

use super::{Arrivals, HostId, Process, Thread, World};
use crate::rng::key;
use crate::trace::{ProcessEnd, Sink, What};
use closewait::profile::Profile;
use closewait::seq::Seq;
use closewait::stack::Secret;
use closewait::winsock::HandlePolicy;

impl World {
    /// A host loses power, and comes back without a process, a socket or a connection. Nobody is told.
    pub fn crash(&mut self, host: HostId, sink: &mut dyn Sink) {
        let node = &mut self.nodes[host.index()];
        node.boots += 1;
        let secret = Secret(key(self.seed, &format!("host {} isn boot {}", host.0, node.boots)));
        node.host = node.host.rebooted(secret);
        node.arrivals = Arrivals::default();
        self.returned.retain(|(thread, _)| thread.host != host);
        self.unsettle(host);
        self.record(host, sink, || What::Crashed);
    }

    /// A process ends, of itself or killed: its threads make no more calls, and its sockets are closed as by its last
    /// WSACleanup (R19).
    pub fn end_process(&mut self, process: Process, end: ProcessEnd, sink: &mut dyn Sink) {
        self.record(process.host, sink, || What::ProcessEnded { process: process.id, end });
        let now = self.now;
        self.host_mut(process.host, sink).end_process(now, process.id);
        self.drain(process.host, sink);
    }

    /// A thread ends: the call that it is blocked in does not return (R33, R54).
    pub fn end_thread(&mut self, thread: Thread, sink: &mut dyn Sink) {
        self.record(thread.host, sink, || What::ThreadEnded { thread: thread.id });
        let now = self.now;
        self.host_mut(thread.host, sink).end_thread(now, thread.id);
        self.drain(thread.host, sink);
    }

    /// A host's network subsystem fails, or is restored (CS-A3): while it has failed calls fail with WSAENETDOWN and
    /// packets are lost.
    pub fn set_network_failed(&mut self, host: HostId, failed: bool, sink: &mut dyn Sink) {
        self.nodes[host.index()].host.set_network_failed(failed);
        self.record(host, sink, || if failed { What::NetworkFailed } else { What::NetworkRestored });
        self.drain(host, sink);
    }

    /// From now on a host does as this profile says. What began under the old one, a timer or a buffer, stays.
    pub fn set_profile(&mut self, host: HostId, profile: Profile) {
        self.nodes[host.index()].host.set_profile(profile);
    }

    /// A host's next connection begins with this number, in place of RFC 6528's ([`closewait::host::Host::preset_iss`]).
    pub fn preset_iss(&mut self, host: HostId, iss: Seq) {
        self.nodes[host.index()].host.preset_iss(iss);
    }

    /// A new process, whose handles are never reused, and its first thread.
    pub fn spawn_process(&mut self, host: HostId) -> (Process, Thread) {
        self.spawn_process_with(host, HandlePolicy::Never)
    }

    /// A new process with a policy for handle values, and its first thread.
    pub fn spawn_process_with(&mut self, host: HostId, policy: HandlePolicy) -> (Process, Thread) {
        let id = self.nodes[host.index()].host.create_process(policy);
        let process = Process { host, id };
        (process, self.spawn_thread(process))
    }

    /// Another thread of a process.
    pub fn spawn_thread(&mut self, process: Process) -> Thread {
        let id = self.nodes[process.host.index()].host.create_thread(process.id);
        Thread { host: process.host, id }
    }
}
