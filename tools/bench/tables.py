# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures of one scene as tables: how close maps come to the limit, and how they compare with plain ways."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Scene = dict[str, dict[str, Any]]  # "files", "maps" and "peers", as __main__.measure_scene returns them
GOALS = (3, 5)  # times the plain loop: what part of the rate of large matrix products that would take


def print_tables(scene: Scene, plain: dict[str, dict[str, float]], rates: dict[str, float]) -> None:
    """Print all tables that the figures suffice for; `rates`: operations per second of large matrix products."""
    maps = scene["maps"]
    heads = ("", "computed in", "arithmetic alone", "of the matrix rate", "limit", "whole map", "of it",
             "MB of host, worker, both")  # fmt: skip
    _print(heads, (_map_row(name, row[kind], row, rates) for name, row in maps.items() for kind in _kinds(row)))
    loops = {name: row["plain_loop"] for name, row in plain.items() if "plain_loop" in row}
    if loops:
        forms = list(dict.fromkeys(form for name in loops for form in maps[name]["arithmetic"]))
        heads = ("", "plain loop", *forms, *(f"{goal} times it takes of {' / '.join(rates)}" for goal in GOALS))
        _print(heads, (_loop_row(maps[name], name, loop, forms, rates) for name, loop in loops.items()))
    if scene["peers"]:
        ours = [(name, kind) for name, row in maps.items() for kind in _kinds(row)]
        heads = ("whole map by", "px/s", *(f"{name}, {maps[name][kind]['form']}" for name, kind in ours))
        rows = ([name, _k(pace), *(f"{maps[model][kind]['pace'] / pace:.2f} times" for model, kind in ours)]
                for name, pace in scene["peers"].items())  # fmt: skip
        _print(heads, rows)


def _kinds(row: dict[str, Any]) -> list[str]:
    """Return the maps to be told of a model: where "auto" chose float32 by torch, its map is the same once more."""
    chosen = row.get("auto", row["float32"])
    return ["float32"] if chosen["form"] == row["float32"]["form"] else ["float32", "auto"]


def _map_row(name: str, whole: dict[str, Any], row: dict[str, Any], rates: dict[str, float]) -> list[str]:
    alone = row["arithmetic"][whole["form"]]
    reached = _share(alone * row["flops"], rates[whole["form"].split()[0]])
    memory = f"{whole['host_mb']:.0f}, {whole['worker_mb']:.0f}, {whole['both_mb']:.0f}"
    return [name, whole["form"], _k(alone), reached, _k(whole["limit"]), _k(whole["pace"]), f"{whole['share']:.2f}",
            memory]  # fmt: skip


def _loop_row(row: dict[str, Any], name: str, loop: float, forms: list[str], rates: dict[str, float]) -> list[str]:
    paces = [row["arithmetic"].get(form, 0.0) for form in forms]
    asked = (" / ".join(_share(goal * loop * row["flops"], rate) for rate in rates.values()) for goal in GOALS)
    return [name, _k(loop), *(f"{_k(pace)}, {pace / loop:.1f} times" for pace in paces), *asked]


def _share(rate: float, limit: float) -> str:
    return f"{rate / limit:.0%}" if rate else "-"


def _k(pace: float) -> str:
    return f"{pace / 1e3:,.0f}k"


def _print(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print a Markdown table."""
    heads = list(heads)
    print()
    for cells in (heads, ["---"] * len(heads), *rows):
        print("| " + " | ".join(cells) + " |", flush=True)
