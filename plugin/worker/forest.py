# SPDX-License-Identifier: GPL-2.0-or-later
"""Forests of decision trees: grown by scikit-learn, kept as plain arrays, predicted by torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..core.card import ModelCard
from ..core.catalog import Architecture, Hyperparameter
from ..core.errors import ModelFileError
from ..core.monitor import Monitor

_ARRAYS = ("feature", "threshold", "left", "value", "root", "depth")
_FIT_STEPS = 10  # progress and cancel are looked at so often while the trees grow
FOREST_SETTINGS = (
    Hyperparameter("trees", "Trees", "int", 100, "More trees are steadier and slower.", 1, 2000),
    Hyperparameter("max_features", "Features per split", "choice", "sqrt",
                   "How many of the features a split may choose from.", choices=("sqrt", "log2", "all")),
    Hyperparameter("min_leaf", "Least samples in a leaf", "int", 1,
                   "Larger leaves make smoother, smaller trees.", 1, 1000),
    Hyperparameter("max_depth", "Largest depth", "int", 0, "Splits from root to leaf, at most; 0: no limit.", 0, 100),
    Hyperparameter("balanced", "Balance classes", "bool", False, "Rare classes count as much as frequent ones."),
)  # fmt: skip


class Forest:
    """A forest of decision trees; subclasses say how it grows and what it sees of a series.

    Grown by scikit-learn, predicted level by level from node arrays (all trees one after another, deepest tree first,
    each tree breadth first, so that a right child stands just behind its left one): `feature` (nodes,) int32,
    `threshold` (nodes,) float32, `left` (nodes,) int32 (a leaf points to itself), `value` (nodes, K) float32 class
    probabilities, `root` and `depth` (trees,) int32.
    """

    def __init__(self, num_classes: int, **hyperparameters: Any) -> None:
        self.num_classes = num_classes
        self.hyperparameters = {**self.declared().defaults(), **hyperparameters}
        self._arrays: dict[str, Tensor] = {}
        self._levels: list[int] = []  # how many trees still have a split at each level

    @staticmethod
    def declared() -> Architecture:
        """Return the declaration of the architecture."""
        raise NotImplementedError

    @staticmethod
    def features(x: Tensor, card: ModelCard) -> Tensor:
        """Return features (N, F) float32, all finite, of prepared series x (N, T, C + 1); to fit and to predict.

        What comes out for a series must not depend on the series beside it: sums in `sum_type`, or element by element.
        """
        raise NotImplementedError

    @classmethod
    def from_state(cls, arrays: dict[str, np.ndarray]) -> Forest:
        """Return the forest of node arrays.

        Raises:
            ModelFileError: an array is missing or does not fit the others.
        """
        _check_state(arrays)
        forest = cls(arrays["value"].shape[1])
        forest._take_over(arrays)
        return forest

    def fit(self, features: np.ndarray, label: np.ndarray, seed: int, monitor: Monitor) -> None:
        """Grow the trees on `features` (N, F) float32 and `label` (N,) class indices.

        Raises:
            Canceled: the user stopped the job.
        """
        forest = self.make_trees(label, seed)
        trees = int(self.hyperparameters["trees"])
        for step in range(1, min(_FIT_STEPS, trees) + 1):
            monitor.check()
            forest.n_estimators = max(1, trees * step // min(_FIT_STEPS, trees))
            forest.fit(features, label)
            monitor.progress(forest.n_estimators / trees, f"{forest.n_estimators} of {trees} trees")
        self._take_over(_forest_state(forest, self.num_classes))

    def state(self) -> dict[str, np.ndarray]:
        """Return the node arrays, as the class docstring lists them."""
        return {name: array.cpu().numpy() for name, array in self._arrays.items()}

    def to(self, device: torch.device | str) -> Forest:
        """Move the node arrays to `device`."""
        self._arrays = {name: array.to(device) for name, array in self._arrays.items()}
        return self

    @torch.inference_mode()
    def predict_proba(self, features: Tensor) -> Tensor:
        """Return class probabilities (n, K) float32 of `features` (n, F) float32, on the device of both."""
        nodes = self._find_leaves(features)  # (trees, n)
        total = torch.zeros(len(features), self.num_classes, dtype=sum_type(features), device=features.device)
        for tree_nodes in nodes:  # a fixed order of summation, whatever the batch
            total += self._arrays["value"].index_select(0, tree_nodes)
        return (total / len(nodes)).float()

    def _take_over(self, arrays: dict[str, np.ndarray]) -> None:
        self._arrays = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}
        depth = arrays["depth"]
        self._levels = [int((depth > level).sum()) for level in range(int(depth.max()))]

    def _find_leaves(self, features: Tensor) -> Tensor:
        """Return the leaf each series ends in, (trees, n) int32: all trees go down one level at a time."""
        count = features.shape[0]
        values = features.t().contiguous().view(-1)  # (F * n,): feature f of series i at f * n + i
        start = self._arrays["feature"] * count
        series = torch.arange(count, dtype=torch.int32, device=features.device)
        nodes = self._arrays["root"][:, None].repeat(1, count)
        for splitting in self._levels:
            here = nodes[:splitting].view(-1)
            position = start.index_select(0, here).view(splitting, count).add_(series).view(-1)
            goes_right = values.index_select(0, position) > self._arrays["threshold"].index_select(0, here)
            torch.add(self._arrays["left"].index_select(0, here), goes_right, out=here)
        return nodes

    def make_trees(self, label: np.ndarray, seed: int) -> Any:
        """Return an ensemble of scikit-learn, not fitted, that adds trees in steps: the same trees as in one go."""
        from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415 (only where it is used)

        return RandomForestClassifier(**self.tree_settings(label, seed))

    def tree_settings(self, label: np.ndarray, seed: int) -> dict[str, Any]:
        """Return what all ensembles of scikit-learn are told; `label` (N,) for the weights of classes."""
        chosen = self.hyperparameters
        return {
            "n_estimators": 1,
            "max_features": None if chosen["max_features"] == "all" else chosen["max_features"],
            "min_samples_leaf": int(chosen["min_leaf"]),
            "max_depth": int(chosen["max_depth"]) or None,
            "class_weight": _balanced_weights(label) if chosen["balanced"] else None,
            "n_jobs": torch.get_num_threads(),
            "random_state": seed,
            "warm_start": True,
        }


def sum_type(x: Tensor) -> torch.dtype:
    """Return the type to sum in: float64, so that the order of the terms leaves no trace once rounded to float32."""
    return torch.float32 if x.device.type == "mps" else torch.float64  # Apple's GPUs have no float64


def _balanced_weights(label: np.ndarray) -> dict[int, float]:
    classes, counts = np.unique(label, return_counts=True)
    return {int(k): len(label) / (len(classes) * int(n)) for k, n in zip(classes, counts)}


def _forest_state(forest: Any, num_classes: int) -> dict[str, np.ndarray]:
    """Return the node arrays of a fitted scikit-learn forest, deepest tree first."""
    trees = sorted((estimator.tree_ for estimator in forest.estimators_), key=lambda tree: -tree.max_depth)
    parts = [_tree_state(tree, forest.classes_, num_classes) for tree in trees]
    root = np.cumsum([0, *(len(part["feature"]) for part in parts)])[:-1].astype(np.int32)
    for part, first in zip(parts, root):
        part["left"] += first
    arrays = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    arrays["root"] = root
    arrays["depth"] = np.array([tree.max_depth for tree in trees], np.int32)
    return arrays


def _check_state(arrays: dict[str, np.ndarray]) -> None:
    """A damaged file must not send the search out of the arrays."""
    missing = [name for name in _ARRAYS if name not in arrays]
    if missing:
        raise ModelFileError(f"The forest lacks the array '{missing[0]}': the model file is damaged, train anew.")
    nodes = len(arrays["feature"])
    lengths = {len(arrays[name]) for name in ("threshold", "left", "value")}
    inside = [int(arrays[name].min(initial=0)) >= 0 and int(arrays[name].max(initial=0)) < nodes
              for name in ("left", "root")]  # fmt: skip
    if lengths != {nodes} or not all(inside) or len(arrays["root"]) != len(arrays["depth"]):
        raise ModelFileError("The node arrays of the forest do not fit each other: train anew.")


def _tree_state(tree: Any, classes: np.ndarray, num_classes: int) -> dict[str, np.ndarray]:
    """Return the arrays of one tree, its nodes numbered breadth first from 0."""
    order = _breadth_first(tree.children_left, tree.children_right)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    is_leaf = tree.children_left[order] < 0
    left = np.where(is_leaf, np.arange(len(order)), rank[tree.children_left[order]])
    value = np.zeros((len(order), num_classes), np.float32)
    shares = tree.value[order, 0]  # counts in old versions of scikit-learn, shares in new ones
    value[:, classes] = shares / shares.sum(axis=1, keepdims=True)
    return {
        "feature": np.where(is_leaf, 0, tree.feature[order]).astype(np.int32),
        "threshold": np.where(is_leaf, np.float32(np.inf), _round_down(tree.threshold[order])),
        "left": left.astype(np.int32),
        "value": value,
    }


def _breadth_first(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the node numbers level by level, the two children of a node side by side."""
    level = np.zeros(1, np.int64)
    levels = []
    while level.size:
        levels.append(level)
        parents = level[left[level] >= 0]
        level = np.stack([left[parents], right[parents]], axis=1).ravel().astype(np.int64)
    return np.concatenate(levels)


def _round_down(threshold: np.ndarray) -> np.ndarray:
    """Return the largest float32 not above each float64 threshold: x <= threshold keeps its answer for float32 x."""
    rounded = threshold.astype(np.float32)
    return np.where(rounded > threshold, np.nextafter(rounded, np.float32(-np.inf)), rounded)
