"""PyVRP with its own defaults, stopped by processor time."""

from time import process_time

import pyvrp
from pyvrp import Client, Depot, Location, ProblemData, Shipment, VehicleType
from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks, IteratedLocalSearchParams
from pyvrp.solve import SolveParams

import instances
from outcome import Curve, Outcome

CLOCK_IS_REAL = True


class ProcessorTime:
    """Stops the search when the process has computed for so long."""

    def __init__(self, start_s: float, budget_s: float):
        self.end_s = start_s + budget_s

    def __call__(self, best_cost: float) -> bool:
        return process_time() >= self.end_s


class Watch(IteratedLocalSearchCallbacks):
    """Notes when which cost was reached; only feasible solutions count."""

    def __init__(self, curve: Curve):
        self.curve = curve

    def on_start(self, ils):
        self.note(ils.initial_solution)

    def on_best(self, best):
        self.note(best)

    def note(self, solution):
        if solution.is_feasible():
            self.curve.note(cost_of(solution))


def cost_of(solution) -> int:
    return solution.distance_cost() + solution.fixed_vehicle_cost() + solution.duration_cost() + solution.uncollected_prizes()


def problem(path, set_name) -> ProblemData:
    if set_name in instances.DIALECT_ROUNDING:
        return pyvrp.read(path, round_func=instances.DIALECT_ROUNDING[set_name])
    instance = instances.read(path, set_name)
    paired = {place for pair in instance.pairs for place in pair}
    clients = [
        Client(
            location=place,
            delivery=[instance.demand[place]],
            service_duration=instance.service[place],
            tw_early=instance.ready[place],
            tw_late=instance.due[place],
        )
        for place in range(1, instance.places)
        if place not in paired
    ]
    shipments = [
        Shipment(
            pickup_location=pickup,
            delivery_location=delivery,
            pickup_tw_early=instance.ready[pickup],
            pickup_tw_late=instance.due[pickup],
            pickup_service_duration=instance.service[pickup],
            delivery_tw_early=instance.ready[delivery],
            delivery_tw_late=instance.due[delivery],
            delivery_service_duration=instance.service[delivery],
            amount=[instance.demand[pickup]],
        )
        for pickup, delivery in instance.pairs
    ]
    fleet = VehicleType(
        num_available=instance.vehicles,
        capacity=[instance.capacity],
        tw_early=instance.ready[0],
        tw_late=instance.due[0],
        name=",".join(str(vehicle) for vehicle in range(instance.vehicles)),
    )
    return ProblemData(
        locations=[Location(0, 0) for _ in range(instance.places)],
        clients=clients,
        depots=[Depot(location=0)],
        vehicle_types=[fleet],
        distance_matrices=[instance.matrix],
        duration_matrices=[instance.matrix],
        shipments=shipments,
    )


def place_of(data: ProblemData, activity) -> int:
    if activity.is_client():
        return data.client(activity.idx).location
    shipment = data.shipment(activity.idx)
    return (shipment.pickup if activity.is_pickup() else shipment.delivery).location


def routes_of(data: ProblemData, solution) -> list[dict]:
    """Vehicles by their number in the file, which the reader keeps in the type's name."""
    spare = [list(map(int, kind.name.split(","))) for kind in data.vehicle_types()]
    routes = []
    for route in solution.routes():
        trips: dict[int, list[int]] = {}
        for activity in route.schedule():
            if not activity.is_depot():
                trips.setdefault(activity.trip, []).append(place_of(data, activity))
        vehicle = spare[route.vehicle_type()].pop(0)
        routes.append({"vehicle": vehicle, "trips": [trips[trip] for trip in sorted(trips)]})
    return routes


def solve(path, set_name: str, seed: int, budget_s: float) -> Outcome:
    data = problem(path, set_name)
    start_s = process_time()
    curve = Curve(process_time)
    parameters = SolveParams(ils=IteratedLocalSearchParams(callbacks=Watch(curve)))
    result = pyvrp.solve(data, ProcessorTime(start_s, budget_s), seed=seed, collect_stats=False, params=parameters)
    best = result.best
    feasible = best.is_feasible()
    return Outcome(
        cost=cost_of(best) if feasible else None,
        used_s=process_time() - start_s,
        curve=curve.points,
        routes=routes_of(data, best),
        iterations=result.num_iterations,
    )
