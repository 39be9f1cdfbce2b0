//! The log as `tracing` events with virtual time, so that it interleaves with a program's own.

use super::messages::describe as describe_message;
use super::text::describe_told;
use super::{Entry, Sink, What, describe_call, describe_result};

/// A sink that publishes each entry as a `tracing` event: target `closewait`, level DEBUG, fields `at` (virtual
/// time in seconds), `host` (its index), `rule`, and a message.
///
/// ```
/// use closewait_sim::{Sink, trace::Tracing};
/// assert!(!Tracing.enabled(), "nobody subscribes here");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Tracing;

impl Sink for Tracing {
    fn enabled(&self) -> bool {
        tracing::enabled!(target: "closewait", tracing::Level::DEBUG)
    }

    fn record(&mut self, entry: Entry) {
        let Entry { at, host, what, .. } = entry;
        let host = host.map(crate::world::HostId::index);
        let (rule, message) = message(&what);
        tracing::debug!(target: "closewait", %at, host, rule = rule.map(tracing::field::display), "{message}");
    }
}

fn message(what: &What) -> (Option<closewait::rule::Rule>, String) {
    match what {
        What::Call { call, .. } => (None, describe_call(call)),
        What::Blocked { .. } => (None, "blocks".into()),
        What::Returned { returned, .. } => (Some(returned.rule), describe_result(&returned.result)),
        What::Sent { packet, rule, .. } => {
            (Some(*rule), format!("{} > {}: {}", packet.src, packet.dst, packet.segment.flags))
        }
        What::Received { packet } => {
            (None, format!("{} < {}: {}", packet.dst, packet.src, packet.segment.flags))
        }
        What::SentMessage { message, rule, .. } => {
            (Some(*rule), format!("{} > {}: {}", message.src(), message.dst(), describe_message(message)))
        }
        What::ReceivedMessage { message } => {
            (None, format!("{} < {}: {}", message.dst(), message.src(), describe_message(message)))
        }
        What::Dropped { local, remote, rule } => (Some(*rule), format!("dropped {remote} > {local}")),
        What::State { local, from, to, rule, .. } => (Some(*rule), format!("{local}: {from} -> {to}")),
        What::Timer { local, rule, .. } => (Some(*rule), format!("{local}: timer")),
        What::Notified { local, notice, rule, .. } => (Some(*rule), format!("{local}: {notice:?}")),
        What::Undecodable { error } => (None, format!("dropped: {error}")),
        What::ProcessEnded { process, end } => {
            (None, format!("process {} {}", process.number(), end.words()))
        }
        What::ThreadEnded { thread } => (None, format!("thread {} ends", thread.number())),
        What::Told(told) => (Some(told.rule), describe_told(told)),
        What::Crashed => (None, "crashed".into()),
        What::NetworkFailed => (None, "network failed".into()),
        What::NetworkRestored => (None, "network restored".into()),
        What::LinkCut { .. } => (None, "link cut".into()),
        What::LinkHealed { .. } => (None, "link healed".into()),
        What::Net { op } => (None, format!("net: {op}")),
    }
}
