"""Twenty new orders into a plan of 380: PyVRP, warm from the old plan. Prints one line of JSON.

    python replan.py SET FILE --seed 1 --budget 10
"""

import argparse
import json
from pathlib import Path
from time import process_time

import pyvrp
from pyvrp import Route, Solution
from pyvrp.IteratedLocalSearch import IteratedLocalSearchParams
from pyvrp.solve import SolveParams

from by_pyvrp import ProcessorTime, Watch, cost_of, problem
from outcome import Curve

NEW_ORDERS = 20
# Long enough to see when the warm plan is as good as a full search's.
WARM_S = 3.0


def new_places(seed: int, places: int) -> set[int]:
    """The same twenty as the bench of our own planner takes out: Knuth's congruential generator."""
    state, chosen = seed, set()
    while len(chosen) < NEW_ORDERS:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        chosen.add(1 + (state >> 33) % (places - 1))
    return chosen


def solved(data, seed: int, budget_s: float, initial=None):
    start_s = process_time()
    curve = Curve(process_time)
    parameters = SolveParams(ils=IteratedLocalSearchParams(callbacks=Watch(curve)))
    stop = ProcessorTime(start_s, budget_s)
    result = pyvrp.solve(data, stop, seed=seed, collect_stats=False, params=parameters, initial_solution=initial)
    return result.best, curve.points


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set")
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--budget", type=float, required=True)
    arguments = parser.parse_args()
    data = problem(arguments.file, arguments.set)
    new = new_places(arguments.seed, data.num_locations)
    clients = data.clients()
    without = data.replace(clients=[client for client in clients if client.location not in new])
    old, _ = solved(without, arguments.seed, arguments.budget)
    index_at = {client.location: index for index, client in enumerate(clients)}
    routes = [
        Route(data, [index_at[without.client(visit.idx).location] for visit in route.schedule() if visit.is_client()], 0)
        for route in old.routes()
    ]
    full, _ = solved(data, arguments.seed, arguments.budget)
    target = 1.002 * cost_of(full)
    _, points = solved(data, arguments.seed, WARM_S, Solution(data, routes))
    within = [when_s for when_s, cost in points if cost <= target]
    row = {
        "solver": "pyvrp",
        "instance": arguments.file.stem,
        "seed": arguments.seed,
        "feasible_ms": round(1e3 * points[0][0], 2) if points else None,
        "within_ms": round(1e3 * within[0], 2) if within else None,
        "cost": points[-1][1] if points else None,
        "full_cost": cost_of(full),
    }
    print(json.dumps(row))


if __name__ == "__main__":
    main()
