//! Contraction hierarchies (Geisberger et al., 2008): quickest ways by searching upward only, from both ends. Knows
//! vertices, arcs and weights, and nothing of roads.
//!
//! A weight is time and length in one number, time first. So "quickest" has one answer, ties in time are broken by length,
//! and the length in a table is that of the very way whose time it gives.

pub(crate) mod contract;
mod order;
pub(crate) mod plain;
pub(crate) mod search;
pub(crate) mod table;
pub(crate) mod unpack;
mod witness;

pub(crate) use order::order;

/// Milliseconds in the upper half, decimetres in the lower. Sums stay below 2^32 in both halves: 49 days, 429,000 km.
pub(crate) type Weight = u64;

pub(crate) const FAR: Weight = u64::MAX;

pub(crate) fn weight(ms: u32, decimetres: u32) -> Weight {
    u64::from(ms) << 32 | u64::from(decimetres)
}

pub(crate) fn ms(weight: Weight) -> u32 {
    (weight >> 32) as u32
}

pub(crate) fn decimetres(weight: Weight) -> u32 {
    (weight & u64::from(u32::MAX)) as u32
}

/// In the last word of an arc: the rest is the vertex that a shortcut leads over, not the edge of a road.
pub(crate) const SHORTCUT: u32 = 1 << 31;

/// The vertex at the arc's higher end, milliseconds, decimetres, and what it stands for: an edge, or [`SHORTCUT`] and the
/// vertex in the middle.
pub(crate) type Arc = [u32; 4];

pub(crate) fn arc_weight(arc: &Arc) -> Weight {
    weight(arc[1], arc[2])
}

/// An arc on its way into a hierarchy. Vertices are numbered by rank: a higher number is more important.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) weight: Weight,
    pub(crate) via: u32,
}

/// Arcs at each vertex that lead to higher ones: `up` leaves the vertex, `down` arrives at it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hierarchy<'a> {
    pub(crate) up_first: &'a [u32],
    pub(crate) up: &'a [Arc],
    pub(crate) down_first: &'a [u32],
    pub(crate) down: &'a [Arc],
}

/// Which way a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Towards {
    Targets,
    Sources,
}

impl<'a> Hierarchy<'a> {
    pub(crate) fn vertices(&self) -> usize {
        self.up_first.len() - 1
    }

    /// Arcs to relax at a vertex when searching in this direction.
    #[inline]
    pub(crate) fn arcs(&self, towards: Towards, vertex: u32) -> &'a [Arc] {
        let (first, arcs) = match towards {
            Towards::Targets => (self.up_first, self.up),
            Towards::Sources => (self.down_first, self.down),
        };
        &arcs[first[vertex as usize] as usize..first[vertex as usize + 1] as usize]
    }

    /// Arcs by which a higher vertex would have got here.
    #[inline]
    pub(crate) fn arcs_from_above(&self, towards: Towards, vertex: u32) -> &'a [Arc] {
        match towards {
            Towards::Targets => self.arcs(Towards::Sources, vertex),
            Towards::Sources => self.arcs(Towards::Targets, vertex),
        }
    }
}

/// A hierarchy that owns its arrays.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Contracted {
    pub(crate) up_first: Vec<u32>,
    pub(crate) up: Vec<Arc>,
    pub(crate) down_first: Vec<u32>,
    pub(crate) down: Vec<Arc>,
}

impl Contracted {
    #[cfg(test)]
    pub(crate) fn view(&self) -> Hierarchy<'_> {
        Hierarchy {
            up_first: &self.up_first,
            up: &self.up,
            down_first: &self.down_first,
            down: &self.down,
        }
    }
}

#[cfg(test)]
mod tests;
