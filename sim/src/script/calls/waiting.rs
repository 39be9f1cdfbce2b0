//! Calls that wait for several sockets or events, those that say what to wait for, and what only Winsock 1.1 had.

use super::super::ast::{Arg, Item};
use super::Refusal;
use super::args::{Args, constants, int_of};
use closewait::winsock::{Call, FdSets, Handle, PollFd, Timeval, Window, consts};

/// What such a call asks for; none if the call is another.
pub(super) fn prepare(a: &Args<'_, '_>) -> Result<Option<Call>, Refusal> {
    Ok(Some(match a.function {
        "select" => select(a)?,
        "WSAPoll" | "poll" => poll(a)?,
        "WSACreateEvent" | "CreateEvent" => Call::WsaCreateEvent,
        "WSACloseEvent" => Call::WsaCloseEvent { event: a.socket(0)? },
        "WSASetEvent" | "SetEvent" => Call::WsaSetEvent { event: a.socket(0)? },
        "WSAResetEvent" | "ResetEvent" => Call::WsaResetEvent { event: a.socket(0)? },
        "WSAWaitForMultipleEvents" | "WaitForMultipleObjects" => wait(a)?,
        "WaitForSingleObject" => {
            let (events, timeout) = (Some(vec![a.socket(0)?]), wait_time(a, 1)?);
            Call::WsaWaitForMultipleEvents { events, all: false, timeout }
        }
        "WSAEventSelect" => {
            let (s, event) = (a.socket(0)?, event(a, 1)?);
            Call::WsaEventSelect { s, event, events: a.int32(2, "FD_READ and its like, or 0")? }
        }
        "WSAEnumNetworkEvents" => Call::WsaEnumNetworkEvents {
            s: a.socket(0)?,
            event: event(a, 1)?,
            out: a.get(2) != Some(&Arg::Null),
        },
        "WSAAsyncSelect" => {
            // C's third argument is the message's number, which nothing depends on.
            let last = a.args.len().saturating_sub(1).max(2);
            let (s, window) = (a.socket(0)?, window(a, 1)?);
            Call::WsaAsyncSelect { s, window, events: a.int32(last, "FD_READ and its like, or 0")? }
        }
        "PeekMessage" => match window(a, 0)? {
            Some(window) => Call::PeekMessage { window },
            None => return a.malformed("a window such as win1"),
        },
        "WSASetBlockingHook" => Call::WsaSetBlockingHook { hook: a.get(0) != Some(&Arg::Null) },
        "WSAUnhookBlockingHook" => Call::WsaUnhookBlockingHook,
        "WSAIsBlocking" => Call::WsaIsBlocking,
        "WSACancelBlockingCall" => Call::WsaCancelBlockingCall,
        _ => return Ok(None),
    }))
}

fn event(a: &Args<'_, '_>, n: usize) -> Result<Option<Handle>, Refusal> {
    match a.get(n) {
        None | Some(Arg::Null) => Ok(None),
        Some(arg) => match a.handle(arg) {
            Some(event) => Ok(Some(event)),
            None => a.malformed("an event such as ev1, or NULL"),
        },
    }
}

fn window(a: &Args<'_, '_>, n: usize) -> Result<Option<Window>, Refusal> {
    match (a.get(n), a.label(n, "win")) {
        (_, Some(window)) => Ok(Some(Window(window))),
        (Some(Arg::Null), None) => Ok(None),
        (_, None) => a.malformed("a window such as win1"),
    }
}

/// `select(read=[3], write=[], except=[], timeout=0)`; C's five arguments will do, too.
fn select(a: &Args<'_, '_>) -> Result<Call, Refusal> {
    let in_order = a.args.iter().any(|arg| matches!(arg.value, Arg::Int(_)));
    let arg = |name: &str, n: usize| if in_order { a.get(n) } else { a.named(name) };
    let set = |name: &str, n: usize| match arg(name, n) {
        None | Some(Arg::Null) => Ok(None),
        Some(Arg::List(list)) => {
            let handles: Option<Vec<_>> = list.iter().map(|arg| a.handle(&arg.value)).collect();
            handles.map_or_else(|| a.malformed("sockets in its sets"), |handles| Ok(Some(handles)))
        }
        Some(_) => a.malformed("sets such as read=[3]"),
    };
    let sets = FdSets { read: set("read", 1)?, write: set("write", 2)?, except: set("except", 3)? };
    let timeout = match arg("timeout", 4) {
        None | Some(Arg::Null) => None,
        Some(Arg::Int(ms)) => match u32::try_from(*ms) {
            Ok(ms) => Some(Timeval::from_millis(ms)),
            Err(_) => Some(Timeval { sec: -1, usec: 0 }),
        },
        Some(Arg::Braces(items)) => match parts(items)[..] {
            [Some(sec), Some(usec)] => Some(Timeval { sec: int32(sec), usec: int32(usec) }),
            _ => return a.malformed("a timeout such as {1, 500000}"),
        },
        Some(_) => return a.malformed("a timeout in milliseconds"),
    };
    Ok(Call::Select { sets: Box::new(sets), timeout })
}

fn int32(n: i64) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

/// Numbers in braces, whatever they are called.
fn parts(items: &[Item]) -> Vec<Option<i64>> {
    let part = |item: &Item| if let Item::Value { value, .. } = item { int_of(&value.value) } else { None };
    items.iter().map(part).collect()
}

/// `WSAPoll([{3, POLLRDNORM}], 1000)`; with C's count between the two it is good for so many entries.
fn poll(a: &Args<'_, '_>) -> Result<Call, Refusal> {
    let entry = |arg: &Arg| -> Option<PollFd> {
        let Arg::Braces(items) = arg else { return None };
        let mut values = items
            .iter()
            .map(|item| if let Item::Value { value, .. } = item { Some(&value.value) } else { None });
        let fd = a.handle(values.next()??)?;
        let events = match values.next().flatten() {
            None => 0,
            Some(Arg::Names(names)) => constants(names)?,
            Some(other) => int_of(other)?,
        };
        // A SHORT, signed or not.
        let events = i16::try_from(events).or_else(|_| u16::try_from(events).map(u16::cast_signed));
        Some(PollFd { fd, events: events.ok()? })
    };
    let count = if a.args.len() > 2 { a.int(1, "a number of entries").ok() } else { None };
    let timeout = a.int32(a.args.len().saturating_sub(1).max(1), "entries and a timeout in milliseconds")?;
    let mut fds = match a.get(0) {
        Some(Arg::Null) if count == Some(0) => Some(Vec::new()),
        Some(Arg::Null) => None,
        Some(Arg::List(list)) => match list.iter().map(|arg| entry(&arg.value)).collect() {
            Some(fds) => Some(fds),
            None => return a.malformed("entries such as {3, POLLRDNORM}"),
        },
        _ => return a.malformed("entries such as [{3, POLLRDNORM}] and a timeout"),
    };
    if let (Some(fds), Some(count)) = (&mut fds, count.and_then(|count| usize::try_from(count).ok())) {
        fds.truncate(count);
    }
    Ok(Call::WsaPoll { fds, timeout })
}

/// `WSAWaitForMultipleEvents([ev1, ev2], TRUE, 1000)`: whether all are waited for may be left out.
fn wait(a: &Args<'_, '_>) -> Result<Call, Refusal> {
    // C's count comes first.
    let at = usize::from(matches!(a.get(0), Some(Arg::Int(_))));
    let events = match a.get(at) {
        Some(Arg::Null) => None,
        Some(Arg::List(list)) => {
            let handles: Option<Vec<_>> = list.iter().map(|arg| a.handle(&arg.value)).collect();
            match handles {
                Some(handles) => Some(handles),
                None => return a.malformed("events such as ev1"),
            }
        }
        _ => return a.malformed("events such as [ev1] and a timeout in milliseconds"),
    };
    let (all, timeout) = match a.args.len() - at {
        0..=2 => (false, wait_time(a, at + 1)?),
        _ => (a.int(at + 1, "TRUE or FALSE")? != 0, wait_time(a, at + 2)?),
    };
    Ok(Call::WsaWaitForMultipleEvents { events, all, timeout })
}

/// Milliseconds; left out or WSA_INFINITE: for ever.
fn wait_time(a: &Args<'_, '_>, n: usize) -> Result<Option<u32>, Refusal> {
    if a.get(n).is_none() {
        return Ok(None);
    }
    let time = a.int32(n, "a timeout in milliseconds")?.cast_unsigned();
    Ok((time != consts::WSA_INFINITE).then_some(time))
}
