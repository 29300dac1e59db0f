"""Which proposals can be tried together, and which of them a finding speaks of."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from pytest_mlmonitor.prove.notices import Notice
from pytest_mlmonitor.prove.proposals.proposal import Proposal
from pytest_mlmonitor.tables.odcs.written.contract_line import LISTS, ContractLine


def at_once(proposals: Sequence[Proposal]) -> list[list[Proposal]]:
    """Return proposals in bunches in which no two set the same key: of two limits on it the last alone would hold."""
    bunches: list[tuple[set[Hashable], list[Proposal]]] = []
    for proposal in proposals:
        keys = {(proposal.target.table if proposal.target is not None else None, *key) for key in _keys(proposal)}
        for taken, bunch in bunches:
            if not taken & keys:
                taken.update(keys)
                bunch.append(proposal)
                break
        else:
            bunches.append((set(keys), [proposal]))
    return [bunch for _, bunch in bunches]


def speaks_of(proposal: Proposal, found: Sequence[Notice]) -> bool:
    """Return whether a finding may be due to a proposal: it says the name of the rule, of the column or of the key."""
    said = " ".join(f"{one.check} {one.message}" for one in found)
    return any(word in said for word in _words(proposal))


def _keys(proposal: Proposal) -> Iterator[tuple[Hashable, ...]]:
    for line in proposal.lines:
        yield from _of_line(line)
    yield from (("policy", *path) for path in _leaves(proposal.override or {}) if path != ("artifact",))


def _of_line(line: ContractLine) -> Iterator[tuple[Hashable, ...]]:
    if line.key == "properties":
        yield ("properties", str(line.value.get("name")))
    elif line.key in ("slaProperties", "customProperties"):
        yield (line.column, line.key, str(line.value.get("property")), str(line.value.get("element")))
    elif line.key.startswith("primaryKey"):
        yield ("primaryKey",)  # every column of one key
    elif line.key not in LISTS and isinstance(line.value, Mapping):
        yield from ((line.column, line.key, key) for key in line.value)
    elif line.key not in LISTS:
        yield (line.column, line.key)


def _leaves(entry: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for key, value in entry.items():
        if isinstance(value, Mapping):
            yield from ((key, *rest) for rest in _leaves(value))
        else:
            yield (key,)


def _words(proposal: Proposal) -> Iterator[str]:
    for line in proposal.lines:
        name = line.value.get("name") if isinstance(line.value, Mapping) else None
        if name is not None:
            yield str(name)
        elif line.column is not None:
            yield line.column
        else:
            yield "row" if line.key == "quality" else str(dict(line.value).get("element", "column")).rpartition(".")[2]
    yield from (path[-1] for path in _leaves(proposal.override or {}) if path != ("artifact",))
