//! The syntax tree as one line of text, nothing left to guess.

use closewait::time::Duration;

use crate::script::ast::*;

pub(super) fn line(line: &Line) -> String {
    let lane = line.lane.as_ref().map_or("-".to_owned(), |at| lane(&at.value));
    format!("{} {lane} {}", time(&line.time.value), event(&line.event))
}

fn millis(t: Duration) -> String {
    let (millis, rest) = (t.as_nanos() / 1_000_000, t.as_nanos() % 1_000_000);
    if rest == 0 { format!("{millis}ms") } else { format!("{}ns", t.as_nanos()) }
}

fn time(time: &Time) -> String {
    let start = match time.start {
        Start::Absolute(t) => format!("@{}", millis(t)),
        Start::After(t) => format!("+{}", millis(t)),
        Start::AfterStart(t) => format!("^{}", millis(t)),
        Start::Any => "*".to_owned(),
    };
    let latest = time.latest.map_or(String::new(), |t| format!("~{}", millis(t)));
    let end = match time.end {
        None => String::new(),
        Some(End::At(t)) => format!("..{}", millis(t)),
        Some(End::Between(a, b)) => format!("..{}~{}", millis(a), millis(b)),
        Some(End::Any) => "..*".to_owned(),
    };
    format!("{start}{latest}{end}")
}

fn lane(lane: &Lane) -> String {
    match lane {
        Lane::Net => "net".to_owned(),
        Lane::Host { host, process, thread } => format!("{host}/{process}/{thread}"),
    }
}

fn event(event: &Event) -> String {
    match event {
        Event::Call(it) => call(it),
        Event::Packet(PacketEvent { inbound, body }) => {
            format!("{} {}", if *inbound { "in" } else { "out" }, packet(body))
        }
        Event::Silence(flags) => format!("silence {:?}", flags.as_ref().map(|flags| flags.value)),
        Event::Check(Check::State { socket, state }) => format!("state {} {}", socket.value, state.value),
        Event::Check(Check::TimeWait(n)) => format!("time_wait {n}"),
        Event::Check(Check::Leaks(n)) => format!("leaks {n}"),
        Event::Check(Check::AtRest) => "at_rest".to_owned(),
        Event::Net(it) => net(it),
        Event::Host(op) => format!("{:?}", op.value),
        Event::Code(code) => format!("code <{}>", code.value),
        Event::Shell(shell) => format!("shell <{}>", shell.value),
    }
}

fn net(op: &NetOp) -> String {
    let pair = |pair: &Option<(At<String>, At<String>)>| {
        pair.as_ref().map_or("all".to_owned(), |(a, b)| format!("{} {}", a.value, b.value))
    };
    match op {
        NetOp::Cut(hosts) => format!("cut {}", pair(hosts)),
        NetOp::Heal(hosts) => format!("heal {}", pair(hosts)),
        NetOp::Verdict { what, nth, host, packet } => {
            let what = match what {
                VerdictOp::Drop => "drop".to_owned(),
                VerdictOp::Dup => "dup".to_owned(),
                VerdictOp::Corrupt => "corrupt".to_owned(),
                VerdictOp::Hold(t) => format!("hold {}", millis(*t)),
            };
            format!("{what} #{nth} {} {}", host.value, tcp(packet))
        }
        NetOp::Inject { host, packet } => format!("inject {} {}", host.value, tcp(packet)),
        NetOp::Set(settings) => {
            let settings: Vec<_> = settings.iter().map(|(k, v)| format!("{}:{}", k.value, v.value)).collect();
            format!("set {}", settings.join(" "))
        }
    }
}

fn call(call: &CallEvent) -> String {
    let args: Vec<_> = call.args.iter().map(|at| arg(&at.value)).collect();
    let result = call.result.as_ref().map_or("nothing".to_owned(), |at| expected(&at.value));
    format!("{}[{}] -> {result}", call.name.value, args.join(", "))
}

fn expected(it: &Expected) -> String {
    let value = it.value.as_ref().map(|at| match &at.value {
        Returned::Any => "any".to_owned(),
        Returned::None => "none".to_owned(),
        Returned::Int(n) => n.to_string(),
        Returned::Names(names) => format!("name {}", names.join("|")),
        Returned::Label(label) => format!("label {}{}", label.kind, label.number),
    });
    let code = it.code.as_ref().map(|at| format!("code {}", arg(&at.value)));
    let braces = it.braces.as_ref().map(|all| items(all));
    [value, code, braces].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn arg(it: &Arg) -> String {
    match it {
        Arg::Any => "any".to_owned(),
        Arg::Int(n) => n.to_string(),
        Arg::Names(names) => format!("name {}", names.join("|")),
        Arg::Text(text) => format!("text {:?}", String::from_utf8_lossy(text)),
        Arg::Label(label, inner) if inner.is_empty() => format!("label {}{}", label.kind, label.number),
        Arg::Label(label, inner) => format!("label {}{}{}", label.kind, label.number, items(inner)),
        Arg::Lane(it) => format!("lane {}", lane(it)),
        Arg::Address(host, port) => format!("address {}/{port}", host.as_deref().unwrap_or("*")),
        Arg::Braces(inner) => items(inner),
        Arg::List(all) => format!("[{}]", all.iter().map(|at| arg(&at.value)).collect::<Vec<_>>().join(", ")),
        Arg::Named(name, value) => format!("{name}={}", arg(&value.value)),
        Arg::Null => "null".to_owned(),
    }
}

fn items(all: &[Item]) -> String {
    let item = |item: &Item| match item {
        Item::Value { key: None, value } => arg(&value.value),
        Item::Value { key: Some(key), value } => format!("{}: {}", arg(&key.value), arg(&value.value)),
        Item::Call(it) => call(it),
    };
    format!("{{{}}}", all.iter().map(item).collect::<Vec<_>>().join(", "))
}

fn packet(body: &PacketBody) -> String {
    match body {
        PacketBody::Tcp(packet) => tcp(packet),
        PacketBody::Icmp(IcmpPacket { kind, code, mtu, quoted }) => {
            let code = code.as_deref().unwrap_or("-");
            let quoted = quoted.map_or("-".to_owned(), |q| q.to_string());
            format!("icmp {kind} {code} {mtu:?} {quoted}")
        }
        PacketBody::Udp(len) => format!("udp {len}"),
    }
}

fn tcp(packet: &TcpPacket) -> String {
    let TcpPacket { ip, flags, seq, ack, win, urg, options } = packet;
    let mut parts = vec![flags.value.to_string()];
    parts.extend(ip.as_ref().map(|ip| format!("ip<{}>", ip.value)));
    parts.extend(seq.as_ref().map(|At { value: q, .. }| q.to_string()));
    parts.extend(ack.map(|n| format!("ack {n}")));
    parts.extend(win.map(|n| format!("win {n}")));
    parts.extend(urg.map(|n| format!("urg {n}")));
    parts.extend(options.as_ref().map(|options| match options {
        OptionsSpec::Any => "<any>".to_owned(),
        OptionsSpec::List(all) => format!("{all:?}"),
    }));
    parts.join(" ")
}
