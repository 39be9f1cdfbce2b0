//! What a line does to the network and to hosts.

use super::super::ast::{At, HostOp, Line, NetOp, TcpPacket};
use super::super::options::options;
use super::super::report::Failure;
use super::super::setup::{Key, link_field};
use super::super::show;
use super::{Lanes, Stop};
use crate::trace::{Entry, ProcessEnd, Sink, What};
use crate::world::HostId;
use closewait::addr::Endpoint;
use closewait::packet::{Packet, Segment};
use closewait::seq::Seq;

impl Lanes<'_> {
    pub(super) fn host_named(&self, name: &At<String>) -> Result<HostId, Stop> {
        let known = self.set.hosts.get(&name.value).copied();
        known.ok_or_else(|| Failure::bad_input(name.span, format!("no host is named {}", name.value)).into())
    }

    pub(super) fn net(&mut self, line: &Line, op: &NetOp) -> Result<(), Stop> {
        match op {
            NetOp::Cut(between) => self.set_cut(between.as_ref(), true),
            NetOp::Heal(between) => self.set_cut(between.as_ref(), false),
            NetOp::Verdict { what, nth, host, packet } => {
                let host = self.host_named(host)?;
                self.stage.judge_next(host, packet.clone(), *nth, *what);
                self.log_op(op);
                Ok(())
            }
            NetOp::Inject { host, packet } => self.inject(line, op, host, packet),
            NetOp::Set(fields) => {
                let links: Vec<_> = self.set.world.links().map(|(link, _)| link).collect();
                for link in links {
                    let mut config = self.set.world.link(link);
                    for (name, value) in fields {
                        link_field(&mut config, &name.value, &value.value)
                            .map_err(|message| Failure::bad_input(name.span, message))?;
                    }
                    self.set.world.set_link(link, config);
                }
                self.log_op(op);
                Ok(())
            }
        }
    }

    /// The world logs cuts itself, and knows nothing of who asks for the rest.
    fn log_op(&mut self, op: &NetOp) {
        let (at, step) = (self.set.world.now(), self.set.world.steps());
        let what = What::Net { op: show::net_op(op) };
        self.stage.record(Entry { at, step, host: None, what });
    }

    pub(super) fn set_cut(
        &mut self,
        between: Option<&(At<String>, At<String>)>,
        cut: bool,
    ) -> Result<(), Stop> {
        let ends = match between {
            None => None,
            Some((a, b)) => Some([self.host_named(a)?, self.host_named(b)?]),
        };
        let joins = |hosts: [HostId; 2]| ends.is_none_or(|[a, b]| hosts == [a, b] || hosts == [b, a]);
        let links: Vec<_> =
            self.set.world.links().filter(|&(_, hosts)| joins(hosts)).map(|(link, _)| link).collect();
        for link in links {
            self.set.world.set_cut(link, cut, &mut self.stage);
        }
        Ok(())
    }

    /// The host receives a packet of its last connection as though the other end had sent it.
    pub(super) fn inject(
        &mut self,
        line: &Line,
        op: &NetOp,
        host: &At<String>,
        spec: &TcpPacket,
    ) -> Result<(), Stop> {
        let id = self.host_named(host)?;
        let mine = |end: Endpoint| self.set.world.host(id).stack().is_local(end.ip);
        let Some((a, b)) = self.stage.numbers.last() else {
            return Err(Failure::bad_input(line.span, "there is no connection yet to inject into").into());
        };
        let (here, there) = if mine(a) { (a, b) } else { (b, a) };
        let seq = spec.seq.as_ref().map_or((0, 0), |r| (r.value.start.unwrap_or(0), r.value.len));
        let numbers = &self.stage.numbers;
        let mut segment = Segment::control(
            spec.flags.value,
            numbers.isn(there, here) + seq.0,
            spec.ack.map_or(Seq(0), |ack| numbers.isn(here, there) + ack),
        );
        segment.wnd = spec.win.unwrap_or(u16::MAX);
        segment.urg = spec.urg.unwrap_or(0);
        segment.options = options(spec.options.as_ref(), numbers.isn(here, there));
        segment.payload = vec![0; usize::from(seq.1)].into();
        let packet = Packet { src: there, dst: here, segment };
        self.log_op(op);
        self.set.world.inject(id, packet, &mut self.stage);
        Ok(())
    }

    pub(super) fn host_op(&mut self, line: &Line, op: &At<HostOp>) -> Result<(), Stop> {
        let id = self.host_of(line)?;
        match op.value {
            HostOp::Crash => {
                self.set.world.crash(id, &mut self.stage);
                let name = self.set.world.name(id).to_owned();
                self.blocked.retain(|(host, _, _), _| *host != name);
            }
            HostOp::FailNetwork => self.set.world.set_network_failed(id, true, &mut self.stage),
            HostOp::RestoreNetwork => self.set.world.set_network_failed(id, false, &mut self.stage),
            HostOp::Exit | HostOp::Kill => {
                let (host, p, _) = Self::key(line)?;
                let process = self.set.processes[&(host.clone(), p)];
                let handles = self.handles_of(id, process.id);
                self.remember(id, process.id, &handles);
                let end = if op.value == HostOp::Kill { ProcessEnd::Killed } else { ProcessEnd::Exited };
                self.set.world.end_process(process, end, &mut self.stage);
                self.forget_threads(|key| key.0 == host && key.1 == p);
            }
            HostOp::ExitThread => {
                let ending = Self::key(line)?;
                if let Some(&thread) = self.set.threads.get(&ending) {
                    self.set.world.end_thread(thread, &mut self.stage);
                    self.forget_threads(|key| *key == ending);
                }
            }
        }
        Ok(())
    }

    /// Threads have ended: what they wait for is not waited for.
    fn forget_threads(&mut self, ended: impl Fn(&Key) -> bool) {
        self.blocked.retain(|key, _| !ended(key));
        self.going_on.retain(|(key, _, _)| !ended(key));
        self.ended.extend(self.set.threads.iter().filter(|(key, _)| ended(key)).map(|(_, &thread)| thread));
    }
}
