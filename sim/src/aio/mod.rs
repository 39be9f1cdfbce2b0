//! Programs as `async fn`s on simulated threads.
//!
//! ```
//! use closewait::addr::Endpoint;
//! use closewait::profile::Profile;
//! use closewait::winsock::WsaError;
//! use closewait_sim::{LinkConfig, Off, World, aio::Programs};
//!
//! let mut world = World::new(1);
//! let server = world.add_host("server", Profile::WINDOWS);
//! let client = world.add_host("client", Profile::WINDOWS);
//! world.add_link(server, client, LinkConfig::default());
//! let to = Endpoint::new(world.address(server), 80);
//!
//! let mut programs = Programs::new();
//! let (_, thread) = world.spawn_process(server);
//! let served = programs.spawn(thread, async move |ws| {
//!     ws.startup().await?;
//!     let listening = ws.stream().await?;
//!     ws.bind(listening, to).await?;
//!     ws.listen(listening, 5).await?;
//!     let (s, _) = ws.accept(listening).await?;
//!     let seen = ws.recv(s, 100).await;
//!     ws.closesocket(s).await?;
//!     ws.closesocket(listening).await?;
//!     seen.map(|data| data.len())
//! });
//! let (_, thread) = world.spawn_process(client);
//! let client = programs.spawn(thread, async move |ws| {
//!     ws.startup().await?;
//!     let s = ws.stream().await?;
//!     ws.connect(s, to).await?;
//!     ws.set_linger(s, 1, 0).await?;
//!     ws.closesocket(s).await
//! });
//! programs.run(&mut world, &mut Off)?;
//! assert_eq!(client.result(), Some(Ok(())));
//! assert_eq!(served.result(), Some(Err(WsaError::ConnReset)));
//! # Ok::<(), closewait_sim::world::EndOfTime>(())
//! ```
//!
//! A thread makes one call at a time. A program goes on when its call has returned, after every packet and
//! deadline of that instant; several that can go on do so in the order in which their calls returned. There is no
//! waker and no real time: futures other than this module's never complete here.

mod calls;
mod handles;
mod waiting;

pub use calls::Winsock;

use crate::trace::Sink;
use crate::world::{EndOfTime, Thread, World};
use closewait::time::Instant;
use closewait::winsock::{Call, CallResult, Outcome, WsaError};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// What a program asks of its thread.
#[derive(Debug)]
enum Request {
    Call(Call),
    SleepUntil(Instant),
}

/// What passes between a program and the world.
#[derive(Debug, Default)]
struct Mailbox {
    now: Instant,
    request: Option<Request>,
    /// A request was made and not yet answered.
    busy: bool,
    /// Whoever made it does not wait for the answer any more.
    abandoned: bool,
    reply: Option<CallResult>,
    /// A call that is made while another blocks, whether it was made before `request`, and its answer.
    aside: Option<(Call, bool)>,
    aside_reply: Option<CallResult>,
}

type Shared = Rc<RefCell<Mailbox>>;

/// One request: made at the first poll, answered at a later one.
struct Asked {
    mailbox: Shared,
    request: Option<Request>,
    answered: bool,
}

impl Asked {
    fn new(mailbox: &Shared, request: Request) -> Self {
        Self { mailbox: Rc::clone(mailbox), request: Some(request), answered: false }
    }
}

impl Future for Asked {
    type Output = CallResult;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<CallResult> {
        let mailbox = Rc::clone(&self.mailbox);
        let mut mailbox = mailbox.borrow_mut();
        if let Some(request) = self.request.take() {
            if mailbox.busy {
                // The thread is in a call whose future was dropped, or runs beside this one.
                self.answered = true;
                return Poll::Ready(Err(WsaError::InProgress));
            }
            mailbox.request = Some(request);
            mailbox.busy = true;
            return Poll::Pending;
        }
        match mailbox.reply.take() {
            Some(reply) => {
                mailbox.busy = false;
                self.answered = true;
                Poll::Ready(reply)
            }
            None => Poll::Pending,
        }
    }
}

impl Drop for Asked {
    /// A call that is under way goes on without its future; the thread is busy until it has returned.
    fn drop(&mut self) {
        let mut mailbox = self.mailbox.borrow_mut();
        if self.request.is_some() || !mailbox.busy || self.answered {
            return;
        }
        if mailbox.request.take().is_some() || mailbox.reply.take().is_some() {
            mailbox.busy = false;
        } else {
            mailbox.abandoned = true;
        }
    }
}

/// A call beside the one that blocks: as [`Asked`], but nothing waits for it.
struct Aside {
    mailbox: Shared,
    call: Option<Call>,
}

impl Aside {
    fn new(mailbox: &Shared, call: Call) -> Self {
        Self { mailbox: Rc::clone(mailbox), call: Some(call) }
    }
}

impl Future for Aside {
    type Output = CallResult;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<CallResult> {
        let mailbox = Rc::clone(&self.mailbox);
        let mut mailbox = mailbox.borrow_mut();
        if let Some(call) = self.call.take() {
            let first = mailbox.request.is_none();
            mailbox.aside = Some((call, first));
            return Poll::Pending;
        }
        mailbox.aside_reply.take().map_or(Poll::Pending, Poll::Ready)
    }
}

impl Mailbox {
    fn answer(&mut self, reply: CallResult) {
        if std::mem::take(&mut self.abandoned) {
            self.busy = false;
        } else {
            self.reply = Some(reply);
        }
    }
}

struct Program {
    thread: Thread,
    mailbox: Shared,
    /// None once it has finished.
    future: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

/// The result of a program, once it has finished.
pub struct Task<T>(Rc<RefCell<Option<T>>>);

impl<T: Clone> Task<T> {
    /// What the program returned; none while it runs.
    #[must_use]
    pub fn result(&self) -> Option<T> {
        self.0.borrow().clone()
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("finished", &self.0.borrow().is_some()).finish()
    }
}

/// Programs and the threads they run on. They stand beside their world: a clone of the world has none.
#[derive(Default)]
pub struct Programs {
    programs: Vec<Program>,
    /// Those that can go on, oldest first.
    ready: VecDeque<usize>,
    /// Those that sleep, by instant and in the order in which they fell asleep.
    asleep: BTreeMap<(Instant, u64), usize>,
    naps: u64,
    waiting: BTreeMap<Thread, usize>,
}

impl fmt::Debug for Programs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Programs").field("programs", &self.programs.len()).finish_non_exhaustive()
    }
}

impl Programs {
    /// No programs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a program on a thread. It begins to run with the next [`Programs::run`].
    pub fn spawn<T, F>(&mut self, thread: Thread, program: impl FnOnce(Winsock) -> F) -> Task<T>
    where
        T: 'static,
        F: Future<Output = T> + 'static,
    {
        let mailbox = Shared::default();
        let future = program(Winsock::new(Rc::clone(&mailbox)));
        let result = Rc::new(RefCell::new(None));
        let slot = Rc::clone(&result);
        let future = Box::pin(async move {
            let value = future.await;
            *slot.borrow_mut() = Some(value);
        });
        self.ready.push_back(self.programs.len());
        self.programs.push(Program { thread, mailbox, future: Some(future) });
        Task(result)
    }

    /// Runs programs and world until no event is left and no program can go on.
    ///
    /// # Errors
    /// [`EndOfTime`].
    pub fn run(&mut self, world: &mut World, sink: &mut dyn Sink) -> Result<(), EndOfTime> {
        self.run_while(world, sink, |_| true)
    }

    /// Runs programs and world while `go_on` says so; it is asked before every event.
    ///
    /// # Errors
    /// [`EndOfTime`].
    pub fn run_while(
        &mut self,
        world: &mut World,
        sink: &mut dyn Sink,
        mut go_on: impl FnMut(&World) -> bool,
    ) -> Result<(), EndOfTime> {
        loop {
            self.settle(world, sink);
            if !go_on(world) || !self.step(world, sink)? {
                return Ok(());
            }
        }
    }

    /// Programs go on until each waits for something, or until an event is due at this instant: it comes first.
    pub fn settle(&mut self, world: &mut World, sink: &mut dyn Sink) {
        loop {
            while let Some((thread, returned)) = world.poll_returned() {
                self.reply(thread, returned.result);
            }
            if world.next_event() == Some(world.now()) {
                return;
            }
            let Some(program) = self.ready.pop_front() else { return };
            self.go_on(program, world, sink);
        }
    }

    /// When the world's next event is due, or the next sleeper wakes; after [`Programs::settle`].
    #[must_use]
    pub fn next_event(&self, world: &mut World) -> Option<Instant> {
        let alarm = self.asleep.keys().next().map(|&(at, _)| at);
        world.next_event().into_iter().chain(alarm).min()
    }

    /// The world's next event happens, or the next sleepers wake if that is earlier; after [`Programs::settle`].
    /// False if there is neither.
    ///
    /// # Errors
    /// [`EndOfTime`].
    pub fn step(&mut self, world: &mut World, sink: &mut dyn Sink) -> Result<bool, EndOfTime> {
        let Some(next) = self.next_event(world) else { return Ok(false) };
        if world.next_event() == Some(next) {
            world.step(sink)?;
        } else if next == Instant::END {
            return Err(EndOfTime);
        } else {
            world.advance_to(next);
        }
        self.wake(world.now());
        Ok(true)
    }

    fn wake(&mut self, now: Instant) {
        while let Some(entry) = self.asleep.first_entry()
            && entry.key().0 <= now
        {
            let program = entry.remove();
            self.programs[program].mailbox.borrow_mut().answer(Ok(closewait::winsock::Value::Zero));
            self.ready.push_back(program);
        }
    }

    fn reply(&mut self, thread: Thread, result: CallResult) {
        if let Some(program) = self.waiting.remove(&thread) {
            self.programs[program].mailbox.borrow_mut().answer(result);
            self.ready.push_back(program);
        }
    }

    /// Polls a program once, and carries out what it asks for.
    fn go_on(&mut self, index: usize, world: &mut World, sink: &mut dyn Sink) {
        let program = &mut self.programs[index];
        program.mailbox.borrow_mut().now = world.now();
        let Some(future) = &mut program.future else { return };
        if future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            program.future = None;
            return;
        }
        let aside = program.mailbox.borrow_mut().aside.take();
        let (before, after) =
            aside.map_or(
                (None, None),
                |(call, first)| if first { (Some(call), None) } else { (None, Some(call)) },
            );
        self.call_beside(index, before, world, sink);
        self.carry_out(index, world, sink);
        self.call_beside(index, after, world, sink);
    }

    /// A call that is made beside another is answered at once.
    fn call_beside(&mut self, index: usize, call: Option<Call>, world: &mut World, sink: &mut dyn Sink) {
        let (Some(call), program) = (call, &mut self.programs[index]) else { return };
        let result = match world.call(program.thread, call, sink) {
            Outcome::Returned(returned) => returned.result,
            // It was no call to make beside another.
            Outcome::Blocked => Err(WsaError::InProgress),
        };
        program.mailbox.borrow_mut().aside_reply = Some(result);
        self.ready.push_back(index);
    }

    /// What the program asked for.
    fn carry_out(&mut self, index: usize, world: &mut World, sink: &mut dyn Sink) {
        let program = &mut self.programs[index];
        let Some(request) = program.mailbox.borrow_mut().request.take() else { return };
        match request {
            Request::Call(call) => match world.call(program.thread, call, sink) {
                Outcome::Returned(returned) => {
                    program.mailbox.borrow_mut().answer(returned.result);
                    self.ready.push_front(index);
                }
                Outcome::Blocked => {
                    self.waiting.insert(program.thread, index);
                }
            },
            Request::SleepUntil(at) => {
                self.naps += 1;
                self.asleep.insert((at.max(world.now()), self.naps), index);
            }
        }
    }
}
