//! The flat form of an ensemble, made to be walked without branches: eight bytes a node, the two children of a
//! split side by side, and leaves that lead to themselves. Growing it proves that every walk ends.

use super::attributes::Aggregate;
use super::masks::Masked;
use super::{BadEnsemble, DEPTH_MAX};

/// What a split asks of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    AtMost,
    Below,
    AtLeast,
    Above,
    Equal,
    Unequal,
}

/// A split as it is written; children are places in the list of all nodes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    pub test: Test,
    pub column: usize,
    pub threshold: f32,
    /// Where a missing value (NaN) goes, whatever the test would say of it.
    pub missing_is_true: bool,
    pub when_true: usize,
    pub when_false: usize,
}

/// A contribution of a leaf to a target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Leaf {
    pub place: usize,
    pub target: usize,
    pub weight: f32,
}

/// An ensemble as it is written, ids resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// Places of each tree's nodes.
    pub trees: Vec<Vec<usize>>,
    /// By place; `None` for a leaf.
    pub splits: Vec<Option<Split>>,
    pub leaves: Vec<Leaf>,
    pub targets: usize,
    pub aggregate: Aggregate,
    /// None, one, or one a target.
    pub base_values: Vec<f32>,
}

/// One node. A value that is not above the threshold goes to `child`, any other to the place after it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Node {
    pub(crate) threshold: f32,
    /// 11 bits of column, one for where a missing value goes, 20 of child, counted from the tree's first node.
    link: u32,
}

impl Node {
    const COLUMN_BITS: u32 = 11;
    const CHILD_SHIFT: u32 = Self::COLUMN_BITS + 1;

    const fn new(threshold: f32, column: usize, missing_to_child: bool, child: usize) -> Self {
        let link = (child as u32) << Self::CHILD_SHIFT
            | (missing_to_child as u32) << Self::COLUMN_BITS
            | column as u32;
        Self { threshold, link }
    }

    #[inline(always)]
    pub(crate) const fn column(self) -> usize {
        (self.link & ((1 << Self::COLUMN_BITS) - 1)) as usize
    }

    #[inline(always)]
    pub(crate) const fn missing_to_child(self) -> bool {
        self.link & (1 << Self::COLUMN_BITS) != 0
    }

    #[inline(always)]
    pub(crate) const fn child(self) -> usize {
        (self.link >> Self::CHILD_SHIFT) as usize
    }
}

/// Where a tree lies in the lists of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tree {
    pub(crate) first: usize,
    pub(crate) nodes: usize,
    /// Steps after which every walk is at a leaf.
    pub(crate) depth: usize,
}

/// What leaves contribute, by node.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Weights {
    /// One target, summed: a number for each node.
    One(Vec<f32>),
    /// Anything else: a range of contributions for each node.
    Several { ranges: Vec<(u32, u32)>, contributions: Vec<(u32, f32)> },
}

/// An ensemble that can be walked.
#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    pub(crate) trees: Vec<Tree>,
    /// By tree; none where it must be walked.
    pub(crate) masked: Vec<Option<Masked>>,
    pub(crate) nodes: Vec<Node>,
    /// Below these a value goes to the other child too; empty when no split asks whether values are equal.
    pub(crate) floors: Vec<f32>,
    pub(crate) weights: Weights,
    pub(crate) aggregate: Aggregate,
    /// One a target.
    pub(crate) base_values: Vec<f64>,
    columns: usize,
    /// Whether one class alone of two has contributions, and none is negative: see `operator`.
    pub(crate) lone_class: Option<LoneClass>,
}

/// Of two classes only one is given weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LoneClass {
    pub(crate) target: usize,
    pub(crate) never_negative: bool,
}

/// A split as a test `floor ≤ value ≤ threshold`, with its children in the order of that test.
struct Walked {
    floor: f32,
    threshold: f32,
    missing_to_child: bool,
    inside: usize,
    outside: usize,
}

impl Split {
    /// Every test is one of an interval, exactly: `x < t` is `x ≤` the next number below t, and what is
    /// asked the other way round changes the children.
    fn walked(&self) -> Walked {
        let (none, all) = (f32::NAN, f32::NEG_INFINITY);
        let below =
            if self.threshold == f32::NEG_INFINITY { none } else { self.threshold.next_down() };
        let (floor, threshold, inside_is_true) = match self.test {
            Test::AtMost => (all, self.threshold, true),
            Test::Below => (all, below, true),
            Test::Above => (all, self.threshold, false),
            Test::AtLeast => (all, below, false),
            Test::Equal => (self.threshold, self.threshold, true),
            Test::Unequal => (self.threshold, self.threshold, false),
        };
        let (inside, outside) = if inside_is_true {
            (self.when_true, self.when_false)
        } else {
            (self.when_false, self.when_true)
        };
        let missing_to_child = self.missing_is_true == inside_is_true;
        Walked { floor, threshold, missing_to_child, inside, outside }
    }
}

impl Forest {
    /// # Errors
    /// [`BadEnsemble`] when a tree is no tree, or deeper than [`DEPTH_MAX`].
    pub fn grow(outline: Outline) -> Result<Self, BadEnsemble> {
        let mut grown = Grown::default();
        for tree in &outline.trees {
            grown.add(tree, &outline.splits)?;
        }
        let columns = outline.splits.iter().flatten().map(|split| split.column + 1).max();
        let masked = |tree: &Tree| Masked::of(*tree, &grown.nodes, &grown.floors);
        let masked = grown.trees.iter().map(masked).collect();
        let floors = if grown.floors.iter().all(|floor| *floor == f32::NEG_INFINITY) {
            Vec::new()
        } else {
            grown.floors
        };
        let base_values = (0..outline.targets)
            .map(|target| match outline.base_values.as_slice() {
                [] => 0.0,
                [only] => f64::from(*only),
                several => several.get(target).copied().map_or(0.0, f64::from),
            })
            .collect();
        Ok(Self {
            weights: weights(&outline, &grown.places),
            lone_class: lone_class(&outline),
            trees: grown.trees,
            masked,
            nodes: grown.nodes,
            floors,
            aggregate: outline.aggregate,
            base_values,
            columns: columns.unwrap_or(0),
        })
    }

    /// How many columns of a row splits name.
    #[must_use]
    pub const fn columns(&self) -> usize {
        self.columns
    }

    #[must_use]
    pub const fn targets(&self) -> usize {
        self.base_values.len()
    }

    #[must_use]
    pub const fn trees(&self) -> usize {
        self.trees.len()
    }
}

#[derive(Default)]
struct Grown {
    trees: Vec<Tree>,
    nodes: Vec<Node>,
    floors: Vec<f32>,
    /// The place in the outline of each node.
    places: Vec<usize>,
}

impl Grown {
    /// Lays a tree out level by level, so that siblings are neighbours.
    fn add(&mut self, tree: &[usize], splits: &[Option<Split>]) -> Result<(), BadEnsemble> {
        let first = self.nodes.len();
        let mut level = vec![root(tree, splits)?];
        let mut depth = 0;
        while !level.is_empty() {
            // Where the next level starts, counted from the tree's first node.
            let mut child = self.nodes.len() - first + level.len();
            let mut below = Vec::new();
            for place in level {
                let at = self.nodes.len() - first;
                match &splits[place] {
                    // Everything, and what is missing, leads from a leaf to itself.
                    None => {
                        self.push(place, f32::NEG_INFINITY, Node::new(f32::INFINITY, 0, true, at))
                    }
                    Some(split) => {
                        let walked = split.walked();
                        let node = Node::new(
                            walked.threshold,
                            split.column,
                            walked.missing_to_child,
                            child,
                        );
                        self.push(place, walked.floor, node);
                        below.extend([walked.inside, walked.outside]);
                        child += 2;
                    }
                }
            }
            level = below;
            depth += usize::from(!level.is_empty());
            if depth > DEPTH_MAX || self.nodes.len() - first + level.len() > tree.len() {
                let reason = format!("a tree has a circle, or is deeper than {DEPTH_MAX}");
                return Err(BadEnsemble::new("nodes_truenodeids", reason));
            }
        }
        let nodes = self.nodes.len() - first;
        if nodes != tree.len() {
            return Err(BadEnsemble::new("nodes_nodeids", "a node is not reached from its root"));
        }
        self.trees.push(Tree { first, nodes, depth });
        Ok(())
    }

    fn push(&mut self, place: usize, floor: f32, node: Node) {
        self.nodes.push(node);
        self.floors.push(floor);
        self.places.push(place);
    }
}

/// The one node that is nobody's child; every other one is the child of exactly one.
fn root(tree: &[usize], splits: &[Option<Split>]) -> Result<usize, BadEnsemble> {
    let mut children: Vec<usize> = tree
        .iter()
        .filter_map(|place| splits[*place].as_ref())
        .flat_map(|split| [split.when_true, split.when_false])
        .collect();
    children.sort_unstable();
    if children.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(BadEnsemble::new("nodes_truenodeids", "a node has two parents"));
    }
    let mut roots = tree.iter().filter(|place| children.binary_search(place).is_err());
    match (roots.next(), roots.next()) {
        (Some(root), None) => Ok(*root),
        _ => Err(BadEnsemble::new("nodes_truenodeids", "a tree has not exactly one root")),
    }
}

fn weights(outline: &Outline, places: &[usize]) -> Weights {
    let mut by_place: Vec<Vec<(u32, f32)>> = vec![Vec::new(); outline.splits.len()];
    for leaf in &outline.leaves {
        by_place[leaf.place].push((leaf.target as u32, leaf.weight));
    }
    let summed = matches!(outline.aggregate, Aggregate::Sum | Aggregate::Average);
    if outline.targets == 1 && summed && by_place.iter().all(|several| several.len() <= 1) {
        let weight = |place: &usize| by_place[*place].first().map_or(0.0, |(_, weight)| *weight);
        return Weights::One(places.iter().map(weight).collect());
    }
    let mut contributions = Vec::new();
    let ranges = places
        .iter()
        .map(|place| {
            let first = contributions.len() as u32;
            contributions.append(&mut by_place[*place]);
            (first, contributions.len() as u32)
        })
        .collect();
    Weights::Several { ranges, contributions }
}

fn lone_class(outline: &Outline) -> Option<LoneClass> {
    let target = outline.leaves.first()?.target;
    let lone = outline.targets == 2 && outline.leaves.iter().all(|leaf| leaf.target == target);
    let never_negative = outline.leaves.iter().all(|leaf| leaf.weight >= 0.0);
    lone.then_some(LoneClass { target, never_negative })
}
