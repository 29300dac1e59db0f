"""The data that flows from an artifact directory to a verdict.

    discover -> ArtifactRef -> read -> Dataset | TrainingRun | Deployment | ... -> Check -> Finding -> CheckResult

Everything here is a frozen dataclass of plain values. Nothing in this module reads a file, knows a rule or imports a
library, so every other layer may use it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

Kind = str
"""An artifact kind: one of the five of the specification, or one that a plugin added."""

Status = Literal["pass", "fail", "error", "not_checked"]
"""Outcome of one check: ``error`` means that the check could not run, never that the artifact is wrong."""

Verdict = Literal["ok", "warned", "failed", "error"]
"""What is said of a whole artifact: the worst of its results."""

UNKNOWN = "unknown"
"""The word upstream adapters put where a link field was never emitted (specification 1.2)."""


class Severity(enum.IntEnum):
    """Consequence of a finding, independent of whether the check could run; ordered, so that ``max`` is the worst."""

    INFO = 0
    WARNING = 1
    ERROR = 2
    CRITICAL = 3

    @property
    def word(self) -> str:
        """The lower-case word used in policies, results and reports."""
        return self.name.lower()

    @classmethod
    def parse(cls, word: str) -> Severity:
        """Return the severity called ``word``.

        Raises:
            ValueError: ``word`` is none of info, warning, error, critical.
        """
        try:
            return cls[word.upper()]
        except KeyError:
            raise ValueError(f"{word!r} is not a severity: info, warning, error or critical") from None


@dataclass(frozen=True, order=True)
class ArtifactRef:
    """An artifact that was found and not yet read.

    Attributes:
        kind: the artifact kind, e.g. ``dataset``.
        path: absolute path of the anchor: a manifest file, or the metrics directory of a serving tree.
        name: what tells artifacts of one anchor apart (a deployment id); otherwise a readable name.
        root: absolute path of the artifact root it was found under; nothing outside it is ever opened.
    """

    kind: Kind
    path: Path
    name: str
    root: Path


@dataclass(frozen=True)
class Finding:
    """One broken expectation.

    Attributes:
        severity: its consequence.
        message: one line that says what is wrong, readable without the other fields.
        expected: what the contract or policy asks for.
        actual: what was there.
        column: the field, column or dotted path concerned.
        location: ``file`` or ``file:line``.
    """

    severity: Severity
    message: str
    expected: str | None = None
    actual: str | None = None
    column: str | None = None
    location: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain JSON values."""
        return {
            "severity": self.severity.word,
            "message": self.message,
            "expected": self.expected,
            "actual": self.actual,
            "column": self.column,
            "location": self.location,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Finding:
        """Rebuild a finding from :meth:`to_dict`."""
        return cls(**{**data, "severity": Severity.parse(data["severity"])})


@dataclass(frozen=True)
class Figure:
    """One number that a check measured, whether or not it is wrong: what a metrics system is to follow.

    Attributes:
        name: what was measured: ``null_rate``, ``psi``, ``ks``, ``chi2``, ``accuracy``, ``failure_rate``, ….
        column: of which column; of which model, where a model or its deployment was measured.
        value: finite.
    """

    name: str
    column: str
    value: float


@dataclass(frozen=True)
class CheckResult:
    """What one check said of one artifact: the only thing outputs consume.

    Attributes:
        check: the check's stable name.
        category: contract, reconcile, freshness, quality, drift, health, performance or lineage.
        ref: the artifact judged.
        status: see :data:`Status`.
        findings: every broken expectation, worst first; a passing result may carry ``info`` findings.
        reason: why it is ``not_checked``, or the traceback of an ``error``.
        duration_seconds: wall time of the check.
        figures: what it measured.
    """

    check: str
    category: str
    ref: ArtifactRef
    status: Status
    findings: tuple[Finding, ...] = ()
    reason: str | None = None
    duration_seconds: float = 0.0
    figures: tuple[Figure, ...] = ()

    @property
    def severity(self) -> Severity | None:
        """The worst finding's severity, or None without findings."""
        return max((f.severity for f in self.findings), default=None)

    @property
    def verdict(self) -> Verdict:
        """This result's contribution to the artifact's verdict."""
        if self.status == "error":
            return "error"
        if self.status != "fail":
            return "ok"
        return "warned" if self.severity == Severity.WARNING else "failed"

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain JSON values (it crosses process borders in this form)."""
        return {
            "check": self.check,
            "category": self.category,
            "kind": self.ref.kind,
            "artifact": self.ref.name,
            "path": str(self.ref.path),
            "root": str(self.ref.root),
            "status": self.status,
            "severity": self.severity.word if self.severity is not None else None,
            "findings": [f.to_dict() for f in self.findings],
            "reason": self.reason,
            "duration_seconds": self.duration_seconds,
            "figures": [[f.name, f.column, f.value] for f in self.figures],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CheckResult:
        """Rebuild a result from :meth:`to_dict`."""
        return cls(
            check=data["check"],
            category=data["category"],
            ref=ArtifactRef(data["kind"], Path(data["path"]), data["artifact"], Path(data["root"])),
            status=data["status"],
            findings=tuple(Finding.from_dict(f) for f in data["findings"]),
            reason=data["reason"],
            duration_seconds=data["duration_seconds"],
            figures=tuple(Figure(*figure) for figure in data.get("figures", ())),
        )


class Links(Protocol):
    """What an artifact may ask about the other artifacts of the same run (all roots together are one platform)."""

    now: datetime

    @property
    def settings(self) -> object:
        """The policy in force."""

    def of_kind(self, kind: Kind) -> Sequence[Any]:
        """Return every readable artifact of ``kind``, sorted."""

    def holds(self, kind: Kind) -> bool:
        """Return whether the roots hold any artifact of ``kind``, readable or not."""


@dataclass(frozen=True, repr=False)
class Artifact:
    """What every read artifact has.

    Attributes:
        ref: where it was found.
        platform: the other artifacts, the evaluation time and the policy.
        unreadable: findings of bytes that are no document at all (encoding, JSON, missing file).
        violations: findings of documents that break their contract.
    """

    ref: ArtifactRef
    platform: Links = field(repr=False, compare=False)
    unreadable: tuple[Finding, ...] = ()
    violations: tuple[Finding, ...] = ()

    @property
    def legible(self) -> bool:
        """Whether enough could be read to judge it; what could not be read is reported either way."""
        return not self.unreadable

    def __str__(self) -> str:
        return self.ref.name

    def __repr__(self) -> str:
        """Short: pytest prints the arguments of a failing test."""
        return f"<{type(self).__name__} {self.ref.name!r}>"


@dataclass(frozen=True, repr=False)
class Dataset(Artifact):
    """A training dataset: a parquet file and what its sidecar or its embedded metadata say of it.

    Fields hold what could be read; None where upstream broke its contract (the violation is among the findings).

    Attributes:
        dataset_name, dataset_version, path, built_at, row_count, feature_count, target, entity, event_ts,
            schema_version: the ten fields of specification 1.1, ``built_at`` in UTC.
        sidecar: the JSON document, or None for a dataset that carries its metadata in the parquet schema.
        document: the sidecar's top-level object as it stands, None where it could not be parsed.
        data_path: absolute path of the parquet file, None when it does not exist or may not be opened.
        described: whether metadata says what it is; a parquet file that only a data contract speaks of has none.
        embedded: key/value metadata of the parquet schema by the seven contract keys, None when there is none or the
            file could not be opened.
    """

    dataset_name: str | None = None
    dataset_version: str | None = None
    path: str | None = None
    built_at: datetime | None = None
    row_count: int | None = None
    feature_count: int | None = None
    target: str | None = None
    entity: str | None = None
    event_ts: str | None = None
    schema_version: str | None = None
    sidecar: Path | None = None
    document: Mapping[str, Any] | None = None
    data_path: Path | None = None
    embedded: Mapping[str, str] | None = None
    described: bool = True


@dataclass(frozen=True, repr=False)
class TrainingRun(Artifact):
    """A training run: a bundle directory or a flat ``training_metadata.json``.

    Attributes:
        run_id, model_name, model_version, input_dataset_name, input_dataset_version, artifact_path: after the mapping
            of specification 1.2; :data:`~pytest_mlmonitor.model.UNKNOWN` where a fallback was used.
        started_at, completed_at: UTC; equal to ``created_at`` where upstream gave no times.
        created_at: when the bundle was written, None for flat metadata.
        metrics: ``rmse`` and ``mae`` and every other finite metric; a missing one is missing, never 0.0.
        fallbacks: one warning per fallback used, each naming the field that upstream should emit.
        timed: whether started_at and completed_at were emitted (a duration exists).
        emitted: the times that upstream really gave, by field name.
        bundle: whether it is a bundle directory.
        document: ``metadata.json`` or ``training_metadata.json`` as it stands.
        files: size in bytes of every file of the bundle by relative path; model files are never opened.
    """

    run_id: str | None = None
    model_name: str | None = None
    model_version: str | None = None
    input_dataset_name: str | None = None
    input_dataset_version: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    created_at: datetime | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    artifact_path: str | None = None
    fallbacks: tuple[Finding, ...] = ()
    timed: bool = False
    emitted: Mapping[str, datetime] = field(default_factory=dict)
    bundle: bool = False
    document: Mapping[str, Any] | None = None
    files: Mapping[str, int] = field(default_factory=dict)

    @property
    def legible(self) -> bool:
        """A bundle whose metrics cannot be read is still the run that a deployment names."""
        return self.document is not None


@dataclass(frozen=True, slots=True)
class ServingWindow:
    """One metrics window of one endpoint: the fields of specification 1.3, times in UTC, latencies in milliseconds.

    ``location`` is the ``file:line`` it came from.
    """

    window_start: datetime
    window_end: datetime
    heartbeat_emitted_at: datetime
    service_name: str
    service_version: str
    environment: str
    deployment_id: str
    model_name: str
    model_version: str
    bundle_id: str
    input_dataset_name: str
    input_dataset_version: str
    endpoint_name: str
    request_count: int
    success_count: int
    failure_count: int
    rejected_count: int
    timeout_count: int
    validation_error_count: int
    feature_lookup_error_count: int
    model_load_error_count: int
    inference_runtime_error_count: int
    dependency_error_count: int
    internal_error_count: int
    input_schema_failure_count: int
    missing_required_field_count: int
    invalid_type_count: int
    domain_violation_count: int
    prediction_count: int
    prediction_null_count: int
    prediction_non_finite_count: int
    prediction_out_of_range_count: int
    fallback_prediction_count: int
    latency_p50_ms: float
    latency_p95_ms: float
    latency_p99_ms: float
    schema_version: str
    location: str
    feature_lookup_p95_ms: float | None = None
    model_exec_p95_ms: float | None = None
    missing_feature_count: int | None = None
    default_imputed_feature_count: int | None = None
    stale_feature_count: int | None = None
    feature_vector_build_failure_count: int | None = None

    @property
    def bundle_run_id(self) -> str:
        """The run that the bundle's path names: its last segment (specification 2.7)."""
        return self.bundle_id.rstrip("/").rsplit("/", 1)[-1]

    @property
    def key(self) -> tuple[str, str, datetime, datetime]:
        """What makes a window the same window (specification 1.3)."""
        return (self.deployment_id, self.endpoint_name, self.window_start, self.window_end)


@dataclass(frozen=True, slots=True)
class DeploymentEvent:
    """One activation, drain or rollback of a deployment: the fields of specification 1.3, times in UTC."""

    event_type: str
    event_time: datetime
    service_name: str
    service_version: str
    environment: str
    deployment_id: str
    model_name: str
    model_version: str
    bundle_id: str
    bundle_uri: str
    bundle_created_at: datetime
    input_dataset_name: str
    input_dataset_version: str
    started_at: datetime
    completed_at: datetime
    activation_reason: str
    traffic_status: str
    schema_version: str
    location: str
    instance_id: str | None = None

    @property
    def bundle_run_id(self) -> str:
        """The run that the bundle's path names: its last segment (specification 2.7)."""
        return self.bundle_id.rstrip("/").rsplit("/", 1)[-1]


@dataclass(frozen=True, repr=False)
class Deployment(Artifact):
    """The windows and events of one deployment_id in one serving tree.

    Attributes:
        windows: without duplicates, sorted by window_start, then read order. Those of a tree are not held: their number is
            known, and going through them reads the files again.
        history: what checks need to know of them (:class:`pytest_mlmonitor.read.serving_history.ServingHistory`), None for a
            deployment made by hand.
        events: sorted by event_time.
        misplaced: findings of records that stand in another file than their time says.
        duplicates: findings of records that share a key.
        rewritten: findings of files that changed after an earlier run had read them.
        metrics_dir, events_dir: where its records belong, whether or not the directories exist.
    """

    windows: Sequence[ServingWindow] = ()
    events: tuple[DeploymentEvent, ...] = ()
    misplaced: tuple[Finding, ...] = ()
    duplicates: tuple[Finding, ...] = ()
    rewritten: tuple[Finding, ...] = ()
    metrics_dir: Path | None = None
    events_dir: Path | None = None
    history: Any = None

    @property
    def legible(self) -> bool:
        """A refused line does not hide the others."""
        return bool(self.windows or self.events)


@dataclass(frozen=True, repr=False)
class TrainingReport(Artifact):
    """The trainer's own ``metrics_YYYYMMDD_HHMMSS.json`` (specification 1.4).

    Attributes:
        run_timestamp: as written, local time of the trainer.
        document: the top-level object as it stands.
        input_path: absolute path of the dataset it names, None when that may not be opened or does not exist.
    """

    run_timestamp: str | None = None
    document: Mapping[str, Any] | None = None
    input_path: Path | None = None


@dataclass(frozen=True, repr=False)
class Predictions(Artifact):
    """A predictions file: the trainer's test predictions, or a prediction log of another platform.

    Attributes:
        data_path: absolute path of the file.
        log: True for a prediction log (request id, predicted class, confidence, model version).
        stamp: ``YYYYMMDD_HHMMSS`` of the training report it belongs to, None for a log.
    """

    data_path: Path | None = None
    log: bool = False
    stamp: str | None = None


@dataclass(frozen=True, repr=False)
class ContractFile(Artifact):
    """A dataset contract that somebody wrote beside the data, or that the policy names (ODCS).

    Attributes:
        contract: what it says (:class:`pytest_mlmonitor.contracts.odcs.DataContract`), None when it could not be read.
        declared: whether the policy names it; otherwise it speaks of the datasets of its own root only.
        bound_to: the dataset or family that the policy binds it to by name, None for one that names its datasets itself.
    """

    contract: Any = None
    declared: bool = False
    bound_to: str | None = None


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version of a model as a registry describes it; what it does not say is None or missing.

    Attributes:
        model_name: None where the registry holds one unnamed model.
        version: as written, numbers as text.
        stage: the word it uses: ``production``, ``staging``, ``archived``, ….
        production: whether the entry itself says that it is in production.
        run_id: the training run it came from.
        metrics: finite numbers by lower-case name; a missing one is missing, never 0.0.
        paths: what it names, by field: data, never opened.
        times: UTC, by field.
        forced: whether somebody promoted it past its gate on purpose.
        location: ``file`` or ``file:line``.
    """

    model_name: str | None = None
    version: str | None = None
    stage: str | None = None
    production: bool = False
    run_id: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    times: Mapping[str, datetime] = field(default_factory=dict)
    forced: bool = False
    location: str = ""


@dataclass(frozen=True, repr=False)
class ModelRegistry(Artifact):
    """A document of a file-based model registry.

    Attributes:
        layout: ``registry`` (``model_registry.json``), ``production`` (``production_model.json``: which version serves) or
            ``version`` (``train_meta_v*.json``: how one version was trained).
        versions: in the order of the document; exactly one unless it is a ``registry``.
        pointers: (model name or None, version) of every place that names a version in production apart from its entry.
        file_version: what the name of a ``version`` document says.
        document: the top-level object as it stands.
    """

    layout: Literal["registry", "production", "version"] = "registry"
    versions: tuple[ModelVersion, ...] = ()
    pointers: tuple[tuple[str | None, str], ...] = ()
    file_version: str | None = None
    document: Mapping[str, Any] | None = None


def worst_verdict(verdicts: Iterator[Verdict]) -> Verdict:
    """Return the worst of ``verdicts``, ``ok`` for none."""
    order: tuple[Verdict, ...] = ("ok", "warned", "failed", "error")
    return max(verdicts, key=order.index, default="ok")
