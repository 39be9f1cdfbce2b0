//! Packets in and out, and which connection they are of.
//!
//! As in packetdrill a packet line names no ports: the script has one connection at a time under test. `connect`
//! makes it the connection of the SYN that leaves; after `listen` the next packet from the wire begins a new one,
//! from a port of its own.

use super::super::ast::{Event, IcmpPacket, Line, OptionsSpec, PacketBody, Span, Start, TcpPacket};
use super::super::options::options;
use super::super::report::Failure;
use super::super::stage::{Sent, describe_spec};
use super::{Machine, PORT, Stop};
use crate::trace::messages;
use crate::wire::length;
use crate::wire::message::quote;
use crate::world::MTU;
use closewait::addr::{Endpoint, IpAddr};
use closewait::packet::{Flags, Icmp, Message, Options, Packet, Segment};
use closewait::profile::{Offer, Profile, WindowScaling};
use closewait::seq::Seq;
use closewait::time::Instant;
use closewait::winsock::Call;

/// The connection under test.
#[derive(Clone, Debug, Default)]
pub(super) struct Flow {
    /// The machine's end and the wire's; none before the first packet.
    ends: Option<(Endpoint, Endpoint)>,
    /// Connections that the wire began.
    begun: u16,
}

impl Flow {
    /// The first port from which the wire begins connections.
    const FIRST_PORT: u16 = 49_152;
}

impl Machine<'_> {
    /// What a call means for the connection under test.
    pub(super) fn flow_after(&mut self, made: &Call) {
        if let Call::Listen { .. } = made {
            self.flow.ends = None;
        } else if let Call::Connect { .. } = made {
            self.flow.ends = self.stage.numbers.last();
        }
    }

    /// The machine's end and the wire's of the connection under test; the wire begins one if there is none.
    fn ends(&mut self) -> (Endpoint, Endpoint) {
        if let Some(ends) = self.flow.ends {
            return ends;
        }
        let bound = self.world.netstat(self.host).listeners.last().map_or(PORT, |(row, _)| row.local.port);
        let ip = |id| if self.scene.v6 { self.world.address_v6(id) } else { self.world.address(id) };
        let (here, there): (IpAddr, IpAddr) = (ip(self.host), ip(self.wire));
        let port = Flow::FIRST_PORT.wrapping_add(self.flow.begun);
        self.flow.begun = self.flow.begun.wrapping_add(1);
        let ends = (Endpoint::new(here, bound), Endpoint::new(there, port));
        self.flow.ends = Some(ends);
        ends
    }

    /// `<`: the wire sends a packet, which is there at once.
    pub(super) fn inject(&mut self, spec: &TcpPacket) -> Result<(), Stop> {
        let (here, there) = self.ends();
        let numbers = &self.stage.numbers;
        let (start, len) = spec.seq.as_ref().map_or((0, 0), |r| (r.value.start.unwrap_or(0), r.value.len));
        let mut segment = Segment::control(
            spec.flags.value,
            numbers.isn(there, here) + start,
            spec.ack.map_or(Seq(0), |ack| numbers.isn(here, there) + ack),
        );
        segment.wnd = spec.win.unwrap_or(u16::MAX);
        segment.urg = spec.urg.unwrap_or(0);
        segment.payload = vec![0; usize::from(len)].into();
        segment.options = options(spec.options.as_ref(), numbers.isn(here, there));
        let packet = Packet { src: there, dst: here, segment };
        if length(&packet) > usize::from(MTU) {
            // A kernel is handed such a segment by its receive offload, which has put it together.
            self.world.inject(self.host, packet, &mut self.stage);
        } else {
            self.world.send_outside(self.wire, packet, &mut self.stage);
        }
        self.run_to(self.now())
    }

    /// `<`: the wire sends an ICMP message about a segment of the connection under test.
    pub(super) fn inject_icmp(&mut self, line: &Line, spec: &IcmpPacket) -> Result<(), Stop> {
        let IcmpPacket { kind, code, mtu, quoted } = spec;
        let v6 = self.scene.v6;
        let (kind, code) = messages::named(v6, kind, code.as_deref()).map_err(|names| {
            let protocol = if v6 { "ICMPv6" } else { "ICMP" };
            Failure::bad_input(line.span, format!("{protocol} here has {}", names.join(", ")))
        })?;
        let (here, there) = self.ends();
        let (start, len) = quoted.map_or((0, 0), |range| (range.start.unwrap_or(0), range.len));
        let seq = self.stage.numbers.isn(here, there) + start;
        let segment = Segment {
            payload: vec![0; usize::from(len)].into(),
            ..Segment::control(Flags::ACK, seq, Seq(0))
        };
        let quote = quote(&Packet { src: here, dst: there, segment });
        let icmp = Icmp { src: there.ip, dst: here.ip, kind, code, mtu: mtu.unwrap_or(0), quote };
        self.world.send_message_outside(self.wire, Message::Icmp(icmp), &mut self.stage);
        self.run_to(self.now())
    }

    /// What a packet line compares of a packet that leaves: of a handshake's, under `lenient`, flags and ack alone.
    fn compared(&self, spec: &TcpPacket) -> TcpPacket {
        let mut spec = spec.clone();
        if self.lenient && spec.flags.value.contains(Flags::SYN) {
            (spec.options, spec.win, spec.seq) = (None, None, None);
        }
        spec
    }

    /// The oldest packet of the machine that no line was about yet.
    fn next_sent(&self) -> Option<&Sent> {
        self.stage.sent.get(self.taken)
    }

    /// `>`: the next packet that leaves.
    pub(super) fn expect(&mut self, line: &Line, spec: &TcpPacket, start: Instant) -> Result<(), Stop> {
        let slack = self.tolerance(start);
        let any = line.time.value.start == Start::Any;
        let latest = line.time.value.latest.map_or(start, |latest| self.previous.1 + latest) + slack;
        while self.next_sent().is_none() {
            let next = self.world.next_event().filter(|&next| any || next <= latest);
            if next.is_none() {
                let expected = format!("> {} at {start}", describe_spec(spec));
                return Err(Failure::new(line.span, expected, "nothing left").into());
            }
            self.step()?;
        }
        let Some(sent) = self.next_sent().cloned() else { return Ok(()) };
        self.taken += 1;
        let sent = if self.lenient { self.joined(spec, sent) } else { sent };
        let timely = any || (sent.at + slack >= start && sent.at <= latest);
        if !timely || !self.stage.numbers.matches(&self.compared(spec), &sent.packet) {
            let expected = format!("> {} at {start}", describe_spec(spec));
            return Err(Failure::new(line.span, expected, self.describe(&sent)).into());
        }
        if let (true, Some(start)) =
            (sent.packet.segment.syn(), spec.seq.as_ref().and_then(|r| r.value.start))
        {
            self.stage.numbers.rebase(&sent.packet, start);
        }
        let at = if any { sent.at } else { start };
        self.previous = (at, at);
        self.expected_lines += 1;
        Ok(())
    }

    /// Text that a kernel's segmentation offload lets leave in one piece, and that left here in several: as one. Which
    /// of the pieces asked to be pushed is not compared.
    fn joined(&mut self, spec: &TcpPacket, first: Sent) -> Sent {
        let wanted = spec.seq.as_ref().map_or(0, |range| u32::from(range.value.len));
        let mut whole = first;
        while whole.packet.segment.text_len() < wanted
            && let Some(next) = self.next_sent().filter(|next| follows(&whole, next))
        {
            let (segment, more) = (&mut whole.packet.segment, &next.packet.segment);
            segment.payload = [&segment.payload[..], &more.payload[..]].concat().into();
            segment.flags |= more.flags;
            segment.flags.remove(Flags::PSH);
            if spec.flags.value.contains(Flags::PSH) {
                segment.flags |= Flags::PSH;
            }
            self.taken += 1;
        }
        whole
    }

    fn describe(&self, sent: &Sent) -> String {
        format!("{} > {} [{}]", sent.at, self.stage.numbers.describe(&sent.packet), sent.rule)
    }

    /// A packet that left and is not in the script is a failure. As in packetdrill it is compared when the next packet
    /// line comes; here, if no line can be about it any more.
    pub(super) fn nothing_overdue(&self, span: Span) -> Result<(), Stop> {
        let Some(sent) = self.next_sent() else { return Ok(()) };
        let now = self.now();
        let may_come = match self.packet_lines.get(self.expected_lines) {
            Some(PacketLine::Whenever) => true,
            Some(PacketLine::Timed) => sent.at + self.tolerance(now) >= now,
            None => return self.nothing_left_over(span),
        };
        if may_come { Ok(()) } else { Err(self.left_over(sent, span)) }
    }

    /// A packet that no line is about is a failure, also after the last line.
    pub(super) fn nothing_left_over(&self, span: Span) -> Result<(), Stop> {
        self.next_sent().map_or(Ok(()), |sent| Err(self.left_over(sent, span)))
    }

    fn left_over(&self, sent: &Sent, span: Span) -> Stop {
        Failure::new(span, "no other packet to leave before", self.describe(sent)).into()
    }
}

/// When a line expects its packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PacketLine {
    Timed,
    Whenever,
}

impl PacketLine {
    /// What the lines of a script expect, in order.
    pub(super) fn all(lines: &[Line]) -> Vec<Self> {
        let expects = |line: &&Line| matches!(&line.event, Event::Packet(p) if !p.inbound);
        let when =
            |line: &Line| if line.time.value.start == Start::Any { Self::Whenever } else { Self::Timed };
        lines.iter().filter(expects).map(when).collect()
    }
}

/// The options of the first SYN that the script expects of an active open, if it lists them.
pub(super) fn first_syn(lines: &[Line]) -> Option<Options> {
    lines.iter().find_map(|line| {
        let Event::Packet(packet) = &line.event else { return None };
        let PacketBody::Tcp(spec) = &packet.body else { return None };
        let flags = spec.flags.value;
        let syn = !packet.inbound && flags.contains(Flags::SYN) && !flags.contains(Flags::ACK);
        let list = spec.options.as_ref().filter(|o| syn && matches!(o, OptionsSpec::List(_)))?;
        Some(options(Some(list), Seq(0)))
    })
}

/// A profile that offers what a SYN offers: the segments of a script say what both ends agreed on.
pub(super) fn offering(profile: Profile, syn: &Options) -> Profile {
    let offer = |is_there| if is_there { Offer::Yes } else { Offer::No };
    Profile {
        window_scaling: syn.window_scale.map_or(WindowScaling::Off, WindowScaling::Shift),
        sack: offer(syn.sack_permitted),
        timestamps: offer(syn.timestamps.is_some()),
        ..profile
    }
}

/// Whether a segment's text follows another's, and both left together.
fn follows(before: &Sent, next: &Sent) -> bool {
    let (a, b) = (&before.packet, &next.packet);
    let control = Flags::SYN | Flags::FIN | Flags::RST;
    before.at == next.at
        && (a.src, a.dst, a.segment.ack) == (b.src, b.dst, b.segment.ack)
        && a.segment.text_len() > 0
        && b.segment.text_len() > 0
        && b.segment.seq == a.segment.seq + a.segment.text_len()
        && !a.segment.flags.intersects(control)
}
