//! The calls once more as async fns.

use closewait::addr::Endpoint;
use closewait::host::Host;
use closewait::profile::Profile;
use closewait::stack::Secret;
use closewait::time::{Duration, Instant};
use closewait::winsock::{
    Call, Decision, HandlePolicy, Outcome, ProcessId, ProtocolInfo, Value, WsaError, consts,
};
use closewait_sim::aio::{Programs, Winsock};
use closewait_sim::{LinkConfig, Log, Thread, World};
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

type Done = Result<(), WsaError>;

/// A server and a client under a profile, and the name that the server binds.
struct Hosts {
    world: World,
    programs: Programs,
    server: Thread,
    client: Thread,
    second: Thread,
    name: Endpoint,
}

impl Hosts {
    fn new(profile: &Profile) -> Self {
        let mut world = World::new(1);
        let [server, client] = ["server", "client"].map(|name| world.add_host(name, profile.clone()));
        world.add_link(server, client, LinkConfig::default());
        let name = Endpoint::new(world.address(server), 80);
        let [server, client, second] = [server, client, client].map(|host| world.spawn_process(host).1);
        Self { world, programs: Programs::new(), server, client, second, name }
    }

    /// The server accepts one connection after another, under_every by a condition function; it returns what it read of the last.
    fn serve(&mut self, decisions: &'static [Decision]) -> closewait_sim::aio::Task<Result<usize, WsaError>> {
        let name = self.name;
        self.programs.spawn(self.server, async move |ws| {
            ws.startup().await?;
            let listener = ws.stream().await?;
            ws.bind(listener, name).await?;
            ws.listen(listener, 5).await?;
            let mut read = 0;
            for &decision in decisions {
                let accepted = ws.wsa_accept(listener, async |ws, _| {
                    assert_eq!(ws.closesocket(listener).await, Err(WsaError::InProgress));
                    decision
                });
                match (decision, accepted.await) {
                    (Decision::Accept, accepted) => {
                        let (s, _) = accepted?;
                        let (data, end) = ws.recv_all(s).await;
                        end?;
                        read = data.iter().map(closewait::buf::Rope::len).sum();
                    }
                    (Decision::Reject, refused) => assert_eq!(refused, Err(WsaError::ConnRefused)),
                    (Decision::Defer, later) => assert_eq!(later, Err(WsaError::TryAgain)),
                }
            }
            Ok(read)
        })
    }

    fn run(&mut self) {
        let until = self.world.now() + Duration::from_secs(30);
        let mut log = Log::default();
        self.programs.run_while(&mut self.world, &mut log, |world| world.now() < until).unwrap();
    }
}

/// Descriptors in two processes: the server reads to the end only when both are closed.
#[test]
fn cs_b2_as_async_fns() {
    for profile in Profile::ALL {
        let mut hosts = Hosts::new(profile);
        let served = hosts.serve(&[Decision::Accept]);
        let (name, second) = (hosts.name, hosts.second);
        let process = hosts.world.host(second.host).winsock().process_of(second.id).unwrap().number();
        let info = std::rc::Rc::new(std::cell::Cell::new(None));
        let handed = std::rc::Rc::clone(&info);
        let client = hosts.programs.spawn(hosts.client, async move |ws| -> Done {
            ws.startup().await?;
            let s = ws.stream().await?;
            ws.connect(s, name).await?;
            handed.set(Some(ws.duplicate_socket(s, process).await?));
            assert_eq!(ws.duplicate_socket(s, 0).await, Err(WsaError::Inval));
            let twin = ws.duplicate_handle(s).await?;
            ws.closesocket(s).await?;
            ws.close_handle(twin).await?;
            assert_eq!(ws.close_handle(twin).await, Err(WsaError::InvalidHandle));
            Ok(())
        });
        let other = hosts.programs.spawn(second, async move |ws| -> Result<usize, WsaError> {
            ws.startup().await?;
            ws.sleep(Duration::from_secs(1)).await;
            let info = info.get().expect("it was handed on");
            let s = ws.socket_from(info).await?;
            assert_eq!(ws.socket_from(info).await, Err(WsaError::Inval));
            let sent = ws.send_from(s, b"hello").await?;
            ws.send_disconnect(s).await?;
            ws.recv_disconnect(s).await?;
            ws.closesocket(s).await?;
            Ok(sent)
        });
        hosts.run();
        assert_eq!(client.result(), Some(Ok(())));
        assert_eq!(other.result(), Some(Ok(5)));
        assert_eq!(served.result(), Some(Ok(5)), "only the last close was an end");
    }
}

/// A condition function as a future: deferred, rejected, accepted.
#[test]
fn wf_8_12_a_condition_function_as_a_future() {
    for profile in Profile::ALL {
        let mut hosts = Hosts::new(profile);
        let served = hosts.serve(&[Decision::Defer, Decision::Reject, Decision::Accept]);
        let name = hosts.name;
        let client = hosts.programs.spawn(hosts.client, async move |ws| -> Done {
            ws.startup().await?;
            let refused = ws.stream().await?;
            ws.connect(refused, name).await?;
            assert_eq!(ws.recv(refused, 1).await.err(), Some(WsaError::ConnReset));
            let s = ws.stream().await?;
            ws.connect(s, name).await?;
            ws.send_from(s, b"abc").await?;
            ws.closesocket(s).await
        });
        hosts.run();
        assert_eq!(client.result(), Some(Ok(())));
        assert_eq!(served.result(), Some(Ok(3)));
    }
}

/// Polls two futures of a thread in turn until the first is ready.
struct Beside<'a, A, B> {
    first: Pin<&'a mut A>,
    second: Pin<&'a mut B>,
    over: bool,
}

impl<A: Future, B: Future<Output = ()>> Future for Beside<'_, A, B> {
    type Output = A::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<A::Output> {
        let this = &mut *self;
        if let Poll::Ready(output) = this.first.as_mut().poll(context) {
            return Poll::Ready(output);
        }
        if !this.over {
            this.over = this.second.as_mut().poll(context).is_ready();
        }
        Poll::Pending
    }
}

async fn hook(ws: &Winsock, socket: closewait::winsock::Handle) {
    assert_eq!(ws.is_blocking().await, Ok(true));
    assert_eq!(ws.closesocket(socket).await, Err(WsaError::InProgress));
    assert_eq!(ws.cancel_blocking_call().await, Ok(()));
}

/// WSAIsBlocking and WSACancelBlockingCall from a second future of the thread (CS-A5, CS-A6).
#[test]
fn cs_a6_from_a_second_future_of_the_thread() {
    for profile in Profile::ALL {
        let mut hosts = Hosts::new(profile);
        let served = hosts.serve(&[Decision::Accept]);
        let name = hosts.name;
        let client = hosts.programs.spawn(hosts.client, async move |ws| -> Done {
            let data = ws.call(Call::startup(0x101)).await?;
            assert!(matches!(data, Value::Startup(data) if data.max_sockets == 32_767));
            assert_eq!(ws.cancel_blocking_call().await, Err(WsaError::Inval));
            assert_eq!(ws.is_blocking().await, Ok(false));
            ws.set_blocking_hook().await?;
            let s = ws.stream().await?;
            ws.connect(s, name).await?;
            let (first, second) = (pin!(ws.recv(s, 10)), pin!(hook(&ws, s)));
            let received = Beside { first, second, over: false }.await;
            assert_eq!(received.err(), Some(WsaError::Intr));
            ws.unhook_blocking_hook().await?;
            ws.set_int(s, consts::SO_RCVTIMEO, 100).await?;
            let before = ws.now();
            assert_eq!(ws.recv(s, 10).await.err(), Some(WsaError::TimedOut));
            assert_eq!(ws.now(), before + Duration::from_millis(100));
            ws.set_linger(s, 1, 5).await?;
            ws.send_from(s, b"abcd").await?;
            let (first, second) = (pin!(ws.closesocket(s)), pin!(hook(&ws, s)));
            assert_eq!(Beside { first, second, over: false }.await, Err(WsaError::Intr));
            ws.closesocket(s).await
        });
        hosts.run();
        assert_eq!(client.result(), Some(Ok(())));
        assert_eq!(served.result(), Some(Ok(4)));
    }
}

/// A host without a world: the same calls as data, those that make no sense, and threads and processes that are no more.
#[test]
fn the_calls_as_data_on_one_host() {
    let mut host = Host::new(Profile::WINDOWS, Secret([1; 16]));
    let [first, second] = [(); 2].map(|()| host.create_process(HandlePolicy::Never));
    let [thread, other] = [first, second].map(|process| host.create_thread(process));
    let now = Instant::START;
    let call = |host: &mut Host, thread, call: Call| {
        let outcome = host.call(now, thread, call);
        while host.poll_output().is_some() {}
        host.assert_invariants();
        match outcome {
            Outcome::Returned(returned) => returned.result,
            Outcome::Blocked => panic!("it waits"),
        }
    };
    for thread in [thread, other] {
        call(&mut host, thread, Call::startup(0x101)).unwrap();
    }
    let (family, kind, protocol) = (consts::AF_INET, consts::SOCK_STREAM, consts::IPPROTO_TCP);
    let from = |info| Call::WsaSocket { family: 0, kind: 0, protocol: 0, info: Some(info) };
    let duplicate =
        |s, process: ProcessId| Call::WsaDuplicateSocket { s, process: process.number(), info: true };
    let Ok(Value::Handle(s)) = call(&mut host, thread, Call::Socket { family, kind, protocol }) else {
        panic!("a socket")
    };
    assert_eq!(call(&mut host, thread, from(ProtocolInfo::NONE)), Err(WsaError::Inval));
    let Ok(Value::Info(info)) = call(&mut host, thread, duplicate(s, second)) else { panic!("an info") };
    assert_eq!(call(&mut host, thread, from(info)), Err(WsaError::Inval), "it is the other process's");
    let Ok(Value::Handle(twin)) = call(&mut host, other, from(info)) else { panic!("a descriptor") };
    assert_eq!(call(&mut host, other, from(info)), Err(WsaError::Inval), "it was used");
    let decided = Call::ConditionReturns { decision: Decision::Accept };
    assert_eq!(call(&mut host, other, decided), Err(WsaError::Inval), "nobody was asked");
    assert_eq!(call(&mut host, other, Call::WsaCancelBlockingCall), Err(WsaError::Inval));
    assert_eq!(call(&mut host, other, Call::WsaIsBlocking), Ok(Value::Bool(false)));

    host.end_process(now, first);
    assert_eq!(call(&mut host, thread, Call::Closesocket { s }), Err(WsaError::NotInitialised));
    assert_eq!(call(&mut host, other, duplicate(twin, first)), Err(WsaError::Inval));
    host.end_process(now, first);
    call(&mut host, other, Call::Closesocket { s: twin }).unwrap();
    host.end_thread(now, other);
    host.end_thread(now, other);
    host.end_process(now, second);
    assert_eq!(call(&mut host, other, Call::WsaIsBlocking), Err(WsaError::NotInitialised));
    host.assert_invariants();
}
