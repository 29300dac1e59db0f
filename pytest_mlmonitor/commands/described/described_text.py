"""What ``describe`` says as lines for people: a family at a time, its newest version in full."""

from __future__ import annotations

import json
import shlex
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_mlmonitor.commands.described.left_over_files import unclaimed_lines
from pytest_mlmonitor.commands.described.version_positions import family_key
from pytest_mlmonitor.core.text.names import bare, safe, shown
from pytest_mlmonitor.core.text.words import count, duration, listing

_INDENT = "  "
_WIDTH = 132
_LONGEST = 200
"""Characters of a value that are shown."""

_VERSIONS = 6
"""Versions that the head of a family names."""

_OLDER = 12
"""Older versions that have a line each."""

_AGES = ("freshness.max_age_seconds", "freshness.error_after", "freshness.warn_after")


def text_of(found: Sequence[dict[str, Any]], others: Iterable[Mapping[str, Any]], more: int) -> Iterator[str]:
    """Yield the lines of artifacts and of files that are none's.

    Args:
        found: what is known of each artifact, versions in order.
        others: what is known of other files.
        more: how many more of those there are.
    """
    families: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for one in found:
        families.setdefault(family_key(one), []).append(one)
    for family in families.values():
        yield from family_lines(sorted(family, key=lambda one: one["position"]))
    yield from default_lines(found)
    yield from unclaimed_lines(others, more)


def nothing_here(path: Path) -> str:
    """Return what to do with a directory in which nothing was found."""
    place = shlex.quote(shown(path))
    return (
        f"nothing is below {shown(path)}: no known format, and no source of the policy matches a file there. Next: "
        f"`mlmonitor init {place}` writes sources for what lies there"
    )


def family_lines(family: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of the versions of one thing, the newest last."""
    newest = family[-1]
    taken = f"source.{newest['source']}" if newest["source"] else f"adapter {newest['adapter']}"
    name = newest["family"] or newest["name"]
    yield f"{newest['kind']}  {safe(name)}  ({taken})"
    if len(family) > 1:
        versions = [safe(str(one["version"] or one["name"])) for one in family]
        shown = versions if len(versions) <= _VERSIONS else [versions[0], "…", *versions[-3:]]
        yield f"{_INDENT}{'versions':<10}{count(len(family), 'version')}: {', '.join(shown)} (ordered by {newest['ordered_by']})"
    yield from _artifact_lines(newest)
    older = family[-2::-1]
    for one in older[:_OLDER]:
        yield _older_line(one, newest)
    if len(older) > _OLDER:
        yield f"{_INDENT}{'older':<10}{count(len(older) - _OLDER, 'version')} more (--json lists them)"


def _artifact_lines(one: Mapping[str, Any]) -> Iterator[str]:
    if one["version"] or one["name"] != one["family"]:
        version = f", version {safe(str(one['version']))}" if one["version"] else ""
        yield f"{_INDENT}{'newest' if one['family'] else 'name':<10}{safe(one['name'])}{version}"
    files = one["files"]
    more = f" and {one['file_count'] - 3:,} more" if one["file_count"] > 3 else ""
    yield f"{_INDENT}{'files':<10}{', '.join(files[:3])}{more}"
    if one["built"] is not None:
        yield f"{_INDENT}{'built_at':<10}{_built_words(one)}"
    for key, value in {**one["contract"], **({"metrics": one["metrics"]} if one["metrics"] else {})}.items():
        if key == "built_at" and one["built"] is not None:
            continue
        origin = one["fields"].get(key)
        said = f"  <{origin['from']}>" if origin is not None else ""
        yield f"{_INDENT}{safe(key)} = {_value(value)}{said}"
    for key, said in one["fields"].items():
        if key not in one["contract"]:
            value = "" if said["value"] is None else f" = {_value(said['value'])}"
            yield f"{_INDENT}{safe(key)}{value}  <{said['from']}>"
    for link in one["links"]:
        yield f"{_INDENT}{'link':<10}{_link_words(link)}"
    yield from _policy_lines(one["policy"])
    for rule in one["accepted"]:
        column = f", column {safe(rule['column'])}" if rule["column"] is not None else ""
        yield f"{_INDENT}accepted until {rule['until']}: {rule['check']}{column}: {rule['reason']}  <{rule['origin']}>"
    for warning in one["warnings"]:
        yield f"{_INDENT}warning: {warning}"


def _older_line(one: Mapping[str, Any], newest: Mapping[str, Any]) -> str:
    words = [f"{count(one['file_count'], 'file')}: {listing(one['files'], 1)}"]
    if one["built"] is not None:
        words.append(f"built {one['built']['at']} ({one['built']['origin']})")
    other = [
        f"{key} = {_value(said['value'])} <{said['origin']}>"
        for key, said in one["policy"].items()
        if newest["policy"].get(key) != said
    ]
    words += other[:5]
    if one["warnings"]:
        words.append(f"{count(len(one['warnings']), 'warning')}: {one['warnings'][0]}")
    return f"{_INDENT}{'older':<10}{safe(str(one['version'] or one['name']))}: {'; '.join(words)}"


def _built_words(one: Mapping[str, Any]) -> str:
    built, policy = one["built"], one["policy"]
    span = built["at"] if built["at"] == built["until"] else f"{built['at']} .. {built['until']}"
    origin = f"{built['origin']} {built['text']}".strip()
    limits = []
    for key, word in zip(_AGES, ("allowed", "allowed", "warned from"), strict=True):
        said = policy.get(key)
        if said is not None and isinstance(said["value"], int | float) and not isinstance(said["value"], bool):
            text = f"{word} {duration(said['value'])} <{said['origin']}>"
            if text not in limits:
                limits.append(text)
    limit = f", {', '.join(limits)}" if limits else ", no limit is set: say freshness"
    if policy.get("freshness", {}).get("value") is False:
        limit = f", not judged: freshness = false <{policy['freshness']['origin']}>"
    return f"{span} ({origin}); age {duration(built['age_seconds'])}{limit}"


def _link_words(link: Mapping[str, Any]) -> str:
    said = f"{link['kind']} {bare(str(link['name'] or '?'))}"
    said += f"@{bare(str(link['version']))}" if link["version"] is not None else ""
    by = f" by {link['by']}" if link["by"] else ""
    to = f" -> {listing(link['to'], 2)}" if link["to"] else ""
    return f"{link['role']} {said}: {link['state'].replace('_', ' ')}{by}{to}"


def _policy_lines(policy: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield a line for every key that somebody set, and how many are at their defaults: those are listed once, at the end."""
    defaults = 0
    for key, said in policy.items():
        if said["origin"] == "default":
            defaults += 1
        else:
            yield f"{_INDENT}{safe(key)} = {_value(said['value'])}  <{said['origin']}>"
    if defaults:
        yield f"{_INDENT}{count(defaults, 'key')} of the policy at {'its' if defaults == 1 else 'their'} <default>, below"


def default_lines(found: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the keys of the policy that are at their defaults for some artifact, section by section."""
    sections: dict[str, dict[str, str]] = {}
    for one in found:
        for key, said in one["policy"].items():
            if said["origin"] == "default":
                section, _, name = key.rpartition(".")
                sections.setdefault(section or key, {})[name] = _value(said["value"])
    for section, keys in sections.items():
        said = ", ".join(f"{name} = {value}" for name, value in keys.items())
        yield from textwrap.wrap(
            f"<default> {safe(section)}: {said}", _WIDTH, subsequent_indent=_INDENT * 2, break_on_hyphens=False
        )


def _value(value: Any) -> str:
    text = safe(json.dumps(value, default=str, ensure_ascii=False))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters; --json has them all)"
