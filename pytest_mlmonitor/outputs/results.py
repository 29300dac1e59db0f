"""``results.json`` (specification 3): the machine's record of a run, and the proof that it came to its end."""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from pytest_mlmonitor.core.files.atomic import atomically
from pytest_mlmonitor.core.files.run_lock import LOCK_NAME
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.redaction import concealed_bytes
from pytest_mlmonitor.outputs.results_document import results_document
from pytest_mlmonitor.outputs.results_shape import SCHEMA_VERSION, Results

VERDICT_STATUSES = (0, 1)
"""Exit statuses of a run that came to a verdict: all well, and findings."""


class ResultsError(ValueError):
    """A ``results.json`` is no verdict on the platform; the message names the file and the reason."""


def write_results(
    directory: Path, record: RunRecord, *, complete: bool, first: Callable[[], object] | None = None
) -> Path:
    """Write ``results.json`` into ``directory`` and return its path; ``first`` as of ``core.files.atomic.atomically``.

    Raises:
        OSError: it could not be written.
    """
    return write_document(directory, results_document(record, complete=complete), first)


def write_document(directory: Path, document: Results, first: Callable[[], object] | None = None) -> Path:
    """Write a document as ``results.json`` into ``directory`` and return its path.

    Raises:
        OSError: it could not be written.
    """
    path = directory / "results.json"
    # ASCII: a lone surrogate or U+2028 out of an artifact cannot break a reader.
    text = json.dumps(document, indent=1, ensure_ascii=True, allow_nan=False)
    with atomically(path, first=first) as file:
        file.write(concealed_bytes(text.encode("ascii")) + b"\n")
    return path


def read_results(path: str | os.PathLike[str], gate: bool = True) -> Results:
    """Return the document in a ``results.json``: plain JSON values under the names of docs/results.schema.json.

    A file of version 1 is returned as version 2: figures are empty, and what version 1 did not say is None. Keys that a later
    writer added stay in it.

    Args:
        path: the file.
        gate: whether to refuse what is no verdict on the platform. ``False`` is for those who merge or report.

    Raises:
        ResultsError: the file cannot be read, is cut off, is of a newer version, or a value has the wrong type; with ``gate``
            also: the run did not come to its end, or to no verdict (its exit status is neither 0 nor 1).
    """
    try:
        document = _document(_bytes(path))
        if gate:
            refuse_no_verdict(document)
            refuse_begun(Path(path))
    except OSError as error:
        raise ResultsError(f"{_named(path)}: cannot be read: {error.strerror or error}") from None
    except ResultsError as error:
        raise ResultsError(f"{_named(path)}: {error}") from None
    except ValueError as error:  # no name of a file: it holds a zero byte
        raise ResultsError(f"{_named(path)}: cannot be read: {error}") from None
    return document


def _bytes(path: str | os.PathLike[str]) -> bytes:
    """Return what a regular file holds: a pipe would be waited for, and a device never ends."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # a directory is refused in the words of the system
            raise ResultsError("cannot be read: it is no regular file")
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(handle)


def _named(path: str | os.PathLike[str]) -> str:
    return safe(os.fspath(path))


def _document(data: bytes) -> Results:
    import msgspec

    try:
        value: object = json.loads(
            data.decode("utf-8"),
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_once,
        )
    except (ValueError, RecursionError) as error:
        raise ResultsError(f"is not JSON, or was cut off: {safe(str(error))}") from None
    if not isinstance(value, dict):
        raise ResultsError("is no JSON object")
    version = value.get("schema_version")
    if type(version) is not int or version < 1:
        raise ResultsError(
            f"schema_version is {safe(repr(version))}; expected {SCHEMA_VERSION}: this is no results.json"
        )
    if version > SCHEMA_VERSION:
        raise ResultsError(
            f"schema_version is {version}, written by a newer pytest_mlmonitor; this one reads up to {SCHEMA_VERSION}"
        )
    if version == 1:
        value = _of_version_1(value)
    try:
        msgspec.convert(value, Results)
    except msgspec.ValidationError as error:
        raise ResultsError(safe(str(error))) from None
    _refuse_no_time(value["evaluated_at"])
    return cast(Results, value)


def _refuse_no_time(text: str) -> None:
    try:
        known = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        known = False
    if not known:
        raise ResultsError(
            f"evaluated_at is {safe(repr(text))}; expected a time with its zone, e.g. 2026-04-26T14:00:37Z"
        )


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text} is too large")
    return number


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return made


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _of_version_1(old: dict[str, Any]) -> dict[str, Any]:
    """Return a document of version 1 with the keys that version 2 added; a value of the wrong type stays as it is."""
    new = dict.fromkeys(("narrowed", "selection", "collected", "selected", "policy", "trace_id"))
    artifacts = _each(old.get("artifacts"), {"owner": None, "runbook": None, "since": None})
    results = _each(old.get("results"), {"path": None, "started_at": None, "figures": []})
    for one in results if isinstance(results, list) else ():
        if isinstance(one, dict):
            one["findings"] = _each(one.get("findings"), {"accepted": None})
    return {**new, **old, "schema_version": SCHEMA_VERSION, "artifacts": artifacts, "results": results}


def _each(values: Any, new: dict[str, Any]) -> Any:
    """Return a list of objects with further keys; anything else as it is."""
    if not isinstance(values, list):
        return values
    return [{**new, **value} if isinstance(value, dict) else value for value in values]


def refuse_no_verdict(document: Results) -> None:
    """Refuse the record of a run that came to no verdict on the platform.

    Raises:
        ResultsError: it did not come to its end, or its exit status is neither 0 nor 1.
    """
    if not document["complete"]:
        raise ResultsError("the run did not come to its end (it was stopped, killed or is still going on)")
    if document["exit_status"] not in VERDICT_STATUSES:
        raise ResultsError(
            f"the run ended with exit status {document['exit_status']}, which is no verdict; expected 0 or 1"
        )


def refuse_begun(path: Path) -> None:
    """Refuse the record of a run after which another one began: it was killed before it could take this one back.

    Raises:
        ResultsError: one did.
        OSError: it cannot be seen.
    """
    with suppress(FileNotFoundError):
        if os.lstat(path.with_name(LOCK_NAME)).st_mtime_ns > os.stat(path).st_mtime_ns:
            raise ResultsError(
                "another run began after it, which did not come to its end (it was killed or is still going on)"
            )
