//! What threads wait for, and what is to be told of sockets.

use super::super::arguments::Handle;
use super::super::blocked::{Blocked, On, Wait};
use super::super::notify::{Message, Notify, Target, Window};
use super::super::process::Handles;
use super::super::select::{Polling, Selecting};
use super::super::{ProcessId, Winsock, WsaError};
use super::in_order;
use crate::form::{Thing, Writer};
use alloc::collections::{BTreeMap, VecDeque};

impl Winsock {
    pub(super) fn handle_form(&self, process: ProcessId, handle: Handle, w: &mut Writer) {
        let handles = self.find_process(process).map(|p| in_order(&p.handles)).unwrap_or_default();
        let place = handles.iter().position(|&(h, _)| h == handle);
        w.fine("handle", place.and_then(|at| u32::try_from(at).ok()));
    }

    pub(super) fn blocked_form(&self, process: ProcessId, blocked: &Blocked, w: &mut Writer) {
        // Since when it waits is for reports.
        let Blocked { on, handle, wait, since: _, until } = blocked;
        match on {
            On::Nothing => w.put("on", "nothing"),
            On::Socket(id) => w.id("on", Thing::User, id.0),
            On::Sockets(ids) => ids.iter().for_each(|id| w.id("on", Thing::User, id.0)),
        }
        self.handle_form(process, *handle, w);
        w.put("patient", until.is_none());
        if let Some(until) = until {
            w.at("until", *until);
        }
        w.put("wait", wait.call());
        match wait {
            Wait::Connect | Wait::Closesocket => {}
            Wait::Accept { condition } => w.put("condition", *condition),
            Wait::Recv { len, flags } | Wait::Recvfrom { len, flags } => {
                w.count("len", *len);
                w.put("flags", *flags);
            }
            Wait::Send { data, urgent } => {
                w.text("data", data.clone());
                w.put("urgent", *urgent);
            }
            Wait::Select(selecting) => {
                let Selecting { read, write, except } = &**selecting;
                for (name, set) in [("read", read), ("write", write), ("except", except)] {
                    w.put(name, set.is_some());
                    for &(handle, id) in set.iter().flatten() {
                        self.handle_form(process, handle, w);
                        w.id("of", Thing::User, id.0);
                    }
                }
            }
            Wait::Poll(polling) => {
                let Polling { entries } = &**polling;
                for (id, events) in entries {
                    w.put("events", i32::from(*events));
                    id.iter().for_each(|id| w.id("of", Thing::User, id.0));
                }
            }
            Wait::Events { events, all } => {
                w.put("all", *all);
                events.iter().for_each(|id| w.id("event", Thing::Event, id.0));
            }
        }
    }

    pub(super) fn notify_form(&self, notify: &Notify, w: &mut Writer) {
        let Notify { to, mask, recorded, posted, news, seen, arrived, connect_error } = notify;
        match to {
            Target::Nobody => w.put("to", "nobody"),
            // Which handle it was made with is for reports.
            Target::Event { process: _, event, socket: _ } => w.id("to", Thing::Event, event.0),
            Target::Window { process, window: Window(window), socket } => {
                w.put("to", *window);
                self.process_form("window's", *process, w);
                self.handle_form(*process, *socket, w);
            }
        }
        for (name, events) in
            [("mask", mask), ("recorded", recorded), ("posted", posted), ("news", news), ("seen", seen)]
        {
            w.put(name, *events);
        }
        w.count("arrived", *arrived);
        w.put("connect_error", connect_error.map(WsaError::code));
    }

    pub(super) fn messages_form(
        &self,
        handles: &Handles,
        messages: &BTreeMap<Window, VecDeque<Message>>,
        w: &mut Writer,
    ) {
        for (Window(window), messages) in messages {
            w.put("window", *window);
            w.count("messages", messages.len());
            for Message { socket, event } in messages {
                let place = in_order(handles).iter().position(|&(handle, _)| handle == *socket);
                w.fine("handle", place.and_then(|at| u32::try_from(at).ok()));
                w.put("event", event.event.bit());
                w.put("error", event.error.map(WsaError::code));
            }
        }
    }
}
