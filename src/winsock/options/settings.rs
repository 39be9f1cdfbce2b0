//! What a socket was set to, apart from what its connection negotiates. What few sockets set lies behind one pointer.

use super::values::Linger;
use crate::profile::{KeepAlive, MaxR2, Profile};
use crate::stack::{Choices, Sharing};
use crate::tcp::Tuning;
use crate::time::Duration;
use alloc::boxed::Box;
use core::num::NonZeroU8;

/// The settings of a socket.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(in crate::winsock) struct Options {
    pub(in crate::winsock) linger: Linger,
    pub(in crate::winsock) send_buffer: u32,
    pub(in crate::winsock) receive_buffer: u32,
    /// SO_LINGER has named a timeout (CS-C4).
    pub(in crate::winsock) linger_named: bool,
    /// SO_REUSEADDR, SO_EXCLUSIVEADDRUSE.
    pub(in crate::winsock) sharing: Sharing,
    pub(in crate::winsock) nodelay: bool,
    /// SO_KEEPALIVE, SIO_KEEPALIVE_VALS.
    pub(in crate::winsock) keep_alive: bool,
    pub(in crate::winsock) rare: Option<Box<Rare>>,
}

/// What few sockets set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(in crate::winsock) struct Rare {
    /// SO_SNDTIMEO, in milliseconds; 0: none.
    pub(in crate::winsock) send_timeout: u32,
    /// SO_RCVTIMEO, in milliseconds; 0: none.
    pub(in crate::winsock) receive_timeout: u32,
    /// In milliseconds: the first probe, and those that follow; and how many.
    pub(in crate::winsock) keep_idle: u32,
    pub(in crate::winsock) keep_interval: u32,
    pub(in crate::winsock) keep_probes: u8,
    /// SIO_TCP_SET_ACK_FREQUENCY, once it was set.
    pub(in crate::winsock) ack_frequency: Option<NonZeroU8>,
    pub(in crate::winsock) max_rt: MaxRt,
    /// SO_OOBINLINE.
    pub(in crate::winsock) oob_inline: bool,
    /// TCP_EXPEDITED_1122.
    pub(in crate::winsock) expedited_1122: bool,
    /// TCP_TIMESTAMPS, once it was set.
    pub(in crate::winsock) timestamps: Option<bool>,
    /// TCP_NOSYNRETRIES.
    pub(in crate::winsock) no_syn_retries: bool,
    /// TCP_FAIL_CONNECT_ON_ICMP_ERROR.
    pub(in crate::winsock) fail_on_icmp: bool,
    /// SO_PAUSE_ACCEPT.
    pub(in crate::winsock) pause_accept: bool,
    /// SO_BROADCAST.
    pub(in crate::winsock) broadcast: bool,
}

/// TCP_MAXRT and TCP_MAXRTMS (R69).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(in crate::winsock) enum MaxRt {
    /// 0: as the system does.
    System,
    /// -1.
    Never,
    /// In milliseconds.
    After(u64),
}

// A socket that sets nothing rare does not pay for it.
const _: () = assert!(size_of::<Options>() <= 24);

impl Options {
    pub(in crate::winsock) fn new(profile: &Profile) -> Self {
        Self {
            linger: Linger::default(),
            send_buffer: profile.send_buffer,
            receive_buffer: profile.receive_buffer,
            linger_named: false,
            sharing: Sharing::Default,
            nodelay: false,
            keep_alive: false,
            rare: None,
        }
    }

    /// WF-2.39: what a socket that accept makes begins with. A pause is the listener's own.
    pub(in crate::winsock) fn inherited(&self) -> Self {
        let mut inherited = self.clone();
        if let Some(rare) = &mut inherited.rare {
            rare.pause_accept = false;
        }
        inherited
    }

    /// What few sockets set, as it is here.
    pub(in crate::winsock) fn rare(&self, profile: &Profile) -> Rare {
        self.rare.as_deref().copied().unwrap_or_else(|| Rare::new(profile))
    }

    /// To change it.
    pub(in crate::winsock) fn rare_mut(&mut self, profile: &Profile) -> &mut Rare {
        self.rare.get_or_insert_with(|| Box::new(Rare::new(profile)))
    }

    /// What a connection begins with, or goes on with.
    pub(in crate::winsock) fn choices(&self, profile: &Profile) -> Choices {
        let Self { receive_buffer, nodelay, .. } = *self;
        Choices { receive_buffer, nodelay, tuning: self.tuning(profile) }
    }

    /// What of it few sockets set, as a connection has it.
    fn tuning(&self, profile: &Profile) -> Tuning {
        let rare = self.rare(profile);
        let time = |ms: u32| Duration::from_millis(ms.max(1).into());
        let keep_alive = KeepAlive {
            idle: time(rare.keep_idle),
            interval: time(rare.keep_interval),
            probes: rare.keep_probes,
        };
        Tuning {
            ack_frequency: rare.ack_frequency,
            keep_alive: self.keep_alive.then_some(keep_alive),
            max_r2: rare.max_rt.limit(),
            oob_inline: rare.oob_inline,
            expedited_1122: rare.expedited_1122,
            timestamps: rare.timestamps,
            no_syn_retries: rare.no_syn_retries,
            fail_on_icmp: rare.fail_on_icmp,
        }
    }

    /// How long a blocking send waits, in milliseconds; 0: as long as it takes.
    pub(in crate::winsock) fn send_timeout(&self) -> u32 {
        self.rare.as_ref().map_or(0, |rare| rare.send_timeout)
    }

    /// How long a blocking receive waits, in milliseconds; 0: as long as it takes.
    pub(in crate::winsock) fn receive_timeout(&self) -> u32 {
        self.rare.as_ref().map_or(0, |rare| rare.receive_timeout)
    }

    /// Datagrams may go to everybody.
    pub(in crate::winsock) fn broadcasts(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.broadcast)
    }

    /// A listening socket refuses every connection.
    pub(in crate::winsock) fn pauses_accept(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.pause_accept)
    }
}

impl Rare {
    fn new(profile: &Profile) -> Self {
        Self {
            send_timeout: 0,
            receive_timeout: 0,
            keep_idle: millis(profile.keep_alive.idle),
            keep_interval: millis(profile.keep_alive.interval),
            keep_probes: profile.keep_alive.probes.max(1),
            ack_frequency: None,
            max_rt: MaxRt::System,
            oob_inline: false,
            expedited_1122: false,
            timestamps: None,
            no_syn_retries: false,
            fail_on_icmp: false,
            pause_accept: false,
            broadcast: false,
        }
    }
}

impl MaxRt {
    fn limit(self) -> Option<MaxR2> {
        let time = match self {
            Self::System => return None,
            Self::Never => None,
            Self::After(ms) => Some(Duration::from_millis(ms)),
        };
        Some(MaxR2 { retransmissions: None, time })
    }
}

/// Whole milliseconds.
fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}
