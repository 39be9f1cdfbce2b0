//! The log as a pcapng capture: each packet once, on its sender's interface, at the instant it enters the link,
//! its rule and its fate in its comment.

use super::{Log, What};
use crate::link::Fate;
use crate::pcapng::Writer;
use crate::wire;
use crate::world::World;

/// The packets of a log, as the bytes of a pcapng file with one interface a host.
#[must_use]
pub fn pcapng(log: &Log, world: &World) -> Vec<u8> {
    let mut writer = Writer::new();
    let interfaces: Vec<u32> = world.hosts().map(|id| writer.interface(world.name(id))).collect();
    for entry in log.entries() {
        let (bytes, rule, fate) = if let What::Sent { packet, rule, fate } = &entry.what {
            (wire::encode(packet), rule, fate)
        } else if let What::SentMessage { message, rule, fate } = &entry.what {
            (wire::message::encode(message), rule, fate)
        } else {
            continue;
        };
        // What cannot be written as bytes never was on a wire.
        let (Some(host), Ok(bytes)) = (entry.host, bytes) else { continue };
        let fate = match fate {
            Fate::Arrives(at) => format!("arrives at {at}"),
            Fate::ArrivesTwice(at) => format!("arrives at {at}, and once more"),
            Fate::ArrivesCorrupt(at) => format!("arrives at {at}, a bit of it wrong"),
            Fate::Lost => "lost".into(),
            Fate::Cut => "dropped: the link is cut".into(),
            Fate::QueueFull => "dropped: the queue is full".into(),
            Fate::TooBig => "dropped: larger than the link carries".into(),
            Fate::NoRoute => "dropped: no link leads there".into(),
        };
        writer.packet(interfaces[host.index()], entry.at, &bytes, &format!("{rule}; {fate}"));
    }
    writer.finish()
}
