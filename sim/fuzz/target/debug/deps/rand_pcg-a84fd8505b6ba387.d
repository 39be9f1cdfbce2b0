/work/main/sim/fuzz/target/debug/deps/rand_pcg-a84fd8505b6ba387.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/rand_pcg-0.10.3/src/lib.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/rand_pcg-0.10.3/src/pcg128.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/rand_pcg-0.10.3/src/pcg128cm.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/rand_pcg-0.10.3/src/pcg64.rs

/work/main/sim/fuzz/target/debug/deps/librand_pcg-a84fd8505b6ba387.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/rand_pcg-0.10.3/src/lib.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/rand_pcg-0.10.3/src/pcg128.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/rand_pcg-0.10.3/src/pcg128cm.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/rand_pcg-0.10.3/src/pcg64.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/rand_pcg-0.10.3/src/lib.rs:
/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/rand_pcg-0.10.3/src/pcg128.rs:
/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/rand_pcg-0.10.3/src/pcg128cm.rs:
/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/rand_pcg-0.10.3/src/pcg64.rs:
