"""When versions of a registry took production, and which one served before: from whatever times the registry gives."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion
from pytest_mlmonitor.registries.registry_words import LIVE, PROMOTED, SERVED

_PROMOTED = (
    *("promoted_at", "promoted_on", "promotion_date", "promotion_time", "promotion_timestamp", "production_at"),
    *("deployed_at", "activated_at", "in_production_since", "champion_since", "production_since"),
)
_RESTORED = ("restored_at", "rollback_at")
_RECORDED = ("recorded_at", "registered_at", "registration_timestamp")
_CHANGED = ("last_updated_timestamp", "last_updated_at", "updated_at", "stage_changed_at", "last_transition_at")
_CREATED = (
    *("created_at", "creation_timestamp", "creation_time", "trained_at", "trained_on", "training_date", "timestamp"),
    *("create_time", "version_create_time", "completed_at", "evaluated_at", "date", "time"),
)
_ENDED = ("archived_at", "retired_at", "replaced_at", "demoted_at", "superseded_at", "deprecated_at")

KEYS = (*_PROMOTED, *_RESTORED, *_RECORDED, *_CHANGED, *_CREATED, *_ENDED)
"""All fields that are looked at."""

_ONE_CHANGE = timedelta(minutes=1)
"""Within which a registry writes the two sides of one change."""

TIMES = "promoted_at, recorded_at, restored_at, a history of stages, …"
"""What to write, for people."""


@dataclass(frozen=True)
class Tenure:
    """How a version came to production.

    Attributes:
        assumed: whether nothing says that the version before ever served but that it is archived now.
        since: when it took production for the first time; None where nothing says.
        by: the field that says so.
        before: the version that served until then; None where there was none, or none is known.
        kind: ``first`` when no version came before it, ``unknown`` when the order of the versions is not known, ``restored``
            when only the time is known at which it came back, else ``after``.
    """

    since: datetime | None
    by: str | None
    before: ModelVersion | None
    kind: Literal["first", "after", "unknown", "restored"]
    assumed: bool = False


@dataclass
class _Group:
    """The versions of one model in one environment.

    Attributes:
        versions: all of them.
        starts: the times at which those that served, or may have, took production, the oldest first.
        dated, undated: those that served, or may have, with and without such a time.
        staged: whether any has a stage.
        live: how many are in production.
    """

    versions: list[ModelVersion] = field(default_factory=list)
    starts: list[tuple[datetime, ModelVersion]] = field(default_factory=list)
    dated: list[ModelVersion] = field(default_factory=list)
    undated: list[ModelVersion] = field(default_factory=list)
    staged: bool = False
    live: int = 0


class Tenures:
    """The versions of a registry in the order in which they took production."""

    def __init__(
        self, registry: ModelRegistry, production: Sequence[ModelVersion], beside: Sequence[ModelRegistry]
    ) -> None:
        """Index a registry.

        Args:
            registry: the registry.
            production: its versions in production.
            beside: the documents that say which version is.
        """
        self._live = {id(version) for version in production}
        self._best_flagged = registry.best_flagged
        self._said: dict[int, datetime] = {}
        for document in beside:
            for said in document.versions:
                moment = next((said.times[key] for key in _PROMOTED if key in said.times), None)
                for version in production if moment is not None and not said.rollback else ():
                    if said.version is None or version.called(said.version):
                        self._said[id(version)] = moment  # type: ignore[assignment]
        if registry.promoted_at is not None and len(production) == 1 and id(production[0]) not in self._said:
            rolled_back = any(said.rollback for document in beside for said in document.versions)
            if not rolled_back and not any(key in production[0].times for key in _RESTORED):
                self._said[id(production[0])] = registry.promoted_at
        self._groups: dict[tuple[str | None, str | None], _Group] = {}
        for version in registry.versions:
            group = self._groups.setdefault((version.model_name, version.environment), _Group())
            group.versions.append(version)
            group.staged = group.staged or version.stage is not None
            group.live += id(version) in self._live
            if self._candidate(version):
                starts = self._served_from(version)
                group.starts += ((moment, version) for moment in starts)
                (group.dated if starts else group.undated).append(version)
        for group in self._groups.values():
            group.starts.sort(key=_moment)

    def of(self, version: ModelVersion) -> Tenure:
        """Return how a version in production came there."""
        group = self._groups[version.model_name, version.environment]
        since, by = self._first(version)
        undated = any(other is not version for other in group.undated[:2])
        if since is None:
            restored = next((key for key in (*_PROMOTED, *_RESTORED) if key in version.times), None)
            others = undated or any(other is not version for other in group.dated[:2])
            if not others:
                return Tenure(None, restored, None, "first")
            return Tenure(None, restored, None, "restored" if restored is not None else "unknown")
        place = bisect_left(group.starts, since, key=_moment)
        while place and group.starts[place - 1][1] is version:
            place -= 1
        if place:
            before = group.starts[place - 1][1]
            return Tenure(since, by, before, "after", assumed=self._may_never_have_served(before, since))
        return Tenure(since, by, None, "unknown" if undated else "first")

    def flagged_before(self, version: ModelVersion) -> list[ModelVersion]:
        """Return what was made before a champion in a registry that flags champions and knows no stages.

        It does not say which of them were champion, so none of them should be better. Where the best is flagged, whenever it was
        made, none at all should be.
        """
        group, made = self._groups[version.model_name, version.environment], _made(version)
        others = [other for other in group.versions if other is not version]
        if self._best_flagged and group.live == 1:
            return others
        if made is None or group.staged or group.live > 1:
            return []
        return [other for other in others if (moment := _made(other)) is not None and moment < made]

    def _first(self, version: ModelVersion) -> tuple[datetime | None, str | None]:
        """Return when a version took production for the first time, and what says so."""
        took = _took(version)
        if took:
            return took[0], "history"
        ended = min((version.times[key] for key in _ENDED if key in version.times), default=None)
        for key in (*_PROMOTED, *_RECORDED):
            moment = version.times.get(key)
            # What was archived before it was promoted came back: its first time was another one.
            if moment is not None and (ended is None or moment <= ended or key in _RECORDED):
                return moment, key
        if ended is None and not any(key in version.times for key in _RESTORED):
            if id(version) in self._said:
                return self._said[id(version)], "promoted_at"
            if id(version) in self._live:
                for key in _CHANGED:
                    if key in version.times:
                        return version.times[key], key
        made = next((key for key in _CREATED if key in version.times), None)
        return (version.times[made], made) if made is not None else (None, None)

    def _candidate(self, version: ModelVersion) -> bool:
        """Return whether a version served, or may have."""
        stage = (version.stage or "").lower()
        return (
            id(version) in self._live
            or version.production
            or (stage in SERVED | LIVE and not _passed_by(version))
            or (version.stage is None and (bool(_took(version)) or any(key in version.times for key in _PROMOTED)))
        )

    def _may_never_have_served(self, version: ModelVersion, until: datetime) -> bool:
        """Return whether a version is archived, and no time of it is one of serving: MLflow archives what was staged, too.

        What was archived in the moment in which another one took production made room for it.
        """
        said = any(key in version.times for key in (*_PROMOTED, *_RESTORED, *_RECORDED, *_ENDED)) or bool(
            _took(version)
        )
        said = said or any(abs(version.times[key] - until) <= _ONE_CHANGE for key in _CHANGED if key in version.times)
        return not said and id(version) not in self._live and (version.stage or "").lower() == "archived"

    def _served_from(self, version: ModelVersion) -> list[datetime]:
        """Return the times at which a version that served, or may have, took production, the oldest first."""
        known = [*_took(version), *(version.times[key] for key in (*_PROMOTED, *_RESTORED) if key in version.times)]
        first, _ = self._first(version)
        return sorted({*known, *([first] if first is not None else [])})


def _moment(start: tuple[datetime, ModelVersion]) -> datetime:
    return start[0]


def _took(version: ModelVersion) -> list[datetime]:
    return [moment for became, moment in version.history if became in PROMOTED]


def _passed_by(version: ModelVersion) -> bool:
    """Return whether a version's history tells of stages before its end, and production is none of them."""
    return not _took(version) and any(became not in SERVED for became, _ in version.history)


def _made(version: ModelVersion) -> datetime | None:
    return next((version.times[key] for key in (*_CREATED, *_RECORDED) if key in version.times), None)
