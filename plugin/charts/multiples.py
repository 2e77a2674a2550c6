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
    def columns(self) -> int:
        """Number of columns: 1 to 3."""
        return 1 if len(self.names) == 1 else 2 if len(self.names) <= 4 else 3

    @property
    def cell_width(self) -> float:
        """Width of a cell in inches."""
        return (_FIGURE_WIDTH - _LEFT - _RIGHT - _GAP * (self.columns - 1)) / self.columns

    @property
    def title_heights(self) -> list[float]:
        """Height in inches above the cells of each row, for class titles of up to three lines."""
        lines = [title_lines(name, self.cell_width) for name in self.names]
        rows = range(0, len(lines), self.columns)
        return [_TITLE + _LINE * max(lines[start : start + self.columns]) for start in rows]

    def figure(self, title: str) -> Figure:
        """Return the empty figure."""
        heights = self.title_heights
        return new_figure(_FIGURE_WIDTH, _TOP + sum(heights) + len(heights) * self.cell_height + self.foot, title)

    def cells(self, figure: Figure) -> Iterator[Cell]:
        """Yield the cells row by row."""
        bottom = figure.get_size_inches()[1] - _TOP
        heights = self.title_heights
        for index in range(len(self.names)):
            row, column = divmod(index, self.columns)
            if column == 0:
                bottom -= heights[row] + self.cell_height
            left = _LEFT + column * (self.cell_width + _GAP)
            is_last = index + self.columns >= len(self.names)
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
