//! What caller and worker say to each other, in CBOR. Both are the same program on the same machine, so there is no
//! version.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use shared_model::document::{Content, DocumentKind};

/// To the worker. The first one is [`Request::Begin`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) enum Request {
    /// How much memory it may take beyond what it has already.
    #[n(0)]
    Begin {
        #[n(0)]
        memory_bytes_max: u64,
    },
    /// A change into a saved document; none: a new one.
    #[n(1)]
    Merge {
        #[n(0)]
        kind: DocumentKind,
        #[n(1)]
        saved: Option<ByteVec>,
        #[n(2)]
        change: ByteVec,
    },
}

/// From the worker, one for each request.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) enum Reply {
    #[n(0)]
    Ready,
    #[n(1)]
    Merged {
        #[n(0)]
        saved: ByteVec,
        #[n(1)]
        content: Content,
    },
    #[n(2)]
    Refused {
        #[n(0)]
        reason: String,
    },
    #[n(3)]
    Panicked {
        #[n(0)]
        reason: String,
    },
}
