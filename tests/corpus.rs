//! What the fuzzer asks of any bytes, as a scenario and as packets, asked of everything that it found worth keeping, of
//! the shipped scenarios, and of pieces of them.

#[expect(unreachable_pub, reason = "the fuzz target is another crate, to which it is public")]
#[path = "../sim/fuzz/src/packet.rs"]
mod packet;
#[expect(unreachable_pub, reason = "the fuzz target is another crate, to which it is public")]
#[path = "../sim/fuzz/src/script.rs"]
mod script;

use closewait::addr::{Endpoint, IpAddr};
use closewait::packet::{Flags, Options, Packet, Segment, Timestamps};
use closewait::seq::Seq;
use closewait::tcp::StateName;
use std::fs;
use std::path::Path;

fn files(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.into_iter().map(|path| fs::read(path).expect("a file")).collect()
}

/// Mutation: the place of a diagnostic is one past what it is about.
#[test]
fn the_corpus_is_judged_without_a_panic() {
    let corpus = files("sim/fuzz/corpus/script");
    assert!(corpus.len() > 100, "{} files", corpus.len());
    corpus.iter().for_each(|bytes| script::judge(bytes));
}

/// Each shipped scenario cut off after each byte: in the middle of words, lines, calls and connections.
#[test]
fn every_beginning_of_what_ships_is_judged_without_a_panic() {
    for bytes in files("sim/scenarios") {
        (0..=bytes.len()).for_each(|end| script::judge(&bytes[..end]));
    }
}

/// A fuzz target that looks at nothing would find nothing.
#[test]
#[should_panic = "is no part of the text"]
fn a_place_outside_of_the_text_is_found() {
    script::inside(closewait_sim::script::ast::Span { start: 1, end: 4 }, "aä");
}

/// Mutation: the length in an IP header may go past the end.
#[test]
fn the_corpus_of_packets_is_judged_without_a_panic() {
    let corpus = files("sim/fuzz/corpus/packet");
    assert!((100..500).contains(&corpus.len()), "{} files", corpus.len());
    corpus.iter().for_each(|bytes| packet::judge(bytes));
}

/// Every state in which a target of packets begins, under every profile, in both families, with and without options
/// and text: it is reached, and left when everything is closed.
/// Mutation: FIN in FIN-WAIT-2 leads to CLOSED.
#[test]
fn a_target_of_packets_begins_in_every_state() {
    for state in 0..u8::try_from(StateName::ALL.len()).expect("eleven") {
        (0..32).for_each(|how| packet::judge(&[state, how]));
    }
}

/// What no stack of ours sends, and what one does.
/// Mutation: a RST may have text.
#[test]
fn what_must_not_leave_is_found() {
    let ends =
        ["10.0.0.1", "10.0.0.2"].map(|ip| Endpoint::new(ip.parse::<IpAddr>().expect("an address"), 80));
    let fault = |flags, len, options: &Options| {
        let mut segment = Segment::control(flags, Seq(1), Seq(0));
        (segment.payload, segment.options) = (vec![0; len].into(), options.clone());
        packet::fault(&Packet { src: ends[0], dst: ends[1], segment })
    };
    let (none, mss) = (Options::NONE, Options { mss: Some(1), ..Options::NONE });
    let four = [Seq(0); 4].map(|seq| (seq, seq)).into_iter().collect();
    let beside = Options { sack: four, timestamps: Some(Timestamps::default()), ..mss };
    assert_eq!(fault(Flags::SYN, 0, &mss), None);
    assert_eq!(fault(Flags::RST, 0, &none), None);
    assert_eq!(fault(Flags::ACK, 1460, &none), None);
    assert_eq!(fault(Flags::ACK, 65_536, &none), Some("it has no datagram"));
    assert_eq!(fault(Flags::ACK, 1461, &none), Some("it is larger than the link carries"));
    assert_eq!(fault(Flags::SYN, 0, &beside), Some("it arrives as something else"));
    assert_eq!(fault(Flags::SYN | Flags::FIN, 0, &none), Some("SYN, FIN and RST exclude each other"));
    assert_eq!(fault(Flags::PSH, 1, &none), Some("only SYN and RST have no ACK"));
    assert_eq!(fault(Flags::ACK, 0, &mss), Some("it has an option of a SYN"));
    assert_eq!(fault(Flags::RST, 1, &none), Some("a RST has no text"));
}
