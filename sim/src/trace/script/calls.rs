//! Calls and their results in the notation, with the script's small numbers for handles.

use super::lines::{Line, Text};
use super::{Heading, Inexpressible};
use crate::trace::text::{Namer, write_call, write_result};
use crate::trace::{Log, What, describe_call};
use crate::world::{HostId, Thread, World};
use closewait::addr::{Endpoint, IpAddr};
use closewait::winsock::{Call, CallResult, Handle, ProcessId, ProtocolInfo, Value, consts};
use std::collections::BTreeMap;

/// Whether hosts are addressed by IPv6: by the first address that a call or a connection has.
pub(super) fn v6(log: &Log, world: &World) -> bool {
    let known =
        |ip: IpAddr| ip.is_unspecified() || world.hosts().any(|id| world.host(id).stack().is_local(ip));
    let named = log.entries().iter().find_map(|entry| match &entry.what {
        What::Call {
            call: Call::Bind { name: Some(name), .. } | Call::Connect { name: Some(name), .. },
            ..
        } => Some(name.name.ip),
        What::Call { call: Call::Sendto { to: Some(to), .. }, .. } => Some(to.name.ip),
        What::Sent { packet, .. } => Some(packet.src.ip),
        What::Call { .. }
        | What::Blocked { .. }
        | What::Returned { .. }
        | What::Received { .. }
        | What::SentMessage { .. }
        | What::ReceivedMessage { .. }
        | What::Dropped { .. }
        | What::State { .. }
        | What::Timer { .. }
        | What::Notified { .. }
        | What::Undecodable { .. }
        | What::ProcessEnded { .. }
        | What::ThreadEnded { .. }
        | What::Told(_)
        | What::Crashed
        | What::NetworkFailed
        | What::NetworkRestored
        | What::LinkCut { .. }
        | What::LinkHealed { .. }
        | What::Net { .. } => None,
    });
    named.is_some_and(|ip| ip.is_ipv6() && known(ip))
}

/// Small numbers for handles, as scripts have them: 3, 4, … in each process.
pub(super) struct Names<'a> {
    before: &'a World,
    one_machine: bool,
    /// Each host's address of the file's family.
    hosts: Vec<(IpAddr, &'a str)>,
    v6: bool,
    handles: BTreeMap<(HostId, u32), Handles>,
}

impl<'a> Names<'a> {
    pub(super) fn new(world: &'a World, heading: &Heading<'a>, v6: bool) -> Self {
        let address = |id| if v6 { world.address_v6(id) } else { world.address(id) };
        let one_machine = heading.wire.is_some();
        // A file with one machine has no hosts to name.
        let hosts = world.hosts().filter(|_| !one_machine).map(|id| (address(id), world.name(id)));
        let hosts = hosts.collect();
        Self { before: heading.before, one_machine, hosts, v6, handles: BTreeMap::new() }
    }

    pub(super) fn line(&mut self, line: &Line) -> Result<String, Inexpressible> {
        Ok(match &line.text {
            Text::Verbatim(text) => text.clone(),
            Text::Call(thread, call, result) => {
                let made = self.call(*thread, call)?;
                let result = match result {
                    Some(result) => self.result(*thread, call, result),
                    None => "...".into(),
                };
                format!("{}{made} = {result}", self.lane(*thread))
            }
            Text::RecvAll(thread, s, bytes, end) => {
                let end = match end {
                    Err(error) => error.to_string(),
                    Ok(_) => "0".into(),
                };
                let s = self.of(*thread, *s);
                format!("{}recv_all({s}) = {bytes} {{end={end}}}", self.lane(*thread))
            }
        })
    }

    /// Whose line it is; nothing on one machine.
    fn lane(&self, thread: Thread) -> String {
        if self.one_machine { String::new() } else { lane(self.before, thread) }
    }

    fn process(&self, thread: Thread) -> u32 {
        process(self.before, thread)
    }

    fn of(&mut self, thread: Thread, s: Handle) -> String {
        if s == Handle::INVALID_SOCKET {
            return "INVALID_SOCKET".into();
        }
        let names = self.handles.entry((thread.host, self.process(thread))).or_default();
        if let Some(event) = names.events.get(&s) {
            return format!("ev{event}");
        }
        let next = names.sockets.len() + 3;
        names.sockets.entry(s).or_insert(next).to_string()
    }

    fn event(&mut self, thread: Thread, event: Handle) -> String {
        let names = self.handles.entry((thread.host, self.process(thread))).or_default();
        let next = names.events.len() + 1;
        format!("ev{}", names.events.entry(event).or_insert(next))
    }

    fn call(&mut self, thread: Thread, call: &Call) -> Result<String, Inexpressible> {
        if let Call::Setsockopt { s, level, name, value: Some(value) } = call
            && value.len() != 4
        {
            let (int, rest) = value.split_at(value.len().min(4));
            if rest.iter().any(|&byte| byte != 0) {
                return Err(Inexpressible("an option of more than four bytes".into()));
            }
            let mut bytes = [0; 4];
            bytes[..int.len()].copy_from_slice(int);
            let (s, int) = (self.of(thread, *s), i32::from_le_bytes(bytes));
            return Ok(format!("setsockopt({s}, {level}, {name}, {int}, {})", value.len()));
        }
        if let Call::WsaIoctl { s, code, input: Some(input) } = call {
            let len = input.len();
            if len == 0 || len > 64 {
                return Err(Inexpressible(format!("an ioctl of {len} bytes")));
            }
            let mut whole = input.to_vec();
            whole.resize(len.next_multiple_of(4), 0);
            let whole = Call::WsaIoctl { s: *s, code: *code, input: Some(whole.into()) };
            let made = write_call(&whole, &mut self.naming(thread, false));
            let cut = || format!("{}, {len})", made.trim_end_matches(')'));
            return Ok(if len % 4 == 0 { made.clone() } else { cut() });
        }
        let flags = if let Call::Send { flags, .. }
        | Call::Recv { flags, .. }
        | Call::Sendto { flags, .. }
        | Call::Recvfrom { flags, .. } = call
        {
            *flags
        } else {
            0
        };
        let within = matches!(call, Call::WsaSetBlockingHook { hook: true } | Call::ConditionReturns { .. });
        if within || flags & !(consts::MSG_PEEK | consts::MSG_OOB) != 0 {
            return Err(Inexpressible(format!("no line makes the call {}", describe_call(call))));
        }
        let bind = matches!(call, Call::Bind { .. });
        Ok(write_call(call, &mut self.naming(thread, bind)))
    }

    fn result(&mut self, thread: Thread, call: &Call, result: &CallResult) -> String {
        match (call, result) {
            (_, Ok(Value::Option(bytes))) => format!("0 {{{}}}", option(call, bytes)),
            (_, Ok(Value::Accepted(s, _))) => self.of(thread, *s),
            // A duplicate of an event is one, too.
            (Call::DuplicateHandle { handle }, Ok(Value::Handle(duplicate)))
                if self.of(thread, *handle).starts_with("ev") =>
            {
                self.event(thread, *duplicate)
            }
            (_, _) => write_result(Some(call), result, &mut self.naming(thread, true)),
        }
    }

    fn naming(&mut self, thread: Thread, wildcards: bool) -> Naming<'_, 'a> {
        Naming { names: self, thread, wildcards }
    }

    /// `server:80` for a host's address of the file's family; else as it is.
    fn endpoint(&self, to: Endpoint) -> String {
        let host = self.hosts.iter().find(|(ip, _)| *ip == to.ip);
        host.map_or_else(|| to.to_string(), |(_, name)| format!("{name}:{}", to.port))
    }
}

/// Whose line it is: `client: `, `client.p2.t1: `.
pub(super) fn lane(before: &World, thread: Thread) -> String {
    let first = before.host(thread.host).winsock().first_thread(thread.id);
    let name = before.name(thread.host);
    match (process(before, thread), thread.id.number() - first.number() + 1) {
        (1, 1) => format!("{name}: "),
        (p, t) => format!("{name}.p{p}.t{t}: "),
    }
}

fn process(before: &World, thread: Thread) -> u32 {
    let process = before.host(thread.host).winsock().process_of(thread.id);
    process.map_or(1, ProcessId::number)
}

/// The names of one process's handles.
#[derive(Default)]
struct Handles {
    sockets: BTreeMap<Handle, usize>,
    events: BTreeMap<Handle, usize>,
}

/// What a thread's line calls things.
struct Naming<'b, 'a> {
    names: &'b mut Names<'a>,
    thread: Thread,
    /// The wildcard address needs no name: as an argument of connect it would mean the other host.
    wildcards: bool,
}

impl Namer for Naming<'_, '_> {
    fn handle(&mut self, handle: Handle) -> String {
        self.names.of(self.thread, handle)
    }

    fn event(&mut self, handle: Handle) -> String {
        self.names.event(self.thread, handle)
    }

    fn end(&mut self, end: Endpoint) -> String {
        let wildcard = self.wildcards && end.ip.is_unspecified() && end.ip.is_ipv6() == self.names.v6;
        if wildcard { format!(":{}", end.port) } else { self.names.endpoint(end) }
    }

    fn info(&mut self, info: ProtocolInfo) -> String {
        // Infos are global in a file, and of a host here.
        format!("info{}", u64::from(self.thread.host.0) * 1_000_000 + u64::from(info.number()))
    }

    fn process(&mut self, number: u32) -> String {
        format!("{}.p{number}", self.names.before.name(self.thread.host))
    }
}

/// A value as getsockopt's braces have it.
fn option(call: &Call, bytes: &[u8]) -> String {
    let half = |bytes: &[u8]| bytes.try_into().map_or(0, u16::from_le_bytes);
    if let (Call::Getsockopt { level: consts::SOL_SOCKET, name: consts::SO_LINGER, .. }, 4) =
        (call, bytes.len())
    {
        return format!("{}, {}", half(&bytes[..2]), half(&bytes[2..]));
    }
    let mut int = [0; 4];
    let n = bytes.len().min(4);
    int[..n].copy_from_slice(&bytes[..n]);
    i32::from_le_bytes(int).to_string()
}
