"""What the store asks of a database: transactions that run plain SQL, one at a time.

SQLite is :mod:`.sqlite_store`, PostgreSQL :mod:`.postgres`; another database needs one more class. All statements are written with
``?`` for a value, in words that both have, and ask with ``RETURNING`` what they changed: how many rows a statement changed is
counted differently by every driver.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
Row = tuple[Any, ...]
RowValues = Sequence[str | int | float | None]

INTEGER_LIMIT = 2**63 - 1
"""Of a column of whole numbers."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class StoreUnusable(Exception):
    """The store cannot be used; the message says why, in words that follow its name. What was begun did not happen."""


class Damage(Exception):
    """What is in the store is not what was put there."""


class Transaction(Protocol):
    """Statements that happen together or not at all; no other transaction of anybody happens between them."""

    def run(self, sql: str, values: RowValues = ()) -> list[Row]:
        """Run one statement and return its rows."""

    def run_many(self, sql: str, rows: Iterable[RowValues]) -> None:
        """Run one statement once for every row of values."""


class Store(Protocol):
    """A database that holds the tables of :mod:`.store_tables`.

    Attributes:
        name: of the store, as it is shown to people.
        notices: what must be said of it although it can be used, e.g. that it was damaged.
    """

    name: str
    notices: list[str]

    def transaction(self, work: Callable[[Transaction], T]) -> T:
        """Return what ``work`` returns; what it does with the transaction is kept, or nothing of it where it raises.

        Args:
            work: may be called again, with another transaction.

        Raises:
            StoreUnusable: it could not be done.
        """

    def close(self) -> None:
        """Let go of the database; the next transaction takes it up again."""


def storable(value: Any) -> Any:
    r"""Return a value as every database takes it: no NUL and no lone surrogate in texts, whole numbers of 64 bits.

    >>> print(storable("a\x00b"))
    a\x00b
    """
    if isinstance(value, str):
        return _UNSTORABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", value)
    if isinstance(value, int):
        return max(min(value, INTEGER_LIMIT), -INTEGER_LIMIT)
    return value
