"""What it costs to tell everybody: all files, and every server that is told, against the same run that tells nobody."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figure import EXTRA, PEAK, Figure, Size, figure, turns
from benchmarks.measure import Command
from benchmarks.ours import PYTEST, module
from benchmarks.places import REPOSITORY
from benchmarks.sink import sink

NOW = "2026-04-26T15:00:37Z"
"""An hour after the sample platform was sound: a stale build and a silent deployment are alerts, and reasons to train again."""

MANY = 100_000

_POLICY = """artifacts = ["{platform}"]
environment = "bench"
store = "{store}"
"""
_OUTLETS = """out = "out"
traces = "{url}"
metrics.push_url = "{url}"
alerts.alertmanager.url = "{url}"
alerts.webhook.url = "{url}"
alerts.routes.error = ["alertmanager", "webhook"]
retrain.webhook.url = "{url}"
lineage.url = "{url}"
"""


def outputs(size: Size) -> Iterator[Figure]:
    """The sample platform's 60 results by whole pytest runs; many more by the exporters alone, in one process."""
    platform = REPOSITORY / "contract_tests" / "platform"
    with sink() as url, tempfile.TemporaryDirectory() as folder:
        told, untold = (Path(folder) / name for name in ("told", "untold"))
        for place in (told, untold):
            place.mkdir()
            text = _POLICY.format(platform=platform, store=place / "memory" / "store.db")
            text += _OUTLETS.format(url=url) if place is told else ""
            (place / "mlmonitor.toml").write_text(text)
        words = (*PYTEST[:-6], "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "--mlmonitor-now", NOW)
        with_all, without = (
            Command(words, cwd=place, status=1, forgets=(place / "memory", place / ".mlmonitor", place / "out"))
            for place in (told, untold)
        )
        measured = turns(with_all, without, size)
        yield figure("60 results: all files and five servers, against telling nobody", measured, EXTRA, "≤", 0.3)
        for many in (MANY // 10, MANY):
            with_all, without = (
                module("benchmarks.outputs", str(many), *given, python=sys.executable) for given in ((url,), ())
            )
            measured = turns(with_all, without, size)
            words = f"{many:,} results: all files and five servers, against making the record"
            yield figure(words, measured, EXTRA, "≤", 10, judged=many == MANY)
            yield figure(f"{many:,} results: peak memory", measured, PEAK)


def tell(number: int, url: str | None) -> None:
    """Make the record of a run with so many results of its own and, where there is a server, tell everybody of it."""
    from datetime import UTC, datetime, timedelta

    from pytest_mlmonitor.core.artifact import ArtifactRef
    from pytest_mlmonitor.core.finding import Figure as Measured
    from pytest_mlmonitor.core.finding import Finding, Severity
    from pytest_mlmonitor.core.policy.load import load
    from pytest_mlmonitor.core.record import RunRecord
    from pytest_mlmonitor.core.result import CheckResult
    from pytest_mlmonitor.kinds import Platform

    now = datetime.now(UTC)
    home = Path.cwd()
    record = RunRecord(now, "bench", exit_status=1, duration_seconds=60.0)
    checks = (
        "contract",
        "rows",
        "freshness",
        "drift",
        "null_rates",
        "volume",
        "schema",
        "point_in_time",
        "links",
        "age",
    )
    for i in range(number):
        ref = ArtifactRef("dataset", home / "data" / f"table_{i // 10}.parquet", f"table_{i // 10}", home / "data")
        check = checks[i % 10]
        red = i % 50 == 2
        said = (Finding(Severity.ERROR, f"STALE: built {i} h ago", expected="30 min", location=f"{ref.name}.parquet"),)
        result = CheckResult(
            check,
            "freshness" if check == "freshness" else "quality",
            ref,
            "fail" if red else "pass",
            said if red else (),
            duration_seconds=0.01,
            figures=(Measured("age_seconds", None, float(i)),) if check == "age" else (),
            started_at=now - timedelta(seconds=60),
        )
        record.results.append((f"data/table_{i // 10}.parquet::{check}", result))
    record.sort()
    if url is None:
        return
    import os

    from pytest_mlmonitor.core.store.sqlite_store import SqliteStore
    from pytest_mlmonitor.outputs.ci.markdown_summary import write_markdown_summary
    from pytest_mlmonitor.outputs.export import ExportContext, ExportOptions
    from pytest_mlmonitor.outputs.lineage import write_lineage
    from pytest_mlmonitor.outputs.metrics.prometheus import write_metrics
    from pytest_mlmonitor.outputs.results import write_results
    from pytest_mlmonitor.plugin.exports import export_run

    (home / "mlmonitor.toml").write_text(_POLICY.format(platform="data", store="store.db") + _OUTLETS.format(url=url))
    (home / "data").mkdir()
    settings = load(home / "mlmonitor.toml")
    out = home / "out"
    out.mkdir()
    platform = Platform([home / "data"], settings, now)
    write_metrics(out, record, platform)
    write_lineage(out / "lineage", record, platform)
    context = ExportContext(
        record,
        platform,
        settings,
        SqliteStore(home / "store.db"),
        out,
        home,
        ExportOptions(),
        os.environ,
        now,
        complete=True,
    )
    record.exports = list(export_run(context, {}))
    write_markdown_summary(out, record, complete=True)
    write_results(out, record, complete=True)
    for one in record.exports:
        print(one)


if __name__ == "__main__":
    tell(int(sys.argv[1]), *sys.argv[2:3] or [None])
