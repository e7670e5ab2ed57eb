//! Why a command about cash is refused.

use crate::id::HandoverId;
use crate::refusal::refusals;

refusals! {
    /// A refusal by the cash rules.
    Error {
        HandoverKnown { handover: HandoverId }
            => "handover-known", "handover",
               "handover {handover} was declared before by another command",
               "open it; mint a new id for a new handover";
        HandoverUnknown { handover: HandoverId }
            => "handover-unknown", "handover",
               "no handover {handover} is open at this site",
               "let the rider declare the cash first";
        HandoverStep { status: &'static str, wanted: &'static str }
            => "handover-step", "handover",
               "the handover is {status}; this step needs one that is {wanted}",
               "reload the handover and take the step that is due";
        /// Who declares does not count.
        SamePerson
            => "same-person", "handover",
               "you declared this cash yourself",
               "ask a second person to count it";
        /// Only who declared can agree for the giving side.
        NotDeclarer
            => "not-declarer", "handover",
               "the handover is co-signed by the person who declared it",
               "ask that person to sign in and agree";
        NothingDeclared
            => "nothing-declared", "declared_minor",
               "a handover of nothing is none",
               "state the cash in minor units";
        SafeTooLittle { held_minor: i64 }
            => "safe-too-little", "amount_minor",
               "the safe holds {held_minor} in minor units by the book",
               "deposit at most that, or count the safe";
        SlipKnown { slip: String }
            => "slip-known", "slip",
               "deposit slip {slip} was used before",
               "check the number of the slip";
        SlipUnknown { slip: String }
            => "slip-unknown", "slip",
               "no deposit slip {slip} is on its way to the bank",
               "check the number on the bank's statement";
        AmountDiffers
            => "amount-differs", "amount_minor",
               "amount and fee do not add up to the deposit",
               "copy both from the bank's statement";
        NothingPayable
            => "nothing-payable", "rider",
               "the rider has earned nothing that is not paid",
               "nothing is to be done";
    }
}
