//! Taking entries into records over the database: the pure step of `admission`, and fetching between its
//! runs what it asked for.

use deadpool_postgres::Transaction;
use shared_model::admission::{Gathered, ROUNDS_MAX, Shelf, Step, Work};

use super::error::StoreError;
use super::fetch::fetch;

/// Shorter work is not worth handing to another thread.
const STEPS_INLINE_MAX: usize = 32;

/// Runs the steps over the records of the database.
pub(super) async fn gather(
    tx: &Transaction<'_>,
    steps: Vec<Step>,
    shelf: Shelf,
) -> Result<Gathered, StoreError> {
    let mut work = Work::new(steps, shelf);
    for _ in 0..ROUNDS_MAX {
        let gathered;
        (work, gathered) = run_apart(work).await?;
        let asked = work.take_asked();
        // What was taken for absent and is absent needs no second look.
        if asked.is_empty() || !fetch(tx, work.shelf(), asked).await? {
            return Ok(work.done(gathered));
        }
    }
    Err(StoreError::Broken("taking entries in asks for ever more records".to_owned()))
}

/// A large batch must not hold up the other tasks of its thread.
async fn run_apart(mut work: Work) -> Result<(Work, Gathered), StoreError> {
    if work.len() <= STEPS_INLINE_MAX {
        let gathered = work.run();
        return Ok((work, gathered));
    }
    tokio::task::spawn_blocking(move || {
        let gathered = work.run();
        (work, gathered)
    })
    .await
    .map_err(|error| StoreError::Broken(error.to_string()))
}
