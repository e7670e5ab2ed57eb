"""Deliveries of a town that does not exist, with the defects of real ones: riders who tap "arrived" early, riders
of different pace, jams by hour and quarter, waits that were never written down, weather that is mostly missing.
Columns as in models/README.md. Everything follows from the seed."""

from datetime import date, timedelta

import numpy as np

from training.tables import Table

FIRST_DAY = date(2026, 1, 5)
DAYS = 168
TRIPS_A_DAY = 70
RIDERS = 90
QUARTERS = 24
CENTRE = (-1.5, 30.5)
KM_PER_DEGREE = 111.195
EARLY_SHARE = 0.035
MISSING_SHARE = 0.04


def places(dice: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Quarter, latitude, longitude: quarters of uneven size, scattered about a centre."""
    centres = dice.normal(0.0, 4.5, (QUARTERS, 2)) / KM_PER_DEGREE
    weights = dice.dirichlet(np.full(QUARTERS, 0.7))
    quarter = dice.choice(QUARTERS, count, p=weights)
    spot = centres[quarter] + dice.normal(0.0, 0.5, (count, 2)) / KM_PER_DEGREE
    return quarter, np.round(CENTRE[0] + spot[:, 0], 6), np.round(CENTRE[1] + spot[:, 1], 6)


def crow_km(table: Table) -> np.ndarray:
    north = (table["drop_lat"] - table["pickup_lat"]) * KM_PER_DEGREE
    east = (table["drop_lon"] - table["pickup_lon"]) * KM_PER_DEGREE * np.cos(np.radians(CENTRE[0]))
    return np.hypot(north, east)


def jam(hour: np.ndarray, weekday: np.ndarray) -> np.ndarray:
    """How much slower the town is: two rushes on working days."""
    rush = np.exp(-((hour - 8.5) ** 2) / 1.5) + 1.2 * np.exp(-((hour - 17.5) ** 2) / 3.0)
    return 1.0 + 0.35 * rush * np.where(weekday <= 5, 1.0, 0.25)


def with_gaps(dice: np.random.Generator, column: np.ndarray, share: float) -> np.ndarray:
    return np.where(dice.random(len(column)) < share, np.nan, column)


def trips(seed: int) -> Table:
    dice = np.random.default_rng([seed, 1])
    count = DAYS * TRIPS_A_DAY
    day = np.sort(dice.integers(0, DAYS, count))
    pickup_quarter, pickup_lat, pickup_lon = places(dice, count)
    drop_quarter, drop_lat, drop_lon = places(dice, count)
    rider = dice.choice(RIDERS, count, p=dice.dirichlet(np.full(RIDERS, 1.5)))
    table: Table = {
        "day": np.array([(FIRST_DAY + timedelta(days=int(d))).isoformat() for d in day], dtype=object),
        "centre_lat": np.full(count, CENTRE[0]),
        "centre_lon": np.full(count, CENTRE[1]),
        "pickup_lat": pickup_lat,
        "pickup_lon": pickup_lon,
        "drop_lat": drop_lat,
        "drop_lon": drop_lon,
        "rider": np.array([f"rider-{r}" for r in rider], dtype=object),
        "vehicle": np.array(["motorbike", "bicycle", "rickshaw"], dtype=object)[
            dice.choice(3, count, p=[0.93, 0.06, 0.01])
        ],
        "weekday": (day % 7 + 1).astype(float),
        "business": with_gaps(dice, (dice.random(count) < 0.8).astype(float), MISSING_SHARE),
    }
    table["road_km"] = with_gaps(dice, np.round(crow_km(table) * dice.gamma(60.0, 1.42 / 60.0, count) + 0.3, 2), 0.02)
    times(dice, table)
    riders(dice, table, rider)
    weather(dice, table, day)
    table["actual_s"] = durations(dice, table, rider, (pickup_quarter, drop_quarter))
    return table


def times(dice: np.random.Generator, table: Table) -> None:
    count = len(table["weekday"])
    placed = np.clip(dice.normal(13.0, 2.8, count), 7.0, 19.5) * 3_600.0
    waits = [dice.gamma(1.2, 130.0, count), dice.gamma(1.6, 500.0, count), dice.gamma(1.1, 420.0, count)]
    for name, wait in zip(("placed_s", "confirmed_s", "at_pickup_s", "departed_s"), [0.0, *waits], strict=True):
        placed = placed + wait
        table[name] = np.round(placed)
    table["at_pickup_s"] = with_gaps(dice, table["at_pickup_s"], MISSING_SHARE)


def riders(dice: np.random.Generator, table: Table, rider: np.ndarray) -> None:
    days = dice.integers(20, 1_500, RIDERS)
    table["rider_days"] = days[rider].astype(float)
    table["rider_deliveries"] = np.round(days * dice.gamma(2.0, 0.8, RIDERS))[rider]
    table["rider_rating"] = np.round(np.clip(dice.normal(13.8, 0.9, RIDERS), 5.0, 15.0), 1)[rider]
    table["rider_ratings"] = np.round(table["rider_deliveries"] * 0.35)
    last: dict[tuple[int, str], tuple[float, float, float]] = {}
    recent, since = np.zeros(len(rider)), np.full(len(rider), np.nan)
    drop = np.full((len(rider), 2), np.nan)
    for at in np.lexsort((table["departed_s"], table["day"])):
        key = (int(rider[at]), table["day"][at])
        if key in last and table["departed_s"][at] - last[key][0] < 7_200.0:
            recent[at], since[at], drop[at] = 1.0, table["departed_s"][at] - last[key][0], last[key][1:]
        last[key] = (table["departed_s"][at], table["drop_lat"][at], table["drop_lon"][at])
    table["rider_recent_pickups"], table["rider_since_pickup_s"] = recent, since
    table["rider_last_drop_lat"], table["rider_last_drop_lon"] = drop[:, 0], drop[:, 1]
    table["rider_open_orders"] = (dice.random(len(rider)) < 0.05).astype(float)
    table["customer_recent_orders"] = (dice.random(len(rider)) < 0.2).astype(float)
    table["customer_order_gap_s"] = np.where(
        table["customer_recent_orders"] > 0, np.round(dice.normal(0.0, 900.0, len(rider))), np.nan
    )


def weather(dice: np.random.Generator, table: Table, day: np.ndarray) -> None:
    rain = np.where(dice.random(DAYS) < 0.2, dice.gamma(1.0, 6.0, DAYS), 0.0)[day]
    table["temperature_c"] = with_gaps(dice, np.round(dice.normal(24.0, 3.0, DAYS)[day], 1), 0.2)
    table["rain_mm"] = np.where(rain > 0.0, np.round(rain, 1), np.nan)


def durations(
    dice: np.random.Generator, table: Table, rider: np.ndarray, quarters: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Seconds from leaving to arriving, as written down."""
    pace = np.exp(dice.normal(0.0, 0.16, RIDERS))[rider]
    slow = np.exp(dice.normal(0.0, 0.12, QUARTERS))
    road = np.nan_to_num(table["road_km"], nan=8.0)
    vehicle = np.select([table["vehicle"] == "bicycle", table["vehicle"] == "rickshaw"], [1.5, 1.2], 1.0)
    wet = 1.0 + 0.01 * np.nan_to_num(table["rain_mm"])
    riding = 95.0 * road * pace * vehicle * wet * jam(table["departed_s"] / 3_600.0, table["weekday"])
    handing = dice.gamma(1.5, 330.0, len(rider)) * slow[quarters[1]]
    truth = riding * slow[quarters[0]] ** 0.5 * dice.gamma(8.0, 1.0 / 8.0, len(rider)) + handing
    early = dice.random(len(rider)) < (EARLY_SHARE * 2.0 * dice.random(RIDERS))[rider]
    return np.round(np.where(early, dice.uniform(1.0, 60.0, len(rider)), np.maximum(truth, 61.0)))
