"""The policy: every setting in one place.

``[tool.mlmonitor]`` of the project's pyproject.toml, or ``mlmonitor.toml`` beside it, is overridden by ``MLMONITOR_*``
environment variables (``__`` between levels), which are overridden by the command line (specification 4). Defaults are
the thresholds of specification 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.policy.age_policy import FreshnessKeys, FreshnessPolicy
from pytest_mlmonitor.core.policy.artifact_entries import Accept, Override, Severities, Words
from pytest_mlmonitor.core.policy.outlets.alerts_policy import AlertsPolicy
from pytest_mlmonitor.core.policy.outlets.api_policy import ApiPolicy
from pytest_mlmonitor.core.policy.outlets.lineage_policy import LineagePolicy
from pytest_mlmonitor.core.policy.outlets.metrics_policy import MetricsPolicy
from pytest_mlmonitor.core.policy.outlets.prometheus_policy import PrometheusPolicy
from pytest_mlmonitor.core.policy.outlets.retrain_policy import RetrainPolicy
from pytest_mlmonitor.core.policy.outlets.secret_names import SwitchOrUrl, VariableName
from pytest_mlmonitor.core.policy.places import is_url
from pytest_mlmonitor.core.policy.section import AsWritten, NonNegative, Section, in_order_with_defaults, names_listed
from pytest_mlmonitor.core.policy.sources.source_keys import Source
from pytest_mlmonitor.core.policy.thresholds import (
    DriftPolicy,
    PerformancePolicy,
    PromotionPolicy,
    QualityPolicy,
    ServingPolicy,
)
from pytest_mlmonitor.core.result import CheckResult

FailOn = Literal["warning", "error", "critical", "never"]


class ContractsPolicy(Section):
    """Where dataset contracts are written.

    Attributes:
        files: ODCS files, and directories that hold some.
        bound: by dataset or family: an ODCS file, or ``package.module:attribute`` of a pandera schema.
    """

    files: tuple[Path, ...] = ()
    bound: dict[str, Annotated[str, Field(min_length=1)]] = Field(default_factory=dict)


def _contracts(value: object) -> object:
    """Accept what people write: a path, a list of paths, or a table of names."""
    if isinstance(value, str):
        return {"files": [value]}
    if isinstance(value, list | tuple):
        return {"files": list(value)}
    if isinstance(value, dict):
        return value if set(value) <= {"files", "bound"} else {"bound": value}
    if isinstance(value, ContractsPolicy):
        return value
    raise ValueError("expected a path, a list of paths, or a table: dataset = file or package.module:attribute")


def _rebased(value: dict[str, str]) -> dict[str, str]:
    for foreign, own in value.items():
        if not (foreign.startswith(("/", "\\\\")) or is_url(foreign) or foreign[1:3] in (":\\", ":/")):
            raise ValueError(
                f"{foreign!r} is no absolute path and no URL: expected where paths of other machines begin"
            )
        parts = own.split("/")
        if not own or parts[0] == "" or ".." in parts or is_url(own):
            raise ValueError(f"{own!r} for {foreign!r}: expected a path below a root, such as '.' or 'data/raw'")
    return value


def _file(value: object) -> object:
    if isinstance(value, str) and "://" in value:
        raise ValueError(
            "expected the path of a file: a database is named by the variable that holds its URL, such as "
            'store_env = "MLMONITOR_STORE_URL"'
        )
    return value


def _tables(value: object) -> object:
    if not isinstance(value, list | tuple):
        raise ValueError("expected a list of tables: each begins with its name in double brackets")
    return value


class Settings(BaseModel):
    """The policy in force; immutable.

    That of a run has ``overrides`` and every rule of ``accept``; the one that holds for an artifact (``context.settings``) has no
    overrides any more, and the rules that are for this artifact.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        validate_default=True,
        hide_input_in_errors=True,  # it may be a secret that was written where its name belongs
    )

    artifacts: Annotated[tuple[Path, ...], AsWritten] = ()
    out: Path | None = None
    junit_properties: bool = True
    environment: Annotated[str, Field(min_length=1)] = "local"
    fail_on: FailOn = "error"
    clock_skew_seconds: NonNegative = 300.0
    freshness: Annotated[FreshnessKeys, AsWritten] = FreshnessPolicy()
    serving: ServingPolicy = ServingPolicy()
    quality: Annotated[QualityPolicy, AfterValidator(in_order_with_defaults)] = QualityPolicy()
    drift: Annotated[DriftPolicy, AfterValidator(in_order_with_defaults)] = DriftPolicy()
    performance: PerformancePolicy = PerformancePolicy()
    promotion: PromotionPolicy = PromotionPolicy()
    plugins: Annotated[tuple[str, ...], AsWritten, BeforeValidator(names_listed)] = ()
    contracts: Annotated[ContractsPolicy, AsWritten, BeforeValidator(_contracts)] = ContractsPolicy()
    engine: Literal["embedded", "spark"] = "embedded"
    reader_memory_mib: Annotated[int, Field(ge=512)] = 4096
    remote_max_gib: Annotated[float, Field(gt=0)] = 50.0
    state: Path | None = None
    state_verify: Literal["stat", "digest"] = "stat"
    store: Annotated[Path | None, BeforeValidator(_file)] = None
    store_env: VariableName | None = None
    store_retention_days: Annotated[int, Field(ge=1, le=36_500)] = 90
    metrics: MetricsPolicy = MetricsPolicy()
    prometheus: PrometheusPolicy = PrometheusPolicy()
    alerts: AlertsPolicy = AlertsPolicy()
    retrain: RetrainPolicy = RetrainPolicy()
    lineage: LineagePolicy = LineagePolicy()
    traces: SwitchOrUrl = False
    api: ApiPolicy = ApiPolicy()
    superseded: Literal["warning", "full"] = "warning"
    versions: Annotated[int, Field(ge=2)] = 30
    severity: Severities = {}
    source: dict[str, Source] = Field(default_factory=dict)
    preset: dict[str, dict[str, Any]] = Field(default_factory=dict)
    rebase: Annotated[dict[str, str], AfterValidator(_rebased)] = Field(default_factory=dict)
    overrides: Annotated[tuple[Override, ...], BeforeValidator(_tables)] = ()
    accept: Annotated[tuple[Accept, ...], BeforeValidator(_tables)] = ()
    contract: Words | None = None
    entity: Words | None = None
    event_ts: Words | None = None
    target: Words | None = None
    owner: Words | None = None
    runbook: Words | None = None
    contact: Words | None = None

    _file: Path | None = PrivateAttr(default=None)
    _origins: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @property
    def file(self) -> Path | None:
        """Where the policy is written, None without a file."""
        return self._file

    @property
    def origins(self) -> Mapping[str, str]:
        """Who set the dotted keys that are no defaults."""
        return self._origins

    def origin(self, key: str) -> str:
        """Return who set a dotted key: ``default``, a file with the section, a variable, the command line."""
        return self._origins.get(key, "default")

    def place(self, key: str) -> str:
        """Return where a dotted key that somebody set stands, for messages; the policy where nothing more is known."""
        return self._origins.get(key) or str(self._file or "the policy")

    def written_in(self, file: Path | None, origins: Mapping[str, str] | None = None) -> Settings:
        """Return the same policy, written in ``file``; ``origins`` says who set its dotted keys."""
        known = self.model_copy()
        known._file = file
        known._origins = dict(origins or {})
        return known

    def fails(self, severity: Severity) -> bool:
        """Return whether a finding of ``severity`` fails the run under ``fail_on``."""
        return self.fail_on != "never" and severity >= Severity.parse(self.fail_on)

    def fails_run(self, result: CheckResult) -> bool:
        """Return whether what a check found fails the run; that one could not run is another matter."""
        return result.status == "fail" and self.fails(result.severity or Severity.INFO)
