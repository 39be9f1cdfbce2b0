//! Looking at the machine: checks, and the shell lines and embedded code that amount to one.

use super::super::ast::{At, Check, Line, Span};
use super::super::lanes::state_named;
use super::super::report::Failure;
use super::super::shell::{self, Meaning};
use super::{Machine, Stop};
use closewait::tcp::StateName;
use closewait::winsock::{Handle, SocketStatus};

impl Machine<'_> {
    /// What a handle stands for.
    pub(super) fn socket(&self, s: Handle) -> Option<SocketStatus> {
        let host = self.world.host(self.host);
        host.socket(host.winsock().process_of(self.thread.id)?, s)
    }

    /// The states of every connection and listener, and of sockets that are neither.
    fn states(&self) -> Vec<StateName> {
        let netstat = self.world.netstat(self.host);
        let connections = netstat.connections.iter().map(|(row, _)| row.state);
        let open = self.world.host(self.host).leaks();
        let sockets = open.iter().filter_map(|open| self.socket(open.handle)).map(|status| status.state);
        connections
            .chain(netstat.listeners.iter().map(|_| StateName::Listen))
            .chain(sockets.filter(|&state| state == StateName::Closed))
            .collect()
    }

    /// A shell line: what sets a field of the profile sets it from here on.
    pub(super) fn shell(&mut self, line: &At<String>) -> Result<(), Stop> {
        let mut profile = self.world.host(self.host).stack().profile().clone();
        if shell::set(&mut profile, &line.value) {
            self.world.set_profile(self.host, profile);
            return Ok(());
        }
        self.outside(line.span, shell::meaning(&line.value))
    }

    /// A shell line or embedded code that asks something.
    pub(super) fn outside(&mut self, span: Span, meaning: Meaning) -> Result<(), Stop> {
        let (state, wanted) = match meaning {
            Meaning::Unknown if self.strict => {
                return Err(Failure::new(span, "a line that means something here", "it is never run").into());
            }
            Meaning::Unknown => {
                self.skipped_lines += 1;
                return Ok(());
            }
            Meaning::State(state, count) => (state, count),
            Meaning::Own(state) => (state, None),
        };
        let states = self.states();
        let count = states.iter().filter(|&&s| s == state).count();
        if wanted.map_or(count > 0, |wanted| wanted == count) {
            return Ok(());
        }
        let names: Vec<_> = states.iter().map(ToString::to_string).collect();
        let expected = wanted.map_or_else(|| state.to_string(), |n| format!("{n} in {state}"));
        Err(Failure::new(span, expected, format!("at {}: {}", self.now(), names.join(", "))).into())
    }

    pub(super) fn check(&mut self, line: &Line, check: &Check) -> Result<(), Stop> {
        let count = |what: &str, wanted: u32, actual: usize| {
            if actual == wanted as usize {
                return Ok(());
            }
            Err(Failure::new(line.span, format!("{what} == {wanted}"), actual.to_string()).into())
        };
        match check {
            Check::State { socket, state } => {
                let wanted = state_named(&state.value)
                    .ok_or_else(|| Failure::bad_input(state.span, "no TCP state has this name"))?;
                let actual = self.state_of(socket.value);
                if actual == wanted {
                    return Ok(());
                }
                let expected = format!("state({}) == {wanted}", socket.value);
                Err(Failure::new(line.span, expected, actual.to_string()).into())
            }
            Check::TimeWait(wanted) => {
                let waiting = self.states().iter().filter(|&&s| s == StateName::TimeWait).count();
                count("time_wait", *wanted, waiting)
            }
            Check::Leaks(wanted) => count("leaks", *wanted, self.world.host(self.host).leaks().len()),
            Check::AtRest => {
                while !self.world.is_quiet() && self.world.next_event().is_some() {
                    self.step()?;
                }
                let stuck: Vec<_> = self.world.stuck().iter().map(ToString::to_string).collect();
                if stuck.is_empty() {
                    return Ok(());
                }
                Err(Failure::new(line.span, "the machine at rest", stuck.join("; ")).into())
            }
        }
    }

    fn state_of(&self, name: i64) -> StateName {
        let handle = self.names.handle(name);
        if let Some(status) = self.socket(handle) {
            return status.state;
        }
        let ends = self.ends.get(&handle);
        let rows = self.world.netstat(self.host).connections;
        let row = rows.iter().find(|(row, _)| ends == Some(&(row.local, row.remote)));
        row.map_or(StateName::Closed, |(row, _)| row.state)
    }
}
