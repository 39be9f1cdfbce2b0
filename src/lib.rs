#![no_std]
#![forbid(unsafe_code)]
//! closewait
extern crate alloc;
pub mod addr;
pub mod buf;
pub mod host;
pub mod packet;
pub mod profile;
pub mod rule;
pub mod seq;
pub mod stack;
pub mod tcp;
pub mod time;
pub mod winsock;
