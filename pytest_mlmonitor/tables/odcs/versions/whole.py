"""Everything that changed between two versions of a contract; no difference passes silently.

What the contract checks of data is compared as it is compiled, what it says of the inside of objects and lists and of service
levels by its own direction. Then the documents are walked side by side, and each difference is tried out by itself: the older
document with it alone, the newer one without it. What that changes is compared already; what it does not is said to mean the same,
or not to be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.contract.data_contract import DataContract
from pytest_mlmonitor.tables.contract.diff import ContractChange, checked_changes
from pytest_mlmonitor.tables.odcs.document import contract_of
from pytest_mlmonitor.tables.odcs.notes import OdcsError
from pytest_mlmonitor.tables.odcs.versions.document_differences import MISSING, Difference, differences
from pytest_mlmonitor.tables.odcs.versions.inside import inside_changes
from pytest_mlmonitor.tables.odcs.versions.promises import promise_changes
from pytest_mlmonitor.tables.odcs.yaml import KeyPath

MAX_TRIED = 500
"""Differences that are tried out one by one, each a compilation of the document; those beyond are named as not compared."""

_PROSE = frozenset(
    (
        *(
            "description",
            "businessName",
            "name",
            "id",
            "dimension",
            "method",
            "businessImpact",
            "schedule",
            "scheduler",
        ),
        *(
            "tags",
            "examples",
            "synonyms",
            "authoritativeDefinitions",
            "transformLogic",
            "transformDescription",
            "context",
        ),
        *("transformSourceObjects", "criticalDataElement", "label", "domain", "tenant", "dataProduct", "team", "price"),
        *(
            "support",
            "roles",
            "servers",
            "contractCreatedTs",
            "customProperties",
            "deprecated",
            "driver",
        ),
        *("partitioned", "partitionKeyPosition", "dataGranularityDescription", "classification", "valueExt"),
        "semanticType",
    )
)
"""Keys that say nothing which is checked; where they do, trying them out shows it."""


def changes(old: DataContract, new: DataContract) -> list[ContractChange]:
    """Return every difference between two versions of a contract: first what is compared, in the order of the older one."""
    compared = _compared(old, new)
    keys = {change.key for change in compared}
    found = list(compared)
    for number, difference in enumerate(differences(old.document, new.document)):
        line = _line(old, new, difference, keys, tried=number < MAX_TRIED)
        if line is not None:
            found.append(line)
    return found


def breaking_changes(old: DataContract, new: DataContract) -> list[ContractChange]:
    """Return the differences that break consumers of ``old``."""
    return [change for change in _compared(old, new) if change.breaking]


def _compared(old: DataContract, new: DataContract) -> list[ContractChange]:
    return [*checked_changes(old, new), *inside_changes(old, new), *promise_changes(old, new)]


def _line(
    old: DataContract, new: DataContract, difference: Difference, keys: set[str], *, tried: bool
) -> ContractChange | None:
    """Return what is said of a difference, None where what is compared speaks of it already."""
    effects: list[ContractChange] | None = None
    if tried:
        effects = _between(old, difference.alone(old.document))
        if effects and keys & {change.key for change in effects}:
            return None
        # Beside what else stood there it may have said nothing: without it the newer document may be another one.
        back = _between(new, difference.undone(new.document))
        if back and keys & {change.key for change in back}:
            return None
    what = f"{_shown(difference.old)} → {_shown(difference.new)}"
    if effects:
        return ContractChange(False, difference.label, f"{what}: the same in all, with what else changed")
    prose = any(part in _PROSE for part in (*difference.old_path, *difference.new_path) if isinstance(part, str))
    left = _left(old, difference.old_path) or _left(new, difference.new_path)
    if effects is None or prose or left:
        return ContractChange(False, difference.label, what, compared=False)
    return ContractChange(False, difference.label, f"{what}: the same in other words")


def _between(old: DataContract, document: Mapping[str, Any]) -> list[ContractChange] | None:
    """Return what changes between a contract and a document; None where the document is no contract."""
    try:
        return _compared(old, contract_of(document, old.source))
    except OdcsError:
        return None


def _left(contract: DataContract, path: KeyPath) -> bool:
    """Return whether a part, something in it or what it lies in is not checked."""
    return any(left[: len(path)] == path[: len(left)] for left in contract.left if left)


def _shown(value: object) -> str:
    if value is MISSING:
        return "none"
    if isinstance(value, dict | list):
        return quoted(", ".join(_parts(value)), 60) if value else "empty"
    return (
        quoted(value, 60) if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    )


def _parts(value: dict[str, object] | list[object]) -> Iterator[str]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in pairs:
        word = f"{len(part)} parts" if isinstance(part, dict | list) else str(part)
        yield f"{key}: {word}" if isinstance(value, dict) else word
