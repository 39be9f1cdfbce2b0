/work/main/sim/fuzz/target/debug/deps/script-b1619316b21c1f48.d: fuzz_targets/script.rs

/work/main/sim/fuzz/target/debug/deps/libscript-b1619316b21c1f48.rmeta: fuzz_targets/script.rs

fuzz_targets/script.rs:
