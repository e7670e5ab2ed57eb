//! From the file to a draft: names become indices. What the draft means is checked elsewhere.

use super::super::Names;
use super::file::{
    JobFile, LoadFile, PlaceFile, PriorityFile, ProblemFile, ProfileFile, ShipmentFile, SourceFile,
    StandingFile, StopOfJobFile, TerminalFile, TypeFile, VehicleFile, VisitFile, WindowFile,
};
use crate::problem::{
    Break, Cell, Depot, DepotIx, Draft, End, FrozenStop, Job, JobIx, Kind, Load, Matrix, Objective,
    Place, PlaceIx, Point, Position, Priority, ProfileIx, Refusal, Refusals, Rule, Skills, Slice,
    Source, Standing, Start, TravelProfile, TypeIx, TypeSet, Underway, Vehicle, VehicleIx,
    VehicleType, Visit, Window,
};

/// Lookups by name.
pub(super) struct Reader<'a> {
    file: &'a ProblemFile,
    places: Names<'a>,
    profiles: Names<'a>,
    depots: Names<'a>,
    types: Names<'a>,
    vehicles: Names<'a>,
    skills: Names<'a>,
}

impl<'a> Reader<'a> {
    pub(super) fn of(file: &'a ProblemFile) -> Self {
        Self {
            places: Names::of(file.places.iter().map(|one| one.name.as_str())),
            profiles: Names::of(file.profiles.iter().map(|one| one.name.as_str())),
            depots: Names::of(file.depots.iter().map(|one| one.name.as_str())),
            types: Names::of(file.vehicle_types.iter().map(|one| one.name.as_str())),
            vehicles: Names::of(file.vehicles.iter().map(|one| one.name.as_str())),
            skills: Names::of(file.skills.iter().map(String::as_str)),
            file,
        }
    }

    pub(super) fn draft(&self) -> Result<Draft, Refusals> {
        // Sets of skills and types are masks of 64 bits: more names are refused before a bit is looked for.
        for (list, len, most) in [
            ("skills", self.file.skills.len(), 64),
            ("vehicle_types", self.file.vehicle_types.len(), 64),
        ] {
            if len > most {
                return Err(Refusal::new(Rule::ListTooLong, list, len).into());
            }
        }
        let mut draft = Draft { skill_names: self.file.skills.clone(), ..Draft::default() };
        for (at, place) in self.file.places.iter().enumerate() {
            let point = point(place, at)?;
            draft.places.push(Place { name: place.name.clone(), point });
        }
        for (at, profile) in self.file.profiles.iter().enumerate() {
            draft.profiles.push(self.profile(profile, at)?);
        }
        for (at, depot) in self.file.depots.iter().enumerate() {
            let place = self.places.find(&depot.place, || format!("depots[{at}].place"))?;
            draft.depots.push(Depot {
                name: depot.name.clone(),
                place: PlaceIx::of(place),
                window: window_in(depot.window),
                loading_s: depot.loading_s,
            });
        }
        for (at, one) in self.file.vehicle_types.iter().enumerate() {
            draft.vehicle_types.push(self.vehicle_type(one, at)?);
        }
        for (at, vehicle) in self.file.vehicles.iter().enumerate() {
            draft.vehicles.push(self.vehicle(vehicle, at)?);
        }
        for (at, job) in self.file.jobs.iter().enumerate() {
            draft.jobs.push(self.job(job, at)?);
        }
        let objective = &self.file.objective;
        draft.objective = Objective {
            late_cost_per_second: objective.late_cost_per_second,
            unserved_cost: objective.unserved_cost,
            fairness_cost_per_second: objective.fairness_cost_per_second,
            moved_cost: objective.moved_cost,
        };
        if let Some(standing) = &self.file.standing {
            draft.standing = Some(self.standing(standing)?);
        }
        Ok(draft)
    }

    fn profile(&self, file: &ProfileFile, at: usize) -> Result<TravelProfile, Refusals> {
        let mut slices = Vec::with_capacity(file.slices.len());
        for (number, slice) in file.slices.iter().enumerate() {
            let seconds =
                matrix(&slice.seconds, || format!("profiles[{at}].slices[{number}].seconds"))?;
            slices.push(Slice { from_s: slice.from_s, seconds });
        }
        let source = match file.source {
            SourceFile::Graph => Source::Graph,
            SourceFile::Estimate => Source::Estimate,
            SourceFile::Given => Source::Given,
        };
        let metres = matrix(&file.metres, || format!("profiles[{at}].metres"))?;
        Ok(TravelProfile { name: file.name.clone(), source, slices, metres })
    }

    fn vehicle_type(&self, file: &TypeFile, at: usize) -> Result<VehicleType, Refusals> {
        let profile =
            self.profiles.find(&file.profile, || format!("vehicle_types[{at}].profile"))?;
        Ok(VehicleType {
            name: file.name.clone(),
            profile: ProfileIx::of(profile),
            capacity: load_in(file.capacity, Load::UNLIMITED),
            cost_fixed: file.cost_fixed,
            cost_per_metre: file.cost_per_metre,
            cost_per_second: file.cost_per_second,
            metres_max: file.metres_max,
            duration_s_max: file.duration_s_max,
            trips_max: file.trips_max,
            jobs_max: file.jobs_max,
        })
    }

    fn vehicle(&self, file: &VehicleFile, at: usize) -> Result<Vehicle, Refusals> {
        let path = |field: &str| format!("vehicles[{at}].{field}");
        let start = match &file.start {
            TerminalFile::Depot(depot) => {
                Start::Depot(DepotIx::of(self.depots.find(depot, || path("start"))?))
            }
            TerminalFile::Place(place) => {
                Start::Place(PlaceIx::of(self.places.find(place, || path("start"))?))
            }
            TerminalFile::Anywhere => Start::Anywhere,
        };
        let end = match file.end.as_ref().unwrap_or(&file.start) {
            TerminalFile::Depot(depot) => {
                End::Depot(DepotIx::of(self.depots.find(depot, || path("end"))?))
            }
            TerminalFile::Place(place) => {
                End::Place(PlaceIx::of(self.places.find(place, || path("end"))?))
            }
            TerminalFile::Anywhere => End::Anywhere,
        };
        let breaks = file
            .breaks
            .iter()
            .map(|rest| Break { windows: windows_in(&rest.windows), duration_s: rest.duration_s });
        let reload_depots = file
            .reload_depots
            .iter()
            .map(|depot| self.depots.find(depot, || path("reload_depots")).map(DepotIx::of));
        Ok(Vehicle {
            name: file.name.clone(),
            vehicle_type: TypeIx::of(self.types.find(&file.vehicle_type, || path("type"))?),
            shift: window_in(file.shift),
            start,
            end,
            skills: self.skills_in(&file.skills, || path("skills"))?,
            breaks: breaks.collect(),
            reload_depots: reload_depots.collect::<Result<_, _>>()?,
        })
    }

    fn skills_in(&self, names: &[String], path: impl Fn() -> String) -> Result<Skills, Refusals> {
        let mut skills = Skills::NONE;
        for name in names {
            skills.0 |= 1 << self.skills.find(name, &path)?;
        }
        Ok(skills)
    }

    fn job(&self, file: &JobFile, at: usize) -> Result<Job, Refusals> {
        let path = |field: &str| format!("jobs[{at}].{field}");
        let kind = match (&file.visit, &file.shipment) {
            (Some(visit), None) => self.visit(visit, path)?,
            (None, Some(shipment)) => self.shipment(shipment, path)?,
            (None, None) => {
                return Err(Refusal::new(Rule::FieldMissing, path("visit"), "or shipment").into());
            }
            (Some(_), Some(_)) => {
                return Err(
                    Refusal::new(Rule::FieldRepeated, path("shipment"), "beside visit").into()
                );
            }
        };
        let mut types = TypeSet::ALL;
        if let Some(names) = &file.vehicle_types {
            types = TypeSet(0);
            for name in names {
                types.0 |= 1 << self.types.find(name, || path("vehicle_types"))?;
            }
        }
        let priority = match file.priority {
            PriorityFile::Lowest => Priority::Lowest,
            PriorityFile::Low => Priority::Low,
            PriorityFile::Normal => Priority::Normal,
            PriorityFile::High => Priority::High,
            PriorityFile::Highest => Priority::Highest,
        };
        Ok(Job {
            name: file.name.clone(),
            kind,
            priority,
            prize: file.prize,
            release_s: file.release_s,
            skills: self.skills_in(&file.skills, || path("skills"))?,
            types,
            late_s_max: file.late_s_max,
        })
    }

    fn visit(&self, file: &VisitFile, path: impl Fn(&str) -> String) -> Result<Kind, Refusals> {
        let place = self.places.find(&file.place, || path("visit.place"))?;
        let windows = windows_in(&file.windows);
        Ok(Kind::Visit {
            visit: Visit { place: PlaceIx::of(place), windows, service_s: file.service_s },
            deliver: load_in(file.deliver, Load::ZERO),
            collect: load_in(file.collect, Load::ZERO),
            backhaul: file.backhaul,
        })
    }

    fn shipment(
        &self,
        file: &ShipmentFile,
        path: impl Fn(&str) -> String,
    ) -> Result<Kind, Refusals> {
        let stop = |stop: &StopOfJobFile, part: &str| -> Result<Visit, Refusals> {
            let place =
                self.places.find(&stop.place, || path(&format!("shipment.{part}.place")))?;
            let windows = windows_in(&stop.windows);
            Ok(Visit { place: PlaceIx::of(place), windows, service_s: stop.service_s })
        };
        Ok(Kind::Shipment {
            pickup: stop(&file.pickup, "pickup")?,
            delivery: stop(&file.delivery, "delivery")?,
            load: load_in(file.load, Load::ZERO),
            ride_s_max: file.ride_s_max,
        })
    }

    fn standing(&self, file: &StandingFile) -> Result<Standing, Refusals> {
        let jobs = Names::of(self.file.jobs.iter().map(|job| job.name.as_str()));
        let mut underway = Vec::with_capacity(file.underway.len());
        for (at, known) in file.underway.iter().enumerate() {
            let path = |field: &str| format!("standing.underway[{at}].{field}");
            let vehicle = self.vehicles.find(&known.vehicle, || path("vehicle"))?;
            let place = self.places.find(&known.position.place, || path("position.place"))?;
            let mut frozen = Vec::with_capacity(known.frozen.len());
            for stop in &known.frozen {
                let action = stop.stop.action(&jobs, &self.depots, || path("frozen"))?;
                frozen.push(FrozenStop { action, start_s: stop.start_s, depart_s: stop.depart_s });
            }
            let loaded =
                known.loaded.iter().map(|job| jobs.find(job, || path("loaded")).map(JobIx::of));
            underway.push(Underway {
                vehicle: VehicleIx::of(vehicle),
                started_s: known.started_s,
                frozen,
                position: Position { place: PlaceIx::of(place), at_s: known.position.at_s },
                metres_done: known.metres_done,
                loaded: loaded.collect::<Result<_, _>>()?,
            });
        }
        let handed_out = file.handed_out.plan(&jobs, &self.depots, &self.vehicles)?;
        Ok(Standing { now_s: file.now_s, underway, handed_out })
    }
}

/// Degrees to millionths. NaN cannot come out of JSON, and what is beyond a sphere is refused here already.
fn point(file: &PlaceFile, at: usize) -> Result<Option<Point>, Refusal> {
    let (lat, lon) = match (file.lat, file.lon) {
        (Some(lat), Some(lon)) => (lat, lon),
        (None, None) => return Ok(None),
        (Some(_), None) => {
            return Err(Refusal::new(Rule::FieldMissing, format!("places[{at}].lon"), ""));
        }
        (None, Some(_)) => {
            return Err(Refusal::new(Rule::FieldMissing, format!("places[{at}].lat"), ""));
        }
    };
    let millionths = |degrees: f64, most: f64, field: &str| {
        if degrees.is_finite() && degrees.abs() <= most {
            #[expect(clippy::cast_possible_truncation, reason = "at most 180 million")]
            return Ok((degrees * 1e6).round() as i32);
        }
        Err(Refusal::new(Rule::PointOffRange, format!("places[{at}].{field}"), degrees))
    };
    let (lat_e6, lon_e6) = (millionths(lat, 90.0, "lat")?, millionths(lon, 180.0, "lon")?);
    Ok(Some(Point { lat_e6, lon_e6 }))
}

fn matrix(rows: &[Vec<Option<u32>>], path: impl Fn() -> String) -> Result<Matrix, Refusal> {
    let mut cells = Vec::with_capacity(rows.len() * rows.len());
    for (at, row) in rows.iter().enumerate() {
        if row.len() != rows.len() {
            let found = format!("{} cells for {} rows", row.len(), rows.len());
            return Err(Refusal::new(Rule::MatrixShapeWrong, format!("{}[{at}]", path()), found));
        }
        for cell in row {
            cells.push(match cell {
                None => Cell::UNREACHABLE,
                Some(amount) => Cell::new(*amount).ok_or_else(|| {
                    Refusal::new(Rule::ValueWrong, format!("{}[{at}]", path()), amount)
                })?,
            });
        }
    }
    Ok(Matrix::new(rows.len(), cells).expect("every row has as many cells as there are rows"))
}

fn load_in(file: LoadFile, default: Load) -> Load {
    let given = [file.weight_g, file.volume_ml, file.parcels, file.cash_minor];
    let mut load = default;
    for (amount, given) in load.0.iter_mut().zip(given) {
        *amount = given.unwrap_or(*amount);
    }
    load
}

fn window_in(window: WindowFile) -> Window {
    Window { from_s: window.from_s, to_s: window.to_s }
}

fn windows_in(windows: &[WindowFile]) -> Vec<Window> {
    windows.iter().copied().map(window_in).collect()
}
