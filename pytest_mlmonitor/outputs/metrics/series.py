"""Labels that come out of artifacts: made safe, and so few of them that they cannot drown Prometheus.

What goes beyond the bound is not left out: it stands, joined, under the label ``_other``, so that a rule on the family still fires.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from prometheus_client.core import GaugeMetricFamily

from pytest_mlmonitor.core.store.counters import SeriesLabels
from pytest_mlmonitor.core.text.names import safe

OTHER = "_other"
"""Label of everything beyond the bound. An artifact that is called so is joined with it."""

MAX_SERIES = 1000
"""Series of one family that have names of their own."""

MAX_ENVIRONMENTS = 20

MAX_LENGTH = 200
"""Characters of a label; a longer one is cut and gets a short hash."""


def label_of(text: object) -> str:
    """Return a name out of an artifact as a label.

    >>> label_of("bike demand"), len(label_of("a" * 1000))
    ('bike demand', 200)
    """
    shown = safe(str(text))
    if len(shown) <= MAX_LENGTH:
        return shown
    return f"{shown[: MAX_LENGTH - 9]}~{hashlib.sha256(shown.encode('utf-8')).hexdigest()[:8]}"


def capped(
    values: Mapping[SeriesLabels, float],
    join: Callable[[SeriesLabels], Callable[[float, float], float]],
    *,
    names: int = 1,
    environment: bool = False,
    most: int | None = None,
) -> dict[SeriesLabels, float]:
    """Return the series of one family, in order of their labels; those beyond the bound are joined under :data:`OTHER`.

    The first names in order keep theirs: a series must not come and go with its value. With two names each of the first shares in
    the bound, so that one wide dataset takes nothing from the others.

    Args:
        values: by labels, of which the first ``names`` come out of artifacts and the others from a closed set.
        join: returns, for the labels of a series, what makes one value of two.
        names: how many labels come out of artifacts.
        environment: whether the last label comes out of artifacts too.
        most: series with names of their own (:data:`MAX_SERIES`); at most twice as many are returned, and those of ``_other``.
    """
    renamed: dict[SeriesLabels, SeriesLabels] = {key: key for key in values}
    if environment:
        kept = set(sorted({key[-1] for key in values})[:MAX_ENVIRONMENTS])
        renamed = {key: key if key[-1] in kept else (*key[:-1], OTHER) for key in values}
    new_names = _new_names(sorted(set(renamed.values())), names, MAX_SERIES if most is None else most)
    found: dict[SeriesLabels, float] = {}
    for key, value in values.items():
        labels = new_names[renamed[key]]
        found[labels] = join(labels)(found[labels], value) if labels in found else value
    return dict(sorted(found.items()))


def _new_names(keys: Sequence[SeriesLabels], names: int, most: int) -> dict[SeriesLabels, SeriesLabels]:
    """Return what each of the sorted keys is called: at most about ``most`` keep their first ``names`` labels."""
    if not names:
        return {key: key for key in keys}
    groups: dict[str, list[SeriesLabels]] = {}
    for key in keys:
        groups.setdefault(key[0], []).append(key[1:])
    own = {name: rest for name, rest in groups.items() if name != OTHER}
    kept = _first(own, most) if names == 1 else set(list(own)[:most])
    share = max(most // max(len(kept), 1), 1)
    found: dict[SeriesLabels, SeriesLabels] = {}
    for name, rest in groups.items():
        if name in kept:
            inside = _new_names(rest, names - 1, share)
            found.update(((name, *key), (name, *inside[key])) for key in rest)
        else:
            found.update(((name, *key), (*[OTHER] * names, *key[names - 1 :])) for key in rest)
    return found


def _first(groups: Mapping[str, Sequence[SeriesLabels]], most: int) -> set[str]:
    kept: set[str] = set()
    series = 0
    for name, rest in groups.items():
        series += len(rest)
        if series > most:
            break
        kept.add(name)
    return kept


def largest(_: SeriesLabels) -> Callable[[float, float], float]:
    """Join by the larger value: of what is worse the more there is of it."""
    return max


def smallest(_: SeriesLabels) -> Callable[[float, float], float]:
    """Join by the smaller value: of times, of which the oldest is the worst."""
    return min


def total(_: SeriesLabels) -> Callable[[float, float], float]:
    """Join by the sum."""
    return lambda one, other: one + other


def gauge(
    name: str, text: str, labels: Sequence[str], values: Mapping[SeriesLabels, float], environment: str | None = None
) -> GaugeMetricFamily:
    """Return a gauge with the series of ``values``.

    Args:
        name: of the family.
        text: what it says, for people.
        labels: their names, without that of the environment.
        values: by labels; the environment is the last of them, unless ``environment`` says one for all.
        environment: of all series.
    """
    family = GaugeMetricFamily(name, text, labels=[*labels, "environment"])
    more = () if environment is None else (environment,)
    for key, value in values.items():
        family.add_metric([*key, *more], value)
    return family


def counted(keys: Iterable[Sequence[object]]) -> dict[SeriesLabels, float]:
    """Return how often labels occur; names that are shown alike are one."""
    found: dict[SeriesLabels, float] = {}
    for key, number in Counter(map(tuple, keys)).items():  # a name is made safe once, and not for every result
        labels = tuple(map(label_of, key))
        found[labels] = found.get(labels, 0) + number
    return found
