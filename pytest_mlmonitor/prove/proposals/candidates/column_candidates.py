"""Lines about the values of one column: what must not be null, the ends, the values, the type, the length."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_mlmonitor.prove.proposals.candidates.candidate import Candidate
from pytest_mlmonitor.prove.proposals.contract_target import ContractTarget
from pytest_mlmonitor.prove.proposals.margins import FEWEST, next_between, outwards
from pytest_mlmonitor.prove.proposals.sound_versions import SoundVersions
from pytest_mlmonitor.tables.contract.types import LOGICAL, type_matches
from pytest_mlmonitor.tables.families import value_type
from pytest_mlmonitor.tables.inference.description import ColumnDescription
from pytest_mlmonitor.tables.inference.draft import DraftColumn
from pytest_mlmonitor.tables.inference.share_limits import SURE, limit_seen, limit_unseen

NULLS = frozenset({"nulls_1", "nulls_20"})
ENDS = frozenset({"below_least", "above_greatest", "units_1000"})
VALUES = frozenset({"new_category", "truncated", "constant"})
TYPES = frozenset({"text_type", "number_type"})

END_FLOOR = 0.1
"""The least standard deviation of an end from version to version, as a share of what the column spans."""


def column_candidates(sound: SoundVersions, target: ContractTarget) -> Iterator[Candidate]:
    """Yield what a person would write of every column, what leaves the most room first."""
    drafts = {one.name: one for one in sound.draft.columns}
    for name in sound.names:
        known = sound.column(name)
        if not known or name not in drafts:
            continue
        of = _OfColumn(sound, target, name, known, drafts[name])
        for made in (of.nulls(), of.ends(), of.values(), of.lengths(), of.type()):
            yield from made


class _OfColumn:
    """The candidates of one column."""

    def __init__(
        self,
        sound: SoundVersions,
        target: ContractTarget,
        name: str,
        known: list[ColumnDescription],
        draft: DraftColumn,
    ) -> None:
        self.sound, self.target, self.name, self.known, self.draft = sound, target, name, known, draft
        self.rows = [one.rows for one in sound.described]
        self.types = list(dict.fromkeys(one.type for one in known))

    def nulls(self) -> Iterator[Candidate]:
        """Yield that none may be null, where none is; else how many percent."""
        nulls = [one.nulls + one.nan for one in self.known]
        rows = sum(self.rows)
        if sum(nulls) == rows:
            return
        if not sum(nulls):
            yield self._made(NULLS, "required", True)
            unseen = limit_unseen(rows, len(self.known))
            yield self._rule(NULLS, {"metric": "nullValues", **_at_most(unseen)})
            return
        counted = list(zip(nulls, self.rows, strict=True))
        limits = [limit_seen(counted), self._share_limit(nulls)]
        for limit in sorted({one for one in limits if one is not None}, reverse=True):
            yield self._rule(NULLS, {"metric": "nullValues", **_at_most(limit)})

    def _share_limit(self, counts: list[int]) -> float | None:
        """Return the percentage that the versions' own variation allows, chance of the smallest one included."""
        shares = [100 * some / rows for some, rows in zip(counts, self.rows, strict=True)]
        most = max(shares) / 100
        chance = 100 * math.sqrt(max(most, 1 / min(self.rows)) / min(self.rows))
        found = next_between(shares, chance)
        return None if found is None else _few_digits(min(100.0, found[1]))

    def ends(self) -> Iterator[Candidate]:
        """Yield the least and the greatest value: what ``infer-contract`` says, then what the versions' own ends say."""
        for key, bound in self.draft.options.items():
            if key in ("minimum", "maximum"):
                yield self._made(ENDS, "logicalTypeOptions", {key: bound})
        numbers = [one.numbers for one in self.known if one.numbers is not None and one.numbers.count]
        is_number = self.draft.shape is not None and self.draft.shape.logical in ("integer", "number")
        if not is_number or len(numbers) < max(FEWEST, len(self.known)):
            return
        lows = [float(one.minimum or 0) for one in numbers]
        highs = [float(one.maximum or 0) for one in numbers]
        span = max(highs) - min(lows)
        if not math.isfinite(span) or not span:
            return
        for key, ends, side in (("minimum", lows, 0), ("maximum", highs, 1)):
            found = next_between(ends, END_FLOOR * span)
            if found is None:
                continue
            low, high = outwards(found[0], found[1]) if found[1] > found[0] else found
            bound = (low, high)[side]
            if key == "minimum" and min(lows) >= 0 > bound:
                bound = 0
            yield self._made(ENDS, "logicalTypeOptions", {key: _whole(bound)})

    def values(self) -> Iterator[Candidate]:
        """Yield which values there may be, where they are known."""
        for rule in self.draft.rules:
            if rule["metric"] == "invalidValues":
                yield self._rule(VALUES, rule)
        if any(one.values is None for one in self.known):
            return
        counted = [one.values or {} for one in self.known]
        values = sorted({value for one in counted for value in one}, key=lambda value: (str(type(value)), value))
        present = sum(sum(one.values()) for one in counted)
        same = all(set(one) == set(values) for one in counted)
        if len(values) > 1 and present >= SURE and (same or present >= SURE * len(values)):
            rule = {"metric": "invalidValues", "arguments": {"validValues": values}}
            yield self._rule(VALUES, {**rule, **_at_most(limit_unseen(present, len(self.known)))})
            yield self._rule(VALUES, {**rule, "mustBe": 0})

    def lengths(self) -> Iterator[Candidate]:
        """Yield how long texts are: every one as long as the others, or at least so long."""
        if self.draft.shape is None or self.draft.shape.logical != "string":
            return
        numbers = [one.numbers for one in self.known if one.numbers is not None and one.numbers.count]
        if not numbers:
            return
        shortest = min(int(one.minimum or 0) for one in numbers)
        longest = max(int(one.maximum or 0) for one in numbers)
        if sum(one.count for one in numbers) < SURE:
            return
        faults = VALUES | ENDS
        if shortest == longest:
            yield self._made(faults, "logicalTypeOptions", {"minLength": shortest, "maxLength": longest})
        elif shortest > 1:
            yield self._made(faults, "logicalTypeOptions", {"minLength": shortest})
        for key in ("maxLength", "minLength"):
            if key in self.draft.options:
                yield self._made(faults, "logicalTypeOptions", {key: self.draft.options[key]})
        if shortest:
            yield self._made(faults, "customProperties", {"property": "mlmonitor.notBlank", "value": True})

    def type(self) -> Iterator[Candidate]:
        """Yield the type: the logical one where that tells, then the very type of the file."""
        words = [w for w in LOGICAL if all(type_matches(value_type(one), LOGICAL[w]) for one in self.types)]
        if words:
            yield self._made(TYPES, "logicalType", words[0])
        if len(self.types) == 1 and "<" not in self.types[0]:
            yield self._made(TYPES, "physicalType", self.types[0])

    def _made(self, faults: frozenset[str], key: str, value: Any) -> Candidate:
        return Candidate(faults, (self.target.line(self.name, key, value, self.types),), column=self.name)

    def _rule(self, faults: frozenset[str], rule: Mapping[str, Any]) -> Candidate:
        return self._made(faults, "quality", dict(rule))


def _at_most(percent: float) -> dict[str, Any]:
    return {"mustBeLessOrEqualTo": _whole(percent), "unit": "percent"}


def _whole(number: float) -> float | int:
    return int(number) if number == int(number) and abs(number) < 1e15 else number


def _few_digits(percent: float) -> float:
    """Return a percentage with two digits, rounded up."""
    step = 10.0 ** (math.floor(math.log10(percent)) - 1) if percent > 0 else 1.0
    return round(math.ceil(percent / step) * step, 10)
