"""Public sets into the columns of models/README.md. They are read from a path for evaluation and never kept: none of
them may be shipped."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow.csv
import pyarrow.parquet

from training.tables import Table

# Trips, their riders' last pickups and their customers' other orders are looked up this far back, s.
LOOK_BACK_S = 7_200.0
FIRST_YEAR = 2016


def columns(path: Path) -> dict[str, list]:
    return pyarrow.csv.read_csv(path).to_pydict()


def numbers(values: list) -> np.ndarray:
    return np.array([np.nan if value is None or value == "" else float(value) for value in values])


def second_of_day(values: list) -> np.ndarray:
    """`9:35:46 AM`, or a time already parsed."""

    def second(value: object) -> float:
        text = str(value)
        form = "%I:%M:%S %p" if text.endswith("M") else "%H:%M:%S"
        at = datetime.strptime(text, form)
        return at.hour * 3_600.0 + at.minute * 60.0 + at.second

    return np.array([second(value) for value in values])


def nairobi_trips(folder: Path, trips: Path | None = None) -> Table:
    """Motorbike deliveries. The set has no dates: `day` is the day of the month, and a day with its weekday
    stands for one date where rides of one rider are put in order."""
    raw = columns(trips or folder / "train.csv")
    riders = columns(folder / "Riders.csv")
    known = {key: at for at, key in enumerate(riders["Rider Id"])}
    at = np.array([known.get(key, -1) for key in raw["Rider Id"]])

    def of_rider(column: str) -> np.ndarray:
        return np.where(at >= 0, np.append(numbers(riders[column]), np.nan)[at], np.nan)

    count = len(raw["Order No"])
    table: Table = {
        "day": np.array(raw["Pickup - Day of Month"], dtype=float),
        "weekday": np.array(raw["Pickup - Weekday (Mo = 1)"], dtype=float),
        "pickup_lat": numbers(raw["Pickup Lat"]),
        "pickup_lon": numbers(raw["Pickup Long"]),
        "drop_lat": numbers(raw["Destination Lat"]),
        "drop_lon": numbers(raw["Destination Long"]),
        "road_km": numbers(raw["Distance (KM)"]),
        "placed_s": second_of_day(raw["Placement - Time"]),
        "confirmed_s": second_of_day(raw["Confirmation - Time"]),
        "at_pickup_s": second_of_day(raw["Arrival at Pickup - Time"]),
        "departed_s": second_of_day(raw["Pickup - Time"]),
        "business": np.array([float(value == "Business") for value in raw["Personal or Business"]]),
        "vehicle": np.full(count, "motorbike", dtype=object),
        "temperature_c": numbers(raw["Temperature"]),
        "rain_mm": numbers(raw["Precipitation in millimeters"]),
        "rider": np.array(raw["Rider Id"], dtype=object),
        "customer": np.array(raw["User Id"], dtype=object),
        "rider_deliveries": of_rider("No_Of_Orders"),
        "rider_days": of_rider("Age"),
        "rider_rating": of_rider("Average_Rating"),
        "rider_ratings": of_rider("No_of_Ratings"),
        "actual_s": numbers(raw["Time from Pickup to Arrival"]),
    }
    table["centre_lat"] = np.full(count, -1.286)
    table["centre_lon"] = np.full(count, 36.817)
    return table


def same_day(table: Table, name: str) -> list[list[int]]:
    """Rows of one rider (or customer) on one day."""
    found: dict[tuple, list[int]] = {}
    for at, key in enumerate(zip(table[name], table["day"], table["weekday"], strict=True)):
        found.setdefault(key, []).append(at)
    return list(found.values())


def with_load(table: Table) -> Table:
    """What the dispatcher knew of the rider's day and the customer's when the trip left: nothing later."""
    count = len(table["day"])
    left, accepted, placed = table["departed_s"], table["confirmed_s"], table["placed_s"]
    recent, since, open_orders = np.zeros(count), np.full(count, np.nan), np.zeros(count)
    drop = np.full((count, 2), np.nan)
    others, gap = np.zeros(count), np.full(count, np.nan)
    for rows in same_day(table, "rider"):
        for at in rows:
            for other in rows:
                if other == at or accepted[other] > left[at]:
                    continue
                ago = left[at] - left[other]
                if ago < 0:
                    open_orders[at] += 1
                elif ago < LOOK_BACK_S:
                    recent[at] += 1
                    if not since[at] <= ago:
                        since[at] = ago
                        drop[at] = table["drop_lat"][other], table["drop_lon"][other]
    for rows in same_day(table, "customer"):
        for at in rows:
            for other in rows:
                if other != at and placed[other] <= left[at] < placed[other] + LOOK_BACK_S:
                    others[at] += 1
                    ago = placed[at] - placed[other]
                    gap[at] = gap[at] if abs(gap[at]) <= abs(ago) else ago
    return {
        **table,
        "rider_recent_pickups": recent,
        "rider_since_pickup_s": since,
        "rider_open_orders": open_orders,
        "rider_last_drop_lat": drop[:, 0],
        "rider_last_drop_lon": drop[:, 1],
        "customer_recent_orders": others,
        "customer_order_gap_s": gap,
    }


def ivory_coast_stock(folder: Path) -> Table:
    """Monthly stock reports of health sites. Period 0 is January 2016; a month nobody reported has no row."""
    raw = columns(folder / "train.csv")
    year, month = np.array(raw["year"]), np.array(raw["month"])
    closing = numbers(raw["stock_end"])
    return {
        "site": np.array(raw["site_code"], dtype=object),
        "article": np.array(raw["product_code"], dtype=object),
        "period": (year - FIRST_YEAR) * 12 + month - 1,
        "season": (month - 1) / 12.0,
        "demand": numbers(raw["stock_distributed"]),
        "closing_stock": closing,
        # The set's own days without stock are all 0: a month that ends with nothing is taken as half without.
        "out_share": np.where(closing <= 0, 0.5, 0.0),
        "ordered": numbers(raw["stock_ordered"]),
        "received": numbers(raw["stock_received"]),
    }


def household_baskets(folder: Path) -> Table:
    """Grocery baskets of households: customer, article, week, day (since 1970)."""
    names = ["household_id", "product_id", "week", "transaction_timestamp"]
    raw = pyarrow.parquet.read_table(folder / "transactions.parquet", columns=names)
    return {
        "customer": np.asarray(raw["household_id"]).astype(np.int64),
        "article": np.asarray(raw["product_id"]).astype(np.int64),
        "week": np.asarray(raw["week"]).astype(np.int64),
        "day": np.asarray(raw["transaction_timestamp"]).astype("datetime64[D]").astype(np.int64),
    }
