"""Which schema a dataset is bound to: what a hook or the policy says, resolved with errors that name the place."""

from __future__ import annotations

import importlib
import re
from typing import Any

from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.tables.pandera.bound import BoundSchema
from pytest_mlmonitor.tables.pandera.divide import from_pandera

ALLOWED = 'a pandera DataFrameSchema or DataFrameModel, or where one is: "package.module:attribute"'
_PLACE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
_FLAVOURS = ("pandera.api.pandas.", "pandera.api.polars.")


def bind(name: str, value: object, setting: str | None = None) -> BoundSchema:
    """Return the schema that ``value`` is or names, divided for the scan.

    Args:
        name: the dataset or family that it is bound to.
        value: a schema, a model, or ``package.module:attribute``, which is imported.
        setting: the key of the policy, or the hook, that says so; by default ``contracts.NAME``.

    Raises:
        PolicyError: it is none of these, cannot be imported, or is no valid schema.
    """
    key = setting or f"contracts.{name}"
    found, source = _imported(key, value) if isinstance(value, str) else (value, _source(value))
    if not is_table_schema(found):
        what = f"{value!r} is" if not isinstance(value, str) else f"{value!r} names"
        raise PolicyError(f"{key}: {what} a {_kind(found)}; allowed: {ALLOWED}")
    try:
        return from_pandera(found, name, source)
    except Exception as error:  # a model whose annotations are wrong says so when it is asked for its schema
        raise PolicyError(f"{key}: {source} is no valid schema: {type(error).__name__}: {error}") from error


def is_table_schema(value: object) -> bool:
    """Return whether ``value`` is a pandera schema of a table, for pandas or polars; pandera is not imported for it."""
    bases = value.__mro__ if isinstance(value, type) else type(value).__mro__
    wanted = "DataFrameModel" if isinstance(value, type) else "DataFrameSchema"
    if isinstance(value, type) and value.__module__.startswith("pandera."):
        return False  # DataFrameModel itself
    return any(base.__name__ == wanted and base.__module__.startswith(_FLAVOURS) for base in bases)


def _imported(key: str, place: str) -> tuple[Any, str]:
    if not _PLACE.fullmatch(place):
        raise PolicyError(f"{key}: {place!r} is no place of a schema; allowed: {ALLOWED}, or an ODCS file (*.yaml)")
    module_name, _, path = place.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        missing = str(error.name)
        if module_name == missing or module_name.startswith(f"{missing}."):
            raise PolicyError(
                f"{key}: {place!r}: there is no module {missing}; pytest looks in the project's directory only when told to: "
                f'pythonpath = ["."] in its configuration, or python -m pytest; allowed: {ALLOWED}'
            ) from None
        raise PolicyError(
            f"{key}: {place!r}: {module_name} needs the module {missing}, which is not installed"
        ) from error
    except Exception as error:
        raise PolicyError(
            f"{key}: {place!r}: importing {module_name} raised {type(error).__name__}: {error}"
        ) from error
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise PolicyError(f"{key}: {place!r}: {module_name} has no {path}; allowed: {ALLOWED}") from None
    return found, place


def _source(value: object) -> str:
    if isinstance(value, type):
        return f"{value.__module__}:{value.__qualname__}"
    name = getattr(value, "name", None)
    return f"the schema {name}" if isinstance(name, str) else "a schema without a name"


def _kind(value: object) -> str:
    return f"class {value.__qualname__}" if isinstance(value, type) else type(value).__name__
