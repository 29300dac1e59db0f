"""The policy that holds for one artifact: each key from the narrowest scope that sets it (specification 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pytest_mlmonitor.core.kind import SECTIONS
from pytest_mlmonitor.core.policy.artifact_entries import Accept, ForArtifacts
from pytest_mlmonitor.core.policy.better_side import better_side
from pytest_mlmonitor.core.policy.outlets.prometheus_policy import RESOURCE_KEYS
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.selectors import ArtifactNames, Selectors
from pytest_mlmonitor.core.policy.settings import Settings

PLAIN = ("contract", "entity", "event_ts", "target", "owner", "runbook", "contact", "versions")
"""Keys without a section that may differ from artifact to artifact."""

ONLY_OF_ARTIFACTS = ("contract", "entity", "event_ts", "target")
"""Those of them that hold for no platform as a whole."""

ROLES = ("entity", "event_ts", "target")
"""Those that stand in the place of what an artifact says of its columns."""

MAX_DAYS_AHEAD = 366
"""Of an accept rule's ``until``."""


class Scopes:
    """The scopes of a policy beside the global one, from the widest to the narrowest; equal results are one object."""

    def __init__(self, settings: Settings) -> None:
        """Prepare ``settings`` of a run."""
        self.settings = settings
        self._overrides = Selectors([override.artifact for override in settings.overrides])
        self._accept = Selectors([rule.artifact for rule in settings.accept])
        self._made: dict[tuple[str | None, tuple[int, ...], tuple[int, ...]], Settings] = {(None, (), ()): settings}
        if not self.alike:
            self._made[None, (), ()] = self._resolved(None, (), ())

    @property
    def alike(self) -> bool:
        """Whether one policy holds for every artifact, so that nobody need ask which it is."""
        return not (self.settings.overrides or self.settings.accept or self.settings.source)

    def of(self, identity: ArtifactNames) -> Settings:
        """Return the policy that holds for an artifact."""
        source = identity.source if identity.source in self.settings.source else None
        key = source, self._overrides.matching(identity), self._accept.matching(identity)
        if key not in self._made:
            self._made[key] = self._resolved(*key)
        return self._made[key]

    def overrides_of(self, identity: ArtifactNames) -> tuple[int, ...]:
        """Return the numbers of the overrides that are for an artifact."""
        return self._overrides.matching(identity)

    def accept_of(self, identity: ArtifactNames) -> tuple[int, ...]:
        """Return the numbers of the accept rules that are for an artifact."""
        return self._accept.matching(identity)

    def _resolved(self, source: str | None, overrides: tuple[int, ...], accept: tuple[int, ...]) -> Settings:
        update: dict[str, Any] = {"overrides": (), "accept": tuple(self.settings.accept[i] for i in accept)}
        origins = dict(self.settings.origins)
        for scope, who in self._narrower(source, overrides):
            for name in SECTIONS:
                narrower = getattr(scope, name)
                if narrower is not None:
                    wider = update.get(name, getattr(self.settings, name))
                    update[name] = wider.under(narrower)
                    origins.pop(name, None)
                    # Its own name: its checks are on or off.
                    origins.update((key, who(key)) for key in (name, *(f"{name}.{key}" for key in narrower.said_keys)))
            if scope.severity:
                update["severity"] = {**update.get("severity", self.settings.severity), **scope.severity}
                origins.update((f"severity.{check}", who(f"severity.{check}")) for check in scope.severity)
            for name in PLAIN:
                if getattr(scope, name) is not None:
                    update[name] = getattr(scope, name)
                    origins[name] = who(name)
        return self.settings.model_copy(update=update).written_in(self.settings.file, origins)

    def _narrower(
        self, source: str | None, overrides: tuple[int, ...]
    ) -> Iterator[tuple[ForArtifacts, Callable[[str], str]]]:
        """Yield the scopes that hold for an artifact, the widest first, with who says a dotted key in each."""
        settings = self.settings
        if source is not None:
            whole = f"source.{source}"
            place = f"{whole} of {settings.file}" if settings.file is not None else whole
            # A source has its keys from presets and variables, too.
            yield settings.source[source], partial(_origin_in, settings, f"{whole}.", place)
        for i in overrides:
            yield settings.overrides[i], partial(_origin_in, settings, None, place_of(settings, i))


def _origin_in(settings: Settings, table: str | None, place: str, key: str) -> str:
    """Return who says a key of a scope: what is known of it, else where the scope stands."""
    return place if table is None else settings.origins.get(f"{table}{key}", place)


def place_of(settings: Settings, number: int, section: str = "overrides") -> str:
    """Return where an entry stands: ``overrides[0] of FILE``."""
    return f"{section}[{number}] of {settings.file}" if settings.file is not None else f"{section}[{number}]"


def refuse_unfit_scopes(settings: Settings, now: datetime) -> None:
    """Refuse what no single key is wrong about: what holds for too long, would never come, or could never be judged.

    Raises:
        PolicyError: naming the keys, the values, and where each of them stands.
    """
    refuse_far(settings, now)
    refuse_upside_down(settings)
    refuse_unknown_side(settings)
    refuse_unmeasured(settings)


def refuse_far(settings: Settings, now: datetime) -> None:
    """Refuse an accept rule that holds for longer than somebody can answer for.

    Raises:
        PolicyError: its ``until`` lies more than 366 days after ``now``; names the key, the value and the file.
    """
    latest = now.date() + timedelta(days=MAX_DAYS_AHEAD)
    for i, rule in enumerate(settings.accept):
        if rule.until > latest:
            raise PolicyError(
                f"accept[{i}].until = {rule.until} in {settings.file or 'the policy'}: at most {MAX_DAYS_AHEAD} days ahead, "
                f"so no later than {latest}"
            )


def refuse_upside_down(settings: Settings) -> None:
    """Refuse an override whose warning comes after the error of the wider scope, or the other way round: it would never come.

    Raises:
        PolicyError: naming the keys, the values, and where each of them stands.
    """
    for scope, here in _narrower_scopes(settings):
        for name in SECTIONS:
            narrower, wider = getattr(scope, name), getattr(settings, name)
            for low, high in narrower.ORDERED if narrower is not None else ():
                made = wider.under(narrower)
                first, last = getattr(made, low), getattr(made, high)
                # Who only says from when on something is an error asks for no warning before it.
                asked = {low} if low.endswith("_warning") else {low, high}
                if first > last and asked & narrower.model_fields_set:
                    low_in, high_in = (
                        here if key in narrower.model_fields_set else settings.origin(f"{name}.{key}")
                        for key in (low, high)
                    )
                    raise PolicyError(
                        f"{name}.{low} = {first:g} ({low_in}) is above {name}.{high} = {last:g} ({high_in}): "
                        f"expected at most that; set both in {here}"
                    )


def refuse_unknown_side(settings: Settings) -> None:
    """Refuse a metric of which nothing says whether more or less is better, and a side that its name contradicts.

    Raises:
        PolicyError: naming the key, the value, where it stands, and what is allowed.
    """
    scopes = [(settings.promotion, settings.promotion, "")]
    for scope, here in _narrower_scopes(settings):
        if scope.promotion is not None:
            scopes.append((settings.promotion.under(scope.promotion), scope.promotion, here))
    for made, own, place in scopes:
        side = better_side(made.metric)
        if side is None and made.better is None:
            raise PolicyError(
                f"promotion.metric = {made.metric!r} in {place or settings.origin('promotion.metric')}: nothing says whether "
                'more or less of it is better; set promotion.better = "higher" or "lower" beside it'
            )
        if side is not None and "better" in own.model_fields_set and own.better not in (None, side):
            raise PolicyError(
                f"promotion.better = {own.better!r} in {place or settings.origin('promotion.better')}: of {made.metric} "
                f"(promotion.metric) {'more' if side == 'higher' else 'less'} is better; allowed: {side!r}, or leave it out"
            )


def refuse_unmeasured(settings: Settings) -> None:
    """Refuse a limit of what a deployment uses that nothing measures: it would never be held against anything.

    Raises:
        PolicyError: naming the key, where it stands, and the key that is missing.
    """
    prometheus = settings.prometheus
    if prometheus.off:
        return
    scopes = [(settings.serving, ""), *((scope.serving, here) for scope, here in _narrower_scopes(settings))]
    for serving, here in scopes:
        for key in RESOURCE_KEYS if serving is not None else ():
            if getattr(serving, key) is None:
                continue
            said = f"serving.{key} in {here or settings.place(f'serving.{key}')} does nothing: nothing says"
            if not prometheus.is_named:
                raise PolicyError(
                    f"{said} where it is measured: expected prometheus.url, or prometheus.url_env, the name of a variable that "
                    "holds it"
                )
            if getattr(prometheus, key) is None:
                raise PolicyError(
                    f"{said} how it is measured: expected prometheus.{key}, a query (docs/serving.md has some for Kubernetes)"
                )


def _narrower_scopes(settings: Settings) -> Iterator[tuple[ForArtifacts, str]]:
    """Yield every scope that is not the global one, and where it stands."""
    for name, source in settings.source.items():
        yield source, f"source.{name} of {settings.file}" if settings.file is not None else f"source.{name}"
    for i, override in enumerate(settings.overrides):
        yield override, place_of(settings, i)


def holds(rule: Accept, now: datetime) -> bool:
    """Return whether an accept rule still holds: up to the end of its last day."""
    return now.date() <= rule.until
