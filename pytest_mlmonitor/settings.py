"""The policy: every setting in one place.

``[tool.mlmonitor]`` of the project's pyproject.toml, or ``mlmonitor.toml`` beside it, is overridden by ``MLMONITOR_*``
environment variables (``__`` between levels), which are overridden by the command line (specification 4). Defaults are
the thresholds of specification 2.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from pytest_mlmonitor.model import Severity
from pytest_mlmonitor.policy import ENV_PREFIX, PolicyError, policy_table, roots_of_environment

FailOn = Literal["warning", "error", "critical", "never"]


def _severity(value: object) -> object:
    return Severity.parse(value) if isinstance(value, str) else value


PositiveSeconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FreshnessPolicy(_Section):
    """When a dataset is STALE (specification 2.2)."""

    max_age_seconds: PositiveSeconds = 1800.0


class ServingPolicy(_Section):
    """Thresholds of serving health; all are strictly greater-than (specification 2.3)."""

    latency_p95_ms: NonNegative = 500.0
    latency_p99_ms: NonNegative = 1000.0
    failure_rate_pct: NonNegative = 5.0
    rejection_rate_pct: NonNegative = 5.0
    expected_window_seconds: PositiveSeconds = 60.0
    max_allowed_gap_factor: PositiveSeconds = 2.0
    max_missing_windows: Annotated[int, Field(ge=0)] = 3
    max_gap_minutes: NonNegative = 5.0
    max_staleness_minutes: NonNegative = 10.0
    lookback_seconds: PositiveSeconds | None = None


class QualityPolicy(_Section):
    """Rates that are no contract (specification 1.1): the positive rate of a binary target."""

    positive_rate_min: Share = 0.01
    positive_rate_max: Share = 0.50


class Settings(BaseSettings):
    """The policy in force; immutable."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix=ENV_PREFIX, env_nested_delimiter="__", env_ignore_empty=True
    )

    artifacts: tuple[Path, ...] = ()
    out: Path | None = None
    environment: Annotated[str, Field(min_length=1)] = "local"
    fail_on: FailOn = "error"
    clock_skew_seconds: NonNegative = 300.0
    freshness: FreshnessPolicy = FreshnessPolicy()
    serving: ServingPolicy = ServingPolicy()
    quality: QualityPolicy = QualityPolicy()
    severity: dict[str, Annotated[Severity, BeforeValidator(_severity)]] = {}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing is read behind the caller's back: :func:`load` merges the sources itself."""
        return (init_settings,)

    def fails(self, severity: Severity) -> bool:
        """Return whether a finding of ``severity`` fails the run under ``fail_on``."""
        return self.fail_on != "never" and severity >= Severity.parse(self.fail_on)


def load(
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """Return the policy from ``file``, then ``environ`` (default: the process's), then ``overrides`` (command line).

    Raises:
        PolicyError: an unknown key or a bad value anywhere.
    """
    merged: dict[str, Any] = {}
    origins: dict[tuple[str, ...], str] = {}
    _merge(merged, origins, policy_table(file) if file else {}, str(file))
    for name, path, value in _environment(os.environ if environ is None else environ):
        nested: dict[str, Any] = {path[-1]: value}
        for key in reversed(path[:-1]):
            nested = {key: nested}
        _merge(merged, origins, nested, name)
    _merge(merged, origins, dict(overrides or {}), "the command line")
    try:
        return Settings(**merged)
    except ValidationError as error:
        raise PolicyError("; ".join(_explain(merged, origins, problem) for problem in error.errors())) from None


def check_names(settings: Settings, known: Iterable[str]) -> None:
    """Refuse a ``severity.<check>`` that names no check.

    Raises:
        PolicyError: naming the key and the checks there are.
    """
    names = sorted(set(known))
    for name in settings.severity:
        if name not in names:
            raise PolicyError(f"severity.{name}: there is no check of that name; allowed: {', '.join(names)}")


def _environment(environ: Mapping[str, str]) -> list[tuple[str, list[str], Any]]:
    found: list[tuple[str, list[str], Any]] = []
    for name in sorted(environ):
        if name.startswith(ENV_PREFIX) and environ[name] != "":
            path = name.removeprefix(ENV_PREFIX).lower().split("__")
            value: Any = environ[name]
            if path == ["artifacts"]:
                value = roots_of_environment(environ)
            elif path == ["out"]:
                value = os.path.abspath(value)
            found.append((name, path, value))
    return found


def _merge(
    into: dict[str, Any],
    origins: dict[tuple[str, ...], str],
    new: Mapping[str, Any],
    origin: str,
    at: tuple[str, ...] = (),
) -> None:
    for key, value in new.items():
        origins[(*at, key)] = origin
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], origins, value, origin, (*at, key))
        elif isinstance(value, dict):
            into[key] = {}
            _merge(into[key], origins, value, origin, (*at, key))
        else:
            into[key] = value


def _explain(merged: Mapping[str, Any], origins: Mapping[tuple[str, ...], str], problem: Mapping[str, Any]) -> str:
    location = tuple(str(part) for part in problem["loc"])
    origin = next((origins[location[:n]] for n in range(len(location), 0, -1) if location[:n] in origins), "defaults")
    key = ".".join(location)
    if problem["type"] == "extra_forbidden":
        section: Any = Settings
        for part in location[:-1]:
            section = section.model_fields[part].annotation
        return f"unknown key {key} = {problem['input']!r} in {origin}; allowed: {', '.join(sorted(section.model_fields))}"
    allowed = problem["msg"].removeprefix("Value error, ")
    return f"{key} = {problem['input']!r} in {origin}: {allowed[0].lower()}{allowed[1:]}"
