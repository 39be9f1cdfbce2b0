//! The life of processes and threads: WSAStartup, WSACleanup, and their ends (R18, R19, R33, R54).

use super::Winsock;
use super::answer::{CallResult, Return, Value, WsaData};
use super::blocked::{Blocked, Wait};
use super::error::WsaError;
use super::process::{self, ProcessId, ThreadId};
use super::socket::Phase;
use crate::rule::Rule;
use crate::stack::Stack;
use crate::time::Instant;

impl Winsock {
    /// WF-8.3 to 8.6: the version is looked at before the pointer.
    pub(super) fn wsa_startup(
        &mut self,
        process: ProcessId,
        version: u16,
        data: bool,
    ) -> Result<Value, WsaError> {
        let agreed = process::negotiate(version).ok_or(WsaError::VerNotSupported)?;
        if !data {
            return Err(WsaError::Fault);
        }
        let legacy = agreed.to_le_bytes()[0] < 2;
        let process = self.process_mut(process);
        process.startups += 1;
        process.legacy |= legacy;
        let (max_sockets, max_udp_dg) = if legacy { (32_767, 65_467) } else { (0, 0) };
        Ok(Value::Startup(WsaData {
            version: agreed,
            high_version: process::HIGHEST,
            max_sockets,
            max_udp_dg,
        }))
    }

    /// WF-8.7: one of so many; the last closes every socket of the process (R18).
    pub(super) fn cleanup(&mut self, stack: &mut Stack, now: Instant, id: ProcessId) -> CallResult {
        let process = self.process_mut(id);
        process.startups -= 1;
        if process.startups > 0 {
            return Ok(Value::Zero);
        }
        process.legacy = false;
        self.close_all(stack, now, id);
        for thread in self.threads_of(id) {
            self.thread_mut(thread).hook = false;
            let wait = self.thread(thread).blocked.as_ref().map(|blocked| blocked.wait.clone());
            let result = match wait {
                None | Some(Wait::Events { .. }) => continue,
                // R33.
                Some(Wait::Closesocket) => {
                    self.stop_lingering(stack, thread);
                    Ok(Value::Zero)
                }
                // What other processes hold open, too.
                Some(_) => {
                    self.stop_waiting(stack, now, thread);
                    Err(WsaError::Intr)
                }
            };
            self.returned(stack, thread, Return { result, rule: Rule::Cleanup });
        }
        Ok(Value::Zero)
    }

    /// A thread ends: its blocked call goes with it, unreturned.
    pub(crate) fn end_thread(&mut self, stack: &mut Stack, now: Instant, thread: ThreadId) {
        if self.find_thread(thread).is_none() {
            return;
        }
        if !self.stop_lingering(stack, thread) {
            self.stop_waiting(stack, now, thread);
        }
        let thread = self.thread_mut(thread);
        (thread.ended, thread.asking) = (true, None);
    }

    /// R19: a process ends, of itself or killed: its threads make no more calls and theirs do not return, and its sockets
    /// are closed as by the last WSACleanup, with what its threads wait for still pending (WF-8.15).
    pub(crate) fn end_process(&mut self, stack: &mut Stack, now: Instant, id: ProcessId) {
        if self.find_process(id).is_none() {
            return;
        }
        let threads = self.threads_of(id);
        for &thread in &threads {
            self.stop_lingering(stack, thread);
            self.thread_mut(thread).ended = true;
        }
        self.close_all(stack, now, id);
        for thread in threads {
            self.stop_waiting(stack, now, thread);
            self.thread_mut(thread).asking = None;
        }
        for (handle, event) in self.process(id).handles.events() {
            self.process_mut(id).handles.remove(handle);
            self.events.release(event);
        }
        let process = self.process_mut(id);
        process.messages.clear();
        (process.ended, process.startups) = (true, 0);
    }

    /// A thread's blocked call is no more.
    fn stop_waiting(&mut self, stack: &mut Stack, now: Instant, thread: ThreadId) {
        let Some(blocked) = self.thread(thread).blocked.clone() else { return };
        self.unblock(thread);
        for &id in blocked.on.as_slice() {
            self.settle_shut_receive(stack, now, id);
        }
    }

    /// R33: if the thread lingers in closesocket it does no more, and the connection keeps its deadline.
    fn stop_lingering(&mut self, stack: &mut Stack, thread: ThreadId) -> bool {
        let Some(Blocked { wait: Wait::Closesocket, on, handle, .. }) = self.thread(thread).blocked.clone()
        else {
            return false;
        };
        self.unblock(thread);
        let process = self.thread(thread).process;
        self.process_mut(process).handles.remove(handle);
        for &id in on.as_slice() {
            if let Phase::Closing(conn) = self.sockets.get(id).phase {
                stack.detach(conn);
                self.forget(stack, id);
            }
        }
        true
    }
}
