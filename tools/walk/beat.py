# SPDX-License-Identifier: GPL-2.0-or-later
"""How late QGIS's event loop turns: a 10 ms timer in the GUI thread, and what Python did where it was late."""

from __future__ import annotations

import sys
import threading
import time
import traceback

from qgis.PyQt.QtCore import Qt, QTimer

_BEAT_S = 0.010
_LATE_S = 0.080
_LOOK_S = 0.02


class Beat:
    """Beats while it is on; `late_ms` holds how much later than due each beat came."""

    def __init__(self) -> None:
        self.late_ms: list[float] = []
        self.stacks: list[str] = []
        self._last = 0.0
        self._is_on = False
        self._gui = threading.get_ident()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(round(1000 * _BEAT_S))
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Begin anew."""
        self.late_ms, self.stacks = [], []
        self._last, self._is_on = time.perf_counter(), True
        self._timer.start()
        threading.Thread(target=self._watch, daemon=True).start()

    def stop(self) -> dict[str, float]:
        """End; return count, largest and 99th percentile in ms."""
        self._timer.stop()
        self._is_on = False
        ordered = sorted(self.late_ms) or [0.0]
        return {
            "beats": len(self.late_ms),
            "largest_ms": round(ordered[-1], 1),
            "p99_ms": round(ordered[int(0.99 * (len(ordered) - 1))], 1),
            "above_100_ms": sum(late > 100 for late in ordered),
        }

    def _beat(self) -> None:
        now = time.perf_counter()
        self.late_ms.append(max(0.0, 1000 * (now - self._last - _BEAT_S)))
        self._last = now

    def _watch(self) -> None:
        """Note where the GUI thread is each time it is late; once per stall."""
        noted = 0.0
        while self._is_on:
            time.sleep(_LOOK_S)
            last = self._last
            if time.perf_counter() - last > _LATE_S and last != noted:
                noted = last
                frame = sys._current_frames().get(self._gui)
                lines = traceback.extract_stack(frame)[:-7:-1] if frame is not None else []
                places = (f"{line.name}:{line.filename[-40:]}:{line.lineno}" for line in lines)
                self.stacks.append(" < ".join(places) or "outside Python")
