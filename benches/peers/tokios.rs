//! turmoil, and tokio's own pipe.

use crate::load::{GREETING, SEND, Sends, Sum, per_second};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Clients at a time.
const CLIENTS: u32 = 64;

fn sim() -> turmoil::Sim<'static> {
    turmoil::Builder::new()
        .min_message_latency(Duration::ZERO)
        .max_message_latency(Duration::ZERO)
        .tick_duration(Duration::from_millis(1))
        .simulation_duration(Duration::from_secs(1 << 30))
        .tcp_capacity(1 << 16)
        .ephemeral_ports(20_000..=65_000)
        .build()
}

/// Lifecycles a second.
pub(crate) fn lifecycle(n: u32) -> f64 {
    let mut sim = sim();
    sim.host("server", || async {
        let listener = turmoil::net::TcpListener::bind("0.0.0.0:80").await?;
        loop {
            let (mut stream, _) = listener.accept().await?;
            tokio::spawn(async move {
                let mut heard = [0; GREETING];
                stream.read_exact(&mut heard).await?;
                stream.write_all(&heard).await?;
                assert_eq!(stream.read(&mut heard).await?, 0);
                stream.shutdown().await
            });
        }
    });
    for i in 0..CLIENTS {
        sim.client(format!("client {i}"), async move {
            for _ in 0..n / CLIENTS {
                let mut stream = turmoil::net::TcpStream::connect("server:80").await?;
                let mut heard = [0; GREETING];
                stream.write_all(&[7; GREETING]).await?;
                stream.read_exact(&mut heard).await?;
                stream.shutdown().await?;
                assert_eq!(stream.read(&mut heard).await?, 0);
            }
            Ok(())
        });
    }
    per_second(f64::from(n / CLIENTS * CLIENTS), || sim.run().expect("every client ends"))
}

async fn send(mut to: impl AsyncWrite + Unpin, total: u64) {
    let mut sends = Sends::new(total);
    while let Some(data) = sends.peek() {
        to.write_all(data).await.expect("it is open");
        sends.advance();
    }
    to.shutdown().await.expect("it is open");
}

async fn receive(mut from: impl AsyncRead + Unpin) -> u64 {
    let (mut sum, mut buf) = (Sum::default(), vec![0; SEND]);
    while let n @ 1.. = from.read(&mut buf).await.expect("it is open") {
        sum.add(&buf[..n]);
    }
    sum.total()
}

/// Bytes a second.
#[expect(clippy::cast_precision_loss, reason = "a figure")]
pub(crate) fn bulk(total: u64) -> f64 {
    let mut sim = sim();
    sim.host("server", move || async move {
        let listener = turmoil::net::TcpListener::bind("0.0.0.0:80").await?;
        let (stream, _) = listener.accept().await?;
        send(stream, total).await;
        Ok(())
    });
    let sum = Rc::new(Cell::new(0));
    let received = Rc::clone(&sum);
    sim.client("client", async move {
        received.set(receive(turmoil::net::TcpStream::connect("server:80").await?).await);
        Ok(())
    });
    let figure = per_second(total as f64, || sim.run().expect("the client ends"));
    assert_eq!(sum.get(), Sends::expected(total));
    figure
}

/// Bytes a second through `tokio::io::duplex`: no network at all.
#[expect(clippy::cast_precision_loss, reason = "a figure")]
pub(crate) fn duplex(total: u64) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let (a, b) = tokio::io::duplex(SEND);
    let mut sum = 0;
    let figure = per_second(total as f64, || {
        (_, sum) = runtime.block_on(async { tokio::join!(send(a, total), receive(b)) });
    });
    assert_eq!(sum, Sends::expected(total));
    figure
}
