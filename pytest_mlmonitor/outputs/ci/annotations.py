"""Annotations: lines on the terminal that GitHub Actions and Azure Pipelines take for errors and warnings beside the log.

Both take whatever a program prints for commands, so what came out of an artifact is escaped here, and :func:`~…text.names.safe`
breaks such lines wherever else it is printed.

Sources: "Workflow commands for GitHub Actions" (ten errors, ten warnings and ten notices a step), and ``command.ts`` of its
toolkit for the escapes; "Logging commands" of Azure Pipelines, whose agent decodes ``%AZP25`` to ``%``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pytest_mlmonitor.core.record import JudgedArtifact
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.outputs.ci.ci_services import CI_SERVICES
from pytest_mlmonitor.outputs.failing import failing_checks, words_of

AnnotationForm = Literal["github", "azure"]
"""Services that take lines of a log for annotations."""

MAX_SHOWN = 10
"""Annotations of one level that GitHub shows of a step."""

_GITHUB = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_GITHUB_PROPERTY = _GITHUB | {":": "%3A", ",": "%2C"}
_AZURE = {"%": "%AZP25", "\r": "%0D", "\n": "%0A"}
_AZURE_PROPERTY = _AZURE | {";": "%3B", "]": "%5D"}


@dataclass(frozen=True)
class Annotation:
    """One line of a kind that a CI service shows apart from the log.

    Attributes:
        level: ``error`` or ``warning``; ``notice`` for what is said of both.
        title: what it is about.
        message: what is wrong; lines are kept.
        file: relative to the repository, None where nothing says it or it lies elsewhere.
        line: 1-based, likewise.
    """

    level: Literal["error", "warning", "notice"]
    title: str
    message: str
    file: str | None = None
    line: int | None = None


def annotations_of(judged: Sequence[JudgedArtifact]) -> Iterator[Annotation]:
    """Yield one annotation an artifact that is not fine, the worst first; beyond ten of a level only how many there are more."""
    red = [j for j in judged if j.verdict in ("error", "failed")]
    yellow = [j for j in judged if j.verdict in ("warned", "partial")]
    for j in red[:MAX_SHOWN]:
        yield _annotation("error", j)
    for j in yellow[:MAX_SHOWN]:
        yield _annotation("warning", j)
    left = [
        f"{count(len(more), 'artifact')} more {word}"
        for more, word in ((red[MAX_SHOWN:], "failed"), (yellow[MAX_SHOWN:], "warned"))
        if more
    ]
    if left:
        yield Annotation("notice", "mlmonitor", f"{' and '.join(left)}: the log and results.json name all of them")


def written(annotation: Annotation, for_service: AnnotationForm) -> str:
    r"""Return an annotation as the line that a service reads.

    >>> written(Annotation("error", "a, b", "50 % are null\nin x", "data/x.json", 3), "github")
    '::error title=a%2C b,file=data/x.json,line=3::50 %25 are null%0Ain x'
    """
    if for_service == "azure":
        given = {
            "type": "warning" if annotation.level == "notice" else annotation.level,
            "sourcepath": annotation.file,
            "linenumber": annotation.line,
        }
        properties = ";".join(f"{k}={_escaped(str(v), _AZURE_PROPERTY)}" for k, v in given.items() if v is not None)
        text = f"{annotation.title}: {annotation.message}"
        return f"##vso[task.logissue {properties}]{_escaped(text, _AZURE)}"
    given = {"title": annotation.title, "file": annotation.file, "line": annotation.line}
    properties = ",".join(f"{k}={_escaped(str(v), _GITHUB_PROPERTY)}" for k, v in given.items() if v is not None)
    return f"::{annotation.level} {properties}::{_escaped(annotation.message, _GITHUB)}"


def place_in_repository(location: str | None) -> tuple[str | None, int | None]:
    """Return the file, relative to the repository, and the line of a location; both None for what lies elsewhere.

    Without a service that says where the repository begins that is the current directory.

    >>> place_in_repository("data/x.json:3"), place_in_repository("/lake/x.json:3")
    (('data/x.json', 3), (None, None))
    """
    if not location or "\n" in location:
        return None, None
    file, _, line = location.rpartition(":")
    if not (file and line.isascii() and line.isdigit()):
        file, line = location, ""
    if "://" in file:
        return None, None
    top = next((there for one in CI_SERVICES if (there := os.environ.get(one.checkout or ""))), "")
    here = Path.cwd()
    begin = Path(top).resolve() if top and here.is_relative_to(Path(top).resolve()) else here
    place = Path(os.path.normpath(here / file))
    if not place.is_relative_to(begin):
        return None, None
    return place.relative_to(begin).as_posix(), int(line) if line else None


def _annotation(level: Literal["error", "warning"], j: JudgedArtifact) -> Annotation:
    file, line = place_in_repository(j.worst.location if j.worst is not None else None)
    lines = [words_of(j), *(failing_checks(j) if sum(map(len, j.failing.values())) > 1 else ()), safe(j.answers)]
    title = f"{j.ref.kind} {safe(j.ref.name)}" + (f" · {safe(j.check)}" if j.check else "")
    return Annotation(level, title, "\n".join(filter(None, lines)), file, line)


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    return "".join(escapes.get(c, c) for c in text)
