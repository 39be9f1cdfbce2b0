//! A server and a client on a link of 10 ms, and what the tests do with them: calls, one at a time, at instants
//! of their choice. `look.rs` has what is to be seen of them: the wire, both TCP states.
//!
//! A call that fails must leave its code in its thread's last error (CS-A1), and every invariant of both hosts
//! must hold after every event: the fixture checks both, for every test.

use bytes::Bytes;
use closewait::addr::Endpoint;
use closewait::packet::{Packet, Segment};
use closewait::profile::{Profile, Unwelcome};
use closewait::time::{Duration, Instant};
use closewait::winsock::{Call, CallResult, Handle, HandlePolicy, Outcome, Value, WsaError, consts};
use closewait_sim::trace::Entry;
use closewait_sim::world::Process;
use closewait_sim::{LinkConfig, LinkId, Log, Thread, World};
use std::collections::BTreeMap;

/// The least length of virtual time.
pub(crate) const TICK: Duration = Duration::from_nanos(1);
/// What closesocket and its like return when they succeed.
pub(crate) const ZERO: CallResult = Ok(Value::Zero);
/// The port that the server listens on.
pub(crate) const PORT: u16 = 80;

pub(crate) const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub(crate) const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Runs a test under every profile.
pub(crate) fn every(test: impl Fn(&Profile)) {
    for profile in Profile::ALL {
        println!("under {}", profile.name);
        test(profile);
    }
}

/// A ruling's two columns. RFC9293's calls are as in DOCUMENTED, WIN8_CAV2016 is WINDOWS with some of its own.
pub(crate) fn column<T>(profile: &Profile, documented: T, windows: T) -> T {
    let windows_8 = profile.name == Profile::WIN8_CAV2016.name;
    if windows_8 || profile.name == Profile::WINDOWS.name { windows } else { documented }
}

/// How long the ACK of one segment waits (R65).
pub(crate) fn ack_wait(profile: &Profile) -> Duration {
    let waits = [Profile::WINDOWS.name, Profile::RFC9293.name].contains(&profile.name);
    if waits { ms(200) } else { Duration::ZERO }
}

/// A ruling in which WIN8_CAV2016 has a column of its own.
pub(crate) fn own_column<T>(profile: &Profile, others: T, win8: T) -> T {
    if profile.name == Profile::WIN8_CAV2016.name { win8 } else { others }
}

/// A host that no firewall hides (R17): for tests of what a missing connection answers.
pub(crate) fn answering(profile: &Profile) -> Profile {
    Profile { no_connection: Unwelcome::Reset, ..profile.clone() }
}

/// A thread, and the socket that it works on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct End {
    pub(crate) thread: Thread,
    pub(crate) process: Process,
    pub(crate) socket: Handle,
}

/// A thread that reads without pause.
#[derive(Clone, Debug)]
struct Reader {
    end: End,
    closes: bool,
    bytes: usize,
    ended: Option<(Duration, CallResult)>,
}

pub(crate) struct Pair {
    pub(crate) world: World,
    pub(crate) log: Log,
    link: LinkId,
    pub(crate) client: End,
    pub(crate) server: End,
    /// The server's listening socket, if it has one.
    pub(crate) listener: End,
    mark: Instant,
    returned: BTreeMap<Thread, (Duration, CallResult)>,
    readers: Vec<Reader>,
}

impl Pair {
    /// Both hosts, a process on each that has called WSAStartup, no sockets.
    pub(crate) fn new(profile: &Profile) -> Self {
        let mut pair = Self::before_startup(profile, HandlePolicy::Never);
        for end in [pair.client, pair.server] {
            pair.startup(end).unwrap();
        }
        pair
    }

    /// Both hosts, a process on each.
    pub(crate) fn before_startup(profile: &Profile, policy: HandlePolicy) -> Self {
        let mut world = World::new(1);
        let hosts = ["server", "client"].map(|name| world.add_host(name, profile.clone()));
        let link = world.add_link(hosts[0], hosts[1], LinkConfig::default());
        let [server, client] = hosts.map(|host| {
            let (process, thread) = world.spawn_process_with(host, policy);
            End { thread, process, socket: Handle::INVALID_SOCKET }
        });
        Self {
            world,
            log: Log::default(),
            link,
            client,
            server,
            listener: server,
            mark: Instant::START,
            returned: BTreeMap::new(),
            readers: Vec::new(),
        }
    }

    /// The server listens.
    pub(crate) fn listening(profile: &Profile, backlog: i32) -> Self {
        let mut pair = Self::new(profile);
        pair.listener = pair.socket(pair.server);
        pair.bind(pair.listener, PORT).unwrap();
        let s = pair.listener.socket;
        pair.call(pair.listener, Call::Listen { s, backlog }).unwrap();
        pair
    }

    /// Both ends connect to each other at once (nonblocking): after 10 ms both are in SYN_RCVD, after 20 ms connected.
    pub(crate) fn crossing(profile: &Profile) -> Self {
        let mut pair = Self::listening(profile, 5);
        let ends = [(pair.client, 5000), (pair.server, 6000)].map(|(end, port)| {
            let end = pair.socket(end);
            pair.bind(end, port).unwrap();
            pair.nonblocking(end, true);
            end
        });
        [pair.client, pair.server] = ends;
        for (end, other, port) in [(pair.client, pair.server, 6000), (pair.server, pair.client, 5000)] {
            let name = pair.name(other, port);
            let result = pair.call(end, Call::connect(end.socket, name));
            assert_eq!(result, Err(WsaError::WouldBlock));
        }
        pair
    }

    /// A connection of which nothing is under way. Time counts from here.
    pub(crate) fn connected(profile: &Profile) -> Self {
        let mut pair = Self::listening(profile, 5);
        pair.client = pair.socket(pair.client);
        pair.connect_waits(pair.client);
        pair.run_to(ms(30));
        assert_eq!(pair.returned(pair.client), Some((ms(20), ZERO)));
        pair.server = pair.accept(pair.listener).unwrap();
        pair.start_here();
        pair
    }

    /// Time, the wire and the states count from here.
    pub(crate) fn start_here(&mut self) {
        self.mark = self.world.now();
        self.log = Log::default();
    }

    // Time.

    fn at(&self) -> Duration {
        self.world.now().since(self.mark)
    }

    /// Runs until that much time has passed since the start.
    pub(crate) fn run_to(&mut self, time: Duration) {
        let until = self.mark + time;
        self.run(|next| next <= until);
        self.world.advance_to(until);
    }

    /// Comes to that instant, but before its events.
    pub(crate) fn run_before(&mut self, time: Duration) {
        let until = self.mark + time;
        self.run(|next| next < until);
        self.world.advance_to(until);
    }

    /// Runs until nothing more happens.
    pub(crate) fn rest(&mut self) {
        self.run(|_| true);
    }

    fn run(&mut self, go_on: impl Fn(Instant) -> bool) {
        loop {
            self.collect();
            let next = self.world.next_event();
            if next != Some(self.world.now()) && self.readers_go_on() {
                continue;
            }
            if !next.is_some_and(&go_on) {
                return;
            }
            self.world.step(&mut self.log).unwrap();
            self.world.assert_invariants();
        }
    }

    /// Takes the returns of blocked calls.
    fn collect(&mut self) {
        while let Some((thread, returned)) = self.world.poll_returned() {
            self.check_last_error(thread, &returned.result);
            self.returned.insert(thread, (self.at(), returned.result));
        }
    }

    // Calls.

    fn outcome(&mut self, end: End, call: Call) -> Option<CallResult> {
        self.returned.remove(&end.thread);
        let outcome = self.world.call(end.thread, call, &mut self.log);
        self.world.assert_invariants();
        let result = match outcome {
            Outcome::Returned(returned) => {
                self.check_last_error(end.thread, &returned.result);
                Some(returned.result)
            }
            Outcome::Blocked => None,
        };
        self.collect();
        result
    }

    /// CS-A1.
    fn check_last_error(&mut self, thread: Thread, result: &CallResult) {
        if let Err(error) = result {
            assert_eq!(self.thread_error(thread), error.code(), "the last error");
        }
    }

    fn thread_error(&mut self, thread: Thread) -> i32 {
        let outcome = self.world.call(thread, Call::WsaGetLastError, &mut self.log);
        if let Outcome::Returned(returned) = outcome
            && let Ok(Value::LastError(code)) = returned.result
        {
            return code;
        }
        panic!("WSAGetLastError cannot fail")
    }

    /// WSAGetLastError.
    pub(crate) fn last_error(&mut self, end: End) -> i32 {
        self.thread_error(end.thread)
    }

    /// A call that returns at once.
    pub(crate) fn call(&mut self, end: End, call: Call) -> CallResult {
        let name = format!("{call:?}");
        self.outcome(end, call).unwrap_or_else(|| panic!("{name} blocks"))
    }

    /// A call that has to wait.
    pub(crate) fn waits(&mut self, end: End, call: Call) {
        let name = format!("{call:?}");
        if let Some(result) = self.outcome(end, call) {
            panic!("{name} does not wait: {result:?}");
        }
    }

    /// When the call that had to wait has returned, and what; none while it waits.
    pub(crate) fn returned(&self, end: End) -> Option<(Duration, CallResult)> {
        self.returned.get(&end.thread).cloned()
    }

    /// Another thread of the process, with the same socket.
    pub(crate) fn colleague(&mut self, end: End) -> End {
        End { thread: self.world.spawn_thread(end.process), ..end }
    }

    pub(crate) fn startup(&mut self, end: End) -> CallResult {
        self.startup_as(end, 0x0202)
    }

    /// WSAStartup for that version, its major number in the low byte. What it returns is not its last error (WF-8.2).
    pub(crate) fn startup_as(&mut self, end: End, version: u16) -> CallResult {
        let outcome = self.world.call(end.thread, Call::startup(version), &mut self.log);
        let Outcome::Returned(returned) = outcome else { panic!("WSAStartup does not block") };
        returned.result
    }

    /// A new stream socket for the thread.
    pub(crate) fn socket(&mut self, end: End) -> End {
        let (family, kind) = (consts::AF_INET, consts::SOCK_STREAM);
        let made = self.call(end, Call::Socket { family, kind, protocol: consts::IPPROTO_TCP });
        let Ok(Value::Handle(socket)) = made else { panic!("socket: {made:?}") };
        End { socket, ..end }
    }

    /// A name on the host of `end`.
    pub(crate) fn name(&self, end: End, port: u16) -> Endpoint {
        Endpoint::new(self.world.address(end.thread.host), port)
    }

    pub(crate) fn bind(&mut self, end: End, port: u16) -> CallResult {
        let name = self.name(end, port);
        self.call(end, Call::bind(end.socket, name))
    }

    pub(crate) fn listen(&mut self, end: End, backlog: i32) -> CallResult {
        self.call(end, Call::Listen { s: end.socket, backlog })
    }

    /// The call that connects to the server's port.
    pub(crate) fn connect(&self, end: End) -> Call {
        Call::connect(end.socket, self.name(self.server, PORT))
    }

    pub(crate) fn connect_waits(&mut self, end: End) {
        let call = self.connect(end);
        self.waits(end, call);
    }

    pub(crate) fn accept(&mut self, end: End) -> Result<End, WsaError> {
        let value = self.call(end, Call::accept(end.socket))?;
        let Value::Accepted(socket, _) = value else { panic!("accept returns {value:?}") };
        Ok(End { socket, ..end })
    }

    pub(crate) fn close(&mut self, end: End) -> CallResult {
        self.call(end, Call::Closesocket { s: end.socket })
    }

    pub(crate) fn close_waits(&mut self, end: End) {
        self.waits(end, Call::Closesocket { s: end.socket });
    }

    pub(crate) fn shutdown(&mut self, end: End, how: i32) -> CallResult {
        self.call(end, Call::Shutdown { s: end.socket, how })
    }

    /// Sends that many bytes, all of which are taken at once.
    pub(crate) fn send(&mut self, end: End, bytes: usize) {
        assert_eq!(self.call(end, sending(end, bytes)), Ok(Value::Sent(bytes)));
    }

    /// How many bytes are there to read, or how the stream ended.
    pub(crate) fn recv(&mut self, end: End) -> Result<usize, WsaError> {
        self.call(end, receiving(end)).map(|value| received(&value))
    }

    pub(crate) fn recv_waits(&mut self, end: End) {
        self.waits(end, receiving(end));
    }

    pub(crate) fn nonblocking(&mut self, end: End, yes: bool) {
        let call = Call::set_nonblocking(end.socket, yes);
        self.call(end, call).unwrap();
    }

    // Options.

    pub(crate) fn set(&mut self, end: End, name: i32, value: &[u8]) -> CallResult {
        self.set_at(end, consts::SOL_SOCKET, name, value)
    }

    pub(crate) fn set_at(&mut self, end: End, level: i32, name: i32, value: &[u8]) -> CallResult {
        let value = Some(Bytes::copy_from_slice(value));
        self.call(end, Call::Setsockopt { s: end.socket, level, name, value })
    }

    pub(crate) fn get(&mut self, end: End, name: i32) -> i32 {
        i32::from_le_bytes(self.option(end, name))
    }

    fn option(&mut self, end: End, name: i32) -> [u8; 4] {
        let call = Call::getsockopt(end.socket, consts::SOL_SOCKET, name, 4);
        let got = self.call(end, call);
        let Ok(Value::Option(bytes)) = got else { panic!("getsockopt: {got:?}") };
        bytes[..].try_into().expect("four bytes")
    }

    pub(crate) fn linger(&mut self, end: End, l_onoff: u16, l_linger: u16) {
        let ([a, b], [c, d]) = (l_onoff.to_le_bytes(), l_linger.to_le_bytes());
        self.set(end, consts::SO_LINGER, &[a, b, c, d]).unwrap();
    }

    pub(crate) fn dontlinger(&mut self, end: End, value: i32) {
        self.set(end, consts::SO_DONTLINGER, &value.to_le_bytes()).unwrap();
    }

    /// SO_LINGER as read back: l_onoff, l_linger.
    pub(crate) fn lingers(&mut self, end: End) -> (u16, u16) {
        let [a, b, c, d] = self.option(end, consts::SO_LINGER);
        (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]))
    }

    // Readers.

    /// The end reads without pause from now on.
    pub(crate) fn reads(&mut self, end: End) {
        self.readers.push(Reader { end, closes: false, bytes: 0, ended: None });
        self.recv_again(self.readers.len() - 1);
    }

    /// The end reads without pause, and closes at the end of the stream.
    pub(crate) fn serves(&mut self, end: End) {
        self.reads(end);
        self.readers.last_mut().unwrap().closes = true;
    }

    fn recv_again(&mut self, i: usize) {
        let end = self.readers[i].end;
        if let Some(result) = self.outcome(end, receiving(end)) {
            self.returned.insert(end.thread, (self.at(), result));
        }
    }

    /// Whether a reader had something to do.
    fn readers_go_on(&mut self) -> bool {
        let ready = |r: &Reader| r.ended.is_none() && self.returned.contains_key(&r.end.thread);
        let Some(i) = self.readers.iter().position(ready) else { return false };
        let (at, result) = self.returned[&self.readers[i].end.thread].clone();
        let n = result.as_ref().map_or(0, received);
        self.readers[i].bytes += n;
        if n > 0 {
            self.recv_again(i);
            return true;
        }
        self.readers[i].ended = Some((at, result));
        if self.readers[i].closes {
            assert_eq!(self.close(self.readers[i].end), ZERO);
        }
        true
    }

    /// What a reader has read, and how it ended: 0, an error, or none yet.
    pub(crate) fn read_by(&self, end: End) -> (usize, Option<Result<usize, WsaError>>) {
        let reader = self.readers.iter().find(|r| r.end == end).expect("a reader");
        let ended = reader.ended.clone().map(|(_, result)| result.map(|value| received(&value)));
        (reader.bytes, ended)
    }

    // The network.

    /// The network subsystem of the end's host fails, or is restored.
    pub(crate) fn fail(&mut self, end: End, failed: bool) {
        self.world.set_network_failed(end.thread.host, failed, &mut self.log);
        self.collect();
    }

    pub(crate) fn cut(&mut self) {
        self.world.set_cut(self.link, true, &mut self.log);
    }

    pub(crate) fn heal(&mut self) {
        self.world.set_cut(self.link, false, &mut self.log);
    }

    /// What enters the link from now on takes that long, one way.
    pub(crate) fn delay(&mut self, delay: Duration) {
        self.world.set_link(self.link, LinkConfig { delay, ..LinkConfig::default() });
    }

    /// A segment reaches the end's host, past the link, as an answer to a packet that it had sent.
    pub(crate) fn answer(&mut self, to: End, sent: &Packet, segment: Segment) {
        let packet = Packet { src: sent.dst, dst: sent.src, segment };
        self.world.inject(to.thread.host, packet, &mut self.log);
        self.world.assert_invariants();
        self.collect();
    }

    /// How long after the start an entry of the log was made.
    pub(crate) fn since(&self, entry: &Entry) -> Duration {
        entry.at.since(self.mark)
    }
}

/// The call that sends that many bytes.
pub(crate) fn sending(end: End, bytes: usize) -> Call {
    Call::send(end.socket, Bytes::from(vec![0x5a; bytes]))
}

/// The call that receives.
pub(crate) fn receiving(end: End) -> Call {
    receiving_up_to(end, 1 << 20, 0)
}

/// The call that receives so many bytes at most.
pub(crate) fn receiving_up_to(end: End, len: usize, flags: i32) -> Call {
    Call::Recv { s: end.socket, len: Some(len), flags }
}

pub(crate) fn received(value: &Value) -> usize {
    let Value::Received(data) = value else { panic!("recv returns {value:?}") };
    data.len()
}
