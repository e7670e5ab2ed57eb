//! The region's models: bundles as they were imported, who proposed and who approved their use, and
//! the orders that go out to rings of depots. It reads bundles and signs; it runs no model, and
//! what it tells depots travels in the hub's log like everything else.

mod blobs;
mod import;
mod keys;
mod orders;
mod proposals;
mod reading;
mod rings;

pub use blobs::BlobPiece;
pub use import::{ImportError, Imported, Signer, import};
pub use keys::{ensure_keys, pinned_keys, rotate_keys};
pub use orders::{Ask, approve, order_at_once, propose, reject};
pub use proposals::{Proposal, ProposalStatus, proposals};
pub use reading::{
    DepotModel, Listed, ModelDay, VersionCard, depots, series, version_card, versions,
};
pub use rings::{ALL, Ring, rings, set_ring};

use shared_model::money::Currency;
use shared_model::refusal::Refusal;

use crate::store::AppendError;

/// Models move no money; the writer must name some currency.
const NO_MONEY: Currency = Currency::KES;

/// A refusal in the words of the registry.
fn refused(
    code: &'static str,
    field: &'static str,
    detail: impl Into<String>,
    remedy: impl Into<std::borrow::Cow<'static, str>>,
) -> AppendError {
    AppendError::Refused(Refusal {
        code,
        field: field.into(),
        detail: detail.into(),
        remedy: remedy.into(),
    })
}
