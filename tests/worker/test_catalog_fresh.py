# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json

from chronomap.plugin.core.catalog import CATALOG_PATH
from chronomap.plugin.core.records import write_json
from chronomap.plugin.worker.catalog import catalog


def test_the_stored_catalog_is_what_the_declarations_say(tmp_path):
    write_json(tmp_path / "fresh.json", catalog())
    stored = CATALOG_PATH.read_text(encoding="utf-8")
    assert json.loads(stored) == json.loads((tmp_path / "fresh.json").read_text(encoding="utf-8")), (
        "regenerate it: .venv/worker/bin/python -m plugin.worker.catalog"
    )
