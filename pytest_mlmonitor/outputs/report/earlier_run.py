"""A run beside an earlier one: what is new, what is fixed and what is still wrong, of artifacts and of their checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pytest_mlmonitor.core.text.levels import undated
from pytest_mlmonitor.core.text.versions import VersionOrder, version_order
from pytest_mlmonitor.outputs.results_shape import Results

WRONG: Final = ("error", "failed", "warned")
MAX_GONE: Final = 100
"""Artifacts that were wrong and are no longer there, by name."""

_Identity = tuple[str, str]
_Known = tuple[str, str, str | tuple[str, ...] | None]


def compared(data: dict[str, Any], document: Results, before: Results, places: Sequence[int]) -> None:
    """Write into the data of the page what changed since ``before``; what the document says of its own predecessor goes.

    An artifact that was there is compared with itself. One that was not stands where the last version of its family stood, of the
    same directory where there are several; one that a newer version stands in for says nothing.

    Args:
        data: of ``island``, changed in place.
        document: the run.
        before: the earlier run.
        places: the artifacts of ``data`` by their places in the document.
    """
    then, known = _latest(before), _known(before)
    wrong_then, wrong_now = _wrong_checks(before), _wrong_checks(document)
    entries: Sequence[Mapping[str, Any]] = document["artifacts"]
    counts = {"new": 0, "still": 0, "fixed": 0}
    seen: set[_Identity] = set()
    for artifact, at in zip(data["artifacts"], places, strict=True):
        entry = entries[at]
        seen.add(_identity(entry))
        if artifact.get("superseded"):
            artifact["new"] = artifact["fixed"] = False
            continue
        old = next((known[name] for name in _names(entry) if name in known), None)
        now, earlier = wrong_now.get(_key(entry), {}), wrong_then.get(_key(old), {}) if old is not None else {}
        change = {
            "new": [check for check in now if check not in earlier],
            "fixed": [check for check in earlier if check not in now],
        }
        artifact["change"] = {key: checks for key, checks in change.items() if checks}
        artifact["change"]["verdict"] = old["verdict"] if old is not None else None
        is_wrong, was_wrong = entry["verdict"] in WRONG, old is not None and old["verdict"] in WRONG
        artifact["new"], artifact["fixed"] = is_wrong and not was_wrong, was_wrong and entry["verdict"] == "ok"
        word = {(True, False): "new", (True, True): "still", (False, True): "fixed"}.get((is_wrong, was_wrong))
        if word == "fixed" and not artifact["fixed"]:
            word = None
        if word is not None:
            counts[word] += 1
    there = {_key(entry) for entry in entries}  # a record of an older writer knows no families
    gone = [
        entry["name"]
        for identity, entry in then.items()
        if identity not in seen and _key(entry) not in there and entry["verdict"] in WRONG
    ]
    data["run"] |= counts | {
        "compared": True,
        "previous": {"evaluated_at": before["evaluated_at"], "exit_status": before["exit_status"]},
        "gone": gone[:MAX_GONE],
        "gone_count": len(gone),
    }


def _identity(entry: Mapping[str, Any]) -> _Identity:
    return entry["kind"], entry.get("family") or entry["name"]


def _key(entry: Mapping[str, Any]) -> tuple[str, str, str]:
    return entry["kind"], entry["name"], entry["path"]


def _names(entry: Mapping[str, Any]) -> Iterator[_Known]:
    """Yield by what an artifact is known: itself, itself elsewhere, its family in this directory, its family."""
    kind, name, path = _key(entry)
    yield kind, name, path
    yield kind, name, None
    family = _identity(entry)[1]
    yield kind, family, undated(path.split("/")[:-1])
    yield kind, family, ()


def _known(document: Results) -> dict[_Known, Mapping[str, Any]]:
    """Return artifacts by their names, of several of one name the newest."""
    found: dict[_Known, Mapping[str, Any]] = {}
    for entry in document["artifacts"]:
        for name in _names(entry):
            if name not in found or _order(entry) > _order(found[name]):
                found[name] = entry
    return found


def _latest(document: Results) -> dict[_Identity, Mapping[str, Any]]:
    """Return the newest artifact of each family."""
    found: dict[_Identity, Mapping[str, Any]] = {}
    for entry in document["artifacts"]:
        identity = _identity(entry)
        if identity not in found or _order(entry) > _order(found[identity]):
            found[identity] = entry
    return found


def _order(entry: Mapping[str, Any]) -> VersionOrder:
    return version_order(str(entry.get("version") or entry["name"]))


def _wrong_checks(document: Results) -> dict[tuple[str, str, str], dict[str, None]]:
    """Return the checks of each artifact that are not fine, in their order."""
    found: dict[tuple[str, str, str], dict[str, None]] = {}
    for entry in document["results"]:
        if entry["status"] in ("fail", "error"):
            found.setdefault((entry["kind"], entry["artifact"], entry["path"] or ""), {})[entry["check"]] = None
    return found
