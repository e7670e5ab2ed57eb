//! What people read: one file a context. Reads records of one moment and shows them; decides
//! nothing and changes nothing.

mod advice;
mod articles;
mod customers;
mod day;
mod dispatch;
mod exceptions;
mod gig;
mod ledger;
mod orders;
mod paging;
mod payments;
mod reading;
mod rights;
mod site;
mod standings;
mod sync;
mod warehouse;

#[cfg(test)]
mod tests;

use axum::Router;

use super::app::App;

pub use sync::sync_json;

/// Every page of the API that is read.
pub fn router() -> Router<App> {
    Router::new()
        .merge(site::router())
        .merge(advice::router())
        .merge(standings::router())
        .merge(articles::router())
        .merge(orders::router())
        .merge(gig::router())
        .merge(dispatch::router())
        .merge(customers::router())
        .merge(warehouse::router())
        .merge(payments::router())
        .merge(rights::router())
        .merge(exceptions::router())
        .merge(ledger::router())
        .merge(day::router())
        .merge(sync::router())
}
