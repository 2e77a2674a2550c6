# SPDX-License-Identifier: GPL-2.0-or-later
"""Frozen dataclasses to plain JSON values and back: how jobs and cards are stored."""

from __future__ import annotations

import dataclasses
import json
import os
import typing
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from .errors import InputError

Record = TypeVar("Record")
_STORED_AS: dict[Any, Any] = {tuple: (list, tuple), dict: dict}


def to_plain(value: Any) -> Any:
    """Turn dataclasses and tuples, however nested, into dicts and lists."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_plain(item) for item in value]
    return value


def from_plain(kind: type[Record], plain: Any) -> Record:
    """Rebuild a dataclass of type `kind`; keys it does not know are ignored.

    Raises:
        InputError: a field without default is missing, or a list or record is something else.
    """
    if not isinstance(plain, dict):
        raise InputError(f"A {kind.__name__} was expected, but the file holds {type(plain).__name__}.")
    hints = _hints(kind)  # type: ignore[arg-type]  # mypy does not see that types can be hashed
    values: dict[str, Any] = {}
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        if field.name in plain:
            values[field.name] = _rebuild(hints[field.name], plain[field.name])
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise InputError(f"The {kind.__name__} has no '{field.name}': the file is damaged or of another kind.")
    return kind(**values)


@cache  # there are as many as there are kinds of records
def _hints(kind: type) -> dict[str, Any]:
    """Return the types of the fields; looking them up takes long, and a cube has thousands of records."""
    return typing.get_type_hints(kind)


def _rebuild(hint: Any, plain: Any) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Union:  # Optional[X]
        return None if plain is None else _rebuild(arguments[0], plain)
    if origin in (tuple, dict) and not isinstance(plain, _STORED_AS[origin]):
        raise InputError(f"A {origin.__name__} was expected, but the file holds {type(plain).__name__}.")
    if origin is tuple:
        item = arguments[0]
        return tuple(_rebuild(item, element) for element in plain)
    if origin is dict:
        return {key: _rebuild(arguments[1], element) for key, element in plain.items()}
    if dataclasses.is_dataclass(hint):
        return from_plain(typing.cast(type, hint), plain)
    return plain


def write_json(path: Path, value: Any) -> None:
    """Write `value` (a dataclass or plain) as JSON, whole or not at all."""
    partial = path.with_name(path.name + ".part")
    partial.write_text(json.dumps(to_plain(value), indent=1, ensure_ascii=False), encoding="utf-8")
    os.replace(partial, path)


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        InputError: the file is missing or no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"The file {path} cannot be read ({error.strerror}): check the path.") from error
    except ValueError as error:
        raise InputError(f"The file {path} is not valid JSON ({error}): choose a file written by Chronomap.") from error
