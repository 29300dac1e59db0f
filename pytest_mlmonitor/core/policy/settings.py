"""The policy: every setting in one place.

``[tool.mlmonitor]`` of the project's pyproject.toml, or ``mlmonitor.toml`` beside it, is overridden by ``MLMONITOR_*``
environment variables (``__`` between levels), which are overridden by the command line (specification 4). Defaults are
the thresholds of specification 2.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.policy.places import ENV_PREFIX
from pytest_mlmonitor.core.text import weekly

FailOn = Literal["warning", "error", "critical", "never"]


def _severity(value: object) -> object:
    return Severity.parse(value) if isinstance(value, str) else value


PositiveSeconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
CENTURY_SECONDS = 100 * 365.25 * 86400
Share = Annotated[float, Field(ge=0, le=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FreshnessPolicy(_Section):
    """When a dataset is STALE (specification 2.2)."""

    max_age_seconds: PositiveSeconds = 1800.0


def _one_or_more(value: object) -> object:
    return [part.strip() for part in value.split(";")] if isinstance(value, str) else value


def _hours(value: tuple[str, ...]) -> tuple[str, ...]:
    weekly.spans(value)  # a bad one is said now, not in the middle of a run
    return value


class ServingPolicy(_Section):
    """Thresholds of serving health, all strictly greater-than (specification 2.3), and what may be judged beyond them.

    Attributes:
        rate_windows: failure and rejection rate are of the last so many starts of windows; None for the latest window.
        expected_traffic: hours of the week, UTC (:func:`pytest_mlmonitor.core.text.weekly.spans`); always when there are none.
        per_endpoint: also judge every endpoint by its own latest window.
        slo_target_pct: share of requests that do not fail, in percent. Below 94 even a total outage would burn the budget
            less than 14.4 times as fast as it lasts, the higher of the two rates that alert.
        busy_requests: a gap between two windows with at least so many requests each has lost windows.
    """

    latency_p95_ms: NonNegative = 500.0
    latency_p99_ms: NonNegative = 1000.0
    failure_rate_pct: NonNegative = 5.0
    rejection_rate_pct: NonNegative = 5.0
    expected_window_seconds: Annotated[float, Field(ge=0.001, le=CENTURY_SECONDS)] = 60.0
    max_allowed_gap_factor: PositiveSeconds = 2.0
    max_missing_windows: Annotated[int, Field(ge=0)] = 3
    max_gap_minutes: NonNegative = 5.0
    max_staleness_minutes: NonNegative = 10.0
    lookback_seconds: Annotated[float, Field(gt=0, le=CENTURY_SECONDS)] | None = None
    rate_windows: Annotated[int, Field(ge=1)] | None = None
    expected_traffic: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_one_or_more), AfterValidator(_hours)] = ()
    per_endpoint: bool = False
    slo_target_pct: Annotated[float, Field(ge=94, lt=100)] | None = None
    busy_requests: Annotated[int, Field(ge=1)] | None = None


class QualityPolicy(_Section):
    """Rates that are no contract (specifications 1.1 and 2.4); defaults where no contract speaks."""

    positive_rate_min: Share = 0.01
    positive_rate_max: Share = 0.50
    null_rate_warning: Share = 0.05
    null_rate_error: Share = 0.15
    out_of_range_rate: Share = 0.10
    unknown_category_rate: Share = 0.05
    duplicate_rate: Share = 0.01
    outlier_z: PositiveSeconds = 3.0
    outlier_rate: Share = 0.05
    min_rows: Annotated[int, Field(ge=0)] = 10
    row_count_change: NonNegative = 0.50
    mean_confidence_min: Share = 0.55


class DriftPolicy(_Section):
    """Effect sizes from which a feature has drifted (specification 2.5)."""

    psi_warning: NonNegative = 0.1
    psi_error: NonNegative = 0.2
    ks: Share = 0.1
    correlation: Annotated[float, Field(gt=0, le=2)] = 0.15
    share: Share = 0.5
    distances: bool = False


class PromotionPolicy(_Section):
    """The gate of a promotion (specification 2.6): limits of the model itself, and its lead over the champion.

    Attributes:
        metric: what champion and challenger are compared by.
        min_improvement: in units of the metric, towards its better side; below 0 a challenger may be that much worse.
    """

    metric: Annotated[str, Field(min_length=1)] = "rmse"
    min_improvement: Annotated[float, Field(allow_inf_nan=False)] = 0.001
    max_rmse: NonNegative | None = None
    max_mae: NonNegative | None = None
    min_r2: Annotated[float, Field(le=1, allow_inf_nan=False)] | None = None
    min_accuracy: Share | None = None
    min_roc_auc: Share | None = None


class PerformancePolicy(_Section):
    """How much worse than its training report a model may be where labels exist."""

    max_drop: Share = 0.05
    max_ece: Share = 0.10
    max_rmse_rise: NonNegative = 0.10


class ContractsPolicy(_Section):
    """Where dataset contracts are written.

    Attributes:
        files: ODCS files, and directories that hold some.
        bound: by dataset or family: an ODCS file, or ``package.module:attribute`` of a pandera schema.
    """

    files: tuple[Path, ...] = ()
    bound: dict[str, Annotated[str, Field(min_length=1)]] = {}


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


def _names(value: object) -> object:
    """Return the names of a variable as a list; the file has one already."""
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


class Settings(BaseSettings):
    """The policy in force; immutable."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix=ENV_PREFIX, env_nested_delimiter="__", env_ignore_empty=True
    )

    artifacts: Annotated[tuple[Path, ...], NoDecode] = ()
    out: Path | None = None
    environment: Annotated[str, Field(min_length=1)] = "local"
    fail_on: FailOn = "error"
    clock_skew_seconds: NonNegative = 300.0
    freshness: FreshnessPolicy = FreshnessPolicy()
    serving: ServingPolicy = ServingPolicy()
    quality: QualityPolicy = QualityPolicy()
    drift: DriftPolicy = DriftPolicy()
    performance: PerformancePolicy = PerformancePolicy()
    promotion: PromotionPolicy = PromotionPolicy()
    plugins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)] = ()
    contracts: Annotated[ContractsPolicy, NoDecode, BeforeValidator(_contracts)] = ContractsPolicy()
    engine: Literal["embedded", "spark"] = "embedded"
    state: Path | None = None
    severity: dict[str, Annotated[Severity, BeforeValidator(_severity)]] = {}

    _file: Path | None = PrivateAttr(default=None)

    @property
    def file(self) -> Path | None:
        """Where the policy is written, None without a file."""
        return self._file

    def written_in(self, file: Path | None) -> Settings:
        """Return the same policy, written in ``file``."""
        known = self.model_copy()
        known._file = file
        return known

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 (the signature is pydantic-settings')
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing is read behind the caller's back: ``core.policy.load`` merges the sources and knows who said what."""
        return (init_settings,)

    def fails(self, severity: Severity) -> bool:
        """Return whether a finding of ``severity`` fails the run under ``fail_on``."""
        return self.fail_on != "never" and severity >= Severity.parse(self.fail_on)
