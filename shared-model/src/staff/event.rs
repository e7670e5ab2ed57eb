//! What happened to the staff list.

use minicbor::{Decode, Encode};

use super::role::Role;
use crate::id::StaffId;

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    #[n(0)]
    StaffEnrolled {
        #[n(0)]
        staff: StaffId,
        #[n(1)]
        name: String,
        #[n(2)]
        role: Role,
    },
    #[n(1)]
    StaffLeft {
        #[n(0)]
        staff: StaffId,
    },
}
