"""Whole policies of platforms that are nobody's sample, judged below a root that a test wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.judge import judge
from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.kinds import Platform
from tests.unit.support import READER

Found = tuple[str, str]
"""The check, and the message of a finding."""


class Verdict:
    """What a run said of a platform."""

    def __init__(self, record: RunRecord, platform: Platform) -> None:
        self.record = record
        self.platform = platform

    def found(self, least: Severity = Severity.WARNING) -> list[Found]:
        """Return the findings of at least a severity: the check's name and the message."""
        return [(check, finding.message) for check, finding in self._findings() if finding.severity >= least]

    def of(self, check: str, kind: str | None = None) -> list[Finding]:
        """Return the findings of a check, the harmless ones too."""
        return [
            finding
            for _, result in self.record.results
            if result.check == check and kind in (None, result.ref.kind)
            for finding in result.findings
        ]

    def status(self, check: str, kind: str) -> set[str]:
        """Return what became of a check of a kind."""
        return {result.status for _, result in self.record.results if (result.check, result.ref.kind) == (check, kind)}

    def reasons(self, check: str, kind: str) -> set[str]:
        """Return why a check of a kind was not made."""
        return {
            result.reason or ""
            for _, result in self.record.results
            if (result.check, result.ref.kind, result.status) == (check, kind, "not_checked")
        }

    def _findings(self) -> Iterator[tuple[str, Finding]]:
        for _, result in self.record.results:
            if result.status == "error":
                yield result.check, Finding(Severity.CRITICAL, f"{result.check} crashed: {result.reason}")
            for finding in result.findings:
                yield result.check, finding


def verdict(root: Path, policy: str, now: str) -> Verdict:
    """Judge what lies below ``root`` by a policy that lies beside it."""
    file = root.parent / "mlmonitor.toml"
    file.write_text(policy, encoding="utf-8")
    settings = load(file)
    platform = Platform.of_policy([root], settings, moment(now), READER)
    return Verdict(judge(platform, base=root.parent), platform)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def write_table(path: Path, start: datetime, rows: int = 60, **columns: list[Any]) -> Path:
    """Write rows of one minute each, with an id, a feature and a label."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = {
        "id": [f"c{i:03}" for i in range(rows)],
        "ts": [start + timedelta(minutes=i) for i in range(rows)],
        "x": [(i * 37 % 100) / 10 for i in range(rows)],
        "label": [i * 7 % 10 < 3 for i in range(rows)],
        **columns,
    }
    pq.write_table(pa.table(table), path)
    return path


def write_json(path: Path, document: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def change(path: Path, **fields: Any) -> None:
    """Set fields of a JSON object; those that are None go."""
    document = json.loads(path.read_text(encoding="utf-8")) | fields
    write_json(path, {key: value for key, value in document.items() if value is not None})
