//! What a line with a lane expects: packets at their instant, silence, states, a world at rest.

use super::super::ast::{At, Check, End, Line, Span, Start, TcpPacket, Time};
use super::super::report::Failure;
use super::super::stage::{Sent, describe_spec, has_flags};
use super::{Lanes, Quiet, Stop, state_named};
use crate::trace::{Entry, What};
use crate::world::HostId;
use closewait::packet::{Flags, Packet};
use closewait::tcp::StateName;
use closewait::time::Instant;

impl<'a> Lanes<'a> {
    /// A packet enters the link when the line says.
    pub(super) fn packet(&mut self, line: &'a Line, spec: &TcpPacket, base: Instant) -> Result<(), Stop> {
        let host = self.host_of(line)?;
        let Time { start, latest, .. } = line.time.value;
        let from = self.set.world.now();
        let to = match (start, latest) {
            (Start::Any, _) => None,
            (_, Some(latest)) => Some(base + latest),
            (_, None) => Some(from),
        };
        let first = self.cursor.get(&host).copied().unwrap_or(0);
        // Where the search goes on: each packet is looked at once.
        let mut seen = first;
        if start != Start::Any {
            seen = seen.max(self.stage.sent.partition_point(|sent| sent.at < from));
        }
        loop {
            let numbers = &self.stage.numbers;
            let found = self.stage.sent.iter().enumerate().skip(seen).find(|(_, sent)| {
                let timely = to.is_none_or(|to| sent.at <= to);
                sent.host == host && timely && numbers.matches(spec, &sent.packet)
            });
            seen = self.stage.sent.len();
            if let Some((i, sent)) = found {
                let at = sent.at;
                self.stage.sent[i].matched = true;
                self.cursor.insert(host, i + 1);
                if start == Start::Any || latest.is_some() {
                    self.previous.end = at;
                }
                return Ok(());
            }
            // What is due now may still send it.
            let next = self.set.world.next_event();
            let due = next.is_some_and(|next| to.is_none_or(|to| next <= to));
            if !due || !self.step()? {
                return Err(self.missing(line, host, spec, first, from).into());
            }
        }
    }

    pub(super) fn missing(
        &self,
        line: &Line,
        host: HostId,
        spec: &TcpPacket,
        first: usize,
        from: Instant,
    ) -> Failure {
        let sent = self.stage.sent.iter().skip(first).filter(|s| s.host == host);
        let mut near: Vec<_> = sent.filter(|s| s.at >= from).take(4).collect();
        if near.is_empty() {
            near = self.stage.sent.iter().filter(|s| s.host == host).rev().take(2).collect();
        }
        let words = |s: &Sent| format!("{} > {} [{}]", s.at, self.stage.numbers.describe(&s.packet), s.rule);
        let first = near.first().map(|sent| (self.likeness(spec, &sent.packet), sent.rule));
        let alike = near.iter().map(|sent| (self.likeness(spec, &sent.packet), sent.rule));
        let rule = alike.fold(first, |best, other| best.filter(|(n, _)| *n >= other.0).or(Some(other)));
        let rule = rule.map(|(_, rule)| rule);
        let happened = match near.is_empty() {
            true => "it sent nothing".to_owned(),
            false => near.into_iter().map(words).collect::<Vec<_>>().join("; "),
        };
        Failure::new(line.span, format!("> {} at {from}", describe_spec(spec)), happened).because(rule)
    }

    /// In how many ways a packet is the one that is missing: it opens, closes or resets, too; its numbers.
    fn likeness(&self, spec: &TcpPacket, packet: &Packet) -> usize {
        let control = Flags::SYN | Flags::FIN | Flags::RST;
        let flags = At { value: packet.segment.flags, span: spec.flags.span };
        let any = TcpPacket { ip: None, flags, seq: None, ack: None, win: None, urg: None, options: None };
        let seq = TcpPacket { seq: spec.seq.clone(), ..any.clone() };
        let ack = TcpPacket { ack: spec.ack, ..any };
        let matches = |spec| usize::from(self.stage.numbers.matches(spec, packet));
        let both = spec.flags.value.intersects(control) && packet.segment.flags.intersects(control);
        usize::from(both) + matches(&seq) + matches(&ack)
    }

    pub(super) fn silence(&mut self, line: &Line, flags: Option<Flags>, base: Instant) -> Result<(), Stop> {
        let from = self.set.world.now();
        let to = match line.time.value.end {
            Some(End::At(t) | End::Between(_, t)) => base + t,
            Some(End::Any) => Instant::END,
            None => from,
        };
        self.quiet.push(Quiet { span: line.span, host: self.host_of(line)?, from, to, flags });
        Ok(())
    }

    pub(super) fn check(&mut self, line: &Line, check: &Check) -> Result<(), Stop> {
        let differs =
            |expected: String, happened: String| Err(Failure::new(line.span, expected, happened).into());
        match check {
            Check::AtRest => {
                self.at_rest(line.span)?;
                self.previous.end = self.set.world.now();
                Ok(())
            }
            Check::TimeWait(wanted) => {
                let rows = self.set.world.netstat(self.host_of(line)?).connections;
                let waiting = rows.iter().filter(|(row, _)| row.state == StateName::TimeWait).count();
                if waiting == *wanted as usize {
                    return Ok(());
                }
                differs(format!("time_wait == {wanted}"), format!("{waiting} in TIME_WAIT"))
            }
            Check::Leaks(wanted) => {
                let (host, p, _) = Self::key(line)?;
                let id = self.set.hosts[&host];
                let process = self.set.processes.get(&(host, p)).map(|process| process.id);
                let leaks = self.set.world.host(id).leaks();
                let leaks = leaks.iter().filter(|leak| Some(leak.process) == process).count();
                if leaks == *wanted as usize {
                    return Ok(());
                }
                differs(format!("leaks == {wanted}"), format!("{leaks} sockets are not closed"))
            }
            Check::State { socket, state } => {
                let wanted = state_named(&state.value).ok_or_else(|| {
                    let names: Vec<_> = StateName::ALL.iter().map(ToString::to_string).collect();
                    Failure::bad_input(state.span, format!("no such state: {}", names.join(", ")))
                })?;
                let actual = self.state_of(line, socket.value)?;
                if actual == wanted {
                    return Ok(());
                }
                // What last led to that state on this host is why.
                let (host, entries) = (self.host_of(line)?, self.stage.log.entries().iter().rev());
                let became = |entry: &Entry| {
                    if let What::State { to, rule, .. } = entry.what { Some((to, rule)) } else { None }
                };
                let mut became = entries.filter(|e| e.host == Some(host)).filter_map(became);
                let rule = became.find(|(to, _)| *to == actual).map(|(_, rule)| rule);
                let expected = format!("state({}) == {wanted}", socket.value);
                Err(Failure::new(line.span, expected, actual.to_string()).because(rule).into())
            }
        }
    }

    pub(super) fn state_of(&self, line: &Line, name: i64) -> Result<StateName, Stop> {
        let (host, p, _) = Self::key(line)?;
        let id = self.set.hosts[&host];
        let Some(names) = self.names.get(&(host.clone(), p)) else { return Ok(StateName::Closed) };
        let (handle, process) = (names.handle(name), self.set.processes[&(host, p)].id);
        if let Some(status) = self.set.world.host(id).socket(process, handle) {
            return Ok(status.state);
        }
        let ends = self.ends.get(&(id, process.number(), handle));
        let rows = self.set.world.netstat(id).connections;
        let row = rows.iter().find(|(row, _)| ends == Some(&(row.local, row.remote)));
        Ok(row.map_or(StateName::Closed, |(row, _)| row.state))
    }

    /// Runs until no deadline but TIME_WAIT's is armed and nothing is under way.
    pub(super) fn at_rest(&mut self, span: Span) -> Result<(), Stop> {
        while (!self.going_on.is_empty() || !self.set.world.is_quiet()) && self.step()? {}
        let stuck = self.set.world.stuck();
        if stuck.is_empty() {
            return Ok(());
        }
        let words: Vec<_> = stuck.iter().map(ToString::to_string).collect();
        Err(Failure::new(span, "the world at rest", words.join("; ")).into())
    }

    pub(super) fn check_silence(&mut self) {
        for Quiet { span, host, from, to, flags } in &self.quiet {
            let first = self.stage.sent.partition_point(|sent| sent.at < *from);
            let mut within = self.stage.sent[first..].iter().take_while(|sent| sent.at <= *to);
            let loud = within.find(|sent| sent.host == *host && has_flags(&sent.packet, *flags));
            if let Some(sent) = loud {
                let packet = self.stage.numbers.describe(&sent.packet);
                let happened = format!("{} > {packet} [{}]", sent.at, sent.rule);
                let failure = Failure::new(*span, "no such packet", happened).because(sent.rule);
                self.failures.push(Failure { at: Some(sent.at), ..failure });
            }
        }
    }
}
