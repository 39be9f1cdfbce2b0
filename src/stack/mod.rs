//! A TCP stack without an API: many connections, the ports and listeners they come from, their deadlines.
//!
//! ```text
//!   packet ──▶ deliver ──▶ connection by four-tuple ──▶ tcp::State::arrives
//!                     └──▶ listener by port         ──▶ tcp::listen
//!                     └──▶ nobody                   ──▶ tcp::closed
//!   time   ──▶ advance ──▶ schedule (earliest deadline first, then slot) ──▶ tcp::State::timeout
//!                     └──▶ those put away in TIME-WAIT (at one instant they come last, in the order in which they were)
//! ```
//!
//! Files: `ports.rs` bindings and who may share a port, `listeners.rs` backlog and accept queue, `connect.rs`
//! active opens, `table.rs` connections by slot and by four-tuple, `time_waits.rs` those that only sit out TIME-WAIT,
//! `isn.rs` initial sequence numbers, `schedule.rs` deadlines, `icmp.rs` and `udp.rs` what is no segment, `outbox.rs`
//! what is not told yet, `status.rs` what netstat shows. The user of a connection or listener is a number that means
//! nothing here.

mod connect;
mod form;
mod icmp;
mod isn;
mod listeners;
mod outbox;
mod ports;
mod schedule;
mod status;
mod table;
mod time_waits;
mod udp;
mod user;

pub use connect::ConnectError;
pub use isn::Secret;
pub use listeners::ListenerId;
pub use ports::{BindError, BindingId, Sharing};
pub use schedule::Schedule;
pub use status::{ConnectionRow, ListenerRow};
pub use table::ConnId;
pub(crate) use table::make_room;
pub use udp::{Arrived, DatagramsId, MAX_DATAGRAM};

use crate::addr::{Endpoint, Interner, IpAddr, Tuple, is_unicast};
use crate::packet::{Message, Packet, Segment};
use crate::profile::{Offer, Profile, SynInTimeWait};
use crate::rule::Rule;
use crate::seq::Seq;
use crate::tcp::{self, Cx, Incarnation, Notice, PutAway, State, StateName, TimeWait};
use crate::time::Instant;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use listeners::Listeners;
use outbox::{Heard, Outbox, Post};
use ports::Ports;
use table::{Holder, Table};
use time_waits::TimeWaits;
use udp::AllDatagrams;

/// What a stack tells the world, in the order in which it happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// A packet leaves.
    Transmit {
        /// The packet.
        packet: Packet,
        /// Why.
        rule: Rule,
    },
    /// A datagram without a TCP segment leaves.
    Emit {
        /// The datagram.
        message: Box<Message>,
        /// Why.
        rule: Rule,
    },
    /// An arriving packet was dropped.
    Dropped {
        /// Its source.
        remote: Endpoint,
        /// Its destination.
        local: Endpoint,
        /// Why.
        rule: Rule,
    },
    /// A connection changed its state.
    Became {
        /// Its end here.
        local: Endpoint,
        /// Its other end.
        remote: Endpoint,
        /// Before.
        from: StateName,
        /// After.
        to: StateName,
        /// Why.
        rule: Rule,
    },
    /// A timer fired.
    Expired {
        /// The connection's end here.
        local: Endpoint,
        /// Its other end.
        remote: Endpoint,
        /// Which, by what it does.
        rule: Rule,
    },
    /// A connection's user is told something.
    Notified {
        /// The connection's end here.
        local: Endpoint,
        /// Its other end.
        remote: Endpoint,
        /// What.
        notice: Notice,
        /// Why.
        rule: Rule,
    },
}

/// An address of this host, and the largest datagram its link carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Interface {
    ip: IpAddr,
    mtu: u16,
}

/// What its user wants of a connection before it begins.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Choices {
    /// Bytes of receive buffer.
    pub receive_buffer: u32,
    /// Nagle's algorithm is off.
    pub nodelay: bool,
    /// What few users set.
    pub tuning: tcp::Tuning,
}

impl Choices {
    /// A receive buffer of so many bytes, and nothing else.
    #[must_use]
    pub fn buffer(receive_buffer: u32) -> Self {
        Self { receive_buffer, nodelay: false, tuning: tcp::Tuning::default() }
    }
}

/// What a SYN comes to that meets a connection.
#[derive(Debug)]
enum Reopens {
    /// It begins a new one.
    Yes(Reopened),
    /// It is the connection's.
    No,
    /// It is dropped.
    Drop,
}

/// A connection in TIME-WAIT has made room for a new one (MAY-2).
#[derive(Debug)]
struct Reopened {
    /// The new one's initial sequence number lies above this.
    above: Seq,
    /// What returns if the SYN was an old duplicate.
    old: Option<Box<TimeWait>>,
}

/// The stack of one host.
#[derive(Clone, Debug)]
pub struct Stack {
    profile: Arc<Profile>,
    secret: Secret,
    interfaces: Vec<Interface>,
    /// The network subsystem has failed.
    failed: bool,
    addrs: Interner,
    table: Table,
    time_waits: TimeWaits,
    listeners: Listeners,
    ports: Ports,
    datagrams: AllDatagrams,
    udp_ports: Ports,
    schedule: Schedule,
    out: Outbox,
    /// Connections whose deadline may have moved since the schedule was told.
    unsettled: Vec<ConnId>,
    /// Users whose connection or listener changed, oldest first.
    wakes: VecDeque<u32>,
    /// The next connection's initial sequence number, if somebody has said it.
    next_iss: Option<Seq>,
}

impl Stack {
    /// A stack without addresses. `secret` keys its initial sequence numbers and its first ephemeral port.
    #[must_use]
    pub fn new(profile: Arc<Profile>, secret: Secret) -> Self {
        let ports = Ports::new(profile.ephemeral_ports.clone(), secret);
        Self {
            profile,
            secret,
            interfaces: Vec::new(),
            failed: false,
            addrs: Interner::default(),
            table: Table::default(),
            time_waits: TimeWaits::default(),
            listeners: Listeners::default(),
            udp_ports: ports.clone(),
            ports,
            datagrams: AllDatagrams::default(),
            schedule: Schedule::default(),
            out: Outbox::default(),
            unsettled: Vec::new(),
            wakes: VecDeque::new(),
            next_iss: None,
        }
    }

    /// Gives the host an address on a link that carries datagrams of up to `mtu` bytes.
    pub fn add_address(&mut self, ip: IpAddr, mtu: u16) {
        self.interfaces.push(Interface { ip, mtu });
    }

    /// The largest datagram that every link of the host carries, in bytes. Connections that exist keep theirs.
    pub fn set_mtu(&mut self, mtu: u16) {
        for interface in &mut self.interfaces {
            interface.mtu = mtu;
        }
    }

    /// The same addresses and rules, and nothing else.
    #[must_use]
    pub fn rebooted(&self, secret: Secret) -> Self {
        let mut fresh = Self::new(Arc::clone(&self.profile), secret);
        fresh.interfaces.clone_from(&self.interfaces);
        fresh
    }

    /// While the network subsystem has failed no packet arrives and none leaves.
    pub fn set_failed(&mut self, failed: bool) {
        self.failed = failed;
    }

    /// The rules of this host.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Whether SYNs offer timestamps where their user says nothing of it.
    #[must_use]
    pub fn offers_timestamps(&self) -> bool {
        self.profile.timestamps == Offer::Yes
    }

    /// From now on the stack does as this profile says. What began under the old one, a timer or a buffer, stays.
    pub fn set_profile(&mut self, profile: Profile) {
        self.profile = Arc::new(profile);
    }

    /// The next connection begins with this number.
    pub fn preset_iss(&mut self, iss: Seq) {
        self.next_iss = Some(iss);
    }

    /// The host's addresses, in the order in which they were added.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> + '_ {
        self.interfaces.iter().map(|i| i.ip)
    }

    /// Whether a packet for `ip` is for this host.
    #[must_use]
    pub fn is_local(&self, ip: IpAddr) -> bool {
        ip.is_loopback() || self.addresses().any(|a| a == ip)
    }

    /// The next thing that happened, oldest first.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.poll()
    }

    /// Whether [`Stack::poll_output`] has nothing to tell.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.out.len() == 0
    }

    /// The packet that [`Stack::poll_output`] would tell of now, if it is a packet that leaves, and why it leaves.
    #[must_use]
    pub fn next_packet(&self) -> Option<(&Packet, Rule)> {
        self.out.next_packet()
    }

    /// Takes that packet.
    pub fn poll_packet(&mut self) -> Option<Packet> {
        self.out.poll_packet()
    }

    /// Whether [`Stack::poll_output`] also tells what only a log wants to know (it does unless this says otherwise):
    /// changes of state, timers, notices. Packets that leave or were dropped are always told.
    pub fn set_news(&mut self, news: bool) {
        self.out.set_news(news);
    }

    /// How many outputs were polled, and how many there were.
    #[must_use]
    pub fn outputs(&self) -> (u64, u64) {
        self.out.counts()
    }

    /// The next user whose connection or listener may have changed: one who waits should look again.
    pub fn poll_wake(&mut self) -> Option<u32> {
        self.wakes.pop_front()
    }

    /// A packet arrives. Its text is taken out of it; what is left is of no use.
    pub fn deliver(&mut self, now: Instant, packet: &mut Packet) {
        let Packet { src, dst, segment } = packet;
        // Most packets are for the connection that the last one was for.
        let last = if self.failed { None } else { self.table.find_last(dst, src) };
        if last.is_none()
            && let Some(rule) = self.refusal(src.ip, dst.ip)
        {
            self.out.dropped(*dst, *src, rule);
            return;
        }
        let mut reopened = None;
        if let Some(id) = last.or_else(|| self.find_or_wake(*dst, *src)) {
            match self.reopens(id, dst, segment, now) {
                Reopens::Yes(by) => reopened = Some(by),
                Reopens::No => {
                    return self.on_ends(now, id, [dst, src], |state, cx| state.arrives(segment, cx));
                }
                Reopens::Drop => {
                    self.put_away(id);
                    return self.out.dropped(*dst, *src, Rule::TimeWaitOldSyn);
                }
            }
        }
        let (dst, src) = (*dst, *src);
        match self.listeners.find(dst) {
            Some(listener) => self.arrives_in_listen(now, listener, dst, src, segment, reopened),
            None => self.answer(now, dst, src, |cx| tcp::closed::arrives(segment, cx)),
        }
    }

    /// Why a packet between these addresses is dropped unread, if it is.
    fn refusal(&self, src: IpAddr, dst: IpAddr) -> Option<Rule> {
        self.refusal_of_source(src).or_else(|| {
            if !is_unicast(dst) {
                Some(Rule::NotUnicast)
            } else if !self.is_local(dst) {
                Some(Rule::NotForThisHost)
            } else {
                None
            }
        })
    }

    /// Why a packet from this address is dropped, whatever it is for.
    fn refusal_of_source(&self, src: IpAddr) -> Option<Rule> {
        if self.failed {
            Some(Rule::NetworkFailed)
        } else if !is_unicast(src) {
            Some(Rule::NotUnicast)
        } else {
            None
        }
    }

    /// R16c: a SYN for a connection in TIME-WAIT: whether the old connection makes room for it (or, where no listener
    /// can take it, the missing connection is to answer).
    fn reopens(&mut self, id: ConnId, local: &Endpoint, segment: &Segment, now: Instant) -> Reopens {
        let State::TimeWait(tw) = self.state(id) else { return Reopens::No };
        if !segment.syn() || segment.has_ack() || segment.rst() {
            return Reopens::No;
        }
        let (above, incarnation) = (tw.snd_nxt, tw.judge(segment, &self.profile));
        let listened = self.listeners.find(*local).is_some_and(|listener| self.takes(listener));
        let old = match (self.profile.syn_in_time_wait, incarnation) {
            (SynInTimeWait::AcceptFromRcvNxt, _) if segment.seq.ge(tw.rcv_nxt) => None,
            (SynInTimeWait::AcceptIfGreater, Incarnation::New) if listened => Some(tw.remembered()),
            (SynInTimeWait::AcceptIfGreater, Incarnation::OldByTimestamp) if listened => {
                return Reopens::Drop;
            }
            (SynInTimeWait::AcceptIfGreater | SynInTimeWait::AcceptFromRcvNxt, _) => return Reopens::No,
        };
        if listened {
            self.on(now, id, |state, cx| state.finish(Rule::TimeWaitReopened, cx));
        } else {
            self.put_away(id);
        }
        Reopens::Yes(Reopened { above, old })
    }

    /// The earliest deadline.
    #[must_use]
    pub fn next_deadline(&mut self) -> Option<Instant> {
        let due = self.next_due().map(|(at, _)| at);
        let end = self.time_waits.next_end();
        due.into_iter().chain(end).min()
    }

    /// The earliest deadline of a connection, TIME-WAITs that were put away aside.
    fn next_due(&mut self) -> Option<(Instant, u32)> {
        self.settle();
        let table = &self.table;
        self.schedule.next(|slot| table.deadline(slot))
    }

    /// Fires the earliest deadline if its time has come; false if none had.
    pub fn advance(&mut self, now: Instant) -> bool {
        let due = self.next_due();
        let end = self.time_waits.next_end();
        let id = match (due, end) {
            (Some((at, slot)), _) if at <= now && end.is_none_or(|end| at <= end) => ConnId(slot),
            (_, Some(end)) if end <= now => match self.time_waits.take_first(&self.addrs) {
                Some((tuple, put_away)) => self.wake(tuple, put_away),
                None => return false,
            },
            (Some(_) | None, Some(_) | None) => return false,
        };
        self.on(now, id, State::timeout);
        true
    }

    /// The connection of these ends, this host's first. If it was put away something happens to it now: callers see
    /// to it that it is put away again.
    fn find_or_wake(&mut self, local: Endpoint, remote: Endpoint) -> Option<ConnId> {
        self.table.find_and_keep(&self.addrs, local, remote).or_else(|| {
            let (tuple, put_away) = self.time_waits.take(&self.addrs, local, remote)?;
            Some(self.wake(tuple, put_away))
        })
    }

    /// A TIME-WAIT that was put away is a connection like others for as long as something happens to it, and from then
    /// on if another was put away meanwhile that ends later: the schedule is told of it, whatever happens.
    fn wake(&mut self, tuple: Tuple, put_away: PutAway) -> ConnId {
        let id = self.table.insert(&self.addrs, tuple, Holder::Nobody);
        let conn = self.table.get_mut(id);
        (conn.state, conn.unsettled) = (put_away.wake(), true);
        self.unsettled.push(id);
        id
    }

    /// A connection that has nothing to do any more but to sit out TIME-WAIT is put away.
    fn put_away(&mut self, id: ConnId) {
        let conn = self.table.get_mut(id);
        if conn.holder == Holder::Nobody
            && let State::TimeWait(time_wait) = &conn.state
            && self.time_waits.accepts(time_wait.until)
            && let State::TimeWait(time_wait) = core::mem::replace(&mut conn.state, State::vacant())
        {
            let tuple = conn.tuple;
            self.table.remove(&self.addrs, id);
            self.time_waits.insert(&self.addrs, tuple, PutAway::new(*time_wait));
        }
    }

    /// Whether a connection, in whatever state, has these ends.
    fn is_taken(&self, local: Endpoint, remote: Endpoint) -> bool {
        self.table.find(&self.addrs, local, remote).is_some()
            || self.time_waits.get(&self.addrs, local, remote).is_some()
    }

    /// Tells the schedule where deadlines are now: once for each connection, however often it moved.
    fn settle(&mut self) {
        for id in self.unsettled.drain(..) {
            if self.table.settle(id) {
                self.schedule.arm(id.0, self.table.deadline(id.0));
            }
        }
    }

    /// What must hold between events.
    ///
    /// # Panics
    /// If an invariant is broken, with its name.
    pub fn assert_invariants(&self) {
        self.table.assert_invariants(&self.addrs);
        self.time_waits.assert_invariants(&self.addrs);
        self.listeners.assert_invariants(&self.table);
    }

    /// Runs an event on a connection and carries out its effects.
    fn on(&mut self, now: Instant, id: ConnId, event: impl FnOnce(State, &mut Cx<'_>) -> State) {
        let (local, remote) = self.ends(id);
        self.on_ends(now, id, [&local, &remote], event);
    }

    /// As [`Stack::on`], of the connection of these ends, this host's first.
    fn on_ends(
        &mut self,
        now: Instant,
        id: ConnId,
        ends: [&Endpoint; 2],
        event: impl FnOnce(State, &mut Cx<'_>) -> State,
    ) {
        let conn = self.table.get_mut(id);
        let state = core::mem::replace(&mut conn.state, State::vacant());
        let mut post = Post { out: &mut self.out, ends, failed: self.failed, heard: Heard::default() };
        conn.state = event(state, &mut Cx { now, profile: &self.profile, out: &mut post });
        let heard = post.heard;
        if !core::mem::replace(&mut conn.unsettled, true) {
            self.unsettled.push(id);
        }
        let rests = matches!(conn.state, State::Closed(_) | State::TimeWait(_));
        if heard.any {
            self.pass_on(id, heard);
        }
        if rests {
            self.rest(id);
        }
    }

    /// Tells whoever holds the connection what was heard.
    fn pass_on(&mut self, id: ConnId, heard: Heard) {
        let conn = self.table.get_mut(id);
        match conn.holder {
            // Who is woken looks at all there is.
            Holder::User(user) if self.wakes.back() == Some(&user) => {}
            Holder::User(user) => self.wakes.push_back(user),
            Holder::HalfOpen(listener) if heard.connected => {
                conn.holder = Holder::Queue(listener);
                self.wakes.push_back(self.listeners.completed(listener, id));
            }
            Holder::HalfOpen(listener) if heard.ended => {
                conn.holder = Holder::Nobody;
                self.listeners.gave_up(listener, id);
            }
            Holder::HalfOpen(_) | Holder::Queue(_) | Holder::Nobody => {}
        }
    }

    /// No segment is for a connection that is over. One that nobody holds is forgotten then, and put away in TIME-WAIT.
    fn rest(&mut self, id: ConnId) {
        let conn = self.table.get(id);
        let over = matches!(conn.state, State::Closed(_));
        if over && conn.holder == Holder::Nobody {
            self.table.remove(&self.addrs, id);
        } else if over {
            self.table.unlink(&self.addrs, id);
        } else {
            self.put_away(id);
        }
    }

    /// Answers a segment that no connection takes.
    fn answer(&mut self, now: Instant, local: Endpoint, remote: Endpoint, event: impl FnOnce(&mut Cx<'_>)) {
        let mut post = Post {
            out: &mut self.out,
            ends: [&local, &remote],
            failed: self.failed,
            heard: Heard::default(),
        };
        event(&mut Cx { now, profile: &self.profile, out: &mut post });
        assert!(!post.heard.any, "nobody waits for what no connection takes");
    }

    /// A new connection enters the table.
    fn begin(
        &mut self,
        now: Instant,
        tuple: Tuple,
        holder: Holder,
        open: impl FnOnce(&mut Cx<'_>) -> State,
    ) -> ConnId {
        let id = self.table.insert(&self.addrs, tuple, holder);
        self.on(now, id, |_, cx| open(cx));
        id
    }

    fn tuple(&mut self, local: Endpoint, remote: Endpoint) -> Tuple {
        Tuple {
            local: self.addrs.intern(local.ip),
            remote: self.addrs.intern(remote.ip),
            local_port: local.port,
            remote_port: remote.port,
        }
    }

    /// What a connection between these addresses begins with.
    fn settings(&self, local: IpAddr, choices: Choices, ts_offset: u32) -> tcp::Settings {
        let Choices { receive_buffer, nodelay, tuning } = choices;
        let mtu = self.interfaces.iter().find(|i| i.ip == local).map_or(1500, |i| i.mtu);
        let (headers, default_mss) = match local {
            IpAddr::V4(_) => (40, 536),
            IpAddr::V6(_) => (60, 1220),
        };
        let mss = mtu.saturating_sub(headers).max(1);
        tcp::Settings { mss, default_mss, receive_buffer, nodelay, ts_offset, tuning }
    }

    /// An initial sequence number (RFC 6528), or the one that was said; and where timestamps begin.
    fn initial(&mut self, local: Endpoint, remote: Endpoint, now: Instant) -> (Seq, u32) {
        let (iss, ts_offset) = self.secret.initial(local, remote, now);
        (self.next_iss.take().unwrap_or(iss), ts_offset)
    }
}
