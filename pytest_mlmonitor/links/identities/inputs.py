"""What training runs were trained on."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.closure import Closure, Edge
from pytest_mlmonitor.training.model import TrainingRun


class Inputs:
    """The datasets of training runs, by whatever runs say of them."""

    def __init__(self, platform: Artifacts) -> None:
        self._closure = platform.view(Closure)

    def edges(self, run: TrainingRun) -> list[Edge]:
        """Return the links of a run to its datasets, wherever they lead."""
        return [edge for edge in self._closure.of(run) if edge.role == "trained_on"]

    def of(self, *runs: TrainingRun) -> list[Dataset]:
        """Return the datasets that runs were trained on, as far as they are under the roots."""
        return self.led_to(edge for run in runs for edge in self.edges(run))

    def led_to(self, edges: Iterable[Edge]) -> list[Dataset]:
        """Return the datasets that links lead to, each once; of several documents of one dataset the first."""
        found = (edge.targets[0] for edge in edges if edge.targets)
        return list({dataset.ref: dataset for dataset in found}.values())
