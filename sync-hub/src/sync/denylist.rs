//! The list of shut out nodes in a session: given to a node that holds an older one before anything
//! else, and taken from one that holds what this hub has lost.

use sync_link::codec::Message;

use super::driver::Conversation;
use crate::clock;
use crate::store::StoreError;

impl Conversation<'_> {
    /// Gives the newest list, unless the node has it or knows nothing of such lists.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn offer_denylist(&mut self) -> Result<(), StoreError> {
        let Some(held) = self.denylist else { return Ok(()) };
        let newest = self.driver.store.denylist().await?;
        // A higher one there is from an hour that this database lost: the node sees by ours, or by no
        // bytes at all, how far we are, and gives back what we do not know.
        let (version, bytes) = newest.map_or((0, Vec::new()), |list| (list.version, list.bytes));
        if version == held {
            return Ok(());
        }
        self.denylist = Some(version);
        // Nobody receives any more only when the link is gone, which the session hears by itself.
        let _ = self.frames_out.send(Message::Denylist(bytes)).await;
        Ok(())
    }

    /// # Errors
    /// When the database fails.
    pub(super) async fn take_denylist(&mut self, list: &[u8]) -> Result<(), StoreError> {
        match self.driver.store.take_denylist(list, clock::now()).await? {
            Ok(true) => self.offer_denylist().await,
            Ok(false) => Ok(()),
            Err(refused) => {
                tracing::warn!(node = %self.node, %refused, "a list of shut out nodes was not taken");
                Ok(())
            }
        }
    }
}
