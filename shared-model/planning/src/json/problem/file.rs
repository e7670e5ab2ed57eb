//! The shape of a problem's file, and what is meant by what it leaves out. Checks nothing.

use serde::{Deserialize, Serialize};

use super::super::report::{PlanFile, StopFile};
use crate::problem::{Objective, PRIORITIES, Window};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProblemFile {
    pub(super) places: Vec<PlaceFile>,
    pub(super) profiles: Vec<ProfileFile>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) depots: Vec<DepotFile>,
    pub(super) vehicle_types: Vec<TypeFile>,
    pub(super) vehicles: Vec<VehicleFile>,
    pub(super) jobs: Vec<JobFile>,
    #[serde(default)]
    pub(super) objective: ObjectiveFile,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) skills: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) standing: Option<StandingFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlaceFile {
    pub(super) name: String,
    /// Degrees; both or neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lat: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lon: Option<f64>,
}

/// Without `slices` and `metres` the shell works them out from the points of the places.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfileFile {
    pub(super) name: String,
    #[serde(default = "given")]
    pub(super) source: SourceFile,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) slices: Vec<SliceFile>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) metres: Vec<Vec<Option<u32>>>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SourceFile {
    Graph,
    Estimate,
    Given,
}

pub(super) fn given() -> SourceFile {
    SourceFile::Given
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SliceFile {
    pub(super) from_s: i64,
    pub(super) seconds: Vec<Vec<Option<u32>>>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WindowFile {
    pub(super) from_s: i64,
    pub(super) to_s: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DepotFile {
    pub(super) name: String,
    pub(super) place: String,
    #[serde(default = "always")]
    pub(super) window: WindowFile,
    #[serde(default)]
    pub(super) loading_s: i64,
}

/// What is left out is unlimited in a capacity, and nothing in a load.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LoadFile {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) weight_g: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) volume_ml: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) parcels: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cash_minor: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypeFile {
    pub(super) name: String,
    pub(super) profile: String,
    #[serde(default)]
    pub(super) capacity: LoadFile,
    #[serde(default)]
    pub(super) cost_fixed: i64,
    #[serde(default)]
    pub(super) cost_per_metre: i64,
    #[serde(default)]
    pub(super) cost_per_second: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) metres_max: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) duration_s_max: Option<i64>,
    #[serde(default = "one")]
    pub(super) trips_max: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) jobs_max: Option<u32>,
}

pub(super) fn one() -> u32 {
    1
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum TerminalFile {
    Depot(String),
    Place(String),
    Anywhere,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BreakFile {
    pub(super) windows: Vec<WindowFile>,
    pub(super) duration_s: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VehicleFile {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) vehicle_type: String,
    #[serde(default = "always")]
    pub(super) shift: WindowFile,
    pub(super) start: TerminalFile,
    /// Where it started, when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) end: Option<TerminalFile>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) skills: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) breaks: Vec<BreakFile>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) reload_depots: Vec<String>,
}

#[derive(Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum PriorityFile {
    Lowest,
    Low,
    #[default]
    Normal,
    High,
    Highest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StopOfJobFile {
    pub(super) place: String,
    /// Any time, when left out.
    #[serde(default = "any_time")]
    pub(super) windows: Vec<WindowFile>,
    #[serde(default)]
    pub(super) service_s: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VisitFile {
    pub(super) place: String,
    #[serde(default = "any_time")]
    pub(super) windows: Vec<WindowFile>,
    #[serde(default)]
    pub(super) service_s: i64,
    #[serde(default)]
    pub(super) deliver: LoadFile,
    #[serde(default)]
    pub(super) collect: LoadFile,
    #[serde(default)]
    pub(super) backhaul: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShipmentFile {
    pub(super) pickup: StopOfJobFile,
    pub(super) delivery: StopOfJobFile,
    #[serde(default)]
    pub(super) load: LoadFile,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ride_s_max: Option<i64>,
}

/// Either `visit` or `shipment`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JobFile {
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) visit: Option<VisitFile>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) shipment: Option<ShipmentFile>,
    #[serde(default)]
    pub(super) priority: PriorityFile,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) prize: Option<i64>,
    #[serde(default)]
    pub(super) release_s: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) skills: Vec<String>,
    /// All, when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) vehicle_types: Option<Vec<String>>,
    #[serde(default)]
    pub(super) late_s_max: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ObjectiveFile {
    pub(super) late_cost_per_second: i64,
    /// From the lowest priority to the highest.
    pub(super) unserved_cost: [i64; PRIORITIES],
    pub(super) fairness_cost_per_second: i64,
    pub(super) moved_cost: i64,
}

impl Default for ObjectiveFile {
    fn default() -> Self {
        let objective = Objective::default();
        Self {
            late_cost_per_second: objective.late_cost_per_second,
            unserved_cost: objective.unserved_cost,
            fairness_cost_per_second: objective.fairness_cost_per_second,
            moved_cost: objective.moved_cost,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StandingFile {
    pub(super) now_s: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) underway: Vec<UnderwayFile>,
    #[serde(default)]
    pub(super) handed_out: PlanFile,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UnderwayFile {
    pub(super) vehicle: String,
    pub(super) started_s: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) frozen: Vec<FrozenFile>,
    pub(super) position: PositionFile,
    #[serde(default)]
    pub(super) metres_done: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) loaded: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FrozenFile {
    pub(super) stop: StopFile,
    pub(super) start_s: i64,
    pub(super) depart_s: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PositionFile {
    pub(super) place: String,
    pub(super) at_s: i64,
}

pub(super) fn always() -> WindowFile {
    window_out(Window::ALWAYS)
}

pub(super) fn any_time() -> Vec<WindowFile> {
    vec![always()]
}

pub(super) fn window_out(window: Window) -> WindowFile {
    WindowFile { from_s: window.from_s, to_s: window.to_s }
}

pub(super) fn windows_out(windows: &[Window]) -> Vec<WindowFile> {
    windows.iter().copied().map(window_out).collect()
}
