"""The results of several runs as one: shards of one platform, hosts that judge each their own part, or both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar
from urllib.parse import unquote

from pytest_mlmonitor.core.result import VERDICTS, Verdict, worst_verdict
from pytest_mlmonitor.outputs.joined_details import joined_edges, joined_models, joined_origin, joined_overview
from pytest_mlmonitor.outputs.results_shape import (
    SCHEMA_VERSION,
    SEVERITIES,
    ArtifactEntry,
    ForeignEntry,
    PolicyEntry,
    RememberedEntry,
    ResultCounts,
    ResultEntry,
    Results,
)

HOLDS, DOES_NOT, COULD_NOT, NOTHING = 0, 1, 3, 5
"""Exit statuses of a joined verdict: all well, findings, something is missing, and no run had anything to judge."""

_ENDED = (HOLDS, DOES_NOT, NOTHING)
_THRESHOLDS = (2, 1, 3, 4)
"""Severities from which on findings may fail a run, the default first; the last: none does."""

T = TypeVar("T")

_Artifact = tuple[str, str, str]
"""Kind, name and path."""


class _Judged(NamedTuple):
    """A result, and whether it failed the run that it comes from."""

    entry: ResultEntry
    failed: bool


def joined(documents: Sequence[Results]) -> Results:
    """Return one record of several.

    A check that several runs made counts once, with the worst that was said of it: of two hosts neither knows better. A check that
    one run left out and another made was not left out. The time of evaluation is the earliest, the duration the longest: shards
    run side by side.

    Args:
        documents: what ``read_results`` returned, at least one; also of runs that came to no verdict.

    Returns:
        The record. Its exit status is 5 where no run had anything to judge, 3 where a run came to no verdict or checks that a
        narrowed run left out were made in none, else 1 or 0.
    """
    documents = [with_paths(document) for document in documents]
    results = _results(documents)
    left_out, unknown = _left_out(documents, [one.entry for one in results])
    narrowed = bool(missing(documents)) or unknown
    complete = all(
        document["complete"] and document["exit_status"] in _ENDED and not contradicts_itself(document)
        for document in documents
    )
    entries = sorted((one.entry for one in results), key=lambda one: (one["nodeid"], one["check"], one["path"] or ""))
    return {
        "schema_version": SCHEMA_VERSION,
        "evaluated_at": min((document["evaluated_at"] for document in documents), key=datetime.fromisoformat),
        "duration_seconds": max(document["duration_seconds"] for document in documents),
        "counts": _counts(results),
        "artifacts": _artifacts(documents, entries, left_out),
        "unclaimed": sorted({path for document in documents for path in document["unclaimed"]}),
        "foreign": _foreign(documents),
        "older": sorted({name for document in documents for name in document.get("older", ())}),
        "results": entries,
        "environment": " + ".join(sorted({document["environment"] for document in documents})),
        "exit_status": _status(documents, results, complete=complete, narrowed=narrowed),
        "narrowed": narrowed,
        "selection": _selection(documents),
        "collected": _number(documents, entries, left_out),
        "selected": _number(documents, entries, ()),
        "left_out": left_out,
        "policy": _policy(documents),
        "trace_id": _same(document["trace_id"] for document in documents),
        "remembered": _remembered(documents),
        "store": _same(document.get("store") for document in documents),
        "exports": [one for document in documents for one in document.get("exports", ())],
        "edges": joined_edges(documents),
        "models": joined_models(documents),
        "complete": complete,
        **joined_origin(documents),  # type: ignore[typeddict-item]
    }


def _foreign(documents: Sequence[Results]) -> list[ForeignEntry]:
    by_path = {one["path"]: one for document in documents for one in document.get("foreign", ())}
    return [by_path[path] for path in sorted(by_path)]


def missing(documents: Sequence[Results]) -> list[str]:
    """Return the checks, and the roots, that narrowed runs left out and no run made."""
    made = [one for document in documents for one in document["results"]]
    return _uncovered((one for one in documents if one["narrowed"]), made)


def contradicts_itself(document: Results) -> bool:
    """Return whether a record does not count what it holds: it was cut, or changed by hand."""
    threshold = _threshold(document)
    judged = [_Judged(one, one["status"] == "fail" and _severity(one) >= threshold) for one in document["results"]]
    return _counts(judged) != document["counts"]


def with_paths(document: Results) -> Results:
    """Return a record of version 1 with the paths of its results, as its artifacts and their node ids tell them."""
    if all(one["path"] is not None for one in document["results"]):
        return document
    places: dict[tuple[str, str], list[str]] = {}
    for artifact in document["artifacts"]:
        places.setdefault((artifact["kind"], artifact["name"]), []).append(artifact["path"])
    results = []
    for one in document["results"]:
        found = places.get((one["kind"], one["artifact"]), [])
        anchor = unquote(one["nodeid"].split("::", 1)[0])
        path = next((place for place in found if place.endswith(anchor)), found[0] if found else None)
        results.append({**one, "path": one["path"] if one["path"] is not None else path})
    return {**document, "results": results}  # type: ignore[typeddict-item]


def _uncovered(documents: Iterable[Results], made: Iterable[ResultEntry]) -> list[str]:
    ids = {one["nodeid"] for one in made}
    places = {nodeid.split("::", 1)[0] for nodeid in ids}
    left = {one for document in documents for one in document.get("left_out", ())} - ids
    return sorted(
        one for one in left if "::" in one or not any(place == one or place.startswith(f"{one}/") for place in places)
    )


def _left_out(documents: Sequence[Results], made: Sequence[ResultEntry]) -> tuple[list[str], bool]:
    """Return what was left out of all runs, and whether one does not say what it left out: older versions do not."""
    unknown = any(document["narrowed"] and "left_out" not in document for document in documents)
    return _uncovered(documents, made), unknown


def _results(documents: Sequence[Results]) -> list[_Judged]:
    """Return every check of every artifact once: the worst of what was said."""
    found: dict[tuple[str, str, _Artifact], _Judged] = {}
    for document in documents:
        threshold = _threshold(document)
        for entry in document["results"]:
            key = (entry["nodeid"], entry["check"], _of(entry))
            judged = _Judged(entry, entry["status"] == "fail" and _severity(entry) >= threshold)
            if key not in found or _rank(judged) < _rank(found[key]):
                found[key] = judged
    return list(found.values())


def _threshold(document: Results) -> int:
    """Return the severity from which on findings failed a run, as its counts tell."""
    severities = [_severity(entry) for entry in document["results"] if entry["status"] == "fail"]
    fits = (one for one in _THRESHOLDS if sum(level >= one for level in severities) == document["counts"]["fail"])
    return next(fits, _THRESHOLDS[0])


def _severity(entry: ResultEntry) -> int:
    return SEVERITIES.index(entry["severity"]) if entry["severity"] is not None else -1


def _rank(judged: _Judged) -> tuple[int, bool, int, bool, str]:
    """Return a key that is least for what is worst; what was checked goes before what was not."""
    entry = judged.entry
    verdict = VERDICTS.index(_verdict(entry))
    return (verdict, not judged.failed, -_severity(entry), entry["status"] == "not_checked", repr(entry))


def _verdict(entry: ResultEntry) -> Verdict:
    if entry["status"] == "error":
        return "error"
    if entry["status"] != "fail":
        return "ok"
    return "warned" if entry["severity"] == "warning" else "failed"


def _counts(results: Iterable[_Judged]) -> ResultCounts:
    found = Counter(
        "warned" if one.entry["status"] == "fail" and not one.failed else one.entry["status"] for one in results
    )
    return {
        "pass": found["pass"],
        "fail": found["fail"],
        "error": found["error"],
        "not_checked": found["not_checked"],
        "warned": found["warned"],
    }


def _artifacts(
    documents: Sequence[Results], entries: Sequence[ResultEntry], left_out: Sequence[str]
) -> list[ArtifactEntry]:
    said: dict[_Artifact, list[Verdict]] = {}
    partial = {nodeid.rpartition("::")[0] for nodeid in left_out if "::" in nodeid}
    known: dict[_Artifact, ArtifactEntry] = {}
    told: dict[_Artifact, list[ArtifactEntry]] = {}
    for document in documents:
        old = document["narrowed"] and "left_out" not in document
        for one in document["artifacts"]:
            key = (one["kind"], one["name"], one["path"])
            told.setdefault(key, []).append(one)
            before = known.setdefault(key, one)
            known[key] = {
                **before,
                "owner": before["owner"] or one["owner"],
                "runbook": before["runbook"] or one["runbook"],
                "since": min(filter(None, (before["since"], one["since"])), default=None),
            }
            said.setdefault(key, []).extend(["partial"] if old else [])
    critical: set[_Artifact] = set()
    for entry in entries:
        key = _of(entry)
        said.setdefault(key, []).append(_verdict(entry))
        if entry["nodeid"].rpartition("::")[0] in partial:
            said[key].append("partial")
        if entry["severity"] == "critical":
            critical.add(key)
    made: list[ArtifactEntry] = []
    for key, before in known.items():
        if said.get(key):
            verdict = worst_verdict(said[key])
            kept = {name: before[name] for name in ("owner", "runbook", "since")}
            made.append({**joined_overview(told[key], verdict), **kept, "verdict": verdict})  # type: ignore[typeddict-item]
    return sorted(
        made,
        key=lambda one: (
            VERDICTS.index(one["verdict"]),
            (one["kind"], one["name"], one["path"]) not in critical,
            one["kind"],
            one["path"],
            one["name"],
        ),
    )


def _of(entry: ResultEntry) -> _Artifact:
    return (entry["kind"], entry["artifact"], entry["path"] or "")


def _status(documents: Sequence[Results], results: Sequence[_Judged], *, complete: bool, narrowed: bool) -> int:
    statuses = {document["exit_status"] for document in documents}
    if not complete:
        return COULD_NOT
    if statuses == {NOTHING} or (not results and DOES_NOT not in statuses):
        return NOTHING
    if DOES_NOT in statuses or any(one.failed or one.entry["status"] == "error" for one in results):
        return DOES_NOT
    return COULD_NOT if narrowed else HOLDS


def _selection(documents: Sequence[Results]) -> list[str] | None:
    told = [one for document in documents for one in document["selection"] or ()]
    return list(dict.fromkeys(told)) if any(document["selection"] is not None for document in documents) else None


def _number(documents: Sequence[Results], entries: Sequence[ResultEntry], left_out: Sequence[str]) -> int | None:
    """Return how many items there were: checks that were made or left out, and the most tests that a run had beside them."""
    others = []
    for document in documents:
        number = document["collected"] if left_out else document["selected"]
        if number is None:
            return None
        own = len({one["nodeid"] for one in document["results"]})
        own += len([one for one in document.get("left_out", ()) if "::" in one]) if left_out else 0
        others.append(max(number - own, 0))
    ids = {one["nodeid"] for one in entries} | {one for one in left_out if "::" in one}
    return len(ids) + max(others)


def _policy(documents: Sequence[Results]) -> PolicyEntry | None:
    told = [document["policy"] for document in documents if document["policy"] is not None]
    if not told:
        return None
    overridden = {key: who for one in told for key, who in one["overridden"].items()}
    return {"file": _same(one["file"] for one in told), "overridden": overridden}


def _remembered(documents: Sequence[Results]) -> list[RememberedEntry]:
    since: dict[str, str] = {}
    for document in documents:
        for one in document.get("remembered", ()):
            since[one["path"]] = min(since.get(one["path"], one["since"]), one["since"])
    return [{"path": path, "since": when} for path, when in sorted(since.items())]


def _same(values: Iterable[T]) -> T | None:
    """Return what all say; None where they differ."""
    told = list(values)
    return told[0] if all(one == told[0] for one in told) else None
