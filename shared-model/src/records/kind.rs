//! The register of record kinds: type, table and number. Numbers are part of the digest: append
//! only.

use minicbor::{Decode, Encode};

use crate::catalogue::Article;
use crate::dispatch::{Consignment, DepotPlace, Manifest, Measure, Vehicle};
use crate::exceptions::Exception;
use crate::gig::{Rider, Task};
use crate::inference::{ModelFacts, ModelKeys, ModelLine, ModelOrder, PublishedModel};
use crate::network::Peer;
use crate::orders::Order;
use crate::payments::{Deposit, Handover};
use crate::pricing::{PriceBooks, PriceLine};
use crate::replenishment::Replenishment;
use crate::rights::{Grants, Holding, PassedIn, RemoteHandover, RemoteSale, Right};
use crate::staff::Staff;
use crate::warehouse::{ArticleStock, Count, Receipt};

/// A balance: debits less credits, in the unit named by its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct Balance(#[n(0)] pub i64);

/// How many numbers of a series were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct Series {
    #[n(0)]
    pub orders: u64,
    #[n(1)]
    pub credit_notes: u64,
}

/// What lists are filtered, ordered and searched by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Index {
    pub status: &'static str,
    /// Newest first: a time, or 0 where order is by key.
    pub sort: i64,
    /// Lower case words to search in.
    pub text: String,
}

/// One kind of record.
pub trait Record: Sized + Clone + Encode<()> + for<'b> Decode<'b, ()> + Into<AnyRecord> {
    const KIND: Kind;
    fn of(any: &AnyRecord) -> Option<&Self>;
    fn of_mut(any: &mut AnyRecord) -> Option<&mut Self>;
}

macro_rules! kinds {
    ($($number:literal $kind:ident $table:literal;)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($kind,)*
        }

        impl Kind {
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The table's name in both stores.
            #[must_use]
            pub const fn table(self) -> &'static str {
                match self { $(Self::$kind => $table,)* }
            }

            #[must_use]
            pub const fn number(self) -> u8 {
                match self { $(Self::$kind => $number,)* }
            }

            /// Reads a stored body.
            ///
            /// # Errors
            /// When the bytes are no record of this kind.
            pub fn decode(self, body: &[u8]) -> Result<AnyRecord, minicbor::decode::Error> {
                Ok(match self { $(Self::$kind => AnyRecord::$kind(minicbor::decode(body)?),)* })
            }
        }

        /// A record of any kind.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum AnyRecord {
            $($kind($kind),)*
        }

        impl AnyRecord {
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self { $(Self::$kind(_) => Kind::$kind,)* }
            }

            /// The stored body.
            #[must_use]
            pub fn encode(&self) -> Vec<u8> {
                match self {
                    $(Self::$kind(record) => minicbor::to_vec(record).expect("writing to memory"),)*
                }
            }
        }

        $(
            impl From<$kind> for AnyRecord {
                fn from(record: $kind) -> Self {
                    Self::$kind(record)
                }
            }

            impl Record for $kind {
                const KIND: Kind = Kind::$kind;
                fn of(any: &AnyRecord) -> Option<&Self> {
                    if let AnyRecord::$kind(record) = any { Some(record) } else { None }
                }
                fn of_mut(any: &mut AnyRecord) -> Option<&mut Self> {
                    if let AnyRecord::$kind(record) = any { Some(record) } else { None }
                }
            }
        )*
    };
}

kinds! {
    1 Article "articles";
    2 PriceBooks "price_books";
    3 PriceLine "prices";
    4 Staff "staff";
    5 Peer "peers";
    6 Order "orders";
    7 ArticleStock "stock";
    8 Receipt "receipts";
    9 Count "counts";
    10 Rider "riders";
    11 Task "tasks";
    12 Handover "handovers";
    13 Deposit "deposits";
    14 Right "rights";
    15 Grants "grants";
    16 Holding "holdings";
    17 PassedIn "passed_in";
    18 RemoteSale "remote_sales";
    19 RemoteHandover "remote_handovers";
    20 Exception "exceptions";
    21 Balance "balances";
    22 Series "series";
    23 Vehicle "vehicles";
    24 Consignment "consignments";
    25 Manifest "manifests";
    26 Measure "measures";
    27 DepotPlace "depot_places";
    30 Replenishment "replenishments";
    40 ModelKeys "model_keys";
    41 PublishedModel "published_models";
    42 ModelOrder "model_orders";
    43 ModelFacts "model_facts";
    44 ModelLine "model_lines";
}

impl AnyRecord {
    /// What lists are filtered, ordered and searched by.
    #[must_use]
    pub fn index(&self) -> Index {
        let listed = |status, sort, text: String| Index { status, sort, text: text.to_lowercase() };
        match self {
            Self::Article(article) => {
                let barcode = article.barcode.as_deref().unwrap_or_default();
                listed("", 0, format!("{} {} {barcode}", article.code, article.name))
            }
            Self::Order(order) => {
                let reference = order.reference.as_deref().unwrap_or_default();
                let text = format!("{} {reference}", order.number);
                listed(order.status.as_str(), order.placed.ms(), text)
            }
            Self::Receipt(receipt) => {
                listed(receipt.status(), receipt.received.ms(), receipt.reference.clone())
            }
            Self::Count(count) => {
                let text = format!("{} {}", count.bin, count.article);
                listed(count.status.as_str(), count.started.ms(), text)
            }
            Self::Rider(rider) => listed("", 0, rider.name.clone()),
            Self::Task(task) => listed(task.status.as_str(), 0, task.number.clone()),
            Self::Handover(handover) => {
                listed(handover.status.as_str(), handover.declared.ms(), String::new())
            }
            Self::Exception(exception) => {
                let status = match exception.status {
                    crate::exceptions::Status::Open => "open",
                    crate::exceptions::Status::Resolved => "resolved",
                };
                let text = format!("{} {}", exception.subject, exception.detail);
                listed(status, exception.raised.ms(), text)
            }
            Self::ModelFacts(day) => {
                let facts = &day.facts;
                listed(facts.state.as_str(), i64::from(facts.day), facts.model.to_string())
            }
            Self::Vehicle(vehicle) => listed("", 0, vehicle.name.clone()),
            Self::Manifest(manifest) => {
                let text = manifest.vehicle_name.clone();
                listed(manifest.status.as_str(), manifest.locked.ms(), text)
            }
            Self::PriceBooks(_)
            | Self::PriceLine(_)
            | Self::Staff(_)
            | Self::Peer(_)
            | Self::ArticleStock(_)
            | Self::Deposit(_)
            | Self::Right(_)
            | Self::Grants(_)
            | Self::Holding(_)
            | Self::PassedIn(_)
            | Self::RemoteSale(_)
            | Self::RemoteHandover(_)
            | Self::Balance(_)
            | Self::Series(_)
            | Self::Consignment(_)
            | Self::Replenishment(_)
            | Self::Measure(_)
            | Self::DepotPlace(_)
            | Self::ModelKeys(_)
            | Self::PublishedModel(_)
            | Self::ModelOrder(_)
            | Self::ModelLine(_) => Index::default(),
        }
    }
}
