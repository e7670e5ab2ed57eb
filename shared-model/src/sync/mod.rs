//! The protocol between a node and its hub: frames and two state machines without any I/O.
//! Knows logs and entries; knows no business context. Version 1 never changes: golden bytes in
//! `tests/vectors` guard it, and a change is a version 2 beside it.

pub mod v1;
