//! Calls and results in words: for people, and in the notation, which differ in what they call handles and ends.

mod names;

use super::places::Places;
use closewait::addr::Endpoint;
use closewait::winsock::{
    Call, CallResult, Decision, FdSets, Handle, NetworkEvent, PollFd, ProtocolInfo, SockAddr, Timeval, Told,
    Value, Window, consts,
};
use names::{
    family_name, fd_names, hex, how_name, ioctl_input, ioctl_name, kind_name, msg_flags, option_name,
    option_value, poll_names, protocol_name,
};

/// What handles, ends, windows … are called.
pub(super) trait Namer {
    fn handle(&mut self, handle: Handle) -> String;

    fn event(&mut self, handle: Handle) -> String {
        self.handle(handle)
    }

    fn end(&mut self, end: Endpoint) -> String {
        end.to_string()
    }

    fn window(&mut self, Window(window): Window) -> String {
        format!("win{window}")
    }

    fn info(&mut self, info: ProtocolInfo) -> String {
        format!("info{}", info.number())
    }

    fn process(&mut self, number: u32) -> String {
        number.to_string()
    }
}

/// Everything by its number.
struct Numbers;

impl Namer for Numbers {
    fn handle(&mut self, handle: Handle) -> String {
        handle.to_string()
    }
}

/// Ends by the names of their hosts.
impl Namer for &Places<'_> {
    fn handle(&mut self, handle: Handle) -> String {
        handle.to_string()
    }

    fn end(&mut self, end: Endpoint) -> String {
        self.name(end)
    }
}

/// A call as a C programmer would write it, without buffers: `send(0x104, 5)`.
#[must_use]
pub fn describe_call(call: &Call) -> String {
    write_call(call, &mut Numbers)
}

/// A result as the C function returns it, out-parameters in braces: `0 {10.0.0.1:80}`, `-1 WSAEWOULDBLOCK`.
#[must_use]
pub fn describe_result(result: &CallResult) -> String {
    write_result(None, result, &mut Numbers)
}

/// A result of a call: of WSAPoll it says whose each entry is.
#[must_use]
pub fn describe_result_of(call: &Call, result: &CallResult) -> String {
    write_result(Some(call), result, &mut Numbers)
}

fn or_null<T>(value: Option<T>, write: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "NULL".into(), write)
}

/// A call, with what it names called as `n` does.
pub(super) fn write_call(call: &Call, n: &mut dyn Namer) -> String {
    match call {
        Call::WsaStartup { version, data } => {
            format!("WSAStartup({version:#06x}{})", if *data { "" } else { ", NULL" })
        }
        Call::WsaCleanup => "WSACleanup()".into(),
        Call::WsaGetLastError => "WSAGetLastError()".into(),
        Call::WsaSetLastError { code } => format!("WSASetLastError({code})"),
        Call::Socket { family, kind, protocol } => {
            format!("socket({}, {}, {})", family_name(*family), kind_name(*kind), protocol_name(*protocol))
        }
        Call::Bind { s, name } => format!("bind({}, {})", n.handle(*s), sock_addr(*name, n)),
        Call::Listen { s, backlog } => format!("listen({}, {backlog})", n.handle(*s)),
        Call::Accept { s, name_len } => format!("accept({}{})", n.handle(*s), room(*name_len)),
        Call::WsaAccept { s, name_len, condition } => {
            let condition = if *condition { ", {CF_ACCEPT}" } else { "" };
            format!("WSAAccept({}{}{condition})", n.handle(*s), room(*name_len))
        }
        Call::ConditionReturns { decision } => format!("return {}", decision_name(*decision)),
        Call::Connect { s, name } => format!("connect({}, {})", n.handle(*s), sock_addr(*name, n)),
        Call::Send { s, data, flags } => {
            let data = or_null(data.as_ref(), |data| data.len().to_string());
            format!("send({}, {data}{})", n.handle(*s), msg_flags(*flags))
        }
        Call::Recv { s, len, flags } => {
            format!("recv({}, {}{})", n.handle(*s), or_null(*len, |len| len.to_string()), msg_flags(*flags))
        }
        Call::Sendto { s, data, flags, to } => {
            let data = or_null(data.as_ref(), |data| data.len().to_string());
            let to = to.map_or_else(String::new, |to| format!(", {}", sock_addr(Some(to), n)));
            format!("sendto({}, {data}{}{to})", n.handle(*s), msg_flags(*flags))
        }
        Call::Recvfrom { s, len, flags } => {
            let len = or_null(*len, |len| len.to_string());
            format!("recvfrom({}, {len}{})", n.handle(*s), msg_flags(*flags))
        }
        Call::Shutdown { s, how } => format!("shutdown({}, {})", n.handle(*s), how_name(*how)),
        Call::WsaSendDisconnect { s } => format!("WSASendDisconnect({})", n.handle(*s)),
        Call::WsaRecvDisconnect { s } => format!("WSARecvDisconnect({})", n.handle(*s)),
        Call::Closesocket { s } => format!("closesocket({})", n.handle(*s)),
        Call::Setsockopt { s, level, name, value } => {
            let value = or_null(value.as_deref(), |value| option_value(*level, *name, value));
            format!("setsockopt({}, {}, {value})", n.handle(*s), option_name(*level, *name))
        }
        Call::Getsockopt { s, level, name, len } => {
            let len = match len {
                Some(4) => String::new(),
                other => format!(", ..., {}", or_null(*other, |len| len.to_string())),
            };
            format!("getsockopt({}, {}{len})", n.handle(*s), option_name(*level, *name))
        }
        Call::Ioctlsocket { s, cmd, arg } => ioctlsocket(&n.handle(*s), *cmd, *arg),
        Call::WsaIoctl { s, code, input } => {
            let input = or_null(input.as_deref(), ioctl_input);
            format!("WSAIoctl({}, {}, {input})", n.handle(*s), ioctl_name(*code))
        }
        Call::Getsockname { s, len } => format!("getsockname({}{})", n.handle(*s), name_room(*len)),
        Call::Getpeername { s, len } => format!("getpeername({}{})", n.handle(*s), name_room(*len)),
        Call::WsaDuplicateSocket { s, process, info } => {
            let info = if *info { "" } else { ", NULL" };
            format!("WSADuplicateSocket({}, {}{info})", n.handle(*s), n.process(*process))
        }
        Call::WsaSocket { info: Some(info), .. } => format!("WSASocket({})", n.info(*info)),
        Call::WsaSocket { family, kind, protocol, info: None } => {
            format!("WSASocket({}, {}, {})", family_name(*family), kind_name(*kind), protocol_name(*protocol))
        }
        Call::DuplicateHandle { .. }
        | Call::CloseHandle { .. }
        | Call::Select { .. }
        | Call::WsaPoll { .. }
        | Call::WsaCreateEvent
        | Call::WsaCloseEvent { .. }
        | Call::WsaSetEvent { .. }
        | Call::WsaResetEvent { .. }
        | Call::WsaWaitForMultipleEvents { .. }
        | Call::WsaEventSelect { .. }
        | Call::WsaEnumNetworkEvents { .. }
        | Call::WsaAsyncSelect { .. }
        | Call::PeekMessage { .. }
        | Call::WsaSetBlockingHook { .. }
        | Call::WsaUnhookBlockingHook
        | Call::WsaIsBlocking
        | Call::WsaCancelBlockingCall => write_waiting(call, n),
    }
}

/// The calls that wait for several sockets or events, and those that say what to wait for.
fn write_waiting(call: &Call, n: &mut dyn Namer) -> String {
    let many = |handles: &[Handle], n: &mut dyn Namer| {
        handles.iter().map(|&handle| n.event(handle)).collect::<Vec<_>>().join(", ")
    };
    match call {
        Call::DuplicateHandle { handle } => format!("DuplicateHandle({})", n.handle(*handle)),
        Call::CloseHandle { handle } => format!("CloseHandle({})", n.handle(*handle)),
        Call::Select { sets, timeout } => {
            let sets = fd_sets(sets, n);
            let timeout = timeout.map(|timeout| format!("timeout={}", millis(timeout)));
            format!("select({})", sets.into_iter().chain(timeout).collect::<Vec<_>>().join(", "))
        }
        Call::WsaPoll { fds, timeout } => {
            let entry = |fd: &PollFd, n: &mut dyn Namer| {
                format!("{{{}, {}}}", n.handle(fd.fd), poll_names(fd.events))
            };
            let fds = or_null(fds.as_ref(), |fds| {
                format!("[{}]", fds.iter().map(|fd| entry(fd, n)).collect::<Vec<_>>().join(", "))
            });
            format!("WSAPoll({fds}, {timeout})")
        }
        Call::WsaCreateEvent => "WSACreateEvent()".into(),
        Call::WsaCloseEvent { event } => format!("WSACloseEvent({})", n.event(*event)),
        Call::WsaSetEvent { event } => format!("WSASetEvent({})", n.event(*event)),
        Call::WsaResetEvent { event } => format!("WSAResetEvent({})", n.event(*event)),
        Call::WsaWaitForMultipleEvents { events, all, timeout } => {
            let events = or_null(events.as_ref(), |events| format!("[{}]", many(events, n)));
            let all = if *all { ", TRUE" } else { "" };
            let timeout = timeout.map_or_else(|| "WSA_INFINITE".to_owned(), |ms| ms.to_string());
            format!("WSAWaitForMultipleEvents({events}{all}, {timeout})")
        }
        Call::WsaEventSelect { s, event, events } => {
            let (s, event) = (n.handle(*s), or_null(*event, |event| n.event(event)));
            format!("WSAEventSelect({s}, {event}, {})", fd_names(*events))
        }
        Call::WsaEnumNetworkEvents { s, event, out } => {
            let (s, event) = (n.handle(*s), or_null(*event, |event| n.event(event)));
            format!("WSAEnumNetworkEvents({s}, {event}{})", if *out { "" } else { ", NULL" })
        }
        Call::WsaAsyncSelect { s, window, events } => {
            let (s, window) = (n.handle(*s), or_null(*window, |window| n.window(window)));
            format!("WSAAsyncSelect({s}, {window}, {})", fd_names(*events))
        }
        Call::PeekMessage { window } => format!("PeekMessage({})", n.window(*window)),
        Call::WsaSetBlockingHook { hook } => {
            format!("WSASetBlockingHook({})", if *hook { "{}" } else { "NULL" })
        }
        Call::WsaUnhookBlockingHook => "WSAUnhookBlockingHook()".into(),
        Call::WsaIsBlocking => "WSAIsBlocking()".into(),
        Call::WsaCancelBlockingCall => "WSACancelBlockingCall()".into(),
        Call::WsaStartup { .. }
        | Call::WsaCleanup
        | Call::WsaGetLastError
        | Call::WsaSetLastError { .. }
        | Call::Socket { .. }
        | Call::Bind { .. }
        | Call::Listen { .. }
        | Call::Accept { .. }
        | Call::WsaAccept { .. }
        | Call::ConditionReturns { .. }
        | Call::Connect { .. }
        | Call::Send { .. }
        | Call::Recv { .. }
        | Call::Sendto { .. }
        | Call::Recvfrom { .. }
        | Call::Shutdown { .. }
        | Call::WsaSendDisconnect { .. }
        | Call::WsaRecvDisconnect { .. }
        | Call::Closesocket { .. }
        | Call::Setsockopt { .. }
        | Call::Getsockopt { .. }
        | Call::Ioctlsocket { .. }
        | Call::WsaIoctl { .. }
        | Call::Getsockname { .. }
        | Call::Getpeername { .. }
        | Call::WsaDuplicateSocket { .. }
        | Call::WsaSocket { .. } => unreachable!("write_call has written it"),
    }
}

/// An address, with what is wrong with it if something is.
fn sock_addr(name: Option<SockAddr>, n: &mut dyn Namer) -> String {
    or_null(name, |SockAddr { family, name, len }| {
        let right = SockAddr::from(name);
        let end = n.end(name);
        match (family == right.family, len == right.len) {
            (true, true) => end,
            (true, false) => format!("{end}, {len}"),
            (false, _) => format!("{{sa_family={}, {end}}}, {len}", family_name(family)),
        }
    })
}

/// The room for a name, where a name need not be asked for.
fn room(len: Option<usize>) -> String {
    len.map_or_else(String::new, |len| format!(", ..., {len}"))
}

/// The room for a name, where one is asked for.
fn name_room(len: Option<usize>) -> String {
    match len {
        Some(SockAddr::INET6) => String::new(),
        Some(len) => format!(", ..., {len}"),
        None => ", NULL".into(),
    }
}

fn ioctlsocket(s: &str, cmd: u32, arg: Option<u32>) -> String {
    let arg = or_null(arg, |arg| arg.to_string());
    match cmd {
        consts::FIONBIO => format!("ioctlsocket({s}, FIONBIO, {arg})"),
        consts::FIONREAD if arg == "0" => format!("ioctlsocket({s}, FIONREAD)"),
        consts::FIONREAD => format!("ioctlsocket({s}, FIONREAD, {arg})"),
        consts::SIOCATMARK if arg == "0" => format!("ioctlsocket({s}, SIOCATMARK)"),
        consts::SIOCATMARK => format!("ioctlsocket({s}, SIOCATMARK, {arg})"),
        cmd => format!("ioctlsocket({s}, {cmd:#x}, {arg})"),
    }
}

fn decision_name(decision: Decision) -> &'static str {
    match decision {
        Decision::Accept => "CF_ACCEPT",
        Decision::Reject => "CF_REJECT",
        Decision::Defer => "CF_DEFER",
    }
}

/// The sets that are not NULL: `read=[3, 4]`.
fn fd_sets(sets: &FdSets, n: &mut dyn Namer) -> Vec<String> {
    let FdSets { read, write, except } = sets;
    let mut words = Vec::new();
    for (name, set) in [("read", read), ("write", write), ("except", except)] {
        if let Some(set) = set {
            let handles: Vec<_> = set.iter().map(|&handle| n.handle(handle)).collect();
            words.push(format!("{name}=[{}]", handles.join(", ")));
        }
    }
    words
}

/// Whole milliseconds if it is some, else a fraction.
fn millis(Timeval { sec, usec }: Timeval) -> String {
    let micros = i64::from(sec) * 1_000_000 + i64::from(usec);
    if micros % 1000 == 0 { (micros / 1000).to_string() } else { format!("{micros}us") }
}

/// A result, with what it names called as `n` does; of WSAPoll the call says whose each entry is.
pub(super) fn write_result(call: Option<&Call>, result: &CallResult, n: &mut dyn Namer) -> String {
    let value = match (result, call) {
        (Err(error), Some(Call::WsaStartup { .. })) => return error.to_string(),
        (Err(error), _) => return format!("-1 {error}"),
        (Ok(value), _) => value,
    };
    match value {
        Value::Zero => "0".into(),
        Value::Sent(count) => count.to_string(),
        Value::Received(data) => data.len().to_string(),
        Value::ReceivedFrom(data, from) => format!("{} {{{}}}", data.len(), n.end(*from)),
        Value::Handle(handle) => match call {
            Some(Call::WsaCreateEvent) => n.event(*handle),
            _ => n.handle(*handle),
        },
        Value::Accepted(handle, peer) => format!("{} {{{}}}", n.handle(*handle), n.end(*peer)),
        Value::Condition(caller) => format!("asks its condition function about {}", n.end(*caller)),
        Value::Name(name) => format!("0 {{{}}}", n.end(*name)),
        Value::Option(bytes) => format!("0 {{{}}}", hex(bytes)),
        Value::Argument(arg) => format!("0 {{{arg}}}"),
        Value::Startup(data) => format!("0 {{version={:#06x}}}", data.version),
        Value::LastError(code) => code.to_string(),
        Value::Bool(yes) => u32::from(*yes).to_string(),
        Value::Selected(ready) => {
            let sets: Vec<_> = [("read", &ready.read), ("write", &ready.write), ("except", &ready.except)]
                .into_iter()
                .filter_map(|(name, set)| Some((name, set.as_ref().filter(|set| !set.is_empty())?)))
                .map(|(name, set)| {
                    let handles: Vec<_> = set.iter().map(|&handle| n.handle(handle)).collect();
                    format!("{name}=[{}]", handles.join(", "))
                })
                .collect();
            format!("{} {{{}}}", ready.count(), sets.join(", "))
        }
        Value::Polled { count, revents } => {
            let fds = match call {
                Some(Call::WsaPoll { fds: Some(fds), .. }) => fds.as_slice(),
                _ => &[],
            };
            let said: Vec<_> = revents
                .iter()
                .enumerate()
                .filter(|(_, flags)| **flags != 0)
                .map(|(i, &flags)| match fds.get(i) {
                    Some(fd) => format!("{}: {}", n.handle(fd.fd), poll_names(flags)),
                    None => poll_names(flags),
                })
                .collect();
            format!("{count} {{{}}}", said.join(", "))
        }
        Value::Waited(consts::WSA_WAIT_TIMEOUT) => "WSA_WAIT_TIMEOUT".into(),
        Value::Waited(place) => place.to_string(),
        Value::NetworkEvents(events) => {
            format!(
                "0 {{{}}}",
                events.iter().map(|event| network_event(*event)).collect::<Vec<_>>().join(", ")
            )
        }
        Value::Message(None) => "none".into(),
        Value::Message(Some(message)) => {
            format!("{{{}, socket={}}}", network_event(message.event), n.handle(message.socket))
        }
        Value::Info(info) => format!("0 {}", n.info(*info)),
    }
}

/// `FD_CLOSE: 0 for 0x104, posted to win1`
pub(super) fn describe_told(told: &Told) -> String {
    let Told { process: _, socket, event, posted, rule: _ } = told;
    let to = posted.map_or_else(|| "recorded".to_owned(), |Window(window)| format!("posted to win{window}"));
    format!("{} for {socket}, {to}", network_event(*event))
}

/// `FD_CLOSE: 0`
fn network_event(NetworkEvent { event, error }: NetworkEvent) -> String {
    format!("{}: {}", event.name(), error.map_or_else(|| "0".to_owned(), |error| error.to_string()))
}
