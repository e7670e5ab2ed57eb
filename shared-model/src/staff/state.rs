//! A person who works at a site.

use minicbor::{Decode, Encode};
use serde::Serialize;

use super::role::Role;
use crate::id::StaffId;

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Staff {
    #[n(0)]
    pub staff: StaffId,
    #[n(1)]
    pub name: String,
    #[n(2)]
    pub role: Role,
    #[n(3)]
    pub active: bool,
}
