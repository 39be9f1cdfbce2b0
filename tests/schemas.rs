//! What programs read is as the published schemas say, and the schemas say it of everything.

use boon::{Compiler, SchemaIndex, Schemas};
use closewait::addr::Endpoint;
use closewait::packet::{Flags, Icmp, Message, Packet, Segment, Udp};
use closewait::profile::Profile;
use closewait::rule::Rule;
use closewait::seq::Seq;
use closewait::tcp::{Notice, StateName, Unreachable};
use closewait::time::Instant;
use closewait::winsock::{Call, Return, Value as Returned};
use closewait_sim::link::Fate;
use closewait_sim::script::{self, Options};
use closewait_sim::table::{self, Parameters};
use closewait_sim::trace::{self, Entry, What};
use closewait_sim::{LinkConfig, Log, Sink, World, wire};
use serde_json::{Value, json};
use std::path::Path;

struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    fn of(name: &str) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema").join(name);
        let text = std::fs::read_to_string(&file).expect("a schema");
        let json: Value = serde_json::from_str(&text).expect("a schema is JSON");
        let name = json["$id"].as_str().expect("a schema has a name").to_owned();
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource(&name, json).expect("a schema");
        let index = compiler.compile(&name, &mut schemas).expect("a schema");
        Self { schemas, index }
    }

    fn fits(&self, value: &Value) -> bool {
        self.schemas.validate(value, self.index).is_ok()
    }

    fn check(&self, value: &Value) {
        if let Err(error) = self.schemas.validate(value, self.index) {
            panic!("{value}: {error:#}");
        }
    }
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

fn run(name: &str, text: &str) -> Vec<Value> {
    let options = Options::default();
    let result = script::run(text, &options);
    lines(&script::jsonl(name, text, &options, Ok(&result)))
}

/// Mutation: the closing line of every run says "fine".
#[test]
fn every_shipped_scenario_fits_the_schema() {
    let schema = Schema::of("jsonl.schema.json");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sim/scenarios");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let text = std::fs::read_to_string(entry.expect("an entry").path()).expect("text");
        let all = run("a scenario", &text);
        all.iter().for_each(|line| schema.check(line));
        assert_eq!((&all[0]["event"], &all[0]["version"]), (&json!("run"), &json!(1)));
        let last = all.last().expect("a verdict");
        assert_eq!((&last["event"], &last["verdict"]), (&json!("verdict"), &json!("passed")));
        files += 1;
    }
    assert_eq!(files, 12);
}

/// Failed, skipped, no scenario, and not even a text.
#[test]
fn every_verdict_fits_the_schema() {
    let schema = Schema::of("jsonl.schema.json");
    let lanes = "--host=a\n--host=b\n";
    let ends = [
        ("failed", run("f", &format!("{lanes}0 a: WSAGetLastError() = 5\n"))),
        ("failed", run("f", &format!("{lanes}0 net: hold 5ms a > S\n0 a > S\n"))),
        ("skipped", run("s", &format!("{lanes}0 a: WSASend(3, 5, ov1) = 0\n"))),
        ("bad", run("b", &format!("{lanes}--link=a,c\n"))),
        ("bad", run("b", "0 closesockt(3) = 0\n")),
        ("bad", lines(&script::jsonl("u", "", &Options::default(), Err("not UTF-8")))),
    ];
    for (verdict, all) in ends {
        all.iter().for_each(|line| schema.check(line));
        let last = all.last().expect("a verdict");
        assert_eq!((&last["event"], &last["verdict"]), (&json!("verdict"), &json!(verdict)), "{last}");
    }
}

/// A line of each kind of entry there is, whether a shipped scenario has it or not.
#[test]
fn every_kind_of_entry_fits_the_schema() {
    let mut world = World::new(1);
    let host = world.add_host("host", Profile::WINDOWS);
    let other = world.add_host("other", Profile::WINDOWS);
    let link = world.add_link(host, other, LinkConfig::default());
    let (_, thread) = world.spawn_process(host);
    let (local, remote) = (Endpoint::new(world.address(host), 1), Endpoint::new(world.address_v6(other), 2));
    let packet = Packet { src: local, dst: remote, segment: Segment::control(Flags::all(), Seq(1), Seq(2)) };
    let (thread, rule, at) = (thread.id, Rule::HardClose, Instant::START);
    let returned = |blocked| {
        let returned = Return { result: Ok(Returned::Zero), rule };
        What::Returned { thread, returned, blocked }
    };
    let fates = [
        Fate::Arrives(at),
        Fate::ArrivesTwice(at),
        Fate::ArrivesCorrupt(at),
        Fate::Lost,
        Fate::Cut,
        Fate::QueueFull,
        Fate::TooBig,
        Fate::NoRoute,
    ];
    let error = wire::decode(&[]).expect_err("nothing is no packet");
    let mut all: Vec<What> =
        fates.into_iter().map(|fate| What::Sent { packet: packet.clone(), rule, fate }).collect();
    let icmp = Icmp::too_big(remote.ip, wire::message::quote(&packet), 1280);
    let udp = Udp { src: local, dst: remote, payload: "x".into() };
    for message in [Message::Icmp(icmp), Message::Udp(udp)] {
        all.push(What::SentMessage { message: message.clone(), rule, fate: Fate::Lost });
        all.push(What::ReceivedMessage { message });
    }
    let soft = Notice::SoftError(Unreachable::Host);
    all.extend([
        What::Notified { local, remote, notice: soft, rule },
        What::Call { thread, call: Call::WsaCleanup },
        What::Blocked { thread },
        returned(false),
        returned(true),
        What::Received { packet },
        What::Dropped { local, remote, rule },
        What::Timer { local, remote, rule },
        What::Notified { local, remote, notice: Notice::Connected, rule },
        What::Undecodable { error },
        What::Crashed,
        What::NetworkFailed,
        What::NetworkRestored,
    ]);
    all.extend(StateName::ALL.map(|to| What::State { local, remote, from: StateName::Closed, to, rule }));
    let mut log = Log::default();
    let mut record = |host, what| log.record(Entry { at, step: 0, host, what });
    all.into_iter().for_each(|what| record(Some(host), what));
    let net = What::Net { op: "drop host > S".into() };
    [What::LinkCut { link }, What::LinkHealed { link }, net].into_iter().for_each(|what| record(None, what));
    let schema = Schema::of("jsonl.schema.json");
    let all = lines(&trace::jsonl(&log, &world));
    assert_eq!(all.len(), log.entries().len());
    all.iter().for_each(|line| schema.check(line));
}

/// A schema that takes anything would be none: a key more, a key less, a word that is none.
#[test]
fn the_schema_refuses_what_is_not_so() {
    let schema = Schema::of("jsonl.schema.json");
    let good = json!({"at_ns": 1, "host": "a", "event": "blocked", "thread": 1});
    assert!(schema.fits(&good));
    for (key, value) in
        [("at_ns", json!(-1)), ("event", json!("blocks")), ("thread", json!("1")), ("more", json!(1))]
    {
        let mut bad = good.clone();
        bad[key] = value;
        assert!(!schema.fits(&bad), "{bad}");
    }
    for key in ["at_ns", "host", "event", "thread"] {
        let mut bad = good.clone();
        bad.as_object_mut().expect("an object").remove(key);
        assert!(!schema.fits(&bad), "{bad}");
    }
    let version = json!({"event": "run", "version": 2, "scenario": "a", "hosts": []});
    assert!(!schema.fits(&version));
}

#[test]
fn the_table_fits_its_schema() {
    let schema = Schema::of("table.schema.json");
    for profile in Profile::ALL {
        let table = table::run(&Parameters::default(), profile, |_| {});
        let mut json = serde_json::to_value(&table).expect("JSON");
        schema.check(&json);
        json["rows"][0]["wire"] = json!("SYN");
        assert!(!schema.fits(&json));
    }
}
