"""A run beside an earlier one: what is new, what is fixed and what is still wrong, of artifacts and of their checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pytest_mlmonitor.core.sources.file_order import natural
from pytest_mlmonitor.outputs.results_shape import Results

WRONG: Final = ("error", "failed", "warned")
MAX_GONE: Final = 100
"""Artifacts that were wrong and are no longer there, by name."""

_Identity = tuple[str, str]
_Key = tuple[str, str, str]


def compared(data: dict[str, Any], document: Results, before: Results, places: Sequence[int]) -> None:
    """Write into the data of the page what changed since ``before``; what the document says of its own predecessor goes.

    The next version of a dataset stands where the last one stood; an older version stands where it stood itself, and is not
    counted where a newer one stands in for it.

    Args:
        data: of ``island``, changed in place.
        document: the run.
        before: the earlier run.
        places: the artifacts of ``data`` by their places in the document.
    """
    identity = _by_family if _says_families(before) and _says_families(document) else _by_name
    then, newest = _latest(before, identity), _latest(document, identity)
    known: Mapping[_Key, Mapping[str, Any]] = {_key(one): one for one in before["artifacts"]}
    wrong_then, wrong_now = _wrong_checks(before), _wrong_checks(document)
    entries: Sequence[Mapping[str, Any]] = document["artifacts"]
    counts = {"new": 0, "still": 0, "fixed": 0}
    seen: set[_Identity] = set()
    for artifact, at in zip(data["artifacts"], places, strict=True):
        entry = entries[at]
        seen.add(identity(entry))
        is_newest = newest[identity(entry)] is entry
        old = then.get(identity(entry)) if is_newest else known.get(_key(entry))
        now, earlier = wrong_now.get(_key(entry), {}), wrong_then.get(_key(old), {}) if old is not None else {}
        change = {
            "new": [check for check in now if check not in earlier],
            "fixed": [check for check in earlier if check not in now],
        }
        artifact["change"] = {key: checks for key, checks in change.items() if checks}
        artifact["change"]["verdict"] = old["verdict"] if old is not None else None
        if artifact.get("superseded") and not is_newest:
            artifact["new"] = artifact["fixed"] = False
            continue
        is_wrong, was_wrong = entry["verdict"] in WRONG, old is not None and old["verdict"] in WRONG
        artifact["new"], artifact["fixed"] = is_wrong and not was_wrong, was_wrong and entry["verdict"] == "ok"
        word = {(True, False): "new", (True, True): "still", (False, True): "fixed"}.get((is_wrong, was_wrong))
        if word == "fixed" and not artifact["fixed"]:
            word = None
        if word is not None:
            counts[word] += 1
    gone = [entry["name"] for own, entry in then.items() if own not in seen and entry["verdict"] in WRONG]
    data["run"] |= counts | {
        "compared": True,
        "previous": {"evaluated_at": before["evaluated_at"], "exit_status": before["exit_status"]},
        "gone": gone[:MAX_GONE],
        "gone_count": len(gone),
    }


def _says_families(document: Results) -> bool:
    """Return whether a record says what artifacts are versions of: older writers did not."""
    entries: Sequence[Mapping[str, Any]] = document["artifacts"]
    return all(one.get("family") for one in entries)


def _by_family(entry: Mapping[str, Any]) -> _Identity:
    return entry["kind"], entry["family"]


def _by_name(entry: Mapping[str, Any]) -> _Identity:
    return entry["kind"], entry["name"]


def _key(entry: Mapping[str, Any]) -> _Key:
    return entry["kind"], entry["name"], entry["path"]


def _latest(
    document: Results, identity: Callable[[Mapping[str, Any]], _Identity]
) -> dict[_Identity, Mapping[str, Any]]:
    """Return one artifact of each family, that of the greatest name: later versions follow, and v10 follows v9."""
    found: dict[_Identity, Mapping[str, Any]] = {}
    for entry in document["artifacts"]:
        own = identity(entry)
        if own not in found or natural(entry["name"]) > natural(found[own]["name"]):
            found[own] = entry
    return found


def _wrong_checks(document: Results) -> dict[tuple[str, str, str], dict[str, None]]:
    """Return the checks of each artifact that are not fine, in their order."""
    found: dict[tuple[str, str, str], dict[str, None]] = {}
    for entry in document["results"]:
        if entry["status"] in ("fail", "error"):
            found.setdefault((entry["kind"], entry["artifact"], entry["path"] or ""), {})[entry["check"]] = None
    return found
