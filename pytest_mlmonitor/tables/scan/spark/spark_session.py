"""The Spark session: the one that is active, or a local one of our own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.tables.unreadable import MissingExtra, Unreadable

INSTEAD = 'set engine = "embedded"'
"""What to do about whatever Spark does not do."""

_OWN = (
    ("spark.sql.session.timeZone", "UTC"),  # a timestamp without zone is UTC here, whatever is local
    ("spark.sql.ansi.enabled", "false"),  # integers wrap, as in Arrow: the plan takes away what it added
    ("spark.sql.caseSensitive", "true"),  # a table may have a column a and a column A
    # Timestamps are read as whole numbers, of which statistics in files know nothing.
    ("spark.sql.parquet.filterPushdown", "false"),
)


@contextmanager
def spark_session() -> Iterator[Any]:
    """Yield a session with settings of its own; the caller's stay as they are.

    Raises:
        MissingExtra: pyspark is not installed.
        Unreadable: Spark could not compute what was asked inside the block.
    """
    try:
        from py4j.protocol import Py4JError  # type: ignore[import-untyped]
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ModuleNotFoundError:
        raise MissingExtra("needs pyspark (engine = spark)", "spark") from None
    builder: Any = SparkSession.builder.appName("pytest-mlmonitor")
    for key, value in (
        ("spark.ui.enabled", "false"),
        ("spark.driver.bindAddress", "127.0.0.1"),
        ("spark.driver.host", "127.0.0.1"),
        ("spark.ui.showConsoleProgress", "false"),
    ):
        builder = builder.config(key, value)
    try:
        own = (SparkSession.getActiveSession() or builder.getOrCreate()).newSession()
        for key, value in _OWN:
            own.conf.set(key, value)
        yield own
    except (PySparkException, Py4JError) as error:
        raise Unreadable(f"cannot be computed by Spark: {_said(error)}") from None


def _said(error: Exception) -> str:
    """Return the line that says what went wrong: of an error in a task the cause, which Java prints below it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    causes = [line.partition("Caused by: ")[2] for line in lines if line.startswith("Caused by: ")]
    return safe((causes[-1] if causes else lines[0] if lines else type(error).__name__)[:200])
