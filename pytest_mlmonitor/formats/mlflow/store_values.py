"""Single values as MLflow writes them: times in milliseconds, sources and profiles of datasets in JSON."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from pytest_mlmonitor.core.text.times import EPOCH

_LATEST_MS = 253_402_300_800_000
"""The end of the year 9999 in milliseconds."""

_SOURCES = ("uri", "path", "url", "table_name", "table", "delta_table_name")


def moment(value: object) -> datetime | None:
    """Return the time of a number of milliseconds since 1970, None for what is none.

    >>> moment(1795893138820).isoformat(), moment("1795893138820") == moment(1795893138820), moment(0), moment(True)
    ('2026-11-28T19:12:18.820000+00:00', True, None, None)
    """
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 16:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < _LATEST_MS:
        return None
    return EPOCH + timedelta(milliseconds=value)


def is_no_moment(value: object) -> bool:
    """Return whether something stands where a time should, and is none; MLflow writes null or 0 where there is none."""
    return value not in (None, 0, "", "0") and moment(value) is None


def text(value: object) -> str | None:
    """Return a value as text, None where nothing is said."""
    if isinstance(value, str):
        return value if value.strip() else None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def source_of(written: object) -> str | None:
    """Return the path or URI in the source of a dataset.

    >>> source_of('{"uri": "/data/a.parquet"}'), source_of('{"tags": {}}'), source_of("s3://b/a.parquet")
    ('/data/a.parquet', None, 's3://b/a.parquet')
    """
    if not isinstance(written, str) or not written.strip():
        return None
    found = _object(written)
    if found is None:
        return written
    return next((value for key in _SOURCES if (value := text(found.get(key))) is not None), None)


def rows_of(written: object) -> int | None:
    """Return the number of rows in the profile of a dataset.

    >>> rows_of('{"num_rows": 50, "num_elements": 150}'), rows_of("{}"), rows_of("torn {")
    (50, None, None)
    """
    found = _object(written) if isinstance(written, str) else None
    rows = found.get("num_rows") if found is not None else None
    return rows if isinstance(rows, int) and not isinstance(rows, bool) and rows >= 0 else None


def _object(written: str) -> dict[str, Any] | None:
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
