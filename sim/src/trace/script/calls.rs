//! Calls and their results in the notation, with the script's small numbers for handles.

use super::lines::{Line, Text};
use super::{Heading, Inexpressible};
use crate::trace::{Log, What, describe_call, describe_result};
use crate::world::{HostId, Thread, World};
use closewait::addr::{Endpoint, IpAddr};
use closewait::winsock::{Call, CallResult, Handle, ProcessId, Value, consts};
use std::collections::BTreeMap;

/// Whether hosts are addressed by IPv6: by the first address that a call or a connection has.
pub(super) fn v6(log: &Log, world: &World) -> bool {
    let known =
        |ip: IpAddr| ip.is_unspecified() || world.hosts().any(|id| world.host(id).stack().is_local(ip));
    let named = log.entries().iter().find_map(|entry| match &entry.what {
        What::Call { call: Call::Bind { name, .. } | Call::Connect { name, .. }, .. } => Some(name.ip),
        What::Call { call: Call::Sendto { to: Some(to), .. }, .. } => Some(to.ip),
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
    sockets: BTreeMap<(HostId, u32), BTreeMap<Handle, usize>>,
}

impl<'a> Names<'a> {
    pub(super) fn new(world: &'a World, heading: &Heading<'a>, v6: bool) -> Self {
        let address = |id| if v6 { world.address_v6(id) } else { world.address(id) };
        let one_machine = heading.wire.is_some();
        // A file with one machine has no hosts to name.
        let hosts = world.hosts().filter(|_| !one_machine).map(|id| (address(id), world.name(id)));
        let hosts = hosts.collect();
        Self { before: heading.before, one_machine, hosts, v6, sockets: BTreeMap::new() }
    }

    pub(super) fn line(&mut self, line: &Line) -> Result<String, Inexpressible> {
        Ok(match &line.text {
            Text::Verbatim(text) => text.clone(),
            Text::Call(thread, call, result) => {
                let made = self.call(*thread, call)?;
                let result = match result {
                    Some(result) => self.result(*thread, call, result)?,
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

    /// Whose line it is: `client: `, `client.p2.t1: `; nothing on one machine.
    fn lane(&self, thread: Thread) -> String {
        let process = self.process(thread);
        let first = self.before.host(thread.host).winsock().first_thread(thread.id);
        let name = self.before.name(thread.host);
        match (process, thread.id.number() - first.number() + 1) {
            _ if self.one_machine => String::new(),
            (1, 1) => format!("{name}: "),
            (p, t) => format!("{name}.p{p}.t{t}: "),
        }
    }

    fn process(&self, thread: Thread) -> u32 {
        let process = self.before.host(thread.host).winsock().process_of(thread.id);
        process.map_or(1, ProcessId::number)
    }

    fn of(&mut self, thread: Thread, s: Handle) -> String {
        if s == Handle::INVALID_SOCKET {
            return "INVALID_SOCKET".into();
        }
        let key = (thread.host, self.process(thread));
        let names = self.sockets.entry(key).or_default();
        let next = names.len() + 3;
        names.entry(s).or_insert(next).to_string()
    }

    fn call(&mut self, thread: Thread, call: &Call) -> Result<String, Inexpressible> {
        Ok(match call {
            Call::Bind { s, name } => {
                let s = self.of(thread, *s);
                let wildcard = name.ip.is_unspecified() && name.ip.is_ipv6() == self.v6;
                let to = if wildcard { format!(":{}", name.port) } else { self.endpoint(*name) };
                format!("bind({s}, {to})")
            }
            Call::Connect { s, name } => {
                format!("connect({}, {})", self.of(thread, *s), self.endpoint(*name))
            }
            Call::Listen { s, backlog } => format!("listen({}, {backlog})", self.of(thread, *s)),
            Call::Accept { s } => format!("accept({})", self.of(thread, *s)),
            Call::Send { s, data, flags: 0 } => format!("send({}, {})", self.of(thread, *s), data.len()),
            Call::Sendto { s, data, flags: 0, to } => {
                let to = to.map_or_else(String::new, |to| format!(", {}", self.endpoint(to)));
                format!("sendto({}, {}{to})", self.of(thread, *s), data.len())
            }
            Call::Recvfrom { s, len, flags: 0 } => format!("recvfrom({}, {len})", self.of(thread, *s)),
            Call::Recvfrom { s, len, flags: consts::MSG_PEEK } => {
                format!("recvfrom({}, {len}, MSG_PEEK)", self.of(thread, *s))
            }
            Call::Send { s, data, flags: consts::MSG_OOB } => {
                format!("send({}, {}, MSG_OOB)", self.of(thread, *s), data.len())
            }
            Call::Recv { s, len, flags: 0 } => format!("recv({}, {len})", self.of(thread, *s)),
            Call::Setsockopt { s, level, name, value: Some(value) } if value.len() != 4 => {
                let (int, rest) = value.split_at(value.len().min(4));
                if rest.iter().any(|&byte| byte != 0) {
                    return Err(Inexpressible("an option of more than four bytes".into()));
                }
                let mut bytes = [0; 4];
                bytes[..int.len()].copy_from_slice(int);
                let (s, int) = (self.of(thread, *s), i32::from_le_bytes(bytes));
                format!("setsockopt({s}, {level}, {name}, {int}, {})", value.len())
            }
            Call::WsaIoctl { s, code, input: Some(input) } => {
                let len = input.len();
                if len == 0 || len > 64 {
                    return Err(Inexpressible(format!("an ioctl of {len} bytes")));
                }
                let mut whole = input.to_vec();
                whole.resize(len.next_multiple_of(4), 0);
                let whole = Call::WsaIoctl { s: *s, code: *code, input: Some(whole.into()) };
                let made = describe_call(&whole).replacen(&s.to_string(), &self.of(thread, *s), 1);
                if len % 4 == 0 { made } else { format!("{}, {len})", made.trim_end_matches(')')) }
            }
            Call::Recv { s, flags: 0..=3, .. }
            | Call::Shutdown { s, .. }
            | Call::Closesocket { s }
            | Call::Setsockopt { s, .. }
            | Call::Getsockopt { s, len: 4, .. }
            | Call::Ioctlsocket { s, .. }
            | Call::WsaIoctl { s, input: None, .. }
            | Call::Getsockname { s }
            | Call::Getpeername { s } => {
                // As described, with the script's name for the handle.
                describe_call(call).replacen(&s.to_string(), &self.of(thread, *s), 1)
            }
            Call::WsaStartup { .. }
            | Call::WsaCleanup
            | Call::WsaGetLastError
            | Call::WsaSetLastError { .. }
            | Call::WsaCreateEvent
            | Call::Socket { .. } => describe_call(call),
            Call::Send { .. }
            | Call::Recv { .. }
            | Call::Sendto { .. }
            | Call::Recvfrom { .. }
            | Call::Getsockopt { .. }
            | Call::WsaCloseEvent { .. } => {
                return Err(Inexpressible(format!("no line makes the call {}", describe_call(call))));
            }
        })
    }

    fn result(&mut self, thread: Thread, call: &Call, result: &CallResult) -> Result<String, Inexpressible> {
        Ok(match result {
            Ok(Value::Handle(s) | Value::Accepted(s, _)) => self.of(thread, *s),
            Ok(Value::Name(to)) if to.ip.is_unspecified() => format!("0 {{:{}}}", to.port),
            Ok(Value::ReceivedFrom(data, from)) => format!("{} {{{}}}", data.len(), self.endpoint(*from)),
            Ok(Value::Name(to)) => format!("0 {{{}}}", self.endpoint(*to)),
            Ok(Value::Option(bytes)) => format!("0 {{{}}}", option(call, bytes)),
            Ok(
                Value::Zero | Value::Sent(_) | Value::Received(_) | Value::Argument(_) | Value::Startup(..),
            )
            | Ok(Value::LastError(_))
            | Err(_) => describe_result(result),
        })
    }

    /// `server:80` for a host's address of the file's family; else as it is.
    fn endpoint(&self, to: Endpoint) -> String {
        let host = self.hosts.iter().find(|(ip, _)| *ip == to.ip);
        host.map_or_else(|| to.to_string(), |(_, name)| format!("{name}:{}", to.port))
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
