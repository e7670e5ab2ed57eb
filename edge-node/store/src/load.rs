//! Reading records for the working set. Plain queries by key; knows no rule.

use rusqlite::{Connection, OptionalExtension};
use shared_model::id::{DocumentId, NodeId};
use shared_model::records::{Kind, Load};

use super::StoreError;

/// Loads records over one connection.
pub(super) struct SqliteLoad<'c>(pub(super) &'c Connection);

impl Load for SqliteLoad<'_> {
    type Error = StoreError;

    fn load(
        &mut self,
        kind: Kind,
        author: NodeId,
        key: &str,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = statements(kind).body;
        let mut statement = self.0.prepare_cached(sql)?;
        let row = statement.query_row((key, author.as_uuid().as_bytes()), |row| row.get(0));
        Ok(row.optional()?)
    }

    fn authors(&mut self, kind: Kind, key: &str) -> Result<Vec<NodeId>, StoreError> {
        let mut statement = self.0.prepare_cached(statements(kind).authors)?;
        let rows = statement.query_map([key], |row| row.get::<_, [u8; 16]>(0))?;
        rows.map(|bytes| Ok(NodeId::new(uuid::Uuid::from_bytes(bytes?)))).collect()
    }

    fn document(&mut self, document: DocumentId) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement =
            self.0.prepare_cached("SELECT saved FROM document WHERE document = ?1")?;
        let row = statement.query_row([document.as_uuid().as_bytes()], |row| row.get(0));
        Ok(row.optional()?)
    }
}

/// The SQL of one kind's table.
pub(super) struct Statements {
    body: &'static str,
    authors: &'static str,
    pub(super) upsert: &'static str,
}

macro_rules! statements {
    ($($kind:ident $table:literal)*) => {
        pub(super) const fn statements(kind: Kind) -> Statements {
            match kind {
                $(Kind::$kind => Statements {
                    body: concat!("SELECT body FROM ", $table, " WHERE key = ?1 AND author = ?2"),
                    authors: concat!("SELECT author FROM ", $table, " WHERE key = ?1"),
                    upsert: concat!(
                        "INSERT INTO ", $table,
                        " (author, key, status, sort, text, epoch, seq, body)",
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                        " ON CONFLICT (key, author) DO UPDATE SET status = excluded.status,",
                        " sort = excluded.sort, text = excluded.text, epoch = excluded.epoch,",
                        " seq = excluded.seq, body = excluded.body",
                    ),
                },)*
            }
        }

        #[cfg(test)]
        const TABLES: &[(Kind, &str)] = &[$((Kind::$kind, $table)),*];
    };
}

statements! {
    Article "articles" PriceBooks "price_books" PriceLine "prices" Staff "staff" Peer "peers"
    Order "orders" ArticleStock "stock" Receipt "receipts" Count "counts" Rider "riders"
    Task "tasks" Handover "handovers" Deposit "deposits" Right "rights" Grants "grants"
    Holding "holdings" PassedIn "passed_in" RemoteSale "remote_sales"
    RemoteHandover "remote_handovers" Exception "exceptions" Balance "balances" Series "series"
    Vehicle "vehicles" Consignment "consignments" Manifest "manifests" Measure "measures"
    DepotPlace "depot_places"
    Replenishment "replenishments"
    ModelKeys "model_keys" PublishedModel "published_models" ModelOrder "model_orders"
    ModelFacts "model_facts" ModelLine "model_lines"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_kept_in_its_own_table() {
        for (kind, table) in TABLES {
            assert_eq!(kind.table(), *table);
        }
        assert_eq!(TABLES.len(), Kind::ALL.len());
    }
}
