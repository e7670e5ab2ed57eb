//! Why a command about models is refused.

use crate::id::ModelCode;
use crate::refusal::refusals;

refusals! {
    /// A refusal by the rules of models.
    Error {
        KeysNotSigned
            => "model-keys-not-signed", "signed_by",
               "the new keys are not signed by one that is pinned",
               "sign them with the current or the next key of the region";
        KeyNotPinned
            => "model-key-not-pinned", "key",
               "the order is not signed by a key of this region",
               "make the region's keys with sync-hub models keys, and sign with the current one";
        OrderNotNewer { model: ModelCode, number: u64 }
            => "model-order-not-newer", "number",
               "an order with number {number} or a later one about {model} was given before",
               "look at the model again and repeat the order";
        OtherManifest { model: ModelCode, version: u32 }
            => "model-version-taken", "version",
               "version {version} of {model} was announced with another manifest",
               "give the bundle a new version";
        RingTooLarge
            => "model-ring-too-large", "ring",
               "a ring has at most 1000 depots",
               "split it, or use the ring of the whole region";
        NothingToReport
            => "model-report-empty", "facts",
               "a report tells of 1 to 16 models",
               "send it in several reports";
        FactsTooLarge { model: ModelCode }
            => "model-facts-too-large", "facts",
               "the facts of {model} take more than a kilobyte",
               "report fewer columns";
    }
}
