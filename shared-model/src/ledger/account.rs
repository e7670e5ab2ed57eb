//! The chart of accounts: what can hold goods or money.

use std::fmt;

use minicbor::{Decode, Encode};

use crate::id::{ArticleCode, BinCode, RiderId};
use crate::money::Currency;

/// What is counted on an account: one currency, or one article in base units.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Unit {
    #[n(0)]
    Money(#[n(0)] Currency),
    #[n(1)]
    Goods(#[n(0)] ArticleCode),
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Money(currency) => currency.fmt(f),
            Self::Goods(article) => article.fmt(f),
        }
    }
}

/// Whether an account holds money or goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    Money,
    Goods,
}

macro_rules! accounts {
    ($($(#[$doc:meta])* $number:literal $variant:ident $(($inner:ty))? = $code:literal, $nature:ident;)*) => {
        /// An account of one site's books. Numbers are wire format: append only.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        pub enum Account {
            $($(#[$doc])* #[n($number)] $variant $((#[n(0)] $inner))?,)*
        }

        impl Account {
            /// The account's name without whose or where: what a trial balance groups by.
            #[must_use]
            pub const fn code(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $code,)*
                }
            }

            #[must_use]
            pub const fn nature(&self) -> Nature {
                match self {
                    $(Self::$variant { .. } => Nature::$nature,)*
                }
            }
        }
    };
}

accounts! {
    /// Cash in the counter's drawer.
    0 Till = "till", Money;
    /// Cash in the safe.
    1 Safe = "safe", Money;
    /// Cash on its way to the bank, under a deposit slip.
    2 BankInTransit = "bank-in-transit", Money;
    3 Bank = "bank", Money;
    4 BankFees = "bank-fees", Money;
    /// Value of an article's stock at the depot, at moving average cost.
    5 StockValue(ArticleCode) = "stock", Money;
    /// Value of goods that a rider carries.
    6 TransitValue(RiderId) = "stock-in-transit", Money;
    7 CostOfGoods = "cost-of-goods", Money;
    8 Sales = "sales", Money;
    9 DeliveryFees = "delivery-fees", Money;
    10 VatOutput = "vat-output", Money;
    /// Cash a rider took and still holds.
    11 RiderCustody(RiderId) = "rider-custody", Money;
    /// What a rider owes for an accepted shortage.
    12 RiderReceivable(RiderId) = "rider-receivable", Money;
    /// What a rider earned and was not paid.
    13 RiderPayable(RiderId) = "rider-payable", Money;
    14 DeliveryCost = "delivery-cost", Money;
    /// Goods that came in and were not invoiced yet.
    15 GoodsReceivedNotInvoiced = "goods-received-not-invoiced", Money;
    /// Value found missing or surplus by a count, or lost in quarantine.
    16 StockVariance = "stock-variance", Money;
    /// Paid by a customer for what was not delivered yet.
    17 CustomerDeposit = "customer-deposit", Money;
    /// Due from a customer who paid less than was due at the door.
    18 CustomerReceivable = "customer-receivable", Money;

    /// Where received goods come from.
    32 Supplier = "supplier", Goods;
    33 Bin(BinCode) = "bin", Goods;
    /// Picked, not yet with a rider.
    34 Staging = "staging", Goods;
    35 WithRider(RiderId) = "with-rider", Goods;
    /// Where delivered and sold goods go.
    36 Customer = "customer", Goods;
    /// Damaged or doubtful: not sellable.
    37 Quarantine = "quarantine", Goods;
    /// The other side of a count's difference.
    38 CountVariance = "count-variance", Goods;
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())?;
        match self {
            Self::StockValue(article) => write!(f, "/{article}"),
            Self::Bin(bin) => write!(f, "/{bin}"),
            Self::TransitValue(rider)
            | Self::RiderCustody(rider)
            | Self::RiderReceivable(rider)
            | Self::RiderPayable(rider)
            | Self::WithRider(rider) => write!(f, "/{rider}"),
            Self::Till
            | Self::Safe
            | Self::BankInTransit
            | Self::Bank
            | Self::BankFees
            | Self::CostOfGoods
            | Self::Sales
            | Self::DeliveryFees
            | Self::VatOutput
            | Self::DeliveryCost
            | Self::GoodsReceivedNotInvoiced
            | Self::StockVariance
            | Self::CustomerDeposit
            | Self::CustomerReceivable
            | Self::Supplier
            | Self::Staging
            | Self::Customer
            | Self::Quarantine
            | Self::CountVariance => Ok(()),
        }
    }
}
