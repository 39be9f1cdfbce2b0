//! A stack without a world: packets are handed to it, and what leaves is read as the RFCs' figures write it:
//! `<SEQ=300><ACK=91><CTL=SYN,ACK>`, with `<DATA=10>` for ten octets of text and `<TS=7>` for a timestamp that
//! arrives.

use bytes::Bytes;
use closewait::addr::Endpoint;
use closewait::packet::{Flags, Options, Packet, Segment, Timestamps};
use closewait::profile::{Offer, Profile, WindowScaling};
use closewait::seq::Seq;
use closewait::stack::{Choices, ConnId, ListenerId, Output, Secret, Sharing, Stack};
use closewait::tcp::StateName;
use closewait::time::{Duration, Instant};
use std::sync::Arc;

const LETTERS: [(Flags, &str); 4] =
    [(Flags::SYN, "SYN"), (Flags::RST, "RST"), (Flags::FIN, "FIN"), (Flags::ACK, "ACK")];

pub(crate) fn end(ip: &str, port: u16) -> Endpoint {
    Endpoint::new(ip.parse().expect("an address"), port)
}

/// Without options, which most figures do not show.
pub(crate) fn plain(profile: &Profile) -> Profile {
    // ACKs leave at once (R65).
    let delayed_ack = Profile::DOCUMENTED.delayed_ack;
    let (window_scaling, sack, timestamps) = (WindowScaling::Off, Offer::No, Offer::No);
    Profile { window_scaling, sack, timestamps, delayed_ack, ..profile.clone() }
}

/// A stack, its clock, the two ends that its segments go between.
pub(crate) struct Alone {
    pub(crate) stack: Stack,
    pub(crate) now: Instant,
    pub(crate) here: Endpoint,
    pub(crate) there: Endpoint,
    listener: Option<ListenerId>,
}

impl Alone {
    pub(crate) fn new(profile: &Profile, here: Endpoint, there: Endpoint) -> Self {
        let mut stack = Stack::new(Arc::new(profile.clone()), Secret([7; 16]));
        stack.add_address(here.ip, 1500);
        let now = Instant::from_nanos(1_000_000_000_000);
        Self { stack, now, here, there, listener: None }
    }

    /// With a listener on `here`.
    pub(crate) fn listening(profile: &Profile, here: Endpoint, there: Endpoint) -> Self {
        let mut alone = Self::new(profile, here, there);
        alone.listen(here, Sharing::Default);
        alone
    }

    pub(crate) fn listen(&mut self, name: Endpoint, sharing: Sharing) {
        let binding = self.stack.bind(name, sharing).expect("the name is free");
        self.listener = Some(self.stack.listen(0, binding, 5, Choices::buffer(10_000)));
    }

    pub(crate) fn listener(&self) -> ListenerId {
        self.listener.expect("a listener")
    }

    /// OPEN from `here` to `there`.
    pub(crate) fn open(&mut self, sharing: Sharing) -> ConnId {
        let binding = self.stack.bind(self.here, sharing).expect("the name is free");
        let opened = self.stack.connect(self.now, 0, binding, self.there, Choices::buffer(10_000));
        opened.expect("the four-tuple is free")
    }

    /// The one connection.
    pub(crate) fn id(&self) -> ConnId {
        let rows = self.stack.connections();
        assert_eq!(rows.len(), 1, "one connection: {rows:?}");
        rows[0].id.expect("it does not only sit out TIME-WAIT")
    }

    /// The state of the one connection; LISTEN without one.
    pub(crate) fn state(&self) -> StateName {
        let rows = self.stack.connections();
        assert!(rows.len() < 2, "one connection at most: {rows:?}");
        rows.first().map_or(StateName::Listen, |row| row.state)
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
        while self.stack.advance(self.now) {}
    }

    /// `there` sends that to `here`; what is sent to it at once.
    pub(crate) fn gets(&mut self, line: &str) -> Vec<String> {
        let mut packet = Packet { src: self.there, dst: self.here, segment: read(line) };
        self.stack.deliver(self.now, &mut packet);
        self.stack.assert_invariants();
        self.sent()
    }

    /// What was sent to `there`, and to nobody else.
    pub(crate) fn sent(&mut self) -> Vec<String> {
        let packets = self.packets();
        for packet in &packets {
            assert_eq!((packet.src, packet.dst), (self.here, self.there), "between the two ends");
        }
        packets.iter().map(|packet| write(&packet.segment)).collect()
    }

    /// Every packet that left.
    pub(crate) fn packets(&mut self) -> Vec<Packet> {
        let mut packets = Vec::new();
        while let Some(output) = self.stack.poll_output() {
            match output {
                Output::Transmit { packet, .. } => packets.push(packet),
                Output::Dropped { .. }
                | Output::Emit { .. }
                | Output::Became { .. }
                | Output::Expired { .. }
                | Output::Notified { .. } => {}
            }
        }
        packets
    }
}

pub(crate) fn read(line: &str) -> Segment {
    let mut segment = Segment { wnd: 10_000, ..Segment::control(Flags::empty(), Seq(0), Seq(0)) };
    for part in line.split(['<', '>']).filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').expect("<NAME=VALUE>");
        let number = || value.parse::<u32>().expect("a number");
        match name {
            "SEQ" => segment.seq = Seq(number()),
            "ACK" => segment.ack = Seq(number()),
            "TS" => {
                let timestamps = Some(Timestamps { val: number(), ecr: 0 });
                segment.options = Options { timestamps, ..segment.options };
            }
            "DATA" => segment.payload = Bytes::from(vec![0; number() as usize]),
            "CTL" => {
                for word in value.split(',') {
                    let letter = LETTERS.into_iter().find(|&(_, name)| name == word);
                    segment.flags.insert(letter.expect("a control bit").0);
                }
            }
            _ => panic!("what is {name}?"),
        }
    }
    segment
}

fn write(segment: &Segment) -> String {
    let mut line = format!("<SEQ={}>", segment.seq.0);
    if segment.has_ack() {
        line += &format!("<ACK={}>", segment.ack.0);
    }
    if !segment.payload.is_empty() {
        line += &format!("<DATA={}>", segment.payload.len());
    }
    let names = LETTERS.into_iter().filter(|&(flag, _)| segment.flags.contains(flag)).map(|(_, name)| name);
    line + &format!("<CTL={}>", names.collect::<Vec<_>>().join(","))
}
