# SPDX-License-Identifier: GPL-2.0-or-later
"""Small multiples: one cell per class, all of one size, axes at the left and below only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..core.theme import INK
from .style import SMALL, axes_at, new_figure, title_lines

_LEFT, _RIGHT, _TOP, _TITLE = 0.72, 0.2, 0.36, 0.22  # inches: axis labels, edge, figure title, above a class title
_LINE = 0.15  # height of a line of a class title
_GAP = 0.3  # between columns
_FIGURE_WIDTH = 9.0


@dataclass(frozen=True)
class Cell:
    """The place of one class, in inches from the figure's lower left corner, without its title."""

    left: float
    bottom: float
    width: float
    height: float
    is_first: bool  # in its row: shows the labels of the y axis
    is_last: bool  # in its column: shows the labels of the time axis

    @property
    def most_ticks(self) -> int:
        """How many month labels fit side by side."""
        return max(3, int(self.width / 0.42))

    def axes(self, figure: Figure, start: float = 0.0, end: float = 1.0) -> Axes:
        """Add axes over the cell's height from share `start` to `end`."""
        bottom, height = self.bottom + start * self.height, (end - start) * self.height
        return axes_at(figure, self.left, bottom, self.width, height)


@dataclass(frozen=True)
class Multiples:
    """A layout of one cell of `cell_height` inches per name, with `foot` inches below for labels and legend."""

    names: tuple[str, ...]
    cell_height: float
    foot: float

    @property
    def count(self) -> int:
        """Number of cells."""
        return len(self.names)

    @property
    def columns(self) -> int:
        """Number of columns: 1 to 3."""
        return 1 if self.count == 1 else 2 if self.count <= 4 else 3

    @property
    def cell_width(self) -> float:
        """Width of a cell in inches."""
        return (_FIGURE_WIDTH - _LEFT - _RIGHT - _GAP * (self.columns - 1)) / self.columns

    @property
    def pitch(self) -> float:
        """Height of a row in inches: the cell and its title, which may take up to TITLE_LINES lines."""
        lines = max(title_lines(name, self.cell_width) for name in self.names)
        return self.cell_height + _TITLE + _LINE * lines

    def figure(self, title: str) -> Figure:
        """Return the empty figure."""
        rows = -(-self.count // self.columns)
        return new_figure(_FIGURE_WIDTH, _TOP + rows * self.pitch + self.foot, title)

    def cells(self, figure: Figure) -> Iterator[Cell]:
        """Yield the cells row by row."""
        height, pitch = figure.get_size_inches()[1], self.pitch
        for index in range(self.count):
            row, column = divmod(index, self.columns)
            bottom = height - _TOP - (row + 1) * pitch
            left = _LEFT + column * (self.cell_width + _GAP)
            is_last = index + self.columns >= self.count
            yield Cell(left, bottom, self.cell_width, self.cell_height, column == 0, is_last)

    def legend(self, figure: Figure, handles: list) -> None:
        """Draw the legend in the foot, in as many columns as there are handles (at most 5)."""
        axes = axes_at(figure, 0.1, 0.05, _FIGURE_WIDTH - 0.2, 0.35)
        axes.set_axis_off()
        axes.legend(
            handles=handles,
            loc="center",
            ncol=min(len(handles), 5),
            frameon=False,
            fontsize=SMALL,
            labelcolor=INK,
            handlelength=1.6,
            columnspacing=1.6,
        )
