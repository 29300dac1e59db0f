"""``report.html``: one self-contained file, put together from the files in ``page/`` and the data of a run.

There is no build step: the files are read as they are and stand one after the other in the page. Nothing is ever fetched, and only
these very scripts and styles may run: their hashes stand in the page's Content-Security-Policy.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from pytest_mlmonitor.core.files.atomic import write_atomically
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.outputs.report.island import island, island_bytes
from pytest_mlmonitor.outputs.report.last_proof import last_proof
from pytest_mlmonitor.outputs.results_shape import Results

NAME: Final = "report.html"

PACKAGE: Final = "pytest_mlmonitor.outputs.report"

LAST: Final = "start.js"
"""The one script that does something when it is read; all others only declare."""

MAX_NAMED: Final = 200
"""Artifacts that are named to a reader without JavaScript."""

_PLACE = re.compile(rb"<!--(\w+)-->")


def report_html(document: Results, before: Results | None = None, proof: Mapping[str, Any] | None = None) -> bytes:
    """Return the page of a run, UTF-8; the same document always gives the same bytes.

    Args:
        document: the run, as ``read_results`` returns it.
        before: an earlier run to compare it with: then the page says what is new, fixed and still wrong since that one.
        proof: the last proof that lies beside it (``last_proof``), None without.
    """
    data = island(document, before, proof)
    template, style, script = _parts()
    filled = {
        "policy": _security_policy(style, script).encode("ascii"),
        "title": _text(_title(data)),
        "style": style,
        "noscript": _without_script(data),
        "data": island_bytes(data),
        "script": script,
    }
    # Split, not replaced one after the other: what was filled in is never looked at again.
    pieces = _PLACE.split(template)
    return b"".join(filled[piece.decode()] if at % 2 else piece for at, piece in enumerate(pieces))


def write_report(directory: Path, document: Results, before: Results | None = None) -> Path:
    """Write ``report.html`` into ``directory``, all or nothing, and return its path.

    Args:
        directory: made where it is not there.
        document: the run.
        before: as of :func:`report_html`. A ``proof.json`` in ``directory`` has its part on the page.

    Raises:
        OSError: it could not be written; an older page is still whole.
    """
    path = directory / NAME
    # The secrets of this process are taken out of the data only: a style that was changed would no longer have its hash.
    write_atomically(path, report_html(document, before, last_proof([directory])), as_it_is=True)
    return path


@lru_cache(maxsize=1)
def _parts() -> tuple[bytes, bytes, bytes]:
    """Return template, style and script, each as it stands in the page."""
    page = files(PACKAGE).joinpath("page")
    found = sorted(_below(page, ""), key=lambda named: (named[0] == LAST, named[0]))
    style = b"\n".join(file.read_bytes() for name, file in found if name.endswith(".css"))
    script = b"\n".join(file.read_bytes() for name, file in found if name.endswith(".js"))
    return page.joinpath("template.html").read_bytes(), b"\n" + style, b'\n"use strict";\n' + script


def _below(directory: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in directory.iterdir():
        name = f"{prefix}{entry.name}"
        found += _below(entry, f"{name}/") if entry.is_dir() else [(name, entry)]
    return found


def _security_policy(style: bytes, script: bytes) -> str:
    return (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode('ascii')}'"


def _title(data: Mapping[str, Any]) -> str:
    run, artifacts = data["run"], data["artifacts"]
    wrong = sum(one["verdict"] in ("failed", "error") for one in artifacts)
    if not artifacts:
        verdict = "no artifact"
    elif wrong:
        verdict = f"{wrong:,} of {len(artifacts):,} failed"
    elif not run["complete"]:
        verdict = "not finished"
    else:
        verdict = count(len(artifacts), "artifact")
    return " · ".join([verdict, f"{run.get('project') or ''} {run['environment']}".strip(), "mlmonitor"])


def _without_script(data: Mapping[str, Any]) -> bytes:
    wrong = [one for one in data["artifacts"] if one["verdict"] in ("failed", "error")]
    said = [f"<li><strong>{_named(one)}</strong>{_in_brackets(one)}: {_said(one)}</li>" for one in wrong[:MAX_NAMED]]
    more = f"<p>… and {len(wrong) - MAX_NAMED:,} more.</p>" if len(wrong) > MAX_NAMED else ""
    heading = "These artifacts failed" if wrong else "No artifact failed"
    if not data["artifacts"]:
        heading = "No artifact was found"
    return (
        f"<h1>{heading}</h1><ul>{''.join(said)}</ul>{more}<p>Filters, pictures and the rest need JavaScript, which is inside this "
        "file. Everything is in results.json as well.</p>"
    ).encode()


def _named(artifact: Mapping[str, Any]) -> str:
    return _escaped(str(artifact.get("family") or artifact["name"]))


def _in_brackets(artifact: Mapping[str, Any]) -> str:
    return f" ({_escaped(artifact['owner'])})" if artifact.get("owner") else ""


def _said(artifact: Mapping[str, Any]) -> str:
    said = artifact.get("headline")
    if not said:
        results = artifact.get("results", ())
        said = next((one["findings"][0]["message"] for one in results if one.get("findings")), "see results.json")
    return ". ".join(_escaped(str(part)) for part in (said, artifact.get("action")) if part)


def _escaped(text: str) -> str:
    return escape(safe(text), quote=True)


def _text(text: str) -> bytes:
    return _escaped(text).encode()
