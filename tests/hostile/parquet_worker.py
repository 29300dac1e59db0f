"""Reads parquet files one after another with a memory limit, in a process that may die of it.

Usage: python parquet_worker.py MODE LIMIT_BYTES < paths, one a line. Before and after each file a JSON line is printed, so
that whoever started this knows the file that killed it.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def scan_file(path: Path) -> dict[str, Any]:
    """Scan ``path`` with every statistic on every column; say how many rows the footer claims."""
    import pyarrow.parquet as pq

    from pytest_mlmonitor.datasets.builtin import TRAINING_DATASET
    from pytest_mlmonitor.tables.scan.scan import scan
    from pytest_mlmonitor.tables.source.source import head
    from pytest_mlmonitor.tables.unreadable import Unreadable

    try:
        found = head(path)
        profile = scan(path, TRAINING_DATASET)
    except Unreadable as error:
        return {"unreadable": str(error)}
    assert profile.head == found
    with open(path, "rb") as file:
        return {"rows": profile.rows, "footer": pq.ParquetFile(file).metadata.num_rows}


def judge_file(path: Path) -> dict[str, Any]:
    """Put ``path`` where a dataset belongs and run every check on it."""
    from tests.hostile.corpora import DATASET_NAME, crashes, judged, serious

    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory).resolve() / "output"
        place.mkdir()
        shutil.copyfile(path, place / DATASET_NAME)
        results = judged(place.parent)
        return {"results": len(results), "crashes": crashes(results), "findings": serious(results)[:3]}


def main() -> None:
    mode, limit = sys.argv[1], int(sys.argv[2])
    if mode == "scan":  # what is judged is read in a process with limits of its own
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    work = {"scan": scan_file, "judge": judge_file}[mode]
    for line in sys.stdin:
        path = Path(line.rstrip("\n"))
        print(json.dumps({"begin": str(path)}), flush=True)
        start = time.monotonic()
        try:
            outcome = work(path)
        except BaseException as error:  # a panic of a native reader is no Exception
            outcome = {"raised": f"{type(error).__name__}: {error}"}
        outcome["seconds"] = round(time.monotonic() - start, 3)
        print(json.dumps({"end": str(path), "outcome": outcome}), flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    main()
