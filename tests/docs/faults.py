"""The table of faults in docs/prove.md: ``python -m tests.docs.faults`` writes it anew."""

from __future__ import annotations

import re

from pytest_mlmonitor.inject.mutants.operator import operators
from tests.docs.blocks import DOCS

PAGE = DOCS / "prove.md"

HEAD = "| of | fault | in words |\n|---|---|---|\n"


def table() -> str:
    """Return the table as it is to stand there."""
    return HEAD + "".join(f"| {one.kind} | `{one.fault}` | {one.words} |\n" for one in operators())


def written() -> str:
    """Return the table as it stands there."""
    found = re.search(rf"{re.escape(HEAD)}(?:\|.*\n)*", PAGE.read_text(encoding="utf-8"))
    assert found is not None
    return found[0]


if __name__ == "__main__":
    PAGE.write_text(PAGE.read_text(encoding="utf-8").replace(written(), table()), encoding="utf-8")
