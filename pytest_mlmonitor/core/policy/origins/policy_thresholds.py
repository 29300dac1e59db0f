"""Where the policy says what a finding was measured against."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.origins.key_lines import line_of
from pytest_mlmonitor.core.policy.places import ENV_PREFIX
from pytest_mlmonitor.core.policy.section import Section
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.core.threshold_origin import ThresholdOrigin

_COMMAND_LINE = "the command line"
_SCOPED = re.compile(r"(overrides\[\d+\]|source\.\w+) of .+", re.DOTALL)


def thresholds_of(finding: Finding, settings: Settings) -> Finding:
    """Return a finding with where the policy says its keys, beside what the rule itself said of a contract.

    Args:
        finding: as the rule said it.
        settings: the policy that holds for the artifact.
    """
    if not finding.keys or finding.severity < Severity.WARNING:
        return finding
    known = {threshold.key for threshold in finding.thresholds}
    found = [threshold_of(key, settings) for key in finding.keys if key not in known]
    return replace(finding, thresholds=(*finding.thresholds, *filter(None, found)))


def threshold_of(key: str, settings: Settings) -> ThresholdOrigin | None:
    """Return what a policy says under a dotted key, and who says it; None where there is no such key or no value."""
    value, default = _value(settings, key), _value(_defaults(), key)
    if value is None:
        return None
    said, written = settings.origin(key), _word(value)
    usual = _word(default) or None if default is not None else None
    if said == "default":
        return ThresholdOrigin("default", key, written, usual)
    if said == _COMMAND_LINE:
        return ThresholdOrigin("option", key, written, usual, _COMMAND_LINE)
    if said.startswith(ENV_PREFIX):
        return ThresholdOrigin("environment", key, written, usual, said)
    if settings.file is None:
        return ThresholdOrigin("file", key, written, usual, said)
    own = said.removeprefix(str(settings.file))
    if re.fullmatch(r":\d+", own):  # a declared source knows the lines of its keys
        return ThresholdOrigin("file", key, written, usual, shown(settings.file), int(own[1:]))
    scoped = _SCOPED.match(said)
    line = line_of(settings.file, key, scoped[1] if scoped is not None else "")
    return ThresholdOrigin("file", key, written, usual, shown(settings.file), line)


@cache
def _defaults() -> Settings:
    return Settings.model_construct()


def _value(settings: Any, key: str) -> Any:
    found = settings
    for part in key.split("."):
        found = found.get(part) if isinstance(found, dict) else getattr(found, part, None)
    return found


def _word(value: Any) -> str:
    if isinstance(value, Severity):
        return value.word
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}" if abs(value) < 1e6 else repr(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(_word, value))
    if isinstance(value, Section):
        return ", ".join(f"{name} = {_word(getattr(value, name))}" for name in sorted(value.model_fields_set))
    if isinstance(value, Path):
        return shown(value)
    if isinstance(value, dict):
        return ", ".join(f"{name} = {_word(one)}" for name, one in value.items())
    return str(value)
