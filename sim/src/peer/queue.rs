//! smoltcp's network device: two queues of datagrams.

use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;
use std::collections::VecDeque;

/// Datagrams that have arrived and were not yet read, and those that are to leave.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) arrived: VecDeque<Vec<u8>>,
    pub(super) sent: Vec<Vec<u8>>,
    /// The largest datagram that the link carries.
    pub(super) mtu: u16,
}

impl Queue {
    pub(super) const fn new(mtu: u16) -> Self {
        Self { arrived: VecDeque::new(), sent: Vec::new(), mtu }
    }
}

pub(super) struct Arrived(Vec<u8>);

pub(super) struct Sent<'a>(&'a mut Vec<Vec<u8>>);

impl RxToken for Arrived {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(&self.0)
    }
}

impl TxToken for Sent<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let mut datagram = vec![0; len];
        let result = f(&mut datagram);
        self.0.push(datagram);
        result
    }
}

impl Device for Queue {
    type RxToken<'a> = Arrived;
    type TxToken<'a> = Sent<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Arrived, Sent<'_>)> {
        let datagram = self.arrived.pop_front()?;
        Some((Arrived(datagram), Sent(&mut self.sent)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Sent<'_>> {
        Some(Sent(&mut self.sent))
    }

    /// Every checksum is smoltcp's to write and to verify.
    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = usize::from(self.mtu);
        capabilities
    }
}
