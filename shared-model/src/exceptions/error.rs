//! Why a resolution is refused.

use crate::id::ExceptionId;
use crate::refusal::refusals;

refusals! {
    /// A refusal about an exception.
    Error {
        ExceptionUnknown { exception: ExceptionId }
            => "exception-unknown", "exception",
               "no exception {exception} is open at this site",
               "choose one from the list of exceptions";
        AlreadyResolved
            => "already-resolved", "exception",
               "somebody has resolved this exception already",
               "nothing is to be done; read the note left there";
        /// Nobody judges their own custody.
        OwnCustody
            => "own-custody", "exception",
               "the exception concerns your own cash or count",
               "ask another manager to resolve it";
    }
}
