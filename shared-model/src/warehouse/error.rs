//! Why the warehouse refuses a promise or a step.

use crate::id::{ArticleCode, BinCode, CountId};
use crate::refusal::refusals;

refusals! {
    /// A refusal by the warehouse.
    Error {
        NotAvailable { article: ArticleCode, available: i64, on_hand: i64, reserved: i64, lent: i64 }
            => "not-available", "quantity",
               "{available} of {article} can be promised: {on_hand} are here, {reserved} are reserved for orders and {lent} are promised to other depots",
               "sell fewer, ask the manager to take back a right, or receive more";
        NotInBin { article: ArticleCode, bin: BinCode, held: i64 }
            => "not-in-bin", "bin",
               "the book has {held} of {article} in {bin}",
               "check the label of the bin; if the goods are there, count the bin";
        BinUnknown { bin: BinCode }
            => "bin-unknown", "bin",
               "this site has no bin {bin}",
               "scan the label of a bin of this site";
        SameBin
            => "same-bin", "to_bin",
               "the goods are in that bin already",
               "choose another bin";
        PackUnknown { pack: String }
            => "pack-unknown", "pack",
               "the article has no pack called {pack}",
               "count in base units, or use a pack of the article";
        DamagedAboveQuantity
            => "damaged-above-quantity", "damaged",
               "more are damaged than arrived",
               "state the damaged ones as part of the quantity";
        AlreadyReceived
            => "already-received", "receipt",
               "this arrival was received before by another command",
               "open the arrival; mint a new id for a new one";
        CountUnknown { count: CountId }
            => "count-unknown", "count",
               "no count {count} is open at this site",
               "start a count first";
        CountClosed
            => "count-closed", "count",
               "the count was recorded already",
               "start a new count";
        CountNotRecorded
            => "count-not-recorded", "count",
               "nobody has recorded what was counted",
               "record the count, then approve it";
        OwnCount
            => "own-count", "count",
               "you counted this yourself",
               "ask another person to approve the difference";
        NotOfThisDelivery { article: ArticleCode }
            => "not-of-this-delivery", "damaged",
               "{article} was not with the rider on this delivery, or not so many",
               "name only goods of the delivery, each article once";
    }
}
