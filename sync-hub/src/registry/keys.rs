//! The region's keys for models: files beside the hub's author key, named by their public halves.
//! Which of them are the current and the next one stands in the hub's log, where every node reads
//! it; so a rotation is one entry, and a crash in the middle of it leaves an unused file.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use shared_model::inference::{KEYS_SIGNING_CONTEXT, ModelKeys, PinModelKeys, keys_message};
use shared_model::log::{AuthorKey, AuthorPublicKey};
use shared_model::records::keys::ONLY;
use shared_model::time::Timestamp;
use shared_model::workflows::Command;

use super::NO_MONEY;
use crate::store::{AppendError, HubStore, new_entry_id};

/// The keys that nodes accept, once they were made.
///
/// # Errors
/// When the database fails.
pub async fn pinned_keys(store: &HubStore) -> Result<Option<ModelKeys>, crate::store::StoreError> {
    store.record(store.identity().node, ONLY).await
}

/// The region's keys; makes and pins them at the first call.
///
/// # Errors
/// When a key cannot be written down, or the database fails.
pub async fn ensure_keys(store: &HubStore, now: Timestamp) -> anyhow::Result<ModelKeys> {
    if let Some(keys) = pinned_keys(store).await? {
        return Ok(keys);
    }
    let (current, next) = (draw(store.state_dir())?, draw(store.state_dir())?);
    let (signer, generation) = (&current, 1);
    match pin(store, signer, current.public(), next.public(), generation, now).await {
        // Another process was first.
        Err(AppendError::Refused(_)) => {}
        outcome => outcome?,
    }
    pinned_keys(store).await?.context("the keys were pinned and are not there")
}

/// The next key becomes the current one, and a new next one is pinned. The old one is not accepted
/// any more: versions it signed stay in use where they are, and are signed anew when they are
/// ordered again.
///
/// # Errors
/// When the next key's file is missing, or the database fails.
pub async fn rotate_keys(store: &HubStore, now: Timestamp) -> anyhow::Result<ModelKeys> {
    let known = ensure_keys(store, now).await?;
    let current = load(store.state_dir(), &known.next)?;
    let next = draw(store.state_dir())?;
    pin(store, &current, current.public(), next.public(), known.generation + 1, now).await?;
    pinned_keys(store).await?.context("the keys were pinned and are not there")
}

async fn pin(
    store: &HubStore,
    signer: &AuthorKey,
    current: AuthorPublicKey,
    next: AuthorPublicKey,
    generation: u32,
    now: Timestamp,
) -> Result<(), AppendError> {
    let message = keys_message(&current, &next, generation);
    let command = Command::PinModelKeys(PinModelKeys {
        id: new_entry_id(),
        current,
        next,
        generation,
        signed_by: signer.public(),
        signature: signer.sign(KEYS_SIGNING_CONTEXT, &message).into(),
    });
    store.append(&command, NO_MONEY, now).await.map(|_| ())
}

/// The secret half of a key.
///
/// # Errors
/// When its file is missing or holds no key.
pub(super) fn load(state_dir: &Path, public: &AuthorPublicKey) -> anyhow::Result<AuthorKey> {
    let path = path_of(state_dir, public);
    let secret = std::fs::read(&path).with_context(|| {
        format!(
            "reading the model key {}; remedy: restore secrets/model_keys from the backup of the \
             hub's folder",
            path.display()
        )
    })?;
    let secret: [u8; 32] =
        secret.try_into().ok().with_context(|| format!("{} holds no key", path.display()))?;
    let key = AuthorKey::from_secret(&secret);
    anyhow::ensure!(key.public() == *public, "{} holds another key", path.display());
    Ok(key)
}

fn path_of(state_dir: &Path, public: &AuthorPublicKey) -> PathBuf {
    let name = data_encoding::HEXLOWER.encode(public.as_bytes());
    state_dir.join("secrets").join("model_keys").join(name)
}

fn draw(state_dir: &Path) -> anyhow::Result<AuthorKey> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).context("drawing a model key")?;
    let key = AuthorKey::from_secret(&secret);
    let path = path_of(state_dir, &key.public());
    let folder = path.parent().unwrap_or(state_dir);
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("creating {}", folder.display()))?;
    let written = (|| {
        let mut file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(&secret)?;
        file.sync_all()?;
        std::fs::File::open(folder)?.sync_all()
    })();
    written.with_context(|| format!("writing {}", path.display()))?;
    Ok(key)
}
