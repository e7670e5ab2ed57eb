//! What a model is when it travels: a folder of a signed manifest and the files it names.
//!
//! This crate reads, verifies and signs that folder, and holds the statistics that tell a drifting
//! model from a sound one. It never runs a model and never asks what time it is: the day is an
//! argument. Only `folder` touches a disk. The format is described in `models/bundle/README.md`.

pub mod adwin;
pub mod card;
pub mod day;
pub mod folder;
pub mod golden;
pub mod hash;
pub mod histogram;
pub mod manifest;
pub mod preprocessing;
pub mod psi;
mod reading;
pub mod refused;
pub mod signature;
pub mod verify;

pub use day::Day;
pub use hash::Sha256Hash;
pub use manifest::{FeatureSchema, Kind, Manifest, ModelId, Part, Version};
pub use refused::Refused;
pub use signature::{PinnedKeys, PublicKey, SigningKey};
pub use verify::{Expectation, Signed, Verified};
