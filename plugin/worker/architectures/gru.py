# SPDX-License-Identifier: GPL-2.0-or-later
"""GRU: a recurrent network that reads the season forwards and backwards."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...core.catalog import Architecture, Preset
from ..inference import QuickLinear
from ..recurrent import RecurrentNetwork, RecurrentShape, recurrent_hyperparameters
from . import described

_HOLD = 1e4  # far beyond what a gate can be driven to: its sigmoid is exactly 1


class GRU(RecurrentNetwork):
    """GRU (recurrent).

    Reads the series date by date and keeps a memory; the length of each gap is an input, and a clouded date leaves the
    memory as it was. Reading from both ends uses what comes before and after.
    """

    def __init__(
        self,
        in_channels: int,
        seq_len: int,
        num_classes: int,
        *,
        width: int = 160,
        layers: int = 3,
        both_directions: bool = True,
        dropout: float = 0.5,
        readout: str = "last",
    ) -> None:
        """Build the network; `seq_len` is not needed, since dates are read by their gaps."""
        shape = RecurrentShape(width, layers, both_directions, dropout, readout)
        super().__init__(in_channels, num_classes, shape, lambda inputs: _HoldingGRU(inputs, width, both_directions))


class _HoldingGRU(nn.GRU):
    """A layer of torch's own, fast GRU that reads masks: its last input tells that a date is invalid.

    That input closes the update gate: h' = (1 - z) n + z h with z = 1 carries the state over. No gradient ever reaches
    its weights; they are set anew before every training step because weight decay would pull at them.
    """

    def __init__(self, inputs: int, width: int, both_directions: bool) -> None:
        super().__init__(inputs + 1, width, batch_first=True, bidirectional=both_directions)
        self._hold_at_invalid()

    def forward(self, states: Tensor, valid: Tensor) -> Tensor:
        """Return states (N, T, outputs) of (N, T, inputs)."""
        if self.training:
            self._hold_at_invalid()
        invalid = (~valid).unsqueeze(2).to(states.dtype)
        return super().forward(torch.cat([states, invalid], dim=2))[0]

    @torch.no_grad()
    def _hold_at_invalid(self) -> None:
        for name, weight in self.named_parameters():
            if "weight_ih" in name:
                reset, update, new = weight[:, -1].chunk(3)
                update.fill_(_HOLD)
                reset.zero_()
                new.zero_()

    def fused(self) -> QuickGRU:
        """Return the same function in eval mode, faster."""
        return QuickGRU(self)


class QuickGRU(nn.Module):
    """The layer for inference: one product for the inputs of all dates, a thin one for the state at each date."""

    def __init__(self, layer: _HoldingGRU) -> None:
        super().__init__()
        weights = [[weight.detach() for weight in direction] for direction in layer.all_weights]
        self.from_input = nn.ModuleList(QuickLinear(given, bias) for given, _, bias, _ in weights)
        self.from_state = nn.ModuleList(QuickLinear(own, bias) for _, own, _, bias in weights)

    def forward(self, states: Tensor, valid: Tensor) -> Tensor:
        """Return states (N, T, outputs) of (N, T, inputs)."""
        invalid = (~valid).unsqueeze(2).to(states.dtype)
        dates = torch.cat([states, invalid], dim=2).transpose(0, 1).contiguous()  # (T, N, inputs + 1)
        return torch.cat([self._read(dates, direction) for direction in range(len(self.from_state))], dim=2)

    def _read(self, dates: Tensor, direction: int) -> Tensor:
        """Return the states (N, T, width) of one direction: 0 from the first date on, 1 from the last."""
        steps = self.from_input[direction](dates).unbind(0)
        width = steps[0].shape[1] // 3
        state, states = torch.zeros_like(steps[0][:, :width]), []
        for given in reversed(steps) if direction else steps:
            own = self.from_state[direction](state)
            gates = given[:, : 2 * width] + own[:, : 2 * width]
            reset, update = gates.sigmoid().chunk(2, dim=1)
            new = torch.addcmul(given[:, 2 * width :], reset, own[:, 2 * width :]).tanh()
            state = torch.lerp(new, state, update)
            states.append(state)
        return torch.stack(states[::-1] if direction else states, dim=1)


ARCHITECTURE = Architecture(
    id="gru",
    **described(GRU),
    kind="network",
    family="recurrent",
    doi="10.3115/v1/D14-1179",
    gives_attention=False,
    reads_gaps=True,
    hyperparameters=recurrent_hyperparameters(width=160, layers=3, both_directions=True, dropout=0.5),
    presets=(
        Preset("light", "One layer of 64, for small sample sets", {"width": 64, "layers": 1, "dropout": 0.2},
               {"optimizer": "adam", "learning_rate": 3e-3, "batch_size": 32, "epochs": 100, "patience": 20,
                "gradient_clip": 1.0}),
        Preset("paper", "Pelletier et al. 2019 (20 epochs, meant for half a million samples)", {},
               {"optimizer": "adam", "learning_rate": 1e-3, "batch_size": 64, "epochs": 20, "patience": 0}),
    ),
    deviations="The days between valid dates and the day of the season are inputs; at invalid dates the memory is "
    "carried over. The preset 'paper' is that of the comparison in the TempCNN paper (10.3390/rs11050523).",
)  # fmt: skip

MODEL = GRU
