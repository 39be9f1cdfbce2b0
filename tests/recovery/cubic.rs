//! RFC 9438.

use super::run::{Eyes, Run, link, plain};
use closewait::profile::{CongestionControl, Offer, Profile, WindowScaling};
use closewait::rule::Rule;
use closewait::tcp::status::Sending;
use closewait::time::{Duration, Instant};
use closewait_sim::link::Verdict;
use std::fmt::Write;

const TEXT: &str = "\
## CUBIC (RFC 9438)

The way takes 100 ms, SACK is on. Slow start runs until a segment is lost at a window of 100; then the window sinks by the
factor 0.7 (section 4.6) and follows a cubic of the time since congestion avoidance began (4.2): fast at first, flat around
the window of the loss, then ever faster. One line a round trip: the window, what W_cubic is then, and a `#` for each
segment of the window above 60.
";

const BY_HAND: &str = "\
By hand, in segments of 1000 octets and seconds, C = 0.4:

- The 97th segment is lost. The 96 ACKs before add a segment each to the first window of 4: cwnd = 100 = W_max, and as
  much in flight, but for the two segments of limited transmit. ssthresh = 0.7 * 100 = 70.
- K = cbrt((W_max - cwnd) / C) = cbrt((100 - 70) / 0.4) = cbrt(75) = 4.217 (4.2^3 = 74.088, 4.217^3 = 74.991, 4.218^3 = 75.044).
- W_cubic(t) = C * (t - K)^3 + W_max. W_cubic(1) = 100 - 0.4 * 3.217^3 = 100 - 0.4 * 33.293 = 86.683, and a round trip later
  W_cubic(1.2) = 100 - 0.4 * 3.017^3 = 100 - 0.4 * 27.461 = 89.016. W_cubic(6) = 100 + 0.4 * 1.783^3 = 100 + 0.4 * 5.668 = 102.267,
  W_cubic(6.2) = 100 + 0.4 * 1.983^3 = 100 + 0.4 * 7.798 = 103.119.
- Each ACK moves cwnd by (W_cubic(t + RTT) - cwnd) / cwnd towards the curve a round trip ahead (4.4, 4.5). A round trip has
  cwnd ACKs, which leave some (1 - 1/cwnd)^cwnd = 1/e of the way: 37 %. At 1000 ms, from 84.956 to 89.016: 89.016 - 0.37 *
  4.060 = 87.51. So cwnd is ahead of W_cubic(t) but where the curve is flat, and crosses 100 between 4.2 and 4.4 s, around K.
- The Reno-friendly window (4.3) grows by 9/17 of a segment a round trip: 70 + 30 * 9/17 = 86 after 6 s. It plays no part.
";

const RTT: u64 = 200;

fn profile() -> Profile {
    Profile {
        congestion_control: CongestionControl::Cubic,
        sack: Offer::Yes,
        window_scaling: WindowScaling::ForBuffer,
        send_buffer: 1 << 24,
        receive_buffer: 1 << 24,
        ..plain()
    }
}

/// cwnd after each round trip of congestion avoidance, in ms since it began; and how things were at the loss.
struct Rounds {
    before: Sending,
    loss: Sending,
    rounds: Vec<(u64, u32)>,
}

fn rounds() -> Rounds {
    let mut run = Run::new(&profile(), link(RTT / 2, 1040), Eyes::Client, &[(96_001, Verdict::Drop)]);
    run.send(6_000_000);
    let mut before = run.sending();
    let resent = |run: &Run| run.lines().last().filter(|line| line.rule == Rule::FastRetransmit).is_some();
    while !resent(&run) {
        before = run.sending();
        assert!(run.step(), "a segment is lost");
    }
    let loss = run.sending();
    // Recovery leaves cwnd where it is; it begins to grow as congestion avoidance begins.
    while run.sending().cwnd == loss.cwnd {
        assert!(run.step(), "there is more to send");
    }
    let start: Instant = run.world.now();
    let rounds = (0..=31).map(|round| {
        let t = round * RTT;
        run.until(start + Duration::from_millis(t));
        (t, run.sending().cwnd)
    });
    let rounds = rounds.collect();
    Rounds { before, loss, rounds }
}

/// W_cubic in octets, `t` in ms: 0.4 segments of 1,000 octets a cubic second are 1 / 2,500,000 octets a cubic ms.
fn w_cubic(t: u64) -> u64 {
    let away = t.abs_diff(4217).pow(3) / 2_500_000;
    if t < 4217 { 100_000 - away } else { 100_000 + away }
}

pub(crate) fn page() -> String {
    let Rounds { before, loss, rounds } = rounds();
    let mut table = format!("before the third duplicate ACK: cwnd {}\n", before.cwnd);
    let ssthresh = loss.ssthresh.unwrap_or(0);
    let _ = writeln!(table, "after it:                       cwnd {}, ssthresh {ssthresh}\n", loss.cwnd);
    let _ = writeln!(table, "    ms    cwnd  W_cubic");
    for (t, cwnd) in rounds {
        let bar = "#".repeat((cwnd / 1000).saturating_sub(60) as usize);
        let _ = writeln!(table, "{t:>6}  {cwnd:>6}  {:>7}  {bar}", w_cubic(t));
    }
    format!("{TEXT}\n```text\n{table}```\n\n{BY_HAND}")
}

/// The numbers by hand: 70 segments; W_cubic at two instants of each bend; K, where the window is that of the loss again.
/// Mutation: beta is a half; C is 0.8; the curve begins at the window that is left.
#[test]
fn by_hand() {
    assert_eq!([1000, 1200, 4217, 6000, 6200].map(w_cubic), [86_683, 89_016, 100_000, 102_267, 103_119]);
    let Rounds { before, loss, rounds } = rounds();
    assert_eq!((before.cwnd, loss.cwnd, loss.ssthresh), (100_000, 70_000, Some(70_000)));
    let at = |t| rounds.iter().find(|&&(ms, _)| ms == t).map(|&(_, cwnd)| cwnd).expect("a round");
    assert!((86_683..=89_016).contains(&at(1000)), "{}", at(1000));
    assert!((102_267..=103_119).contains(&at(6000)), "{}", at(6000));
    assert!(at(4200) < 100_000 && at(4400) > 100_000, "K is 4,217 ms: {rounds:?}");
    for pair in rounds.windows(2) {
        let ((_, before), (t, after)) = (pair[0], pair[1]);
        let ahead = w_cubic(t + RTT);
        let [before, after] = [before, after].map(|cwnd| ahead.saturating_sub(u64::from(cwnd)));
        // Whole octets: a few less or more.
        let (least, most) = (before / 3, before * 2 / 5 + 2);
        assert!((least..=most).contains(&after), "{t} ms: {after} of {before} are left");
    }
}
