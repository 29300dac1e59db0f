"""What was seen of each fault, as a table for people and as data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass
class Line:
    """A fault and what became of it.

    Attributes:
        fault: its name.
        checks: that noticed it, as kind and name.
        said: first line of the worst finding.
        rules: of Prometheus that fired.
        noticed: seconds from the fault to the end of the run that noticed it.
        fired: until all its rules fired.
        arrived: until the receiver had heard of every check by Alertmanager.
        resolved: seconds from the repair until the receiver had heard that all of it is over.
    """

    fault: str
    checks: str
    said: str
    rules: str
    noticed: float
    fired: float
    arrived: float
    resolved: float


HEAD = ("fault", "noticed by", "after", "rule fired", "after", "told after", "repaired, over after")


def rows(lines: list[Line]) -> list[tuple[str, ...]]:
    """Return the cells of the table."""
    return [
        (
            line.fault,
            line.checks,
            f"{line.noticed:.0f} s",
            line.rules,
            f"{line.fired:.0f} s",
            f"{line.arrived:.0f} s",
            f"{line.resolved:.0f} s",
        )
        for line in lines
    ]


def as_text(lines: list[Line]) -> str:
    """Return the table with columns under one another, and what each run said below."""
    cells = [HEAD, *rows(lines)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEAD))]
    shown = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join([*shown, "", *(f"{line.fault}: {line.said}" for line in lines)])


def as_markdown(lines: list[Line]) -> str:
    """Return the table in Markdown."""
    head = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    body = ["| " + " | ".join(row) + " |" for row in rows(lines)]
    said = [f"- `{line.fault}`: {line.said}" for line in lines]
    return "\n".join([*head, *body, "", *said]) + "\n"


def write(lines: list[Line], directory: Path) -> None:
    """Write ``table.md`` and ``table.json``."""
    (directory / "table.md").write_text(as_markdown(lines), encoding="utf-8")
    (directory / "table.json").write_text(
        json.dumps([asdict(line) for line in lines], indent=1) + "\n", encoding="utf-8"
    )
