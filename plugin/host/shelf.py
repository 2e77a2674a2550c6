# SPDX-License-Identifier: GPL-2.0-or-later
"""The models that a project knows, with their cards; kept in the project as a list of paths."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.card import ModelCard, read_card
from ..core.errors import InputError, ModelFileError, OutputError
from .project import SCOPE

_ENTRY = "models"
SUFFIX = ".safetensors"


@dataclass(frozen=True)
class ShelfModel:
    """A model file; `card` None where it cannot be read, `problem` then says why."""

    path: Path
    card: Optional[ModelCard]
    problem: str = ""

    @property
    def name(self) -> str:
        """The file's name without its suffix."""
        return self.path.stem

    @property
    def companions(self) -> list[Path]:
        """What belongs to the model beside it: its report and the folder of its training."""
        report, folder = self.path.with_suffix(".html"), self.path.with_name(self.path.name + ".job")
        return [path for path in (report, folder) if path.exists()]


class ModelShelf(QObject):
    """The models of the open project, newest first."""

    changed = pyqtSignal()

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._cards: dict[tuple[str, int], ShelfModel] = {}  # by path and time of change
        QgsProject.instance().readProject.connect(self._reread)
        QgsProject.instance().cleared.connect(self._reread)

    def models(self) -> list[ShelfModel]:
        """Return every known model."""
        found = [self._read(path) for path in self._paths()]
        return sorted(found, key=lambda model: model.card.created if model.card else "", reverse=True)

    def add(self, path: Path) -> ShelfModel:
        """Put a model file onto the shelf and return it.

        Raises:
            ModelFileError: the file is none.
        """
        read_card(path)
        paths = self._paths()
        if path not in paths:
            self._write([*paths, path])
        self.changed.emit()
        return self._read(path)

    def forget(self, path: Path) -> None:
        """Take a model off the shelf; its file stays."""
        self._write([known for known in self._paths() if known != path])
        self.changed.emit()

    def delete(self, path: Path) -> None:
        """Delete the model file, its report and its training folder.

        Raises:
            OutputError: a file cannot be deleted.
        """
        try:
            for companion in self._read(path).companions:
                if companion.is_dir():
                    shutil.rmtree(companion)
                else:
                    companion.unlink()
            path.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"{error.filename} cannot be deleted ({error.strerror}): close what uses it.") from error
        self.forget(path)

    def rename(self, path: Path, name: str) -> Path:
        """Give the model file and what belongs to it another name; return the new path.

        Raises:
            InputError: the name is empty, no file name, or taken.
            OutputError: the file cannot be renamed.
        """
        plain = name.strip()
        if not plain or Path(plain).name != plain:
            raise InputError(f"'{name}' is no name of a file: give a name without folders.")
        target = path.with_name(plain + SUFFIX)
        if target == path:
            return path
        if target.exists():
            raise InputError(f"There is a model {target} already: choose another name.")
        moves = [(path, target), *((old, _renamed(old, path, target)) for old in self._read(path).companions)]
        try:
            for old, new in moves:
                old.rename(new)
        except OSError as error:
            raise OutputError(f"{path} cannot be renamed ({error.strerror}): check the folder's rights.") from error
        self._write([target if known == path else known for known in self._paths()])
        self.changed.emit()
        return target

    def export(self, path: Path, target: Path) -> None:
        """Copy the model file; its card goes with it.

        Raises:
            OutputError: the copy cannot be written.
        """
        try:
            shutil.copyfile(path, target)
        except OSError as error:
            raise OutputError(f"{target} cannot be written ({error.strerror}): choose another place.") from error

    def close(self) -> None:
        """Let go of the project."""
        QgsProject.instance().readProject.disconnect(self._reread)
        QgsProject.instance().cleared.disconnect(self._reread)

    def _read(self, path: Path) -> ShelfModel:
        try:
            key = (str(path), path.stat().st_mtime_ns)
        except OSError:
            return ShelfModel(path, None, f"The model {path} is not there any more.")
        if key not in self._cards:
            try:
                self._cards[key] = ShelfModel(path, read_card(path))
            except ModelFileError as error:
                self._cards[key] = ShelfModel(path, None, str(error))
        return self._cards[key]

    def _paths(self) -> list[Path]:
        project = QgsProject.instance()
        stored, _ = project.readListEntry(SCOPE, _ENTRY, [])
        return [Path(project.readPath(text)) for text in stored]

    def _write(self, paths: list[Path]) -> None:
        project = QgsProject.instance()
        project.writeEntry(SCOPE, _ENTRY, [project.writePath(str(path)) for path in paths])

    def _reread(self, *_: object) -> None:
        self.changed.emit()


def _renamed(companion: Path, old: Path, new: Path) -> Path:
    return companion.with_name(new.name + ".job" if companion.name == old.name + ".job" else new.stem + ".html")
