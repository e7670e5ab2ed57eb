//! What may be asked about vehicles, deliveries and manifests.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize, de};

use crate::id::{ArticleCode, CustomerId, EntryId, ManifestId, OrderId, RiderId, VehicleId};
use crate::money::Amount;
use crate::place::{Place, Window, Windows};
use crate::text::{Name, Remark, Several, Text};
use crate::time::Timestamp;

/// Most stops of one manifest: their goods go to the rider in one entry.
pub const STOPS_MAX: usize = 100;
/// Most manifests locked at once.
pub const LOCKED_MAX: usize = 128;
/// Longest time at one door, in seconds.
pub const SERVICE_S_MAX: u32 = 4 * 3600;
/// Longest delay that may be reported, in seconds.
pub const DELAY_S_MAX: i64 = 24 * 3600;
/// Heaviest load in grams, largest in millilitres: a big lorry's.
const CAPACITY_MAX: u32 = 40_000_000;

/// What drives: an okada is a motorcycle with a box, a tuktuk has three wheels.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum VehicleKind {
    #[n(0)]
    Okada,
    #[n(1)]
    Tuktuk,
    #[n(2)]
    Van,
}

impl VehicleKind {
    pub const ALL: [Self; 3] = [Self::Okada, Self::Tuktuk, Self::Van];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Okada => "okada",
            Self::Tuktuk => "tuktuk",
            Self::Van => "van",
        }
    }
}

/// A measure in grams, millilitres, metres or the like: 0 to 40,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[serde(transparent)]
pub struct Size(u32);

impl Size {
    /// The nearest size in range.
    #[must_use]
    pub fn at_most(units: i64) -> Self {
        Self(u32::try_from(units.max(0)).map_or(CAPACITY_MAX, |units| units.min(CAPACITY_MAX)))
    }

    #[must_use]
    pub fn units(self) -> i64 {
        i64::from(self.0)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match u32::deserialize(d)? {
            size @ 0..=CAPACITY_MAX => Ok(Self(size)),
            _ => Err(de::Error::custom(format_args!(
                "is too large; remedy: send a whole number from 0 to {CAPACITY_MAX}"
            ))),
        }
    }
}

/// As [`Size`], and more than nothing: a vehicle that can carry nothing is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Capacity(u32);

impl Capacity {
    #[must_use]
    pub fn units(self) -> i64 {
        i64::from(self.0)
    }
}

impl<'de> Deserialize<'de> for Capacity {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match u32::deserialize(d)? {
            size @ 1..=CAPACITY_MAX => Ok(Self(size)),
            _ => Err(de::Error::custom(format_args!(
                "is no capacity; remedy: send a whole number from 1 to {CAPACITY_MAX}"
            ))),
        }
    }
}

/// Seconds of service at a door, up to [`SERVICE_S_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ServiceSeconds(u32);

impl ServiceSeconds {
    #[must_use]
    pub const fn seconds(self) -> u32 {
        self.0
    }
}

impl<'de> Deserialize<'de> for ServiceSeconds {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match u32::deserialize(d)? {
            seconds @ 0..=SERVICE_S_MAX => Ok(Self(seconds)),
            _ => Err(de::Error::custom(format_args!(
                "is too long; remedy: send 0 to {SERVICE_S_MAX} seconds"
            ))),
        }
    }
}

/// Seconds late, up to [`DELAY_S_MAX`]; negative when early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct DelaySeconds(i64);

impl DelaySeconds {
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for DelaySeconds {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let seconds = i64::deserialize(d)?;
        if (-DELAY_S_MAX..=DELAY_S_MAX).contains(&seconds) {
            return Ok(Self(seconds));
        }
        Err(de::Error::custom(format_args!(
            "is no delay of a day's tour; remedy: send -{DELAY_S_MAX} to {DELAY_S_MAX} seconds"
        )))
    }
}

/// Puts a vehicle on the depot's list. What is left out is usual for its kind.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterVehicle {
    pub id: EntryId,
    pub vehicle: VehicleId,
    /// The number plate, or what people call it.
    pub name: Name,
    pub kind: VehicleKind,
    pub weight_g_max: Option<Capacity>,
    pub volume_ml_max: Option<Capacity>,
    pub parcels_max: Option<Capacity>,
    /// For each tour, each kilometre and each hour on the road.
    pub cost_fixed_minor: Option<Amount>,
    pub cost_per_km_minor: Option<Amount>,
    pub cost_per_hour_minor: Option<Amount>,
}

/// Says who drives a vehicle, and when. Without a rider it stays in the yard.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignVehicle {
    pub id: EntryId,
    pub vehicle: VehicleId,
    pub rider: Option<RiderId>,
    /// Without it the vehicle may be out at any hour.
    pub shift: Option<Window>,
}

/// Says where the depot stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocateDepot {
    pub id: EntryId,
    pub place: Place,
}

/// Says where a customer lives: all orders go there that name no place of their own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocateCustomer {
    pub id: EntryId,
    pub customer: CustomerId,
    pub place: Place,
}

/// Says where one order goes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocateOrder {
    pub id: EntryId,
    pub order: OrderId,
    pub place: Place,
}

/// Says when and how an order is to be brought. What is left out stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DescribeDelivery {
    pub id: EntryId,
    pub order: OrderId,
    pub windows: Option<Windows>,
    pub service_s: Option<ServiceSeconds>,
    /// As weighed on the packing table, instead of the articles' own measures.
    pub weight_g: Option<Size>,
    pub volume_ml: Option<Size>,
    /// 0 is usual; 9 goes first when not all can go.
    pub priority: Option<Priority>,
    /// Only these may bring it.
    pub vehicles: Option<Several<VehicleKind, 3>>,
}

/// 0 to 9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Priority(u8);

impl Priority {
    #[must_use]
    pub const fn level(self) -> u8 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Priority {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match u8::deserialize(d)? {
            level @ 0..=9 => Ok(Self(level)),
            _ => Err(de::Error::custom("is no priority; remedy: send 0 to 9")),
        }
    }
}

/// Says what one base unit of an article weighs and takes up.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasureArticle {
    pub id: EntryId,
    pub article: ArticleCode,
    pub weight_g: Size,
    pub volume_ml: Size,
}

/// One stop of a manifest to be, with the hours of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopDraft {
    pub order: OrderId,
    pub arrive_ms: Timestamp,
    pub leave_ms: Timestamp,
    /// Where the plan goes, if the order names no place of its own; else the customer's is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// Where the times and ways of a plan came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum TravelSource {
    /// The road graph.
    #[n(0)]
    Roads,
    /// Great circles, calibrated: no road graph is installed.
    #[n(1)]
    Estimate,
    /// A person's own guess.
    #[n(2)]
    Given,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestDraft {
    pub manifest: ManifestId,
    pub vehicle: VehicleId,
    pub departs_ms: Timestamp,
    pub returns_ms: Timestamp,
    pub metres: Size,
    pub travel: TravelSource,
    pub stops: Several<StopDraft, STOPS_MAX>,
    /// What the plan breaks and a person accepted, by code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Several<Text<64>, 16>>,
}

/// Locks manifests, new ones or standing ones anew, all or none of them. The manifests of
/// `release` are given up in the same breath, so that their stops may be in the others.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockManifests {
    pub id: EntryId,
    pub manifests: Several<ManifestDraft, LOCKED_MAX>,
    pub release: Option<Several<ManifestId, LOCKED_MAX>>,
}

/// Gives the rider the goods of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandOutManifest {
    pub id: EntryId,
    pub manifest: ManifestId,
}

/// The rider is at a door.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportArrival {
    pub id: EntryId,
    pub manifest: ManifestId,
    pub order: OrderId,
}

/// The rest of the tour shifts. Replaces what was reported before.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportDelay {
    pub id: EntryId,
    pub manifest: ManifestId,
    pub delay_s: DelaySeconds,
    pub reason: Remark,
}

/// Gives a manifest up before it left: its orders may be planned again.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CancelManifest {
    pub id: EntryId,
    pub manifest: ManifestId,
    pub reason: Remark,
}
