//! An order for tests of advice: the fields that it reads, and the least of the others.

use shared_model::id::{ArticleCode, CustomerId, OrderId};
use shared_model::money::Currency;
use shared_model::orders::{Channel, Line, Order, Status, Terms, Totals};
use shared_model::tax::TaxClass;
use shared_model::time::Timestamp;

pub(crate) fn order(
    order: OrderId,
    placed: Timestamp,
    article: &ArticleCode,
    quantity: i64,
    customer: Option<CustomerId>,
) -> Order {
    let line = Line {
        line: 1,
        article: article.clone(),
        name: article.to_string(),
        quantity,
        unit_price_minor: 100,
        tax_class: TaxClass::Standard,
        picked: 0,
        short_reason: None,
        refunded: 0,
    };
    Order {
        order,
        number: "NBO-1-1".into(),
        channel: Channel::Phone,
        status: Status::Placed,
        customer,
        terms: Terms::CashOnDelivery,
        currency: Currency::KES,
        lines: vec![line],
        totals: Totals::default(),
        paid_minor: 0,
        refunded_minor: 0,
        reference: None,
        address: None,
        sold_from: None,
        parcels: 0,
        attempts: 0,
        placed,
        history: Vec::new(),
        credit_notes: Vec::new(),
    }
}
