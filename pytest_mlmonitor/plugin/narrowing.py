"""Which checks of which artifacts the positional arguments ask for, and whether this run leaves anything out."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.check import Check
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.judge import NodeIds
from pytest_mlmonitor.plugin.given_options import given
from pytest_mlmonitor.plugin.options import NARROWING
from pytest_mlmonitor.plugin.run_plan import RunPlan, Selection

_Asked = tuple[int, tuple[str, ...]]
"""The number of an argument, and the names that stand after its ``::``."""


class Narrowing:
    """The positional arguments inside the roots, looked up by anchor and first name: thousands of pasted ids stay cheap.

    Attributes:
        matched: the numbers of the arguments that asked for any check so far.
    """

    def __init__(
        self, selections: Sequence[Selection], platform: Artifacts, base: Path, *, whole: bool = False
    ) -> None:
        """Without ``selections`` everything is wanted.

        Args:
            selections: the arguments.
            platform: what there is.
            base: what ids are relative to.
            whole: whether the arguments leave nothing out of the roots, so that what lies outside of them (the policy and the
                contracts that it names) is wanted as well.
        """
        self._selections = selections
        self._roots = platform.roots if whole else None
        self._kinds = platform.kinds
        self._ids = NodeIds(platform, base)
        self._indexes: dict[tuple[str, Path], dict[str, list[_Asked]]] = {}
        self.matched: set[int] = set()

    def wanted(self, ref: ArtifactRef, checks: list[Check]) -> list[Check]:
        """Return those of ``checks`` that are asked for of ``ref``."""
        if not self._selections or (self._roots is not None and not any(map(ref.path.is_relative_to, self._roots))):
            return checks
        names: set[str] = set()
        for i, parts in self._asked(ref, checks):
            found = [check.name for check in checks if not parts or (check.name,) == parts]
            if found:
                self.matched.add(i)
                names.update(found)
        return [check for check in checks if check.name in names]

    def of_older(
        self, subjects: Iterable[tuple[ArtifactRef, Any, list[Check]]]
    ) -> Iterator[tuple[ArtifactRef, Any, list[Check]]]:
        """Yield the checks of old versions that are asked for by arguments which ask for nothing else."""
        unmatched = set(range(len(self._selections))) - self.matched
        for ref, artifact, checks in subjects if unmatched else ():
            if any(i in unmatched for i, _ in self._asked(ref, checks)) and (found := self.wanted(ref, checks)):
                yield ref, artifact, found

    def _asked(self, ref: ArtifactRef, checks: list[Check]) -> Iterator[_Asked]:
        """Yield the arguments that may speak of ``ref``, with the names after that of the artifact itself."""
        index = self._index(ref)
        yield from index.get("", ())
        own = self._ids.name(ref)
        if own:
            for i, parts in index.get(own, ()):
                yield i, parts[1:]
        for check in checks:
            if check.name != own:
                yield from index.get(check.name, ())

    def _index(self, ref: ArtifactRef) -> dict[str, list[_Asked]]:
        """Return the arguments that cover the anchor of ``ref`` by their first name, ``""`` for those without."""
        key = (ref.kind, ref.path)
        if key not in self._indexes:
            index: dict[str, list[_Asked]] = {}
            for i, selection in enumerate(self._selections):
                if self._kinds[ref.kind].covers(selection.path, ref):
                    index.setdefault(selection.parts[0] if selection.parts else "", []).append((i, selection.parts))
            self._indexes[key] = index
        return self._indexes[key]


def left_out(config: pytest.Config, plan: RunPlan) -> tuple[bool, list[str]]:
    """Return whether whoever started this run narrowed it, and what the project's own configuration always selects.

    Narrowing is what this command line or ``PYTEST_ADDOPTS`` says: a part of a platform that is left out today and judged
    tomorrow. What stands in the project's ``addopts`` holds for every run.
    """
    mine = given(config)
    own = {*mine.file_or_dir, *mine.mlmonitor}
    paths = [selection.text for selection in plan.narrowed] if plan.automatic else plan.rest if plan.roots else []
    parted = not plan.automatic or any(selection.parts for selection in plan.narrowed) or _leave_out(plan)
    narrowed = any("::" in text for text in own) or (parted and any(text in own for text in paths))
    narrowed |= bool(plan.passed_over and mine.mlmonitor)
    ids = set(config.option.mlmonitor)
    selection = [f"{'--mlmonitor=' * (text in ids)}{shlex.quote(text)}" for text in paths if text not in own]
    if plan.passed_over and not mine.mlmonitor:
        selection += (f"--mlmonitor={shlex.quote(root)}" for root in plan.shown)
    for name, option in NARROWING.items():
        now, here = getattr(mine, name, None), getattr(config.option, name, None)
        narrowed |= bool(now)
        selection += _written(
            option, here[: len(here) - len(now or ())] if isinstance(here, list) else not now and here
        )
    return narrowed, selection


def _written(option: str, value: Any) -> Iterator[str]:
    """Yield an option as it is written on a command line, once a value."""
    if isinstance(value, list):
        for one in value:
            yield from _written(option, one)
    elif value:
        yield option if value is True else f"{option} {shlex.quote(str(value))}"


def _leave_out(plan: RunPlan) -> bool:
    """Return whether the paths that were named leave anything of a root out: ``artifacts/*`` does not."""
    named = {selection.path for selection in plan.narrowed}
    if not named:
        return False
    above = {parent for path in named for parent in path.parents}

    def covered(place: Path) -> bool:
        if place in named:
            return True
        return place in above and all(covered(one) for one in place.iterdir() if not one.name.startswith("."))

    try:
        return not all(covered(root) for root in plan.roots)
    except OSError:  # it cannot be listed, or went away
        return True
