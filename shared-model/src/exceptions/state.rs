//! An exception and how it ended.

use minicbor::{Decode, Encode};
use serde::Serialize;

use super::command::Resolution;
use super::event::{Event, Kind};
use crate::id::{ExceptionId, StaffId};
use crate::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    #[n(0)]
    Open,
    #[n(1)]
    Resolved,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Exception {
    #[n(0)]
    pub exception: ExceptionId,
    #[n(1)]
    pub kind: Kind,
    #[n(2)]
    pub subject: String,
    #[n(3)]
    pub detail: String,
    #[n(4)]
    pub concerns: Option<StaffId>,
    #[n(5)]
    #[serde(rename = "raised_ms")]
    pub raised: Timestamp,
    #[n(6)]
    pub status: Status,
    #[n(7)]
    pub resolution: Option<Resolution>,
    #[n(8)]
    pub note: Option<String>,
}

impl Exception {
    /// The exception that `event` raises at `at`; none when it raises none.
    #[must_use]
    pub fn raised_by(event: &Event, at: Timestamp) -> Option<Self> {
        match event {
            Event::Raised { exception, kind, subject, detail, concerns } => Some(Self {
                exception: *exception,
                kind: *kind,
                subject: subject.clone(),
                detail: detail.clone(),
                concerns: *concerns,
                raised: at,
                status: Status::Open,
                resolution: None,
                note: None,
            }),
            Event::Resolved { .. } => None,
        }
    }

    pub fn resolve(&mut self, resolution: Resolution, note: &str) {
        self.status = Status::Resolved;
        self.resolution = Some(resolution);
        self.note = Some(note.to_owned());
    }
}
