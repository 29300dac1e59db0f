"""Columns of a contract by name."""

from __future__ import annotations

import pickle

from pytest_mlmonitor.tables.contract.table import Column, TableContract


def test_of_a_doubled_name_the_first_column_is_meant() -> None:
    contract = TableContract("t", (Column("a", minimum=1), Column("b"), Column("a", minimum=2)))
    found = contract.column("a")
    assert found is not None and found.minimum == 1
    assert contract.column("c") is None


def test_asking_for_a_column_changes_neither_what_it_equals_nor_what_is_sent_of_it() -> None:
    contract, other = TableContract("t", (Column("a"),)), TableContract("t", (Column("a"),))
    before = pickle.dumps(contract)
    contract.column("a")
    assert pickle.dumps(contract) == before
    assert pickle.loads(before).column("a") == Column("a")  # noqa: S301 (our own)
    assert contract == other and hash(contract) == hash(other)
