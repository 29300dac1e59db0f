"""A drifted copy of a dataset, made on purpose: the proof that a suite turns red when the data do.

Every kind of drift is a change of one row group at a time, drawn from generators that are seeded by (seed, row group,
column): the same call makes the same file, and reading some columns gives the same values as reading all.
"""

from __future__ import annotations

from pytest_mlmonitor.inject.copies import inject_drift
from pytest_mlmonitor.inject.drift_kinds import KINDS, DriftKind, Injection
from pytest_mlmonitor.inject.later_version import drifted

__all__ = ["KINDS", "DriftKind", "Injection", "drifted", "inject_drift"]
