//! One row: the programs, and what is read off the run.

use super::report::{Retry, Row, millis};
use super::{Data, Parameters, Setting};
use crate::aio::{Programs, Task, Winsock};
use crate::link::LinkConfig;
use crate::trace::{Entry, Heading, Log, Sink, What, script};
use crate::world::{HostId, LinkId, Thread, World};
use bytes::Bytes;
use closewait::addr::Endpoint;
use closewait::packet::Flags;
use closewait::profile::Profile;
use closewait::rule::Rule;
use closewait::tcp::StateName;
use closewait::time::{Duration, Instant};
use closewait::winsock::{Call, Handle, WsaError, consts};
use std::cell::RefCell;
use std::rc::Rc;

/// SO_SNDBUF of the client, in bytes: any row's data is taken at once.
const SEND_BUFFER: i32 = 512 * 1024;
const PORT: u16 = 80;

/// What a row looks at while the world runs.
#[derive(Default)]
struct Watch {
    client: Option<HostId>,
    /// The first FIN or RST handed to the client's link since the last [`Watch::reset`].
    wire: Option<&'static str>,
    /// The client entered TIME_WAIT.
    time_wait: bool,
    /// The rule of the client's last closesocket.
    close_rule: Option<Rule>,
    closing: bool,
    log: Option<Log>,
}

impl Watch {
    fn reset(&mut self) {
        self.wire = None;
        self.time_wait = false;
    }
}

impl Sink for Watch {
    fn record(&mut self, entry: Entry) {
        if entry.host == self.client {
            match &entry.what {
                What::Sent { packet, .. } if self.wire.is_none() => {
                    let flags = packet.segment.flags;
                    if flags.contains(Flags::RST) {
                        self.wire = Some("RST");
                    } else if flags.contains(Flags::FIN) {
                        self.wire = Some("FIN");
                    }
                }
                What::State { to: StateName::TimeWait, .. } => self.time_wait = true,
                What::Call { call, .. } => self.closing = matches!(call, Call::Closesocket { .. }),
                What::Returned { returned, .. } if self.closing => self.close_rule = Some(returned.rule),
                What::Sent { .. }
                | What::State { .. }
                | What::Returned { .. }
                | What::Blocked { .. }
                | What::Received { .. }
                | What::SentMessage { .. }
                | What::ReceivedMessage { .. }
                | What::Dropped { .. }
                | What::Timer { .. }
                | What::Notified { .. }
                | What::Undecodable { .. }
                | What::ProcessEnded { .. }
                | What::ThreadEnded { .. }
                | What::Told(_)
                | What::Crashed
                | What::NetworkFailed
                | What::NetworkRestored
                | What::LinkCut { .. }
                | What::LinkHealed { .. }
                | What::Net { .. } => {}
            }
        }
        if let Some(log) = &mut self.log {
            log.record(entry);
        }
    }
}

/// What the server's reading has come to.
#[derive(Default)]
struct Reading {
    bytes: usize,
    end: Option<Result<(), WsaError>>,
}

/// What the client's closing has come to.
#[derive(Clone, Copy)]
struct Closed {
    called: Instant,
    returned: Instant,
    result: Result<(), WsaError>,
    /// After WSAEWOULDBLOCK: how a send of one byte went.
    one_byte: Option<Result<usize, WsaError>>,
}

impl Closed {
    fn waited(&self) -> Duration {
        self.returned.since(self.called)
    }
}

pub(super) struct Run {
    setting: Setting,
    parameters: Parameters,
    world: World,
    programs: Programs,
    watch: Watch,
    link: LinkId,
    client: HostId,
    thread: Thread,
    reading: Rc<RefCell<Reading>>,
}

impl Run {
    pub(super) fn new(
        setting: Setting,
        parameters: &Parameters,
        profile: &Profile,
        with_script: bool,
    ) -> Self {
        let mut world = World::new(1);
        let server = world.add_host("server", profile.clone());
        let client = world.add_host("client", profile.clone());
        let config = LinkConfig { delay: parameters.one_way, ..LinkConfig::default() };
        let link = world.add_link(server, client, config);
        let mut programs = Programs::new();
        let reading = Rc::new(RefCell::new(Reading::default()));
        let (_, serving) = world.spawn_process(server);
        let name = Endpoint::new(world.address(server), PORT);
        let shared = Rc::clone(&reading);
        programs.spawn(serving, move |ws| serve(ws, name, shared));
        let (_, thread) = world.spawn_process(client);
        let watch = Watch { client: Some(client), log: with_script.then(Log::default), ..Watch::default() };
        Self { setting, parameters: *parameters, world, programs, watch, link, client, thread, reading }
    }

    /// Runs the row to its end.
    pub(super) fn finish(mut self, number: usize) -> (Row, Option<String>) {
        let Setting { linger, nonblocking, data } = self.setting;
        let to = Endpoint::new(self.world.address(HostId(0)), PORT);
        let opened = self.program(async move |ws| {
            let s = open(&ws, to).await?;
            ws.set_int(s, consts::SO_SNDBUF, SEND_BUFFER).await?;
            ws.set_linger(s, linger.l_onoff, linger.l_linger).await?;
            if nonblocking {
                ws.set_nonblocking(s, true).await?;
            }
            Ok::<_, WsaError>(s)
        });
        let s = self.rest(&opened).expect("the client connects: the delay is within bounds");
        if data == Data::Undeliverable {
            self.world.set_cut(self.link, true, &mut self.watch);
        }
        let bytes = if data == Data::None { 0 } else { self.parameters.bytes };
        self.watch.reset();
        let closing = self.program(async move |ws| {
            let sent = if bytes == 0 { Ok(0) } else { ws.send(s, Bytes::from(vec![0x5a; bytes])).await };
            let mut closed = close(&ws, s).await;
            if closed.result == Err(WsaError::WouldBlock) {
                closed.one_byte = Some(ws.send(s, Bytes::from_static(b"!")).await);
            }
            (sent.unwrap_or(0), closed)
        });
        let (sent, closed) = self.rest(&closing);
        let why = self.watch.close_rule.map_or_else(String::new, |rule| rule.to_string());
        let (mut wire, mut time_wait) = (self.watch.wire, self.watch.time_wait);
        let retry = if closed.one_byte.is_some() { self.retry(s) } else { None };
        if let Some(retry) = &retry {
            time_wait |= retry.time_wait;
        } else if closed.one_byte.is_none() {
            (wire, time_wait) = (self.watch.wire, self.watch.time_wait);
        }
        let reading = self.reading.borrow();
        let row = Row {
            clause: self.setting.clause(),
            l_onoff: linger.l_onoff,
            l_linger: linger.l_linger,
            mode: self.setting.mode(),
            data: data.name(),
            result: if closed.result.is_ok() { 0 } else { -1 },
            error: closed.result.err().map(WsaError::name),
            waited_ms: millis(closed.waited()),
            wire,
            time_wait,
            queued: sent + closed.one_byte.and_then(Result::ok).unwrap_or(0),
            delivered: reading.bytes,
            peer: match reading.end {
                None => "silence",
                Some(Ok(())) => "0",
                Some(Err(error)) => error.name(),
            },
            why,
            still_open: closed.one_byte.map(|sent| sent.is_ok()),
            retry,
        };
        let text = self.watch.log.as_ref().map(|log| {
            let title = format!("Row {number} of the linger table: {}", describe(&self.setting));
            let heading = Heading { title: &title, seed: 1, before: &self.world, settings: "", wire: None };
            script(log, &self.world, &heading).expect("a row does nothing that a scenario cannot")
        });
        (row, text)
    }

    /// After WSAEWOULDBLOCK: closes again if all data was acknowledged, else ends the connection hard.
    fn retry(&mut self, s: Handle) -> Option<Retry> {
        let acknowledged = self
            .world
            .netstat(self.client)
            .connections
            .iter()
            .any(|(row, _)| row.state == StateName::Established && row.send_queue == 0);
        if !acknowledged {
            let ended = self.program(async move |ws| {
                ws.set_linger(s, 1, 0).await?;
                ws.closesocket(s).await
            });
            let _ = self.rest(&ended);
            return None;
        }
        self.watch.reset();
        let closing = self.program(async move |ws| close(&ws, s).await);
        let closed = self.rest(&closing);
        Some(Retry {
            result: if closed.result.is_ok() { 0 } else { -1 },
            waited_ms: millis(closed.waited()),
            wire: self.watch.wire,
            time_wait: self.watch.time_wait,
        })
    }

    /// Starts a program on the client's thread.
    fn program<T, F>(&mut self, program: impl FnOnce(Winsock) -> F) -> Task<T>
    where
        T: 'static,
        F: Future<Output = T> + 'static,
    {
        self.programs.spawn(self.thread, program)
    }

    /// Runs until nothing is under way; the program has finished then.
    fn rest<T: Clone>(&mut self, task: &Task<T>) -> T {
        let finished = || task.result().is_some();
        let ran = self
            .programs
            .run_while(&mut self.world, &mut self.watch, |world| !(finished() && world.is_quiet()));
        ran.expect("a row ends long before the end of time");
        task.result().expect("the client's calls return")
    }
}

async fn open(ws: &Winsock, to: Endpoint) -> Result<Handle, WsaError> {
    ws.startup().await?;
    let s = ws.stream().await?;
    ws.connect(s, to).await?;
    Ok(s)
}

async fn close(ws: &Winsock, s: Handle) -> Closed {
    let called = ws.now();
    let result = ws.closesocket(s).await;
    Closed { called, returned: ws.now(), result, one_byte: None }
}

/// Listens, accepts, reads without pause, closes gracefully at the end of the stream.
async fn serve(ws: Winsock, name: Endpoint, reading: Rc<RefCell<Reading>>) -> Result<(), WsaError> {
    ws.startup().await?;
    let listening = ws.stream().await?;
    ws.bind(listening, name).await?;
    ws.listen(listening, 5).await?;
    let (s, _) = ws.accept(listening).await?;
    let end = loop {
        match ws.recv(s, 65_536).await {
            Ok(data) if data.is_empty() => break Ok(()),
            Ok(data) => reading.borrow_mut().bytes += data.len(),
            Err(error) => break Err(error),
        }
    };
    reading.borrow_mut().end = Some(end);
    ws.closesocket(s).await?;
    ws.closesocket(listening).await
}

fn describe(setting: &Setting) -> String {
    let linger = if setting.linger.l_onoff == 0 {
        "SO_LINGER off".to_owned()
    } else {
        format!("SO_LINGER {{{}, {}}}", setting.linger.l_onoff, setting.linger.l_linger)
    };
    format!("{linger}, {}, data {}", setting.mode(), setting.data.name())
}
