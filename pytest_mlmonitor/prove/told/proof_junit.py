"""``proof-junit.xml``: a test case a mutant; those that nobody noticed are failures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from pytest_mlmonitor.core.files.atomic import write_atomically
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.prove.proof import MutantResult, Proof, by
from pytest_mlmonitor.prove.told.proof_lines import proposal_lines

NAME: Final = "proof-junit.xml"

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def proof_junit(proof: Proof) -> bytes:
    """Return a proof as JUnit XML, UTF-8: a suite an artifact; what was not judged, or is equivalent, is skipped."""
    root = ElementTree.Element("testsuites", name="mlmonitor prove")
    for (kind, name), some in by(proof.results, lambda one: (one.ref.kind, one.ref.name)).items():
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=_text(f"{kind} {name}"),
            timestamp=instant(proof.evaluated_at),
            tests=str(len(some)),
            failures=str(sum(one.fate == "survived" for one in some)),
            errors="0",
            skipped=str(sum(one.fate in ("equivalent", "not_judged") for one in some)),
        )
        for one in some:
            _add(suite, one)
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def write_junit(directory: Path, proof: Proof) -> Path:
    """Write ``proof-junit.xml`` into a directory, all or nothing, and return its path.

    Raises:
        OSError: it could not be written; an older one is still whole.
    """
    path = directory / NAME
    write_atomically(path, proof_junit(proof))
    return path


def _add(suite: ElementTree.Element, one: MutantResult) -> None:
    name = one.operator.fault if one.mutant.column is None else f"{one.operator.fault}[{one.mutant.column}]"
    case = ElementTree.SubElement(
        suite, "testcase", classname=_text(f"prove.{one.ref.kind}.{one.ref.name}"), name=_text(name)
    )
    if one.fate == "survived":
        failure = ElementTree.SubElement(case, "failure", message=_text(f"nobody noticed: {one.mutant.what}"))
        lines = [*one.stopped, *(line for p in one.proposals for line in proposal_lines(p))]
        failure.text = _text("\n".join([*lines, *([one.reason] if one.reason is not None else [])]))
    elif one.fate != "killed":
        ElementTree.SubElement(case, "skipped", message=_text(f"{one.mutant.what}: {one.reason}"))
    elif one.notice is not None:
        ElementTree.SubElement(case, "system-out").text = _text(
            f"{one.mutant.what}: {one.notice.severity} of {one.notice.check}: {one.notice.message}"
        )


def _text(text: str) -> str:
    """Return text with everything that XML or a terminal cannot hold written out."""
    return _NO_XML.sub("?", "\n".join(map(safe, text.split("\n"))))
