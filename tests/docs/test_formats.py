"""The page of formats is what the code says, and its examples keep the contracts that they stand for."""

from __future__ import annotations

import pytest

from pytest_mlmonitor.front_door import is_anchor
from pytest_mlmonitor.records.contract import Record, validate
from tests.docs import formats


def test_the_page_is_what_the_code_says() -> None:
    """`python -m tests.docs.formats` writes it anew."""
    assert formats.FILE.read_text(encoding="utf-8") == formats.page()


@pytest.mark.parametrize(
    "record", [record for _, _, record in formats.DOCUMENTS if record.__name__ not in formats.NO_EXAMPLE]
)
def test_an_example_keeps_its_contract(record: type[Record]) -> None:
    read, findings = validate(record, formats.example(record), lambda path: "example")
    assert read is not None, findings
    assert findings == []


def test_the_names_on_the_page_are_recognised() -> None:
    for place, _, _ in formats.DOCUMENTS:
        *_, directory, name = place.split("/")
        if directory in ("p2", "models"):
            assert is_anchor(name, directory), place
