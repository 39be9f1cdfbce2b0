//! Scenarios that several tests run, and where they expect something.

pub(crate) const HARD: &str = "\
// A hard close, and what the peer sees.
--host=server
--host=client
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0...0.020 client: connect(3, server:80) = 0
+0.010 server: accept(3) = 4
+0     client: setsockopt(3, SO_LINGER, {1, 0}) = 0
+0     client: closesocket(3) = 0
+0     client > R.
+0     client: state(3) == CLOSED
+0.010 server: recv(4, 100) = -1 WSAECONNRESET
+0     server: closesocket(4) = 0
+0     server: closesocket(3) = 0
+0     net: at_rest
";

pub(crate) const LINGERING: &str = "\
// The first FIN is lost: the call returns when the FIN has been acknowledged after all.
--host=server
--host=client
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0...0.020 client: connect(3, server:80) = 0
+0.010 server: accept(3) = 4
0.1    client: setsockopt(3, SO_LINGER, {1, 5}) = 0
0.1    net: drop client > F.
0.1...0.420 client: closesocket(3) = 0
+0     client: state(3) == FIN_WAIT_2
";

pub(crate) const ONE_MACHINE: &str = "\
// SYN-ACK to a socket that was closed in SYN-SENT.
 0     socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0     fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0     connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
+0     > S 0:0(0) <...>
+0     close(3) = 0
+0.1   < S. 0:0(0) ack 1 win 65535 <mss 1460>
+0     > R 1:1(0)
";

pub(crate) fn shipped() -> Vec<(String, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sim/scenarios");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.display().to_string(), std::fs::read_to_string(&path).expect("text")))
        .collect();
    files.sort();
    files
}

/// The numbers, codes and states that a line expects: what comes after `=`, `==`, `...` and `>`.
pub(crate) fn expectations(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let event = !line.starts_with("//") && !line.starts_with("--") && !line.contains("net:");
        for marker in [" = ", " == ", "{end=", " ack "] {
            if let (true, Some(i)) = (event, line.find(marker)) {
                let start = i + marker.len();
                let word = line[start..].split([' ', '\n', '}', '{']).next().unwrap_or("");
                if !word.is_empty() {
                    found.push(at + start..at + start + word.len());
                }
            }
        }
        at += line.len();
    }
    found
}

pub(crate) fn binds_a_name(text: &str, at: usize) -> bool {
    let line = text[..at].rsplit('\n').next().unwrap_or("");
    line.contains("socket(AF_INET") || line.contains("socket(...") || line.contains("accept(")
}
