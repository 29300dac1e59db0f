"""Which data the tables of contracts are about: by name, by family, by the last segment, by the letters alone.

What clearly is meant binds: the name itself; the name with a date or time; the last segment of a qualified name
(``db.schema.orders``); the same letters in another case, where one table and one dataset have them. A weaker reason holds
only for tables and data that a stronger one leaves over. Where more than one might be meant, none is.

Everything is looked up in dictionaries: thousands of files and hundreds of contracts are no product.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar
from unicodedata import normalize

from pytest_mlmonitor.core.text.globs import stars
from pytest_mlmonitor.core.text.stamps import dated
from pytest_mlmonitor.core.text.versions import family

K = TypeVar("K", bound=Hashable)

_ENDINGS = re.compile(
    r"(?i)(?:\.(?:parquet|parq|pq|snappy|gzip|gz|zstd|zst|lz4|brotli|br|bz2|c000|csv|tsv|jsonl?|ndjson|avro|orc|arrow|feather))+$"
)
_QUOTES = "`\"'[]<> "


def without_endings(file_name: str) -> str:
    """Return a file's name without its endings, those of compression too.

    >>> without_endings("orders.parquet"), without_endings("orders_2026.11.27.c000.snappy.parquet"), without_endings("orders")
    ('orders', 'orders_2026.11.27', 'orders')
    """
    return _ENDINGS.sub("", file_name) or file_name


def forms(names: Iterable[str | None]) -> tuple[str, ...]:
    """Return everything that data with these names may be called by: each of them, and its family.

    >>> forms(["orders_2026-11-27.parquet"])
    ('orders_2026-11-27.parquet', 'orders.parquet', 'orders_2026-11-27', 'orders')
    """
    found: dict[str, None] = {}
    for name in names:
        for text in (name, without_endings(name)) if name else ():
            found |= dict.fromkeys(form for form in (text, family(text), dated(text).family) if form)
    return tuple(found)


def last_segments(name: str, number: int = 1) -> str | None:
    """Return the last segments of a qualified name with ``/`` between them, None where the name has no more than these.

    >>> last_segments("db.schema.orders"), last_segments("db.schema.orders", 2), last_segments("orders")
    ('orders', 'schema/orders', None)
    >>> last_segments("`lake`/raw/Orders.csv"), last_segments("s3://lake/raw/orders/*.parquet")
    ('Orders', 'orders')
    """
    above, _, last = name.rpartition("/")
    whole = above if "*" in last else name
    parts = [
        part for text in re.split(r"[./:\\]", without_endings(whole.strip(_QUOTES))) if (part := text.strip(_QUOTES))
    ]
    found = "/".join(parts[-number:])
    return found if len(parts) >= number and found != name and "*" not in found else None


class Bindings(Generic[K]):
    """Which of some tables speak of data with given names.

    Attributes:
        ambiguous: tables that bind to nothing since more than one thing might be meant, with the names that might.
    """

    def __init__(self, wanted: Iterable[tuple[K, Sequence[str]]], there: Iterable[Sequence[str | None]]) -> None:
        """Resolve names.

        Args:
            wanted: tables, each with the names that it binds to; one with ``*`` is a pattern.
            there: the names of everything that may be meant, in order of preference: a dataset's, its file's.
        """
        self._wanted = {key: tuple(names) for key, names in wanted}
        self._exact: dict[str, list[K]] = {}
        self._patterns: dict[str, list[tuple[Callable[[str], object], K]]] = {}
        for key, names in self._wanted.items():
            for name in names:
                if "*" in name:
                    self._patterns.setdefault(name.partition("*")[0], []).append((stars(name), key))
                else:
                    self._exact.setdefault(name, []).append(key)
        self._lengths = sorted({len(prefix) for prefix in self._patterns})
        self._weaker: list[tuple[Callable[[str], str], dict[str, list[K]]]] = []
        self.ambiguous: dict[K, tuple[str, ...]] = {}
        data = list(dict.fromkeys(map(forms, there)))
        free = self._taken(data, self._by_name, set(self._wanted))
        for told, fold in _WEAKER:
            index = self._resolved(data, free, told, fold)
            self._weaker.append((fold, index))
            free = self._taken(data, lambda found, fold=fold, index=index: _looked_up(found, fold, index), free)  # type: ignore[misc]
        self.ambiguous = {key: names for key, names in self.ambiguous.items() if key in free}

    def of(self, names: Sequence[str | None]) -> list[K]:
        """Return the tables that speak of data with these names, those first that call it by the first of them."""
        found = forms(names)
        keys = self._by_name(found)
        for fold, index in self._weaker if not keys else ():
            keys = keys or _looked_up(found, fold, index)
        return list(dict.fromkeys(keys))

    def _taken(self, data: list[tuple[str, ...]], by: Callable[[tuple[str, ...]], list[K]], free: set[K]) -> set[K]:
        """Take out the data that tables fit by one reason, and return the tables that are left."""
        found = [by(one) for one in data]
        data[:] = [one for one, keys in zip(data, found, strict=True) if not keys]
        return free - {key for keys in found for key in keys}

    def _by_name(self, found: tuple[str, ...]) -> list[K]:
        keys = [key for form in found for key in self._exact.get(form, ())]
        for form in found if self._patterns else ():
            for length in self._lengths:
                keys += [key for matches, key in self._patterns.get(form[:length], ()) if matches(form)]
        return keys

    def _resolved(
        self,
        data: Iterable[tuple[str, ...]],
        free: set[K],
        told: Callable[[str], Iterable[str | None]],
        fold: Callable[[str], str],
    ) -> dict[str, list[K]]:
        """Return the free tables by the form by which data are meant; of more than one that might be meant none."""
        index: dict[str, dict[K, set[str]]] = {}
        for key, names in self._wanted.items():
            for name in names if key in free else ():
                for form in told(name):
                    if form is not None and "*" not in form:
                        index.setdefault(fold(form), {}).setdefault(key, set()).add(name)
        met: dict[str, set[str]] = {}
        for found in data:
            for form, spelling in {fold(text): text for text in reversed(found)}.items():
                if form in index:
                    met.setdefault(form, set()).add(spelling)
        resolved: dict[str, list[K]] = {}
        for form, spellings in met.items():
            tables = index[form]
            if len(spellings) == 1 and set.intersection(*tables.values()):
                resolved[form] = list(tables)
            else:
                others = spellings if len(spellings) > 1 else {name for names in tables.values() for name in names}
                self.ambiguous |= dict.fromkeys(tables, tuple(sorted(others)))
        return resolved


def _looked_up(found: Iterable[str], fold: Callable[[str], str], index: Mapping[str, list[K]]) -> list[K]:
    return [key for form in found for key in index.get(fold(form), ())] if index else []


def _same(text: str) -> str:
    return text


def _same_letters(text: str) -> str:
    """Return a text without what may differ between two spellings of it: case, and letters that are composed or not."""
    return normalize("NFC", normalize("NFC", text).casefold())


_WEAKER: tuple[tuple[Callable[[str], Iterable[str | None]], Callable[[str], str]], ...] = (
    (lambda name: (last_segments(name, 2),), _same),
    (lambda name: (last_segments(name),), _same),
    (lambda name: (name, last_segments(name, 2), last_segments(name)), _same_letters),
)
"""Reasons to bind that are weaker than a name, the strongest first: what of a table's name is compared, and how."""
