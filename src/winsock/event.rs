//! Event objects: made by WSACreateEvent, counted by their handles and by whoever waits for them or signals them, reset
//! by hand.

use super::answer::{Attempt, Value};
use super::arguments::Handle;
use super::blocked::{Blocked, On, Wait};
use super::consts;
use super::error::WsaError;
use super::process::{Object, ProcessId, ThreadId};
use super::{Outcome, Winsock};
use crate::rule::Rule;
use crate::stack::Stack;
use crate::time::{Duration, Instant};
use alloc::vec::Vec;
use slab::Slab;

/// An event object of a host.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EventId(pub(super) u32);

#[derive(Clone, Debug, Default)]
pub(super) struct Event {
    pub(super) signalled: bool,
    /// Handles, registrations and waits that hold it.
    pub(super) references: u32,
    /// Threads that wait for it, in the order of their calls.
    pub(super) waiters: Vec<ThreadId>,
}

/// The events of a host.
#[derive(Clone, Debug, Default)]
pub(super) struct Events {
    slots: Slab<Event>,
}

impl Events {
    fn insert(&mut self) -> EventId {
        let slot = self.slots.insert(Event { references: 1, ..Event::default() });
        EventId(u32::try_from(slot).expect("fewer than 2^32 events in a host"))
    }

    pub(super) fn get(&self, id: EventId) -> &Event {
        &self.slots[id.0 as usize]
    }

    pub(super) fn get_mut(&mut self, id: EventId) -> &mut Event {
        &mut self.slots[id.0 as usize]
    }

    pub(super) fn hold(&mut self, id: EventId) {
        self.get_mut(id).references += 1;
    }

    /// Whoever held it does so no more; the last one takes it along.
    pub(super) fn release(&mut self, id: EventId) {
        let event = self.get_mut(id);
        event.references -= 1;
        if event.references == 0 {
            self.slots.remove(id.0 as usize);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (EventId, &Event)> {
        self.slots.iter().map(|(slot, event)| (EventId(u32::try_from(slot).unwrap_or(u32::MAX)), event))
    }
}

impl Winsock {
    pub(super) fn create_event(&mut self, process: ProcessId) -> Result<Value, WsaError> {
        let id = self.events.insert();
        let handle = self.process_mut(process).handles.insert(Object::Event(id));
        if handle.is_none() {
            self.events.release(id);
        }
        handle.map(Value::Handle).ok_or(WsaError::NoBufs)
    }

    /// The event behind a handle.
    pub(super) fn event_of(&self, process: ProcessId, handle: Handle) -> Option<EventId> {
        match self.process(process).handles.get(handle) {
            Some(Object::Event(id)) => Some(id),
            Some(Object::Socket(_) | Object::Closing(_)) | None => None,
        }
    }

    pub(super) fn close_event(&mut self, process: ProcessId, handle: Handle) -> Result<Value, WsaError> {
        let id = self.event_of(process, handle).ok_or(WsaError::InvalidHandle)?;
        self.process_mut(process).handles.remove(handle);
        self.events.release(id);
        Ok(Value::Bool(true))
    }

    pub(super) fn set_event(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        process: ProcessId,
        (handle, signalled): (Handle, bool),
    ) -> Result<Value, WsaError> {
        let id = self.event_of(process, handle).ok_or(WsaError::InvalidHandle)?;
        if signalled {
            self.signal(stack, now, id);
        } else {
            self.events.get_mut(id).signalled = false;
        }
        Ok(Value::Bool(true))
    }

    /// The event is signalled; whoever can return for that, does.
    pub(super) fn signal(&mut self, stack: &mut Stack, now: Instant, id: EventId) {
        self.events.get_mut(id).signalled = true;
        for thread in self.events.get(id).waiters.clone() {
            if self.thread(thread).blocked.is_some() {
                self.retry(stack, now, thread);
            }
        }
    }

    pub(super) fn wait_for_events(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        handles: Option<&[Handle]>,
        (all, timeout): (bool, Option<u32>),
    ) -> Outcome {
        let process = self.thread(thread).process;
        let handles = match handles {
            None => return self.immediate(Attempt::fail(WsaError::InvalidParameter)),
            Some(handles) if handles.is_empty() || handles.len() > consts::WSA_MAXIMUM_WAIT_EVENTS => {
                return self.immediate(Attempt::fail(WsaError::InvalidParameter));
            }
            Some(handles) => handles,
        };
        let events: Option<Vec<_>> = handles.iter().map(|&handle| self.event_of(process, handle)).collect();
        let Some(events) = events else { return self.immediate(Attempt::fail(WsaError::InvalidHandle)) };
        let blocked = Blocked {
            on: On::Nothing,
            handle: handles[0],
            wait: Wait::Events { events, all },
            since: now,
            until: timeout.map(|ms| now + Duration::from_millis(ms.into())),
        };
        self.attempt_or_wait(stack, now, thread, blocked)
    }

    /// Whether the events that a thread waits for are signalled.
    pub(super) fn try_events(&self, events: &[EventId], all: bool) -> Attempt {
        let signalled = |id: &EventId| self.events.get(*id).signalled;
        let place =
            if all { events.iter().all(signalled).then_some(0) } else { events.iter().position(signalled) };
        match place.and_then(|place| u32::try_from(place).ok()) {
            Some(place) => Attempt::Done(Ok(Value::Waited(place)), Rule::EventSignalled),
            None => Attempt::Wait,
        }
    }
}
