//! Whether a call's result is what its line says.

#![expect(clippy::wildcard_enum_match_arm, reason = "an argument of any other kind does not fit")]

use super::super::ast::{Arg, At, CallEvent, Expected, Item, Returned};
use super::super::names::{Names, error_code};
use super::Scene;
use super::args::{code_of, constants, constants_or_code, int_of};
use closewait::winsock::{Call, CallResult, FdSets, Handle, NetworkEvent, Value, WsaData};

/// What was expected, and what happened.
type Difference = (String, String);

/// Compares a call's result with what is expected, and binds the names that it returns.
pub(in crate::script) fn compare(
    (made, result): (&Call, &CallResult),
    expected: &Expected,
    names: &mut Names,
    scene: &mut Scene,
    here: &str,
) -> Result<(), Difference> {
    let happened = || crate::trace::describe_result_of(made, result);
    let differs = || Err((describe_expected(expected), happened()));
    if matches!(expected.value.as_ref().map(|v| &v.value), Some(Returned::Any)) {
        return Ok(());
    }
    let value = match (result, expected.code.as_ref().map(|code| &code.value)) {
        (Ok(Value::Info(info)), Some(Arg::Label(label, _))) if label.kind == "info" => {
            scene.infos.insert(label.number, (here.to_owned(), *info));
            return Ok(());
        }
        (Err(error), Some(code)) if code_of(code) == Some(error.code().into()) => return Ok(()),
        (_, Some(code)) => {
            let wanted = code_of(code)
                .map_or_else(|| describe_expected(expected), |c| format!("-1 {}", error_code(c)));
            return Err((wanted, happened()));
        }
        // WSAStartup returns its error.
        (Err(error), None) if matches!(made, Call::WsaStartup { .. }) => {
            let same = number_in(expected) == Some(error.code().into());
            return if same { startup_failed(expected, &differs) } else { differs() };
        }
        (Err(_), None) => return differs(),
        (Ok(value), None) => value,
    };
    if let Some(handle) = new_handle(value) {
        let kind = |kind: &str| matches!(&expected.value, Some(At { value: Returned::Label(l), .. }) if l.kind == kind);
        return match expected.value.as_ref().map(|v| &v.value) {
            Some(Returned::Int(name)) if *name >= 0 => {
                names.bind(*name, handle);
                Ok(())
            }
            Some(Returned::Label(label)) if kind("ev") => {
                names.bind_event(label.number, handle);
                Ok(())
            }
            _ => differs(),
        };
    }
    let returns = match expected.value.as_ref().map(|v| &v.value) {
        None | Some(Returned::Any) => true,
        Some(Returned::None) => *value == Value::Message(None),
        Some(Returned::Int(_) | Returned::Names(_)) => number_in(expected) == value.number(),
        Some(Returned::Label(_)) => false,
    };
    let braces = expected.braces.as_deref();
    if returns && braces.is_none_or(|items| braces_match((made, value), items, names, scene)) {
        Ok(())
    } else {
        differs()
    }
}

fn new_handle(value: &Value) -> Option<Handle> {
    if let Value::Handle(handle) | Value::Accepted(handle, _) = value { Some(*handle) } else { None }
}

fn number_in(expected: &Expected) -> Option<i64> {
    match &expected.value.as_ref()?.value {
        Returned::Int(n) => Some(*n),
        Returned::Names(names) => constants_or_code(names),
        Returned::Any | Returned::None | Returned::Label(_) => None,
    }
}

/// WF-8.3: a version that is not supported fills lpWSAData all the same.
fn startup_failed(
    expected: &Expected,
    differs: &dyn Fn() -> Result<(), Difference>,
) -> Result<(), Difference> {
    let filled = WsaData { version: 0x202, high_version: 0x202, max_sockets: 0, max_udp_dg: 0 };
    let items = expected.braces.as_deref().unwrap_or_default();
    if items.iter().all(|item| startup_item(&filled, item)) { Ok(()) } else { differs() }
}

/// `getsockopt(3, SOL_SOCKET, SO_ERROR, [ECONNRESET], [4]) = 0`: what C's pointer points at is compared, too.
pub(in crate::script) fn compare_pointed_at(
    result: &CallResult,
    call: &CallEvent,
) -> Result<(), (String, String)> {
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

/// An item's key, if it has one, and its value.
fn key_and_value(item: &Item) -> Option<(Option<&Arg>, &Arg)> {
    let Item::Value { key, value } = item else { return None };
    Some((key.as_ref().map(|key| &key.value), &value.value))
}

fn key_name(key: Option<&Arg>) -> Option<&str> {
    if let Some(Arg::Names(names)) = key { names.first().map(String::as_str) } else { None }
}

/// What is named in braces is compared; the rest is not. Sets are compared exactly.
fn braces_match((made, value): (&Call, &Value), items: &[Item], names: &Names, scene: &Scene) -> bool {
    match value {
        Value::Selected(ready) => sets_match(ready, items, names),
        Value::Polled { revents, .. } => polled_match(made, revents, items, names),
        Value::NetworkEvents(events) => events_match(events, items),
        Value::Message(Some(message)) => {
            let is_socket =
                |item: &&Item| key_and_value(item).is_some_and(|(key, _)| key_name(key) == Some("socket"));
            let (socket, event): (Vec<_>, Vec<_>) = items.iter().partition(is_socket);
            let socket = socket
                .iter()
                .filter_map(|item| key_and_value(item))
                .all(|(_, name)| int_of(name).is_some_and(|name| names.handle(name) == message.socket));
            let event: Vec<_> = event.into_iter().cloned().collect();
            socket && events_match(&[message.event], &event)
        }
        Value::Message(None) => items.is_empty(),
        _ => items.iter().enumerate().all(|(i, item)| item_matches(value, (i, items.len()), item, scene)),
    }
}

fn item_matches(value: &Value, (i, count): (usize, usize), item: &Item, scene: &Scene) -> bool {
    let Some((_, wanted)) = key_and_value(item) else { return true };
    match (value, wanted) {
        (_, Arg::Any) => true,
        (Value::Argument(n), wanted) => int_of(wanted) == Some(i64::from(*n)),
        (Value::Startup(data), _) => startup_item(data, item),
        (Value::Name(name) | Value::ReceivedFrom(_, name), Arg::Address(host, port)) => {
            let ip = host.as_ref().map(|h| scene.host(h));
            *port == name.port && ip.is_none_or(|ip| ip == Ok(name.ip))
        }
        (Value::Option(bytes), wanted) => option_matches(bytes, i, count, wanted),
        (_, _) => true,
    }
}

/// `version=0x202`, and the others of WSADATA by C's names.
fn startup_item(data: &WsaData, item: &Item) -> bool {
    let Some((key, wanted)) = key_and_value(item) else { return true };
    let actual = match key_name(key) {
        None | Some("version" | "wVersion") => data.version,
        Some("high_version" | "wHighVersion") => data.high_version,
        Some("max_sockets" | "iMaxSockets") => data.max_sockets,
        Some("max_udp_dg" | "iMaxUdpDg") => data.max_udp_dg,
        Some("description" | "szDescription") => {
            return *wanted == Arg::Text(WsaData::DESCRIPTION.into());
        }
        Some("system_status" | "szSystemStatus") => {
            return *wanted == Arg::Text(WsaData::SYSTEM_STATUS.into());
        }
        Some(_) => return false,
    };
    *wanted == Arg::Any || int_of(wanted) == Some(actual.into())
}

/// select's sets: one that is not named is empty.
fn sets_match(ready: &FdSets, items: &[Item], names: &Names) -> bool {
    let known = |key: Option<&Arg>| matches!(key_name(key), Some("read" | "write" | "except"));
    let sound = items.iter().all(|item| key_and_value(item).is_some_and(|(key, _)| known(key)));
    let set = |name: &str, actual: &Option<Vec<Handle>>| {
        let wanted = items.iter().filter_map(key_and_value).find(|(key, _)| key_name(*key) == Some(name));
        let wanted: Option<Vec<_>> = match wanted {
            None => Some(Vec::new()),
            Some((_, Arg::List(list))) => {
                list.iter().map(|arg| int_of(&arg.value).map(|n| names.handle(n))).collect()
            }
            Some(_) => None,
        };
        let mut actual = actual.clone().unwrap_or_default();
        actual.sort_unstable();
        wanted.is_some_and(|mut wanted| {
            wanted.sort_unstable();
            wanted == actual
        })
    };
    sound && set("read", &ready.read) && set("write", &ready.write) && set("except", &ready.except)
}

/// WSAPoll's flags: an entry that is not named has none.
fn polled_match(made: &Call, revents: &[i16], items: &[Item], names: &Names) -> bool {
    let Call::WsaPoll { fds: Some(fds), .. } = made else { return false };
    let flags = |arg: &Arg| match arg {
        Arg::Names(names) => constants(names),
        other => int_of(other),
    };
    let handle = |key: &Arg| match key {
        Arg::Int(name) => Some(names.handle(*name)),
        Arg::Names(names) if names == &["INVALID_SOCKET"] => Some(Handle::INVALID_SOCKET),
        _ => None,
    };
    let wanted: Option<Vec<(Handle, i64)>> = items
        .iter()
        .map(|item| {
            let (key, value) = key_and_value(item)?;
            Some((handle(key?)?, flags(value)?))
        })
        .collect();
    let Some(wanted) = wanted else { return false };
    let asked = wanted.iter().all(|(handle, _)| fds.iter().any(|fd| fd.fd == *handle));
    asked
        && fds.iter().zip(revents).all(|(fd, &revents)| {
            let named = wanted.iter().find(|(handle, _)| *handle == fd.fd);
            named.map_or(0, |&(_, flags)| flags) == i64::from(revents)
        })
}

/// Network events, with their codes; one without a code may have any.
fn events_match(events: &[NetworkEvent], items: &[Item]) -> bool {
    let matches = |item: &Item| {
        let (key, value) = key_and_value(item)?;
        let (name, code) = match (key_name(key), value) {
            (Some(name), Arg::Any) => (name, None),
            (Some(name), code) => (name, Some(code_of(code)?)),
            (None, Arg::Names(names)) => (names.first()?.as_str(), None),
            (None, _) => return None,
        };
        let found = |event: &&NetworkEvent| {
            let actual = event.error.map_or(0, |error| i64::from(error.code()));
            event.event.name() == name && code.is_none_or(|code| code == actual)
        };
        events.iter().find(found).map(|_| ())
    };
    items.len() == events.len() && items.iter().all(|item| matches(item).is_some())
}

/// recv_all's `{end=0}` or `{end=WSAECONNRESET}`: the code.
pub(in crate::script) fn end_in(items: &[Item]) -> Option<i64> {
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
pub(in crate::script) fn describe_expected(expected: &Expected) -> String {
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
