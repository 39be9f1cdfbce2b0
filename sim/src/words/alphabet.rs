//! The alphabet: inputs, outputs, and their names.

use closewait::packet::Flags;
use std::fmt;
use std::str::FromStr;

/// One input: a call on the machine, or a segment sent to it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Input {
    /// `listen(main, 1)`; the machine is a server from then on.
    Listen,
    /// A blocking `accept(main)`.
    Accept,
    /// A blocking `connect(main, tester)`; the machine is a client from then on.
    Connect,
    /// A blocking `recv` on the connection socket of a server, on the main socket of a client.
    Receive,
    /// `send` of one byte on the same socket.
    Send,
    /// `closesocket(main)`.
    Close,
    /// `closesocket` of the connection socket.
    CloseConnection,
    /// A segment with valid numbers.
    Segment {
        /// Its control bits, at least one.
        flags: Flags,
        /// Bytes of text.
        len: u16,
    },
}

/// What the machine emitted: its last segment, or nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Output {
    /// Nothing.
    Timeout,
    /// A segment.
    Segment {
        /// Its control bits.
        flags: Flags,
        /// Its sequence number.
        seq: Class,
        /// What its acknowledgment field holds, whether the ACK bit is set or not.
        ack: Class,
        /// Bytes of text.
        len: u16,
    },
}

/// What a number is to the tester.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Class {
    /// The one after the last.
    Next,
    /// The last.
    Current,
    /// 0.
    Zero,
    /// None of these.
    Fresh,
}

/// A name that is not in the alphabet.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadName {
    /// No input.
    #[error(
        "`{0}` is no input: LISTEN, ACCEPT, CONNECT, RCV, SEND, CLOSE, CLOSECONNECTION, or a segment such as \
         SYN+ACK(V,V,0) would do"
    )]
    Input(String),
    /// No output.
    #[error("`{0}` is no output: TIMEOUT, or a segment such as ACK+SYN(FRESH,NEXT,0) would do")]
    Output(String),
}

const CALLS: [(&str, Input); 7] = [
    ("LISTEN", Input::Listen),
    ("ACCEPT", Input::Accept),
    ("CONNECT", Input::Connect),
    ("RCV", Input::Receive),
    ("SEND", Input::Send),
    ("CLOSE", Input::Close),
    ("CLOSECONNECTION", Input::CloseConnection),
];

/// In the order in which inputs spell them.
const FLAGS: [(&str, Flags); 8] = [
    ("SYN", Flags::SYN),
    ("FIN", Flags::FIN),
    ("ACK", Flags::ACK),
    ("PSH", Flags::PSH),
    ("RST", Flags::RST),
    ("URG", Flags::URG),
    ("ECE", Flags::ECE),
    ("CWR", Flags::CWR),
];

const CLASSES: [(&str, Class); 4] =
    [("NEXT", Class::Next), ("CURRENT", Class::Current), ("ZERO", Class::Zero), ("FRESH", Class::Fresh)];

/// The longest text of a segment, in bytes: what an Ethernet frame carries.
const MAX_LEN: u16 = 1460;

/// `FLAGS(A,B,len)`, flags in any order, none twice.
fn segment(name: &str) -> Option<(Flags, &str, &str, u16)> {
    let (names, rest) = name.strip_suffix(')')?.split_once('(')?;
    let mut flags = Flags::empty();
    for name in names.split('+') {
        let &(_, flag) = FLAGS.iter().find(|(known, _)| *known == name)?;
        if flags.contains(flag) {
            return None;
        }
        flags |= flag;
    }
    let (first, rest) = rest.split_once(',')?;
    let (second, len) = rest.split_once(',')?;
    let digits = !len.is_empty() && len.bytes().all(|b| b.is_ascii_digit());
    let len = len.parse().ok().filter(|&len| digits && len <= MAX_LEN)?;
    Some((flags, first, second, len))
}

impl FromStr for Input {
    type Err = BadName;

    fn from_str(name: &str) -> Result<Self, BadName> {
        if let Some(&(_, input)) = CALLS.iter().find(|(known, _)| *known == name) {
            return Ok(input);
        }
        match segment(name) {
            Some((flags, "V", "V", len)) => Ok(Self::Segment { flags, len }),
            Some(_) | None => Err(BadName::Input(name.to_owned())),
        }
    }
}

impl FromStr for Output {
    type Err = BadName;

    fn from_str(name: &str) -> Result<Self, BadName> {
        if name == "TIMEOUT" {
            return Ok(Self::Timeout);
        }
        let class = |name: &str| CLASSES.iter().find(|(known, _)| *known == name).map(|&(_, class)| class);
        segment(name)
            .and_then(|(flags, seq, ack, len)| {
                Some(Self::Segment { flags, seq: class(seq)?, ack: class(ack)?, len })
            })
            .ok_or_else(|| BadName::Output(name.to_owned()))
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Segment { flags, len } => {
                let names = FLAGS.iter().filter(|(_, flag)| flags.contains(*flag)).map(|(name, _)| *name);
                f.pad(&format!("{}(V,V,{len})", names.collect::<Vec<_>>().join("+")))
            }
            Self::Listen
            | Self::Accept
            | Self::Connect
            | Self::Receive
            | Self::Send
            | Self::Close
            | Self::CloseConnection => {
                f.pad(CALLS.iter().find(|(_, call)| call == self).map_or("", |(name, _)| name))
            }
        }
    }
}

impl fmt::Display for Output {
    /// Flags in the order of the alphabet.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Timeout => f.pad("TIMEOUT"),
            Self::Segment { flags, seq, ack, len } => {
                let names = FLAGS.iter().filter(|(_, flag)| flags.contains(*flag)).map(|(name, _)| *name);
                let mut names: Vec<_> = names.collect();
                names.sort_unstable();
                f.pad(&format!("{}({seq},{ack},{len})", names.join("+")))
            }
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(CLASSES.iter().find(|(_, class)| class == self).map_or("", |(name, _)| name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written() {
        for name in ["LISTEN", "ACCEPT", "CONNECT", "RCV", "SEND", "CLOSE", "CLOSECONNECTION"] {
            assert_eq!(name.parse::<Input>().map(|i| i.to_string()), Ok(name.to_owned()));
        }
        for name in ["SYN(V,V,0)", "SYN+ACK(V,V,0)", "FIN+ACK(V,V,0)", "ACK+PSH(V,V,1)", "ACK+RST(V,V,0)"] {
            assert_eq!(name.parse::<Input>().map(|i| i.to_string()), Ok(name.to_owned()));
        }
        for name in ["TIMEOUT", "ACK+SYN(FRESH,NEXT,0)", "ACK+PSH(NEXT,CURRENT,1)", "RST(ZERO,FRESH,0)"] {
            assert_eq!(name.parse::<Output>().map(|o| o.to_string()), Ok(name.to_owned()));
        }
        assert_eq!("ACK+SYN(V,V,0)".parse(), "SYN+ACK(V,V,0)".parse::<Input>(), "flags in any order");
        assert_eq!("SYN+ACK(ZERO,NEXT,0)".parse(), "ACK+SYN(ZERO,NEXT,0)".parse::<Output>());
    }

    #[test]
    fn what_is_not_in_the_alphabet_is_refused() {
        for name in [
            "",
            "listen",
            "SYN",
            "SYN(V,V)",
            "SYN(V,V,)",
            "SYN(V,V,+1)",
            "SYN(V,V,1461)",
            "SYN(V,INV,0)",
            "(V,V,0)",
            "SYN+SYN(V,V,0)",
            "SYN+(V,V,0)",
            "SYN(V,V,0) ",
            "TIMEOUT",
            "SYN(V,V,0,0)",
        ] {
            assert_eq!(name.parse::<Input>(), Err(BadName::Input(name.to_owned())), "{name}");
        }
        for name in ["", "timeout", "LISTEN", "SYN(V,V,0)", "SYN(NEXT,NEXT,x)", "SYN(NEXT,LAST,0)"] {
            assert_eq!(name.parse::<Output>(), Err(BadName::Output(name.to_owned())), "{name}");
        }
    }
}
