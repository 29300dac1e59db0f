"""docs/prove.md names every fault in its own words, every option and every key of proof.json."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import get_args

from typer.main import get_command

from pytest_mlmonitor.commands.app import app
from pytest_mlmonitor.prove.proof import Fate, Proof
from pytest_mlmonitor.prove.told.proof_document import proof_document
from tests.docs.faults import PAGE as FILE
from tests.docs.faults import table, written

PAGE = FILE.read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in re.findall(r"^\|.*\|$", section, re.M)][2:]


def test_every_fault_has_its_row() -> None:
    assert written() == table(), "python -m tests.docs.faults writes it anew"


def test_every_option_has_its_row() -> None:
    command = get_command(app).commands["prove"]  # type: ignore[attr-defined]
    options = {word for one in command.params for word in one.opts if word.startswith("--")} - {"--help"}
    assert {cell.strip("`").split()[0] for cell, *_ in rows("Options") if cell.startswith("`--")} == options


def test_every_key_of_the_document_is_named() -> None:
    about = dict.fromkeys(("written_at", "policy", "roots", "artifacts", "budget_seconds", "min"))
    document = proof_document(Proof(datetime(2026, 4, 7, tzinfo=UTC)), about)
    named = {key.partition(".")[0] for cell, _ in rows("proof.json") for key in re.findall(r"`([\w.]+)`", cell)}
    assert named == set(document) - {"proof_version"}
    assert set(get_args(Fate)) == set(document["counts"])
