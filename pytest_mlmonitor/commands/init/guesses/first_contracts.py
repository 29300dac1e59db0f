"""A first contract of a family: what is inferred of its versions, with what several of them say of rows and of copies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from pytest_mlmonitor.commands.init.guesses.table_looks import FamilyLook
from pytest_mlmonitor.commands.init.shapes.source_draft import VersionFiles
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.tables.inference.draft import DraftTable
from pytest_mlmonitor.tables.inference.infer import Roles, inferred_table
from pytest_mlmonitor.tables.inference.share_limits import FEW_BUILDS, SURE, limit_unseen
from pytest_mlmonitor.tables.inference.write import write_odcs
from pytest_mlmonitor.tables.odcs.written.yaml_flow import scalar

STEADY = 1.35
"""Versions of which the longest has at most so many times the rows of the shortest have a usual length."""

LEAST = 0.6
"""The share of the shortest version that the next one has at least, where they have a usual length: half a day is less."""

WEEK = timedelta(days=7)
"""Versions that cover less say nothing of the days that they lack: fewer rows are a warning then."""

RANGES = ("minimum", "maximum", "minLength", "maxLength")


def contract_text(look: FamilyLook, target: str | None, partitions: Sequence[str]) -> str:
    """Return the contract of a family, as YAML.

    Args:
        look: what was seen of it.
        target: what models learn from.
        partitions: columns that are written in the names of directories.
    """
    draft = inferred_table(look.builds, look.family, Roles(target))
    _without_partitions(draft, partitions)
    if len(look.builds) < FEW_BUILDS:
        _ranges_as_comments(draft, len(look.builds))
    _rows(draft, look)
    if not draft.key:
        _copies(draft, look)
    names = [version.text or "/".join(version.files[-1]) for version in look.versions]
    rows = sum(build.rows for build in look.builds)
    of = names[0] if len(names) == 1 else f"{count(len(names), 'version')} ({names[0]} … {names[-1]})"
    return write_odcs(draft, f"{of}, {count(rows, 'row')}, by mlmonitor init")


def _without_partitions(draft: DraftTable, partitions: Sequence[str]) -> None:
    """Say of a column that stands in names of directories only that it is there: tomorrow it has another value."""
    for column in draft.columns:
        if column.name in partitions:
            column.rules = [rule for rule in column.rules if rule.get("metric") != "invalidValues"]
            column.options = {key: value for key, value in column.options.items() if key not in RANGES}


def _ranges_as_comments(draft: DraftTable, builds: int) -> None:
    """Write ranges, which one or two versions say too little of, as comments."""
    for column in draft.columns:
        ranges = {key: value for key, value in column.options.items() if key in RANGES}
        if ranges:
            column.options = {key: value for key, value in column.options.items() if key not in RANGES}
            written = ", ".join(f"{key}: {scalar(value)}" for key, value in ranges.items())
            column.hints.append(f"logicalTypeOptions: {{{written}}} # by {count(builds, 'version')} only")


def _rows(draft: DraftTable, look: FamilyLook) -> None:
    """Say how many rows there are at least, where several versions have about as many."""
    rows = [build.rows for build in look.builds]
    if len(rows) < FEW_BUILDS or min(rows) * STEADY < max(rows) or min(rows) < 2:
        return
    least = int(min(rows) * LEAST)
    rule = {"metric": "rowCount", "mustBeGreaterOrEqualTo": least}
    if _covered(look.versions) >= WEEK:
        draft.min_rows = least
    else:
        draft.rules.append({**rule, "severity": "warning"})


def _covered(versions: Sequence[VersionFiles]) -> timedelta:
    starts = [version.start for version in versions if version.start is not None]
    ends = [version.end for version in versions if version.end is not None]
    return max(ends) - min(starts) if starts and ends else timedelta(0)


def _copies(draft: DraftTable, look: FamilyLook) -> None:
    """Say that rows are not repeated, where there is no key and no two rows were alike in what has no nulls."""
    rows = sum(build.rows for build in look.builds)
    if look.distinct and rows >= SURE:
        rule = {"metric": "duplicateValues", "arguments": {"properties": list(look.distinct)}}
        limit = limit_unseen(rows, len(look.builds))
        draft.rules.append({**rule, "mustBeLessOrEqualTo": limit, "unit": "percent"})
