//! Handles and what they share: WSADuplicateSocket and WSASocket, DuplicateHandle, CloseHandle (WF-7.1 to 7.12).

use super::answer::{Attempt, Value};
use super::arguments::{Handle, ProtocolInfo};
use super::error::WsaError;
use super::process::{Object, ProcessId, ThreadId};
use super::socket::{MadeBy, Phase, SocketId};
use super::{Outcome, Winsock};
use crate::rule::Rule;
use crate::stack::Stack;
use crate::time::Instant;
use alloc::collections::BTreeMap;

/// What a WSAPROTOCOL_INFO stands for: one descriptor of a socket that its process has not taken yet. It counts as a
/// descriptor until then, or until its process ends (R83).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Info {
    pub(super) socket: SocketId,
    /// Whose it is.
    pub(super) process: ProcessId,
}

/// The infos of a host that nobody has taken yet, by their numbers, which are never given again.
#[derive(Clone, Debug, Default)]
pub(super) struct Infos {
    pub(super) open: BTreeMap<u32, Info>,
    pub(super) next: u32,
}

impl Winsock {
    /// WF-7.9: the process is looked at before the pointer.
    pub(super) fn duplicate_socket(
        &mut self,
        id: SocketId,
        number: u32,
        info: bool,
    ) -> Result<Value, WsaError> {
        let process = self.process_numbered(number).ok_or(WsaError::Inval)?;
        if !info {
            return Err(WsaError::Fault);
        }
        let number = self.infos.next;
        self.infos.next = number.checked_add(1).ok_or(WsaError::NoBufs)?;
        self.infos.open.insert(number, Info { socket: id, process });
        self.sockets.get_mut(id).references += 1;
        Ok(Value::Info(ProtocolInfo(number)))
    }

    /// WF-7.10: an info is good for one WSASocket, of the process that it was made for.
    pub(super) fn socket_from_info(
        &mut self,
        (thread, now): (ThreadId, Instant),
        info: ProtocolInfo,
    ) -> Result<Value, WsaError> {
        let process = self.thread(thread).process;
        let Info { socket, .. } = self
            .infos
            .open
            .get(&info.0)
            .copied()
            .filter(|info| info.process == process)
            .ok_or(WsaError::Inval)?;
        let unnamed = self.sockets.get(socket).phase == Phase::Datagram(None);
        let handles = &mut self.process_mut(process).handles;
        let handle = handles.insert(Object::Socket(socket));
        let made_by = MadeBy { call: "WSASocket", thread, at: now };
        handles.duplicates.extend(handle.map(|handle| (handle.0, made_by)));
        handles.unnamed.extend(handle.filter(|_| unnamed).map(|handle| handle.0));
        if handle.is_some() {
            self.infos.open.remove(&info.0);
        }
        handle.map(Value::Handle).ok_or(WsaError::NoBufs)
    }

    pub(super) fn duplicate_handle(
        &mut self,
        (thread, now): (ThreadId, Instant),
        handle: Handle,
    ) -> Result<Value, WsaError> {
        let process = self.thread(thread).process;
        let object = self.process(process).handles.get(handle).ok_or(WsaError::InvalidHandle)?;
        let duplicate = match object {
            Object::Closing(_) => None,
            Object::Socket(_) | Object::Event(_) => self.process_mut(process).handles.insert(object),
        };
        match object {
            Object::Closing(_) => return Err(WsaError::InvalidHandle),
            Object::Socket(id) if let Some(new) = duplicate => {
                self.sockets.get_mut(id).references += 1;
                let made_by = MadeBy { call: "DuplicateHandle", thread, at: now };
                self.process_mut(process).handles.duplicates.insert(new.0, made_by);
            }
            Object::Event(id) if duplicate.is_some() => self.events.hold(id),
            Object::Socket(_) | Object::Event(_) => {}
        }
        duplicate.map(Value::Handle).ok_or(WsaError::NoBufs)
    }

    /// CloseHandle: of an event it is WSACloseEvent; of a socket, a close that Winsock has no part in (R40).
    pub(super) fn close_handle(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        handle: Handle,
    ) -> Outcome {
        let process = self.thread(thread).process;
        let attempt = match self.process(process).handles.get(handle) {
            Some(Object::Socket(id)) => {
                self.close_behind_winsock(stack, now, process, (id, handle));
                Attempt::Done(Ok(Value::Bool(true)), Rule::HandleClosed)
            }
            Some(Object::Event(_)) => self.close_event(process, handle).into(),
            Some(Object::Closing(_)) | None => Attempt::fail(WsaError::InvalidHandle),
        };
        self.immediate(attempt)
    }
}
