//! Calls as a scenario spells them: what to call, and whether the result is what the scenario says.

#![expect(clippy::wildcard_enum_match_arm, reason = "an argument of any other kind does not fit")]

use super::ast::{Arg, At, CallEvent, Expected, Item, Returned};
use super::names::{Names, error_code};
use bytes::Bytes;
use closewait::addr::{Endpoint, IpAddr, Ipv4Addr, Ipv6Addr};
use closewait::winsock::{Call, CallResult, Handle, Value, consts};

/// What a kernel's `socket` takes, and Winsock's does not.
const POSIX_ONLY: [&str; 2] = ["SOCK_NONBLOCK", "SOCK_CLOEXEC"];

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
pub(super) enum Op {
    /// A call.
    Call(Call),
    /// recv again and again, until 0 or an error.
    RecvAll(Handle),
    /// Something that is answered without a call: `fcntl(3, F_GETFL)`.
    Answer(i64),
}

/// Where addresses that a scenario leaves out lead to.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    pub(super) v6: bool,
    /// Each host's address, by name.
    pub(super) hosts: Vec<(String, IpAddr)>,
    /// Where `connect(3, ..., ...)` leads.
    pub(super) other: Endpoint,
}

impl Addresses {
    fn wildcard(&self) -> IpAddr {
        if self.v6 { IpAddr::V6(Ipv6Addr::UNSPECIFIED) } else { IpAddr::V4(Ipv4Addr::UNSPECIFIED) }
    }

    fn host(&self, name: &str) -> Result<IpAddr, Refusal> {
        let known = self.hosts.iter().find(|(host, _)| host == name).map(|&(_, ip)| ip);
        known
            .or_else(|| name.trim_matches(['[', ']']).parse().ok())
            .ok_or_else(|| Refusal::Malformed(format!("no host is named {name}")))
    }
}

/// A call's arguments, with what is needed to read them.
struct Args<'a> {
    function: &'a str,
    args: &'a [At<Arg>],
    names: &'a Names,
    addresses: &'a Addresses,
}

impl Args<'_> {
    fn malformed<T>(&self, wants: &str) -> Result<T, Refusal> {
        Err(Refusal::Malformed(format!("{} takes {wants}", self.function)))
    }

    fn get(&self, n: usize) -> Option<&Arg> {
        self.args.get(n).map(|arg| &arg.value)
    }

    /// The socket: the first argument, unless `n` says otherwise.
    fn socket(&self, n: usize) -> Result<Handle, Refusal> {
        match self.get(n) {
            Some(Arg::Int(name)) => Ok(self.names.handle(*name)),
            Some(Arg::Names(names)) if names == &["INVALID_SOCKET"] => Ok(Handle::INVALID_SOCKET),
            _ => self.malformed("a socket as its first argument"),
        }
    }

    fn int(&self, n: usize, what: &str) -> Result<i64, Refusal> {
        match self.get(n) {
            Some(Arg::Int(value)) => Ok(*value),
            Some(Arg::Names(names)) => match constants(names) {
                Some(value) => Ok(value),
                None if names.iter().any(|name| POSIX_ONLY.contains(&name.as_str())) => {
                    let names = names.join("|");
                    Err(Refusal::NotModelled(format!("{}'s {names} is not Winsock's", self.function)))
                }
                None => self.malformed(&format!("{what}; {} is unknown", names.join("|"))),
            },
            _ => self.malformed(what),
        }
    }

    fn int32(&self, n: usize, what: &str) -> Result<i32, Refusal> {
        let value = self.int(n, what)?;
        // Signed or unsigned, 32 bits are 32 bits.
        match i32::try_from(value).or_else(|_| u32::try_from(value).map(u32::cast_signed)) {
            Ok(value) => Ok(value),
            Err(_) => self.malformed(&format!("{what} of 32 bits")),
        }
    }

    /// Flags by name, of which those given are known.
    fn flags(&self, known: &[&str]) -> Result<(), Refusal> {
        let names = self.args.iter().skip(2).filter_map(|a| match &a.value {
            Arg::Names(names) => Some(names),
            _ => None,
        });
        match names.flatten().find(|name| !known.contains(&name.as_str())) {
            Some(flag) => Err(Refusal::NotModelled(format!("{}'s {flag} is not modelled", self.function))),
            None => Ok(()),
        }
    }

    fn has_flag(&self, flag: &str) -> bool {
        self.args.iter().any(|arg| matches!(&arg.value, Arg::Names(names) if names.iter().any(|n| n == flag)))
    }

    fn no_buffer<T>(&self) -> Result<T, Refusal> {
        Err(Refusal::NotModelled(format!("{}'s buffer is never NULL", self.function)))
    }

    fn length(&self) -> Option<i64> {
        length(self.args)
    }

    /// An address to bind or connect to.
    fn address(&self, n: usize, left_out: Endpoint, no_host: IpAddr) -> Result<Endpoint, Refusal> {
        match self.get(n) {
            Some(Arg::Any) | None => Ok(left_out),
            Some(Arg::Address(None, port)) => Ok(Endpoint::new(no_host, *port)),
            Some(Arg::Address(Some(host), port)) => Ok(Endpoint::new(self.addresses.host(host)?, *port)),
            Some(Arg::Braces(items)) => match port_in(items) {
                Some(port) => Ok(Endpoint::new(no_host, port)),
                None => self.malformed("an address with a port"),
            },
            _ => self.malformed("an address such as :80 or server:80"),
        }
    }
}

/// The first argument that is a number, from the second on: a length. Flags come after it: `recv(3, 4096, 0)`.
fn length(args: &[At<Arg>]) -> Option<i64> {
    args.iter().skip(1).find_map(|a| int_of(&a.value))
}

/// The bytes that a call generates.
pub(super) fn made_up(call: &CallEvent) -> u64 {
    let text = matches!(call.args.get(1).map(|a| &a.value), Some(Arg::Text(_)));
    match call.name.value.as_str() {
        "send" | "write" | "sendto" if !text => {
            length(&call.args).and_then(|n| u64::try_from(n).ok()).unwrap_or(0)
        }
        _ => 0,
    }
}

/// `{sa_family = AF_INET, sin_port = htons(8080), …}`
fn port_in(items: &[Item]) -> Option<u16> {
    items.iter().find_map(|item| match item {
        Item::Value { key: Some(At { value: Arg::Names(key), .. }), value }
            if key.iter().any(|k| k.ends_with("_port")) =>
        {
            int_of(&value.value).and_then(|port| u16::try_from(port).ok())
        }
        Item::Call(call) if call.name.value == "htons" => {
            call.args.first().and_then(|a| int_of(&a.value)).and_then(|port| u16::try_from(port).ok())
        }
        Item::Value { .. } | Item::Call(_) => None,
    })
}

fn int_of(arg: &Arg) -> Option<i64> {
    if let Arg::Int(n) = arg { Some(*n) } else { None }
}

/// The value of `A|B|C`, if every name is known.
fn constants(names: &[String]) -> Option<i64> {
    names.iter().try_fold(0, |all, name| Some(all | super::names::constant(name)?))
}

/// What a call line asks for.
pub(super) fn prepare(call: &CallEvent, names: &Names, addresses: &Addresses) -> Result<Op, Refusal> {
    let function = call.name.value.as_str();
    let a = Args { function, args: &call.args, names, addresses };
    let any = Endpoint::new(addresses.wildcard(), 8080);
    Ok(Op::Call(match function {
        "WSAStartup" => {
            let version = u16::try_from(a.int(0, "a version such as 0x202")?);
            Call::WsaStartup { version: version.or_else(|_| a.malformed("a version of 16 bits"))? }
        }
        "WSACleanup" => Call::WsaCleanup,
        "WSAGetLastError" => Call::WsaGetLastError,
        "WSASetLastError" => Call::WsaSetLastError { code: a.int32(0, "a code")? },
        "WSACreateEvent" => Call::WsaCreateEvent,
        "socket" => {
            let family = match a.get(0) {
                Some(Arg::Any) if addresses.v6 => consts::AF_INET6,
                Some(Arg::Any) => consts::AF_INET,
                _ => a.int32(0, "a family, a type and a protocol")?,
            };
            Call::Socket { family, kind: a.int32(1, "a type")?, protocol: a.int32(2, "a protocol")? }
        }
        "bind" => Call::Bind { s: a.socket(0)?, name: a.address(1, any, addresses.wildcard())? },
        "listen" => Call::Listen { s: a.socket(0)?, backlog: a.int32(1, "a backlog")? },
        "accept" | "accept4" => Call::Accept { s: a.socket(0)? },
        "connect" => {
            let name = a.address(1, addresses.other, addresses.other.ip)?;
            Call::Connect { s: a.socket(0)?, name }
        }
        "send" | "write" => {
            let (s, data) = sent(&a)?;
            Call::Send { s, data, flags: urgent(&a) }
        }
        "sendto" => {
            let (s, data) = sent(&a)?;
            let last = a.args.len().checked_sub(1).filter(|&n| matches!(a.get(n), Some(Arg::Address(..))));
            let to = last.map(|n| a.address(n, any, addresses.other.ip)).transpose()?;
            Call::Sendto { s, data, flags: urgent(&a), to }
        }
        "recv" | "read" => {
            let (s, len, flags) = received(&a)?;
            Call::Recv { s, len, flags }
        }
        "recvfrom" => {
            let (s, len, flags) = received(&a)?;
            Call::Recvfrom { s, len, flags }
        }
        "recv_all" => return Ok(Op::RecvAll(a.socket(0)?)),
        "shutdown" => Call::Shutdown { s: a.socket(0)?, how: a.int32(1, "SD_RECEIVE, SD_SEND or SD_BOTH")? },
        "closesocket" | "close" => Call::Closesocket { s: a.socket(0)? },
        "setsockopt" => setsockopt(&a)?,
        "getsockopt" => {
            let (level, name, _) = option(&a)?;
            Call::Getsockopt { s: a.socket(0)?, level, name, len: 4 }
        }
        "ioctlsocket" | "ioctl" => {
            let cmd = a.int32(1, "FIONBIO, FIONREAD or SIOCATMARK")?.cast_unsigned();
            let arg = match a.get(2) {
                Some(Arg::Int(n)) => u32::try_from(*n).unwrap_or(1),
                _ => 0,
            };
            Call::Ioctlsocket { s: a.socket(0)?, cmd, arg }
        }
        "WSAIoctl" => wsa_ioctl(&a)?,
        "fcntl" => match a.get(1) {
            Some(Arg::Names(command)) if command == &["F_GETFL"] => {
                return Ok(Op::Answer(super::names::O_RDWR | names.flags(a.socket(0)?)));
            }
            Some(Arg::Names(command)) if command == &["F_SETFL"] => {
                let flags = a.int(2, "F_SETFL and flags")?;
                let arg = u32::from(flags & super::names::O_NONBLOCK != 0);
                Call::Ioctlsocket { s: a.socket(0)?, cmd: consts::FIONBIO, arg }
            }
            _ => return a.malformed("F_GETFL, or F_SETFL and flags"),
        },
        "getsockname" => Call::Getsockname { s: a.socket(0)? },
        "getpeername" => Call::Getpeername { s: a.socket(0)? },
        other => return Err(Refusal::NotModelled(format!("{other} is not modelled yet"))),
    }))
}

/// `send(3, 1000)`, `send(3, "text", 4, 0)`, `write(3, ..., 1000)`: the bytes are filled in by position later.
fn sent(a: &Args<'_>) -> Result<(Handle, Bytes), Refusal> {
    let s = a.socket(0)?;
    a.flags(&["MSG_OOB", "MSG_NOSIGNAL"])?;
    let data = match (a.get(1), a.length()) {
        (Some(Arg::Null), _) => return a.no_buffer(),
        (Some(Arg::Text(text)), length) => {
            let len = length.and_then(|n| usize::try_from(n).ok()).unwrap_or(text.len());
            Bytes::copy_from_slice(&text[..len.min(text.len())])
        }
        (_, Some(n)) => match usize::try_from(n) {
            Ok(n) => super::names::generated(s, a.names, n),
            Err(_) => return a.malformed("a length that is not negative"),
        },
        (_, None) => return a.malformed("a socket and a length, or a text"),
    };
    Ok((s, data))
}

fn urgent(a: &Args<'_>) -> i32 {
    if a.has_flag("MSG_OOB") { consts::MSG_OOB } else { 0 }
}

fn received(a: &Args<'_>) -> Result<(Handle, usize, i32), Refusal> {
    let s = a.socket(0)?;
    a.flags(&["MSG_PEEK", "MSG_OOB", "MSG_NOSIGNAL"])?;
    if a.get(1) == Some(&Arg::Null) {
        return a.no_buffer();
    }
    let peek = if a.has_flag("MSG_PEEK") { consts::MSG_PEEK } else { 0 };
    match a.length().and_then(|n| usize::try_from(n).ok()) {
        Some(len) => Ok((s, len, peek | urgent(a))),
        None => a.malformed("a socket and a length"),
    }
}

/// Level and name of an option, and where its value stands: the level may be left out.
fn option(a: &Args<'_>) -> Result<(i32, i32, usize), Refusal> {
    let Some(Arg::Names(first)) = a.get(1) else {
        return Ok((a.int32(1, "a level")?, a.int32(2, "an option")?, 3));
    };
    let first = first.join("|");
    if let Some((level, name)) = super::names::socket_option(&first) {
        return Ok((level, name, 2));
    }
    let level = a.int32(1, "a level or an option")?;
    if let Some(Arg::Names(second)) = a.get(2)
        && let Some((_, name)) = super::names::socket_option(&second.join("|"))
    {
        return Ok((level, name, 3));
    }
    match a.get(2) {
        Some(Arg::Names(second)) => {
            Err(Refusal::NotModelled(format!("the option {} is not modelled yet", second.join("|"))))
        }
        _ => Ok((level, a.int32(2, "an option")?, 3)),
    }
}

fn setsockopt(a: &Args<'_>) -> Result<Call, Refusal> {
    let (level, name, at) = option(a)?;
    let mut bytes = match a.get(at) {
        Some(Arg::Null) => return Ok(Call::Setsockopt { s: a.socket(0)?, level, name, value: None }),
        Some(Arg::Int(n)) => int_bytes(*n).to_vec(),
        Some(Arg::List(list)) => match list.first().and_then(|v| int_of(&v.value)) {
            Some(n) => int_bytes(n).to_vec(),
            None => return a.malformed("a value"),
        },
        Some(Arg::Braces(items)) => match &ints(items)[..] {
            [onoff, seconds] => {
                let half = |n: i64| u16::try_from(n & 0xffff).unwrap_or(0).to_le_bytes();
                let ([a, b], [c, d]) = (half(*onoff), half(*seconds));
                vec![a, b, c, d]
            }
            _ => return a.malformed("{onoff, seconds}"),
        },
        _ => return a.malformed("a socket, an option and a value"),
    };
    if let Some(len) = a.get(at + 1).and_then(int_of).and_then(|n| usize::try_from(n).ok()) {
        bytes.resize(len.min(64), 0);
    }
    Ok(Call::Setsockopt { s: a.socket(0)?, level, name, value: Some(bytes.into()) })
}

/// `WSAIoctl(3, SIO_KEEPALIVE_VALS, {1, 75000, 1000})`, with the length after it if it is not the whole.
fn wsa_ioctl(a: &Args<'_>) -> Result<Call, Refusal> {
    let (s, code) = (a.socket(0)?, a.int32(1, "a control code")?.cast_unsigned());
    let mut bytes: Vec<u8> = match a.get(2) {
        Some(Arg::Null) => return Ok(Call::WsaIoctl { s, code, input: None }),
        Some(Arg::Int(n)) => int_bytes(*n).to_vec(),
        Some(Arg::List(list)) => list.iter().filter_map(|v| int_of(&v.value)).flat_map(int_bytes).collect(),
        Some(Arg::Braces(items)) => ints(items).into_iter().flat_map(int_bytes).collect(),
        _ => return a.malformed("a socket, a control code and its input"),
    };
    if let Some(len) = a.get(3).and_then(int_of).and_then(|n| usize::try_from(n).ok()) {
        bytes.resize(len.min(64), 0);
    }
    Ok(Call::WsaIoctl { s, code, input: Some(bytes.into()) })
}

fn int_bytes(n: i64) -> [u8; 4] {
    let [a, b, c, d, ..] = n.to_le_bytes();
    [a, b, c, d]
}

fn ints(items: &[Item]) -> Vec<i64> {
    let value = |item: &Item| match item {
        Item::Value { value, .. } => int_of(&value.value),
        Item::Call(_) => None,
    };
    items.iter().filter_map(value).collect()
}

/// Compares a result with what is expected. The error says what was expected and what happened.
pub(super) fn compare(
    result: &CallResult,
    expected: &Expected,
    names: &mut Names,
    addresses: &Addresses,
) -> Result<(), (String, String)> {
    let happened = || crate::trace::describe_result(result);
    let differs = |wanted: String| Err((wanted, happened()));
    if matches!(expected.value.as_ref().map(|v| &v.value), Some(Returned::Any)) {
        return Ok(());
    }
    if let Some(code) = &expected.code {
        let Some(wanted) = code_of(&code.value) else { return differs(format!("{:?}", code.value)) };
        return match result {
            Err(error) if i64::from(error.code()) == wanted => Ok(()),
            Err(_) | Ok(_) => differs(format!("-1 {}", error_code(wanted))),
        };
    }
    let Ok(value) = result else { return differs(describe_expected(expected)) };
    let number = match value {
        Value::Zero | Value::Name(_) | Value::Option(_) | Value::Argument(_) | Value::Startup(..) => 0,
        Value::Sent(n) => i64::try_from(*n).unwrap_or(i64::MAX),
        Value::Received(data) | Value::ReceivedFrom(data, _) => i64::try_from(data.len()).unwrap_or(i64::MAX),
        Value::LastError(code) => i64::from(*code),
        Value::Handle(handle) | Value::Accepted(handle, _) => {
            return match expected.value.as_ref().map(|v| &v.value) {
                Some(Returned::Int(name)) if *name >= 0 => {
                    names.bind(*name, *handle);
                    Ok(())
                }
                Some(Returned::Label(_)) => Ok(()),
                _ => differs(describe_expected(expected)),
            };
        }
    };
    let wanted = match expected.value.as_ref().map(|v| &v.value) {
        Some(Returned::Int(n)) => Some(*n),
        Some(Returned::Names(names)) => constants_or_code(names),
        Some(Returned::Any | Returned::None | Returned::Label(_)) | None => None,
    };
    if wanted.is_some_and(|wanted| wanted != number) || (wanted.is_none() && expected.value.is_some()) {
        return differs(describe_expected(expected));
    }
    compare_braces(value, expected, addresses).map_err(|wanted| (wanted, happened()))
}

/// `getsockopt(3, SOL_SOCKET, SO_ERROR, [ECONNRESET], [4]) = 0`: what C's pointer points at is compared, too.
pub(super) fn compare_pointed_at(result: &CallResult, call: &CallEvent) -> Result<(), (String, String)> {
    let lists =
        call.args.iter().filter_map(|arg| if let Arg::List(list) = &arg.value { Some(list) } else { None });
    let Some(wanted) = lists.filter_map(|list| list.first()).next() else { return Ok(()) };
    match result {
        Ok(Value::Option(bytes)) if !option_matches(bytes, 0, 1, &wanted.value) => {
            let happened = crate::trace::describe_result(result);
            Err((describe_arg(&wanted.value), happened))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

fn constants_or_code(names: &[String]) -> Option<i64> {
    constants(names).or_else(|| names.first().and_then(|n| super::names::code(n)))
}

fn code_of(arg: &Arg) -> Option<i64> {
    match arg {
        Arg::Int(n) => Some(*n),
        Arg::Names(names) => names.first().and_then(|n| super::names::code(n)),
        _ => None,
    }
}

/// What is named in braces is compared; the rest is not.
fn compare_braces(value: &Value, expected: &Expected, addresses: &Addresses) -> Result<(), String> {
    let Some(items) = &expected.braces else { return Ok(()) };
    for (i, item) in items.iter().enumerate() {
        let Item::Value { key, value: wanted } = item else { continue };
        let key = key.as_ref().and_then(|k| if let Arg::Names(n) = &k.value { n.first() } else { None });
        let good = match (value, &wanted.value) {
            (_, Arg::Any) => true,
            (Value::Argument(n), wanted) => int_of(wanted) == Some(i64::from(*n)),
            (Value::Startup(agreed, _), wanted) => {
                key.is_none_or(|k| k != "version") || int_of(wanted) == Some(i64::from(*agreed))
            }
            (Value::Name(name) | Value::ReceivedFrom(_, name), Arg::Address(host, port)) => {
                let ip = host.as_ref().map(|h| addresses.host(h));
                *port == name.port && ip.is_none_or(|ip| ip == Ok(name.ip))
            }
            (Value::Option(bytes), wanted) => option_matches(bytes, i, items.len(), wanted),
            (_, _) => true,
        };
        if !good {
            return Err(describe_expected(expected));
        }
    }
    Ok(())
}

/// recv_all's `{end=0}` or `{end=WSAECONNRESET}`: the code.
pub(super) fn end_in(items: &[Item]) -> Option<i64> {
    items.iter().find_map(|item| match item {
        Item::Value { key: Some(At { value: Arg::Names(key), .. }), value } if key == &["end"] => {
            code_of(&value.value)
        }
        Item::Value { .. } | Item::Call(_) => None,
    })
}

/// `{1, 5}` are two halves of a linger option; one number is the whole value.
fn option_matches(bytes: &[u8], i: usize, count: usize, wanted: &Arg) -> bool {
    let wanted = match wanted {
        Arg::Names(names) => constants_or_code(names),
        other => int_of(other),
    };
    let mut padded = [0; 4];
    let n = bytes.len().min(4);
    padded[..n].copy_from_slice(&bytes[..n]);
    let [a, b, c, d] = padded;
    match (count, i) {
        (2, 0) => wanted == Some(u16::from_le_bytes([a, b]).into()),
        (2, _) => wanted == Some(u16::from_le_bytes([c, d]).into()),
        // An int, or a DWORD.
        (_, _) => {
            [i32::from_le_bytes(padded).into(), u32::from_le_bytes(padded).into()].map(Some).contains(&wanted)
        }
    }
}

/// What a line expects, in words.
pub(super) fn describe_expected(expected: &Expected) -> String {
    let value = match expected.value.as_ref().map(|v| &v.value) {
        None => String::new(),
        Some(Returned::Any) => "...".into(),
        Some(Returned::None) => "none".into(),
        Some(Returned::Int(n)) => n.to_string(),
        Some(Returned::Names(names)) => names.join("|"),
        Some(Returned::Label(label)) => format!("{}{}", label.kind, label.number),
    };
    let braces = expected.braces.as_ref().map_or_else(String::new, |items| {
        let words: Vec<_> = items.iter().map(describe_item).collect();
        format!(" {{{}}}", words.join(", "))
    });
    let code = expected
        .code
        .as_ref()
        .and_then(|c| code_of(&c.value))
        .map_or_else(String::new, |c| format!(" {}", error_code(c)));
    format!("{value}{code}{braces}").trim().to_owned()
}

fn describe_item(item: &Item) -> String {
    match item {
        Item::Value { key: Some(key), value } => {
            format!("{}={}", describe_arg(&key.value), describe_arg(&value.value))
        }
        Item::Value { key: None, value } => describe_arg(&value.value),
        Item::Call(call) => call.name.value.clone(),
    }
}

fn describe_arg(arg: &Arg) -> String {
    match arg {
        Arg::Int(n) => n.to_string(),
        Arg::Names(names) => names.join("|"),
        Arg::Address(host, port) => format!("{}:{port}", host.as_deref().unwrap_or("")),
        other => format!("{other:?}"),
    }
}
