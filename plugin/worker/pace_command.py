# SPDX-License-Identifier: GPL-2.0-or-later
"""The command "pace": how many pixels a trained model maps in a second on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..core.monitor import Event
from .compute import lanes, pixels_per_second, settle, start_compute
from .device import describe_device, make_repeatable
from .predictor import Predictor

if TYPE_CHECKING:
    from .session import Session


def pace(session: Session, message: Event) -> Event:
    """Answer ``pace``: done{pixels_per_second, device}, measured at the batch size that a map would choose.

    Of the request: `model`, `days`, `scale`, `offset` and `dtype` of the stored values, `device`. Reading and writing
    of rasters are not part of it.

    Raises:
        ModelFileError: the model file cannot be used.
        InputError: this machine has no such device.
        Canceled: the user stopped the job.
    """
    make_repeatable()
    compute = start_compute(message.get("device", "auto"), {}, session.monitor)
    scale, offset = np.asarray(message["scale"], np.float32), np.asarray(message["offset"], np.float32)
    predictor = Predictor(Path(message["model"]), message["days"], scale, offset, compute.device)
    dtype = str(message["dtype"])
    with lanes(compute.threads, compute.device) as lanes_:
        settle(compute, predictor, dtype, lanes_, session.monitor)
        pixels = pixels_per_second(predictor, dtype, compute.threads, lanes_)
    device = f"{describe_device(predictor.device)}, {compute.threads} threads"
    return {"event": "done", "pixels_per_second": pixels, "device": device}
