//! What a sale waits while tours of 1,000 stops are planned on the same box: sales arrive at a steady rate, rounds with
//! and without a plan alternate, and latencies count from when each sale was due.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use system_tests::depot::Depot;
use uuid::Uuid;

use crate::Scale;
use crate::client::{Connection, Target, get, post};
use crate::figures::{median, rounded, table};
use crate::load::{Loaded, OrderForm, open};
use crate::published::{article, publish_to};

const STOPS: usize = 1_000;
const VEHICLES: usize = 30;
/// A busy shop with ten tills.
const SALES_PER_SECOND: f64 = 20.0;
const CONNECTIONS: usize = 10;
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(20);

/// # Errors
/// When the depot does not start, or refuses what it should do.
pub(crate) async fn measure(folder: &Path, scale: &Scale) -> anyhow::Result<(Value, String)> {
    let (rounds, round) = scale.rounds(ROUNDS, ROUND);
    let stops = scale.count(STOPS);
    let mut depot = Depot::create(&folder.join("depot"), "NBO-1");
    publish_to(depot.state()).await?;
    depot.serve();
    let address = depot.url().trim_start_matches("https://").parse()?;
    let target = Target::new(address, depot.authority_pem())?;
    let mut desk = Desk::sign_in(&depot, &target, "manager").await?;
    desk.open_shop(stops).await?;
    let till = Desk::sign_in(&depot, &target, "cashier").await?;
    let form = OrderForm::sale(&till.cookies, &[&article(3), &article(57)]);
    let sell = async |length| open(&target, &form, CONNECTIONS, SALES_PER_SECOND, length).await;
    sell(round / 4).await?;
    let (mut alone, mut beside) = (Rounds::default(), Rounds::default());
    let mut planned = Vec::new();
    for _ in 0..rounds {
        alone.note(sell(round).await?);
        desk.begin_plan(round + Duration::from_secs(10)).await?;
        beside.note(sell(round).await?);
        planned.push(desk.end_plan().await?);
    }
    depot.stop();
    depot.verify();
    let figures = json!({
        "stops": stops, "vehicles": VEHICLES, "sales_per_second": SALES_PER_SECOND,
        "round_s": round.as_secs_f64(),
        "alone": alone.json(), "beside_a_plan": beside.json(), "plans": planned,
    });
    let row = |who: &str, rounds: &Rounds| {
        let shown = |of: &[f64]| format!("{:.1}", median(of));
        vec![who.to_owned(), shown(&rounds.p50_ms), shown(&rounds.p99_ms)]
    };
    let rows = [row("no plan", &alone), row(&format!("{stops} stops planned"), &beside)];
    Ok((figures, table("A sale over HTTPS", &["beside", "p50 ms", "p99 ms"], &rows)))
}

#[derive(Default)]
struct Rounds {
    p50_ms: Vec<f64>,
    p99_ms: Vec<f64>,
    sales: usize,
}

impl Rounds {
    fn note(&mut self, mut loaded: Loaded) {
        self.sales += loaded.latencies.count();
        self.p50_ms.push(loaded.latencies.percentile_ms(50));
        self.p99_ms.push(loaded.latencies.percentile_ms(99));
    }

    fn json(&self) -> Value {
        json!({
            "rounds": self.p50_ms.len(), "sales": self.sales,
            "p50_ms": rounded(median(&self.p50_ms)), "p99_ms": rounded(median(&self.p99_ms)),
        })
    }
}

/// Somebody who is signed in, on one connection.
struct Desk {
    connection: Connection,
    cookies: String,
}

impl Desk {
    async fn sign_in(depot: &Depot, target: &Target, role: &str) -> anyhow::Result<Self> {
        let mut connection = target.connect().await?;
        let pairing = json!({"code": depot.pairing_code(), "name": role}).to_string();
        let answer = connection.ask(&post("/api/v1/device", "", &pairing)).await?;
        let device = answer.cookie().context("no device cookie")?;
        let person = json!({"staff": depot.person(role), "pin": depot.pin(role)}).to_string();
        let answer = connection.ask(&post("/api/v1/session", &device, &person)).await?;
        let session = answer.cookie().context("no session cookie")?;
        Ok(Self { connection, cookies: format!("{device}; {session}") })
    }

    async fn send(&mut self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = post(path, &self.cookies, &body.to_string());
        let answer = self.connection.ask(&request).await?;
        let said = String::from_utf8_lossy(answer.body).into_owned();
        ensure!((200..300).contains(&answer.status), "{path}: {} {said}", answer.status);
        Ok(serde_json::from_str(&said).unwrap_or_default())
    }

    async fn done(&mut self, name: &str, mut body: Value) -> anyhow::Result<()> {
        body["id"] = json!(Uuid::now_v7().to_string());
        self.send(&format!("/api/v1/commands/{name}"), &body).await.map(|_| ())
    }

    /// Goods, vehicles with riders, and orders packed all over the town.
    async fn open_shop(&mut self, stops: usize) -> anyhow::Result<()> {
        let line = |number| json!({"article": article(number), "quantity": 900_000, "bin": "A-01", "unit_cost_minor": 100});
        let goods = json!({"receipt": Uuid::now_v7().to_string(), "reference": "bench", "lines": [line(3), line(57)]});
        self.done("receive-goods", goods).await?;
        self.done("locate-depot", json!({"place": place(stops / 2, stops)})).await?;
        for number in 0..VEHICLES {
            let (rider, vehicle) = (Uuid::now_v7().to_string(), Uuid::now_v7().to_string());
            let one = json!({"rider": rider, "name": format!("Rider {number}"), "cash_ceiling_minor": 900_000_000_000_i64});
            self.done("register-rider", one).await?;
            let one = json!({"vehicle": vehicle, "name": format!("V {number}"), "kind": "van"});
            self.done("register-vehicle", one).await?;
            self.done("assign-vehicle", json!({"vehicle": vehicle, "rider": rider})).await?;
        }
        for number in 0..stops {
            let order = Uuid::now_v7().to_string();
            let body = json!({"order": order, "terms": "cash_on_delivery", "place": place(number, stops),
                "lines": [{"article": article(3), "quantity": 1}]});
            self.done("place-order", body).await?;
            self.done("reserve-order", json!({"order": order})).await?;
            let pick = json!({"order": order, "line": 1, "bin": "A-01", "article": article(3), "quantity": 1});
            self.done("pick-line", pick).await?;
            self.done("pack-order", json!({"order": order, "parcels": 1})).await?;
        }
        Ok(())
    }

    async fn begin_plan(&mut self, longest: Duration) -> anyhow::Result<()> {
        let asked = json!({"deadline_s": longest.as_secs().max(1)});
        self.send("/api/v1/dispatch/plan", &asked).await?;
        Ok(())
    }

    /// Ends the search, and says what it came to.
    async fn end_plan(&mut self) -> anyhow::Result<Value> {
        let request = String::from_utf8(post("/api/v1/dispatch/plan/run", &self.cookies, ""))?;
        let request = request.replacen("POST", "DELETE", 1);
        let status = self.connection.ask(request.as_bytes()).await?.status;
        ensure!(status == 204, "ending the plan was answered {status}");
        loop {
            let look = get("/api/v1/dispatch", &self.cookies);
            let desk: Value = serde_json::from_slice(self.connection.ask(&look).await?.body)?;
            if desk["running"] == false {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let look = get("/api/v1/dispatch/plan", &self.cookies);
        let plan: Value = serde_json::from_slice(self.connection.ask(&look).await?.body)?;
        Ok(json!({
            "iterations": plan["iterations"], "threads": plan["threads"],
            "unassigned": plan["unassigned"].as_array().map(Vec::len),
        }))
    }
}

/// A lattice that is bent a little, so that no two ways are the same.
fn place(number: usize, of: usize) -> Value {
    let side = (of as f64).sqrt().ceil().max(1.0) as usize;
    let (row, column) = ((number / side) as i64, (number % side) as i64);
    json!({"lat_e7": -12_500_000 - 30_000 * row - 777 * column, "lon_e7": 367_500_000 + 30_000 * column + 555 * row})
}
