# SPDX-License-Identifier: GPL-2.0-or-later
"""The shapes of farmland: land cut again and again by nearly straight lines, then bent a little, as terrain bends it.

Rings are arrays (n, 2) of metres, open (the last point is not the first) and convex until they are bent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_STEP_M = 40.0  # edges are cut into pieces of at most this length before they are bent


@dataclass(frozen=True)
class Cut:
    """The line along which land was divided; `level` counts the divisions before it."""

    line: np.ndarray  # (2, 2)
    level: int


@dataclass(frozen=True)
class Division:
    """Parts of a piece of land, and the cuts between them."""

    rings: list[np.ndarray]
    cuts: list[Cut]


@dataclass(frozen=True)
class Bend:
    """A smooth displacement of the plane: a sum of waves; `waves` (n, 4): wave vector x, y, phase, amplitude (m)."""

    waves: np.ndarray
    directions: np.ndarray  # (n, 2)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Return the displaced points (n, 2)."""
        phase = points @ self.waves[:, :2].T + self.waves[:, 2]
        return points + (np.sin(phase) * self.waves[:, 3]) @ self.directions


def make_bend(rng: np.random.Generator, amplitude_m: float, wavelengths_m: tuple[float, float]) -> Bend:
    """Return a displacement of about `amplitude_m` made of six waves."""
    count = 6
    angle, turn = rng.uniform(0, 2 * np.pi, (2, count))
    length = rng.uniform(*wavelengths_m, count)
    vectors = np.stack([np.cos(angle), np.sin(angle)], axis=1) * (2 * np.pi / length)[:, None]
    waves = np.column_stack([vectors, rng.uniform(0, 2 * np.pi, count), np.full(count, amplitude_m / count**0.5)])
    return Bend(waves, np.stack([np.cos(turn), np.sin(turn)], axis=1))


def divide_blocks(rng: np.random.Generator, ring: np.ndarray, area_m2: tuple[float, float]) -> Division:
    """Divide land into blocks between roads: across their longer side, until each is below an area of that range."""
    waiting, done, cuts = [(ring, 0)], [], []
    while waiting:
        land, level = waiting.pop()
        if ring_area(land) < rng.uniform(*area_m2):
            done.append(land)
            continue
        angle = long_direction(land) + np.pi / 2 + rng.normal(0, 0.12)
        first, second, line = split_ring(land, rng.uniform(0.36, 0.64), angle)
        cuts.append(Cut(line, level))
        waiting += [(first, level + 1), (second, level + 1)]
    return Division(done, cuts)


def divide_fields(rng: np.random.Generator, block: np.ndarray, area_m2: float) -> Division:
    """Divide a block into fields of about `area_m2`: strips beside each other, some cut across."""
    strip = long_direction(block) + (np.pi / 2 if rng.random() < 0.6 else 0.0) + rng.normal(0, 0.03)
    elongation = rng.uniform(1.6, 4.5)
    waiting, done, cuts = [block], [], []
    while waiting:
        land = waiting.pop()
        if ring_area(land) < area_m2 * rng.uniform(0.9, 2.1):
            done.append(land)
            continue
        length, width = extent_along(land, strip), extent_along(land, strip + np.pi / 2)
        angle = strip if length < elongation * width else strip + np.pi / 2
        first, second, line = split_ring(land, rng.uniform(0.32, 0.68), angle + rng.normal(0, 0.015))
        cuts.append(Cut(line, 0))
        waiting += [first, second]
    return Division(done, cuts)


def split_ring(ring: np.ndarray, share: float, angle: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cut a convex ring by a line in direction `angle` (radians), placed at `share` of its extent across the line.

    Returns both parts and the line (2, 2) within the ring.
    """
    normal = np.array([-np.sin(angle), np.cos(angle)])
    height = ring @ normal
    side = height - (height.min() + share * np.ptp(height))
    left: list[np.ndarray] = []
    right: list[np.ndarray] = []
    line: list[np.ndarray] = []
    for index, point in enumerate(ring):
        following = (index + 1) % len(ring)
        (left if side[index] <= 0 else right).append(point)
        if (side[index] <= 0) != (side[following] <= 0):
            part = side[index] / (side[index] - side[following])
            crossing = point + part * (ring[following] - point)
            line.append(crossing)
            left.append(crossing)
            right.append(crossing)
    return np.array(left), np.array(right), np.array(line)


def ring_area(ring: np.ndarray) -> float:
    """Return the area of a ring in square metres."""
    x, y = (ring - ring[0]).T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2


def long_direction(ring: np.ndarray) -> float:
    """Return the direction (radians) of a ring's longest edge, or across it where the ring is longer that way."""
    edges = np.roll(ring, -1, axis=0) - ring
    edge = edges[np.argmax(np.hypot(*edges.T))]
    angle = float(np.arctan2(edge[1], edge[0]))
    across = angle + np.pi / 2
    return angle if extent_along(ring, angle) >= extent_along(ring, across) else across


def extent_along(ring: np.ndarray, angle: float) -> float:
    """Return the extent of a ring in direction `angle`, in metres."""
    return float(np.ptp(ring @ np.array([np.cos(angle), np.sin(angle)])))


def densify(points: np.ndarray, is_closed: bool) -> np.ndarray:
    """Add points along the edges, none longer than 40 m."""
    ends = np.roll(points, -1, axis=0) if is_closed else points[1:]
    starts = points if is_closed else points[:-1]
    pieces = []
    for start, end in zip(starts, ends):
        count = max(1, int(np.ceil(np.hypot(*(end - start)) / _STEP_M)))
        pieces.append(start + (end - start) * (np.arange(count) / count)[:, None])
    return np.concatenate(pieces if is_closed else [*pieces, points[-1:]])


def blob(rng: np.random.Generator, center: tuple[float, float], radius_m: float, roughness: float = 0.16) -> np.ndarray:
    """Return a rounded, irregular ring about `center`: a wood, a lake, a village."""
    angle = np.linspace(0, 2 * np.pi, max(24, int(radius_m / 12)), endpoint=False)
    radius = np.ones_like(angle)
    for wave in range(2, 8):
        radius += roughness / wave**0.8 * rng.normal() * np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
    stretch, turn = rng.uniform(0.7, 1.0), rng.uniform(0, np.pi)
    x, y = np.cos(angle) * radius * radius_m, np.sin(angle) * radius * radius_m * stretch
    return np.column_stack(
        [center[0] + x * np.cos(turn) - y * np.sin(turn), center[1] + x * np.sin(turn) + y * np.cos(turn)]
    )
