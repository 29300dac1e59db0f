"""What a contract promises beside what is checked of data: service levels, and how many things a list or an object holds.

Which way is better is known of each: more availability, a shorter time to repair, fewer entries at most.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.contract.data_contract import DataContract
from pytest_mlmonitor.tables.contract.diff import ContractChange
from pytest_mlmonitor.tables.odcs.values import BadValue, instant_of, seconds_of
from pytest_mlmonitor.tables.odcs.versions.inside import NestedProperty, pairs

Better = Literal["more", "less", "same", "unknown"]
"""Which way a value promises more; ``same``: any other one breaks somebody."""

_LEVELS: dict[str, tuple[Better, str]] = {
    **dict.fromkeys(("availability", "av"), ("more", "number")),
    **dict.fromkeys(("throughput", "tp"), ("more", "number")),
    **dict.fromkeys(("errorrate", "er"), ("less", "number")),
    **dict.fromkeys(("generalavailability", "ga"), ("less", "date")),
    **dict.fromkeys(("endofsupport", "es"), ("more", "date")),
    **dict.fromkeys(("endoflife", "el"), ("more", "date")),
    **dict.fromkeys(("retention", "re"), ("same", "duration")),
    **dict.fromkeys(("frequency", "fy", "latency", "ly", "freshness", "fr"), ("less", "duration")),
    **dict.fromkeys(("timetodetect", "td", "timetonotify", "tn", "timetorepair", "tr"), ("less", "duration")),
}
"""Service levels of the standard (its Data QoS), by name and by code: which way is better, and what the value is."""

_OPTIONS: dict[str, Better] = {
    **dict.fromkeys(("minItems", "minProperties", "uniqueItems"), "more"),
    **dict.fromkeys(("maxItems", "maxProperties"), "less"),
    **dict.fromkeys(("dimensions",), "same"),
}

_NUMBER = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?)\s*(%|percent)?")


@dataclass(frozen=True)
class PromisedValue:
    """A promise of one version.

    Attributes:
        shown: as written.
        better: which way it promises more.
        value: what can be compared, None where nothing can.
        unit: of values that are only comparable with their like.
    """

    shown: str
    better: Better
    value: Any = None
    unit: str = ""


def promise_changes(old: DataContract, new: DataContract) -> Iterator[ContractChange]:
    """Yield every difference between promises that nothing checks on data and whose direction is known."""
    yield from _changes(_levels(old), _levels(new))
    for key, part, other in pairs(old, new):
        yield from _options(key, part, other)


def _options(key: str, old: NestedProperty, new: NestedProperty) -> Iterator[ContractChange]:
    yield from _changes(_of_options(key, old), _of_options(key, new))
    after = new.inside()
    for name, part in old.inside().items():
        if name in after:
            yield from _options(f"{key}{name}", part, after[name])


def _of_options(key: str, part: NestedProperty) -> dict[tuple[str, str], PromisedValue]:
    options = part.model.logicalTypeOptions or {}
    found = {}
    for word, better in _OPTIONS.items():
        value = options.get(word)
        if value is not None and value is not False:
            number = value if isinstance(value, int | float) else None
            found[key, word] = PromisedValue(
                str(value).lower() if isinstance(value, bool) else str(value), better, number
            )
    needed = options.get("required")
    if isinstance(needed, list):  # fields that an object always has
        found |= {(key, f"field {quoted(str(name))}"): PromisedValue("required", "same", 1) for name in needed}
    return found


def _levels(contract: DataContract) -> dict[tuple[str, str], PromisedValue]:
    """Return the service levels that are not checked on data, by property and element."""
    found: dict[tuple[str, str], PromisedValue] = {}
    entries = contract.document.get("slaProperties")
    for i, entry in enumerate(entries if isinstance(entries, list) else ()):
        place: tuple[str | int, ...] = ("slaProperties", i)
        checked = contract.left.isdisjoint((place, (*place, "element"), (*place, "value")))
        if checked or not isinstance(entry, dict):
            continue
        word = str(entry.get("property") or "").strip()
        known = _LEVELS.get(re.sub(r"[\s_-]", "", word).lower())
        if known is not None:
            key = f"slaProperties.{word}" + (f" of {entry['element']}" if entry.get("element") else "")
            found.setdefault((key, ""), _level(entry, *known))
    return found


def _level(entry: Mapping[str, Any], better: Better, kind: str) -> PromisedValue:
    value, unit = entry.get("value"), entry.get("unit")
    shown = f"{value} {unit}" if unit else str(value)
    try:
        if kind == "duration":
            return PromisedValue(shown, better, seconds_of(value, unit))
        if kind == "date":
            return PromisedValue(shown, better, instant_of(value))
    except BadValue:
        return PromisedValue(shown, better)
    match = _NUMBER.fullmatch(str(value).strip())
    if match is None or isinstance(value, bool):
        return PromisedValue(shown, better)
    word = str(unit or match.group(2) or "").strip().lower()
    return PromisedValue(
        shown, better, float(match.group(1)), {"%": "percent", "percentage": "percent"}.get(word, word)
    )


def _changes(
    old: Mapping[tuple[str, str], PromisedValue], new: Mapping[tuple[str, str], PromisedValue]
) -> Iterator[ContractChange]:
    for (key, word), was in old.items():
        is_ = new.get((key, word))
        said = f"{word} " if word else ""
        if is_ is None:
            yield ContractChange(True, key, f"{said}no longer promised (was: {was.shown})")
        elif was.value is None or is_.value is None or was.unit != is_.unit or type(was.value) is not type(is_.value):
            if was.shown != is_.shown:
                yield ContractChange(False, key, f"{said}{was.shown} → {is_.shown}", compared=False)
        elif was.value != is_.value:
            more = bool(is_.value > was.value)
            breaking = was.better == "same" or more != (was.better == "more")
            yield ContractChange(breaking, key, f"{said}{was.shown} → {is_.shown}")
    for (key, word), is_ in new.items():
        if (key, word) not in old:
            yield ContractChange(False, key, f"{word + ' ' if word else ''}promised: {is_.shown}")
