//! Two hosts and a link.

use super::start::{Start, expected, handle_of, last_calls, startup, stream, taken};
use super::{Aim, Throw};
use closewait::addr::{Endpoint, IpAddr};
use closewait::packet::Packet;
use closewait::profile::Profile;
use closewait::seq::Seq;
use closewait::tcp::StateName;
use closewait::time::Duration;
use closewait::winsock::{Call, Handle, HandlePolicy, Outcome, consts::*};
use closewait_sim::trace::{Entry, What};
use closewait_sim::{LinkConfig, LinkId, Off, Sink, Thread, World};

/// What two hosts said since the last look.
#[derive(Default)]
pub(crate) struct Seen(Vec<Entry>);

impl Sink for Seen {
    fn record(&mut self, entry: Entry) {
        self.0.push(entry);
    }
}

/// The world, its threads (as in `Lone`, on each host) and what was learned of its connections.
pub(crate) struct Two {
    pub(crate) world: World,
    /// The same without a log: what nobody looks at is not kept, and nothing else differs.
    unseen: World,
    link: LinkId,
    threads: [Vec<Thread>; 2],
    pub(crate) handles: [Vec<Handle>; 2],
    ours: [Vec<IpAddr>; 2],
    pub(crate) aims: [Aim; 2],
    seen: Seen,
}

impl Two {
    pub(crate) fn new(start: Start, other: usize) -> Self {
        let mut world = World::new(7);
        let profiles = [Profile::ALL[start.profile], Profile::ALL[other]];
        let hosts = profiles.map(|profile| world.add_host("host", profile.clone()));
        let link = world.add_link(hosts[0], hosts[1], LinkConfig::default());
        let threads = hosts.map(|host| {
            let process = world.spawn_process_with(host, HandlePolicy::LowestFree);
            let mut threads = vec![process.1];
            threads.extend((0..2).map(|_| world.spawn_thread(process.0)));
            threads.push(world.spawn_process(host).1);
            threads
        });
        let ours = hosts.map(|host| vec![world.address(host), world.address_v6(host)]);
        let family = usize::from(start.v6);
        let ends = [Endpoint::new(ours[0][family], 9000), Endpoint::new(ours[1][family], 80)];
        let aim =
            |local, remote| Aim { local, remote, snd_nxt: Seq(0), rcv_nxt: Seq(0), wnd: u16::MAX, echo: 0 };
        let aims = [aim(ends[0], ends[1]), aim(ends[1], ends[0])];
        let handles = [Vec::new(), Vec::new()];
        let unseen = world.clone();
        let mut two = Self { world, unseen, link, threads, handles, ours, aims, seen: Seen::default() };
        for host in [0, 1] {
            two.call(host, 0, startup());
            two.call(host, 0, stream(start.v6));
        }
        two.drive(start, ends);
        two
    }

    /// The first host's connection to the state, by steps.
    fn drive(&mut self, start: Start, ends: [Endpoint; 2]) {
        use StateName::*;
        let (client, listener) = (self.handles[0][0], self.handles[1][0]);
        self.call(1, 0, Call::bind(listener, ends[1]));
        self.call(1, 0, Call::Listen { s: listener, backlog: 2 });
        self.call(0, 0, Call::bind(client, ends[0]));
        if matches!(start.state, Closed | Listen) {
            return;
        }
        self.call(0, 0, Call::connect(client, ends[1]));
        if matches!(start.state, SynSent | SynReceived) {
            return;
        }
        self.call(1, 0, Call::accept(listener));
        self.pass(Duration::from_millis(50));
        let server = self.handles[1][1];
        let shut = |s| Call::Shutdown { s, how: SD_SEND };
        let (ours, theirs) = match start.state {
            Closed | Listen | SynSent | SynReceived | Established => (false, false),
            FinWait1 | FinWait2 => (true, false),
            CloseWait => (false, true),
            Closing | LastAck | TimeWait => (true, true),
        };
        if theirs && start.state == LastAck {
            self.call(1, 0, shut(server));
            self.pass(Duration::from_millis(10));
        }
        if ours {
            self.call(0, 0, shut(client));
        }
        if theirs && start.state != LastAck {
            self.call(1, 0, shut(server));
        }
        self.pass(Duration::from_millis(match start.state {
            FinWait1 | LastAck => 0,
            Closing => 10,
            Closed | Listen | SynSent | SynReceived | Established | FinWait2 | CloseWait | TimeWait => 50,
        }));
        let netstat = self.world.netstat(self.world.hosts().next().expect("a host"));
        let state = netstat.connections.first().map(|(row, _)| row.state);
        assert_eq!(state, Some(start.state), "the steps lead to the state");
        for call in last_calls(start, client) {
            self.call(0, 0, call);
        }
    }

    pub(crate) fn call(&mut self, host: usize, thread: usize, call: Call) {
        let outcome = self.world.call(self.threads[host][thread], call.clone(), &mut self.seen);
        assert_eq!(self.unseen.call(self.threads[host][thread], call, &mut Off), outcome, "without a log");
        if let Outcome::Returned(returned) = outcome {
            self.handles[host].extend(handle_of(&returned));
        }
        self.settle();
    }

    /// What was said is looked at, and what must hold holds.
    fn settle(&mut self) {
        self.world.assert_invariants();
        self.unseen.assert_invariants();
        assert_eq!(self.unseen.next_event(), self.world.next_event(), "without a log");
        while let Some((thread, returned)) = self.world.poll_returned() {
            assert_eq!(self.unseen.poll_returned(), Some((thread, returned.clone())), "without a log");
            let host = usize::from(!self.threads[0].contains(&thread));
            self.handles[host].extend(handle_of(&returned));
        }
        assert_eq!(self.unseen.poll_returned(), None, "without a log");
        for entry in self.seen.0.drain(..) {
            if let (Some(host), What::Sent { packet, .. }) = (entry.host, entry.what) {
                self.aims[host.index()].follow(&packet);
            }
        }
    }

    /// Events up to that time, or two hundred of them.
    pub(crate) fn pass(&mut self, time: Duration) {
        let until = self.world.now() + time;
        for _ in 0..200 {
            match self.world.next_event() {
                Some(at) if at <= until => self.step(),
                Some(_) | None => {
                    self.unseen.advance_to(until);
                    return self.world.advance_to(until);
                }
            }
        }
    }

    fn step(&mut self) {
        self.world.step(&mut self.seen).expect("time does not end");
        self.unseen.step(&mut Off).expect("time does not end");
        self.settle();
    }

    pub(crate) fn inject(&mut self, to: usize, packet: &Packet) {
        let host = self.world.hosts().nth(to).expect("one of two");
        let free = !taken(&self.world.netstat(host), packet.dst, packet.src);
        self.world.inject(host, packet.clone(), &mut self.seen);
        self.unseen.inject(host, packet.clone(), &mut Off);
        let sent = self.seen.0.iter().filter_map(|entry| {
            if let What::Sent { packet, .. } = &entry.what { Some(packet.clone()) } else { None }
        });
        let sent: Vec<Packet> = sent.collect();
        self.settle();
        if free {
            let expected = expected(packet, &self.ours[to], self.world.host(host).stack().profile());
            assert_eq!(sent, expected, "RFC 9293 3.10.7.1 for {packet:?}");
        }
    }

    /// What every host has is the same without a log.
    pub(crate) fn assert_seen_or_not(&self) {
        for host in self.world.hosts() {
            assert_eq!(self.unseen.netstat(host), self.world.netstat(host), "without a log");
            assert_eq!(self.unseen.host(host).leaks(), self.world.host(host).leaks(), "without a log");
        }
        assert_eq!(self.unseen.sent(), self.world.sent(), "without a log");
    }

    pub(crate) fn throw(&mut self, throw: &Throw) {
        match throw {
            Throw::Shot(to, shot) => self.inject(*to, &self.aims[*to].packet(shot)),
            Throw::Ask(host, ask) => {
                let near = [self.ours[0][0], self.ours[1][0], self.ours[0][1], self.ours[1][1]];
                self.call(*host, ask.thread, ask.call(&self.handles[*host], &near));
            }
            Throw::Pass(time) => self.pass(*time),
            Throw::Due => {
                if self.world.next_event().is_some() {
                    self.step();
                }
            }
            Throw::Cut(cut) => {
                self.world.set_cut(self.link, *cut, &mut self.seen);
                self.unseen.set_cut(self.link, *cut, &mut Off);
            }
        }
    }
}
