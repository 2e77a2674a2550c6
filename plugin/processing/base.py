# SPDX-License-Identifier: GPL-2.0-or-later
"""What all algorithms share: they build a job from parameters, run it, and hand its outputs on; nothing more."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any, Optional

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterDefinition,
)
from qgis.PyQt.QtGui import QIcon

from ..core.errors import Canceled, ChronomapError
from ..core.jobs import Job
from ..core.process import PLUGIN_ROOT
from ..host.settings import interpreter
from ..host.text import tr
from ..run.check import problems
from ..run.dispatch import run_job
from .about import GROUPS, PROVIDER_ID, About
from .feedback import feedback_monitor

Parameters = dict[str, Any]
ICON = PLUGIN_ROOT / "resources" / "icons" / "provider.svg"


class Algorithm(QgsProcessingAlgorithm):
    """One kind of job as a Processing algorithm. Subclasses set `about`, declare parameters and build the job."""

    about: About

    def __init__(self) -> None:
        super().__init__()
        self._job: Optional[Job] = None

    # ---- for subclasses ----

    def declare(self) -> None:
        """Add parameters and outputs."""
        raise NotImplementedError

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the job that `parameters` describe.

        Raises:
            ChronomapError: a layer cannot be named as a dataset.
        """
        raise NotImplementedError

    def results(self, outputs: Mapping[str, Any], job: Job, context: QgsProcessingContext) -> dict[str, Any]:
        """Return the algorithm's outputs from those of the job; style and group what will be loaded."""
        names = (definition.name() for definition in self.outputDefinitions())
        return {name: outputs[name] for name in names if outputs.get(name) is not None}

    def add(self, parameter: QgsProcessingParameterDefinition, help_text: str, advanced: bool = False) -> None:
        """Add `parameter` with its help."""
        parameter.setHelp(help_text)
        if advanced:
            parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
        self.addParameter(parameter)

    # ---- for QGIS ----

    def initAlgorithm(self, configuration: Optional[dict[str, Any]] = None) -> None:  # noqa: N802
        """Declare parameters and outputs."""
        self.declare()

    def createInstance(self) -> Algorithm:  # noqa: N802
        """Return a new algorithm of the same kind."""
        return type(self)()

    def name(self) -> str:
        """Return the id, which never changes."""
        return self.about.id

    def displayName(self) -> str:  # noqa: N802
        """Return the title."""
        return tr(self.about.title)

    def groupId(self) -> str:  # noqa: N802
        """Return the id of the toolbox group."""
        return self.about.group

    def group(self) -> str:
        """Return the title of the toolbox group."""
        return tr(GROUPS[self.about.group])

    def tags(self) -> list[str]:
        """Return words the toolbox finds the algorithm by."""
        return [PROVIDER_ID, "time series", "satellite", "deep learning", *self.about.tags]

    def icon(self) -> QIcon:
        """Return the provider's icon."""
        return QIcon(str(ICON))

    def svgIconPath(self) -> str:  # noqa: N802
        """Return where the provider's icon is."""
        return str(ICON)

    def shortHelpString(self) -> str:  # noqa: N802
        """Return what the algorithm does and what each parameter means."""
        advanced = QgsProcessingParameterDefinition.Flag.FlagAdvanced
        shown = [p for p in self.parameterDefinitions() if not p.flags() & advanced]
        lines = [tr(self.about.help), *(f"{p.description()}: {p.help()}" for p in shown)]
        return html.escape("\n".join(lines), quote=False)

    def checkParameterValues(  # noqa: N802
        self, parameters: Parameters, context: QgsProcessingContext
    ) -> tuple[bool, str]:
        """Return whether the job can run, and else why not, in sentences."""
        is_complete, message = super().checkParameterValues(parameters, context)
        if not is_complete:
            return False, message
        try:
            found = problems(self.build_job(parameters, _scratch(context)))
        except ChronomapError as error:
            found = [str(error)]
        return not found, "\n".join(found)

    def prepareAlgorithm(  # noqa: N802
        self, parameters: Parameters, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        """Build the job in the main thread, where layers may be read."""
        try:
            self._job = self.build_job(parameters, context)
        except ChronomapError as error:
            raise QgsProcessingException(str(error)) from error
        return True

    def processAlgorithm(  # noqa: N802
        self, parameters: Parameters, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Run the job and return the outputs."""
        if self._job is None:
            raise QgsProcessingException(tr("The algorithm was run without being prepared."))
        try:
            outputs = run_job(self._job, feedback_monitor(feedback), interpreter())
            return self.results(outputs, self._job, context)
        except Canceled:
            feedback.pushInfo(tr("Canceled."))
            return {}
        except ChronomapError as error:
            raise QgsProcessingException(str(error)) from error


def _scratch(context: QgsProcessingContext) -> QgsProcessingContext:
    """Return a context to check parameters in: naming an output in `context` would make QGIS load it afterwards."""
    scratch = QgsProcessingContext()
    scratch.setProject(context.project())
    scratch.setTransformContext(context.transformContext())
    return scratch
