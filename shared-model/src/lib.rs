//! The pure core of OmniRoute: what a depot and its regional hub must agree on.
//!
//! Everything here is a plain function over plain values. No clock, no randomness, no files, no
//! sockets, no threads: time, ids and loaded records are arguments, so that the same entries give
//! the same state on every machine. The shells (`edge-node`, `sync-hub`) do the rest.

pub mod blob;
pub mod decimal;
pub mod delivery;
pub mod enrolment;
pub mod id;
pub mod money;
pub mod place;
pub mod quantity;
pub mod refusal;
pub mod tax;
pub mod text;
pub mod time;

pub mod ledger;
pub mod log;

pub mod catalogue;
pub mod dispatch;
pub mod document;
pub mod exceptions;
pub mod gig;
pub mod inference;
pub mod network;
pub mod orders;
pub mod payments;
pub mod pricing;
pub mod replenishment;
pub mod rights;
pub mod staff;
pub mod warehouse;

pub mod records;
pub mod workflows;

pub mod sync;

pub mod admission;
