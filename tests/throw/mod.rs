//! What is thrown at hosts: segments with numbers near those that count, calls with every argument, time.

pub(crate) mod lone;
pub(crate) mod start;
pub(crate) mod two;

use bytes::Bytes;
use closewait::addr::{Endpoint, IpAddr, Ipv4Addr, Ipv6Addr};
use closewait::packet::{Flags, Options, Packet, Segment, Timestamps};
use closewait::seq::Seq;
use closewait::time::Duration;
use closewait::winsock::options::TABLE;
use closewait::winsock::{Call, Decision, FdSets, Handle, PollFd, SockAddr, Timeval, Window, consts::*};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestRng, TestRunner};

/// One event.
#[derive(Clone, Debug)]
pub(crate) enum Throw {
    /// A packet arrives at that host.
    Shot(usize, Shot),
    /// A thread makes a call.
    Ask(usize, Ask),
    /// Time passes.
    Pass(Duration),
    /// Time passes until something is due.
    Due,
    /// The link is cut, or healed.
    Cut(bool),
}

/// Where a number lies: near one that the target knows, or anywhere.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Near {
    Receive(i32),
    Edge(i32),
    Send(i32),
    Anywhere(u32),
}

/// How a packet is addressed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Where {
    /// To the connection seen last.
    Right,
    /// Its other family.
    OtherFamily,
    FromPort(u16),
    ToPort(u16),
    FromAddress(u8),
    ToAddress(u8),
}

/// A segment.
#[derive(Clone, Debug)]
pub(crate) struct Shot {
    to: Where,
    flags: u8,
    seq: Near,
    ack: Near,
    len: usize,
    wnd: u16,
    options: ShotOptions,
}

/// Options, true and false ones.
#[derive(Clone, Copy, Debug)]
struct ShotOptions {
    mss: Option<u16>,
    window_scale: Option<u8>,
    sack_permitted: bool,
    /// TSval beyond what the connection echoes, and TSecr.
    timestamps: Option<(u32, u32)>,
    sack: Option<(Near, u32)>,
}

/// What is known of the connection that a host spoke for last: its ends, and its numbers as they were sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Aim {
    pub(crate) local: Endpoint,
    pub(crate) remote: Endpoint,
    pub(crate) snd_nxt: Seq,
    pub(crate) rcv_nxt: Seq,
    pub(crate) wnd: u16,
    /// The TSval that it echoed.
    pub(crate) echo: u32,
}

impl Aim {
    /// A packet left.
    pub(crate) fn follow(&mut self, packet: &Packet) {
        let Packet { src, dst, segment } = packet;
        if !segment.rst() {
            *self = Self {
                local: *src,
                remote: *dst,
                snd_nxt: segment.seq + segment.len(),
                rcv_nxt: segment.ack,
                wnd: segment.wnd,
                echo: segment.options.timestamps.map_or(self.echo, |t| t.ecr),
            };
        }
    }

    fn number(&self, near: Near) -> Seq {
        let from = |seq: Seq, by: i32| seq + by.cast_unsigned();
        match near {
            Near::Receive(by) => from(self.rcv_nxt, by),
            Near::Edge(by) => from(self.rcv_nxt + u32::from(self.wnd), by),
            Near::Send(by) => from(self.snd_nxt, by),
            Near::Anywhere(n) => Seq(n),
        }
    }

    fn options(&self, shot: &ShotOptions) -> Options {
        let ShotOptions { mss, window_scale, sack_permitted, timestamps, sack } = *shot;
        let block = |(near, len)| (self.number(near), self.number(near) + len);
        Options {
            mss,
            window_scale,
            sack_permitted,
            timestamps: timestamps.map(|(by, ecr)| Timestamps { val: self.echo.wrapping_add(by), ecr }),
            sack: sack.map(block).into_iter().collect(),
        }
    }

    pub(crate) fn packet(&self, shot: &Shot) -> Packet {
        let (mut src, mut dst) = (self.remote, self.local);
        match shot.to {
            Where::Right => {}
            Where::OtherFamily => (src.ip, dst.ip) = (other_family(src.ip), other_family(dst.ip)),
            Where::FromPort(port) => src.port = port,
            Where::ToPort(port) => dst.port = port,
            Where::FromAddress(n) => src.ip = odd_address(src.ip, n),
            Where::ToAddress(n) => dst.ip = odd_address(dst.ip, n),
        }
        let segment = Segment {
            seq: self.number(shot.seq),
            ack: self.number(shot.ack),
            flags: Flags::from_bits_truncate(shot.flags),
            wnd: shot.wnd,
            urg: 0,
            options: self.options(&shot.options),
            payload: Bytes::from(vec![0x55; shot.len]),
        };
        Packet { src, dst, segment }
    }
}

fn other_family(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(v4) => IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, u16::from(v4.octets()[3]))),
        IpAddr::V6(v6) => IpAddr::V4(Ipv4Addr::new(10, 0, 0, v6.octets()[15])),
    }
}

/// Addresses that no honest packet has, and some that one may have.
fn odd_address(ip: IpAddr, n: u8) -> IpAddr {
    match (ip, n % 6) {
        (IpAddr::V4(_), 0) => Ipv4Addr::UNSPECIFIED.into(),
        (IpAddr::V4(_), 1) => Ipv4Addr::BROADCAST.into(),
        (IpAddr::V4(_), 2) => Ipv4Addr::new(224, 0, 0, 1).into(),
        (IpAddr::V4(_), 3) => Ipv4Addr::LOCALHOST.into(),
        (IpAddr::V4(_), _) => Ipv4Addr::new(10, 0, 0, n % 4).into(),
        (IpAddr::V6(_), 0 | 1) => Ipv6Addr::UNSPECIFIED.into(),
        (IpAddr::V6(_), 2) => Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1).into(),
        (IpAddr::V6(_), 3) => Ipv6Addr::LOCALHOST.into(),
        (IpAddr::V6(_), _) => Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, u16::from(n % 4)).into(),
    }
}

/// A call: which, on which of the handles so far (or some other value), with what.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) thread: usize,
    which: u8,
    handle: usize,
    ints: [i32; 3],
    option: Option<(i32, i32)>,
    value: Option<Vec<u8>>,
    len: usize,
    port: u16,
    address: u8,
}

impl Ask {
    /// The call. `near` are names worth connecting and binding to.
    pub(crate) fn call(&self, handles: &[Handle], near: &[IpAddr]) -> Call {
        let [a, b, c] = self.ints;
        let s = handles.get(self.handle % (handles.len() + 1)).copied();
        let s = s.unwrap_or(Handle(a.cast_unsigned()));
        let ip = near[usize::from(self.address) % near.len()];
        let ip = if self.address >= 200 { odd_address(ip, self.address) } else { ip };
        let name = Endpoint::new(ip, self.port);
        let (level, optname) = self.option.unwrap_or((b, c));
        match self.which % 30 {
            0 => Call::WsaStartup { version: if a % 2 == 0 { 0x202 } else { low16(b) }, data: c % 5 != 0 },
            1 => Call::WsaCleanup,
            2 => Call::WsaGetLastError,
            3 => Call::WsaSetLastError { code: a },
            4 => Call::WsaCreateEvent,
            5 if a % 2 == 0 => Call::CloseHandle { handle: s },
            5 => Call::WsaCloseEvent { event: s },
            6 => match a % 4 {
                0 => Call::Socket { family: b, kind: c, protocol: a },
                1 => Call::Socket { family: AF_INET6, kind: SOCK_STREAM, protocol: 0 },
                _ => Call::Socket { family: AF_INET, kind: SOCK_STREAM, protocol: IPPROTO_TCP },
            },
            7 => Call::Bind { s, name: self.sock_addr(name) },
            8 => Call::Listen { s, backlog: a },
            9 if a % 3 == 0 => Call::WsaAccept { s, name_len: Some(self.len), condition: b > 0 },
            9 => Call::Accept { s, name_len: (b > 0).then_some(self.len) },
            10 => Call::Connect { s, name: self.sock_addr(name) },
            11 | 12 => Call::Send {
                s,
                data: (c % 9 != 0).then(|| zeros(self.len)),
                flags: if a > 0 { 0 } else { b },
            },
            13 => Call::Recv { s, len: (c % 9 != 0).then_some(self.len), flags: if a > 0 { 0 } else { b } },
            14 => Call::Shutdown { s, how: a },
            15 => Call::Closesocket { s },
            16 => {
                let value = self.value.clone().map(Bytes::from);
                Call::Setsockopt { s, level, name: optname, value }
            }
            17 if a % 2 == 0 => Call::WsaIoctl {
                s,
                code: [SIO_KEEPALIVE_VALS, SIO_TCP_SET_ACK_FREQUENCY][usize::from(b > 0)],
                input: self.value.clone().map(Bytes::from),
            },
            17 => Call::Getsockopt { s, level, name: optname, len: (a % 7 != 0).then_some(self.len) },
            18 => {
                let cmd = if a % 3 == 0 {
                    c.cast_unsigned()
                } else {
                    [FIONBIO, FIONREAD, SIOCATMARK][usize::from(b > 0) + usize::from(b > 2)]
                };
                Call::Ioctlsocket { s, cmd, arg: (c % 7 != 0).then(|| b.cast_unsigned()) }
            }
            19 if a > 0 => Call::Getsockname { s, len: Some(self.len) },
            19 => Call::Getpeername { s, len: (b > 0).then_some(self.len) },
            _ => self.waiting(handles, s),
        }
    }

    fn sock_addr(&self, name: Endpoint) -> Option<SockAddr> {
        let [a, _, c] = self.ints;
        let right = SockAddr::from(name);
        match c % 12 {
            0 => None,
            1 => Some(SockAddr { len: self.len, ..right }),
            2 => Some(SockAddr { family: a, ..right }),
            _ => Some(right),
        }
    }

    /// Calls that wait for several things, or say what to wait for.
    fn waiting(&self, handles: &[Handle], s: Handle) -> Call {
        let [a, b, c] = self.ints;
        let other = handles.get(self.len % (handles.len() + 1)).copied().unwrap_or(Handle(b.cast_unsigned()));
        let timeout = u32::try_from(a).ok();
        let events = if c % 4 == 0 { b } else { b & FD_ALL_EVENTS };
        match self.which % 30 {
            20 => {
                Call::WsaDuplicateSocket { s, process: u32::try_from(a % 4).unwrap_or(0), info: b % 5 != 0 }
            }
            21 => Call::WsaSocket { family: a, kind: b, protocol: c, info: None },
            22 => Call::DuplicateHandle { handle: s },
            23 => {
                let set = |n: i32| (n % 3 != 0).then(|| vec![s, other]);
                let sets = FdSets { read: set(a), write: set(b), except: set(c) };
                Call::Select {
                    sets: Box::new(sets),
                    timeout: (a % 2 == 0).then_some(Timeval { sec: b, usec: c }),
                }
            }
            24 => {
                let fd = |fd, events: i32| PollFd { fd, events: i16::try_from(events & 0x330).unwrap_or(0) };
                let fds = (c % 9 != 0).then(|| vec![fd(s, a), fd(other, b)]);
                Call::WsaPoll { fds, timeout: a }
            }
            25 if a % 2 == 0 => Call::WsaSetEvent { event: s },
            25 => Call::WsaResetEvent { event: s },
            26 => Call::WsaWaitForMultipleEvents { events: Some(vec![s, other]), all: b > 0, timeout },
            27 => Call::WsaEventSelect { s, event: (a % 5 != 0).then_some(other), events },
            28 if a % 3 == 0 => Call::PeekMessage { window: Window(1) },
            28 if a % 3 == 1 => {
                Call::WsaEnumNetworkEvents { s, event: (b > 0).then_some(other), out: c % 7 != 0 }
            }
            28 => Call::WsaAsyncSelect { s, window: (c % 7 != 0).then_some(Window(1)), events },
            _ => match a.rem_euclid(7) {
                0 => Call::WsaSetBlockingHook { hook: b > 0 },
                1 => Call::WsaUnhookBlockingHook,
                2 => Call::WsaIsBlocking,
                3 => Call::WsaCancelBlockingCall,
                4 => Call::WsaSendDisconnect { s },
                5 => Call::WsaRecvDisconnect { s },
                _ => Call::ConditionReturns {
                    decision: [Decision::Accept, Decision::Reject, Decision::Defer]
                        [usize::from(b > 0) + usize::from(c > 0)],
                },
            },
        }
    }
}

fn low16(n: i32) -> u16 {
    u16::try_from(n & 0xffff).unwrap_or(0)
}

/// As many zeros as there are, shared.
fn zeros(len: usize) -> Bytes {
    static ZEROS: std::sync::LazyLock<Bytes> = std::sync::LazyLock::new(|| Bytes::from(vec![0; 1 << 26]));
    ZEROS.slice(..len.min(ZEROS.len()))
}

fn near() -> impl Strategy<Value = Near> {
    let small = || prop_oneof![4 => -2..=2, 1 => -3000..3000, 1 => -70_000..70_000];
    prop_oneof![
        4 => small().prop_map(Near::Receive),
        2 => small().prop_map(Near::Edge),
        4 => small().prop_map(Near::Send),
        1 => any::<u32>().prop_map(Near::Anywhere),
    ]
}

fn shot() -> impl Strategy<Value = Shot> {
    let seq = prop_oneof![5 => Just(Near::Receive(0)), 4 => near()];
    let ack = prop_oneof![5 => Just(Near::Send(0)), 4 => near()];
    let usual = select(&[0x10, 0x10, 0x18, 0x11, 0x19, 0x02, 0x12, 0x04, 0x14][..]);
    let flags = prop_oneof![4 => usual, 1 => any::<u8>()];
    let len = prop_oneof![3 => Just(0), 2 => 1..10_usize, 1 => Just(1460), 1 => 0..=2000_usize];
    let wnd = prop_oneof![3 => Just(u16::MAX), 2 => Just(0), 1 => Just(1), 1 => any::<u16>()];
    let to = prop_oneof![
        12 => Just(Where::Right),
        1 => Just(Where::OtherFamily),
        1 => port().prop_map(Where::FromPort),
        1 => port().prop_map(Where::ToPort),
        1 => any::<u8>().prop_map(Where::FromAddress),
        1 => any::<u8>().prop_map(Where::ToAddress),
    ];
    (to, flags, seq, ack, len, wnd, options()).prop_map(|(to, flags, seq, ack, len, wnd, options)| Shot {
        to,
        flags,
        seq,
        ack,
        len,
        wnd,
        options,
    })
}

fn options() -> impl Strategy<Value = ShotOptions> {
    let mss = prop_oneof![3 => Just(None), 1 => Just(Some(1460)), 1 => any::<u16>().prop_map(Some)];
    let window_scale = prop_oneof![3 => Just(None), 1 => Just(Some(8)), 1 => any::<u8>().prop_map(Some)];
    let by = prop_oneof![3 => Just(0), 2 => 1..1000_u32, 1 => Just(u32::MAX), 1 => any::<u32>()];
    let timestamps = prop_oneof![1 => Just(None), 1 => (by, any::<u32>()).prop_map(Some)];
    let sack = prop_oneof![3 => Just(None), 1 => (near(), 0..4000_u32).prop_map(Some)];
    (mss, window_scale, any::<bool>(), timestamps, sack).prop_map(
        |(mss, window_scale, sack_permitted, timestamps, sack)| ShotOptions {
            mss,
            window_scale,
            sack_permitted,
            timestamps,
            sack,
        },
    )
}

fn port() -> impl Strategy<Value = u16> {
    prop_oneof![3 => Just(80), 1 => Just(0), 1 => Just(9000), 1 => any::<u16>()]
}

fn ask() -> impl Strategy<Value = Ask> {
    let int =
        || prop_oneof![4 => -3..4_i32, 1 => any::<i32>(), 1 => select(&[i32::MAX, i32::MIN, 65_536][..])];
    let option =
        prop_oneof![9 => select(TABLE).prop_map(|row| Some((row.level, row.number))), 1 => Just(None)];
    let value = prop_oneof![
        1 => Just(None),
        1 => prop::collection::vec(any::<u8>(), 0..20).prop_map(Some),
        3 => (0..3_u16, 0..3_u16).prop_map(|(a, b)| Some([a.to_le_bytes(), b.to_le_bytes()].concat())),
        2 => int().prop_map(|n| Some(n.to_le_bytes().to_vec())),
    ];
    let len = prop_oneof![
        4 => 0..100_usize,
        2 => 0..100_000_usize,
        1 => Just(1 << 26),
        1 => Just(usize::MAX),
    ];
    (0..4_usize, any::<u8>(), any::<usize>(), [int(), int(), int()], option, value, len, port(), any::<u8>())
        .prop_map(|(thread, which, handle, ints, option, value, len, port, address)| Ask {
            thread,
            which,
            handle,
            ints,
            option,
            value,
            len,
            port,
            address,
        })
}

fn pass() -> impl Strategy<Value = Duration> {
    prop_oneof![
        2 => Just(Duration::ZERO),
        1 => Just(Duration::from_nanos(1)),
        4 => (0..2000_u64).prop_map(Duration::from_millis),
        1 => (0..300_u64).prop_map(Duration::from_secs),
        1 => Just(Duration::from_secs(1_000_000)),
    ]
}

/// A sequence of events.
pub(crate) fn throws() -> impl Strategy<Value = Vec<Throw>> {
    let throw = prop_oneof![
        8 => (0..2_usize, shot()).prop_map(|(to, shot)| Throw::Shot(to, shot)),
        6 => (0..2_usize, ask()).prop_map(|(host, ask)| Throw::Ask(host, ask)),
        3 => pass().prop_map(Throw::Pass),
        2 => Just(Throw::Due),
        1 => any::<bool>().prop_map(Throw::Cut),
    ];
    prop::collection::vec(throw, 1..60)
}

/// RFC 9293 3.10.7.1: what answers a segment for no connection.
pub(crate) fn no_connection(packet: &Packet) -> Option<Packet> {
    let Packet { src, dst, segment: s } = packet;
    let on = |bit: Flags| !(s.flags & bit).is_empty();
    if on(Flags::RST) {
        return None;
    }
    let (flags, seq, ack) = if on(Flags::ACK) {
        (Flags::RST, s.ack.0, 0)
    } else {
        let text = u32::try_from(s.payload.len()).expect("a short text");
        let len = text + u32::from(on(Flags::SYN)) + u32::from(on(Flags::FIN));
        (Flags::RST | Flags::ACK, 0, s.seq.0.wrapping_add(len))
    };
    let segment = Segment {
        seq: Seq(seq),
        ack: Seq(ack),
        flags,
        wnd: 0,
        urg: 0,
        options: Options::NONE,
        payload: Bytes::new(),
    };
    Some(Packet { src: *dst, dst: *src, segment })
}

/// Runs `cases` cases, the same ones each time; nothing is written to disk.
pub(crate) fn campaign<S: Strategy>(cases: u32, strategy: &S, test: impl Fn(S::Value) -> TestCaseResult) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let result = TestRunner::new_with_rng(config, rng).run(strategy, test);
    if let Err(error) = result {
        panic!("{error}");
    }
}
