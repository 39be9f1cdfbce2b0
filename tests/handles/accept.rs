//! WSAAccept with a condition function: what it decides, and what it may call (CS-A5, WF-8.12).

use super::{CONNECTED, column, every};
use closewait::addr::Endpoint;
use closewait::profile::Profile;
use closewait::winsock::{Call, CallResult, Decision, Handle, Outcome, Value, WsaError, consts};
use closewait_sim::{LinkConfig, Log, Thread, World};

/// A second connection waits in the queue from 0.13 on.
const SECOND: &str = "\
0.1 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 5
0.1...0.12 client: connect(5, server:80) = 0
";

/// And a third from 0.23 on.
const THIRD: &str = "\
0.2 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 6
0.2...0.22 client: connect(6, server:80) = 0
";

fn waiting() -> String {
    format!("{CONNECTED}{SECOND}{THIRD}")
}

/// CS-A5, WF-2.16, WF-8.12: whatever it calls is WSAEINPROGRESS, in 2.2, too; every handle is kept.
#[test]
fn cs_a5_a_call_from_the_condition_function_is_in_progress() {
    every(
        &waiting(),
        "0.3 server: WSAAccept(3, { closesocket(3) = -1 WSAEINPROGRESS, WSAGetLastError() = WSAEINPROGRESS, closesocket(4) = -1 WSAEINPROGRESS, WSACleanup() = -1 WSAEINPROGRESS, accept(3) = -1 WSAEINPROGRESS, send(4, 1) = -1 WSAEINPROGRESS }) = 5
+0 server: send(4, 1) = 1
+0 server: accept(3) = 6
+0 client: send(5, 3) = 3
0.4 server: recv(5, 10) = 3
+0 server: closesocket(3) = 0
",
    );
}

/// CF_DEFER: WSATRY_AGAIN, and the connection waits on, still first.
#[test]
fn wf_8_12_a_deferred_connection_stays_in_the_queue() {
    every(
        &waiting(),
        "0.3 server: WSAAccept(3, { CF_DEFER }) = -1 WSATRY_AGAIN
+0 server: WSAGetLastError() = WSATRY_AGAIN
+0 server: select(read=[3], timeout=0) = 1 {read=[3]}
+0 server: WSAAccept(3, { CF_DEFER }) = -1 WSATRY_AGAIN
+0 server: accept(3) = 5
+0 client: send(5, 3) = 3
+0 server: WSAAccept(3, { CF_ACCEPT }) = 6
+0 server: select(read=[3], timeout=0) = 0 {}
0.4 server: recv(5, 10) = 3
",
    );
}

/// CF_REJECT: WSAECONNREFUSED, and the peer is reset; the next in the queue is untouched.
#[test]
fn a_rejected_connection_is_reset() {
    every(
        &waiting(),
        "0.3 server: WSAAccept(3, { CF_REJECT }) = -1 WSAECONNREFUSED
0.3 server > R.
0.32 client: recv(5, 10) = -1 WSAECONNRESET
+0 client: send(6, 3) = 3
0.4 server: accept(3) = 5
+0 server: recv(5, 10) = 3
+0 server: select(read=[3], timeout=0) = 0 {}
",
    );
}

/// It is asked when a connection is there; a nonblocking listener without one asks nobody.
#[test]
fn a_condition_function_is_asked_when_a_connection_comes() {
    every(
        CONNECTED,
        "0.04...0.13 server: WSAAccept(3, { WSAIsBlocking() = 0 }) = 5
0.1 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 5
0.1...0.12 client: connect(5, server:80) = 0
0.2 server: ioctlsocket(3, FIONBIO, 1) = 0
+0 server: WSAAccept(3, { closesocket(3) = 0, CF_REJECT }) = -1 WSAEWOULDBLOCK
+0 server: WSAAccept(4, { CF_ACCEPT }) = -1 WSAEINVAL
+0 server: WSAAccept(99, { CF_ACCEPT }) = -1 WSAENOTSOCK
+0 server: WSAAccept(3, ..., [4], { CF_ACCEPT }) = -1 WSAEFAULT
",
    );
}

/// The listener is closed while it is asked about: the call that waited before is cancelled in any case.
#[test]
fn closing_the_listener_ends_a_conditional_accept_that_waits() {
    every(
        CONNECTED,
        "0.1...0.2 server: WSAAccept(3, { CF_ACCEPT }) = -1 WSAEINTR
0.2 server.t2: closesocket(3) = 0
",
    );
}

/// A server of two threads whose listener has two connections in its queue; the first thread is in its condition function.
struct Asked {
    world: World,
    log: Log,
    asking: Thread,
    other: Thread,
    listener: Handle,
    clients: Vec<(Thread, Handle)>,
}

impl Asked {
    fn new(profile: &Profile) -> Self {
        let mut world = World::new(1);
        let [server, client] = ["server", "client"].map(|name| world.add_host(name, profile.clone()));
        world.add_link(server, client, LinkConfig::default());
        let (process, asking) = world.spawn_process(server);
        let other = world.spawn_thread(process);
        let (_, calling) = world.spawn_process(client);
        let listener = Handle::INVALID_SOCKET;
        let mut asked = Self { world, log: Log::default(), asking, other, listener, clients: Vec::new() };
        let name = Endpoint::new(asked.world.address(server), 80);
        for thread in [asking, calling] {
            asked.call(thread, Call::startup(0x202)).unwrap();
        }
        asked.listener = asked.socket(asking);
        asked.call(asking, Call::bind(asked.listener, name)).unwrap();
        asked.call(asking, Call::Listen { s: asked.listener, backlog: 5 }).unwrap();
        for _ in 0..2 {
            let s = asked.socket(calling);
            asked.call(calling, Call::set_nonblocking(s, true)).unwrap();
            assert_eq!(asked.call(calling, Call::connect(s, name)), Err(WsaError::WouldBlock));
            asked.settle();
            asked.clients.push((calling, s));
        }
        let ask = Call::WsaAccept { s: asked.listener, name_len: None, condition: true };
        assert!(matches!(asked.call(asking, ask), Ok(Value::Condition(_))), "it is asked");
        asked
    }

    fn call(&mut self, thread: Thread, call: Call) -> CallResult {
        match self.world.call(thread, call, &mut self.log) {
            Outcome::Returned(returned) => returned.result,
            Outcome::Blocked => panic!("it waits"),
        }
    }

    fn socket(&mut self, thread: Thread) -> Handle {
        let (family, kind, protocol) = (consts::AF_INET, consts::SOCK_STREAM, consts::IPPROTO_TCP);
        match self.call(thread, Call::Socket { family, kind, protocol }) {
            Ok(Value::Handle(s)) => s,
            other => panic!("{other:?}"),
        }
    }

    /// All packets that are under way arrive.
    fn settle(&mut self) {
        let until = self.world.now() + closewait::time::Duration::from_millis(300);
        while self.world.next_event().is_some_and(|next| next <= until) {
            self.world.step(&mut self.log).unwrap();
        }
        self.world.advance_to(until);
    }

    fn decide(&mut self, decision: Decision) -> CallResult {
        let result = self.call(self.asking, Call::ConditionReturns { decision });
        self.settle();
        result
    }

    /// What recv says to each client.
    fn received(&mut self) -> Vec<Result<usize, WsaError>> {
        let clients = self.clients.clone();
        let receive = |(thread, s): (Thread, Handle)| match self.call(thread, Call::recv(s, 10)) {
            Ok(Value::Received(data)) => Ok(data.len()),
            other => Err(other.unwrap_err()),
        };
        clients.into_iter().map(receive).collect()
    }
}

const DECISIONS: [Decision; 3] = [Decision::Accept, Decision::Reject, Decision::Defer];

/// Another thread closes the listener meanwhile: WSAEINTR, whatever is decided, and its queue is reset (R21).
#[test]
fn the_listener_is_closed_while_the_condition_function_runs() {
    for profile in Profile::ALL {
        for decision in DECISIONS {
            let mut asked = Asked::new(profile);
            asked.call(asked.other, Call::Closesocket { s: asked.listener }).unwrap();
            assert_eq!(asked.decide(decision), Err(WsaError::Intr), "{decision:?}");
            assert_eq!(asked.received(), [Err(WsaError::ConnReset); 2]);
            assert_eq!(asked.call(asked.asking, Call::WsaIsBlocking), Ok(Value::Bool(false)));
            asked.socket(asked.asking);
        }
    }
}

/// Another thread accepts the connection meanwhile: nobody else's connection is accepted or rejected in its place.
#[test]
fn the_connection_is_taken_while_the_condition_function_runs() {
    for profile in Profile::ALL {
        for (decision, error) in
            DECISIONS.into_iter().zip([WsaError::ConnReset, WsaError::ConnRefused, WsaError::TryAgain])
        {
            let mut asked = Asked::new(profile);
            let Ok(Value::Accepted(taken, _)) = asked.call(asked.other, Call::accept(asked.listener)) else {
                panic!("it is there")
            };
            assert_eq!(asked.decide(decision), Err(error), "{decision:?}");
            assert_eq!(asked.received(), [Err(WsaError::WouldBlock); 2], "neither was reset");
            let data = bytes::Bytes::from_static(b"x");
            asked.call(asked.other, Call::send(taken, data)).unwrap();
            asked.settle();
            assert_eq!(asked.received(), [Ok(1), Err(WsaError::WouldBlock)]);
            asked.call(asked.asking, Call::accept(asked.listener)).unwrap();
        }
    }
}

/// Another thread calls the last WSACleanup, or the subsystem fails: the thread is out of its function all the same.
#[test]
fn the_thread_leaves_its_condition_function_in_any_case() {
    for profile in Profile::ALL {
        let mut asked = Asked::new(profile);
        asked.call(asked.other, Call::WsaCleanup).unwrap();
        assert_eq!(asked.decide(Decision::Accept), Err(WsaError::NotInitialised));
        asked.call(asked.asking, Call::startup(0x202)).unwrap();
        asked.socket(asked.asking);

        let mut asked = Asked::new(profile);
        asked.world.set_network_failed(asked.asking.host, true, &mut asked.log);
        assert_eq!(asked.decide(Decision::Accept), Err(WsaError::NetDown));
        asked.world.set_network_failed(asked.asking.host, false, &mut asked.log);
        asked.socket(asked.asking);
    }
}

/// The peer resets its connection meanwhile: by the page accept fails, in WINDOWS it succeeds (R15).
#[test]
fn the_connection_is_reset_while_the_condition_function_runs() {
    for profile in Profile::ALL {
        let mut asked = Asked::new(profile);
        let (thread, s) = asked.clients[0];
        let hard = bytes::Bytes::from_static(&[1, 0, 0, 0]);
        let (level, name) = (consts::SOL_SOCKET, consts::SO_LINGER);
        asked.call(thread, Call::Setsockopt { s, level, name, value: Some(hard) }).unwrap();
        asked.call(thread, Call::Closesocket { s }).unwrap();
        asked.settle();
        let decided = asked.decide(Decision::Accept);
        let accepted = matches!(decided, Ok(Value::Accepted(..)));
        assert_eq!(accepted, column(profile, false, true), "{decided:?}");
        assert_eq!(decided.err(), column(profile, Some(WsaError::ConnReset), None));
    }
}

/// The thread that is asked ends: the connection waits on, and another thread accepts it.
#[test]
fn the_thread_ends_in_its_condition_function() {
    for profile in Profile::ALL {
        let mut asked = Asked::new(profile);
        asked.world.end_thread(asked.asking, &mut asked.log);
        asked.asking = asked.other;
        for _ in 0..2 {
            asked.call(asked.other, Call::accept(asked.listener)).unwrap();
        }
        asked.settle();
        assert_eq!(asked.received(), [Err(WsaError::WouldBlock); 2]);
    }
}
