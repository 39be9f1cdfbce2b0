//! What fuzz targets ask of any bytes. `tests/corpus.rs` asks it of the corpus, without a fuzzer.

pub mod lines;
pub mod packet;
pub mod script;
