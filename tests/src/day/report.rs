//! What the day came to, as a manager would read it.

use std::fmt;

use serde_json::Value;
use shared_model::money::{Currency, Money};

/// The closing account of an outage day.
#[derive(Debug, Default)]
pub struct Report {
    pub import: Value,
    pub prepared_ms: u128,
    pub outage_ms: u128,
    pub agreed_after_ms: u128,
    pub sales: usize,
    pub sales_minor: i64,
    pub customers: usize,
    pub delivered: usize,
    pub taken_back: usize,
    pub rider: String,
    pub cash_collected_minor: i64,
    pub cash_counted_minor: i64,
    pub cash_short_minor: i64,
    pub refunded_minor: i64,
    pub counts: usize,
    pub last_carton_refusal: String,
    pub orders_at_hub: usize,
    pub trial_balance: Value,
    pub exceptions: Vec<Value>,
}

const fn kes(minor: i64) -> Money {
    Money { minor, currency: Currency::KES }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let import = |field: &str| self.import[field].to_string();
        writeln!(f, "THE OUTAGE DAY")?;
        writeln!(
            f,
            "  orders imported        {} ({} lines; {} lines told apart as no sales)",
            import("orders_in"),
            import("lines_in"),
            refused(&self.import)
        )?;
        writeln!(f, "  sold over the counter  {} baskets, {}", self.sales, kes(self.sales_minor))?;
        writeln!(f, "  customers registered   {}", self.customers)?;
        writeln!(f, "  orders delivered       {}, {} came back", self.delivered, self.taken_back)?;
        writeln!(f, "  rider's cash           {} collected", kes(self.cash_collected_minor))?;
        writeln!(
            f,
            "                         {} counted by a second person, {} short and accepted",
            kes(self.cash_counted_minor),
            kes(self.cash_short_minor)
        )?;
        writeln!(f, "  refunded               {}", kes(self.refunded_minor))?;
        writeln!(f, "  bins counted           {}", self.counts)?;
        writeln!(f, "  the last carton        sold once; the other depot was told:")?;
        writeln!(f, "                         \"{}\"", self.last_carton_refusal)?;
        writeln!(f)?;
        writeln!(f, "AFTER THE LINK CAME BACK")?;
        writeln!(
            f,
            "  hub and depots agree   after {:.1} s",
            self.agreed_after_ms as f64 / 1000.0
        )?;
        writeln!(f, "  orders at the hub      {}, each once", self.orders_at_hub)?;
        writeln!(f, "  stock                  equal to each depot's own, article by article")?;
        for currency in self.trial_balance["currencies"].as_array().into_iter().flatten() {
            writeln!(
                f,
                "  trial balance {}      debits and credits differ by {}",
                currency["currency"].as_str().unwrap_or_default(),
                currency["difference_minor"]
            )?;
        }
        writeln!(f, "  to be looked at        {} exceptions", self.exceptions.len())?;
        for exception in &self.exceptions {
            let text = |field: &str| exception[field].as_str().unwrap_or_default().to_owned();
            writeln!(
                f,
                "    {:<6} {:<22} {}: {}",
                text("site"),
                text("kind"),
                text("subject"),
                text("detail")
            )?;
        }
        Ok(())
    }
}

fn refused(import: &Value) -> u64 {
    import["refused"]
        .as_object()
        .map_or(0, |reasons| reasons.values().filter_map(Value::as_u64).sum())
}
