//! Network events: what WSAEventSelect records and WSAAsyncSelect posts.
//!
//! Both look at the same conditions of a socket, and tell of them differently ([`Notify::recorded`],
//! [`Notify::posted`]; R82):
//!
//! | | WSAEventSelect | WSAAsyncSelect |
//! |---|---|---|
//! | a condition becomes true | recorded, wanted or not | posted if wanted |
//! | more of the same arrives (data, a connection) | recorded again | nothing, until the call that re-enables it |
//! | the call that re-enables it, and there is more | recorded again | posted again |
//! | registered again | nothing, but what was recorded counts | whatever is true is posted again |
//!
//! recv re-enables FD_READ, accept FD_ACCEPT, recv with MSG_OOB FD_OOB, a send that fails with WSAEWOULDBLOCK FD_WRITE.
//! FD_CLOSE is told once. Closing the socket ends the registration, and what was posted stays (CS-B4, CS-E13).

use super::answer::Value;
use super::arguments::Handle;
use super::call::Call;
use super::consts;
use super::error::WsaError;
use super::event::EventId;
use super::process::ProcessId;
use super::socket::{Phase, SocketId};
use super::{CallResult, Output, Winsock, io};
use crate::profile::{Arrivals, FdClose, Profile, ResetCode};
use crate::rule::Rule;
use crate::stack::Stack;
use crate::tcp::Cause;
use crate::time::Instant;
use alloc::vec::Vec;

/// A window of a process: where messages are posted. Every number is one; it takes no call to make it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Window(pub u32);

/// A network event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FdEvent {
    /// FD_READ
    Read,
    /// FD_WRITE
    Write,
    /// FD_OOB
    Oob,
    /// FD_ACCEPT
    Accept,
    /// FD_CONNECT
    Connect,
    /// FD_CLOSE
    Close,
}

impl FdEvent {
    /// In the order in which several are posted at one instant.
    pub const ALL: [Self; 6] = [Self::Connect, Self::Accept, Self::Read, Self::Oob, Self::Write, Self::Close];

    /// FD_READ and its like, as winsock2.h has them.
    #[must_use]
    pub const fn bit(self) -> i32 {
        match self {
            Self::Read => consts::FD_READ,
            Self::Write => consts::FD_WRITE,
            Self::Oob => consts::FD_OOB,
            Self::Accept => consts::FD_ACCEPT,
            Self::Connect => consts::FD_CONNECT,
            Self::Close => consts::FD_CLOSE,
        }
    }

    /// Its name in winsock2.h.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "FD_READ",
            Self::Write => "FD_WRITE",
            Self::Oob => "FD_OOB",
            Self::Accept => "FD_ACCEPT",
            Self::Connect => "FD_CONNECT",
            Self::Close => "FD_CLOSE",
        }
    }
}

/// A network event with its error code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NetworkEvent {
    /// Which.
    pub event: FdEvent,
    /// `iErrorCode`, or the high word of `lParam`; None is 0.
    pub error: Option<WsaError>,
}

/// A message that WSAAsyncSelect posted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Message {
    /// `wParam`: the socket.
    pub socket: Handle,
    /// What happened to it.
    pub event: NetworkEvent,
}

/// A network event that a program was told of, or can ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Told {
    /// Whose process.
    pub process: ProcessId,
    /// The handle that was registered.
    pub socket: Handle,
    /// What happened.
    pub event: NetworkEvent,
    /// WSAAsyncSelect: the window that it was posted to; None: WSAEventSelect recorded it.
    pub posted: Option<Window>,
    /// Why.
    pub rule: Rule,
}

/// Who is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Target {
    /// Nobody: the registration was ended. What was told stays told.
    Nobody,
    /// WSAEventSelect, with this handle of this process.
    Event { process: ProcessId, event: EventId, socket: Handle },
    /// WSAAsyncSelect, with this handle of this process.
    Window { process: ProcessId, window: Window, socket: Handle },
}

/// Bits of [`FdEvent::bit`].
pub(super) type Events = i32;

/// What a socket that was ever registered knows of its network events.
#[derive(Clone, Debug)]
pub(super) struct Notify {
    pub(super) to: Target,
    /// What the program asked for.
    pub(super) mask: Events,
    /// WSAEventSelect: what happened and was not told, wanted or not.
    pub(super) recorded: Events,
    /// WSAAsyncSelect: what was posted and not yet re-enabled.
    pub(super) posted: Events,
    /// What has become true since it was looked at last, and is over already: a connect that was decided.
    pub(super) news: Events,
    /// What was true when it was looked at last; FD_WRITE until a send failed, whatever filled the buffer since.
    pub(super) seen: Events,
    /// How much could be read then, and how many connections waited.
    pub(super) arrived: usize,
    /// FD_CONNECT's code.
    pub(super) connect_error: Option<WsaError>,
}

impl Notify {
    fn new(to: Target, mask: Events) -> Self {
        Self { to, mask, recorded: 0, posted: 0, news: 0, seen: 0, arrived: 0, connect_error: None }
    }
}

impl Notify {
    /// The event that the registration holds.
    pub(super) fn event(&self) -> Option<EventId> {
        if let Target::Event { event, .. } = self.to { Some(event) } else { None }
    }
}

/// What is true of a socket now.
struct Conditions {
    true_now: Events,
    arrived: usize,
    close_error: Option<WsaError>,
}

impl Winsock {
    fn conditions(&self, stack: &Stack, id: SocketId) -> Conditions {
        let socket = self.sockets.get(id);
        let bit = |event: FdEvent, set: bool| if set { event.bit() } else { 0 };
        let (mut error, mut arrived) = (None, 0);
        let true_now = match socket.phase {
            Phase::Listening(listener) => {
                arrived = stack.waiting(listener);
                bit(FdEvent::Accept, arrived > 0)
            }
            Phase::Connected(conn) => {
                let (state, profile) = (stack.state(conn), stack.profile());
                arrived = state.readable();
                error = state.cause().and_then(|cause| close_error(cause, profile));
                let ended = state.fin_received() || state.cause().is_some();
                let held_back = match profile.fd_close {
                    FdClose::AfterRead => arrived > 0,
                    FdClose::AtOnce => false,
                };
                bit(FdEvent::Read, arrived > 0)
                    | bit(FdEvent::Oob, self.is_urgent(stack, id))
                    | bit(FdEvent::Write, self.is_writable(stack, id) && state.cause().is_none())
                    | bit(FdEvent::Close, ended && !held_back)
            }
            Phase::Datagram(bound) => {
                arrived = bound.map_or(0, |bound| stack.datagrams_waiting(bound));
                let by_message =
                    socket.waiters.notify().is_some_and(|n| matches!(n.to, Target::Window { .. }));
                bit(FdEvent::Read, arrived > 0) | bit(FdEvent::Write, bound.is_some() || by_message)
            }
            Phase::Unconnected | Phase::Connecting(_) | Phase::Closing(_) => 0,
        };
        Conditions { true_now, arrived, close_error: error }
    }

    /// Something happened to a socket: what is new is told.
    pub(super) fn notice(&mut self, stack: &mut Stack, now: Instant, id: SocketId) {
        if self.sockets.find(id).is_none_or(|socket| socket.waiters.notify().is_none()) {
            return;
        }
        let conditions = self.conditions(stack, id);
        let Conditions { true_now, arrived, .. } = conditions;
        let Some(notify) = self.sockets.get_mut(id).waiters.notify_mut() else { return };
        let mut new = true_now & !notify.seen | core::mem::take(&mut notify.news);
        if arrived > notify.arrived && stack.profile().event_arrivals == Arrivals::Each {
            new |= true_now & (consts::FD_READ | consts::FD_ACCEPT);
        }
        notify.recorded |= new;
        (notify.seen, notify.arrived) = (true_now | notify.seen & consts::FD_WRITE, arrived);
        self.tell(stack, now, id, &conditions, new);
    }

    /// Posts what was not posted; signals the event if there is something new for it.
    fn tell(&mut self, stack: &mut Stack, now: Instant, id: SocketId, conditions: &Conditions, new: Events) {
        let Some(notify) = self.sockets.get_mut(id).waiters.notify_mut() else { return };
        match notify.to {
            Target::Nobody => {}
            Target::Event { process, event: object, socket } => {
                let (new, connect_error) = (new & notify.mask, notify.connect_error);
                for event in FdEvent::ALL.into_iter().filter(|event| new & event.bit() != 0) {
                    let error = code(event, connect_error, conditions.close_error);
                    let event = NetworkEvent { event, error };
                    self.tell_of(stack, Told { process, socket, event, posted: None, rule: rule_of(event) });
                }
                if new != 0 {
                    self.signal(stack, now, object);
                }
            }
            Target::Window { process, window, socket } => {
                let connect = notify.recorded & consts::FD_CONNECT;
                let post = (conditions.true_now | connect) & notify.mask & !notify.posted;
                notify.posted |= post;
                notify.recorded &= !post;
                let connect_error = notify.connect_error;
                for event in FdEvent::ALL.into_iter().filter(|event| post & event.bit() != 0) {
                    let error = code(event, connect_error, conditions.close_error);
                    self.post(
                        stack,
                        process,
                        window,
                        Message { socket, event: NetworkEvent { event, error } },
                    );
                }
            }
        }
    }

    fn tell_of(&mut self, stack: &Stack, told: Told) {
        if !self.quiet {
            self.out.push_back((stack.outputs().1, Output::Told(told)));
        }
    }

    fn post(&mut self, stack: &Stack, process: ProcessId, window: Window, message: Message) {
        let Message { socket, event } = message;
        self.tell_of(stack, Told { process, socket, event, posted: Some(window), rule: rule_of(event) });
        if self.find_process(process).is_some() {
            self.process_mut(process).messages.entry(window).or_default().push_back(message);
        }
    }

    pub(super) fn peek_message(&mut self, process: ProcessId, window: Window) -> Value {
        let messages = &mut self.process_mut(process).messages;
        let message = messages.get_mut(&window).and_then(alloc::collections::VecDeque::pop_front);
        if messages.get(&window).is_some_and(alloc::collections::VecDeque::is_empty) {
            messages.remove(&window);
        }
        Value::Message(message)
    }

    /// A connect begins: what was told of the last attempt is over.
    pub(super) fn forget_events(&mut self, id: SocketId) {
        if let Some(notify) = self.sockets.get_mut(id).waiters.notify_mut() {
            let Notify { to, mask, .. } = *notify;
            *notify = Notify::new(to, mask);
        }
    }

    /// A connect was decided.
    pub(super) fn connect_decided(&mut self, id: SocketId, error: Option<WsaError>) {
        if let Some(notify) = self.sockets.get_mut(id).waiters.notify_mut() {
            notify.news |= consts::FD_CONNECT;
            notify.connect_error = error;
            // FD_CONNECT is no condition that goes on: it is new each time.
            notify.posted &= !consts::FD_CONNECT;
        }
    }

    /// A datagram socket was given its only other end: WSAEventSelect records FD_CONNECT, and both tell of FD_WRITE.
    pub(super) fn datagrams_connected(&mut self, stack: &mut Stack, now: Instant, id: SocketId) {
        if let Some(notify) = self.sockets.get_mut(id).waiters.notify_mut()
            && !matches!(notify.to, Target::Window { .. })
        {
            notify.news |= consts::FD_CONNECT;
            notify.connect_error = None;
        }
        self.reenable(stack, now, id, (FdEvent::Write, true));
        self.notice(stack, now, id);
    }

    pub(super) fn event_select(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        process: ProcessId,
        (id, s): (SocketId, Handle),
        (event, events): (Option<Handle>, i32),
    ) -> Result<Value, WsaError> {
        if events & !consts::FD_ALL_EVENTS != 0 {
            return Err(WsaError::Inval);
        }
        let event = match event.map(|handle| self.event_of(process, handle)) {
            Some(None) => return Err(WsaError::Inval),
            Some(Some(event)) => Some(event),
            None if events != 0 => return Err(WsaError::Inval),
            None => None,
        };
        let to = match event {
            Some(event) if events != 0 => {
                self.events.hold(event);
                Target::Event { process, event, socket: s }
            }
            Some(_) | None => Target::Nobody,
        };
        self.register(stack, now, id, to, events);
        Ok(Value::Zero)
    }

    pub(super) fn async_select(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        process: ProcessId,
        (id, s): (SocketId, Handle),
        (window, events): (Option<Window>, i32),
    ) -> Result<Value, WsaError> {
        if events & !consts::FD_ALL_EVENTS != 0 {
            return Err(WsaError::Inval);
        }
        let to = match window {
            None => return Err(WsaError::Inval),
            Some(window) if events != 0 => Target::Window { process, window, socket: s },
            Some(_) => Target::Nobody,
        };
        self.register(stack, now, id, to, events);
        Ok(Value::Zero)
    }

    /// WF-7.8: a new registration, by whichever descriptor, takes the place of the one before. WF-6.12: the socket is
    /// nonblocking from then on.
    fn register(&mut self, stack: &mut Stack, now: Instant, id: SocketId, to: Target, mask: Events) {
        let socket = self.sockets.get_mut(id);
        socket.nonblocking = true;
        let connected = matches!(socket.phase, Phase::Connected(_)) && !socket.accepted;
        let before = socket.waiters.set_notify(None);
        let fresh =
            Notify { recorded: if connected { consts::FD_CONNECT } else { 0 }, ..Notify::new(to, mask) };
        let mut notify = match before.clone() {
            Some(before) => Notify { to, mask, posted: 0, ..before },
            None => fresh,
        };
        if matches!(to, Target::Window { .. }) {
            // WSAAsyncSelect tells only of a connect that is decided after it.
            notify.recorded &= !consts::FD_CONNECT;
        }
        socket.waiters.set_notify(Some(notify));
        if let Some(event) = before.and_then(|before| before.event()) {
            self.events.release(event);
        }
        self.notice(stack, now, id);
        let recorded = self.sockets.get(id).waiters.notify().map_or(0, |notify| notify.recorded);
        let conditions = self.conditions(stack, id);
        self.tell(stack, now, id, &conditions, recorded);
    }

    /// Whether WSAEventSelect or WSAAsyncSelect is in force.
    pub(super) fn has_registration(&self, id: SocketId) -> bool {
        self.sockets.get(id).waiters.notify().is_some_and(|notify| notify.to != Target::Nobody)
    }

    /// The socket is closed: its registration ends, without a word (CS-B4, CS-E13).
    pub(super) fn unregister(&mut self, id: SocketId) {
        if let Some(notify) = self.sockets.get_mut(id).waiters.set_notify(None)
            && let Some(event) = notify.event()
        {
            self.events.release(event);
        }
    }

    /// WF-6.2, R40: CloseHandle knows nothing of Winsock: FD_CLOSE is told, and then the registration ends.
    pub(super) fn tell_of_close(&mut self, stack: &mut Stack, now: Instant, id: SocketId) {
        let Some(notify) = self.sockets.get(id).waiters.notify() else { return };
        if notify.mask & consts::FD_CLOSE == 0 {
            return;
        }
        match notify.to {
            Target::Nobody => {}
            Target::Event { event, .. } => self.signal(stack, now, event),
            Target::Window { process, window, socket } => {
                let event = NetworkEvent { event: FdEvent::Close, error: None };
                self.post(stack, process, window, Message { socket, event });
            }
        }
    }

    /// WF-2.39: what accept gives the new socket of its listener's registration.
    pub(super) fn inherited(
        &mut self,
        listener: SocketId,
        process: ProcessId,
        handle: Handle,
    ) -> Option<Notify> {
        let &Notify { to, mask, .. } = self.sockets.get(listener).waiters.notify()?;
        let to = match to {
            Target::Nobody => return None,
            Target::Event { event, .. } => {
                self.events.hold(event);
                Target::Event { process, event, socket: handle }
            }
            Target::Window { window, .. } => Target::Window { process, window, socket: handle },
        };
        Some(Notify::new(to, mask))
    }

    /// WSAEnumNetworkEvents: what was recorded and is wanted, which is forgotten then.
    pub(super) fn enum_network_events(
        &mut self,
        stack: &Stack,
        process: ProcessId,
        id: SocketId,
        (event, out): (Option<Handle>, bool),
    ) -> Result<Value, WsaError> {
        let event = match event.map(|handle| self.event_of(process, handle)) {
            Some(None) => return Err(WsaError::Inval),
            Some(event) => event,
            None => None,
        };
        if !out {
            return Err(WsaError::Fault);
        }
        let close_error = self.conditions(stack, id).close_error;
        let mut told = Vec::new();
        if let Some(notify) = self.sockets.get_mut(id).waiters.notify_mut() {
            let events = notify.recorded & notify.mask;
            notify.recorded &= !events;
            told.extend(
                FdEvent::ALL.into_iter().filter(|event| events & event.bit() != 0).map(|event| {
                    NetworkEvent { event, error: code(event, notify.connect_error, close_error) }
                }),
            );
        }
        if let Some(event) = event {
            self.events.get_mut(event).signalled = false;
        }
        Ok(Value::NetworkEvents(told))
    }

    /// A call that re-enables a network event has returned: if the condition still holds it is told again. WSAEventSelect
    /// minds only those that succeeded.
    pub(super) fn reenable(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        id: SocketId,
        (event, done): (FdEvent, bool),
    ) {
        if self.sockets.find(id).is_none_or(|socket| socket.waiters.notify().is_none()) {
            return;
        }
        let conditions = self.conditions(stack, id);
        let Some(notify) = self.sockets.get_mut(id).waiters.notify_mut() else { return };
        notify.posted &= !event.bit();
        let again = event.bit() & conditions.true_now;
        if done {
            notify.recorded = notify.recorded & !event.bit() | again;
            notify.seen = notify.seen & !event.bit() | again;
            notify.arrived = conditions.arrived;
        }
        self.tell(stack, now, id, &conditions, if done { again } else { 0 });
    }
}

/// Which event a call can re-enable.
pub(super) const fn reenabled_by(call: &Call) -> Option<FdEvent> {
    if let Call::Recv { flags, .. } | Call::Recvfrom { flags, .. } = call {
        Some(if *flags & consts::MSG_OOB != 0 { FdEvent::Oob } else { FdEvent::Read })
    } else if let Call::Accept { .. } | Call::WsaAccept { .. } = call {
        Some(FdEvent::Accept)
    } else if let Call::Send { .. } | Call::Sendto { .. } = call {
        Some(FdEvent::Write)
    } else {
        None
    }
}

/// Whether a call's result re-enables the event; if so, whether the call did what it is for.
pub(super) fn reenables(event: FdEvent, result: &CallResult) -> Option<bool> {
    match event {
        FdEvent::Read | FdEvent::Oob => Some(result.is_ok()),
        FdEvent::Accept => Some(matches!(result, Ok(Value::Accepted(..)))),
        FdEvent::Write => (*result == Err(WsaError::WouldBlock)).then_some(true),
        FdEvent::Connect | FdEvent::Close => None,
    }
}

/// Why an event is told of.
fn rule_of(NetworkEvent { event, error }: NetworkEvent) -> Rule {
    match (event, error) {
        (FdEvent::Close, Some(_)) => Rule::ClosedByError,
        (
            FdEvent::Read
            | FdEvent::Write
            | FdEvent::Oob
            | FdEvent::Accept
            | FdEvent::Connect
            | FdEvent::Close,
            _,
        ) => Rule::NetworkEvent,
    }
}

fn code(event: FdEvent, connect: Option<WsaError>, close: Option<WsaError>) -> Option<WsaError> {
    match event {
        FdEvent::Connect => connect,
        FdEvent::Close => close,
        FdEvent::Read | FdEvent::Write | FdEvent::Oob | FdEvent::Accept => None,
    }
}

/// FD_CLOSE's code (R9, WF-3.11).
fn close_error(cause: Cause, profile: &Profile) -> Option<WsaError> {
    match (cause, profile.fd_close_reset) {
        (Cause::Reset | Cause::ResetAfterFin | Cause::ResetClosing, ResetCode::ConnReset) => {
            Some(WsaError::ConnReset)
        }
        (Cause::Reset | Cause::ResetAfterFin | Cause::ResetClosing, ResetCode::ConnAborted) => {
            Some(WsaError::ConnAborted)
        }
        (cause, _) => io::pending_error(cause, profile),
    }
}
