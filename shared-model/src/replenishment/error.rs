//! Why an answer is refused.

use super::state::ON_ORDER_MAX;
use crate::refusal::refusals;

refusals! {
    /// A refusal about a proposal.
    Error {
        QuantityMissing
            => "quantity-missing", "quantity",
               "a changed proposal says how many are bought instead",
               "send the quantity in base units, or answer `accept`";
        QuantityNotAsked
            => "quantity-not-asked", "quantity",
               "only the answer `change` carries a quantity",
               "leave it out, or answer `change`";
        NothingProposed
            => "nothing-proposed", "proposed",
               "nothing was proposed, so there is nothing to accept",
               "answer `change` with a quantity to buy all the same";
        NothingOnOrder
            => "nothing-on-order", "article",
               "nothing of this article is on order",
               "nothing is to be done";
        TooMuchOnOrder
            => "too-much-on-order", "quantity",
               "more than {ON_ORDER_MAX} base units would be on order",
               "withdraw what will not come, then answer again";
    }
}
