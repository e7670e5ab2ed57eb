"""OR-Tools' routing library: parallel cheapest insertion, then guided local search, matrices on the
C++ side. Runs under the processor clock, which its time limit then means."""

import time

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

import instances
from outcome import Curve, Outcome

DEPOT = 0


def model(instance: instances.Instance):
    manager = pywrapcp.RoutingIndexManager(instance.places, instance.vehicles, DEPOT)
    routing = pywrapcp.RoutingModel(manager)
    driving = instance.matrix.tolist()
    routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitMatrix(driving))
    lasting = [[cell + served for cell in row] for row, served in zip(driving, instance.service)]
    horizon = instance.due[DEPOT]
    routing.AddDimension(routing.RegisterTransitMatrix(lasting), horizon, horizon, False, "time")
    demand = routing.RegisterUnaryTransitVector(instance.demand)
    routing.AddDimension(demand, 0, instance.capacity, True, "load")
    hours = routing.GetDimensionOrDie("time")
    for place in range(instance.places):
        if place != DEPOT:
            index = manager.NodeToIndex(place)
            hours.CumulVar(index).SetRange(instance.ready[place], instance.due[place])
    for vehicle in range(instance.vehicles):
        for index in (routing.Start(vehicle), routing.End(vehicle)):
            hours.CumulVar(index).SetRange(instance.ready[DEPOT], horizon)
    for pickup, delivery in instance.pairs:
        start, end = manager.NodeToIndex(pickup), manager.NodeToIndex(delivery)
        routing.AddPickupAndDelivery(start, end)
        routing.solver().Add(routing.VehicleVar(start) == routing.VehicleVar(end))
        routing.solver().Add(hours.CumulVar(start) <= hours.CumulVar(end))
    return manager, routing


def routes_of(instance, manager, routing, solution) -> list[dict]:
    routes = []
    for vehicle in range(instance.vehicles):
        index, places = solution.Value(routing.NextVar(routing.Start(vehicle))), []
        while not routing.IsEnd(index):
            places.append(manager.IndexToNode(index))
            index = solution.Value(routing.NextVar(index))
        if places:
            routes.append({"vehicle": vehicle, "trips": [places]})
    return routes


def solve(path, set_name: str, seed: int, budget_s: float) -> Outcome:
    """Deterministic: `seed` changes nothing."""
    instance = instances.read(path, set_name)
    manager, routing = model(instance)
    search = pywrapcp.DefaultRoutingSearchParameters()
    search.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    search.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    start_s = time.process_time()
    curve = Curve(time.process_time)
    routing.AddAtSolutionCallback(lambda: curve.note(routing.CostVar().Value()))
    # Closing the model counts: it is where the solver prepares itself.
    search.time_limit.FromMilliseconds(int(1000 * budget_s))
    routing.CloseModelWithParameters(search)
    left_s = max(0.0, budget_s - (time.process_time() - start_s))
    search.time_limit.FromMilliseconds(int(1000 * left_s))
    solution = routing.SolveWithParameters(search)
    return Outcome(
        cost=int(solution.ObjectiveValue()) if solution else None,
        used_s=time.process_time() - start_s,
        curve=curve.points,
        routes=routes_of(instance, manager, routing, solution) if solution else [],
    )
