"""A drifted copy of a dataset, made on purpose: the proof that a suite turns red when the data do.

Every kind of drift is a change of one row group at a time, drawn from generators that are seeded by (seed, row group,
column): the same call makes the same file, and reading some columns gives the same values as reading all.
"""

from __future__ import annotations

from pytest_mlmonitor.inject.copies import inject_drift
from pytest_mlmonitor.inject.kinds import KINDS, Injection, Kind
from pytest_mlmonitor.inject.versions import drifted

__all__ = ["KINDS", "Injection", "Kind", "drifted", "inject_drift"]
