//! What the records say of this moment: packed orders, vehicles, manifests. Reads one snapshot; knows no roads and
//! plans nothing.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use shared_model::dispatch::{
    Consignment, DepotPlace, Load, Manifest, Measure, Status, Vehicle, VehicleKind,
};
use shared_model::document::{Customer, read_customer};
use shared_model::gig::Rider;
use shared_model::id::{ArticleCode, CustomerId, DocumentId, ManifestId, NodeId, OrderId};
use shared_model::ledger::{Account, Unit};
use shared_model::orders::{self, Order};
use shared_model::place::{Place, Window};
use shared_model::records::{Balance, Record, keys};
use shared_model::time::Timestamp;
use shared_model::workflows::{Site, load_of};

use crate::store::{StoreError, Wanted, document, record, records_listed};

/// Most orders planned at once: beyond it the tables of ways would not fit the box.
pub const ORDERS_MAX: usize = 2_000;
/// Most vehicles of a depot.
pub const VEHICLES_MAX: u32 = 500;
/// Most manifests that are locked or on the road at once.
const MANIFESTS_MAX: u32 = 2_000;
/// At a door, when nobody said how long.
pub const SERVICE_S: u32 = 300;

/// The records of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    pub now: Timestamp,
    pub depot: Option<Place>,
    pub vehicles: Vec<VehicleToday>,
    /// Packed, or on board of a manifest on the road. By number.
    pub orders: Vec<OrderToday>,
    /// Locked or on the road, by departure.
    pub manifests: Vec<Manifest>,
    /// More were packed than are planned at once.
    pub too_many: bool,
}

/// A vehicle and who drives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VehicleToday {
    pub vehicle: Vehicle,
    pub rider: Option<Rider>,
    /// What the rider may collect before handing over, in minor units.
    pub cash_room_minor: i64,
}

/// An order to be brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderToday {
    pub order: OrderId,
    pub number: String,
    pub customer: Option<CustomerId>,
    pub customer_name: Option<String>,
    pub address: Option<String>,
    pub place: Option<Place>,
    pub place_of: Option<PlaceOf>,
    pub windows: Vec<Window>,
    pub service_s: u32,
    pub load: Load,
    /// Whether every article of it was measured, or the order weighed.
    pub is_measured: bool,
    pub cash_due_minor: i64,
    pub priority: u8,
    /// Empty: any.
    pub vehicles: Vec<VehicleKind>,
    pub manifest: Option<ManifestId>,
    /// With the rider of its manifest already.
    pub on_board: bool,
}

/// Who says where an order goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceOf {
    Order,
    Customer,
}

/// Why nobody knows where an order goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoPlace {
    /// Neither the order nor its customer has a place.
    NoPlace,
    /// The order names no customer, and has no place of its own.
    NoCustomer,
}

impl NoPlace {
    #[must_use]
    pub fn of(order: &OrderToday) -> Option<Self> {
        match (order.place, order.customer) {
            (Some(_), _) => None,
            (None, Some(_)) => Some(Self::NoPlace),
            (None, None) => Some(Self::NoCustomer),
        }
    }
}

/// Reads of one snapshot, with what many orders share looked up once.
pub struct Gathering<'c> {
    db: &'c Connection,
    site: &'c Site,
    measures: BTreeMap<ArticleCode, Option<Measure>>,
    customers: BTreeMap<CustomerId, Option<Customer>>,
}

impl<'c> Gathering<'c> {
    #[must_use]
    pub const fn new(db: &'c Connection, site: &'c Site) -> Self {
        Self { db, site, measures: BTreeMap::new(), customers: BTreeMap::new() }
    }

    const fn me(&self) -> NodeId {
        self.site.node
    }

    fn own<R: Record>(&self, key: &str) -> Result<Option<R>, StoreError> {
        record(self.db, self.me(), key)
    }

    /// All of it.
    ///
    /// # Errors
    /// The store's.
    pub fn day(mut self, now: Timestamp) -> Result<Day, StoreError> {
        let manifests = self.manifests()?;
        let mut orders = Vec::new();
        let mut seen = BTreeSet::new();
        for manifest in manifests.iter().filter(|manifest| manifest.status.is_on_the_road()) {
            for stop in manifest.open_stops() {
                let Some(order) = self.own::<Order>(&stop.order.to_string())? else { continue };
                let mut order = self.order(&order)?;
                // What was loaded is what was counted when it was locked.
                (order.place, order.load) = (Some(stop.place), stop.load);
                order.cash_due_minor = stop.cash_due_minor;
                order.on_board = true;
                seen.insert(order.order);
                orders.push(order);
            }
        }
        let packed = self.packed()?;
        let too_many = packed.len() > ORDERS_MAX;
        for order in packed.iter().take(ORDERS_MAX).filter(|order| !seen.contains(&order.order)) {
            let order = self.order(order)?;
            orders.push(order);
        }
        orders.sort_by(|a, b| (&a.number, a.order).cmp(&(&b.number, b.order)));
        let vehicles = self.vehicles(&manifests)?;
        let depot = self.own::<DepotPlace>(keys::ONLY)?.map(|depot| depot.place);
        Ok(Day { now, depot, vehicles, orders, manifests, too_many })
    }

    fn listed<R: Record>(&self, status: Option<&str>, limit: u32) -> Result<Vec<R>, StoreError> {
        let wanted = Wanted { author: Some(self.me()), status, limit, ..Wanted::default() };
        let rows = records_listed::<R>(self.db, &wanted)?;
        Ok(rows.into_iter().map(|row| row.record).collect())
    }

    fn packed(&self) -> Result<Vec<Order>, StoreError> {
        let limit = u32::try_from(ORDERS_MAX + 1).unwrap_or(u32::MAX);
        self.listed(Some(orders::Status::Packed.as_str()), limit)
    }

    fn manifests(&self) -> Result<Vec<Manifest>, StoreError> {
        let mut all: Vec<Manifest> = Vec::new();
        for status in Status::ALL.into_iter().filter(|status| status.is_active()) {
            all.extend(self.listed(Some(status.as_str()), MANIFESTS_MAX)?);
        }
        all.sort_by_key(|manifest| (manifest.departs, manifest.manifest));
        Ok(all)
    }

    fn vehicles(&self, manifests: &[Manifest]) -> Result<Vec<VehicleToday>, StoreError> {
        let mut vehicles = Vec::new();
        for vehicle in self.listed::<Vehicle>(None, VEHICLES_MAX)? {
            let out = manifests.iter().find(|manifest| {
                manifest.vehicle == vehicle.vehicle && manifest.status.is_on_the_road()
            });
            // Who is out with it is its rider until the tour ends, whoever was assigned since.
            let rider = out.map(|manifest| manifest.rider).or(vehicle.rider);
            let rider: Option<Rider> = match rider {
                Some(rider) => self.own(&rider.to_string())?,
                None => None,
            };
            let room = rider.as_ref().map(|rider| self.cash_room(rider, out)).transpose()?;
            vehicles.push(VehicleToday { vehicle, rider, cash_room_minor: room.unwrap_or(0) });
        }
        vehicles.sort_by(|a, b| {
            (&a.vehicle.name, a.vehicle.vehicle).cmp(&(&b.vehicle.name, b.vehicle.vehicle))
        });
        Ok(vehicles)
    }

    /// The ceiling, less what the rider holds and what orders outside the tour will bring.
    fn cash_room(&self, rider: &Rider, out: Option<&Manifest>) -> Result<i64, StoreError> {
        let key =
            keys::balance(&Account::RiderCustody(rider.rider), &Unit::Money(self.site.currency));
        let custody = self.own::<Balance>(&key)?.unwrap_or_default().0;
        let of_tour: i64 =
            out.iter().flat_map(|out| out.open_stops()).map(|s| s.cash_due_minor).sum();
        let besides = rider.cash_due_minor - of_tour;
        Ok((rider.cash_ceiling_minor - custody - besides.max(0)).max(0))
    }

    /// What is known of one order's way.
    ///
    /// # Errors
    /// The store's.
    pub fn order(&mut self, order: &Order) -> Result<OrderToday, StoreError> {
        let known = self.own::<Consignment>(&order.order.to_string())?;
        let consignment = known.unwrap_or_else(|| Consignment::new(order.order));
        let customer = self.customer(order.customer)?;
        let mut is_measured = true;
        let load = load_of(order, &consignment, |article| {
            let measure = self.measure(article)?;
            is_measured &= measure.is_some();
            Ok::<_, StoreError>(measure)
        })?;
        let at_customer = customer.as_ref().and_then(|customer| customer.place);
        let place_of = match (consignment.place, at_customer) {
            (Some(_), _) => Some(PlaceOf::Order),
            (None, Some(_)) => Some(PlaceOf::Customer),
            (None, None) => None,
        };
        let entered = |text: &String| (!text.is_empty()).then(|| text.clone());
        Ok(OrderToday {
            order: order.order,
            number: order.number.clone(),
            customer: order.customer,
            customer_name: customer.as_ref().map(|customer| customer.name.clone()),
            address: order
                .address
                .clone()
                .or_else(|| customer.as_ref().and_then(|customer| entered(&customer.address))),
            place: consignment.place.or(at_customer),
            place_of,
            windows: consignment.windows,
            service_s: consignment.service_s.unwrap_or(SERVICE_S),
            load,
            is_measured,
            cash_due_minor: order.due_minor().max(0),
            priority: consignment.priority,
            vehicles: consignment.vehicles,
            manifest: consignment.manifest,
            on_board: false,
        })
    }

    fn measure(&mut self, article: &ArticleCode) -> Result<Option<Measure>, StoreError> {
        if let Some(known) = self.measures.get(article) {
            return Ok(known.clone());
        }
        let measure: Option<Measure> = self.own(article.as_str())?;
        self.measures.insert(article.clone(), measure.clone());
        Ok(measure)
    }

    fn customer(&mut self, id: Option<CustomerId>) -> Result<Option<Customer>, StoreError> {
        let Some(id) = id else { return Ok(None) };
        if let Some(known) = self.customers.get(&id) {
            return Ok(known.clone());
        }
        let saved = document(self.db, DocumentId::from(id))?;
        // A document that cannot be read is for `verify` to report; the order still has its own place.
        let customer = saved.and_then(|saved| read_customer(&saved).ok());
        self.customers.insert(id, customer.clone());
        Ok(customer)
    }
}
