//! Calls as a scenario spells them: what to call, and whether the result is what the scenario says.
//!
//! `args.rs` reads arguments; `data.rs`, `options.rs` and `waiting.rs` make calls of them, each its kind; `compare.rs`
//! compares results.

mod args;
mod compare;
mod data;
mod options;
mod waiting;

pub(super) use compare::{compare, compare_pointed_at, describe_expected, end_in};

use super::ast::{Arg, CallEvent, Item, Lane};
use super::names::Names;
use args::Args;
use closewait::addr::{Endpoint, IpAddr, Ipv4Addr, Ipv6Addr};
use closewait::winsock::{Call, Decision, Handle, ProtocolInfo, consts};
use std::collections::BTreeMap;

/// Why a call cannot be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Refusal {
    /// Its arguments do not fit; what would.
    Malformed(String),
    /// It exists, and is not modelled yet.
    NotModelled(String),
}

/// What a line asks of its thread.
#[derive(Clone, Debug)]
pub(super) enum Op<'a> {
    /// A call.
    Call(Call),
    /// WSAAccept, with what its condition function does.
    Conditional(Call, Condition<'a>),
    /// WSASetBlockingHook, with what the hook does.
    Hook(Call, Vec<&'a CallEvent>),
    /// recv again and again, until 0 or an error.
    RecvAll(Handle),
    /// Something that is answered without a call: `fcntl(3, F_GETFL)`.
    Answer(i64),
}

/// A condition function: the calls that it makes, and what it returns.
#[derive(Clone, Debug)]
pub(super) struct Condition<'a> {
    pub(super) calls: Vec<&'a CallEvent>,
    pub(super) decision: Decision,
}

/// What is the same for all threads: where addresses that a scenario leaves out lead to, and what is named across
/// processes.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) v6: bool,
    /// Each host's address, by name.
    pub(super) hosts: Vec<(String, IpAddr)>,
    /// Where `connect(3, ..., ...)` leads.
    pub(super) other: Endpoint,
    /// Each process's number on its host, by host and number in the file.
    pub(super) processes: BTreeMap<(String, u32), u32>,
    /// Protocol infos, with the host that made each.
    pub(super) infos: BTreeMap<u32, (String, ProtocolInfo)>,
}

impl Scene {
    fn wildcard(&self) -> IpAddr {
        if self.v6 { IpAddr::V6(Ipv6Addr::UNSPECIFIED) } else { IpAddr::V4(Ipv4Addr::UNSPECIFIED) }
    }

    fn host(&self, name: &str) -> Result<IpAddr, Refusal> {
        let known = self.hosts.iter().find(|(host, _)| host == name).map(|&(_, ip)| ip);
        known
            .or_else(|| name.trim_matches(['[', ']']).parse().ok())
            .ok_or_else(|| Refusal::Malformed(format!("no host is named {name}")))
    }

    /// The number of a process on `here`; 0, which is nobody's, for one of another host or one without lines.
    fn process(&self, here: &str, lane: &Lane) -> u32 {
        match lane {
            Lane::Host { host, process, .. } if host == here => {
                self.processes.get(&(host.clone(), *process)).copied().unwrap_or(0)
            }
            Lane::Host { .. } | Lane::Net => 0,
        }
    }
}

/// The bytes that a call generates.
pub(super) fn made_up(call: &CallEvent) -> u64 {
    let text = matches!(call.args.get(1).map(|a| &a.value), Some(Arg::Text(_)));
    match call.name.value.as_str() {
        "send" | "write" | "sendto" if !text => {
            args::length(&call.args).and_then(|n| u64::try_from(n).ok()).unwrap_or(0)
        }
        _ => 0,
    }
}

/// What a call line asks for. `here` is the name of the host that makes it.
pub(super) fn prepare<'a>(
    call: &'a CallEvent,
    names: &Names,
    scene: &Scene,
    here: &str,
) -> Result<Op<'a>, Refusal> {
    let function = call.name.value.as_str();
    let a = Args { function, args: &call.args, names, scene, here };
    if let Some(call) = waiting::prepare(&a)? {
        let hook = matches!(call, Call::WsaSetBlockingHook { hook: true });
        return Ok(if hook { Op::Hook(call, a.calls(0)) } else { Op::Call(call) });
    }
    let any = Endpoint::new(scene.wildcard(), 8080);
    Ok(Op::Call(match function {
        "WSAStartup" => {
            let version = u16::try_from(a.int(0, "a version such as 0x202")?);
            let version = version.or_else(|_| a.malformed("a version of 16 bits"))?;
            Call::WsaStartup { version, data: a.get(1) != Some(&Arg::Null) }
        }
        "WSACleanup" => Call::WsaCleanup,
        "WSAGetLastError" => Call::WsaGetLastError,
        "WSASetLastError" => Call::WsaSetLastError { code: a.int32(0, "a code")? },
        "socket" => {
            let (family, kind, protocol) = socket(&a)?;
            Call::Socket { family, kind, protocol }
        }
        "WSASocket" | "WSASocketA" | "WSASocketW" => wsa_socket(&a)?,
        "WSADuplicateSocket" | "WSADuplicateSocketA" | "WSADuplicateSocketW" => Call::WsaDuplicateSocket {
            s: a.socket(0)?,
            process: a.process(1)?,
            info: a.get(2) != Some(&Arg::Null),
        },
        "DuplicateHandle" => Call::DuplicateHandle { handle: a.socket(0)? },
        "CloseHandle" => Call::CloseHandle { handle: a.socket(0)? },
        "bind" => Call::Bind { s: a.socket(0)?, name: a.name(1, any, scene.wildcard())? },
        "listen" => Call::Listen { s: a.socket(0)?, backlog: a.int32(1, "a backlog")? },
        "accept" | "accept4" => Call::Accept { s: a.socket(0)?, name_len: a.room(2) },
        "WSAAccept" => return wsa_accept(&a),
        "connect" | "WSAConnect" => {
            Call::Connect { s: a.socket(0)?, name: a.name(1, scene.other, scene.other.ip)? }
        }
        "send" | "write" => {
            let (s, data) = data::sent(&a)?;
            Call::Send { s, data, flags: data::urgent(&a) }
        }
        "sendto" => {
            let (s, data) = data::sent(&a)?;
            let last = (1..a.args.len()).rev().find(|&n| a.is_address(n));
            let to = last.map(|n| a.name(n, any, scene.other.ip)).transpose()?.flatten();
            Call::Sendto { s, data, flags: data::urgent(&a), to }
        }
        "recv" | "read" => {
            let (s, len, flags) = data::received(&a)?;
            Call::Recv { s, len, flags }
        }
        "recvfrom" => {
            let (s, len, flags) = data::received(&a)?;
            Call::Recvfrom { s, len, flags }
        }
        "recv_all" => return Ok(Op::RecvAll(a.socket(0)?)),
        "shutdown" => Call::Shutdown { s: a.socket(0)?, how: a.int32(1, "SD_RECEIVE, SD_SEND or SD_BOTH")? },
        "WSASendDisconnect" => Call::WsaSendDisconnect { s: a.socket(0)? },
        "WSARecvDisconnect" => Call::WsaRecvDisconnect { s: a.socket(0)? },
        "closesocket" | "close" => Call::Closesocket { s: a.socket(0)? },
        "setsockopt" => options::setsockopt(&a)?,
        "getsockopt" => options::getsockopt(&a)?,
        "ioctlsocket" | "ioctl" => options::ioctlsocket(&a)?,
        "WSAIoctl" => options::wsa_ioctl(&a)?,
        "fcntl" => match a.get(1) {
            Some(Arg::Names(command)) if command == &["F_GETFL"] => {
                return Ok(Op::Answer(super::names::O_RDWR | names.flags(a.socket(0)?)));
            }
            Some(Arg::Names(command)) if command == &["F_SETFL"] => {
                let flags = a.int(2, "F_SETFL and flags")?;
                Call::set_nonblocking(a.socket(0)?, flags & super::names::O_NONBLOCK != 0)
            }
            _ => return a.malformed("F_GETFL, or F_SETFL and flags"),
        },
        "getsockname" => Call::Getsockname { s: a.socket(0)?, len: a.name_room() },
        "getpeername" => Call::Getpeername { s: a.socket(0)?, len: a.name_room() },
        other => return Err(Refusal::NotModelled(format!("{other} is not modelled yet"))),
    }))
}

fn socket(a: &Args<'_, '_>) -> Result<(i32, i32, i32), Refusal> {
    let family = match a.get(0) {
        Some(Arg::Any) if a.scene.v6 => consts::AF_INET6,
        Some(Arg::Any) => consts::AF_INET,
        _ => a.int32(0, "a family, a type and a protocol")?,
    };
    Ok((family, a.int32(1, "a type")?, a.int32(2, "a protocol")?))
}

/// `WSASocket(info1)`, `WSASocket(0, 0, 0, info1)`, `WSASocket(AF_INET, SOCK_STREAM, IPPROTO_TCP)`
fn wsa_socket(a: &Args<'_, '_>) -> Result<Call, Refusal> {
    let labels = (0..a.args.len()).filter_map(|n| a.label(n, "info"));
    if let Some(label) = labels.into_iter().next() {
        let info = Some(a.info(label));
        return Ok(Call::WsaSocket { family: 0, kind: 0, protocol: 0, info });
    }
    let (family, kind, protocol) = socket(a)?;
    Ok(Call::WsaSocket { family, kind, protocol, info: None })
}

/// `WSAAccept(3)`, `WSAAccept(3, { closesocket(4) = -1 WSAEINPROGRESS, CF_REJECT })`
fn wsa_accept<'c>(a: &Args<'c, '_>) -> Result<Op<'c>, Refusal> {
    let s = a.socket(0)?;
    let at = (1..a.args.len()).find(|&n| matches!(a.get(n), Some(Arg::Braces(_))));
    let condition = at.is_some();
    let name_len = if at == Some(1) { None } else { a.room(2) };
    let call = Call::WsaAccept { s, name_len, condition };
    let Some(at) = at else { return Ok(Op::Call(call)) };
    let mut decision = Decision::Accept;
    for item in a.items(at) {
        let Item::Value { value, .. } = item else { continue };
        let name = if let Arg::Names(names) = &value.value { names.join("|") } else { String::new() };
        decision = match name.as_str() {
            "CF_ACCEPT" => Decision::Accept,
            "CF_REJECT" => Decision::Reject,
            "CF_DEFER" => Decision::Defer,
            _ => return a.malformed("calls and CF_ACCEPT, CF_REJECT or CF_DEFER in its braces"),
        };
    }
    Ok(Op::Conditional(call, Condition { calls: a.calls(at), decision }))
}
