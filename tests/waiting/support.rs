//! Runs scenarios under every profile, and lines that are said once for both ways of being told.

use closewait::profile::Profile;
use closewait_sim::script::{Options, Verdict, run};

/// A server that listens at port 80, and a client: nothing has been called yet.
const HOSTS: &str = "--host=server\n--host=client\n";

/// The same, and both are connected: the client's socket is 3, the server's 4. It is 0.03 s. What the client sends
/// waits for no ACK.
const PAIR: &str = "\
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     client: setsockopt(3, TCP_NODELAY, 1) = 0
+0...0.020 client: connect(3, server:80) = 0
0.03   server: accept(3) = 4
";

/// The scenario has to hold under every profile.
pub(crate) fn holds(lines: &str) {
    by_profile(lines, |_| Vec::new());
}

/// The same of two hosts that are connected (see [`PAIR`]).
pub(crate) fn pair_holds(lines: &str) {
    holds(&format!("{PAIR}{lines}"));
}

/// The scenario has to hold under every profile, with the profile's words in the place of their `$NAME`.
pub(crate) fn by_profile(lines: &str, words: impl Fn(&Profile) -> Vec<(&'static str, &'static str)>) {
    for profile in Profile::ALL {
        let text = words(profile)
            .into_iter()
            .fold(lines.to_owned(), |text, (name, word)| text.replace(&format!("${name}"), word));
        assert!(!text.contains('$'), "a word without a value:\n{text}");
        passes(profile, &format!("{HOSTS}{text}"));
    }
}

/// Of the client's profile alone: whether a closed port answers with a RST is the server's (R17).
pub(crate) fn client_holds(lines: &str) {
    for profile in Profile::ALL {
        passes(profile, &format!("--host=server,profile=windows\n--host=client\n{lines}"));
    }
}

fn passes(profile: &Profile, text: &str) {
    let options = Options { profile: profile.clone(), ..Options::default() };
    let report = run(text, &options).unwrap_or_else(|errors| panic!("no scenario: {errors:?}\n{text}"));
    match report.verdict {
        Verdict::Passed => {}
        Verdict::Failed(failures) => {
            let told: Vec<_> = failures
                .iter()
                .map(|failure| {
                    let (number, line) = failure.line(text);
                    format!("{number}: {line}\n   expected {}, got {}", failure.expected, failure.happened)
                })
                .collect();
            panic!("{}:\n{}\n{text}", profile.name, told.join("\n"));
        }
        Verdict::Skipped(why) => panic!("skipped: {why:?}"),
    }
}

/// How a program is told of network events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// WSAEventSelect, with an event of each socket's own.
    Events,
    /// WSAAsyncSelect, with a window of each socket's own.
    Messages,
}

/// The scenario has to hold under every profile in both ways. Two calls stand for those of either way:
///
/// - `register(4, MASK)`: WSAEventSelect, or WSAAsyncSelect.
/// - `told(4) = FD_READ FD_WRITE`: what the program has been told since it looked last, in order, perhaps with codes
///   (`FD_CLOSE:WSAECONNABORTED`). The event is signalled if there is something, and only then. `told(5 of 3)` asks
///   for socket 5, which has the event or window of its listener, 3.
/// - `nothing(4)`: the event is not signalled, there is no message; the socket may be closed.
/// - `told(4) = FD_READ | none`: by events, and by messages.
/// - `told(4) = FD_READ | none | none`: the last is what is told by events where new arrivals are not (R82).
pub(crate) fn both_ways(lines: &str) {
    told_by_profile(lines, |_| Vec::new());
}

/// [`both_ways`] with nobody at the server's port 80 (see [`client_holds`]).
pub(crate) fn client_both_ways(lines: &str) {
    for profile in Profile::ALL {
        for way in [Way::Events, Way::Messages] {
            let hosts = "--host=server,profile=windows\n--host=client\n";
            passes(profile, &format!("{hosts}{}", told(lines, way, is_documented(profile))));
        }
    }
}

/// [`both_ways`] of two hosts that are connected.
pub(crate) fn pair_both_ways(lines: &str) {
    both_ways(&format!("{PAIR}{lines}"));
}

/// [`both_ways`] of two hosts that are connected, with words that a profile has.
pub(crate) fn pair_told_by_profile(
    lines: &str,
    words: impl Fn(&Profile) -> Vec<(&'static str, &'static str)>,
) {
    told_by_profile(&format!("{PAIR}{lines}"), words);
}

fn told_by_profile(lines: &str, words: impl Fn(&Profile) -> Vec<(&'static str, &'static str)>) {
    for profile in Profile::ALL {
        let text = words(profile)
            .into_iter()
            .fold(lines.to_owned(), |text, (name, word)| text.replace(&format!("${name}"), word));
        for way in [Way::Events, Way::Messages] {
            passes(profile, &format!("{HOSTS}{}", told(&text, way, is_documented(profile))));
        }
    }
}

/// Whether the profile goes by the pages, and not by what Windows is seen to do.
pub(crate) fn is_documented(profile: &Profile) -> bool {
    ["documented", "rfc9293"].contains(&profile.name)
}

/// The scenario in one of the ways.
fn told(lines: &str, way: Way, documented: bool) -> String {
    let mut events = Vec::new();
    lines.lines().map(|line| translated(line, way, documented, &mut events)).collect()
}

fn translated(line: &str, way: Way, documented: bool, events: &mut Vec<(String, String)>) -> String {
    let (before, call) = line.split_once(": ").unwrap_or(("", line));
    let host = before.split_whitespace().last().unwrap_or("");
    let arguments =
        |call: &str| call.split_once(')').map(|(inside, rest)| (inside.to_owned(), rest.to_owned()));
    if let Some((arguments, _)) = call.strip_prefix("register(").and_then(arguments) {
        let (socket, mask) = arguments.split_once(", ").expect("a socket and a mask");
        if way == Way::Messages {
            return format!("{before}: WSAAsyncSelect({socket}, win{socket}, {mask}) = 0\n");
        }
        let owner = (host.to_owned(), socket.to_owned());
        let known = events.contains(&owner);
        let made = if known { String::new() } else { format!("{before}: WSACreateEvent() = ev{socket}\n") };
        let before = if known { before.to_owned() } else { format!("+0 {host}") };
        events.push(owner);
        return format!("{made}{before}: WSAEventSelect({socket}, ev{socket}, {mask}) = 0\n");
    }
    if let Some((socket, _)) = call.strip_prefix("nothing(").and_then(arguments) {
        return match way {
            Way::Events => {
                format!("{before}: WSAWaitForMultipleEvents([ev{socket}], 0) = WSA_WAIT_TIMEOUT\n")
            }
            Way::Messages => format!("{before}: PeekMessage(win{socket}) = none\n"),
        };
    }
    let Some((socket, expected)) = call.strip_prefix("told(").and_then(arguments) else {
        return format!("{line}\n");
    };
    let (socket, owner) = socket.split_once(" of ").unwrap_or((&socket, &socket));
    let choices: Vec<_> = expected.trim_start_matches(" = ").split('|').map(str::trim).collect();
    let choice = match (way, &choices[..]) {
        (Way::Events, [_, _, without]) if documented => without,
        (Way::Messages, [_, by_messages, ..]) => by_messages,
        (_, [by_events, ..]) => by_events,
        (_, []) => unreachable!("split gives one part at least"),
    };
    let expected: Vec<_> = choice
        .split_whitespace()
        .filter(|word| *word != "none")
        .map(|word| word.split_once(':').unwrap_or((word, "0")))
        .collect();
    match way {
        Way::Events => by_event(before, host, (socket, owner), &expected),
        Way::Messages => by_messages(before, host, (socket, owner), &expected),
    }
}

fn by_event(before: &str, host: &str, (socket, owner): (&str, &str), expected: &[(&str, &str)]) -> String {
    let signalled = if expected.is_empty() { "WSA_WAIT_TIMEOUT" } else { "0" };
    let items: Vec<_> = expected.iter().map(|(event, code)| format!("{event}: {code}")).collect();
    format!(
        "{before}: WSAWaitForMultipleEvents([ev{owner}], 0) = {signalled}\n\
         +0 {host}: WSAEnumNetworkEvents({socket}, ev{owner}) = 0 {{{}}}\n",
        items.join(", ")
    )
}

fn by_messages(before: &str, host: &str, (socket, owner): (&str, &str), expected: &[(&str, &str)]) -> String {
    let mut lines = String::new();
    let mut before = before.to_owned();
    for (event, code) in expected {
        lines += &format!("{before}: PeekMessage(win{owner}) = {{{event}: {code}, socket={socket}}}\n");
        before = format!("+0 {host}");
    }
    lines + &format!("{before}: PeekMessage(win{owner}) = none\n")
}
