"""``results.json`` (specification 3): the machine's record of a run, and the proof that it came to its end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.files.atomic import write_atomically
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.core.text.words import instant

SCHEMA_VERSION = 1


def results_document(record: RunRecord, *, complete: bool) -> dict[str, Any]:
    """Return the document; ``complete`` is false until every other output was written."""
    results = []
    for nodeid, result in record.results:
        entry = result.to_dict()
        del entry["root"], entry["path"], entry["figures"]
        results.append({"nodeid": nodeid, **entry})
    return {
        "schema_version": SCHEMA_VERSION,
        "evaluated_at": instant(record.evaluated_at),
        "environment": record.environment,
        "duration_seconds": round(record.duration_seconds, 3),
        "counts": record.counts(),
        "artifacts": [
            {"kind": j.ref.kind, "name": j.ref.name, "path": shown(j.ref.path), "verdict": j.verdict}
            for j in record.artifacts()
        ],
        "unclaimed": [shown(path) for path in record.unclaimed],
        "results": results,
        "exit_status": record.exit_status,
        "complete": complete,
    }


def write_results(directory: Path, record: RunRecord, *, complete: bool) -> Path:
    """Write ``results.json`` into ``directory`` and return its path.

    Raises:
        OSError: it could not be written.
    """
    path = directory / "results.json"
    document = results_document(record, complete=complete)
    # ASCII: a lone surrogate or U+2028 out of an artifact cannot break a reader.
    text = json.dumps(document, indent=1, ensure_ascii=True, allow_nan=False)
    write_atomically(path, text.encode("ascii") + b"\n")
    return path
