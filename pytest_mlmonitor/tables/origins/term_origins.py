"""Where the terms of one contract are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.shown_values import column_name
from pytest_mlmonitor.core.threshold_origin import ThresholdOrigin
from pytest_mlmonitor.tables.contract.row_terms import Grid, RowRule, TermPath, columns_of
from pytest_mlmonitor.tables.contract.table import Column, Metric, ServiceLevel, SqlRule, TableContract, plain
from pytest_mlmonitor.tables.odcs.bounds import OPERATORS
from pytest_mlmonitor.tables.odcs.notes import Notes, line_of
from pytest_mlmonitor.tables.origins.rule_words import OWN, keys_of_rule
from pytest_mlmonitor.tables.profile import Failure

VALUE = 120
"""Characters of a term that are shown."""

BOUNDS = {"minimum": "minimum", "maximum": "maximum", "exclusiveMinimum": "above", "exclusiveMaximum": "below"}
"""What the keys of bounds are called in a contract that has no document."""

Origins = tuple[ThresholdOrigin, ...]


class TermOrigins:
    """The terms of one contract, each with its key, its file and its line; nothing is read before one is asked for."""

    def __init__(
        self,
        contract: TableContract,
        document: Mapping[str, Any] | None = None,
        file: str | None = None,
        lines: Callable[[], Mapping[TermPath, int]] = dict,
        in_code: Callable[[str | None], int | None] | None = None,
    ) -> None:
        """Know a contract.

        Args:
            contract: the contract; one without a document is known by what its columns are called.
            document: what it was compiled from.
            file: where it is written, as it is shown; None for a built-in one.
            lines: the line of every key of the document.
            in_code: of a contract that is code, the line of a column, or of the whole.
        """
        self.contract = contract
        self._document, self._file, self._lines, self._in_code = document, file, lines, in_code

    def inside(self, terms: TableContract) -> TermOrigins:
        """Return the same for what the contract says inside one of its columns."""
        return TermOrigins(terms, self._document, self._file, self._lines, self._in_code)

    def of_failure(self, failure: Failure, expected: str) -> Origins:
        """Return where a rule over rows is written."""
        column = self.contract.column(failure.column)
        compares = any(_is_of(rule, failure) for rule in self.contract.rules)
        if self._document is not None and (compares or column is None):
            found = self._own_rule(failure.column)
            if found is not None:
                return self._at(found, (), expected)
        keys = () if compares else keys_of_rule(failure.what)
        return self.of_column(failure.column, keys, expected)

    def of_column(self, name: str, keys: Sequence[TermPath], expected: str) -> Origins:
        """Return where what is expected of a column is written: under the first of ``keys`` that is there, else the column."""
        column = self.contract.column(name)
        if self._document is not None:
            return self._at(column.at if column is not None else self.contract.at, keys, expected)
        word = str(keys[0][-1]).removeprefix(OWN) if keys and self._in_code is None else None
        known = name if column is not None or self._in_code is None else None
        bound = getattr(column, BOUNDS.get(word or "", ""), None)
        return self._plain([known, word], plain(bound) if bound is not None else expected, known)

    def of_table(self, word: str, expected: str) -> Origins:
        """Return where one of our own words is said of the table, else the table."""
        if self._document is not None:
            return self._at(self.contract.at, ((OWN + word,),), expected)
        return self._plain([word], expected, None)

    def of_rule(self, rule: Metric | SqlRule | ServiceLevel, expected: str) -> Origins:
        """Return where the limit of a figure, a query or a promise about time is written."""
        if self._document is not None:
            keys = [("value",)] if isinstance(rule, ServiceLevel) else [(word,) for word in sorted(OPERATORS)]
            return self._at(rule.at or self.contract.at, keys, expected)
        return self._plain([rule.promise if isinstance(rule, ServiceLevel) else rule.name or "quality"], expected, None)

    def at(self, place: TermPath, expected: str) -> Origins:
        """Return a part of the document."""
        return self._at(place or self.contract.at, (), expected) if self._document is not None else ()

    def _at(self, place: TermPath, keys: Iterable[TermPath], expected: str) -> Origins:
        notes = Notes(self._document or {})
        found, value = place, None
        for key in keys:
            there = self._own_word(place, str(key[0])) if str(key[0]).startswith(OWN) else (*place, *key)
            value = notes.at(there) if there is not None else None
            if there is not None and value is not None:
                found = there
                break
        written = expected if value is None else _word(value)
        if value is not None and found[-1:] == ("value",) and place[:1] == ("slaProperties",):
            written = f"{written} {notes.at((*place, 'unit')) or ''}".rstrip()
        line = line_of(found, self._lines())
        return (ThresholdOrigin("contract", notes.key(found), safe(written)[:VALUE], None, self._file, line),)

    def _own_word(self, place: TermPath, word: str) -> TermPath | None:
        entries = Notes(self._document or {}).at((*place, "customProperties"))
        for i, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict) and entry.get("property") == word:
                return (*place, "customProperties", i, "value")
        return None

    def _own_rule(self, column: str) -> TermPath | None:
        """Return where a rule of our own engine names a column, None where none does."""
        notes, around = Notes(self._document or {}), self.contract.at
        declared: Column | None = self.contract.column(column)
        places = [(*around, "quality"), *([(*declared.at, "quality")] if declared is not None else [])]
        for place in places:
            entries = notes.at(place)
            for i, entry in enumerate(entries if isinstance(entries, list) else ()):
                own = isinstance(entry, dict) and str(entry.get("engine")).lower() == "mlmonitor"
                if own and (column in str(entry.get("implementation")) or len(place) > len(around) + 1):
                    return (*place, i)
        return None

    def _plain(self, parts: Iterable[str | None], expected: str, column: str | None) -> Origins:
        key = safe(".".join(part for part in (self.contract.name, *parts) if part))
        line = self._in_code(column) if self._in_code is not None else None
        return (ThresholdOrigin("contract", key, safe(expected)[:VALUE], None, self._file, line),)


def _is_of(rule: RowRule, failure: Failure) -> bool:
    """Return whether a failure is of a rule that compares columns, or of a grid: not of what a column alone must be."""
    if isinstance(rule, Grid):
        return rule.column == failure.column and failure.what.startswith("off ")
    return rule.column == failure.column and column_name(columns_of(rule)[1]) in failure.what


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(map(_word, value))
    if isinstance(value, Mapping):
        return _word(value["value"]) if "value" in value else "…"
    return str(value)
