"""The tables of the store, by version: a store of an older version is brought forward, one of a newer version is not touched.

Plain SQL of SQLite and PostgreSQL. Times are whole microseconds since 1970, UTC.
"""

from __future__ import annotations

from pytest_mlmonitor.core.store.database import StoreUnusable, Transaction

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # A run, and what it said. `recorded_at` is the clock's time; `evaluated_at` is the time as of which was judged.
        """CREATE TABLE run (
            id BIGINT PRIMARY KEY, recorded_at BIGINT NOT NULL, evaluated_at BIGINT NOT NULL, seconds DOUBLE PRECISION NOT NULL,
            environment TEXT NOT NULL, exit_status BIGINT NOT NULL, complete BIGINT NOT NULL, narrowed BIGINT NOT NULL,
            passed BIGINT NOT NULL, failed BIGINT NOT NULL, crashed BIGINT NOT NULL, not_checked BIGINT NOT NULL,
            warned BIGINT NOT NULL)""",
        # An artifact, and what full runs say of it: the verdict that it has, and since when.
        """CREATE TABLE artifact (
            id BIGINT PRIMARY KEY, kind TEXT NOT NULL, path TEXT NOT NULL, name TEXT NOT NULL,
            verdict TEXT NOT NULL, since BIGINT NOT NULL, judged_at BIGINT NOT NULL, UNIQUE (kind, path, name))""",
        """CREATE TABLE verdict (
            run BIGINT NOT NULL, artifact BIGINT NOT NULL, verdict TEXT NOT NULL, PRIMARY KEY (run, artifact))""",
        """CREATE TABLE result (
            run BIGINT NOT NULL, artifact BIGINT NOT NULL, number BIGINT NOT NULL, check_name TEXT NOT NULL,
            status TEXT NOT NULL, severity TEXT NOT NULL, message TEXT NOT NULL, PRIMARY KEY (run, artifact, number))""",
        # What was counted, so that it is counted once: of a source (a file, a deployment) so much in a period of it.
        """CREATE TABLE counted (
            counter TEXT NOT NULL, labels TEXT NOT NULL, source TEXT NOT NULL, period BIGINT NOT NULL,
            number BIGINT NOT NULL, seen_on BIGINT NOT NULL, PRIMARY KEY (counter, labels, source, period))""",
        # What was counted of sources that are there no more.
        """CREATE TABLE counted_before (
            counter TEXT NOT NULL, labels TEXT NOT NULL, high BIGINT NOT NULL, low BIGINT NOT NULL,
            PRIMARY KEY (counter, labels))""",
        """CREATE TABLE claim (
            key TEXT PRIMARY KEY, claimed_at BIGINT NOT NULL, day BIGINT NOT NULL, claims BIGINT NOT NULL)""",
        """CREATE TABLE alert (
            key TEXT PRIMARY KEY, state TEXT NOT NULL, severity TEXT NOT NULL, since BIGINT NOT NULL,
            sent_at BIGINT NOT NULL)""",
        # What the store knows of itself.
        "CREATE TABLE fact (name TEXT PRIMARY KEY, number BIGINT NOT NULL)",
    ),
)
"""Statements that lead from each version to the next; the first ones make an empty store. What is here is never changed."""

VERSION = len(MIGRATIONS)

TABLES = ("run", "artifact", "verdict", "result", "counted", "counted_before", "claim", "alert", "fact")
"""Of the newest version, but for the one that holds the version."""

MAKE_VERSION = "CREATE TABLE IF NOT EXISTS store_version (version BIGINT PRIMARY KEY)"


def version_of(transaction: Transaction) -> int:
    """Return the version that the tables are of; 0 where there are none yet.

    Raises:
        StoreUnusable: it is none that this program knows.
    """
    found = transaction.run("SELECT version FROM store_version ORDER BY version DESC")
    version = found[0][0] if found else 0
    if not isinstance(version, int) or version < 0:
        raise StoreUnusable(f"its version is {version!r}, which is none")
    if version > VERSION:
        raise StoreUnusable(
            f"it was written by a newer pytest_mlmonitor (tables of version {version}, this one knows {VERSION}): update it"
        )
    return version


def bring_forward(transaction: Transaction, version: int) -> None:
    """Change the tables of a version into those of this program."""
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            transaction.run(statement)
    if version < VERSION:
        transaction.run("DELETE FROM store_version")
        transaction.run("INSERT INTO store_version VALUES (?)", (VERSION,))
