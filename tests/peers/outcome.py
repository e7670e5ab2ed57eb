"""What one run of a solver left: its cost as it says itself, its routes for the checker to judge,
and how its best cost fell with time."""

from collections.abc import Callable
from dataclasses import dataclass, field


class Curve:
    """Notes every better cost with the time since it was made; `now` gives seconds."""

    def __init__(self, now: Callable[[], float]):
        self.now = now
        self.start_s = now()
        self.points: list[tuple[float, int]] = []

    def note(self, cost: int) -> None:
        if not self.points or cost < self.points[-1][1]:
            self.points.append((round(self.now() - self.start_s, 4), int(cost)))


@dataclass
class Outcome:
    """`cost` is None when nothing feasible was found. A route is a vehicle's number in the file
    and its trips, each the places visited in turn, numbered from the file's first place = 0."""

    cost: int | None
    used_s: float
    curve: list[tuple[float, int]]
    routes: list[dict]
    iterations: int | None = None
    missing: list[int] = field(default_factory=list)
