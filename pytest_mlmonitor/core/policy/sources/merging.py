"""What several places say of the policy as one: each key from the place that goes before the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_mlmonitor.core.kind import SECTIONS
from pytest_mlmonitor.core.policy.age_policy import freshness_keys, limits_below


def over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return the policy of two sources as they are written, key by key; ``above`` goes before ``below``.

    >>> over({"freshness": "26h", "environment": "test"}, {"freshness": {"warn_after": "12h"}})
    {'freshness': {'error_after': '26h', 'warn_after': '12h'}, 'environment': 'test'}
    """
    sources = [dict(below), dict(above)]
    for source in sources:
        if "freshness" in source:
            source["freshness"] = freshness_keys(source["freshness"])
    sections = [source.get("freshness") for source in sources]
    if isinstance(sections[0], Mapping) and isinstance(sections[1], Mapping):
        sources[0]["freshness"] = limits_below(sections[0], sections[1])
    for (
        name
    ) in SECTIONS:  # who says anything of a section that is switched off below switches it on, and keeps its keys
        if isinstance(sources[0].get(name), bool) and isinstance(sources[1].get(name), Mapping):
            del sources[0][name]
        elif sources[1].get(name) is True and isinstance(sources[0].get(name), Mapping):
            del sources[1][name]
    return _merged(*sources)


def leaves(values: Mapping[str, Any]) -> Iterator[list[str]]:
    """Yield the path of every value that is no table."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from ([key, *path] for path in leaves(value))
        else:
            yield [key]


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        if isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = _merged(merged[key], value)
        elif not (isinstance(value, Mapping) and key in merged):  # a scalar where a section belongs stays wrong
            merged[key] = value
    return merged
