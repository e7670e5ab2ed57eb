"""Figures as Markdown. Figures alone: no row, name or place of a set."""

from pathlib import Path


def number(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3f}"
    return str(value)


def lines(name: str, value: object, depth: int) -> list[str]:
    if isinstance(value, dict) and set(value) == {"mean", "deviation", "folds"}:
        return [f"{'  ' * depth}- {name}: {number(value['mean'])} ± {number(value['deviation'])}"]
    if isinstance(value, dict):
        return [f"{'  ' * depth}- {name}"] + [line for key, inner in value.items() for line in lines(key, inner, depth + 1)]
    if isinstance(value, list):
        return [f"{'  ' * depth}- {name}"] + [f"{'  ' * (depth + 1)}- " + ", ".join(f"{k} {number(v)}" for k, v in row.items()) for row in value]
    return [f"{'  ' * depth}- {name}: {number(value)}"]


def write(path: Path, what: str, found: dict) -> None:
    body = [line for key, value in found.items() for line in lines(key, value, 0)]
    path.write_text("\n".join([f"# {what}", "", *body, ""]), encoding="utf-8")
