//! From an order as it was read to the command that takes it in.

use shared_model::workflows::{self, ImportOrder, ImportedCustomer};

use super::gathering::{ImportedLine, ImportedOrder};

impl ImportedOrder {
    /// The command of this order. The same order always gives the same one, ids included.
    ///
    /// A customer who is only a number in the other system becomes one here, by that number, with the
    /// country as the only address known; an article without a description goes by its code.
    #[must_use]
    pub fn command(&self) -> ImportOrder {
        let country = self.country.as_ref().map(ToString::to_string).unwrap_or_default();
        let customer = self.buyer.as_ref().map(|buyer| ImportedCustomer {
            customer: buyer.customer,
            name: format!("Customer {}", buyer.number),
            address: country,
        });
        ImportOrder {
            id: self.entry,
            order: self.order,
            reference: self.reference.to_string(),
            placed: self.placed,
            customer,
            lines: self.lines.iter().map(line_of).collect(),
        }
    }
}

fn line_of(line: &ImportedLine) -> workflows::ImportedLine {
    workflows::ImportedLine {
        article: line.article.clone(),
        name: line
            .description
            .as_ref()
            .map_or_else(|| line.article.to_string(), ToString::to_string),
        quantity: line.quantity.units(),
        unit_price_minor: line.unit_price.minor(),
    }
}
