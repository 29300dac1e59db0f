"""How old datasets may get that say themselves when they were built."""

from __future__ import annotations

from datetime import datetime, timedelta

from pytest_mlmonitor.commands.init.guesses.age_guess import AgeGuess, age_guess
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.core.text.words import duration
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.kinds import Platform


def known_ages(platform: Platform, now: datetime) -> dict[str, AgeGuess]:
    """Return limits for datasets that say themselves when they were built, where the default would call good ones stale."""
    builds: dict[str, list[datetime]] = {}
    for dataset in platform.view(Datasets).all:
        if dataset.built_at is not None and dataset.built_at <= now and dataset.dataset_name is not None:
            builds.setdefault(family(dataset.dataset_name), []).append(dataset.built_at)
    found: dict[str, AgeGuess] = {}
    for called, times in sorted(builds.items()):
        age = now - max(times)
        ago = duration(age.total_seconds())
        if age.total_seconds() < platform.settings.freshness.max_age_seconds:
            continue
        guess = age_guess([(time, time) for time in times], now)
        if guess.limit is None and age <= LONGEST_KNOWN:
            limit = next(text for text, hours in _STEPS if timedelta(hours=hours) >= 2 * age)
            guess = AgeGuess(
                limit, f"the newest build is {ago} old, and this is about twice that: say how old it may get"
            )
        elif guess.limit is None:
            words = f"the newest build is {ago} old, and STALE; a copy is judged at its own time: --mlmonitor-now"
            guess = AgeGuess(None, f'freshness = "26h"  {words}')
        found[called] = guess
    return found


LONGEST_KNOWN = timedelta(days=8)
"""A build that is older is not taken for a good one."""

_STEPS = (
    ("1h", 1),
    ("2h", 2),
    ("3h", 3),
    ("6h", 6),
    ("12h", 12),
    ("26h", 26),
    ("50h", 50),
    ("4d", 96),
    ("9d", 216),
    ("17d", 408),
)
