//! Arguments, by their place and by their name.

#![expect(clippy::wildcard_enum_match_arm, reason = "an argument of any other kind does not fit")]

use super::super::ast::{Arg, At, CallEvent, Item};
use super::super::names::{Names, code, constant};
use super::{Refusal, Scene};
use closewait::addr::{Endpoint, IpAddr};
use closewait::winsock::{Handle, ProtocolInfo, SockAddr};

/// What a kernel's `socket` takes, and Winsock's does not.
const POSIX_ONLY: [&str; 2] = ["SOCK_NONBLOCK", "SOCK_CLOEXEC"];

/// A call's arguments, with what is needed to read them.
pub(super) struct Args<'c, 'n> {
    pub(super) function: &'c str,
    pub(super) args: &'c [At<Arg>],
    pub(super) names: &'n Names,
    pub(super) scene: &'n Scene,
    /// The host that calls.
    pub(super) here: &'n str,
}

impl<'c> Args<'c, '_> {
    pub(super) fn malformed<T>(&self, wants: &str) -> Result<T, Refusal> {
        Err(Refusal::Malformed(format!("{} takes {wants}", self.function)))
    }

    pub(super) fn get(&self, n: usize) -> Option<&'c Arg> {
        self.args.get(n).map(|arg| &arg.value)
    }

    /// The socket: the first argument, unless `n` says otherwise.
    pub(super) fn socket(&self, n: usize) -> Result<Handle, Refusal> {
        match self.get(n).and_then(|arg| self.handle(arg)) {
            Some(handle) => Ok(handle),
            None => self.malformed("a socket as its first argument"),
        }
    }

    pub(super) fn int(&self, n: usize, what: &str) -> Result<i64, Refusal> {
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

    pub(super) fn int32(&self, n: usize, what: &str) -> Result<i32, Refusal> {
        let value = self.int(n, what)?;
        // Signed or unsigned, 32 bits are 32 bits.
        match i32::try_from(value).or_else(|_| u32::try_from(value).map(u32::cast_signed)) {
            Ok(value) => Ok(value),
            Err(_) => self.malformed(&format!("{what} of 32 bits")),
        }
    }

    /// Flags by name, of which those given are known.
    pub(super) fn flags(&self, known: &[&str]) -> Result<(), Refusal> {
        let names = self.args.iter().skip(2).filter_map(|a| match &a.value {
            Arg::Names(names) => Some(names),
            _ => None,
        });
        match names.flatten().find(|name| !known.contains(&name.as_str())) {
            Some(flag) => Err(Refusal::NotModelled(format!("{}'s {flag} is not modelled", self.function))),
            None => Ok(()),
        }
    }

    pub(super) fn has_flag(&self, flag: &str) -> bool {
        self.args.iter().any(|arg| matches!(&arg.value, Arg::Names(names) if names.iter().any(|n| n == flag)))
    }

    pub(super) fn length(&self) -> Option<i64> {
        length(self.args)
    }

    /// An address to bind, connect or send to, with the length after it if one is written.
    pub(super) fn name(
        &self,
        n: usize,
        left_out: Endpoint,
        no_host: IpAddr,
    ) -> Result<Option<SockAddr>, Refusal> {
        let mut family = None;
        let name = match self.get(n) {
            Some(Arg::Null) => return Ok(None),
            Some(Arg::Any) | None => left_out,
            Some(Arg::Address(None, port)) => Endpoint::new(no_host, *port),
            Some(Arg::Address(Some(host), port)) => Endpoint::new(self.scene.host(host)?, *port),
            Some(Arg::Braces(items)) => {
                family = family_in(items);
                match address_in(items) {
                    Some((Some(host), port)) => Endpoint::new(self.scene.host(host)?, port),
                    Some((None, port)) => Endpoint::new(no_host, port),
                    None => return self.malformed("an address with a port"),
                }
            }
            _ => return self.malformed("an address such as :80 or server:80"),
        };
        let right = SockAddr::from(name);
        let len = self.room(n + 1).unwrap_or(right.len);
        Ok(Some(SockAddr { family: family.unwrap_or(right.family), name, len }))
    }

    pub(super) fn is_address(&self, n: usize) -> bool {
        matches!(self.get(n), Some(Arg::Address(..)) | Some(Arg::Braces(_)))
    }

    /// A length that is written: `16`, `[16]`; none if it is left out.
    pub(super) fn room(&self, n: usize) -> Option<usize> {
        let len = match self.get(n)? {
            Arg::Int(n) => *n,
            Arg::List(list) => int_of(&list.first()?.value)?,
            _ => return None,
        };
        usize::try_from(len).ok()
    }

    /// The room for a name: enough if nothing is written, none if NULL is.
    pub(super) fn name_room(&self) -> Option<usize> {
        if (1..self.args.len()).any(|n| self.get(n) == Some(&Arg::Null)) {
            return None;
        }
        (1..self.args.len()).find_map(|n| self.room(n)).or(Some(SockAddr::INET6))
    }

    /// The number of a process: `client.p2`, or as the system numbers it.
    pub(super) fn process(&self, n: usize) -> Result<u32, Refusal> {
        match self.get(n) {
            Some(Arg::Lane(lane)) => Ok(self.scene.process(self.here, lane)),
            // The number that a host gives a process is never so large.
            Some(Arg::Int(number)) => Ok(u32::try_from(*number).unwrap_or(u32::MAX)),
            _ => self.malformed("a socket and a process such as client.p2"),
        }
    }

    pub(super) fn label(&self, n: usize, kind: &str) -> Option<u32> {
        match self.get(n) {
            Some(Arg::Label(label, _)) if label.kind == kind => Some(label.number),
            _ => None,
        }
    }

    /// An info of this host; one of another host is none that is good here.
    pub(super) fn info(&self, label: u32) -> ProtocolInfo {
        match self.scene.infos.get(&label) {
            Some((host, info)) if host == self.here => *info,
            Some(_) | None => ProtocolInfo::NONE,
        }
    }

    /// What stands in the braces at `n`.
    pub(super) fn items(&self, n: usize) -> &'c [Item] {
        match self.args.get(n).map(|arg| &arg.value) {
            Some(Arg::Braces(items)) => items,
            _ => &[],
        }
    }

    /// The calls in the braces at `n`.
    pub(super) fn calls(&self, n: usize) -> Vec<&'c CallEvent> {
        let call = |item: &'c Item| if let Item::Call(call) = item { Some(call) } else { None };
        self.items(n).iter().filter_map(call).collect()
    }

    /// The argument of that name: `timeout=0`.
    pub(super) fn named(&self, name: &str) -> Option<&'c Arg> {
        self.args.iter().find_map(|arg| match &arg.value {
            Arg::Named(known, value) if known == name => Some(&value.value),
            _ => None,
        })
    }

    /// A socket or event, wherever it stands.
    pub(super) fn handle(&self, arg: &Arg) -> Option<Handle> {
        match arg {
            Arg::Int(name) => Some(self.names.handle(*name)),
            Arg::Names(names) if names == &["INVALID_SOCKET"] || names == &["WSA_INVALID_EVENT"] => {
                Some(Handle::INVALID_SOCKET)
            }
            Arg::Label(label, _) if label.kind == "ev" => Some(self.names.event(label.number)),
            _ => None,
        }
    }
}

/// The first argument that is a number, from the second on: a length. Flags come after it: `recv(3, 4096, 0)`.
pub(super) fn length(args: &[At<Arg>]) -> Option<i64> {
    args.iter().skip(1).find_map(|a| int_of(&a.value))
}

/// `{sa_family = AF_INET, sin_port = htons(8080), …}`, `{AF_INET6, server:80}`: the host, if one is named, and the port.
fn address_in(items: &[Item]) -> Option<(Option<&str>, u16)> {
    items.iter().find_map(|item| match item {
        Item::Value { value, .. } if let Arg::Address(host, port) = &value.value => {
            Some((host.as_deref(), *port))
        }
        Item::Value { key: Some(At { value: Arg::Names(key), .. }), value }
            if key.iter().any(|k| k.ends_with("_port")) =>
        {
            int_of(&value.value).and_then(|port| u16::try_from(port).ok()).map(|port| (None, port))
        }
        Item::Call(call) if call.name.value == "htons" => {
            let port = call.args.first().and_then(|a| int_of(&a.value));
            port.and_then(|port| u16::try_from(port).ok()).map(|port| (None, port))
        }
        Item::Value { .. } | Item::Call(_) => None,
    })
}

/// `sa_family = AF_INET6`
fn family_in(items: &[Item]) -> Option<i32> {
    items.iter().find_map(|item| match item {
        Item::Value { key: Some(At { value: Arg::Names(key), .. }), value }
            if key.iter().any(|k| k.ends_with("_family")) =>
        {
            match &value.value {
                Arg::Names(names) => constants(names).and_then(|family| i32::try_from(family).ok()),
                other => int_of(other).and_then(|family| i32::try_from(family).ok()),
            }
        }
        Item::Value { .. } | Item::Call(_) => None,
    })
}

pub(super) fn int_of(arg: &Arg) -> Option<i64> {
    if let Arg::Int(n) = arg { Some(*n) } else { None }
}

/// The value of `A|B|C`, if every name is known.
pub(super) fn constants(names: &[String]) -> Option<i64> {
    names.iter().try_fold(0, |all, name| Some(all | constant(name)?))
}

/// The same, or the number of an error code.
pub(super) fn constants_or_code(names: &[String]) -> Option<i64> {
    constants(names).or_else(|| names.first().and_then(|name| code(name)))
}

/// An error's code.
pub(super) fn code_of(arg: &Arg) -> Option<i64> {
    match arg {
        Arg::Int(n) => Some(*n),
        Arg::Names(names) => names.first().and_then(|name| code(name)),
        _ => None,
    }
}
