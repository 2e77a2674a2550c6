# SPDX-License-Identifier: GPL-2.0-or-later
"""A network as OpenVINO computes it: an option, where that package is installed, for maps on the processor."""

from __future__ import annotations

import importlib.util
import sys
import threading
import warnings
from typing import Any

import torch
from torch import Tensor, nn

from .device import cores


def openvino_version() -> str:
    """Return the version of OpenVINO in this Python, "" where there is none."""
    return str(_openvino().__version__) if importlib.util.find_spec("openvino") else ""


class OpenVinoForm:
    """Called as the network it is made of: logits (N, K) of x (N, T, C), days (T,) and valid (N, T), on the CPU.

    It is compiled anew when the number of series changes, with the days as constants, so that what hangs on them is
    computed once, in float32. Every thread has a request of its own, which computes on one core.
    """

    def __init__(self, network: nn.Module, dtype: torch.dtype) -> None:
        """Take a network in eval mode; `dtype` is the number type of all its layers: float32 or bfloat16."""
        self._network = network.fused() if hasattr(network, "fused") else network
        self._precision = "bf16" if dtype == torch.bfloat16 else "f32"
        self._series = 0  # that the model is compiled for
        self._model: Any = None
        self._requests: dict[int, Any] = {}  # by thread
        self._changing = threading.Lock()

    def __call__(self, x: Tensor, days: Tensor, valid: Tensor) -> Tensor:
        """Return logits (N, K) float32.

        Raises:
            RuntimeError: this version of OpenVINO cannot compute the network.
        """
        request = self._request(x, days)
        request.infer([x.contiguous().numpy(), valid.contiguous().numpy()], share_inputs=True)
        return torch.from_numpy(request.get_output_tensor().data.copy())

    def _request(self, x: Tensor, days: Tensor) -> Any:
        """Return this thread's request for as many series as x has."""
        thread = threading.get_ident()
        with self._changing:
            if len(x) != self._series:
                self._model, self._requests = None, {}  # their memory first
                self._model, self._series = self._compiled(x.shape, days), len(x)
            if thread not in self._requests:
                self._requests[thread] = self._model.create_infer_request()
            return self._requests[thread]

    @torch.inference_mode(False)
    @torch.no_grad()
    def _compiled(self, shape: torch.Size, days: Tensor) -> Any:
        openvino = _openvino()
        example = torch.zeros(shape), torch.ones(shape[:2], dtype=torch.bool)
        inputs, network = [list(part.shape) for part in example], _OnDays(self._network, days.clone())
        threads = cores()
        settings = {
            "INFERENCE_PRECISION_HINT": self._precision,
            "NUM_STREAMS": threads,  # a core for each: how many there are changes no bit
            "INFERENCE_NUM_THREADS": threads,
            "ENABLE_CPU_PINNING": False,
        }
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # traced sizes become constants, as they shall
                model = openvino.convert_model(network, input=inputs, example_input=example)
            return openvino.Core().compile_model(model, "CPU", settings)
        except (openvino.frontend.OpConversionFailure, openvino.frontend.GeneralFailure) as error:
            raise RuntimeError(str(error)) from error


class _OnDays(nn.Module):
    """A network whose days are constants."""

    def __init__(self, network: nn.Module, days: Tensor) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("days", days)

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        return self.network(x, self.days, valid)


def _openvino() -> Any:
    """Import OpenVINO without its telemetry, which tells its maker of every import."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino  # noqa: PLC0415 (only where it is installed)
    import openvino.frontend  # noqa: PLC0415

    return openvino
