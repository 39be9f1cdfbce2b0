/work/main/sim/fuzz/target/debug/deps/packet-568ff71f7ca4c3e7.d: fuzz_targets/packet.rs

/work/main/sim/fuzz/target/debug/deps/libpacket-568ff71f7ca4c3e7.rmeta: fuzz_targets/packet.rs

fuzz_targets/packet.rs:
