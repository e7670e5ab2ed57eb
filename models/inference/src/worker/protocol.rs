//! What parent and worker say to each other, in CBOR. Both are built from the same sources and run on the same
//! machine, so there is no version; numbers of a row travel as raw little-endian float32.

use minicbor::{Decode, Encode};

/// A network and its golden vectors, 8 MiB each, and what comes with them.
pub const FRAME_BYTES_MAX: usize = 20 * 1024 * 1024;

/// To the worker. The first one is [`Request::Begin`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Request {
    /// How much memory it may take beyond what it has already.
    #[n(0)]
    Begin {
        #[n(0)]
        memory_bytes_max: u64,
    },
    /// A verified bundle; its name is the SHA-256 of the manifest.
    #[n(1)]
    Load {
        #[cbor(n(0), with = "minicbor::bytes")]
        manifest: Vec<u8>,
        #[cbor(n(1), with = "minicbor::bytes")]
        network: Vec<u8>,
        #[cbor(n(2), with = "minicbor::bytes")]
        preprocessing: Vec<u8>,
        #[cbor(n(3), with = "minicbor::bytes")]
        golden: Vec<u8>,
    },
    #[n(2)]
    Predict {
        #[cbor(n(0), with = "minicbor::bytes")]
        model: [u8; 32],
        /// Rows × features.
        #[cbor(n(1), with = "minicbor::bytes")]
        rows: Vec<u8>,
    },
    #[n(3)]
    Unload {
        #[cbor(n(0), with = "minicbor::bytes")]
        model: [u8; 32],
    },
}

/// From the worker, one for each request.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum Reply {
    #[n(0)]
    Done,
    /// The model is loaded, and its golden vectors were replayed.
    #[n(1)]
    Loaded {
        #[n(0)]
        rows: u64,
        #[n(1)]
        rows_off: u64,
        #[n(2)]
        worst_relative: f64,
        /// Of the whole worker, with all its models.
        #[n(3)]
        resident_bytes: u64,
    },
    /// Rows × outputs.
    #[n(2)]
    Values(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    #[n(3)]
    Failed {
        #[n(0)]
        fault: Fault,
        #[n(1)]
        reason: String,
    },
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Fault {
    /// The question's.
    #[n(0)]
    Question,
    /// The model's; it is still loaded.
    #[n(1)]
    Model,
    /// The model's, which panicked and is gone.
    #[n(2)]
    Panic,
}

/// Numbers as they travel.
#[must_use]
pub fn to_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Numbers as they came; bytes that do not fill one are left out.
#[must_use]
pub fn to_values(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}
