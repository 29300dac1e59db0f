"""What is noticed and named of every fault in ``../shared/artifacts/broken``, as a table.

    python -m tests.acceptance.broken_table

A fault is noticed by a finding of warning or higher (where no artifact is left, by exit 5), and named when such a finding
holds every field, column or file that EXPECTED.txt points at. Where EXPECTED.txt points at a line or a file in prose ("last
line"), the file meant is the one that differs from the control's.
"""

from __future__ import annotations

import filecmp
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

if __name__ == "__main__" and not __package__:  # by its path instead of with -m
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    __package__ = "tests.acceptance"

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.datasets.checks.metadata import metadata_report

from .shared import BROKEN, WHY_SKIPPED, broken_index, judged, oracle, platform_at

THE_FILE = frozenset(
    {
        "document",
        "record",
        "one line",
        "last line",
        "a middle line",
        "start of a file",
        "file",
        "file path",
        "table",
        "column data",
    }
)
"""Places that EXPECTED.txt describes in prose: they mean the file that was changed."""

PHRASES = {
    "-": (),
    "output/": (),
    "schema metadata": ("schema metadata",),
    "file name vs build_timestamp": ("build_timestamp",),
    "p5 windows bundle_id vs event": ("bundle_id",),
    "artifacts/serving/metrics": ("artifacts/serving/metrics",),
    "artifacts/serving/events": ("artifacts/serving/events",),
}
_PREFIXES = ("schema metadata ", "p2 ", "p4 ", "p5 ", "metadata.json ", "dataset_metadata.json ")


@dataclass(frozen=True)
class Case:
    """One directory of ``broken/``."""

    name: str
    kind: str
    where: str
    now: str

    @property
    def path(self) -> Path:
        return BROKEN / self.name

    @property
    def is_control(self) -> bool:
        return "/_control" in self.name

    @property
    def words(self) -> tuple[str, ...]:
        """Return what a finding must hold to name this fault."""
        if self.where in THE_FILE:
            changed = sorted({path.name for path in changed_files(self)})
            return (changed[0],) if len(changed) == 1 else ()
        if self.where in PHRASES:
            return PHRASES[self.where]
        text = self.where
        for prefix in _PREFIXES:
            text = text.removeprefix(prefix)
        return tuple(word for word in re.split(r"[\s,+]+", text) if word)


@dataclass(frozen=True)
class Outcome:
    """What was said of one case."""

    case: Case
    artifacts: int
    crashes: tuple[CheckResult, ...] = ()
    findings: tuple[Finding, ...] = field(default=())

    @property
    def serious(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity >= Severity.WARNING]

    @property
    def noticed(self) -> bool:
        return bool(self.serious) or self.artifacts == 0

    @property
    def named(self) -> bool:
        if self.artifacts == 0 and not self.serious:
            return self.case.where == "output/"  # exit 5 says that there is no artifact at all
        words = self.case.words
        return bool(words) and any(all(_says(text, w) for w in words) for text in map(self._text, self.serious))

    @property
    def first(self) -> str:
        if self.serious:
            finding = self.serious[0]
            return f"{finding.severity.word}: {finding.message}"
        return "no artifact (exit 5)" if self.artifacts == 0 else "-"

    def _text(self, finding: Finding) -> str:
        parts = (finding.message, finding.column, finding.expected, finding.actual, finding.location)
        # The case's own directory is no help to the reader: dataset_metadata/path_dangling/... must not count as "path".
        return "\n".join(part for part in parts if part).replace(str(self.case.path), "")


def _says(text: str, word: str) -> bool:
    return re.search(rf"(?<![\w]){re.escape(word)}(?![\w])", text) is not None


@cache
def cases() -> tuple[Case, ...]:
    return tuple(Case(c["dir"], c["kind"], c["where"], c["eval_time"]) for c in broken_index())


def changed_files(case: Case) -> set[Path]:
    """Return the files, relative to the case, that its fault changed, moved or removed."""
    control = BROKEN / case.kind / "_control"
    mine, theirs = (
        {path.relative_to(base) for path in base.rglob("*") if path.is_file() and path.name != "EXPECTED.txt"}
        for base in (case.path, control)
    )
    both = mine & theirs
    differing = {path for path in both if not filecmp.cmp(case.path / path, control / path, shallow=False)}
    return differing or mine - theirs or theirs - mine


def judge(case: Case) -> Outcome:
    """Check one case in this process, as ``pytest --mlmonitor=DIR --mlmonitor-now TIME`` does."""
    if case.name == "dataset_metadata/file_missing":  # nothing to discover: judged by ``mlmonitor run-checks``
        report = metadata_report(case.path / "dataset_metadata.json")
        failed: Iterable[dict[str, Any]] = (r for r in report["results"] if not r["passed"])
        findings = tuple(Finding(Severity.ERROR, r["detail"], location=report["metadata_path"]) for r in failed)
        return Outcome(case, 1, findings=findings)
    platform = platform_at(case.path, case.now)
    results = judged(platform)
    return Outcome(
        case,
        len(platform.artifacts),
        tuple(result for result in results if result.status == "error"),
        tuple(finding for result in results for finding in result.findings),
    )


def main() -> int:
    """Print the table; return 1 when a fault is missed or not named, or a control is not clean."""
    if not cases():
        print(WHY_SKIPPED)
        return 1
    reference = oracle("broken_reference_behaviour")["results"]
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    print("case | where | noticed | named | first finding")
    print("--- | --- | --- | --- | ---")
    for case in cases():
        outcome = judge(case)
        first = outcome.first if len(outcome.first) <= 160 else f"{outcome.first[:159]}…"
        total = totals[case.kind]
        total["crashed"] += bool(outcome.crashes)
        if case.is_control:
            worst = max((f.severity for f in outcome.findings), default=Severity.INFO)
            allowed = Severity.WARNING if case.name.endswith("_older") else Severity.INFO
            total["controls"] += 1
            total["clean"] += worst <= allowed
            print(f"{case.name} | control | - | {'clean' if worst <= allowed else 'NOT CLEAN'} | {first}")
            continue
        total["faults"] += 1
        total["noticed"] += outcome.noticed
        total["named"] += outcome.named
        total["reference"] += bool(reference.get(case.name, {}).get("reference_noticed"))
        noticed, named = ("yes" if said else "NO" for said in (outcome.noticed, outcome.named))
        print(f"{case.name} | {case.where} | {noticed} | {named} | {first}")
    print("\nkind | faults | noticed | named | reference noticed | controls clean | crashes")
    print("--- | --- | --- | --- | --- | --- | ---")
    everything: Counter[str] = sum(totals.values(), Counter())
    for kind, total in [*totals.items(), ("all", everything)]:
        clean = f"{total['clean']} of {total['controls']}"
        print(
            f"{kind} | {total['faults']} | {total['noticed']} | {total['named']} | {total['reference']} | {clean} | "
            f"{total['crashed']}"
        )
    whole = everything["faults"] == everything["noticed"] == everything["named"]
    return 0 if whole and everything["clean"] == everything["controls"] and not everything["crashed"] else 1


if __name__ == "__main__":
    sys.exit(main())
