//! RFC 6298.

use super::run::{CWND, Eyes, FLIGHT, RTO, RTTVAR, Run, SRTT, SSTHRESH, link, ms, plain};
use closewait::rule::Rule;
use closewait::time::Instant;
use closewait_sim::link::Verdict;

const TEXT: &str = "\
## Retransmission timeout (RFC 6298)

The way takes 50 ms, from 200 ms on 90 ms; the bound of 1 s (2.4) is off. Each measurement moves SRTT, RTTVAR and RTO
(2.2, 2.3). At 380 ms a segment is lost, and lost again: the RTO doubles each time (5.5), and its ACK is no measurement,
since it may be that of either (Karn, section 3); the RTO stays until the next one. The timeout lowers ssthresh, and
cwnd to one segment (RFC 5681 3.1).
";

const BY_HAND: &str = "\
By hand, in ms, with alpha = 1/8 and beta = 1/4. RTO = SRTT + max(G, 4 * RTTVAR); G, the clock's grain, is 1 ns:

| at | R' | RTTVAR = 3/4 * RTTVAR + 1/4 * \\|SRTT - R'\\| | SRTT = 7/8 * SRTT + 1/8 * R' | RTO |
|---|---|---|---|---|
| 100 | 100, the first | 100 / 2 = 50 | 100 | 100 + 4 * 50 = 300 |
| 200 | 100 | 37.5 + 0 = 37.5 | 87.5 + 12.5 = 100 | 100 + 4 * 37.5 = 250 |
| 380 | 180 | 28.125 + 20 = 48.125 | 87.5 + 22.5 = 110 | 110 + 4 * 48.125 = 302.5 |
| 380 + 302.5 = 682.5 | none | - | - | 2 * 302.5 = 605 |
| 682.5 + 605 = 1287.5 | none | - | - | 2 * 605 = 1210 |
| 1287.5 + 180 = 1467.5 | none (Karn) | - | - | 1210 |
| 1647.5 | 180 | 36.09375 + 17.5 = 53.59375 | 96.25 + 22.5 = 118.75 | 118.75 + 4 * 53.59375 = 333.125 |

ssthresh at 682.5 = max(FlightSize / 2, 2 * SMSS) = max(1000 / 2, 2000) = 2000; the second timeout for the same segment
leaves it (RFC 5681 3.1). cwnd then: 1000; 1000 + 1000 = 2000 by slow start; 2000 + 1000 * 1000 / 2000 = 2500 by congestion
avoidance, for cwnd has reached ssthresh.
";

fn run() -> Run {
    let lost = [(2001, Verdict::Drop), (2001, Verdict::Drop)];
    let mut run = Run::new(&plain(), link(50, 1040), Eyes::Client, &lost);
    run.send(1000);
    run.settle();
    run.world.set_link(run.link, link(90, 1040));
    for _ in 0..3 {
        run.send(1000);
        run.settle();
    }
    run
}

pub(crate) fn page() -> String {
    let table = run().table(Instant::START, &[SRTT, RTTVAR, RTO, CWND, SSTHRESH, FLIGHT]);
    format!("{TEXT}\n```text\n{table}```\n\n{BY_HAND}")
}

/// The table above, and: each ACK and each timeout comes when it says.
/// Mutation: RTO is SRTT + 2 * RTTVAR; it grows threefold; a segment that was sent twice is measured; a timeout leaves
/// cwnd.
#[test]
fn by_hand() {
    let run = run();
    let shown = |of: fn(&super::run::Line) -> bool| {
        let lines = run.lines().iter().filter(move |line| of(line));
        let rows = lines.map(|line| {
            let sending = line.after.and_then(|after| after.sending);
            let times = sending.map(|s| [s.srtt.unwrap_or_default(), s.rttvar, s.rto].map(ms).join(" "));
            let windows = sending.map(|s| (s.cwnd, s.ssthresh));
            (ms(line.at.since(Instant::START)), times.unwrap_or_default(), windows)
        });
        rows.collect::<Vec<_>>()
    };
    let row =
        |at: &str, times: &str, cwnd, ssthresh| (at.to_owned(), times.to_owned(), Some((cwnd, ssthresh)));
    // Nothing leaves in the same event but the handshake's last ACK.
    assert_eq!(
        shown(|line| line.from == "server" && line.after.is_some()),
        [
            row("200", "100 37.5 250", 5000, None),
            row("380", "110 48.125 302.5", 6000, None),
            row("1467.5", "110 48.125 1210", 2000, Some(2000)),
            row("1647.5", "118.75 53.59375 333.125", 2500, Some(2000)),
        ]
    );
    assert_eq!(
        shown(|line| line.packet.is_some() && line.rule == Rule::Retransmission),
        [
            row("682.5", "110 48.125 605", 1000, Some(2000)),
            row("1287.5", "110 48.125 1210", 1000, Some(2000)),
        ]
    );
    assert_eq!(
        shown(|line| line.from == "client" && line.rule == Rule::SynAck),
        [row("100", "100 50 300", 4000, None)]
    );
}
