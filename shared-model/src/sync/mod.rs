//! The protocol between a node and its hub: frames and two state machines without any I/O.
//! Knows logs and entries; knows no business context. Version 1 never changes: golden bytes in
//! `tests/vectors` guard it; version 2 packs the same frames and stands beside it.

pub mod v1;
pub mod v2;
