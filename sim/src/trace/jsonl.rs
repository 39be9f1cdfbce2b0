//! The log as JSON Lines: one object an entry, keys in a fixed order. `docs/schema/jsonl.schema.json` describes them.

use super::places::Places;
use super::text::describe_told;
use super::{Entry, Log, ProcessEnd, What, describe_call, describe_result};
use crate::link::Fate;
use crate::world::World;
use closewait::packet::{Icmp, Message, Options, Packet, Quote, Timestamps};
use closewait::rule::Rule;
use closewait::time::Instant;
use serde::Serialize;

/// The version of the lines: another key is no new version, another meaning is.
pub const JSONL_VERSION: u32 = 1;

/// A line. `at_ns` is virtual time in nanoseconds.
#[derive(Serialize)]
struct Line<'a> {
    at_ns: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    process: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packet: Option<PacketLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<MessageLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fate: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arrives_ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    local: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remote: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<[&'a str; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    op: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
}

#[derive(Serialize)]
struct PacketLine {
    src: String,
    dst: String,
    flags: String,
    seq: u32,
    ack: u32,
    win: u16,
    len: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    mss: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window_scale: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sack_permitted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamps: Option<TimestampsLine>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sack: Vec<[u32; 2]>,
}

#[derive(Serialize)]
struct TimestampsLine {
    val: u32,
    ecr: u32,
}

impl From<&Packet> for PacketLine {
    fn from(Packet { src, dst, segment }: &Packet) -> Self {
        let Options { mss, window_scale, sack_permitted, timestamps, ref sack } = segment.options;
        Self {
            src: src.to_string(),
            dst: dst.to_string(),
            flags: segment.flags.to_string(),
            seq: segment.seq.0,
            ack: segment.ack.0,
            win: segment.wnd,
            len: segment.payload.len(),
            mss,
            window_scale,
            sack_permitted: sack_permitted.then_some(true),
            timestamps: timestamps.map(|Timestamps { val, ecr }| TimestampsLine { val, ecr }),
            sack: sack.as_slice().iter().map(|&(left, right)| [left.0, right.0]).collect(),
        }
    }
}

#[derive(Serialize)]
struct MessageLine {
    src: String,
    dst: String,
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    quotes: Option<QuoteLine>,
}

#[derive(Serialize)]
struct QuoteLine {
    src: String,
    dst: String,
    seq: u32,
}

impl From<&Message> for MessageLine {
    fn from(message: &Message) -> Self {
        let quotes = match message {
            Message::Udp(_) => None,
            Message::Icmp(Icmp { quote: Quote { src, dst, seq, .. }, .. }) => {
                Some(QuoteLine { src: src.to_string(), dst: dst.to_string(), seq: seq.0 })
            }
        };
        let (src, dst) = (message.src().to_string(), message.dst().to_string());
        Self { src, dst, what: super::messages::describe(message), quotes }
    }
}

/// What became of a datagram, and when it arrives if it does.
fn became(fate: Fate) -> (Option<&'static str>, Option<u64>) {
    let (word, at) = match fate {
        Fate::Arrives(at) => ("arrives", Some(at)),
        Fate::ArrivesTwice(at) => ("arrives twice", Some(at)),
        Fate::ArrivesCorrupt(at) => ("arrives corrupt", Some(at)),
        Fate::Lost => ("lost", None),
        Fate::Cut => ("cut", None),
        Fate::QueueFull => ("queue full", None),
        Fate::TooBig => ("too big", None),
        Fate::NoRoute => ("no route", None),
    };
    (Some(word), at.map(Instant::as_nanos))
}

/// The log, a line an entry.
#[must_use]
pub fn jsonl(log: &Log, world: &World) -> String {
    let mut out = String::new();
    let places = Places::new(world);
    for entry in log.entries() {
        let line =
            serde_json::to_string(&line(entry, world, &places)).expect("strings and numbers serialise");
        out.push_str(&line);
        out.push('\n');
    }
    out
}

fn line<'a>(entry: &'a Entry, world: &'a World, places: &Places<'a>) -> Line<'a> {
    let mut line = Line {
        at_ns: entry.at.as_nanos(),
        host: entry.host.map(|id| world.name(id)),
        event: "",
        process: None,
        thread: None,
        call: None,
        result: None,
        packet: None,
        message: None,
        fate: None,
        arrives_ns: None,
        local: None,
        remote: None,
        from: None,
        to: None,
        notice: None,
        error: None,
        link: None,
        op: None,
        rule: None,
        source: None,
    };
    let because = |line: &mut Line<'_>, rule: &Rule| {
        line.rule = Some(rule.id());
        line.source = Some(rule.source());
    };
    match &entry.what {
        What::Call { thread, call } => {
            line.event = "call";
            line.thread = Some(thread.number());
            line.call = Some(describe_call(call));
        }
        What::Blocked { thread } => {
            line.event = "blocked";
            line.thread = Some(thread.number());
        }
        What::Returned { thread, returned, .. } => {
            line.event = "returned";
            line.thread = Some(thread.number());
            line.result = Some(describe_result(&returned.result));
            because(&mut line, &returned.rule);
        }
        What::Sent { packet, rule, fate } => {
            line.event = "sent";
            line.packet = Some(packet.into());
            (line.fate, line.arrives_ns) = became(*fate);
            because(&mut line, rule);
        }
        What::Received { packet } => {
            line.event = "received";
            line.packet = Some(packet.into());
        }
        What::SentMessage { message, rule, fate } => {
            line.event = "sent message";
            line.message = Some(message.into());
            (line.fate, line.arrives_ns) = became(*fate);
            because(&mut line, rule);
        }
        What::ReceivedMessage { message } => {
            line.event = "received message";
            line.message = Some(message.into());
        }
        What::Dropped { local, remote, rule } => {
            line.event = "dropped";
            (line.local, line.remote) = (Some(local.to_string()), Some(remote.to_string()));
            because(&mut line, rule);
        }
        What::State { local, remote, from, to, rule } => {
            line.event = "state";
            (line.local, line.remote) = (Some(local.to_string()), Some(remote.to_string()));
            (line.from, line.to) = (Some(from.to_string()), Some(to.to_string()));
            because(&mut line, rule);
        }
        What::Timer { local, remote, rule } => {
            line.event = "timer";
            (line.local, line.remote) = (Some(local.to_string()), Some(remote.to_string()));
            because(&mut line, rule);
        }
        What::Notified { local, remote, notice, rule } => {
            line.event = "notified";
            (line.local, line.remote) = (Some(local.to_string()), Some(remote.to_string()));
            line.notice = Some(format!("{notice:?}"));
            because(&mut line, rule);
        }
        What::Undecodable { error } => {
            line.event = "undecodable";
            line.error = Some(error.to_string());
        }
        What::ProcessEnded { process, end } => {
            line.event = match end {
                ProcessEnd::Exited => "process exited",
                ProcessEnd::Killed => "process killed",
            };
            line.process = Some(process.number());
        }
        What::ThreadEnded { thread } => {
            line.event = "thread ended";
            line.thread = Some(thread.number());
        }
        What::Told(told) => {
            line.event = "network event";
            line.process = Some(told.process.number());
            line.notice = Some(describe_told(told));
            because(&mut line, &told.rule);
        }
        What::Crashed => line.event = "crashed",
        What::NetworkFailed => line.event = "network failed",
        What::NetworkRestored => line.event = "network restored",
        What::LinkCut { link } => {
            line.event = "link cut";
            line.link = places.ends(*link);
        }
        What::LinkHealed { link } => {
            line.event = "link healed";
            line.link = places.ends(*link);
        }
        What::Net { op } => {
            line.event = "net";
            line.op = Some(op);
        }
    }
    line
}
