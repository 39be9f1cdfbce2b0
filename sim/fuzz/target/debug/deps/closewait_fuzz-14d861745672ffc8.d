/work/main/sim/fuzz/target/debug/deps/closewait_fuzz-14d861745672ffc8.d: src/lib.rs src/lines.rs src/packet.rs src/packet/host.rs src/packet/shape.rs src/script.rs

/work/main/sim/fuzz/target/debug/deps/libclosewait_fuzz-14d861745672ffc8.rmeta: src/lib.rs src/lines.rs src/packet.rs src/packet/host.rs src/packet/shape.rs src/script.rs

src/lib.rs:
src/lines.rs:
src/packet.rs:
src/packet/host.rs:
src/packet/shape.rs:
src/script.rs:
