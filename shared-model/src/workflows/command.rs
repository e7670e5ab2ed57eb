//! The register of commands: number, name in the API, and the roles that may ask for it.

use serde::de::DeserializeSeed;
use serde::{Deserialize, Deserializer};

use super::ordering::ImportOrder;
use super::people::{EditCustomer, EnrolStaff, RegisterCustomer};
use super::publishing::{
    EnrolNode, ListArticles, ListPrices, MatchStatement, PayRider, PublishPrices, RevokeNode,
};
use crate::catalogue::BlockArticle;
use crate::dispatch::{
    AssignVehicle, CancelManifest, DescribeDelivery, HandOutManifest, LocateCustomer, LocateDepot,
    LocateOrder, LockManifests, MeasureArticle, RegisterVehicle, ReportArrival, ReportDelay,
};
use crate::exceptions::ResolveException;
use crate::gig::{DispatchOrders, RecordDelivery, RecordFailedDelivery, RegisterRider};
use crate::id::EntryId;
use crate::inference::{AnnounceModel, PinModelKeys, ReportModels};
use crate::orders::{
    CancelOrder, PackOrder, PlaceOrder, RefundOrder, ReserveOrder, Sell, WriteDeliveryNote,
};
use crate::payments::{CosignHandover, CountHandover, DeclareHandover, DepositCash};
use crate::replenishment::AnswerProposal;
use crate::rights::{AbsorbReturns, GrantRight, HandOverRemoteSale, ReturnRight, TransferRight};
use crate::staff::Role::{self, Cashier, Clerk, Dispatcher, Picker, Rider};
use crate::warehouse::{
    ApproveCount, MoveStock, PickLine, ReceiveGoods, RecordCount, StartCount, TakeBack,
};

macro_rules! commands {
    (people { $($pn:literal $pv:ident $pname:literal [$($role:ident)*];)* }
     nodes { $($nn:literal $nv:ident $nname:literal;)* }) => {
        /// A command of any context.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Command {
            $($pv($pv),)*
            $($nv($nv),)*
        }

        /// Which command made an entry. Numbers are wire format: append only.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($pv,)*
            $($nv,)*
        }

        impl Kind {
            /// Every command that a person may send.
            pub const BY_PEOPLE: &[Self] = &[$(Self::$pv),*];

            #[must_use]
            pub const fn number(self) -> u16 {
                match self { $(Self::$pv => $pn,)* $(Self::$nv => $nn,)* }
            }

            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$pv => $pname,)* $(Self::$nv => $nname,)* }
            }

            #[must_use]
            pub fn from_number(number: u16) -> Option<Self> {
                match number { $($pn => Some(Self::$pv),)* $($nn => Some(Self::$nv),)* _ => None }
            }

            /// A command that a person may send, by its name in the API.
            #[must_use]
            pub fn by_name(name: &str) -> Option<Self> {
                Self::BY_PEOPLE.iter().copied().find(|kind| kind.name() == name)
            }

            /// Whether the role may ask for it. A manager may ask for all; what nodes do by
            /// themselves, nobody may.
            #[must_use]
            pub fn allows(self, role: Role) -> bool {
                let roles: &[Role] = match self {
                    $(Self::$pv => &[$($role),*],)*
                    $(Self::$nv => return false,)*
                };
                role == Role::Manager || roles.contains(&role)
            }
        }

        impl<'de> DeserializeSeed<'de> for Kind {
            type Value = Command;
            fn deserialize<D: Deserializer<'de>>(self, body: D) -> Result<Command, D::Error> {
                Command::parse(self, body)
            }
        }

        impl Command {
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self { $(Self::$pv(_) => Kind::$pv,)* $(Self::$nv(_) => Kind::$nv,)* }
            }

            /// The id of the entry to be.
            #[must_use]
            pub const fn id(&self) -> EntryId {
                match self { $(Self::$pv(command) => command.id,)* $(Self::$nv(command) => command.id,)* }
            }

            /// Reads a command that a person sent.
            ///
            /// # Errors
            /// The deserializer's, naming field and remedy.
            pub fn parse<'de, D: Deserializer<'de>>(kind: Kind, body: D) -> Result<Self, D::Error> {
                match kind {
                    $(Kind::$pv => $pv::deserialize(body).map(Self::$pv),)*
                    $(Kind::$nv => Err(serde::de::Error::custom("is no command for people")),)*
                }
            }
        }
    };
}

commands! {
    people {
        1 ReceiveGoods "receive-goods" [Clerk];
        2 MoveStock "move-stock" [Clerk Picker];
        3 BlockArticle "block-article" [];
        4 Sell "sell" [Cashier];
        5 RegisterCustomer "register-customer" [Cashier Dispatcher];
        6 EditCustomer "edit-customer" [Cashier Dispatcher];
        7 PlaceOrder "place-order" [Cashier Dispatcher];
        8 ReserveOrder "reserve-order" [Cashier Dispatcher];
        9 CancelOrder "cancel-order" [Cashier];
        10 WriteDeliveryNote "write-delivery-note" [Cashier Dispatcher Picker];
        11 PickLine "pick-line" [Picker Clerk];
        12 PackOrder "pack-order" [Picker Clerk];
        13 DispatchOrders "dispatch-orders" [Dispatcher];
        14 RecordDelivery "record-delivery" [Dispatcher Rider];
        15 RecordFailedDelivery "record-failed-delivery" [Dispatcher Rider];
        16 TakeBack "take-back" [Dispatcher Clerk];
        17 RefundOrder "refund-order" [Cashier];
        18 StartCount "start-count" [Clerk];
        19 RecordCount "record-count" [Clerk];
        20 ApproveCount "approve-count" [];
        21 RegisterRider "register-rider" [Dispatcher];
        22 DeclareHandover "declare-handover" [Cashier Dispatcher Rider];
        23 CountHandover "count-handover" [Cashier];
        24 CosignHandover "cosign-handover" [Cashier Dispatcher Rider];
        25 DepositCash "deposit-cash" [];
        26 GrantRight "grant-right" [];
        27 ReturnRight "return-right" [];
        28 TransferRight "transfer-right" [];
        29 HandOverRemoteSale "hand-over-remote-sale" [Cashier];
        30 ResolveException "resolve-exception" [];
        31 RegisterVehicle "register-vehicle" [Dispatcher];
        32 AssignVehicle "assign-vehicle" [Dispatcher];
        33 LocateDepot "locate-depot" [];
        34 LocateCustomer "locate-customer" [Cashier Dispatcher];
        35 LocateOrder "locate-order" [Cashier Dispatcher];
        36 DescribeDelivery "describe-delivery" [Cashier Dispatcher Picker];
        37 MeasureArticle "measure-article" [Clerk Dispatcher];
        38 LockManifests "lock-manifests" [Dispatcher];
        39 HandOutManifest "hand-out-manifest" [Dispatcher];
        40 ReportArrival "report-arrival" [Dispatcher Rider];
        41 ReportDelay "report-delay" [Dispatcher Rider];
        42 CancelManifest "cancel-manifest" [Dispatcher];
        50 AnswerProposal "answer-proposal" [Clerk];
    }
    nodes {
        64 ImportOrder "import-order";
        65 EnrolStaff "enrol-staff";
        66 AbsorbReturns "absorb-returns";
        80 ReportModels "report-models";
        96 ListArticles "list-articles";
        97 ListPrices "list-prices";
        98 PublishPrices "publish-prices";
        99 EnrolNode "enrol-node";
        100 RevokeNode "revoke-node";
        101 MatchStatement "match-statement";
        102 PayRider "pay-rider";
        104 PinModelKeys "pin-model-keys";
        105 AnnounceModel "announce-model";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_unique_and_found_again() {
        for kind in Kind::BY_PEOPLE {
            assert_eq!(Kind::from_number(kind.number()), Some(*kind));
            assert_eq!(Kind::by_name(kind.name()), Some(*kind));
            assert!(kind.allows(Role::Manager));
        }
        assert!(!Kind::EnrolNode.allows(Role::Manager));
        assert!(!Kind::ApproveCount.allows(Cashier));
        assert!(!Kind::Sell.allows(Rider));
    }
}
