"""The data of the page: what a results document says, small enough for ten thousand artifacts in one file.

A passed check is one letter; what is wrong stands there whole. The shape is described in ``page/README.md``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pytest_mlmonitor.core.text.redaction import concealed
from pytest_mlmonitor.links.superseded import BY
from pytest_mlmonitor.outputs.report.check_letters import Answers, answers_of
from pytest_mlmonitor.outputs.report.chosen_pictures import Pictures
from pytest_mlmonitor.outputs.report.earlier_run import compared
from pytest_mlmonitor.outputs.report.reading_order import placed
from pytest_mlmonitor.outputs.results_shape import Results

MAX_NAMES: Final = 500
"""Files and checks that are named where all of them are of one sort; beyond it they are counted."""

_HISTORY = {"error": "e", "failed": "f", "partial": "p", "warned": "w", "ok": "o", None: "."}

_FLAT = (
    "family",
    "version",
    "owner",
    "contact",
    "runbook",
    "since",
    "runs",
    "new",
    "fixed",
    "headline",
    "action",
    "facts",
)

_USUAL = (("direction", "above"), ("unit", ""))
"""What the page takes for granted of a worst value; ten thousand times it is not worth its place."""

_UNENCODABLE = re.compile("[\ud800-\udfff]")


def island(document: Results, before: Results | None = None, proof: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the data of the page as plain JSON values.

    Args:
        document: the run to show, as ``read_results`` returns it.
        before: an earlier run to compare it with; None leaves to the document what it says of its own predecessor.
        proof: what the last proof says (``last_proof``), None without.
    """
    whole: Mapping[str, Any] = document
    answers = answers_of(document)
    order = placed(document, answers)
    pictures = Pictures()
    ids = _ids(whole["artifacts"])
    artifacts = [
        {"id": ids[at]}
        | _artifact(whole["artifacts"][at], answers.of[at], pictures, whole["evaluated_at"])
        | ({"after": [order.position[place] for place in order.after[at]]} if at in order.after else {})
        for at in order.places
    ]
    data: dict[str, Any] = {
        "run": _run(whole),
        "checks": answers.checks,
        "reasons": answers.reasons,
        "artifacts": artifacts,
        "edges": order.edges,
        "pictures_left_out": pictures.left_out,
        **_named(whole, "unclaimed"),
        **_named(whole, "older"),
        "foreign": list(whole.get("foreign", ()))[:MAX_NAMES],
    }
    if proof is not None:
        data["proof"] = proof
    if before is not None:
        compared(data, document, before, order.places)
    return data


def island_bytes(data: Mapping[str, Any]) -> bytes:
    r"""Return the data as it stands inside the page: no character of it can end its element, and no secret is in it.

    >>> island_bytes({"name": "</script>"})
    b'{"name":"\\u003c/script>"}'
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # A lone surrogate cannot be encoded; escaped it is JSON that says the same.
    text = _UNENCODABLE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
    return concealed(text).replace("<", "\\u003c").encode("utf-8")  # a secret may hold a "<"


def _artifact(entry: Mapping[str, Any], answers: Answers, pictures: Pictures, evaluated_at: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "kind": entry["kind"],
        "name": entry["name"],
        "path": entry["path"],
        "verdict": entry["verdict"],
        "checks": answers.letters,
    }
    unjudged = answers.nothing_checked and entry["verdict"] == "ok"
    if unjudged:
        made["verdict"] = "unjudged"
    for key in _FLAT:
        value = entry.get(key)
        if value:
            made[key] = value
    if made.get("since") == evaluated_at and not entry.get("runs"):
        del made["since"]  # of a first run: nobody knows how long it has been so
    worst = entry.get("worst")
    if worst:
        made["worst"] = {key: value for key, value in worst.items() if value is not None and (key, value) not in _USUAL}
    history = entry.get("history")
    if history:
        letters = "".join([_HISTORY.get(verdict, ".") for verdict in history])
        # The verdict of what nobody judged is ok; the strip of its runs must not say so.
        made["history"] = f"{letters[:-1]}." if unjudged else letters
    if answers.unchecked:
        made["unchecked"] = answers.unchecked
    results, drawn = pictures.of(answers)
    if results:
        made["results"] = results
    if drawn:
        made["pictures"] = drawn
    newer = _newer(results) or entry.get("newer")
    if newer:
        made["superseded"] = newer
    return made


def _newer(results: Sequence[Mapping[str, Any]]) -> str:
    """Return what an artifact is superseded by, in the words of its findings; empty where it is not."""
    for result in results:
        for finding in result.get("findings", ()):
            if BY in finding["message"]:
                return str(finding["message"].split(BY, 1)[1])
    return ""


def _ids(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what names each artifact in links: each its own, also where several have one name or, in older documents, none."""
    found: dict[str, None] = {}
    for entry in entries:
        wanted = str(entry.get("id") or f"{entry['kind']}:{entry['name']}")
        if wanted in found:
            wanted = f"{wanted} {entry['path']}"
        while wanted in found:
            wanted += "'"
        found[wanted] = None
    return list(found)


def _run(whole: Mapping[str, Any]) -> dict[str, Any]:
    own = {key: value for key, value in (whole.get("run") or {}).items() if value is not None}
    policy = whole["policy"] or {}
    left_out = whole.get("left_out", ())
    remembered = whole.get("remembered", ())
    return own | {
        "evaluated_at": whole["evaluated_at"],
        "environment": whole["environment"],
        "seconds": whole["duration_seconds"],
        "counts": whole["counts"],
        "complete": whole["complete"],
        "exit_status": whole["exit_status"],
        "narrowed": bool(whole["narrowed"]),
        "selection": whole["selection"] or [],
        "collected": whole["collected"],
        "selected": whole["selected"],
        "left_out": list(left_out)[:MAX_NAMES],
        "left_out_count": len(left_out),
        "policy_file": policy.get("file"),
        "overridden": policy.get("overridden", {}),
        "trace_id": whole["trace_id"],
        "remembered": {"count": len(remembered), "since": min(one["since"] for one in remembered)}
        if remembered
        else None,
        "store": whole.get("store"),
        "exports": [one for one in whole.get("exports", ()) if one["said"] or one["problem"]],
    }


def _named(whole: Mapping[str, Any], key: str) -> dict[str, Any]:
    names = whole.get(key, ())
    return {key: list(names)[:MAX_NAMES], f"{key}_count": len(names)}
