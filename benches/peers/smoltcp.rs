//! smoltcp, two interfaces with a queue of packets each way between them. Checksums are neither made nor checked.

use crate::heap;
use crate::load::{BUFFER, GREETING, SEND, Sends, Sum, per_second};
use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{self, ChecksumCapabilities, Device, DeviceCapabilities, Medium};
use smoltcp::socket::tcp::{Socket, SocketBuffer, State};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

const MTU: usize = 1500;

/// One direction: packets under way, and buffers to be used again.
#[derive(Default)]
struct Wire {
    packets: VecDeque<Vec<u8>>,
    spare: Vec<Vec<u8>>,
}

#[derive(Clone)]
struct End {
    from: Rc<RefCell<Wire>>,
    to: Rc<RefCell<Wire>>,
}

struct Rx(Vec<u8>, Rc<RefCell<Wire>>);
struct Tx(Rc<RefCell<Wire>>);

impl phy::RxToken for Rx {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        let result = f(&self.0);
        self.1.borrow_mut().spare.push(self.0);
        result
    }
}

impl phy::TxToken for Tx {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let mut packet = self.0.borrow_mut().spare.pop().unwrap_or_else(|| Vec::with_capacity(MTU));
        packet.resize(len, 0);
        let result = f(&mut packet);
        self.0.borrow_mut().packets.push_back(packet);
        result
    }
}

impl Device for End {
    type RxToken<'a> = Rx;
    type TxToken<'a> = Tx;

    fn receive(&mut self, _: Instant) -> Option<(Rx, Tx)> {
        let packet = self.from.borrow_mut().packets.pop_front()?;
        Some((Rx(packet, Rc::clone(&self.from)), Tx(Rc::clone(&self.to))))
    }

    fn transmit(&mut self, _: Instant) -> Option<Tx> {
        Some(Tx(Rc::clone(&self.to)))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.max_transmission_unit = MTU;
        capabilities.medium = Medium::Ip;
        capabilities.checksum = ChecksumCapabilities::ignored();
        capabilities
    }
}

struct Host {
    device: End,
    interface: Interface,
    sockets: SocketSet<'static>,
    address: IpAddress,
}

impl Host {
    fn new(mut device: End, last: u8) -> Self {
        let mut interface = Interface::new(Config::new(HardwareAddress::Ip), &mut device, Instant::ZERO);
        let address = IpAddress::v4(10, 0, 0, last);
        interface
            .update_ip_addrs(|addresses| addresses.push(IpCidr::new(address, 24)).expect("there is room"));
        Self { device, interface, sockets: SocketSet::new(Vec::new()), address }
    }

    fn socket(&mut self, buffer: usize) -> SocketHandle {
        let buffer = || SocketBuffer::new(vec![0; buffer]);
        let mut socket = Socket::new(buffer(), buffer());
        socket.set_nagle_enabled(false);
        self.sockets.add(socket)
    }

    fn get(&mut self, s: SocketHandle) -> &mut Socket<'static> {
        self.sockets.get_mut(s)
    }
}

struct Bench {
    now: Instant,
    client: Host,
    server: Host,
    port: u16,
}

impl Bench {
    fn new() -> Self {
        let (there, back) = (Rc::<RefCell<Wire>>::default(), Rc::<RefCell<Wire>>::default());
        let client = Host::new(End { from: Rc::clone(&back), to: Rc::clone(&there) }, 1);
        let server = Host::new(End { from: there, to: back }, 2);
        Self { now: Instant::ZERO, client, server, port: 20_000 }
    }

    /// Both ends, until no packet is under way.
    fn settle(&mut self) {
        loop {
            for host in [&mut self.client, &mut self.server] {
                host.interface.poll(self.now, &mut host.device, &mut host.sockets);
            }
            if self.client.device.from.borrow().packets.is_empty()
                && self.client.device.to.borrow().packets.is_empty()
            {
                return;
            }
        }
    }

    fn connect(&mut self, port: u16, buffer: usize) -> (SocketHandle, SocketHandle) {
        let t = self.server.socket(buffer);
        self.server.get(t).listen(port).expect("it is free");
        let s = self.client.socket(buffer);
        self.port = if self.port == 65_000 { 20_000 } else { self.port + 1 };
        let remote = (self.server.address, port);
        let socket = self.client.sockets.get_mut::<Socket>(s);
        socket.connect(self.client.interface.context(), remote, self.port).expect("it is free");
        self.settle();
        (s, t)
    }

    fn lifecycle(&mut self) {
        let (s, t) = self.connect(80, 1024);
        let mut heard = [0; 2 * GREETING];
        assert_eq!(self.client.get(s).send_slice(&[7; GREETING]), Ok(GREETING));
        self.settle();
        assert_eq!(self.server.get(t).recv_slice(&mut heard), Ok(GREETING));
        assert_eq!(self.server.get(t).send_slice(&[7; GREETING]), Ok(GREETING));
        self.settle();
        assert_eq!(self.client.get(s).recv_slice(&mut heard), Ok(GREETING));
        self.client.get(s).close();
        self.settle();
        assert!(!self.server.get(t).may_recv());
        self.server.get(t).close();
        self.settle();
        assert_eq!(self.server.get(t).state(), State::Closed);
        assert_eq!(self.client.get(s).state(), State::TimeWait);
        self.now += Duration::from_secs(11);
        self.settle();
        assert_eq!(self.client.get(s).state(), State::Closed);
        self.client.sockets.remove(s);
        self.server.sockets.remove(t);
    }
}

/// Lifecycles a second, beside idle connections.
pub(crate) fn lifecycle(n: u32, idle: u32) -> f64 {
    let mut bench = Bench::new();
    for _ in 0..idle {
        bench.connect(81, 64);
    }
    per_second(f64::from(n), || (0..n).for_each(|_| bench.lifecycle()))
}

/// Bytes a second.
#[expect(clippy::cast_precision_loss, reason = "a figure")]
pub(crate) fn bulk(total: u64) -> f64 {
    let mut bench = Bench::new();
    let (s, t) = bench.connect(80, BUFFER);
    let (mut sends, mut sum, mut buf) = (Sends::new(total), Sum::default(), vec![0; SEND]);
    let figure = per_second(total as f64, || {
        let (mut offset, mut received) = (0, 0);
        while received < total / SEND as u64 * SEND as u64 {
            while let Some(data) = sends.peek() {
                let n = bench.client.get(s).send_slice(&data[offset..]).expect("it is open");
                offset += n;
                if offset < data.len() {
                    break;
                }
                offset = 0;
                sends.advance();
            }
            bench.settle();
            while let Ok(n @ 1..) = bench.server.get(t).recv_slice(&mut buf) {
                received += n as u64;
                sum.add(&buf[..n]);
            }
        }
    });
    assert_eq!(sum.total(), Sends::expected(total));
    figure
}

/// What a silent connection takes, both ends, with the least buffers that hold anything.
#[expect(clippy::cast_precision_loss, reason = "a figure")]
pub(crate) fn heap_idle(n: u32) -> f64 {
    let mut bench = Bench::new();
    let before = heap::in_use();
    let n = n.min(2_000);
    for _ in 0..n {
        bench.connect(81, 1);
    }
    (heap::in_use() - before) as f64 / f64::from(n)
}

/// Simulated seconds a second of a connection with a keep-alive every 75 s.
#[expect(clippy::cast_precision_loss, reason = "a figure")]
pub(crate) fn idle(seconds: u64) -> f64 {
    let mut bench = Bench::new();
    let (s, _) = bench.connect(80, 64);
    bench.client.get(s).set_keep_alive(Some(Duration::from_secs(75)));
    bench.settle();
    let until = bench.now + Duration::from_secs(seconds);
    per_second(seconds as f64, || {
        while bench.now < until {
            let next = |host: &mut Host, now| host.interface.poll_at(now, &host.sockets);
            let at = [next(&mut bench.client, bench.now), next(&mut bench.server, bench.now)];
            bench.now = at.into_iter().flatten().min().map_or(until, |at| at.max(bench.now));
            bench.settle();
        }
    })
}
