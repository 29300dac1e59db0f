"""Rows that are not what was put there: taken out of their tables and kept, so that the others can be relied on.

The server vouches for its files; what it cannot know is whether somebody else has changed a row.
"""

from __future__ import annotations

import json
import time

from pytest_mlmonitor.core.store.claims import CLAIMS_LOST
from pytest_mlmonitor.core.store.database import Transaction
from pytest_mlmonitor.core.store.store_tables import MARKED, mark_of
from pytest_mlmonitor.core.text.words import count

KEPT_IN = "damaged_row"
"""Table of what was taken out of others; only people read it."""


def set_rows_aside(transaction: Transaction) -> str | None:
    """Keep the rows elsewhere whose marks are not their own.

    Returns:
        What was done, in words that follow the name of the store; None where there is no such row.
    """
    now = time.time_ns() // 1000
    taken: dict[str, int] = {}
    for table in MARKED:
        rows = transaction.run(f"SELECT CAST(ctid AS text), * FROM {table}")  # noqa: S608 (ours)
        changed = [row for row in rows if row[-1] != mark_of(row[1:-1])]
        if not changed:
            continue
        if not taken:
            transaction.run(
                f"CREATE TABLE IF NOT EXISTS {KEPT_IN} (found_at BIGINT NOT NULL, table_name TEXT NOT NULL, told TEXT NOT NULL)"
            )
        taken[table] = len(changed)
        transaction.run_many(
            f"INSERT INTO {KEPT_IN} (found_at, table_name, told) VALUES (?, ?, ?)",  # noqa: S608 (ours)
            [(now, table, json.dumps(row[1:])) for row in changed],
        )
        transaction.run_many(
            f"DELETE FROM {table} WHERE ctid = CAST(? AS tid)",  # noqa: S608 (ours)
            [(row[0],) for row in changed],
        )
    if "claim" in taken:  # what may have been claimed is not granted again in silence
        transaction.run(
            "INSERT INTO fact (name, number) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET number = excluded.number",
            (CLAIMS_LOST, now),
        )
    if not taken:
        return None
    said = ", ".join(f"{count(number, 'row')} of {table}" for table, number in taken.items())
    return f"was damaged: {said} had been changed by somebody else; they are kept in its table {KEPT_IN}, and count no more"
