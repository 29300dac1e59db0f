"""The tables of the store, by version: a store of an older version is brought forward, one of a newer version is not touched.

Plain SQL of SQLite and PostgreSQL. Times are whole microseconds since 1970, UTC.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from pytest_mlmonitor.core.store.database import Damage, Row, StoreUnusable, Transaction

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # A run. `recorded_at` is the clock's time; `evaluated_at` is the time as of which was judged. The results of those that
        # are `chained` (whole, at their end, none earlier than the one before) are kept as stretches over several runs.
        """CREATE TABLE run (
            id BIGINT PRIMARY KEY, recorded_at BIGINT NOT NULL, evaluated_at BIGINT NOT NULL, seconds DOUBLE PRECISION NOT NULL,
            environment TEXT NOT NULL, exit_status BIGINT NOT NULL, complete BIGINT NOT NULL, narrowed BIGINT NOT NULL,
            chained BIGINT NOT NULL, passed BIGINT NOT NULL, failed BIGINT NOT NULL, crashed BIGINT NOT NULL,
            not_checked BIGINT NOT NULL, warned BIGINT NOT NULL)""",
        """CREATE TABLE artifact (
            id BIGINT PRIMARY KEY, kind TEXT NOT NULL, path TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (kind, path, name))""",
        # A verdict from one run to another, and the evaluation time of the first of them.
        """CREATE TABLE verdict (
            artifact BIGINT NOT NULL, chained BIGINT NOT NULL, first_run BIGINT NOT NULL, last_run BIGINT NOT NULL,
            since BIGINT NOT NULL, verdict TEXT NOT NULL, mark BIGINT NOT NULL, PRIMARY KEY (artifact, chained, first_run))""",
        "CREATE INDEX verdict_until ON verdict (last_run)",
        # A result likewise; what it says may change as long as status and severity stay. Of several of one check the number tells.
        """CREATE TABLE result (
            artifact BIGINT NOT NULL, check_name TEXT NOT NULL, number BIGINT NOT NULL, chained BIGINT NOT NULL,
            first_run BIGINT NOT NULL, last_run BIGINT NOT NULL, since BIGINT NOT NULL, status TEXT NOT NULL,
            severity TEXT NOT NULL, message TEXT NOT NULL, PRIMARY KEY (artifact, check_name, number, chained, first_run))""",
        "CREATE INDEX result_until ON result (last_run)",
        # What was counted, so that it is counted once: of a source (a file, a deployment) so much in a period of it.
        """CREATE TABLE counted (
            counter TEXT NOT NULL, labels TEXT NOT NULL, source TEXT NOT NULL, period BIGINT NOT NULL,
            number BIGINT NOT NULL, seen_on BIGINT NOT NULL, mark BIGINT NOT NULL,
            PRIMARY KEY (counter, labels, source, period))""",
        # What was counted of sources that are there no more.
        """CREATE TABLE counted_before (
            counter TEXT NOT NULL, labels TEXT NOT NULL, high BIGINT NOT NULL, low BIGINT NOT NULL, mark BIGINT NOT NULL,
            PRIMARY KEY (counter, labels))""",
        """CREATE TABLE claim (
            key TEXT PRIMARY KEY, claimed_at BIGINT NOT NULL, day BIGINT NOT NULL, claims BIGINT NOT NULL,
            mark BIGINT NOT NULL)""",
        """CREATE TABLE alert (
            key TEXT PRIMARY KEY, state TEXT NOT NULL, severity TEXT NOT NULL, since BIGINT NOT NULL,
            sent_at BIGINT NOT NULL)""",
        # What the store knows of itself.
        "CREATE TABLE fact (name TEXT PRIMARY KEY, number BIGINT NOT NULL)",
    ),
    (
        # An alert that fires or did, in the scope of an environment and suite. What was told, to whom and when, is JSON.
        "DROP TABLE alert",
        """CREATE TABLE alert (
            scope TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, severity TEXT NOT NULL, since BIGINT NOT NULL,
            seen_at BIGINT NOT NULL, told TEXT NOT NULL, mark BIGINT NOT NULL, PRIMARY KEY (scope, key))""",
        # A decision to train a model again, waiting until somebody takes it; what it says is JSON. Times of what did not happen
        # yet are 0: that it was taken, that its file was written, that it was posted, that somebody is posting it.
        """CREATE TABLE decision (
            key TEXT PRIMARY KEY, environment TEXT NOT NULL, model TEXT NOT NULL, state TEXT NOT NULL,
            decided_at BIGINT NOT NULL, taken_at BIGINT NOT NULL, filed_at BIGINT NOT NULL, sent_at BIGINT NOT NULL,
            tried_at BIGINT NOT NULL, told TEXT NOT NULL, mark BIGINT NOT NULL)""",
        # Metrics of the last whole run of a suite, in Prometheus' text format.
        """CREATE TABLE exposition (
            suite TEXT NOT NULL, environment TEXT NOT NULL, recorded_at BIGINT NOT NULL, succeeded_at BIGINT NOT NULL,
            body TEXT NOT NULL, mark BIGINT NOT NULL, PRIMARY KEY (suite, environment))""",
    ),
    (
        # The runs of a suite that follow one another, numbered by themselves; how many artifacts failed and warned.
        """CREATE TABLE suite_run (
            suite TEXT NOT NULL, environment TEXT NOT NULL, number BIGINT NOT NULL, recorded_at BIGINT NOT NULL,
            evaluated_at BIGINT NOT NULL, exit_status BIGINT NOT NULL, failed BIGINT NOT NULL, warned BIGINT NOT NULL,
            mark BIGINT NOT NULL, PRIMARY KEY (suite, environment, number))""",
        # What goes on from version to version of an artifact.
        """CREATE TABLE family (
            id BIGINT PRIMARY KEY, suite TEXT NOT NULL, environment TEXT NOT NULL, place TEXT NOT NULL,
            UNIQUE (suite, environment, place))""",
        # A verdict from one of these runs to another, and the evaluation time of the first of them: on the whole family where the
        # check is empty; of checks, those that are not fine.
        """CREATE TABLE family_verdict (
            family BIGINT NOT NULL, check_name TEXT NOT NULL, first_run BIGINT NOT NULL, last_run BIGINT NOT NULL,
            since BIGINT NOT NULL, verdict TEXT NOT NULL, mark BIGINT NOT NULL,
            PRIMARY KEY (family, check_name, first_run))""",
        "CREATE INDEX family_verdict_until ON family_verdict (last_run)",
    ),
)
"""Statements that lead from each version to the next; the first ones make an empty store. What is here is never changed."""

VERSION = len(MIGRATIONS)

TABLES = (
    "run",
    "artifact",
    "verdict",
    "result",
    "counted",
    "counted_before",
    "claim",
    "alert",
    "fact",
    "decision",
    "exposition",
    "suite_run",
    "family",
    "family_verdict",
)
"""Of the newest version, but for the one that holds the version."""

MARKED = (
    "verdict",
    "counted",
    "counted_before",
    "claim",
    "alert",
    "decision",
    "exposition",
    "suite_run",
    "family_verdict",
)
"""Tables whose last column is a checksum of the others: no other copy tells that a value of theirs has changed."""

MAKE_VERSION = "CREATE TABLE IF NOT EXISTS store_version (version BIGINT PRIMARY KEY)"


def mark_of(values: Iterable[object]) -> int:
    """Return the checksum of a row's values, which are as they are stored."""
    # ASCII: which characters ``repr`` leaves as they are changes with the Unicode version of Python.
    return zlib.crc32(ascii([*values]).encode("ascii"))


def vouched(row: Row) -> Row:
    """Return the values of a row without its mark.

    Raises:
        Damage: they are not those that it was made of.
    """
    if row[-1] != mark_of(row[:-1]):
        raise Damage(f"a row is not what was put there: {row!r}")
    return row[:-1]


def version_of(transaction: Transaction) -> int:
    """Return the version that the tables are of; 0 where there are none yet.

    Raises:
        Damage: what is written there is none.
    """
    found = transaction.run("SELECT version FROM store_version ORDER BY version DESC")
    version = found[0][0] if found else 0
    if not isinstance(version, int) or version < 0:
        raise Damage(f"its version is {version!r}")
    return version


def bring_forward(transaction: Transaction, version: int) -> None:
    """Change the tables of a version into those of this program.

    Raises:
        StoreUnusable: the version is a newer one.
    """
    if version > VERSION:
        raise StoreUnusable(
            f"it was written by a newer pytest_mlmonitor (tables of version {version}, this one knows {VERSION}): update it"
        )
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            transaction.run(statement)
    if version < VERSION:
        transaction.run("DELETE FROM store_version")
        transaction.run("INSERT INTO store_version VALUES (?)", (VERSION,))
