"""One run of one peer on one instance; prints one row of JSON. `measure.py` starts it, a process
for each run, so that memory is the run's own.

    python run.py pyvrp SET FILE --seed 1 --budget 10
"""

import argparse
import importlib
import importlib.metadata
import json
import resource
from pathlib import Path

PEERS = {
    "pyvrp": ("by_pyvrp", "pyvrp"),
    "ortools": ("by_ortools", "ortools"),
    "vroom": ("by_vroom", "pyvroom"),
    "vrp-cli": ("by_vrp_cli", "vrp-cli"),
}


def resident_mb() -> float:
    """The most this process ever held, in megabytes (the kernel counts kibibytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("set")
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--budget", type=float, required=True)
    arguments = parser.parse_args()
    module, package = PEERS[arguments.peer]
    solver = importlib.import_module(module)
    base_mb = resident_mb()
    outcome = solver.solve(arguments.file, arguments.set, arguments.seed, arguments.budget)
    row = {
        "solver": arguments.peer,
        "version": importlib.metadata.version(package),
        "set": arguments.set,
        "instance": arguments.file.stem,
        "seed": arguments.seed,
        "budget_s": arguments.budget,
        "used_s": round(outcome.used_s, 3),
        "cost": outcome.cost,
        "first_feasible_s": outcome.curve[0][0] if outcome.curve else None,
        "iterations": outcome.iterations,
        "memory_mb": round(resident_mb() - base_mb, 1),
        "memory_base_mb": round(base_mb, 1),
        "curve": outcome.curve,
        "routes": outcome.routes,
        "missing": outcome.missing,
    }
    print(json.dumps(row, separators=(",", ":")))


if __name__ == "__main__":
    main()
