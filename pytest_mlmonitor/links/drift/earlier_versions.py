"""The versions of a dataset that lie before one, in the order of their family."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.links.superseded import Superseded


class EarlierVersions:
    """What lies before a dataset."""

    def __init__(self, platform: Artifacts) -> None:
        self._families = platform.view(Superseded)
        self._datasets = platform.view(Datasets)
        self._by_name: dict[str, list[Dataset]] = {}

    def before(self, dataset: Dataset, most: int | None) -> list[Dataset]:
        """Return the last ``most`` versions (or all) before ``dataset`` that have data of their own, the oldest first.

        There is one of each time. Of its own family (specification 2); where none of that lies before it, of all of its name.
        """
        family_of_it = self._families.versions(dataset)
        if dataset.source is not None:  # whose versions may have an order and no time
            return _last(dataset, family_of_it, most, self._families.order)
        found = _last(dataset, [one for one in family_of_it if one.built_at is not None], most)
        if found or dataset.dataset_name is None:
            return found
        name = family(dataset.dataset_name)
        if name not in self._by_name:
            known = [(one.built_at, one) for one in self._datasets.family(name) if one.built_at is not None]
            self._by_name[name] = [one for _, one in sorted(known, key=lambda pair: (pair[0], pair[1].ref))]
        return _last(dataset, self._by_name[name], most)


def _built_at(dataset: Dataset) -> datetime | None:
    return dataset.built_at


def _last(
    dataset: Dataset, ordered: Sequence[Dataset], most: int | None, order: Callable[[Dataset], Any] = _built_at
) -> list[Dataset]:
    """Return the last of some datasets in order that come before one."""
    own = order(dataset)
    if own is None:
        return []
    found: dict[Any, Dataset] = {}
    for place in range(bisect_left(ordered, own, key=order) - 1, -1, -1):
        one = ordered[place]
        moment = order(one)
        if len(found) == most and moment not in found:
            break
        if moment is not None and one.data_path not in (None, dataset.data_path):
            found[moment] = one
    return [found[moment] for moment in sorted(found)]
