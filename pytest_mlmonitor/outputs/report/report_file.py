"""``report.html`` beside ``results.json``: one file that needs nothing else, and holds no secret."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Final

from pytest_mlmonitor.core.files.atomic import write_atomically
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.outputs.results_shape import Results

REPORT: Final = "report.html"


def write_report(directory: Path, document: Results, before: Results | None = None) -> Path:
    """Write the page of a run into ``directory``, whole or not at all, and return its path.

    Args:
        directory: where it goes.
        document: of the run.
        before: of an earlier run that it is compared with.

    Raises:
        OSError: it could not be written; an older file is still whole.
    """
    path = directory / REPORT
    write_atomically(path, report_html(document, before).encode("utf-8", "backslashreplace"))
    return path


def report_html(document: Results, before: Results | None = None) -> str:
    """Return the page of a run.

    Args:
        document: of the run.
        before: of an earlier run that it is compared with.
    """
    del before
    rows = "".join(
        f"<tr><td>{one['verdict']}</td><td>{_text(one['kind'])}</td><td>{_text(one['name'])}</td></tr>\n"
        for one in document["artifacts"]
    )
    said = f"evaluated at {_text(document['evaluated_at'])}" + (
        "" if document["complete"] else " · the run did not come to its end"
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">\n<title>mlmonitor</title>\n</head>\n'
        f"<body>\n<h1>mlmonitor</h1>\n<p>{said}</p>\n<table>\n{rows}</table>\n</body>\n</html>\n"
    )


def _text(value: str) -> str:
    return escape(safe(value))
