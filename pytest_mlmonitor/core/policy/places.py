"""Where the policy is written, found with nothing but the standard library: the plugin asks in every pytest run."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.files.document_names import is_contract

ENV_PREFIX = "MLMONITOR_"

POLICY_FILES = ("pyproject.toml", "mlmonitor.toml")
"""Where a policy may be written."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")
_BETWEEN_PATHS = re.compile(rf"{re.escape(os.pathsep)}(?!//)")


class PolicyError(ValueError):
    """The policy is wrong: a usage error that names the key, the value, what is allowed, and where it was set."""


def policy_file(directory: Path) -> Path | None:
    """Return the file in ``directory`` that holds a policy, or None.

    Raises:
        PolicyError: both ``mlmonitor.toml`` and ``[tool.mlmonitor]`` are there, or a file is not TOML.
    """
    own = directory / "mlmonitor.toml"
    project = directory / "pyproject.toml"
    in_project = project.is_file() and b"mlmonitor" in project.read_bytes() and "mlmonitor" in _tool_table(project)
    if own.is_file() and in_project:
        raise PolicyError(f"two policies: {own} and [tool.mlmonitor] in {project}; keep one")
    return own if own.is_file() else project if in_project else None


def project_around(directory: Path) -> Path | None:
    """Return the nearest directory at or above this one that is a project's; None where there is none.

    A project further up that declares this place a root knows better than a file that lies in the root.

    Raises:
        PolicyError: a policy on the way cannot be read.
    """
    around = [d for d in (directory, *directory.parents) if any((d / name).is_file() for name in POLICY_FILES)]
    owner = next((d for d in around[1:] if declares(d, around[0])), None)
    return owner or next(iter(around), None)


def declares(directory: Path, place: Path) -> bool:
    """Return whether the policy in ``directory`` declares a root that ``place`` is or lies in."""
    file = policy_file(directory)
    roots = roots_of(policy_table(file)) if file is not None else []
    return any(place.is_relative_to(Path(root).resolve()) for root in roots)


def roots_of(table: Mapping[str, Any]) -> list[str]:
    """Return the artifact roots that a policy (:func:`policy_table`) declares; what is no path is refused when it is loaded."""
    listed = table.get("artifacts")
    return [root for root in listed if isinstance(root, str)] if isinstance(listed, list) else []


def policy_named(file: Path) -> Path | None:
    """Return the policy where somebody named ``file`` (pytest's ``-c``): that file, or what lies beside it; None without.

    Raises:
        PolicyError: see :func:`policy_file`.
    """
    return file if file.name != "pyproject.toml" and has_policy(file) else policy_file(file.parent)


def has_policy(file: Path) -> bool:
    """Return whether a file is a policy itself: it has the table ``[tool.mlmonitor]``, or is a ``mlmonitor.toml``."""
    return file.name == "mlmonitor.toml" or (file.suffix == ".toml" and "mlmonitor" in _tool_table(file))


def policy_table(file: Path) -> dict[str, Any]:
    """Return the policy written in ``file``, with the paths in it resolved against its directory.

    Raises:
        PolicyError: the file is not TOML or the policy is no table.
    """
    tool = _tool_table(file)
    table: object = tool["mlmonitor"] if "mlmonitor" in tool else _toml(file)
    if file.name != "mlmonitor.toml":
        for name, value in _toml(file).items():
            if name in _OWN_TABLES and isinstance(value, dict | list):
                inner = next(iter(value), "NAME") if isinstance(value, dict) and name in ("source", "preset") else ""
                wanted = f"tool.mlmonitor.{name}{f'.{inner}' if inner else ''}"
                brackets = f"[[{wanted}]]" if isinstance(value, list) else f"[{wanted}]"
                raise PolicyError(f"{name} in {file} stands outside of [tool.mlmonitor]: write {brackets}")
    if file.name == "mlmonitor.toml" and "mlmonitor" in tool:
        beside = sorted(_toml(file).keys() - {"tool", "pytest"})
        if beside:
            raise PolicyError(
                f"{beside[0]} in {file} stands outside of [tool.mlmonitor], which the file has: move it there"
            )
    if not isinstance(table, dict):
        from pytest_mlmonitor.core.policy.outlets.secret_inputs import shown_input

        raise PolicyError(
            f"tool.mlmonitor in {file}: expected a table, got {shown_input(('mlmonitor',), table, known=False)}"
        )
    resolved: dict[str, Any] = dict(table)
    if isinstance(resolved.get("artifacts"), str):
        resolved["artifacts"] = [resolved["artifacts"]]
    if isinstance(resolved.get("artifacts"), list) and all(isinstance(p, str) for p in resolved["artifacts"]):
        resolved["artifacts"] = [p if is_url(p) else str(file.parent / p) for p in resolved["artifacts"]]
    for key in ("out", "state", "store"):
        if isinstance(resolved.get(key), str) and not (key == "store" and "://" in resolved[key]):
            resolved[key] = str(file.parent / resolved[key])
    contracts = resolved.get("contracts")
    if isinstance(contracts, str):
        resolved["contracts"] = str(file.parent / contracts)
    elif isinstance(contracts, list) and all(isinstance(p, str) for p in contracts):
        resolved["contracts"] = [str(file.parent / p) for p in contracts]
    elif isinstance(contracts, dict):
        resolved["contracts"] = {name: _place(place, file) for name, place in contracts.items()}
    overrides = resolved.get("overrides")
    if isinstance(overrides, list):
        resolved["overrides"] = [
            {**one, "contract": _place(one["contract"], file)} if isinstance(one, dict) and "contract" in one else one
            for one in overrides
        ]
    for key in ("source", "preset"):
        if isinstance(resolved.get(key), dict):
            resolved[key] = {
                name: {**one, "contract": _place(one["contract"], file)}
                if isinstance(one, dict) and "contract" in one
                else one
                for name, one in resolved[key].items()
            }
    return resolved


_OWN_TABLES = ("source", "preset", "overrides", "accept", "rebase")
"""Tables of ours that people copy out of a mlmonitor.toml; a project's file has none of them at its top."""


def is_of_policy(path: Path, file: Path | None, table: Mapping[str, Any]) -> bool:
    """Return whether a path is that of the policy itself, or of a contract that it (or the environment) names.

    With it the ids of their checks begin.

    Args:
        path: absolute, without links.
        file: where the policy is written.
        table: what is written there (:func:`policy_table`).
    """
    if path.suffix not in (".yaml", ".yml"):
        return file is not None and path == file.resolve()
    contracts, overrides = (
        paths_of_environment(os.environ, "CONTRACTS") or table.get("contracts"),
        table.get("overrides"),
    )
    named = [contracts] if isinstance(contracts, str) else [*contracts] if isinstance(contracts, list) else []
    named += contracts.values() if isinstance(contracts, dict) else []
    named += [one.get("contract") for one in overrides if isinstance(one, dict)] if isinstance(overrides, list) else []
    places = {Path(one).resolve() for one in named if isinstance(one, str)}
    return path in places or (is_contract(path.name) and not places.isdisjoint(path.parents))


def _place(place: object, file: Path) -> object:
    """Return where a contract is: a file beside the policy, or ``package.module:attribute``, which is no path."""
    return str(file.parent / place) if isinstance(place, str) and place.endswith((".yaml", ".yml")) else place


def state_file(settings_state: Path | None, file: Path | None) -> Path | None:
    """Return where the memory between runs is: what the policy says, else ``.mlmonitor/state.db`` beside it; None without.

    Args:
        settings_state: the policy's ``state``.
        file: where the policy is written.
    """
    if settings_state is not None:
        return settings_state
    return file.parent / ".mlmonitor" / "state.db" if file is not None else None


def store_file(settings_store: Path | None, settings_state: Path | None, file: Path | None) -> Path | None:
    """Return where the store is: what the policy says, else ``store.db`` beside the memory; None without a policy file.

    Args:
        settings_store: the policy's ``store``.
        settings_state: the policy's ``state``.
        file: where the policy is written.
    """
    state = state_file(settings_state, file)
    if settings_store is not None or file is None or state is None:
        return settings_store
    return state.with_name("store.db")


def roots_of_environment(environ: Mapping[str, str]) -> list[str]:
    """Return the absolute roots of ``MLMONITOR_ARTIFACTS``, separated like ``PATH``."""
    return paths_of_environment(environ, "ARTIFACTS")


def paths_of_environment(environ: Mapping[str, str], key: str) -> list[str]:
    """Return the absolute paths that the variable of a key lists, separated like ``PATH``; URLs are left as they are."""
    listed = _BETWEEN_PATHS.split(environ.get(f"{ENV_PREFIX}{key}", ""))
    return [p if is_url(p) else os.path.abspath(p) for p in listed if p]


def is_url(text: str) -> bool:
    """Return whether a root is written as a URL: ``s3://bucket/data``."""
    return bool(_URL.match(text))


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        text = file.read_text(encoding="utf-8", errors="replace")
        raise PolicyError(f"{file} is not TOML: {error}{_hint(str(error), text)}") from None


_BRACES = "a table in braces stands on one line and cannot be added to: write fields.x = … lines instead"
_HINTS = {
    "Cannot mutate immutable namespace": _BRACES,
    "Invalid initial character for a key part": _BRACES,
    "Unclosed inline table": _BRACES,
    "Cannot overwrite a value": "the key stands twice: keep one",
    "twice": "join the two tables, or give the second another NAME",
    "Invalid value": 'a text stands in quotes: "26h", "data/*.parquet"',
    "Expected newline or end of document": 'a text stands in quotes: "26h", "data/*.parquet"',
    "Expected '=' after a key": 'TOML writes key = "value"',
    "Unescaped '\\'": "in \"…\" a backslash begins an escape: write '…'",
}
"""What helps with an error of the parser, by words in it."""


_WRITTEN = {
    r"(True|False|yes|no|on|off)\b": "true and false are written so, in small letters",
    r"(null|None|nil|Null|NULL)\b": "TOML has no null: leave the key out; false switches a section off",
    "[“”„‘’«»]": 'a text stands in straight quotes: "26h"',
}
"""What helps with a value that is none, by what stands there."""


def _hint(error: str, text: str) -> str:
    place = re.search(r"Invalid value \(at line ([0-9]+), column ([0-9]+)\)", error)
    if place is not None:
        written = text.split("\n")[int(place[1]) - 1][int(place[2]) - 1 :]
        known = next((hint for form, hint in _WRITTEN.items() if re.match(form, written)), None)
        if known is not None:
            return f" ({known})"
    return next((f" ({hint})" for words, hint in _HINTS.items() if words in error), "")


def _tool_table(file: Path) -> dict[str, Any]:
    table = _toml(file).get("tool", {})
    return table if isinstance(table, dict) else {}
