"""The record of a run: what every output is written from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record_details import (
    ArtifactFacts,
    ArtifactHistory,
    CheckHistory,
    LineageEdge,
    RunOrigin,
    RunPoint,
)
from pytest_mlmonitor.core.result import CATEGORIES, VERDICTS, CheckResult, Verdict, worst_verdict
from pytest_mlmonitor.core.text.words import count


@dataclass(frozen=True)
class JudgedArtifact:
    """One artifact and what was said of it.

    Attributes:
        ref: the artifact.
        verdict: the worst of its results.
        worst: its worst finding, None when there is nothing to say.
        checked: results that are not ``not_checked``.
        check: the check that found ``worst``.
        failing: by how bad (``error``: could not run, ``failed``, ``warned``), the names of the checks, the worst first; each
            name once, under the worst that it said.
        crash: the last line of what the first of those that could not run raised.
        left_out: checks of it that this run left out.
        owner: who answers for it, by the policy.
        runbook: where it is written what to do, by the policy.
        unchecked: why none of its checks could judge it, empty where any did.
        results: of its checks, the worst first, and among equals what others may follow from.
    """

    ref: ArtifactRef
    verdict: Verdict
    worst: Finding | None
    checked: int
    check: str = ""
    failing: Mapping[Verdict, Sequence[str]] = field(default_factory=dict)
    crash: str = ""
    left_out: int = 0
    owner: str | None = None
    runbook: str | None = None
    unchecked: str = ""
    results: Sequence[CheckResult] = ()

    @property
    def crashed(self) -> str:
        """The checks that could not run."""
        return ", ".join(self.failing.get("error", ()))

    @property
    def critical(self) -> bool:
        """Whether somebody is to be paged."""
        return self.worst is not None and self.worst.severity == Severity.CRITICAL

    @property
    def answers(self) -> str:
        """Who answers for it and where it is written what to do, as the policy says; empty where it says neither."""
        said = (("owner", self.owner), ("runbook", self.runbook))
        return " · ".join(f"{name} {value}" for name, value in said if value)


@dataclass(frozen=True)
class StoreUse:
    """The store of a run, and whether it could be used.

    Attributes:
        name: as it is shown to people.
        problem: why it could not be used, in words that follow its name; None where it could.
        notices: what else must be said of it, likewise: that it was damaged, and what became of it.
    """

    name: str
    problem: str | None = None
    notices: Sequence[str] = ()

    @property
    def said(self) -> list[str]:
        """What must be said of it, in lines."""
        problem = f" cannot be used ({self.problem}): this run is not in the history and counted nothing"
        lines = [f" {notice}" for notice in self.notices] + ([problem] if self.problem is not None else [])
        return [f"the store {self.name}{line}" for line in lines]


@dataclass(frozen=True)
class ExportReport:
    """What became of one thing that left the run: alerts, a push, lineage, traces, a retraining.

    Attributes:
        name: of the outlet, e.g. ``alerts``, ``pushgateway``; several reports may have one name.
        said: what was done, in words for people; empty where there is nothing to say.
        problem: what could not be done and why, without any secret; None where all went well.
        file: the file of ours that was written, or with a problem could not be: then the run ends with status 3.
    """

    name: str
    said: str = ""
    problem: str | None = None
    file: str | None = None


@dataclass
class RunRecord:
    """Everything a run found.

    Attributes:
        evaluated_at: the evaluation time, UTC.
        environment: the policy's environment.
        results: (node id, result), sorted by node id.
        remembered: tables of which nothing was read, since answers of an earlier run hold of them, and since when (UTC).
        unclaimed: files under the roots that belong to no artifact.
        older: versions that are listed and not judged, behind so many newer ones.
        duration_seconds: wall time of the run.
        exit_status: pytest's exit status.
        narrowed: whether whoever started the run left a part of the platform out.
        selection: what the project's own configuration always selects, as it is written on a command line.
        collected: items that there were.
        selected: those of them that were to run.
        left_out: checks that this run left out and the project does not always leave out, by node id.
        passed_over: roots that the policy declares and ``--mlmonitor`` left out, as node ids begin.
        policy_file: where the policy is written, None without one.
        overridden: dotted policy keys that do not come from the file, and who set them.
        settings_of: the policy that holds for an artifact; None where nobody knows it.
        store: what became of it in the store; None where the policy has none.
        counters: totals that the store keeps, by counter and labels; None without a store.
        last_success: evaluation time of the last run before this one that judged everything and ended with 0, UTC; None where the
            store knows of none.
        alerts: how many alerts fire, by severity; None where nobody knows.
        trace_id: of the run, 32 hexadecimal digits; None where nobody traces it.
        exports: what became of everything that left the run.
        fails: whether a result that is ``fail`` failed the run, by node id and result; None: from severity ``error`` on.
        histories: what was said of artifacts in the last runs; of those of which the store knows.
        check_histories: since when checks say of artifacts what they say, likewise.
        run_points: the last runs that judged everything, the oldest first, this one the last; empty without a store.
        facts: what artifacts are.
        edges: what was made from what.
        models: what is known of models, in the shape of ``results.json``.
        origin: where the run comes from; None where nobody asked.
        again: the command that runs one result again, by node id and result; None where nobody knows it.
    """

    evaluated_at: datetime
    environment: str = "local"
    results: list[tuple[str, CheckResult]] = field(default_factory=list)
    unclaimed: Sequence[Path] = ()
    older: Sequence[ArtifactRef] = ()
    remembered: Mapping[Path, datetime] = field(default_factory=dict)
    duration_seconds: float = 0.0
    exit_status: int = 0
    narrowed: bool = False
    selection: Sequence[str] = ()
    collected: int = 0
    selected: int = 0
    left_out: Mapping[str, ArtifactRef] = field(default_factory=dict)
    passed_over: Sequence[str] = ()
    policy_file: Path | None = None
    overridden: Mapping[str, str] = field(default_factory=dict)
    settings_of: Callable[[ArtifactRef], Settings] | None = None
    store: StoreUse | None = None
    counters: Mapping[str, Mapping[tuple[str, ...], int]] | None = None
    last_success: datetime | None = None
    alerts: Mapping[str, int] | None = None
    trace_id: str | None = None
    exports: Sequence[ExportReport] = ()
    fails: Callable[[str, CheckResult], bool] | None = None
    histories: Mapping[ArtifactRef, ArtifactHistory] = field(default_factory=dict)
    check_histories: Mapping[tuple[ArtifactRef, str], CheckHistory] = field(default_factory=dict)
    run_points: Sequence[RunPoint] = ()
    facts: Mapping[ArtifactRef, ArtifactFacts] = field(default_factory=dict)
    edges: Sequence[LineageEdge] = ()
    models: Sequence[Mapping[str, Any]] = ()
    origin: RunOrigin | None = None
    again: Callable[[str, CheckResult], str] | None = None

    @property
    def unread(self) -> str:
        """How many tables were not read in this run, and since when what is known of them holds; empty where all were."""
        if not self.remembered:
            return ""
        since = f"{min(self.remembered.values()):%Y-%m-%d %H:%M} UTC"
        return f"{count(len(self.remembered), 'table')} unchanged since {since}: remembered, not read"

    def of_kind(self, kind: str) -> list[CheckResult]:
        """Return the results about artifacts of a kind."""
        return [result for _, result in self.results if result.ref.kind == kind]

    def sort(self) -> None:
        """Put the results in the order of their node ids."""
        self.results.sort(key=lambda pair: (pair[0], pair[1].check, pair[1].ref))

    def counts(self) -> dict[str, int]:
        """Return the number of results per status, each in one of them: ``warned`` are findings that did not fail the run."""
        found = Counter(
            "warned" if result.status == "fail" and not self.failed(nodeid, result) else result.status
            for nodeid, result in self.results
        )
        return {status: found[status] for status in ("pass", "fail", "error", "not_checked", "warned")}

    @property
    def succeeded(self) -> bool:
        """Whether the run judged everything and ended with exit status 0."""
        return self.exit_status == 0 and not self.narrowed

    def failed(self, nodeid: str, result: CheckResult) -> bool:
        """Return whether a result that is ``fail`` failed the run, and did not only warn."""
        if self.fails is not None:
            return self.fails(nodeid, result)
        return (result.severity or Severity.INFO) >= Severity.ERROR

    def artifacts(self) -> list[JudgedArtifact]:
        """Return every artifact that has a result, the worst verdict first, then by kind and path."""
        per_ref: dict[ArtifactRef, list[tuple[str, CheckResult]]] = {}
        for nodeid, result in self.results:
            per_ref.setdefault(result.ref, []).append((nodeid, result))
        left_out = Counter(self.left_out.values())
        judged: list[JudgedArtifact] = []
        for ref, pairs in per_ref.items():
            results = [result for _, result in pairs]
            ranked = [result for _, result in sorted(pairs, key=lambda pair: rank_of(pair[1], pair[0]))]
            worst, check = _worst(ranked)
            verdicts: list[Verdict] = [result.verdict for result in results]
            if left_out[ref]:
                verdicts.append("partial")
            settings = self.settings_of(ref) if self.settings_of is not None else None
            judged.append(
                JudgedArtifact(
                    ref,
                    worst_verdict(verdicts),
                    worst,
                    sum(result.status != "not_checked" for result in results),
                    check,
                    _failing(ranked),
                    next((last_line(result.reason) for result in results if result.status == "error"), ""),
                    left_out[ref],
                    settings.owner if settings is not None else None,
                    settings.runbook if settings is not None else None,
                    last_line(results[0].reason) if all(one.status == "not_checked" for one in results) else "",
                    ranked,
                )
            )
        return sorted(judged, key=lambda j: (VERDICTS.index(j.verdict), not j.critical, j.ref))


def _worst(ranked: Sequence[CheckResult]) -> tuple[Finding | None, str]:
    """Return the finding to show for an artifact, and its check: the worst; among equals what others may follow from."""
    worst = next((result for result in ranked if result.findings), None)
    return (worst_of(worst), worst.check) if worst is not None else (None, "")


def last_line(reason: str | None) -> str:
    """Return the line of a reason that says what was raised; empty where there is none."""
    return next(iter((reason or "").strip().splitlines()[-1:]), "")


def worst_of(result: CheckResult) -> Finding:
    """Return the worst finding of a result that has one."""
    return max(result.findings, key=lambda finding: finding.severity)  # the first of equals


def rank_of(result: CheckResult, nodeid: str = "") -> tuple[int, bool, int]:
    """Return a key that is least for what is worst, and among equals for what others may follow from.

    What a person's own test (``nodeid``) says is explained by what a check of ours says of the same artifact, never the other way
    round.
    """
    of_own_test = nodeid.partition("::")[0].endswith(".py")
    return (-max((f.severity for f in result.findings), default=-1), of_own_test, CATEGORIES.index(result.category))


def _failing(ranked: Sequence[CheckResult]) -> dict[Verdict, tuple[str, ...]]:
    """Return the names of the checks that are not fine, by how bad; a check may have several results of one artifact."""
    said: dict[str, Verdict] = {}
    for result in sorted(ranked, key=lambda result: VERDICTS.index(result.verdict)):
        if result.verdict != "ok":
            said.setdefault(result.check, result.verdict)
    return {verdict: names for verdict in VERDICTS if (names := tuple(n for n, v in said.items() if v == verdict))}
