"""The whole path without pytest: which checks concern which artifact, their results, the record, the exit status.

pytest drives the same parts: it selects with :func:`chosen`, names with :class:`NodeIds`, and adds what a person's own tests say.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.check import Check, checks_of, run_check
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.names import label, url_of

NOTHING_JUDGED = 5
"""Exit status where there is no artifact, no data, or no check was asked for (specification 5)."""


def judge(
    platform: Artifacts,
    checks: Sequence[Check] | None = None,
    base: Path | None = None,
    *,
    only: Container[ArtifactRef] | None = None,
) -> RunRecord:
    """Judge every artifact by every check that concerns it.

    Args:
        platform: what was read.
        checks: by default those of the platform: of its kinds, and what the policy's ``plugins`` add.
        base: what node ids are relative to; the current directory by default.
        only: artifacts, where not all are judged; the others are still there to be compared with.

    Returns:
        The record of the run: results with the node ids that pytest gives them when it is started in ``base``.
    """
    start = time.monotonic()
    names = NodeIds(platform, base or Path.cwd())
    wanted = checks if checks is not None else platform.checks
    if wanted is None:
        wanted = [check for kind in platform.kinds.values() for check in checks_of(kind)]
    record = RunRecord(
        platform.now,
        platform.settings.environment,
        unclaimed=platform.unclaimed,
        older=list(platform.older),
        policy_file=platform.settings.file,
        settings_of=platform.settings_of,
        fails=lambda _, result: platform.settings.fails_run(result),
    )
    for ref, artifact, concerned in chosen(platform, wanted):
        if only is not None and ref not in only:
            continue
        context = platform.context(ref)
        record.results += [
            (f"{names.of(ref)}::{check.name}", run_check(check, artifact, context, ref)) for check in concerned
        ]
    record.sort()
    record.exit_status = exit_status((result for _, result in record.results), platform.settings)
    if record.exit_status in (0, 1) and nothing_judged(platform, record.exit_status):
        record.exit_status = NOTHING_JUDGED
    record.duration_seconds = time.monotonic() - start
    return record


def chosen(
    platform: Artifacts, checks: Iterable[Check], *, older: bool = False
) -> Iterator[tuple[ArtifactRef, Any, list[Check]]]:
    """Yield every artifact that is judged with the checks that make sense for it, in order; with ``older`` those that are not."""
    by_kind: dict[str, list[Check]] = {}
    for check in checks:
        by_kind.setdefault(check.kind, []).append(check)
    listed = platform.older
    for ref, artifact in platform.artifacts:
        if (ref in listed) is not older:
            continue
        context = platform.context(ref)
        concerned = [check for check in by_kind.get(ref.kind, ()) if check.concerns(artifact, context)]
        if concerned:
            yield ref, artifact, concerned


def is_red(result: CheckResult, settings: Settings) -> bool:
    """Return whether a result turns a run red: a check that could not run, or a finding that fails under the policy."""
    return result.status == "error" or settings.fails_run(result)


def exit_status(results: Iterable[CheckResult], settings: Settings) -> int:
    """Return the exit status of specification 5: 0 all well, 1 a finding that fails under the policy, 5 nothing judged."""
    status = NOTHING_JUDGED
    for result in results:
        if is_red(result, settings):
            return 1
        status = 0
    return status


def nothing_judged(platform: Artifacts, status: int) -> bool:
    """Return whether a run is no verdict on any data, for it judged none (specification 5).

    Where data lie that nothing judged, or a contract cannot be read, a failure stays one: it says what is to be done.

    Args:
        platform: what was read.
        status: 0 or 1, by the results.
    """
    if platform.judges_data():
        return False
    legible = all(getattr(artifact, "legible", True) for _, artifact in platform.artifacts)
    return status == 0 or (legible and not platform.leaves_data())


class NodeIds:
    """The node ids of artifacts: relative to a directory, every part of a path as a label."""

    def __init__(self, platform: Artifacts, base: Path) -> None:
        self._kinds = platform.kinds
        self._base = base
        self._anchors: dict[Path, str] = {}
        self._held = Counter((ref.kind, ref.path) for ref, _ in platform.artifacts)

    def anchor(self, path: Path) -> str:
        """Return the id of an anchor; made once for all artifacts of it."""
        if path not in self._anchors:
            url = url_of(path)
            if url is not None:
                scheme, _, inside = url.partition("://")
                self._anchors[path] = f"{scheme}://{'/'.join(map(_label, inside.split('/')))}"
                return self._anchors[path]
            parts = os.path.relpath(path, self._base).split(os.sep)
            self._anchors[path] = "/".join(map(_label, parts))
        return self._anchors[path]

    def name(self, ref: ArtifactRef) -> str:
        """Return what tells artifacts of one anchor apart, empty where an anchor holds one."""
        several = self._kinds[ref.kind].named or self._held[ref.kind, ref.path] > 1
        return label(ref.name) if several else ""

    def of(self, ref: ArtifactRef) -> str:
        """Return the node id of an artifact."""
        name = self.name(ref)
        return f"{self.anchor(ref.path)}::{name}" if name else self.anchor(ref.path)


def _label(part: str) -> str:
    return part if part in ("", "..") else label(part)
