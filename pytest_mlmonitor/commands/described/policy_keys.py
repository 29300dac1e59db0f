"""What ``describe`` says of the policy: every key that holds for an artifact, and who set it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.policy.scopes import PLAIN, place_of
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.kinds import Platform


def policy_of(platform: Platform, ref: ArtifactRef, artifact: Any) -> dict[str, Any]:
    """Return the dotted keys of the policy that hold for an artifact, each with its value and its origin.

    Returns:
        By key ``{"value": ..., "origin": ...}``. An origin is ``default``, a file (with the section, ``overrides[0] of FILE``),
        a variable, the command line, or ``contract NAME``. A section that is switched off is one key with the value false;
        ``contract`` lists the contracts in force, with where they come from.
    """
    settings = platform.settings_of(ref, artifact)
    found = {
        key: {"value": value, "origin": safe(settings.origin(key))} for key, value in _keys(platform, ref, settings)
    }
    for key, value, who in platform.kinds[ref.kind].limits(artifact, platform):
        if key in found or "." not in key:  # of a section that is switched off nothing holds
            found[key] = {"value": value, "origin": safe(who)}
    return found


def accepted_of(platform: Platform, ref: ArtifactRef, artifact: Any) -> list[dict[str, Any]]:
    """Return the accept rules that are for an artifact."""
    rules = platform.settings.accept
    return [
        {
            "check": rules[i].check,
            "column": rules[i].column,
            "until": rules[i].until.isoformat(),
            "reason": safe(rules[i].reason),
            "origin": safe(place_of(platform.settings, i, "accept")),
        }
        for i in platform.scopes.accept_of(platform.identity(ref, artifact))
    ]


def _keys(platform: Platform, ref: ArtifactRef, settings: Settings) -> Iterator[tuple[str, Any]]:
    for name in platform.kinds[ref.kind].sections:
        section = getattr(settings, name)
        if section.off:
            yield name, False
            continue
        for key in type(section).model_fields:
            yield f"{name}.{key}", _plain(getattr(section, key))
    own = {check.name for check in platform.checks or () if check.kind == ref.kind}
    for check, severity in sorted(settings.severity.items()):
        if check in own:
            yield f"severity.{check}", severity.word
    for name in PLAIN:
        value = getattr(settings, name)
        if value is not None and (name != "versions" or settings.origin(name) != "default"):
            yield name, safe(value) if isinstance(value, str) else value


def _plain(value: Any) -> Any:
    if isinstance(value, Severity):
        return value.word
    return list(value) if isinstance(value, tuple) else value
