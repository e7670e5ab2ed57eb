//! What both sides remember of a session: ids and texts that went over before, and where counted
//! names stand. Bounded, and the same on both sides without a word, because both note the same
//! things in the same order.

/// Found by how long ago they were used.
const FRONT_MAX: usize = 8;
/// Older ones have one place each, given by their bytes; a newer one takes it.
const ID_PLACES: usize = 1024;
const TEXT_PLACES: usize = 512;
/// Longer texts are hardly said twice.
pub(super) const TEXT_BYTES_MAX: usize = 48;
const COUNTER_PLACES: usize = 16;

/// Where something remembered is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Front(u8),
    Table(u16),
}

/// A short memory of byte strings.
#[derive(Debug)]
pub(super) struct Recent<T> {
    front: Vec<T>,
    places: Vec<Option<T>>,
    places_max: usize,
}

pub(super) type Ids = Recent<[u8; 16]>;
pub(super) type Texts = Recent<Box<[u8]>>;

impl Recent<[u8; 16]> {
    pub(super) const fn ids() -> Self {
        Self { front: Vec::new(), places: Vec::new(), places_max: ID_PLACES }
    }
}

impl Recent<Box<[u8]>> {
    pub(super) const fn texts() -> Self {
        Self { front: Vec::new(), places: Vec::new(), places_max: TEXT_PLACES }
    }
}

impl<T: AsRef<[u8]> + Clone> Recent<T> {
    pub(super) fn find(&self, bytes: &[u8]) -> Option<Place> {
        if let Some(at) = self.front.iter().position(|known| known.as_ref() == bytes) {
            return u8::try_from(at).ok().map(Place::Front);
        }
        let at = place_of(bytes, self.places_max);
        let held = self.places.get(at)?.as_ref()?;
        let place = u16::try_from(at).ok().map(Place::Table);
        place.filter(|_| held.as_ref() == bytes)
    }

    pub(super) fn at(&self, place: Place) -> Option<&T> {
        match place {
            Place::Front(at) => self.front.get(usize::from(at)),
            Place::Table(at) => self.places.get(usize::from(at))?.as_ref(),
        }
    }

    /// Notes that it was said just now.
    pub(super) fn note(&mut self, value: T) {
        let at = self.front.iter().position(|known| known.as_ref() == value.as_ref());
        if let Some(at) = at {
            self.front[..=at].rotate_right(1);
            return;
        }
        if self.places.is_empty() {
            self.places.resize(self.places_max, None);
        }
        let place = place_of(value.as_ref(), self.places_max);
        self.places[place] = Some(value.clone());
        if self.front.len() == FRONT_MAX {
            self.front.pop();
        }
        self.front.insert(0, value);
    }
}

/// Names that count: `NBO-1-000123` is `NBO-1-` and a number of six digits.
#[derive(Debug, Default)]
pub(super) struct Counters(Vec<Option<(Box<[u8]>, u64)>>);

/// A counted name, taken apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted<'a> {
    pub(super) prefix: &'a [u8],
    pub(super) number: u64,
    pub(super) digits: u8,
}

impl<'a> Counted<'a> {
    /// None when the text does not end in 4 to 18 digits after something else.
    pub(super) fn of(text: &'a [u8]) -> Option<Self> {
        let prefix_bytes = text.iter().rposition(|byte| !byte.is_ascii_digit())? + 1;
        let (prefix, digits) = text.split_at(prefix_bytes);
        if !(4..=18).contains(&digits.len()) || prefix.len() > TEXT_BYTES_MAX {
            return None;
        }
        let number = digits.iter().fold(0, |sum, byte| sum * 10 + u64::from(byte - b'0'));
        Some(Self { prefix, number, digits: u8::try_from(digits.len()).ok()? })
    }
}

impl Counters {
    /// The place of a prefix, and the number that went with it last.
    pub(super) fn find(&self, prefix: &[u8]) -> Option<(u8, u64)> {
        let place = place_of(prefix, COUNTER_PLACES);
        let (known, last) = self.0.get(place)?.as_ref()?;
        (**known == *prefix).then_some((u8::try_from(place).ok()?, *last))
    }

    pub(super) fn at(&self, place: u8) -> Option<(&[u8], u64)> {
        let (prefix, last) = self.0.get(usize::from(place))?.as_ref()?;
        Some((prefix, *last))
    }

    pub(super) fn note(&mut self, counted: Counted<'_>) {
        if self.0.is_empty() {
            self.0.resize(COUNTER_PLACES, None);
        }
        match &mut self.0[place_of(counted.prefix, COUNTER_PLACES)] {
            Some((prefix, last)) if **prefix == *counted.prefix => *last = counted.number,
            other => *other = Some((counted.prefix.into(), counted.number)),
        }
    }
}

/// FNV-1a (Fowler, Noll, Vo), folded: whoever aims at collisions loses compression, nothing else.
fn place_of(bytes: &[u8], places: usize) -> usize {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash ^ hash >> 32) as usize % places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_often_stays_in_front() {
        let mut texts = Texts::texts();
        let actor: Box<[u8]> = b"actor".as_slice().into();
        for number in 0..100_u32 {
            texts.note(actor.clone());
            texts.note(number.to_be_bytes().as_slice().into());
            assert_eq!(texts.find(b"actor"), Some(Place::Front(1)));
        }
        assert!(matches!(texts.find(&3_u32.to_be_bytes()), Some(Place::Table(_)) | None));
        assert_eq!(texts.at(Place::Front(1)), Some(&actor));
        assert_eq!(texts.at(Place::Front(99)), None);
        assert_eq!(texts.find(b"never"), None);
    }

    #[test]
    fn a_name_counts_when_it_ends_in_digits() {
        let counted = Counted::of(b"NBO-1-000123").unwrap();
        assert_eq!((counted.prefix, counted.number, counted.digits), (&b"NBO-1-"[..], 123, 6));
        for plain in ["", "85123", "NBO-1", "A-123", "A-1234567890123456789"] {
            assert!(Counted::of(plain.as_bytes()).is_none(), "{plain}");
        }
    }
}
