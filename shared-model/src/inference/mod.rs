//! Models as the region governs them: which keys sign them, which version which depots are to try
//! or use, and what each depot reports of them. Runs no model, and posts no fact of the business:
//! what a model says is advice.

mod announcement;
mod command;
mod decide;
mod error;
mod event;
mod facts;
mod keys;
mod life;
mod state;

pub use announcement::{
    Announcement, MANIFEST_SIGNING_CONTEXT, ORDER_SIGNING_CONTEXT, RING_SITES_MAX, Step,
    order_message,
};
pub use command::{AnnounceModel, PinModelKeys, ReportModels};
pub use decide::{announce, pin, report};
pub use error::Error;
pub use event::Event;
pub use facts::{
    BINS_MAX, COLUMNS_MAX, Column, Errors, FACTS_BYTES_MAX, FACTS_MODELS_MAX, Facts,
    NOTE_CHARS_MAX, State, Verdict,
};
pub use keys::{KEYS_SIGNING_CONTEXT, ModelKeys, keys_message};
pub use life::{BARRED_MAX, Held, Life, Silent, Unfit};
pub use state::{
    ModelFacts, ModelLine, ModelOrder, PublishedModel, order_key, report_key, version_key,
};
