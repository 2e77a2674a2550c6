# SPDX-License-Identifier: GPL-2.0-or-later
"""GRU: a recurrent network that reads the season forwards and backwards."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...core.catalog import Architecture, Hyperparameter, Preset
from ..series import last_valid, next_valid
from . import described

_TIME_CHANNELS = 3  # see time_channels
_GAP_DAYS = 30.0  # a gap of one month counts as 1
_YEAR_DAYS = 365.0
_HOLD = 1e4  # far beyond what a gate can be driven to: its sigmoid is exactly 1


class GRU(nn.Module):
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
    ) -> None:
        """Build the network; `seq_len` is not needed, since dates are read by their gaps."""
        super().__init__()
        outputs = width * (2 if both_directions else 1)
        inputs = [in_channels + _TIME_CHANNELS + 1] + [outputs + 1] * (layers - 1)
        self.recurrent = nn.ModuleList(
            nn.GRU(count, width, batch_first=True, bidirectional=both_directions) for count in inputs
        )
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(outputs, num_classes)
        self._hold_at_invalid()

    def forward(self, x: Tensor, days: Tensor, valid: Tensor) -> Tensor:
        """Return logits (N, K) of x (N, T, C) from the last state of each direction."""
        if self.training:
            self._hold_at_invalid()
        invalid = (~valid).unsqueeze(2).to(x.dtype)  # (N, T, 1): the last input of every layer
        x = torch.where(valid.unsqueeze(2), x, 0.0)
        states = torch.cat([x, time_channels(days, valid).to(x.dtype)], dim=2)
        for layer in self.recurrent:
            states, last = layer(torch.cat([states, invalid], dim=2))  # last: (directions, N, width)
            states = self.dropout(states)
        return self.classify(self.dropout(last.transpose(0, 1).flatten(1)))

    @torch.no_grad()
    def _hold_at_invalid(self) -> None:
        """Let the input "invalid" close the update gate: h' = (1 - z) n + z h with z = 1 carries the state over.

        So torch's own, fast GRU reads masks. No gradient ever reaches these weights; they are set anew before every
        training step because weight decay would pull at them.
        """
        for name, weight in self.recurrent.named_parameters():
            if "weight_ih" in name:
                reset, update, new = weight[:, -1].chunk(3)
                update.fill_(_HOLD)
                reset.zero_()
                new.zero_()


def time_channels(days: Tensor, valid: Tensor) -> Tensor:
    """Return (N, T, 3): days since the last valid date, days to the next one, and the day; 0 at invalid dates.

    The first valid date has no date before it, the last none after: their gap is 0.
    """
    days = days.expand(valid.shape)  # (N, T)
    none = torch.full_like(valid[:, :1], -1, dtype=torch.int64)
    before = torch.cat([none, last_valid(valid)[:, :-1]], dim=1)
    after = torch.cat([next_valid(valid)[:, 1:], none + valid.shape[1] + 1], dim=1)
    index = torch.arange(valid.shape[1], device=valid.device).expand(valid.shape)
    before = torch.where(before < 0, index, before)
    after = torch.where(after >= valid.shape[1], index, after)
    gaps = torch.stack([days - days.gather(1, before), days.gather(1, after) - days], dim=2) / _GAP_DAYS
    channels = torch.cat([gaps, (days / _YEAR_DAYS).unsqueeze(2)], dim=2)
    return torch.where(valid.unsqueeze(2), channels, 0.0)


ARCHITECTURE = Architecture(
    id="gru",
    **described(GRU),
    kind="network",
    doi="10.3115/v1/D14-1179",
    gives_attention=False,
    reads_gaps=True,
    hyperparameters=(
        Hyperparameter("width", "Width", "int", 160, "Size of the memory, in each direction.", 4, 1024),
        Hyperparameter("layers", "Layers", "int", 3, "Recurrent layers, one above the other.", 1, 6),
        Hyperparameter("both_directions", "Both directions", "bool", True, "Also read from the season's end."),
        Hyperparameter("dropout", "Dropout", "float", 0.5, "Share of features hidden after each layer.", 0.0, 0.9),
    ),
    presets=(
        Preset("paper", "Pelletier et al. 2019", {},
               {"optimizer": "adam", "learning_rate": 1e-3, "batch_size": 64, "epochs": 20, "patience": 0}),
    ),
    deviations="The days between valid dates and the day of the season are inputs; at invalid dates the memory is "
    "carried over. The preset is that of the comparison in the TempCNN paper (10.3390/rs11050523).",
)  # fmt: skip

MODEL = GRU
