//! Calls and results in words, for people.

use closewait::winsock::{Call, CallResult, Linger, Value, consts, options};

/// A call as a C programmer would write it, without buffers: `send(0x104, 5)`.
#[must_use]
pub fn describe_call(call: &Call) -> String {
    match call {
        Call::WsaStartup { version } => format!("WSAStartup({version:#06x})"),
        Call::WsaCleanup => "WSACleanup()".into(),
        Call::WsaGetLastError => "WSAGetLastError()".into(),
        Call::WsaSetLastError { code } => format!("WSASetLastError({code})"),
        Call::WsaCreateEvent => "WSACreateEvent()".into(),
        Call::WsaCloseEvent { event } => format!("WSACloseEvent({event})"),
        Call::Socket { family, kind, protocol } => {
            format!("socket({}, {}, {})", family_name(*family), kind_name(*kind), protocol_name(*protocol))
        }
        Call::Bind { s, name } => format!("bind({s}, {name})"),
        Call::Listen { s, backlog } => format!("listen({s}, {backlog})"),
        Call::Accept { s } => format!("accept({s})"),
        Call::Connect { s, name } => format!("connect({s}, {name})"),
        Call::Send { s, data, flags: consts::MSG_OOB } => format!("send({s}, {}, MSG_OOB)", data.len()),
        Call::Send { s, data, .. } => format!("send({s}, {})", data.len()),
        Call::Recv { s, len, flags } if *flags != 0 => {
            let names = [(consts::MSG_PEEK, "MSG_PEEK"), (consts::MSG_OOB, "MSG_OOB")];
            let names = names.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, name)| *name);
            format!("recv({s}, {len}, {})", names.collect::<Vec<_>>().join("|"))
        }
        Call::Recv { s, len, .. } => format!("recv({s}, {len})"),
        Call::Sendto { s, data, to, .. } => match to {
            Some(to) => format!("sendto({s}, {}, {to})", data.len()),
            None => format!("sendto({s}, {})", data.len()),
        },
        Call::Recvfrom { s, len, flags } if flags & consts::MSG_PEEK != 0 => {
            format!("recvfrom({s}, {len}, MSG_PEEK)")
        }
        Call::Recvfrom { s, len, .. } => format!("recvfrom({s}, {len})"),
        Call::Shutdown { s, how } => format!("shutdown({s}, {})", how_name(*how)),
        Call::Closesocket { s } => format!("closesocket({s})"),
        Call::Setsockopt { s, level, name, value } => {
            let value = value.as_deref().map_or("NULL".into(), |v| option_value(*level, *name, v));
            format!("setsockopt({s}, {}, {value})", option_name(*level, *name))
        }
        Call::Getsockopt { s, level, name, .. } => format!("getsockopt({s}, {})", option_name(*level, *name)),
        Call::Ioctlsocket { s, cmd: consts::FIONBIO, arg } => format!("ioctlsocket({s}, FIONBIO, {arg})"),
        Call::Ioctlsocket { s, cmd: consts::FIONREAD, .. } => format!("ioctlsocket({s}, FIONREAD)"),
        Call::Ioctlsocket { s, cmd: consts::SIOCATMARK, .. } => format!("ioctlsocket({s}, SIOCATMARK)"),
        Call::Ioctlsocket { s, cmd, arg } => format!("ioctlsocket({s}, {cmd:#x}, {arg})"),
        Call::WsaIoctl { s, code, input } => {
            let input = input.as_deref().map_or("NULL".into(), ioctl_input);
            format!("WSAIoctl({s}, {}, {input})", ioctl_name(*code))
        }
        Call::Getsockname { s } => format!("getsockname({s})"),
        Call::Getpeername { s } => format!("getpeername({s})"),
    }
}

/// A result as the C function returns it, out-parameters in braces: `0 {10.0.0.1:80}`, `-1 WSAEWOULDBLOCK`.
#[must_use]
pub fn describe_result(result: &CallResult) -> String {
    match result {
        Ok(Value::Zero) => "0".into(),
        Ok(Value::Sent(n)) => n.to_string(),
        Ok(Value::Received(data)) => data.len().to_string(),
        Ok(Value::ReceivedFrom(data, from)) => format!("{} {{{from}}}", data.len()),
        Ok(Value::Handle(handle)) => handle.to_string(),
        Ok(Value::Accepted(handle, peer)) => format!("{handle} {{{peer}}}"),
        Ok(Value::Name(name)) => format!("0 {{{name}}}"),
        Ok(Value::Option(bytes)) => format!("0 {{{}}}", hex(bytes)),
        Ok(Value::Argument(n)) => format!("0 {{{n}}}"),
        Ok(Value::Startup(agreed, _)) => format!("0 {{version={agreed:#06x}}}"),
        Ok(Value::LastError(code)) => code.to_string(),
        Err(error) => format!("-1 {error}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn family_name(family: i32) -> String {
    match family {
        consts::AF_INET => "AF_INET".into(),
        consts::AF_INET6 => "AF_INET6".into(),
        other => other.to_string(),
    }
}

fn kind_name(kind: i32) -> String {
    match kind {
        consts::SOCK_STREAM => "SOCK_STREAM".into(),
        consts::SOCK_DGRAM => "SOCK_DGRAM".into(),
        other => other.to_string(),
    }
}

fn protocol_name(protocol: i32) -> String {
    match protocol {
        consts::IPPROTO_TCP => "IPPROTO_TCP".into(),
        consts::IPPROTO_UDP => "IPPROTO_UDP".into(),
        other => other.to_string(),
    }
}

fn how_name(how: i32) -> String {
    match how {
        consts::SD_RECEIVE => "SD_RECEIVE".into(),
        consts::SD_SEND => "SD_SEND".into(),
        consts::SD_BOTH => "SD_BOTH".into(),
        other => other.to_string(),
    }
}

fn ioctl_name(code: u32) -> String {
    match code {
        consts::SIO_KEEPALIVE_VALS => "SIO_KEEPALIVE_VALS".into(),
        consts::SIO_TCP_SET_ACK_FREQUENCY => "SIO_TCP_SET_ACK_FREQUENCY".into(),
        other => format!("{other:#x}"),
    }
}

/// What an ioctl is given: words in braces, one of them without.
fn ioctl_input(bytes: &[u8]) -> String {
    let (words, rest) = bytes.as_chunks::<4>();
    let words: Vec<_> = words.iter().map(|word| u32::from_le_bytes(*word).to_string()).collect();
    match words.as_slice() {
        [word] if rest.is_empty() => word.clone(),
        words if rest.is_empty() => format!("{{{}}}", words.join(", ")),
        _ => hex(bytes),
    }
}

fn option_name(level: i32, number: i32) -> String {
    options::Row::find(level, number)
        .map_or_else(|| format!("{level:#x}, {number:#x}"), |row| row.name.to_owned())
}

fn option_value(level: i32, name: i32, value: &[u8]) -> String {
    match (level, name, value) {
        (consts::SOL_SOCKET, consts::SO_LINGER, &[a, b, c, d]) => {
            let linger = Linger { l_onoff: u16::from_le_bytes([a, b]), l_linger: u16::from_le_bytes([c, d]) };
            format!("{{{}, {}}}", linger.l_onoff, linger.l_linger)
        }
        (_, _, &[a, b, c, d]) => i32::from_le_bytes([a, b, c, d]).to_string(),
        (_, _, other) => hex(other),
    }
}
