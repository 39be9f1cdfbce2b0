//! What a scenario says: the notation's grammar as data. `parse` makes it from text; `run` carries it out.

use closewait::packet::Flags;
use closewait::time::Duration;
use std::fmt;

/// A place in the text: bytes from the start of the file, `start..end`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// Past the last byte.
    pub end: usize,
}

/// Something with its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct At<T> {
    /// What.
    pub value: T,
    /// Where.
    pub span: Span,
}

/// A whole file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Script {
    /// `--name=value` lines, in order.
    pub headers: Vec<Header>,
    /// Everything else, in order.
    pub lines: Vec<Line>,
}

/// `--name` or `--name=value`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// The name, without dashes.
    pub name: At<String>,
    /// The value, as it stands.
    pub value: Option<At<String>>,
}

/// One event with its time and whose it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// The whole line.
    pub span: Span,
    /// When; `+0` if it is left out.
    pub time: At<Time>,
    /// Whose; none in files with one machine.
    pub lane: Option<At<Lane>>,
    /// What.
    pub event: Event,
}

/// When an event starts, and, for a call that blocks, when it returns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Time {
    /// The start.
    pub start: Start,
    /// `~`: the latest start, from the same base.
    pub latest: Option<Duration>,
    /// `...`: the return, from the same base.
    pub end: Option<End>,
}

/// A start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// `T`: from the start of the file.
    Absolute(Duration),
    /// `+T`: after the previous line.
    After(Duration),
    /// `^+T`: after the start of the previous line.
    AfterStart(Duration),
    /// `*`: whenever.
    Any,
}

/// A return.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// `...T`
    At(Duration),
    /// `...T~T`
    Between(Duration, Duration),
    /// `...*`
    Any,
}

/// Whose line it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Lane {
    /// `net:`
    Net,
    /// `client:`, `client.p2:`, `client.p2.t1:`, `client >`
    Host {
        /// The host's name.
        host: String,
        /// `.pN`, 1 unless said.
        process: u32,
        /// `.tN`, 1 unless said.
        thread: u32,
    },
}

/// What happens or must happen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// `closesocket(3) = 0`
    Call(CallEvent),
    /// `> F. 1:1(0) ack 1`
    Packet(PacketEvent),
    /// `> none R`: no packet with these flags (any packet if none are named) leaves in the span.
    Silence(Option<At<Flags>>),
    /// `state(3) == TIME_WAIT` and its like.
    Check(Check),
    /// `net:` lines.
    Net(NetOp),
    /// `client: crash()` and its like.
    Host(At<HostOp>),
    /// `%{ … }%`: packetdrill's embedded code.
    Code(At<String>),
    /// `` `…` ``: a shell line; it is never run.
    Shell(At<String>),
}

/// A call with what is expected of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallEvent {
    /// The function.
    pub name: At<String>,
    /// The arguments.
    pub args: Vec<At<Arg>>,
    /// The result; none for an op in braces that has none.
    pub result: Option<At<Expected>>,
}

/// An argument, or a value in braces or brackets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Arg {
    /// `...`
    Any,
    /// `-1`, `0x202`, `3`
    Int(i64),
    /// `SO_LINGER`, `FD_READ|FD_CLOSE`
    Names(Vec<String>),
    /// `"text"`: its bytes, escapes undone.
    Text(Vec<u8>),
    /// `ov1`, `ov1{event=ev1}`
    Label(Label, Vec<Item>),
    /// `client.p2`: a lane as an argument.
    Lane(Lane),
    /// `server:80`, `:80` (no host), `10.0.0.1:80`, `[fd00::1]:80`
    Address(Option<String>, u16),
    /// `{…}`
    Braces(Vec<Item>),
    /// `[…]`
    List(Vec<At<Arg>>),
    /// `read=[3]`
    Named(String, Box<At<Arg>>),
    /// `NULL`
    Null,
}

/// A label: `ov3`, `ev1`, `port1`, `win1`, `info1`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Label {
    /// `ov`, `ev`, `port`, `win` or `info`.
    pub kind: String,
    /// Its number.
    pub number: u32,
}

/// `key: value`, `key=value`, `value`, or a call, in braces.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Item {
    /// With or without a key.
    Value {
        /// `key:` or `key=`.
        key: Option<At<Arg>>,
        /// The value.
        value: At<Arg>,
    },
    /// A call made inside (a condition function, an APC).
    Call(CallEvent),
}

/// What a call must return.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expected {
    /// The value; none if only braces are compared (`= {FD_CLOSE: 0}`).
    pub value: Option<At<Returned>>,
    /// An error's name or number after the value.
    pub code: Option<At<Arg>>,
    /// What else is compared.
    pub braces: Option<Vec<Item>>,
}

/// A returned value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Returned {
    /// `...`: any result.
    Any,
    /// `none`
    None,
    /// A number: also a new name for a handle.
    Int(i64),
    /// `WSAEWOULDBLOCK`, `WAIT_TIMEOUT`, `FD_READ|FD_CLOSE`
    Names(Vec<String>),
    /// `ev1`, `port1`
    Label(Label),
}

/// A packet that is injected or expected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PacketEvent {
    /// `<`: injected; else expected.
    pub inbound: bool,
    /// What kind.
    pub body: PacketBody,
}

/// A packet, in the parts that are named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PacketBody {
    /// A TCP segment.
    Tcp(TcpPacket),
    /// `icmp unreachable frag_needed mtu 1000 [1:1461(1460)]`
    Icmp(IcmpPacket),
    /// `udp (1000)`: its length.
    Udp(u16),
}

/// The parts of a TCP segment that are named; the rest is not compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TcpPacket {
    /// `[ect0]`, `(tos 0x10)`, `(flowlabel 0x1)`: what is said of the IP header, as it is written.
    pub ip: Option<At<String>>,
    /// All eight flags, compared exactly.
    pub flags: At<Flags>,
    /// `START:END(LEN)`: relative to the sender's initial sequence number.
    pub seq: Option<At<SeqRange>>,
    /// `ack N`, relative to the receiver's initial sequence number.
    pub ack: Option<u32>,
    /// `win N`, as in the header.
    pub win: Option<u16>,
    /// `urg N`
    pub urg: Option<u16>,
    /// `<…>`
    pub options: Option<OptionsSpec>,
}

/// `START:END(LEN)`, or `...(LEN)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SeqRange {
    /// The first number; none if it is `...`.
    pub start: Option<u32>,
    /// Octets of text.
    pub len: u16,
}

impl fmt::Display for SeqRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.start {
            Some(start) => write!(f, "{start}:{}({})", start.wrapping_add(u32::from(self.len)), self.len),
            None => write!(f, "...({})", self.len),
        }
    }
}

/// `<mss 1460,nop>` or `<...>`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OptionsSpec {
    /// `<...>`: not compared.
    Any,
    /// In order.
    List(Vec<OptionSpec>),
}

/// One TCP option.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OptionSpec {
    /// `eol`
    Eol,
    /// `nop`
    Nop,
    /// `mss 1460`
    Mss(u16),
    /// `wscale 7`
    WindowScale(u8),
    /// `sackOK`
    SackPermitted,
    /// `TS val 100 ecr 0`; `...` in place of a number is none.
    Timestamps(Option<u32>, Option<u32>),
    /// `sack 1001:2001 3001:4001`
    Sack(Vec<(u32, u32)>),
    /// Another option (`FO …`, `md5…`), as it is written.
    Other(String),
}

/// An ICMP message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IcmpPacket {
    /// `unreachable`, `echo_request` …
    pub kind: String,
    /// `host_unreachable`, `frag_needed` …
    pub code: Option<String>,
    /// `mtu 1000`
    pub mtu: Option<u32>,
    /// `[1:1001(1000)]`: the segment that it quotes.
    pub quoted: Option<SeqRange>,
}

/// A check.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Check {
    /// `state(3) == TIME_WAIT`
    State {
        /// The socket.
        socket: At<i64>,
        /// The state's name, as written.
        state: At<String>,
    },
    /// `time_wait == 1`
    TimeWait(u32),
    /// `leaks == 0`
    Leaks(u32),
    /// `at_rest`
    AtRest,
}

/// What happens to the network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NetOp {
    /// `cut`, `cut A B`
    Cut(Option<(At<String>, At<String>)>),
    /// `heal`, `heal A B`
    Heal(Option<(At<String>, At<String>)>),
    /// `drop client > F.`, `drop 2 client > P.`, `dup …`, `corrupt …`, `hold 30ms …`
    Verdict {
        /// What is done.
        what: VerdictOp,
        /// To the how-manieth matching packet, from 1 on.
        nth: u32,
        /// Whose.
        host: At<String>,
        /// Which.
        packet: TcpPacket,
    },
    /// `inject client < R 1:1(0)`
    Inject {
        /// Who receives it.
        host: At<String>,
        /// What.
        packet: TcpPacket,
    },
    /// `set delay=50ms loss=10%`
    Set(Vec<(At<String>, At<String>)>),
}

/// What is done to one packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VerdictOp {
    /// It is lost.
    Drop,
    /// It arrives twice.
    Dup,
    /// A bit of it is wrong.
    Corrupt,
    /// It is delivered so much later.
    Hold(Duration),
}

/// What happens to a host, process or thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HostOp {
    /// `exit()`
    Exit,
    /// `kill()`
    Kill,
    /// `crash()`
    Crash,
    /// `exit_thread()`
    ExitThread,
    /// `fail_network()`
    FailNetwork,
    /// `restore_network()`
    RestoreNetwork,
}
