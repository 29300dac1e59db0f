"""Which artifacts are known when definitions are loaded: those of the last run, else those that lie below the roots."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.files.walk import DiscoveryLimit
from pytest_mlmonitor.core.judge import chosen
from pytest_mlmonitor.core.policy.places import PolicyError, is_url
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.integrations.dagster.judged_families import (
    ALLOWED_AGE,
    WARNED_AGE,
    FamilyName,
    JudgedFamilies,
)
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.outputs.results import ResultsError, read_results

_log = logging.getLogger(__name__)


@dataclass(frozen=True, order=True)
class KnownFamily:
    """A family that has an asset of its own.

    Attributes:
        kind: its kind.
        name: what its versions have in common.
        categories: in which something is said of it, sorted.
        fail_after: age in seconds from which it is STALE, None without a limit.
        warn_after: age in seconds from which it is warned of, None without a limit.
    """

    kind: str
    name: str
    categories: tuple[str, ...]
    fail_after: float | None = None
    warn_after: float | None = None

    @property
    def family(self) -> FamilyName:
        """Kind and name."""
        return self.kind, self.name


def known_families(out: Path | None, settings: Settings | None) -> list[KnownFamily]:
    """Return the families of the last run that came to a verdict, else those that lie below the roots of the policy.

    No table and no serving window is judged for it. Where neither can be had none is known: the run says why.

    Args:
        out: where a run writes, None where that is a temporary directory.
        settings: the policy, None where it cannot be used.
    """
    if out is not None and (out / "results.json").is_file():
        try:
            return sorted(_of_results(JudgedFamilies(read_results(out / "results.json"))))
        except ResultsError as error:
            _log.info("the artifacts of the last run are not known: %s", error)
    if settings is None:
        return []
    try:
        return sorted(_of_roots(settings))
    except (PolicyError, DiscoveryLimit, OSError) as error:
        _log.warning("what lies below the roots is not known before the first run: %s", safe(str(error)))
        return []


def _of_results(judged: JudgedFamilies) -> Iterable[KnownFamily]:
    for family, versions in judged.versions.items():
        categories = tuple(sorted(judged.categories(family)))
        newest = judged.newest(family) or versions[0]
        measures = [one for result in newest.results for one in result.get("measures", ())]
        warned = (one["limit"] for one in measures if WARNED_AGE in one["keys"])
        yield KnownFamily(*family, categories, newest.figure(ALLOWED_AGE), next(warned, None))


def _of_roots(settings: Settings) -> Iterable[KnownFamily]:
    """Yield what lies below local roots; a copy of a bucket is made by runs only."""
    roots = [Path(root) for root in settings.artifacts if not is_url(str(root))]
    with closing(Platform.of_policy([root for root in roots if root.is_dir()], settings)) as platform:
        checks = platform.checks or ()
        found: dict[FamilyName, set[str]] = {}
        limits: dict[FamilyName, float] = {}
        for ref, artifact, concerned in chosen(platform, checks):
            family = (ref.kind, safe(platform.kinds[ref.kind].title(artifact)[0] or ref.name))
            found.setdefault(family, set()).update(check.category for check in concerned)
            for check in concerned:
                if check.name == check.category == "freshness":  # from documents and names alone
                    said = run_check(check, artifact, platform.context(ref), ref)
                    limits.update((family, one.value) for one in said.figures if one.name == ALLOWED_AGE)
        for family, categories in found.items():
            yield KnownFamily(*family, tuple(sorted(categories)), limits.get(family))
