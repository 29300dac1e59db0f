"""The versions of a family in order, and what puts them in order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.sources.sourced import Sourced
from pytest_mlmonitor.kinds import Platform

OrderedEntry = tuple[ArtifactRef, Any, dict[str, Any]]
"""An artifact and what is known of it."""


def put_in_order(platform: Platform, entries: Sequence[OrderedEntry]) -> None:
    """Note of each entry its place among the versions of its family (``position``, from 1), and by what (``ordered_by``)."""
    families: dict[tuple[Any, ...], list[OrderedEntry]] = {}
    for entry in entries:
        families.setdefault(family_key(entry[2]), []).append(entry)
    for family in families.values():
        by = _put(platform, family)
        for position, (_, _, facts) in enumerate(family, 1):
            facts.update(position=position, of=len(family), ordered_by=by if len(family) > 1 else None)


def family_key(facts: dict[str, Any]) -> tuple[Any, ...]:
    """Return what the versions of one thing have in common; an artifact without a family is one by itself."""
    if facts["family"] is None:
        return (facts["kind"], facts["path"], facts["name"], None)
    # A run's own directory is called like the run.
    place = facts["source"] or facts["path"].rpartition("/")[0].removesuffix(f"/{facts['name']}")
    return (facts["kind"], place, facts["family"])


def _put(platform: Platform, family: list[OrderedEntry]) -> str:
    """Sort a family, and return by what."""
    values: list[Any] = [platform.kinds[ref.kind].order(artifact) for ref, artifact, _ in family]
    form = next((by for ref, _, _ in family if (by := _by_form(platform.found_as.get(ref))) is not None), None)
    if all(value is not None for value in values):
        try:
            places = sorted(range(len(family)), key=lambda i: values[i])
        except TypeError:  # versions of different forms
            places = []
        if places:
            family[:] = [family[i] for i in places]
            return form or "time"
    family.sort(key=lambda entry: _natural(str(entry[2]["version"] or entry[2]["name"])))
    return form or "name, since not every version says when it was built"


def _by_form(sourced: Sourced | None) -> str | None:
    if sourced is None or sourced.version is None or sourced.version.form is None:
        return None
    form = sourced.version.form
    return "time" if "%" in form or form.startswith("epoch") else {"int": "number", "semver": "semver"}.get(form)


def _natural(text: str) -> list[tuple[int, int, str]]:
    """Return what sorts v9 before v10."""
    parts = re.findall(r"[0-9]{1,18}|[^0-9]+|[0-9]+", text)
    return [(0, int(part), "") if part.isdecimal() and len(part) < 19 else (1, 0, part) for part in parts]
