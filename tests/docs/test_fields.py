"""fields.md is what the code says today, and the code says something of every field."""

from __future__ import annotations

import difflib
import inspect
import re
from dataclasses import dataclass
from typing import Any

import pytest

import pytest_mlmonitor
from pytest_mlmonitor import Artifact, Context, Settings
from tests.docs.fields import CLASSES, FILE, attributes, own, rendered, section

LIKE_UPSTREAM = {"ServingWindow", "DeploymentEvent"}
"""Their fields are called as upstream calls them, which says enough."""


def test_the_page_is_what_the_code_says() -> None:
    before, now = FILE.read_text(encoding="utf-8"), rendered()
    lines = difflib.unified_diff(before.splitlines(), now.splitlines(), FILE.name, "today", lineterm="", n=0)
    assert now == before, "run: python -m tests.docs.fields\n" + "\n".join(lines)


def test_every_class_of_artifacts_is_on_it() -> None:
    public = [getattr(pytest_mlmonitor, name) for name in pytest_mlmonitor.__all__]
    read = {value for value in public if inspect.isclass(value) and issubclass(value, Artifact)}
    assert read - set(CLASSES) == {pytest_mlmonitor.ContractFile}, "a contract is what its ODCS file says"
    assert {Context, pytest_mlmonitor.Finding} <= set(CLASSES)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_field_has_its_words(cls: type[Any]) -> None:
    if cls.__name__ not in LIKE_UPSTREAM:
        described = attributes((inspect.getdoc(cls) or "").split("\n\nAttributes:\n")[1])
        assert {name: described.get(name, "") != "" for name in own(cls)} == dict.fromkeys(own(cls), True)


def test_every_key_of_the_policy_is_on_it() -> None:
    keys = re.findall(r"^\| `([\w.]+)` \|", rendered().split("## Settings")[1], re.MULTILINE)
    assert {key.split(".")[0] for key in keys} == set(Settings.model_fields)


def test_a_docstring_that_describes_no_field_is_refused() -> None:
    @dataclass(frozen=True)
    class Odd:
        """Odd.

        Attributes:
            there: it is.
            gone: it was.
        """

        there: int = 0

    with pytest.raises(ValueError, match="Odd has no gone"):
        section(Odd)
