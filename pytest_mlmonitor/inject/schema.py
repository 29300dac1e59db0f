"""Drift of the schema: a column renamed, a number that became a string."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.inject.change import Change, listed
from pytest_mlmonitor.inject.original import Original


def schema_drift(source: Original) -> Change:
    """One column is renamed, others become strings."""
    if source.wanted:
        renamed, retyped = source.wanted[0], source.wanted[1:]
        for name in retyped:
            if not source.is_number(name):
                raise ValueError(f"column {quoted(name)} is {source.schema.field(name).type}: expected a number")
    else:
        numbers = source.features(source.is_number, "a number")
        if len(numbers) < 2:
            raise ValueError("a schema drift needs two numeric features: one to rename, one to change the type of")
        rng = source.generator(numbers[0], 0)
        renamed, other = (numbers[int(i)] for i in rng.choice(len(numbers), 2, replace=False))
        retyped = (other,)
    new = new_name(renamed, source.schema.names)

    def change(table: Any, _group: int, _first: int) -> Any:
        import pyarrow as pa

        for name in retyped:
            if name in table.column_names:
                at = table.column_names.index(name)
                table = table.set_column(at, pa.field(name, pa.string()), table.column(name).cast(pa.string()))
        return table.rename_columns([new if name == renamed else name for name in table.column_names])

    what = f"{renamed} is now called {new}"
    what += f", {listed(retyped)} {'is' if len(retyped) == 1 else 'are'} now string" if retyped else ""
    return Change((renamed, *retyped), what, change, keeps_names=False)


def new_name(name: str, others: Collection[str]) -> str:
    """Return what a column may be called that was called ``name``, unlike all others."""
    new = f"{name}_v2"
    while new in others:
        new += "_v2"
    return new
