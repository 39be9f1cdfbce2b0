//! One host; the test plays its peer.

use super::start::{Start, expected, handle_of, last_calls, startup, stream, taken};
use super::{Aim, Throw};
use closewait::addr::{Endpoint, IpAddr};
use closewait::host::{Host, Output};
use closewait::packet::{Flags, Packet, Segment};
use closewait::profile::Profile;
use closewait::seq::Seq;
use closewait::stack::{self, Secret};
use closewait::tcp::StateName;
use closewait::time::Instant;
use closewait::winsock::{Call, Handle, HandlePolicy, Outcome, ThreadId, consts::*};

/// The host, its clock and its threads: three of one process, one of another.
pub(crate) struct Lone {
    host: Host,
    now: Instant,
    threads: Vec<ThreadId>,
    handles: Vec<Handle>,
    ours: [IpAddr; 2],
    aim: Aim,
    /// Packets that left since the last look.
    sent: Vec<Packet>,
}

impl Lone {
    pub(crate) fn new(start: Start) -> Self {
        let ours: [IpAddr; 2] = ["10.0.0.1", "fd00::1"].map(|ip| ip.parse().expect("an address"));
        let theirs = ["10.0.0.2", "fd00::2"].map(|ip| ip.parse().expect("an address"));
        let family = usize::from(start.v6);
        let mut host = Host::new(Profile::ALL[start.profile].clone(), Secret([3; 16]));
        for ip in ours {
            host.add_address(ip, 1500);
        }
        let [one, two] = [HandlePolicy::LowestFree, HandlePolicy::Never].map(|p| host.create_process(p));
        let threads = [one, one, one, two].map(|process| host.create_thread(process)).to_vec();
        let aim = Aim {
            local: Endpoint::new(ours[family], 80),
            remote: Endpoint::new(theirs[family], 9000),
            snd_nxt: Seq(0),
            rcv_nxt: Seq(u32::MAX - 2),
            wnd: u16::MAX,
            echo: 0,
        };
        let now = Instant::from_nanos(1);
        let mut lone = Self { host, now, threads, handles: Vec::new(), ours, aim, sent: Vec::new() };
        for thread in [0, 3] {
            lone.call(thread, startup());
            lone.call(thread, stream(start.v6));
        }
        lone.drive(start);
        lone
    }

    /// To the state, by steps.
    fn drive(&mut self, start: Start) {
        use StateName::*;
        let s = self.handles[0];
        let (fin, ack) = (Flags::FIN | Flags::ACK, Flags::ACK);
        if matches!(start.state, Listen | SynReceived) {
            self.call(0, Call::bind(s, self.aim.local));
            self.call(0, Call::Listen { s, backlog: 5 });
        } else if start.state != Closed {
            self.call(0, Call::set_nonblocking(s, true));
            self.call(0, Call::connect(s, self.aim.remote));
            self.aim.rcv_nxt = Seq(u32::MAX - 2);
        }
        match start.state {
            Closed | Listen | SynSent => {}
            SynReceived => self.peer(Flags::SYN),
            Established | FinWait1 | FinWait2 | CloseWait | Closing | LastAck | TimeWait => {
                self.peer(Flags::SYN | Flags::ACK);
            }
        }
        let shut = Call::Shutdown { s, how: SD_SEND };
        match start.state {
            Closed | Listen | SynSent | SynReceived | Established => {}
            FinWait1 | FinWait2 | TimeWait | Closing => self.call(0, shut),
            CloseWait => self.peer(fin),
            LastAck => {
                self.peer(fin);
                self.call(0, shut);
            }
        }
        match start.state {
            FinWait2 => self.peer(ack),
            TimeWait => self.peer(fin),
            Closing => {
                self.aim.snd_nxt = self.aim.snd_nxt - 1;
                self.peer(fin);
            }
            Closed | Listen | SynSent | SynReceived | Established | FinWait1 | CloseWait | LastAck => {}
        }
        let states: Vec<_> = self.host.netstat().connections.iter().map(|(row, _)| row.state).collect();
        let none = matches!(start.state, Closed | Listen);
        assert_eq!(states, if none { vec![] } else { vec![start.state] }, "the steps lead to the state");
        for call in last_calls(start, s) {
            self.call(0, call);
        }
    }

    /// The peer's segment, exactly in order.
    fn peer(&mut self, flags: Flags) {
        let segment =
            Segment { wnd: u16::MAX, ..Segment::control(flags, self.aim.rcv_nxt, self.aim.snd_nxt) };
        self.deliver(&Packet { src: self.aim.remote, dst: self.aim.local, segment });
    }

    fn call(&mut self, thread: usize, call: Call) {
        let outcome = self.host.call(self.now, self.threads[thread], call);
        if let Outcome::Returned(returned) = outcome {
            self.handles.extend(handle_of(&returned));
        }
        self.settle();
    }

    fn deliver(&mut self, packet: &Packet) {
        let free = !taken(&self.host.netstat(), packet.dst, packet.src);
        let expected = expected(packet, &self.ours, self.host.stack().profile());
        self.host.deliver(self.now, packet.clone());
        self.settle();
        if free {
            assert_eq!(self.sent, expected, "RFC 9293 3.10.7.1 for {packet:?}");
        }
    }

    /// What the host says after an event, and what must hold then.
    fn settle(&mut self) {
        self.sent.clear();
        while let Some(output) = self.host.poll_output() {
            match output {
                Output::Stack(stack::Output::Transmit { packet, .. }) => {
                    self.aim.follow(&packet);
                    self.sent.push(packet);
                }
                Output::Returned { returned, .. } => self.handles.extend(handle_of(&returned)),
                Output::Stack(_) | Output::Told(_) => {}
            }
        }
        self.host.assert_invariants();
    }

    pub(crate) fn throw(&mut self, throw: &Throw) {
        match throw {
            Throw::Shot(_, shot) => self.deliver(&self.aim.packet(shot)),
            Throw::Ask(_, ask) => {
                let call = ask.call(&self.handles, &[self.aim.remote.ip, self.ours[0], self.ours[1]]);
                self.call(ask.thread, call);
            }
            Throw::Pass(time) => self.advance(self.now + *time),
            Throw::Due => {
                if let Some(at) = self.host.next_deadline() {
                    self.advance(at.max(self.now));
                }
            }
            Throw::Cut(_) => {}
        }
    }

    fn advance(&mut self, to: Instant) {
        self.now = to;
        self.host.advance(to);
        self.settle();
        assert!(self.host.next_deadline().is_none_or(|at| at > to), "everything that was due is done");
    }
}
