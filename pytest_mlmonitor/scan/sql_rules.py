"""SQL rules of a contract: one read-only query over the table's own columns, in the embedded engine.

The query sees one table and nothing else. External access is off and the configuration locked, so it reaches no file, no
other database and no network; a statement that is no single SELECT is refused before it runs.
"""

from __future__ import annotations

import math
import re
from typing import Any

from pytest_mlmonitor.contracts.table import SqlRule
from pytest_mlmonitor.names import safe
from pytest_mlmonitor.scan.engine import EngineError, streamed
from pytest_mlmonitor.scan.profile import SqlAnswer
from pytest_mlmonitor.scan.source import Source

NAME = "{name}"
"""What a query calls the table."""

TABLE = "dataset"


def answer(table: Source, rule: SqlRule) -> SqlAnswer:
    """Run one rule; never raises for what the query says."""
    import duckdb

    query = re.sub(re.escape(NAME), TABLE, rule.query)
    try:
        with streamed(table.batches(), table.schema, TABLE) as connection:
            statements = connection.extract_statements(query)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                return SqlAnswer(rule.name, None, "is refused: not one SELECT")
            rows: list[tuple[Any, ...]] = connection.execute(statements[0]).fetchmany(2)
    except EngineError as error:
        return SqlAnswer(rule.name, None, f"cannot run: {safe(str(error).splitlines()[0][:200])}")
    if len(rows) != 1 or len(rows[0]) != 1:
        return SqlAnswer(rule.name, None, "gives more or less than one figure")
    try:
        figure = float(rows[0][0])
    except (TypeError, ValueError):
        return SqlAnswer(rule.name, None, f"gives {safe(str(rows[0][0])[:60])!r}, which is no number")
    return SqlAnswer(rule.name, figure) if math.isfinite(figure) else SqlAnswer(rule.name, None, f"gives {figure}")
