"""Mutation operators: each makes the mutants of one kind of fault of an artifact.

@mutation("dataset", per="column", words="20 % of the values are null")
def nulls_20(dataset: Dataset, material: Material) -> Iterator[Mutant]: ...
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import Mutant

Per = Literal["column", "table", "run", "serving", "log"]
"""What a fault is one of."""

Maker = Callable[[Any, Material], Iterable[Mutant]]
"""A generator over (artifact, material); nothing where the fault makes no sense for the artifact."""

MODULES = (
    "columns.missing",
    "columns.ends",
    "columns.categories",
    "columns.retyped",
    "columns.moved",
    "columns.texts",
    "columns.misplaced",
    "tables.columns_there",
    "tables.rows_there",
    "tables.wrong_times",
    "tables.older_builds",
    "runs.wrong_metrics",
    "runs.dataset_links",
    "runs.early_training",
    "deployments.bad_answers",
    "deployments.missing_time",
    "deployments.other_model",
    "logs.unsure_models",
    "logs.swapped_classes",
    "logs.disagreeing_labels",
)
"""The modules that hold operators, below ``inject.mutants``, in the order in which faults are listed."""


@dataclass(frozen=True)
class MutationOperator:
    """A kind of fault.

    Attributes:
        fault: its name: ``nulls_20``.
        kind: the artifact kind it is a fault of.
        per: what one mutant is one of.
        words: the fault in a few words.
        mutants: makes its mutants.
    """

    fault: str
    kind: str
    per: Per
    words: str
    mutants: Maker


def mutation(kind: str, *, per: Per, words: str, fault: str | None = None) -> Callable[[Maker], MutationOperator]:
    """Turn a generator of mutants into a :class:`MutationOperator` named after the function.

    Args:
        kind: the artifact kind it is a fault of.
        per: what one mutant is one of.
        words: the fault in a few words.
        fault: another name than the function's.
    """

    def made(maker: Maker) -> MutationOperator:
        return MutationOperator(fault or maker.__name__, kind, per, words, maker)

    return made


def operators() -> list[MutationOperator]:
    """Return every operator, in the order in which faults are listed."""
    modules = [importlib.import_module(f"pytest_mlmonitor.inject.mutants.{name}") for name in MODULES]
    return [value for module in modules for value in vars(module).values() if isinstance(value, MutationOperator)]
