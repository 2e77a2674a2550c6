# SPDX-License-Identifier: GPL-2.0-or-later
"""What a training keeps on disk so that it can be killed at any moment and go on to the same model, bit for bit."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from torch import Tensor, nn

from ..core.checkpoint import STATE_KEY, refit_path
from ..core.errors import OutputError
from .averaging import RunningMean
from .device import kernels_on
from .optimisation import Schedule
from .progress import Progress

_MOST_SHARE = 0.05  # of the training's time that saving may take


@dataclass
class TrainingState:
    """Everything that changes while a network learns."""

    network: nn.Module
    optimizer: torch.optim.Optimizer
    schedule: Schedule
    generator: torch.Generator
    device: torch.device
    progress: Progress
    mean: RunningMean


@dataclass
class Checkpoint:
    """A training's file of its last epoch; `identity` tells the training from any other."""

    path: Path
    identity: str
    _saved_at: float = field(default=0.0, repr=False)
    _cost_s: float = field(default=0.0, repr=False)

    def save(self, state: TrainingState) -> None:
        """Write the state after an epoch, whole or not at all; not so often that it would slow training down.

        Raises:
            OutputError: the file cannot be written.
        """
        started = time.perf_counter()
        if self._saved_at and self._cost_s > _MOST_SHARE * (started - self._saved_at):
            return
        partial = self.path.with_name(self.path.name + ".part")
        told = {"identity": self.identity, "kernels": kernels_on(state.device), **_told(state)}
        try:
            partial.write_bytes(save(_arrays(state), metadata={STATE_KEY: json.dumps(told)}))
            os.replace(partial, self.path)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise OutputError(
                f"The checkpoint {self.path} cannot be written ({error.strerror}): free space or choose another folder."
            ) from error
        self._saved_at = time.perf_counter()
        self._cost_s = self._saved_at - started

    def restore(self, state: TrainingState) -> Optional[str]:
        """Bring `state` to where the same training was stopped; return what it then ran on, None where there is none.

        A file of another training, or a damaged one, counts as none.
        """
        try:
            with safe_open(self.path, "numpy") as file:
                told = json.loads((file.metadata() or {}).get(STATE_KEY, "{}"))
                if told.get("identity") != self.identity:
                    return None
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
        except (OSError, SafetensorError, ValueError):
            return None
        _restore(state, told, {name: torch.from_numpy(array) for name, array in arrays.items()})
        return str(told["kernels"])

    def of_refit(self) -> Checkpoint:
        """Return the checkpoint of the refit that follows this training."""
        return Checkpoint(refit_path(self.path), self.identity)

    def clear(self) -> None:
        """Forget the training and its refit: the model is written."""
        self.path.unlink(missing_ok=True)
        refit_path(self.path).unlink(missing_ok=True)


def _told(state: TrainingState) -> dict[str, Any]:
    progress = state.progress
    return {
        "epoch": len(progress.history),
        "epochs": progress.history[-1]["epochs"],
        "history": progress.history,
        "best_epoch": progress.best_epoch,
        "best_loss": progress.best_loss,
        "patience_epoch": progress.patience_epoch,
        "patience_loss": progress.patience_loss,
        "schedule": state.schedule.state(),
        "averaged_steps": state.mean.steps,
    }


def _arrays(state: TrainingState) -> dict[str, np.ndarray]:
    tensors: dict[str, Tensor] = {
        "generator": state.generator.get_state(),
        "random": torch.get_rng_state(),
        **_device_random(state.device),
        **({} if state.progress.best_losses is None else {"best_losses": state.progress.best_losses}),
        **{f"network/{name}": tensor for name, tensor in state.network.state_dict().items()},
        **{f"mean/{name}": tensor for name, tensor in state.mean.weights.items()},
        **{f"best/{name}": tensor for name, tensor in state.progress.best_weights.items()},
    }
    for number, values in state.optimizer.state_dict()["state"].items():
        for name, value in values.items():
            if isinstance(value, Tensor):  # momentum that is not used is None
                tensors[f"optimizer/{number}/{name}"] = value
    return {name: np.ascontiguousarray(tensor.detach().cpu().numpy()).reshape(tensor.shape)
            for name, tensor in tensors.items()}  # fmt: skip


def _device_random(device: torch.device) -> dict[str, Tensor]:
    if device.type == "cuda":
        return {"device_random": torch.cuda.get_rng_state(device)}
    return {"device_random": torch.mps.get_rng_state()} if device.type == "mps" else {}


def _restore(state: TrainingState, told: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
    state.network.load_state_dict(_under("network/", tensors))
    progress = state.progress
    progress.best_weights = {name: tensor.to(state.device) for name, tensor in _under("best/", tensors).items()}
    progress.best_losses = tensors["best_losses"].to(state.device) if "best_losses" in tensors else None
    for name in ("history", "best_epoch", "best_loss", "patience_epoch", "patience_loss"):
        setattr(progress, name, told[name])
    state.mean.steps = told["averaged_steps"]
    state.mean.weights = {name: tensor.to(state.device) for name, tensor in _under("mean/", tensors).items()}
    moments: dict[int, dict[str, Tensor]] = {}
    for key, tensor in _under("optimizer/", tensors).items():
        number, _, name = key.partition("/")
        moments.setdefault(int(number), {})[name] = tensor
    groups = state.optimizer.state_dict()["param_groups"]
    state.optimizer.load_state_dict({"state": moments, "param_groups": groups})
    state.schedule.restore(told["schedule"])
    state.generator.set_state(tensors["generator"])
    torch.set_rng_state(tensors["random"])
    if "device_random" in tensors and state.device.type == "cuda":
        torch.cuda.set_rng_state(tensors["device_random"], state.device)
    if "device_random" in tensors and state.device.type == "mps":
        torch.mps.set_rng_state(tensors["device_random"])


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name[len(prefix) :]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}
