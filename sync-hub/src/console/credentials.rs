//! Console users: their password hashes and their wrong tries.

use tokio_postgres::GenericClient;
use web_rim::lockout::Tries;

/// A user's name: small letters, digits and `. _ @ -`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserName(String);

const NAME_CHARS_MAX: usize = 64;

impl UserName {
    /// Reads a name in any case; `None` when it cannot be one.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let name = text.trim().to_ascii_lowercase();
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '@' | '-');
        let valid = (1..=NAME_CHARS_MAX).contains(&name.len()) && name.chars().all(allowed);
        valid.then_some(Self(name))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is found before a password is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Charged {
    Unknown,
    Pause { wait_ms: u64 },
    Try { phc: String, tries: Tries },
}

/// Sets a user's password by its hash, making the user if there is none. Sessions end and wrong
/// tries are forgotten.
///
/// # Errors
/// When the database fails.
pub async fn set(
    db: &impl GenericClient,
    name: &UserName,
    phc: &str,
) -> Result<(), tokio_postgres::Error> {
    db.execute(
        "INSERT INTO console_user (name, phc, changed) VALUES ($1, $2, clock_timestamp())
         ON CONFLICT (name) DO UPDATE
         SET phc = excluded.phc, changed = excluded.changed, charged = 0, pause_ms = 0",
        &[&name.0, &phc],
    )
    .await?;
    db.execute("DELETE FROM console_session WHERE name = $1", &[&name.0]).await?;
    Ok(())
}

/// Takes a user away, and their sessions. `false`: there is no such user.
///
/// # Errors
/// When the database fails.
pub async fn remove(
    db: &impl GenericClient,
    name: &UserName,
) -> Result<bool, tokio_postgres::Error> {
    Ok(db.execute("DELETE FROM console_user WHERE name = $1", &[&name.0]).await? > 0)
}

/// The names of all users.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &impl GenericClient) -> Result<Vec<String>, tokio_postgres::Error> {
    let rows = db.query("SELECT name FROM console_user ORDER BY name", &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Charges one try, before the password is looked at. Must be a transaction of its own, committed
/// before the password is checked: it locks the user's row.
///
/// # Errors
/// When the database fails.
pub async fn charge(
    db: &impl GenericClient,
    name: &UserName,
) -> Result<Charged, tokio_postgres::Error> {
    let row = db
        .query_opt(
            "SELECT phc, charged, pause_ms,
             (extract(epoch FROM clock_timestamp() - coalesce(tried, changed)) * 1000)::bigint
             FROM console_user WHERE name = $1 FOR UPDATE",
            &[&name.0],
        )
        .await?;
    let Some(row) = row else {
        return Ok(Charged::Unknown);
    };
    let before = Tries {
        charged: u32::try_from(row.get::<_, i32>(1)).unwrap_or(0),
        pause_ms: u64::try_from(row.get::<_, i64>(2)).unwrap_or(0),
    };
    let elapsed_ms = u64::try_from(row.get::<_, i64>(3)).unwrap_or(0);
    let tries = match before.charge(elapsed_ms) {
        Ok(tries) => tries,
        Err(wait_ms) => return Ok(Charged::Pause { wait_ms }),
    };
    let charged = i32::try_from(tries.charged).unwrap_or(i32::MAX);
    let pause_ms = i64::try_from(tries.pause_ms).unwrap_or(i64::MAX);
    db.execute(
        "UPDATE console_user SET charged = $2, pause_ms = $3, tried = clock_timestamp()
         WHERE name = $1",
        &[&name.0, &charged, &pause_ms],
    )
    .await?;
    Ok(Charged::Try { phc: row.get(0), tries })
}

/// Forgets a user's wrong tries: the password was right, or somebody vouches for them.
///
/// # Errors
/// When the database fails.
pub async fn forgive(
    db: &impl GenericClient,
    name: &UserName,
) -> Result<(), tokio_postgres::Error> {
    db.execute("UPDATE console_user SET charged = 0, pause_ms = 0 WHERE name = $1", &[&name.0])
        .await?;
    Ok(())
}
