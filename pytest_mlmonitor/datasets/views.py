"""Datasets by what links, contracts and people call them."""

from __future__ import annotations

from pathlib import Path

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.text.versions import family, version_key
from pytest_mlmonitor.datasets.model import Dataset


class Datasets:
    """Every dataset that could be read, indexed once."""

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self.all: list[Dataset] = platform.of_kind("dataset")
        self._named: dict[str, list[Dataset]] = {}
        self._versions: dict[tuple[str, str], Dataset] = {}
        self._families: dict[str, list[Dataset]] = {}
        self._files: dict[Path | None, list[Dataset]] = {}
        for dataset in self.all:
            self._files.setdefault(dataset.data_path, []).append(dataset)
            if dataset.dataset_name is not None:
                self._named.setdefault(dataset.dataset_name, []).append(dataset)
                self._families.setdefault(family(dataset.dataset_name), []).append(dataset)
                for version in (dataset.dataset_version, *dataset.versions):
                    if version is not None:
                        self._versions.setdefault((dataset.dataset_name, version_key(version)), dataset)

    def named(self, name: str) -> list[Dataset]:
        """Return the datasets called ``name``."""
        return self._named.get(name, [])

    def version(self, name: str | None, version: str | None) -> Dataset | None:
        """Return the dataset of that name and version, None without; versions that are timestamps compare as instants."""
        return self._versions.get((name or "", version_key(version or "")))

    def family(self, name: str) -> list[Dataset]:
        """Return the versions of a family of datasets."""
        return self._families.get(name, [])

    def at(self, path: Path | None) -> list[Dataset]:
        """Return the datasets whose data are at ``path``."""
        return self._files.get(path, []) if path is not None else []

    def before(self, dataset: Dataset) -> Dataset | None:
        """Return the version of the dataset's family built last before it, with its data; None without."""
        before = [
            other
            for other in self.family(family(dataset.dataset_name or ""))
            if other.built_at is not None
            and dataset.built_at is not None
            and other.built_at < dataset.built_at
            and other.data_path not in (None, dataset.data_path)
        ]
        return max(before, key=lambda other: other.built_at or self._platform.now, default=None)

    def previous(self, dataset: Dataset) -> Dataset:
        """Return what :meth:`before` does.

        Raises:
            NotChecked: there is none.
        """
        found = self.before(dataset)
        if found is None:
            raise NotChecked("no previous version of this dataset under the roots")
        return found
