//! Why an input is refused: a rule with a stable code, the path of the field, and the remedy. May not check anything.

use std::fmt;

macro_rules! rules {
    ($($name:ident $code:literal $says:literal => $remedy:literal),+ $(,)?) => {
        /// Every rule an input can break. The code is stable: pages translate by it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule {
            $(#[doc = $says] $name),+
        }

        impl Rule {
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code, in files and answers.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// What is wrong.
            #[must_use]
            pub fn says(self) -> &'static str {
                match self { $(Self::$name => $says),+ }
            }

            /// What to do about it.
            #[must_use]
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy),+ }
            }
        }
    };
}

rules! {
    FileTooLarge "file-too-large" "the file is larger than is read" => "split the problem, or leave the matrices out",
    SyntaxBroken "syntax-broken" "the file is not of its format" => "mend the place named",
    FieldUnknown "field-unknown" "there is no such field" => "remove it, or spell it as the documentation does",
    FieldMissing "field-missing" "a field is missing" => "add it",
    FieldRepeated "field-repeated" "a field is there twice" => "keep one",
    ValueWrong "value-wrong" "the value is of the wrong kind or out of range" => "give a value of the kind the documentation names",
    NameUnknown "name-unknown" "nothing of this name is in the file" => "spell it as where it is defined, or define it",
    ListEmpty "list-empty" "the list is empty" => "add at least one entry",
    ListTooLong "list-too-long" "the list is longer than is planned at once" => "split the problem",
    NameEmpty "name-empty" "the name is empty" => "give it a name",
    NameTooLong "name-too-long" "the name is too long" => "shorten it to 200 characters",
    NameRepeated "name-repeated" "the name is taken by another entry of its list" => "give each its own name",
    IndexDangling "index-dangling" "the index points behind the end of its list" => "point at an entry that exists",
    PointOffRange "point-off-range" "the point is not on Earth" => "give a latitude within ±90° and a longitude within ±180°",
    PointZero "point-zero" "the point is 0°, 0°, which is what a missing position looks like" => "give the position of the place",
    MatrixShapeWrong "matrix-shape-wrong" "the matrix has not one row and column per place" => "give places × places cells",
    MatrixDiagonalNotZero "matrix-diagonal-not-zero" "the way from a place to itself is not 0" => "set the diagonal to 0",
    MatrixReachDiffers "matrix-reach-differs" "a pair is unreachable in one matrix of the profile and reachable in another" => "mark it unreachable in all slices and in the distances, or in none",
    SlicesUnordered "slices-unordered" "the slices do not begin at 0 and ascend" => "let the first begin at 0 and sort the rest",
    WindowInverted "window-inverted" "the window ends before it begins" => "swap its ends",
    TimeOffRange "time-off-range" "the time or duration is negative or beyond 1,000,000,000 s" => "count seconds from midnight of the planned day",
    WindowsOverlap "windows-overlap" "the windows are not sorted and apart from each other" => "sort them, and join those that touch",
    CapacityZero "capacity-zero" "the capacity is 0" => "give the capacity, or leave it out when there is no limit",
    LoadOffRange "load-off-range" "the amount is negative or beyond 10^12" => "give an amount in grams, millilitres, parcels or minor units",
    CostOffRange "cost-off-range" "the cost is negative or beyond its limit" => "give costs in units that keep it below the limit",
    LimitZero "limit-zero" "the limit is 0 or out of range" => "give a limit of at least 1, or leave it out",
    SkillUnknown "skill-unknown" "the skill has no name" => "name it in the list of skills",
    TypesNone "types-none" "no vehicle type of the problem may serve the job" => "allow at least one type",
    BackhaulDelivers "backhaul-delivers" "a backhaul delivers something" => "split it into a delivery and a backhaul",
    ReleaseOfShipment "release-of-shipment" "a shipment has a release time" => "give its pickup a window that begins then",
    UnderwayUnordered "underway-unordered" "the vehicles underway are not in ascending order, each once" => "sort them by vehicle and join doubles",
    FrozenTimesWrong "frozen-times-wrong" "the times of the stops done go backwards" => "give them in the order in which they happened",
    FrozenActionWrong "frozen-action-wrong" "a stop done does not fit its job or vehicle" => "visit a visit, deliver what was picked up, and name a break of the vehicle",
    JobTwice "job-twice" "the job is done or loaded twice" => "keep the vehicle that has it",
    LoadedNotDelivered "loaded-not-delivered" "what is on board is no visit that delivers something" => "name visits that deliver; shipments on board follow from their pickups",
}

/// One breach of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub rule: Rule,
    /// Where, as in `jobs[3].windows[0].to_s`, or `line 12` of a text file.
    pub path: String,
    /// The value or the names concerned; may be empty.
    pub found: String,
}

impl Refusal {
    #[must_use]
    pub fn new(rule: Rule, path: impl Into<String>, found: impl fmt::Display) -> Self {
        Self { rule, path: path.into(), found: found.to_string() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} [{}]", self.path, self.rule.says(), self.rule.code())?;
        if !self.found.is_empty() {
            write!(f, ": {}", self.found)?;
        }
        write!(f, "; remedy: {}", self.rule.remedy())
    }
}

/// Most refusals reported at once: a file of another format breaks everything.
pub const REFUSALS_MAX: usize = 100;

/// Everything that is wrong with an input, at least one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Refusals(pub Vec<Refusal>);

impl From<Refusal> for Refusals {
    fn from(one: Refusal) -> Self {
        Self(vec![one])
    }
}

/// Collects refusals up to [`REFUSALS_MAX`].
#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<Refusal>);

impl Findings {
    pub(crate) fn add(
        &mut self,
        rule: Rule,
        path: impl FnOnce() -> String,
        found: impl fmt::Display,
    ) {
        if self.0.len() < REFUSALS_MAX {
            self.0.push(Refusal::new(rule, path(), found));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn into_result(self) -> Result<(), Refusals> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusals(self.0)) }
    }
}
