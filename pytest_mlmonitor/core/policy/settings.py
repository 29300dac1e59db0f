"""The policy: every setting in one place.

``[tool.mlmonitor]`` of the project's pyproject.toml, or ``mlmonitor.toml`` beside it, is overridden by ``MLMONITOR_*``
environment variables (``__`` between levels), which are overridden by the command line (specification 4). Defaults are
the thresholds of specification 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    ModelWrapValidatorHandler,
    PrivateAttr,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.policy.places import ENV_PREFIX
from pytest_mlmonitor.core.policy.selectors import FORM, Selector
from pytest_mlmonitor.core.text import weekly
from pytest_mlmonitor.core.text.durations import DURATION, parse_duration

FailOn = Literal["warning", "error", "critical", "never"]


def _severity(value: object) -> object:
    return Severity.parse(value) if isinstance(value, str) else value


PositiveSeconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
CENTURY_SECONDS = 100 * 365.25 * 86400
Share = Annotated[float, Field(ge=0, le=1)]


class _Section(BaseModel):
    """Keys that belong together; ``false`` in the place of all of them switches the checks off that they are for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    _off: bool = PrivateAttr(default=False)

    @model_validator(mode="wrap")
    @classmethod
    def _or_false(cls, value: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(value, bool):
            return handler({})._switched(not value)
        if not isinstance(value, Mapping | cls):
            raise ValueError("expected a table of keys, or false")
        return handler(value)

    @cached_property  # asked before every check; pydantic looks private attributes up slowly
    def off(self) -> bool:
        """Whether the checks of this section are switched off."""
        return self._off

    def _switched(self, off: bool) -> Self:
        """Return this section, which nobody else holds yet, switched on or off."""
        self._off = off
        self.__dict__.pop("off", None)
        return self

    def under(self, narrower: Self) -> Self:
        """Return this section with the keys that a narrower scope sets; who says anything of a section wants its checks."""
        made = self.model_copy(update={key: getattr(narrower, key) for key in narrower.model_fields_set})
        return made._switched(narrower.off)


def _length(value: object) -> object:
    """Return a duration in seconds: text only, since a bare number does not say of what."""
    if isinstance(value, str):
        seconds = parse_duration(value)
        if not seconds:
            raise ValueError("expected a length of time greater than 0")
        return seconds
    if value is None:
        return None
    number = f"{value} has no unit: " if isinstance(value, int | float) and not isinstance(value, bool) else ""
    raise ValueError(f"{number}expected {DURATION}")


Duration = Annotated[float | None, BeforeValidator(_length)]


class FreshnessPolicy(_Section):
    """When a dataset is STALE (specification 2.2).

    Attributes:
        max_age_seconds: from this age on STALE is an error. Its default holds only where upstream itself says when it built
            the data: what is known from a name, a partition or a table's log has a limit only where somebody set one.
        error_after: the same limit, as a duration (``26h``).
        warn_after: from this age on STALE is a warning, as a duration; alone, STALE is never more than that.
    """

    max_age_seconds: PositiveSeconds = 1800.0
    error_after: Duration = None
    warn_after: Duration = None

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if self.error_after is not None:
            if "max_age_seconds" in self.model_fields_set and self.max_age_seconds != self.error_after:
                raise ValueError("error_after and max_age_seconds are two names of one limit: keep one")
            self.__dict__["max_age_seconds"] = self.error_after  # frozen from here on
        if self.warn_after is not None and self.limit is not None and self.warn_after >= self.limit:
            raise ValueError(f"warn_after = {self.warn_after:g} s is not before the error, after {self.limit:g} s")
        return self

    def under(self, narrower: Self) -> Self:
        """Return the limits with those of a narrower scope; ``warn_after`` of a wider one gives way to an earlier error."""
        made = super().under(narrower)
        if narrower.limit_said:
            update = {"max_age_seconds": narrower.max_age_seconds, "error_after": narrower.error_after}
            made = made.model_copy(update=update)
        if made.warn_after is not None and made.limit is not None and made.warn_after >= made.limit:
            made = made.model_copy(update={"warn_after": None})
        return made

    @property
    def said(self) -> bool:
        """Whether anybody set a limit."""
        return self.limit_said or self.warn_after is not None

    @property
    def limit_said(self) -> bool:
        """Whether anybody set the limit from which STALE is an error."""
        return "max_age_seconds" in self.model_fields_set or self.error_after is not None

    @property
    def limit(self) -> float | None:
        """Seconds from which STALE is an error; None where only ``warn_after`` was set."""
        return None if self.warn_after is not None and not self.limit_said else self.max_age_seconds


def freshness_keys(value: Any) -> Any:
    """Return ``freshness = "26h"`` as the keys that it stands for; anything else as it is."""
    return {"error_after": value} if isinstance(value, str) else value


def _freshness(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(f"{value} has no unit: expected {DURATION}, or freshness.max_age_seconds")
    return freshness_keys(value)


def limits_below(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a ``freshness`` section that hold beside another one's, which goes before it.

    ``error_after`` and ``max_age_seconds`` are one limit: where ``above`` sets either, neither of ``below`` is left.

    >>> limits_below({"error_after": "26h", "warn_after": "1h"}, {"max_age_seconds": 60})
    {'warn_after': '1h'}
    """
    set_above = any(above.get(key) is not None for key in ONE_LIMIT)
    return {key: value for key, value in below.items() if not (set_above and key in ONE_LIMIT)}


ONE_LIMIT = ("max_age_seconds", "error_after")
"""Two names of the limit from which STALE is an error."""


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


def _names(value: object) -> object:
    """Return the names of a variable as a list; the file has one already."""
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


class DriftPolicy(_Section):
    """Effect sizes from which a feature has drifted, and what it is compared with (specification 2.5).

    Attributes:
        ks: distance D from which a feature warns. A feature that is constant in the reference warns from this share of other
            values on, and fails from twice as many.
        correlation: change of a rank correlation with the target from which the concept has drifted.
        excluded: columns that are not compared.
        reference: what datasets are compared with, and nothing else: a dataset, ``name@version``, a family, or a path.
        against_training: what a feature that moved away from what the deployed model was trained on is at most.
    """

    psi_warning: NonNegative = 0.1
    psi_error: NonNegative = 0.2
    ks: Share = 0.1
    correlation: Annotated[float, Field(gt=0, le=2)] = 0.15
    share: Share = 0.5
    distances: bool = False
    reference: Annotated[str, Field(min_length=1)] | None = None
    against_training: Literal["warning", "error"] = "warning"
    excluded: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)] = ()


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


def _selector(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError(f"expected {FORM}")
    return Selector.parse(value)


def _day(value: object) -> object:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("expected a date such as 2026-12-31")
    return value


def _words(value: object) -> object:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("expected some words")
    return value.strip()


Selected = Annotated[InstanceOf[Selector], BeforeValidator(_selector)]


def _tables(value: object) -> object:
    if not isinstance(value, list | tuple):
        raise ValueError("expected a list of tables: each begins with its name in double brackets")
    return value


Words = Annotated[str, BeforeValidator(_words)]
Severities = dict[str, Annotated[Severity, BeforeValidator(_severity)]]


class Override(_Section):
    """What holds for some artifacts, in ``[[tool.mlmonitor.overrides]]``; what it leaves out is the wider scope's."""

    artifact: Selected
    freshness: Annotated[FreshnessPolicy, BeforeValidator(_freshness)] | None = None
    serving: ServingPolicy | None = None
    quality: QualityPolicy | None = None
    drift: DriftPolicy | None = None
    performance: PerformancePolicy | None = None
    promotion: PromotionPolicy | None = None
    severity: Severities = {}
    contract: Words | None = None
    entity: Words | None = None
    event_ts: Words | None = None
    target: Words | None = None
    owner: Words | None = None
    runbook: Words | None = None


class Accept(_Section):
    """Findings that somebody takes the responsibility for, in ``[[tool.mlmonitor.accept]]``: they are information.

    Attributes:
        artifact: which artifacts.
        check: the check's name.
        column: of which column only; the findings of every column without it.
        until: the last day (UTC) on which it holds, at most 366 days ahead.
        reason: why.
    """

    artifact: Selected
    check: Words
    column: Words | None = None
    until: Annotated[date, BeforeValidator(_day)]
    reason: Words

    def excuses(self, check: str, column: str | None) -> bool:
        """Return whether it is for a finding of a check, whatever the day is."""
        return check == self.check and self.column in (None, column)


class Settings(BaseSettings):
    """The policy in force; immutable.

    That of a run has ``overrides`` and every rule of ``accept``; the one that holds for an artifact (``context.settings``) has no
    overrides any more, and the rules that are for this artifact.
    """

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix=ENV_PREFIX, env_nested_delimiter="__", env_ignore_empty=True
    )

    artifacts: Annotated[tuple[Path, ...], NoDecode] = ()
    out: Path | None = None
    environment: Annotated[str, Field(min_length=1)] = "local"
    fail_on: FailOn = "error"
    clock_skew_seconds: NonNegative = 300.0
    freshness: Annotated[FreshnessPolicy, NoDecode, BeforeValidator(_freshness)] = FreshnessPolicy()
    serving: ServingPolicy = ServingPolicy()
    quality: QualityPolicy = QualityPolicy()
    drift: DriftPolicy = DriftPolicy()
    performance: PerformancePolicy = PerformancePolicy()
    promotion: PromotionPolicy = PromotionPolicy()
    plugins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)] = ()
    contracts: Annotated[ContractsPolicy, NoDecode, BeforeValidator(_contracts)] = ContractsPolicy()
    engine: Literal["embedded", "spark"] = "embedded"
    reader_memory_mib: Annotated[int, Field(ge=512)] = 4096
    state: Path | None = None
    superseded: Literal["warning", "full"] = "warning"
    versions: Annotated[int, Field(ge=2)] = 30
    severity: Severities = {}
    overrides: Annotated[tuple[Override, ...], BeforeValidator(_tables)] = ()
    accept: Annotated[tuple[Accept, ...], BeforeValidator(_tables)] = ()
    contract: Words | None = None
    entity: Words | None = None
    event_ts: Words | None = None
    target: Words | None = None
    owner: Words | None = None
    runbook: Words | None = None

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

    def written_in(self, file: Path | None, origins: Mapping[str, str] | None = None) -> Settings:
        """Return the same policy, written in ``file``; ``origins`` says who set its dotted keys."""
        known = self.model_copy()
        known._file = file
        known._origins = dict(origins or {})
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
