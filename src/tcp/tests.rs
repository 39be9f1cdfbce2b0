//! One connection, driven by packet scripts.
//!
//! A script is what a reader of a trace would write down. Lines that begin an event: `< S. 0:1 ack 1` (the peer's
//! segment), a call (`open`, `send 10`, `close` …), `+5ms` (time passes and nothing happens), `wait 1s` (nothing
//! happens until one nanosecond before that, something does at that instant: each timing test carries its twin).
//! The lines that follow are all effects of the event, no more and no fewer: `> F. 1:2 ack 1 win 10000 | close` (a
//! segment leaves, and why), `ESTABLISHED -> FIN_WAIT_1 | close`, `! Readable | text`, `timer | …`, `drop | …`.
//! `= STATE` looks at the state, `= idle` at the timers, `= nothing to read` at what was received.
//!
//! Ranges are of SEG.LEN octets, SYN and FIN counted, relative to the initial sequence number of whoever sent them;
//! both initial numbers lie just before the wrap, so that every script crosses it. Text is a pattern that tells its
//! place, checked wherever it leaves or is read.

mod aborting;
mod arrives;
mod closing;
mod delayed_ack;
mod keep_alive;
mod odd;
mod opening;
mod options;
mod receiving;
mod recovery;
mod sending;
mod syn_bit;
mod timers;
mod transitions;
mod urgent;

use super::{Cx, Effect, Effects, Settings, State, StateName, SynSent, Tuning, listen};
use crate::packet::{Flags, Options, Segment, Timestamps};
use crate::profile::{Offer, Profile, WindowScaling};
use crate::rule::Rule;
use crate::seq::Seq;
use crate::time::{Duration, Instant};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use bytes::Bytes;

/// Ours: the octet after the SYN is the last before the wrap.
const ISS: Seq = Seq(u32::MAX - 1);
/// The peer's: the fifth octet of its text is number 0.
const IRS: Seq = Seq(u32::MAX - 5);

const SETTINGS: Settings = Settings {
    mss: 1000,
    default_mss: 536,
    receive_buffer: 10_000,
    nodelay: false,
    ts_offset: 0,
    tuning: Tuning {
        ack_frequency: None,
        keep_alive: None,
        max_r2: None,
        oob_inline: false,
        expedited_1122: false,
        timestamps: None,
        no_syn_retries: false,
        fail_on_icmp: false,
    },
};

/// `len` octets of text whose first is the `from`th of its stream.
fn text(from: u32, len: u32) -> Bytes {
    let octet = |i: u32| u8::try_from(i % 251).expect("below 251");
    (0..len).map(|i| octet(from.wrapping_add(i))).collect::<Vec<u8>>().into()
}

/// A connection under test, its clock, and the effects of the last event.
#[derive(Clone)]
struct Tcp {
    /// None: LISTEN.
    state: Option<State>,
    settings: Settings,
    profile: Profile,
    now: Instant,
    out: Effects,
    sent: u32,
    read: u32,
}

impl Tcp {
    /// Without the options of `options.rs`, which most scripts are not about.
    fn new(profile: &Profile) -> Self {
        let plain = Profile {
            window_scaling: WindowScaling::Off,
            sack: Offer::No,
            timestamps: Offer::No,
            ..profile.clone()
        };
        Self::with_options(&plain)
    }

    /// ACKs leave at once: `delayed_ack.rs` is about those that wait.
    fn with_options(profile: &Profile) -> Self {
        let delayed_ack = Profile::DOCUMENTED.delayed_ack;
        Self {
            state: None,
            settings: SETTINGS,
            profile: Profile { delayed_ack, ..profile.clone() },
            now: Instant::from_nanos(1_000_000_000_000),
            out: Effects::default(),
            sent: 0,
            read: 0,
        }
    }

    /// ESTABLISHED by an active open, a round trip of 100 ms, the peer's window and MSS 10,000 and 1,000.
    fn established(profile: &Profile) -> Self {
        let mut t = Self::new(profile);
        t.run(
            "open
             > S 0:1 win 10000 mss 1000 | active-open
             CLOSED -> SYN_SENT | active-open
             +100ms
             < S. 0:1 ack 1 win 10000 mss 1000
             ! Connected | syn-ack
             SYN_SENT -> ESTABLISHED | syn-ack
             > . 1:1 ack 1 win 10000 | syn-ack",
        );
        t
    }

    /// As [`Tcp::established`], with another window in the peer's SYN.
    fn established_to_window(profile: &Profile, window: u16) -> Self {
        let mut t = Self::new(profile);
        t.quietly("open");
        t.quietly("+100ms");
        t.quietly(&format!("< S. 0:1 ack 1 win {window} mss 1000"));
        t.run("= ESTABLISHED");
        t
    }

    /// A connection in that state, with nothing of ours but a FIN in flight; LISTEN is none.
    fn in_state(name: StateName, profile: &Profile) -> Self {
        let mut t = match name {
            StateName::Closed => panic!("CLOSED is no connection"),
            StateName::Listen | StateName::SynSent | StateName::SynReceived => Self::new(profile),
            StateName::Established
            | StateName::FinWait1
            | StateName::FinWait2
            | StateName::CloseWait
            | StateName::Closing
            | StateName::LastAck
            | StateName::TimeWait => Self::established(profile),
        };
        let steps: &[&str] = match name {
            StateName::Closed | StateName::Listen | StateName::Established => &[],
            StateName::SynSent => &["open"],
            StateName::SynReceived => &["< S 0:1 win 10000 mss 1000"],
            StateName::FinWait1 => &["shut"],
            StateName::FinWait2 => &["shut", "< . 1:1 ack 2"],
            StateName::CloseWait => &["< F. 1:2 ack 1"],
            StateName::Closing => &["shut", "< F. 1:2 ack 1"],
            StateName::LastAck => &["< F. 1:2 ack 1", "shut"],
            StateName::TimeWait => &["shut", "< F. 1:2 ack 2"],
        };
        for step in steps {
            t.quietly(step);
        }
        assert_eq!(t.name(), name, "the steps lead to the state");
        t
    }

    /// SYN-RECEIVED that an active open led to.
    fn crossed(profile: &Profile) -> Self {
        let mut t = Self::new(profile);
        t.quietly("open");
        t.quietly("< S 0:1 win 10000 mss 1000");
        assert_eq!(t.name(), StateName::SynReceived);
        t
    }

    fn name(&self) -> StateName {
        self.state.as_ref().map_or(StateName::Listen, State::name)
    }

    fn readable(&self) -> usize {
        self.state.as_ref().map_or(0, State::readable)
    }

    fn deadline(&self) -> Option<Instant> {
        Some(self.state.as_ref()?.deadline()?.at)
    }

    /// An event whose effects are looked at by another test.
    fn quietly(&mut self, line: &str) {
        assert!(self.event(line), "an event: {line}");
        self.out = Effects::default();
    }

    /// What has happened since the last look.
    fn taken(&mut self) -> Vec<Effect> {
        core::mem::take(&mut self.out).0
    }

    /// Runs a script; every effect must be in it.
    fn run(&mut self, script: &str) {
        let mut last = "the beginning";
        let mut expected: Vec<&str> = Vec::new();
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()).chain(["= end"]) {
            let check = line.strip_prefix("= ");
            if check.is_none() && !is_event(line) {
                expected.push(line);
                continue;
            }
            let effects: Vec<String> = self.taken().iter().map(|e| self.line(e)).collect();
            assert_eq!(effects, expected, "left: what happened after `{last}`; right: the script");
            expected.clear();
            match check {
                Some("end") => {}
                Some("nothing to read") => assert_eq!(self.readable(), 0, "after `{last}`"),
                Some("idle") => assert_eq!(self.deadline(), None, "no timer runs after `{last}`"),
                Some(state) => assert_eq!(self.name().to_string(), state, "after `{last}`"),
                None => assert!(self.event(line), "what is `{line}`?"),
            }
            last = line;
        }
    }

    fn on(&mut self, event: impl FnOnce(State, &mut Cx<'_>) -> State) {
        let state = self.state.take().expect("a connection");
        let state = event(state, &mut Cx { now: self.now, profile: &self.profile, out: &mut self.out });
        state.assert_invariants();
        self.state = Some(state);
    }

    /// One event; false if the line is none.
    fn event(&mut self, line: &str) -> bool {
        let mut words = line.split_whitespace();
        let (head, rest) = (words.next().unwrap_or_default(), words.next());
        let number = || rest.expect("an argument").parse::<u32>().expect("a number");
        match head {
            "<" => self.arrives(self.segment(line)),
            "open" => {
                let settings = self.settings;
                let mut cx = Cx { now: self.now, profile: &self.profile, out: &mut self.out };
                self.state = Some(SynSent::open(ISS, settings, &mut cx));
            }
            "send" => assert!(self.send(number()), "the text is taken"),
            "send-urgent" => {
                let bytes = text(self.sent, number());
                self.on(|mut state, cx| {
                    assert!(state.send_urgent(bytes, cx), "the text is taken");
                    state
                });
                self.sent += number();
            }
            "send-refused" => assert!(!self.send(number()), "the text is not taken"),
            "read" => self.read(number()),
            "shut" => self.on(State::shut_send),
            "shut-receive" => self.on(State::shut_receive),
            "close" => {
                let by = rest.map(|after| self.now + duration(after));
                self.on(|state, cx| state.close(by, cx));
            }
            "abort" => self.on(|state, cx| state.abort(Rule::AbortCall, cx)),
            "abandon" => self.on(State::abandon),
            "nodelay" => self.on(|mut state, cx| {
                state.set_nodelay(true, cx);
                state
            }),
            "buffer" => self.on(|mut state, cx| {
                state.set_receive_buffer(number(), cx);
                state
            }),
            "wait" => self.wait(duration(rest.expect("how long"))),
            _ => match head.strip_prefix('+') {
                Some(time) => self.pass(duration(time)),
                None => return false,
            },
        }
        true
    }

    fn tune(&mut self, tuning: Tuning) {
        self.on(|mut state, cx| {
            state.tune(tuning, cx);
            state
        });
    }

    fn arrives(&mut self, mut segment: Segment) {
        if self.state.is_some() {
            return self.on(|state, cx| state.arrives(&mut segment, cx));
        }
        let settings = self.settings;
        let mut cx = Cx { now: self.now, profile: &self.profile, out: &mut self.out };
        match listen::verdict(&segment) {
            listen::Verdict::Syn => self.state = Some(listen::open(ISS, &segment, settings, None, &mut cx)),
            listen::Verdict::Ignore | listen::Verdict::Refuse | listen::Verdict::Drop => {
                listen::arrives(&segment, &mut cx);
            }
        }
    }

    fn send(&mut self, len: u32) -> bool {
        let bytes = text(self.sent, len);
        let mut taken = false;
        self.on(|mut state, cx| {
            taken = state.send(bytes, cx);
            state
        });
        self.sent += if taken { len } else { 0 };
        taken
    }

    fn read(&mut self, len: u32) {
        let from = self.read;
        self.on(|mut state, cx| {
            let got = state.receive(len as usize, cx).to_bytes();
            assert_eq!(got, text(from, len), "what is read is what was sent");
            state
        });
        self.read += len;
    }

    /// Time passes, and nothing is due.
    fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
        assert!(self.deadline().is_none_or(|at| at > self.now), "a timer is due: {:?}", self.deadline());
        self.on(State::timeout);
        assert_eq!(self.out, Effects::default(), "nothing happens");
    }

    /// Nothing happens until the last nanosecond of `time`; a timer fires then.
    fn wait(&mut self, time: Duration) {
        let at = self.now + time;
        assert_eq!(self.deadline(), Some(at), "the next timer, {:?} from now", at.since(self.now));
        self.pass(time - Duration::from_nanos(1));
        self.now = at;
        self.on(State::timeout);
        assert!(!self.out.0.is_empty(), "a timer fires");
    }

    /// The peer's segment: `< FLAGS seq:end [ack N] [win N] [urg N] [mss N] [wscale N] [sackOK] [TS N:N] [sack N:N …]`.
    fn segment(&self, line: &str) -> Segment {
        let words: Vec<&str> = line.split_whitespace().skip(1).collect();
        let field = |name| {
            let i = words.iter().position(|&w| w == name)?;
            Some(words[i + 1].parse::<i32>().expect("a number").cast_unsigned())
        };
        let pair = |name: &'static str| {
            let named = words.windows(2).filter(move |w| w[0] == name);
            named.map(|w| {
                let (a, b) = w[1].split_once(':').expect("a pair");
                (a.parse::<u32>().expect("a number"), b.parse::<u32>().expect("a number"))
            })
        };
        let flags = flags(words[0]);
        let (from, to) = words[1].split_once(':').expect("a range");
        let [from, to]: [u32; 2] = [from, to].map(|n| n.parse::<i32>().expect("a number").cast_unsigned());
        let (syn, fin) = (flags.contains(Flags::SYN), flags.contains(Flags::FIN));
        let len = to.wrapping_sub(from) - u32::from(syn) - u32::from(fin);
        let first = from.wrapping_add(u32::from(syn)).wrapping_sub(1);
        assert_eq!(field("ack").is_some(), flags.contains(Flags::ACK), "ACK and its field: {line}");
        Segment {
            seq: IRS + from,
            ack: field("ack").map_or(Seq(0), |ack| ISS + ack),
            flags,
            wnd: field("win").map_or(10_000, |win| u16::try_from(win).expect("a window")),
            urg: field("urg").map_or(0, |urg| u16::try_from(urg).expect("a pointer")),
            options: Options {
                mss: field("mss").map(|mss| u16::try_from(mss).expect("an MSS")),
                window_scale: field("wscale").map(|shift| u8::try_from(shift).expect("a shift")),
                sack_permitted: words.contains(&"sackOK"),
                timestamps: pair("TS").next().map(|(val, ecr)| Timestamps { val, ecr }),
                sack: pair("sack").map(|(left, right)| (ISS + left, ISS + right)).collect(),
            },
            payload: if len == 0 { Bytes::new() } else { text(first, len) },
        }
    }

    /// Options as a script has them: ` mss 1000 wscale 8 sackOK TS 100:0 sack 5:9`.
    fn options(&self, options: &Options) -> String {
        let Options { mss, window_scale, sack_permitted, timestamps, sack } = options;
        let mut text = mss.map_or(String::new(), |mss| format!(" mss {mss}"));
        text += &window_scale.map_or(String::new(), |shift| format!(" wscale {shift}"));
        text += if *sack_permitted { " sackOK" } else { "" };
        text += &timestamps.map_or(String::new(), |t| format!(" TS {}:{}", t.val, t.ecr));
        for &(left, right) in sack.as_slice() {
            text += &format!(" sack {}:{}", (left - IRS).cast_signed(), (right - IRS).cast_signed());
        }
        text
    }

    /// An effect as a script has it.
    fn line(&self, effect: &Effect) -> String {
        match effect {
            Effect::Transmit { segment, rule } => {
                let seq = (segment.seq - ISS).cast_signed();
                if !segment.payload.is_empty() {
                    let first = seq + i32::from(segment.syn()) - 1;
                    let first = u32::try_from(first).expect("text follows the SYN");
                    assert_eq!(segment.payload, text(first, segment.text_len()), "the text at {seq}");
                }
                let mut line = format!("> {} {seq}:{}", segment.flags, seq + segment.len().cast_signed());
                if segment.has_ack() {
                    line += &format!(" ack {}", (segment.ack - IRS).cast_signed());
                } else if segment.ack != Seq(0) {
                    line += &format!(" ack-field {:?}", segment.ack);
                }
                if segment.wnd != 0 || !segment.rst() {
                    line += &format!(" win {}", segment.wnd);
                }
                if segment.flags.contains(Flags::URG) {
                    line += &format!(" urg {}", segment.urg);
                }
                line += &self.options(&segment.options);
                format!("{line} | {}", rule.id())
            }
            Effect::Dropped { rule } => format!("drop | {}", rule.id()),
            Effect::Became { from, to, rule } => format!("{from} -> {to} | {}", rule.id()),
            Effect::Expired { rule } => format!("timer | {}", rule.id()),
            Effect::Notify { notice, rule } => format!("! {notice:?} | {}", rule.id()),
        }
    }
}

fn is_event(line: &str) -> bool {
    let effect = line.starts_with('>') || line.starts_with('!') || line.contains(" | ");
    !effect
}

/// tcpdump's letters.
fn flags(letters: &str) -> Flags {
    let flag = |letter| match letter {
        'S' => Flags::SYN,
        'F' => Flags::FIN,
        'R' => Flags::RST,
        'P' => Flags::PSH,
        'U' => Flags::URG,
        '.' => Flags::ACK,
        '-' => Flags::empty(),
        _ => panic!("no flag: {letter}"),
    };
    letters.chars().map(flag).collect()
}

/// `5ms`, `1s`, `1ns`.
fn duration(time: &str) -> Duration {
    let digits = time.trim_end_matches(char::is_alphabetic);
    let n = digits.parse().expect("a number");
    match &time[digits.len()..] {
        "ns" => Duration::from_nanos(n),
        "ms" => Duration::from_millis(n),
        "s" => Duration::from_secs(n),
        unit => panic!("no unit: {unit}"),
    }
}
