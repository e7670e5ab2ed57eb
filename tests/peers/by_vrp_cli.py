"""vrp-cli through its "pragmatic" JSON: every job served first, then driving. Runs under the
processor clock, which its time limit and its telemetry then mean."""

import json
import time
from datetime import datetime, timezone

import vrp_cli

import instances
from outcome import Curve, Outcome

DEPOT = 0
# A generation is cheap; more often would cost it time that is not the peer's to lose.
GENERATIONS_BETWEEN_REPORTS = 20


def moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def task(instance: instances.Instance, place: int) -> dict:
    window = [moment(instance.ready[place]), moment(instance.due[place])]
    stop = {"location": {"index": place}, "duration": instance.service[place], "times": [window], "tag": str(place)}
    return {"places": [stop], "demand": [abs(instance.demand[place])]}


def problem(instance: instances.Instance) -> dict:
    paired = {place for pair in instance.pairs for place in pair}
    jobs = [
        {"id": str(place), "deliveries": [task(instance, place)]}
        for place in range(1, instance.places)
        if place not in paired
    ]
    jobs += [
        {"id": str(pickup), "pickups": [task(instance, pickup)], "deliveries": [task(instance, delivery)]}
        for pickup, delivery in instance.pairs
    ]
    opens, closes = moment(instance.ready[DEPOT]), moment(instance.due[DEPOT])
    vehicles = {
        "typeId": "vehicle",
        "vehicleIds": [str(vehicle) for vehicle in range(instance.vehicles)],
        "profile": {"matrix": "car"},
        "costs": {"fixed": 0, "distance": 1, "time": 0},
        "shifts": [
            {
                "start": {"earliest": opens, "location": {"index": DEPOT}},
                "end": {"latest": closes, "location": {"index": DEPOT}},
            }
        ],
        "capacity": [instance.capacity],
    }
    return {
        "plan": {"jobs": jobs},
        "fleet": {"vehicles": [vehicles], "profiles": [{"name": "car"}]},
        "objectives": [[{"type": "minimize-unassigned"}], [{"type": "minimize-cost"}]],
    }


def config(budget_s: float) -> dict:
    return {
        "termination": {"maxTime": int(budget_s)},
        "environment": {"parallelism": {"numThreadPools": 1, "threadsPerPool": 1}},
        "telemetry": {"metrics": {"enabled": True, "trackPopulation": GENERATIONS_BETWEEN_REPORTS}},
    }


def solve(path, set_name: str, seed: int, budget_s: float) -> Outcome:
    """The package offers no seed: runs differ from one another."""
    instance = instances.read(path, set_name)
    cells = instance.matrix.ravel().tolist()
    matrix = {"profile": "car", "travelTimes": cells, "distances": cells}
    texts = json.dumps(problem(instance)), [json.dumps(matrix)], json.dumps(config(budget_s))
    start_s = time.process_time()
    answer = json.loads(vrp_cli.solve_pragmatic(problem=texts[0], matrices=texts[1], config=texts[2]))
    used_s = time.process_time() - start_s
    missing = [int(job["jobId"]) for job in answer.get("unassigned", [])]
    routes = []
    for tour in answer["tours"]:
        activities = [activity for stop in tour["stops"] for activity in stop["activities"]]
        places = [int(activity["jobTag"]) for activity in activities if "jobTag" in activity]
        routes.append({"vehicle": int(tour["vehicleId"]), "trips": [places]})
    curve = Curve(time.process_time)
    curve.points = evolution(answer)
    cost = round(answer["statistic"]["cost"])
    if not missing and (not curve.points or curve.points[-1][1] > cost):
        curve.points.append((round(used_s, 4), cost))
    return Outcome(
        cost=None if missing else cost,
        used_s=used_s,
        curve=curve.points,
        routes=routes,
        missing=missing,
    )


def evolution(answer: dict) -> list[tuple[float, int]]:
    """The best complete individual of every report."""
    points: list[tuple[float, int]] = []
    for generation in answer.get("extras", {}).get("metrics", {}).get("evolution", []):
        complete = [person["fitness"][-1] for person in generation["population"]["individuals"] if person["fitness"][0] == 0]
        if complete and (not points or min(complete) < points[-1][1]):
            points.append((round(generation["timestamp"], 4), round(min(complete))))
    return points
