"""VROOM at its most thorough (exploration 5) within the budget. Tells nothing before it is done, so
its curve has one point. Runs under the processor clock, which its time limit then means."""

import time
from datetime import timedelta

import numpy as np
import vroom

import instances
from outcome import Curve, Outcome

THOROUGHNESS = 5
DEPOT = 0


def problem(instance: instances.Instance) -> vroom.Input:
    matrix = instance.matrix.astype(np.uint32)
    problem = vroom.Input()
    problem.set_durations_matrix("car", matrix)
    problem.set_costs_matrix("car", matrix)
    window = vroom.TimeWindow(instance.ready[DEPOT], instance.due[DEPOT])
    for vehicle in range(instance.vehicles):
        problem.add_vehicle(
            vroom.Vehicle(vehicle + 1, start=DEPOT, end=DEPOT, capacity=[instance.capacity], time_window=window)
        )

    def step(kind, place):
        return kind(
            place,
            place,
            default_service=instance.service[place],
            time_windows=[vroom.TimeWindow(instance.ready[place], instance.due[place])],
        )

    paired = {place for pair in instance.pairs for place in pair}
    for pickup, delivery in instance.pairs:
        problem.add_shipment(
            step(vroom.ShipmentStep, pickup), step(vroom.ShipmentStep, delivery), amount=vroom.Amount([instance.demand[pickup]])
        )
    for place in range(1, instance.places):
        if place not in paired:
            window = vroom.TimeWindow(instance.ready[place], instance.due[place])
            problem.add_job(
                vroom.Job(
                    place,
                    place,
                    default_service=instance.service[place],
                    delivery=[instance.demand[place]],
                    time_windows=[window],
                )
            )
    return problem


def solve(path, set_name: str, seed: int, budget_s: float) -> Outcome:
    """Deterministic: `seed` changes nothing."""
    instance = instances.read(path, set_name)
    ready = problem(instance)
    start_s = time.process_time()
    curve = Curve(time.process_time)
    solution = ready.solve(exploration_level=THOROUGHNESS, nb_threads=1, timeout=timedelta(seconds=budget_s))
    used_s = time.process_time() - start_s
    missing = [job.id for job in solution.unassigned]
    trips: dict[int, list[int]] = {}
    for step in solution.routes.itertuples():
        if step.type in ("job", "pickup", "delivery"):
            trips.setdefault(step.vehicle_id - 1, []).append(int(step.location_index))
    if not missing:
        curve.note(solution.summary.cost)
    return Outcome(
        cost=None if missing else int(solution.summary.cost),
        used_s=used_s,
        curve=curve.points,
        routes=[{"vehicle": vehicle, "trips": [places]} for vehicle, places in trips.items()],
        missing=missing,
    )
