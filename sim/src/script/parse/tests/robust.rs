//! Whatever the text, the parser ends, in time that grows with it, and every place that it names is in it.

use super::super::{diagnostic, parse, parse_bytes};
use crate::script::ast::Span;

/// One of everything.
const SEEDS: [&str; 5] = [
    "--host=server,ip=10.0.0.1\n--link=a,b\n0...0.02 server.p2.t1: connect(3, server:80) = -1 WSAEWOULDBLOCK {a: 1} (x)\n",
    "+0~+0.1 > [ect0] SEW. 0:10(10) ack 1 win 2 urg 3 <mss 1460,nop,TS val 1 ecr ...,sack 1:2 3:4,FO ab>\n",
    "^+0...* c: select(read=[3], x={ov1: 995, ov1{event=ev1}, [fd00::1]:80}, \"a\\x41\" \"b\", ..., NULL) = none\n",
    "net: hold 30ms 2 c > F.\nnet: set delay=50ms loss=1%\nc: state(3) == TIME_WAIT\nc > none R\n`a\\`b`\n%{ {} }%\n",
    "#define P 80\n#ifdef P\n* < [0:1(1)]icmp unreachable frag_needed mtu 3\n#else\n/* x\n*/ // y\n#endif\n< icmp a b [1:1(0)]\n",
];

/// Texts that mutations put in, between spaces.
const PIECES: &str =
    "( ) [ ] { } < > \" ` %{ }% /* ... \n \r\n + #define\tP\t--x=1\n P é \u{2026} 99999999999999999999 \\ =";

fn check(text: &str) {
    let Err(found) = parse(text) else { return };
    assert!(!found.is_empty());
    for one in &found {
        let Span { start, end } = one.span;
        assert!(start <= end && end <= text.len(), "{start}..{end} of {}: {text:?}", text.len());
        assert!(text.is_char_boundary(start) && text.is_char_boundary(end), "{start}..{end}: {text:?}");
    }
    let _ = diagnostic::render_all(&found, "x", text);
}

#[test]
fn mutated_scripts() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut below = |limit: usize| {
        // xorshift64*
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        usize::try_from(state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).expect("31 bits") % limit.max(1)
    };
    let pieces: Vec<&str> = PIECES.split(' ').collect();
    for _ in 0..20_000 {
        let mut text = SEEDS[below(SEEDS.len())].to_owned();
        for _ in 0..=below(6) {
            let (a, b) = (below(text.len() + 1), below(text.len() + 1));
            let (a, b) = (text.floor_char_boundary(a.min(b)), text.floor_char_boundary(a.max(b)));
            match below(4) {
                0 => text.insert_str(a, pieces[below(pieces.len())]),
                1 => text.replace_range(a..b.min(text.ceil_char_boundary(a + 3)), ""),
                2 => text.truncate(b),
                _ => {
                    let piece = text[a..b].to_owned();
                    text.insert_str(b, &piece);
                }
            }
        }
        check(&text);
        let mut bytes = text.into_bytes();
        if let Some(byte) = bytes.get_mut(below(64)) {
            *byte ^= 0x80;
        }
        let _ = parse_bytes(&bytes);
    }
}

#[test]
fn seeds_are_scripts() {
    for seed in SEEDS {
        assert!(parse(seed).is_ok(), "{:?}", parse(seed));
    }
}

#[test]
fn every_beginning_of_a_script() {
    for seed in SEEDS {
        for (end, _) in seed.char_indices() {
            check(&seed[..end]);
            check(&seed[end..]);
        }
    }
}

#[test]
fn a_hundred_thousand_lines() {
    let line = "+0.001 client: setsockopt(3, SOL_SOCKET, SO_LINGER, {onoff=1, linger=5}, 4) = 0 // again\n";
    let script = parse(&format!("--host=client\n{}", line.repeat(100_000))).expect("a script");
    assert_eq!(script.lines.len(), 100_000);
}

/// What invites a look at the whole rest of the file, once for each line.
#[test]
fn a_hundred_thousand_wrong_lines() {
    for line in [
        "recv(3\n",
        "%{\n",
        "`\\\n\\`",
        "\"\n",
        "closesockt(3) = 0\n",
        "#ifdef X\n",
        "{[(\n",
        "0.1\n",
        "> S\n\n",
        "/*",
        "[::\n",
    ] {
        let text = line.repeat(100_000);
        if let Err(found) = parse(&text) {
            let _ = diagnostic::render_all(&found, "x", &text);
        }
    }
}
