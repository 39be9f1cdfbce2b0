//! What a scenario asks of the network, in the notation again.

use super::ast::{NetOp, OptionSpec, OptionsSpec, TcpPacket, VerdictOp};

/// `drop 2 client > F.`, `inject client < R 1:1(0)`, `set delay=50ms`
pub(super) fn net_op(op: &NetOp) -> String {
    match op {
        NetOp::Cut(None) => "cut".into(),
        NetOp::Cut(Some((a, b))) => format!("cut {} {}", a.value, b.value),
        NetOp::Heal(None) => "heal".into(),
        NetOp::Heal(Some((a, b))) => format!("heal {} {}", a.value, b.value),
        NetOp::Verdict { what, nth, host, packet } => {
            let what = match what {
                VerdictOp::Drop => "drop".into(),
                VerdictOp::Dup => "dup".into(),
                VerdictOp::Corrupt => "corrupt".into(),
                VerdictOp::Hold(time) => format!("hold {}", time.in_units()),
            };
            let nth = if *nth == 1 { String::new() } else { format!("{nth} ") };
            format!("{what} {nth}{} > {}", host.value, packet_spec(packet))
        }
        NetOp::Inject { host, packet } => format!("inject {} < {}", host.value, packet_spec(packet)),
        NetOp::Set(fields) => {
            let fields = fields.iter().map(|(name, value)| format!(" {}={}", name.value, value.value));
            format!("set{}", fields.collect::<String>())
        }
    }
}

/// A packet as a line has it, whole.
fn packet_spec(spec: &TcpPacket) -> String {
    let TcpPacket { flags, seq, ack, win, urg, options, ip: _ } = spec;
    let mut text = if flags.value.is_empty() { "-".to_owned() } else { flags.value.to_string() };
    if let Some(r) = seq {
        text += &format!(" {}", r.value);
    }
    for (name, value) in [("ack", *ack), ("win", win.map(u32::from)), ("urg", urg.map(u32::from))] {
        if let Some(value) = value {
            text += &format!(" {name} {value}");
        }
    }
    match options {
        None => {}
        Some(OptionsSpec::Any) => text += " <...>",
        Some(OptionsSpec::List(list)) => {
            let words: Vec<_> = list.iter().map(option).collect();
            text += &format!(" <{}>", words.join(","));
        }
    }
    text
}

fn option(option: &OptionSpec) -> String {
    let number = |n: &Option<u32>| n.map_or_else(|| "...".to_owned(), |n| n.to_string());
    match option {
        OptionSpec::Eol => "eol".into(),
        OptionSpec::Nop => "nop".into(),
        OptionSpec::Mss(mss) => format!("mss {mss}"),
        OptionSpec::WindowScale(shift) => format!("wscale {shift}"),
        OptionSpec::SackPermitted => "sackOK".into(),
        OptionSpec::Timestamps(val, ecr) => format!("TS val {} ecr {}", number(val), number(ecr)),
        OptionSpec::Sack(blocks) => {
            let blocks = blocks.iter().map(|(from, to)| format!(" {from}:{to}"));
            format!("sack{}", blocks.collect::<String>())
        }
        OptionSpec::Other(text) => text.clone(),
    }
}
