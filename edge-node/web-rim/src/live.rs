//! Tells open pages what has changed, by server-sent events: `changed` with the kinds of records,
//! and `sync` with how far the records have travelled.
//!
//! There is no queue that a slow page could fall out of. Per kind there is one counter; each page
//! remembers the counters it has seen and is told the difference, at most a few times a second.
//! However slow it is, it hears about everything and holds no memory but its own counters.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

use crate::problem::Problem;
use crate::token::{NoRandomness, hex, random};

/// Pages that may listen at once. A depot has a few dozen screens.
pub const PAGES_MAX: usize = 256;
/// The shortest time between two events to one page: a hundred sales a second are one event.
const PAUSE: Duration = Duration::from_millis(150);
/// Proxies and phones drop a connection that is silent for longer.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How often it is asked whether the page may still listen. A device that was shut out hears kinds
/// of records, never their content, for no longer than this.
const ASK_AGAIN: Duration = Duration::from_secs(30);

/// The sender's side: cheap to clone, never blocks, never fails.
#[derive(Clone)]
pub struct Live {
    kinds: &'static [&'static str],
    state: Arc<watch::Sender<State>>,
    places: Arc<Semaphore>,
    /// Tells this process's event ids from those of the process before a restart.
    process: Arc<str>,
    ask_every: Duration,
}

#[derive(Clone)]
struct State {
    /// How often each kind changed, in the order of `Live::kinds`.
    changes: Vec<u64>,
    syncs: u64,
    sync: Arc<str>,
    closed: bool,
}

impl State {
    fn total(&self) -> u64 {
        self.changes.iter().sum::<u64>() + self.syncs
    }
}

impl Live {
    /// `kinds`: every kind of record a page may be told about.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn new(kinds: &'static [&'static str]) -> Result<Self, NoRandomness> {
        let state =
            State { changes: vec![0; kinds.len()], syncs: 0, sync: "".into(), closed: false };
        Ok(Self {
            kinds,
            state: Arc::new(watch::Sender::new(state)),
            places: Arc::new(Semaphore::new(PAGES_MAX)),
            process: hex(&random::<4>()?).into(),
            ask_every: ASK_AGAIN,
        })
    }

    /// Records of these kinds have changed, and the change is committed.
    pub fn changed(&self, kinds: &[&str]) {
        if kinds.is_empty() {
            return;
        }
        self.state.send_modify(|state| {
            for kind in kinds {
                match self.kinds.iter().position(|known| known == kind) {
                    Some(at) => state.changes[at] += 1,
                    // Better one look too many than a page that shows yesterday.
                    None => state.changes.iter_mut().for_each(|n| *n += 1),
                }
            }
        });
    }

    /// The state of synchronisation, as `/api/v1/sync` answers it. Told only when it is another.
    pub fn sync(&self, state_of_sync: &Value) {
        let text = state_of_sync.to_string();
        self.state.send_if_modified(|state| {
            if *state.sync == *text {
                return false;
            }
            state.sync = text.into();
            state.syncs += 1;
            true
        });
    }

    /// Ends all streams, so that a server can stop. Later streams end at once.
    pub fn close(&self) {
        self.state.send_modify(|state| state.closed = true);
    }

    /// The answer to `GET /api/v1/events`. `may_listen` is asked again and again while the page
    /// listens; the stream ends when it says no.
    ///
    /// # Errors
    /// 429 when too many pages listen.
    pub fn stream<F, Fut>(
        &self,
        headers: &HeaderMap,
        may_listen: F,
    ) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>> + use<F, Fut>>, Problem>
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = bool> + Send,
    {
        let place = self
            .places
            .clone()
            .try_acquire_owned()
            .map_err(|_| Problem::queue_full("the list of open pages"))?;
        let listening = (Page::new(self, headers, place), may_listen);
        let events = stream::unfold(listening, |(mut page, may_listen)| async move {
            let event = page.next(&may_listen).await?;
            Some((Ok(event), (page, may_listen)))
        });
        Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
    }
}

/// One page's side: what it has been told.
struct Page {
    kinds: &'static [&'static str],
    process: Arc<str>,
    state: watch::Receiver<State>,
    told: State,
    /// The page was away and may have missed anything.
    tell_all: bool,
    ask_every: Duration,
    ask_again: Instant,
    pause_until: Instant,
    _place: OwnedSemaphorePermit,
}

impl Page {
    fn new(live: &Live, headers: &HeaderMap, place: OwnedSemaphorePermit) -> Self {
        let state = live.state.subscribe();
        let mut told = state.borrow().clone();
        let last_seen = headers.get("last-event-id").map(|id| id.as_bytes().to_owned());
        let tell_all =
            last_seen.is_some_and(|seen| seen != event_id(&live.process, told.total()).as_bytes());
        // A page that opens learns how far things have travelled without asking.
        told.sync = "".into();
        let now = Instant::now();
        Self {
            kinds: live.kinds,
            process: live.process.clone(),
            state,
            told,
            tell_all,
            ask_every: live.ask_every,
            ask_again: now + live.ask_every,
            pause_until: now,
            _place: place,
        }
    }

    /// The next thing to tell, or `None` when the stream ends.
    async fn next<Fut: Future<Output = bool>>(
        &mut self,
        may_listen: &impl Fn() -> Fut,
    ) -> Option<Event> {
        loop {
            if Instant::now() >= self.ask_again {
                if !may_listen().await {
                    return None;
                }
                self.ask_again = Instant::now() + self.ask_every;
            }
            if self.state.borrow_and_update().closed {
                return None;
            }
            if Instant::now() >= self.pause_until
                && let Some(event) = self.untold()
            {
                return Some(event);
            }
            self.wait().await?;
        }
    }

    /// Waits for the end of the pause, then for a change, but not beyond the next question.
    async fn wait(&mut self) -> Option<()> {
        if Instant::now() < self.pause_until {
            tokio::time::sleep_until(self.pause_until).await;
            return Some(());
        }
        match tokio::time::timeout_at(self.ask_again, self.state.changed()).await {
            Ok(Ok(())) | Err(_) => Some(()),
            Ok(Err(_)) => None,
        }
    }

    fn untold(&mut self) -> Option<Event> {
        let now = self.state.borrow().clone();
        if self.tell_all || now.changes != self.told.changes {
            let kinds: Vec<&str> = (0..self.kinds.len())
                .filter(|at| self.tell_all || now.changes[*at] != self.told.changes[*at])
                .map(|at| self.kinds[at])
                .collect();
            self.tell_all = false;
            self.told.changes = now.changes;
            // The pause is for changes only: what it holds back is one event later, not more.
            self.pause_until = Instant::now() + PAUSE;
            return Some(self.event("changed", &json!({ "kinds": kinds }).to_string()));
        }
        if now.sync != self.told.sync {
            self.told.sync = now.sync.clone();
            self.told.syncs = now.syncs;
            return Some(self.event("sync", &now.sync));
        }
        None
    }

    fn event(&self, name: &str, text: &str) -> Event {
        Event::default().event(name).id(event_id(&self.process, self.told.total())).data(text)
    }
}

fn event_id(process: &str, total: u64) -> String {
    format!("{process}-{total}")
}

#[cfg(test)]
mod tests;
