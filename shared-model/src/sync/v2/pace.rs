//! How large frames are and how many may be under way, from how fast acknowledgements come.
//!
//! A frame is what a cut can cost, so it takes no longer than half a second on its link: a fast
//! link gets large ones, a thin one small ones. Time is handed in, in ms of any steady clock.

use std::collections::VecDeque;

use crate::sync::v1::{BATCH_BYTES_MAX, WINDOW_FRAMES_MAX};

/// On the wire, before anything is known of the link.
const FRAME_BYTES_FIRST: usize = 8 * 1024;
/// Smaller ones would be seals for the most part.
pub const FRAME_BYTES_MIN: usize = 1024;
const FRAME_BYTES_MAX: usize = 128 * 1024;
/// Frames that take longer on average are too large.
const SERVICE_MS_MAX: u64 = 500;
/// Those that take less may be twice as large.
const SERVICE_MS_GROW: u64 = 200;
/// Averages are over so many: one waits for a lost packet and those behind it arrive with it, which alone
/// says nothing of the link, and together says what it carries.
const FRAMES_WEIGHED: usize = 8;
const FRAMES_TO_SHRINK: usize = 4;
/// Twice too long is seen sooner.
const FRAMES_TO_SHRINK_SOON: usize = 2;
/// Bytes of entries for one on the wire, in thousandths, before one was packed.
const RATIO_FIRST: usize = 3_000;
const RATIO_MAX: usize = 20_000;
/// Many small frames may be under way instead of a few large ones.
const FRAMES_MAX: usize = 16;

#[derive(Debug, Clone, Copy)]
struct Sent {
    entry_bytes: usize,
    wire_bytes: usize,
    at_ms: Option<u64>,
}

/// The pace of one session.
#[derive(Debug)]
pub struct Pace {
    frame_bytes: usize,
    ratio: usize,
    in_flight: VecDeque<Sent>,
    /// The least time that anything took to be answered.
    trip_ms: u64,
    acked_ms: u64,
    /// What each of the last frames of about this size took on the link.
    services_ms: VecDeque<u64>,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            frame_bytes: FRAME_BYTES_FIRST,
            ratio: RATIO_FIRST,
            in_flight: VecDeque::new(),
            trip_ms: u64::MAX,
            acked_ms: 0,
            services_ms: VecDeque::new(),
        }
    }
}

impl Pace {
    /// What the link's first question took to be answered.
    pub fn note_trip(&mut self, took_ms: u64) {
        self.trip_ms = self.trip_ms.min(took_ms);
    }

    /// Whether another frame may go out.
    #[must_use]
    pub fn may_send(&self) -> bool {
        let bytes: usize = self.in_flight.iter().map(|sent| sent.wire_bytes).sum();
        self.in_flight.len() < FRAMES_MAX && bytes < WINDOW_FRAMES_MAX * self.frame_bytes
    }

    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// Bytes of entries to read for one frame.
    #[must_use]
    pub fn read_bytes_max(&self) -> usize {
        (self.frame_bytes * self.ratio / 1000).min(BATCH_BYTES_MAX)
    }

    /// The frame size aimed at, on the wire.
    #[must_use]
    pub const fn frame_bytes(&self) -> usize {
        self.frame_bytes
    }

    /// A frame of so many bytes of entries is about to be sent.
    pub fn begin(&mut self, entry_bytes: usize) {
        let wire_bytes = entry_bytes * 1000 / self.ratio;
        self.in_flight.push_back(Sent { entry_bytes, wire_bytes, at_ms: None });
    }

    /// It was handed to the link.
    pub fn note_sent(&mut self, wire_bytes: usize, now_ms: u64) {
        let Some(sent) = self.in_flight.back_mut() else { return };
        (sent.wire_bytes, sent.at_ms) = (wire_bytes, Some(now_ms));
        let ratio = (sent.entry_bytes * 1000 / wire_bytes.max(1)).clamp(1000, RATIO_MAX);
        self.ratio = (3 * self.ratio + ratio) / 4;
    }

    /// The oldest frames are committed at the other end.
    pub fn note_acked(&mut self, batches: usize, now_ms: u64) {
        let mut newest = None;
        for _ in 0..batches {
            newest = self.in_flight.pop_front().or(newest);
        }
        let Some((sent, at_ms)) = newest.and_then(|sent| Some((sent, sent.at_ms?))) else { return };
        let took_ms = now_ms.saturating_sub(at_ms);
        self.note_trip(took_ms);
        // Behind others it waited for them; alone it took the way there and back.
        let busy_ms = match self.acked_ms > at_ms {
            true => now_ms.saturating_sub(self.acked_ms),
            false => took_ms - self.trip_ms,
        };
        self.acked_ms = now_ms;
        // Frames of an earlier size are still on their way, and the last ones may be short.
        let of_this_size = 4 * sent.wire_bytes >= 3 * self.frame_bytes
            && 3 * sent.wire_bytes <= 4 * self.frame_bytes;
        let service_ms = busy_ms / batches.max(1) as u64;
        if of_this_size || service_ms > SERVICE_MS_MAX && sent.wire_bytes <= self.frame_bytes {
            self.weigh(service_ms, batches);
        }
    }

    fn weigh(&mut self, service_ms: u64, frames: usize) {
        for _ in 0..frames.min(FRAMES_WEIGHED) {
            if self.services_ms.len() == FRAMES_WEIGHED {
                self.services_ms.pop_front();
            }
            self.services_ms.push_back(service_ms);
        }
        let count = self.services_ms.len();
        let mean_ms = self.services_ms.iter().sum::<u64>() / count.max(1) as u64;
        let slow = mean_ms > SERVICE_MS_MAX && count >= FRAMES_TO_SHRINK
            || mean_ms > 2 * SERVICE_MS_MAX && count >= FRAMES_TO_SHRINK_SOON;
        let next = if slow {
            self.frame_bytes / 2
        } else if mean_ms < SERVICE_MS_GROW && count == FRAMES_WEIGHED {
            self.frame_bytes * 2
        } else {
            return;
        };
        self.frame_bytes = next.clamp(FRAME_BYTES_MIN, FRAME_BYTES_MAX);
        self.services_ms.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A link that carries so many bytes a second, `trip_ms` away, and loses a packet of every frame
    /// whose number `is_hit`: it comes `late_ms` later, and all behind it with it. Says the frame size
    /// in the end, and how many frames were sent.
    fn settled_with(
        bytes_per_s: u64,
        trip_ms: u64,
        late_ms: u64,
        is_hit: impl Fn(u64) -> bool,
    ) -> usize {
        let mut pace = Pace::default();
        pace.note_trip(trip_ms);
        let (mut now_ms, mut free_ms, mut number, mut last_ms) = (1_000, 0, 0, 0);
        let mut acks: VecDeque<u64> = VecDeque::new();
        for _ in 0..300 {
            while pace.may_send() {
                let wire = pace.frame_bytes().min(BATCH_BYTES_MAX / 3) * 9 / 10;
                pace.begin(3 * wire);
                pace.note_sent(wire, now_ms);
                free_ms = free_ms.max(now_ms) + wire as u64 * 1000 / bytes_per_s;
                let late_ms = if is_hit(number) { late_ms } else { 0 };
                last_ms = last_ms.max(free_ms + trip_ms + late_ms);
                acks.push_back(last_ms);
                number += 1;
            }
            let at_ms = acks.pop_front().unwrap();
            // The hub commits what waits together, and says so once.
            let mut batches = 1;
            while acks.front().is_some_and(|next| *next == at_ms) {
                acks.pop_front();
                batches += 1;
            }
            now_ms = at_ms;
            pace.note_acked(batches, now_ms);
        }
        pace.frame_bytes()
    }

    fn settled(bytes_per_s: u64, trip_ms: u64) -> usize {
        settled_with(bytes_per_s, trip_ms, 0, |_| false)
    }

    #[test]
    fn frames_fit_their_link() {
        // 30 kbit/s over 600 ms; 1 Mbit/s over 80 ms and over 600 ms; a LAN.
        assert!((1024..=2048).contains(&settled(3_750, 600)), "{}", settled(3_750, 600));
        assert!((16_384..=131_072).contains(&settled(125_000, 80)));
        assert!((16_384..=131_072).contains(&settled(125_000, 600)));
        assert_eq!(settled(100_000_000, 1), FRAME_BYTES_MAX);
    }

    #[test]
    fn lost_packets_do_not_look_like_a_thin_link_nor_like_a_wide_one() {
        // A satellite that loses one datagram in a hundred; retransmission takes two trips.
        let satellite = settled_with(125_000, 600, 1_200, |number| number % 13 == 7);
        assert!(satellite >= 16_384, "{satellite}");
        let thin = settled_with(3_750, 600, 1_200, |number| number % 17 == 3);
        assert!((1024..=2048).contains(&thin), "{thin}");
    }

    #[test]
    fn an_answer_to_nothing_changes_nothing() {
        let mut pace = Pace::default();
        pace.note_acked(3, 99_999);
        assert!(pace.is_idle() && pace.may_send());
        assert_eq!(pace.frame_bytes(), FRAME_BYTES_FIRST);
    }
}
