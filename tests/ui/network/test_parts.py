# SPDX-License-Identifier: GPL-2.0-or-later
"""Fields, forms and diagrams made from declarations."""

from __future__ import annotations

import pytest
from chronomap.plugin.core.catalog import Hyperparameter, load_catalog
from qgis.PyQt.QtCore import QPoint, QPointF, Qt
from qgis.PyQt.QtGui import QColor, QImage, QPalette, QValidator, QWheelEvent
from qgis.PyQt.QtWidgets import QApplication

CATALOG = load_catalog()
RATE = Hyperparameter("rate", "Rate", "float", 1e-3, "Step.", 1e-6, 1.0)
SHARE = Hyperparameter("share", "Share", "float", 0.2, "Hidden.", 0.0, 0.9)
PERIOD = Hyperparameter("period", "Period", "float", 1000.0, "Wave.", 10.0, 100000.0, unit="days")


@pytest.fixture
def made_field(qgis_app):
    from chronomap.ui.network.fields import Field  # noqa: PLC0415 (QGIS runs by now)

    fields = []

    def make(setting):
        fields.append(Field(setting))
        return fields[-1]

    yield make
    for field in fields:
        field.widget.deleteLater()


def drawn(stages, dark=False):
    """Return the picture of a diagram 640 pixels wide."""
    from chronomap.ui.network.diagram import Diagram  # noqa: PLC0415

    diagram = Diagram()
    palette = QPalette(diagram.palette())
    ground, text = ("#202020", "#eeeeee") if dark else ("#ffffff", "#111111")
    for role in (QPalette.ColorRole.Base, QPalette.ColorRole.Window):
        palette.setColor(role, QColor(ground))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText):
        palette.setColor(role, QColor(text))
    diagram.setPalette(palette)
    diagram.show_stages(stages)
    diagram.resize(640, diagram.sizeHint().height())
    image = diagram.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    diagram.deleteLater()
    return image


def stages_of(architecture, **changed):
    from chronomap.ui.network.stages import stages  # noqa: PLC0415

    entry = CATALOG[architecture]
    return stages(entry, {**entry.defaults(), **changed})


@pytest.mark.parametrize(("text", "value"), [("1e-6", 1e-6), ("0.25", 0.25), ("3E-4", 3e-4)])
def test_numbers_may_be_typed_in_any_way(made_field, text, value):
    field = made_field(RATE)
    field.show_value(0.5)
    heard = []
    field.edited.connect(heard.append)
    field.widget.lineEdit().setText(text)
    field.widget.interpretText()
    assert field.widget.value() == pytest.approx(value)
    assert heard == [pytest.approx(value)]


def test_small_numbers_are_shown_in_full(made_field):
    field = made_field(RATE)
    field.show_value(5.3e-6)
    assert field.widget.lineEdit().text() == "5.3e-06"


def test_numbers_beyond_the_range_are_not_taken(made_field):
    field = made_field(SHARE)
    field.show_value(0.9)
    states = [field.widget.validate(text, len(text))[0] for text in ("0.9", "0.95", "much")]
    assert states == [QValidator.State.Acceptable, QValidator.State.Intermediate, QValidator.State.Invalid]


@pytest.mark.parametrize(
    ("setting", "start", "steps", "end"),
    [
        (RATE, 1e-3, 1, 2e-3),
        (RATE, 1e-3, -1, 9e-4),
        (SHARE, 0.2, 1, 0.25),
        (SHARE, 0.0, 1, 0.05),
        (PERIOD, 1000, 1, 2000),
    ],
)
def test_steps_suit_the_size_of_the_number(made_field, setting, start, steps, end):
    field = made_field(setting)
    field.show_value(start)
    field.widget.stepBy(steps)
    assert field.widget.value() == pytest.approx(end)


def test_a_unit_is_shown_and_not_read(made_field):
    field = made_field(PERIOD)
    field.show_value(500.0)
    assert field.widget.text() == "500 days"
    assert field.widget.valueFromText("750 days") == 750.0


def test_showing_a_value_is_no_edit(made_field):
    field = made_field(PERIOD)
    heard = []
    field.edited.connect(heard.append)
    field.show_value(20.0)
    assert heard == []


def test_the_wheel_scrolls_the_page_and_changes_no_setting(made_field):
    field = made_field(RATE)
    field.show_value(0.5)
    buttons, keys = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    phase = Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(QPointF(5, 5), QPointF(5, 5), QPoint(0, 0), QPoint(0, 120), buttons, keys, phase, False)
    QApplication.sendEvent(field.widget, event)
    assert field.widget.value() == 0.5


@pytest.mark.parametrize("architecture", CATALOG)
def test_every_architecture_is_drawn_light_and_dark(qgis_app, architecture):
    stages = stages_of(architecture)
    assert stages[0].kind in ("series", "grid")
    assert stages[-1].kind == "classes"
    light, dark = drawn(stages), drawn(stages, dark=True)
    assert len({light.pixel(x, 35) for x in range(light.width())}) > 5
    assert light.pixelColor(3, 30).lightness() > 200
    assert dark.pixelColor(3, 30).lightness() < 80


def test_the_diagram_follows_the_settings(qgis_app):
    plain, pooled = stages_of("cnn", pooling="none"), stages_of("cnn", pooling="max")
    assert len(pooled) == len(plain) + 1
    assert drawn(stages_of("tempcnn", layers=1)) != drawn(stages_of("tempcnn", layers=3))
    assert drawn(stages_of("gru", both_directions=False)) != drawn(stages_of("gru", both_directions=True))


def test_captions_tell_the_numbers(qgis_app):
    assert "5 convolutions" in [stage.caption for stage in stages_of("tempcnn", layers=5)]
    assert "1 head" in [stage.caption for stage in stages_of("ltae", heads=1)]
    assert "300 trees" in [stage.caption for stage in stages_of("random_forest", trees=300)]


def test_a_narrow_form_has_one_column(qgis_app):
    from chronomap.ui.network.form import SettingForm  # noqa: PLC0415

    entry = CATALOG["ltae"]
    form = SettingForm()
    form.set_groups([("", entry.hyperparameters)])
    form.show_values(entry.defaults(), entry.defaults())
    tops = {}
    for width in (350, 900):
        form.resize(width, 600)
        form.show()
        QApplication.processEvents()
        tops[width] = len({row.field.widget.y() for row in form.rows.values()})
    assert tops[350] == len(entry.hyperparameters)
    assert tops[900] == -(-len(entry.hyperparameters) // 2)
    form.deleteLater()
