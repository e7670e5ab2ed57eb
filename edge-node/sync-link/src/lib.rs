//! The link between a depot and its hub as both shells use it: one connection over QUIC or, where
//! UDP is blocked, over TLS on TCP; frames on its streams; and how the frames of protocol 2 are
//! squeezed and opened.
//!
//! It knows no store, no certificate of its own and no rule of the protocol: what is in a frame,
//! and what follows from it, is `shared-model`'s.

pub mod call;
pub mod codec;
pub mod frames;
pub mod quic;
pub mod squeeze;
pub mod tcp;
