"""Secrets are taken out of text by their values, however the text writes them."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.text.names import label
from pytest_mlmonitor.core.text.redaction import conceal, concealed, concealed_bytes, conceals, redacted, redacted_bytes

SECRETS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=8, max_size=40)


@given(SECRETS, st.text(), st.text())
def test_no_secret_is_left_wherever_it_stands(value: str, before: str, after: str) -> None:
    assert value not in redacted(before + value + after, [value]).replace("***", " ")


@pytest.mark.parametrize(
    "value", ["hooks/T0/abc-DEF_123", "p\"a\\ss<w>&'rd/ä%+=", "https://h.example/services/T0/B1/x?y=z&w"]
)
@pytest.mark.parametrize(
    "written",
    [
        str,
        repr,
        ascii,
        lambda value: value.encode("unicode_escape").decode(),
        json.dumps,
        lambda value: json.dumps(value, ensure_ascii=False),
        lambda value: json.dumps(json.dumps({"log": value})),
        lambda value: html.escape(json.dumps({"log": value})),
        html.escape,
        escape,
        quoteattr,
        quote,
        quote_plus,
        lambda value: quote(value, safe=""),
        lambda value: re.sub("%..", lambda escaped: escaped.group().lower(), quote(value, safe="")),
        lambda value: base64.b64encode(value.encode()).decode(),
        lambda value: str(value.encode())[2:-1] if value.isascii() else value,
    ],
)
def test_it_is_found_in_every_form(value: str, written: Callable[[str], str]) -> None:
    text = f"before {written(value)} after"
    said = redacted(text, ["something else", value])
    assert said.startswith("before ")
    assert said.endswith(" after")
    assert "***" in said
    left = said.removeprefix("before ").removesuffix(" after")
    assert len(left) < len(written(value))
    assert redacted_bytes(text.encode(), [value]).decode() == redacted(text, [value])


def test_it_is_found_in_the_id_of_an_item() -> None:
    assert redacted(label("https://h/services/T0"), ["https://h/services/T0"]) == "***"


def test_a_short_one_is_taken_out_of_no_other_word() -> None:
    assert redacted("latest test, test=test_1", ["test"]) == "latest ***, ***=***_1"
    assert redacted("a1 b a1", ["a1"]) == "a1 b a1"


def test_the_longest_goes_first() -> None:
    assert redacted("x https://h/abcdefgh/ijkl y", ["abcdefgh", "https://h/abcdefgh/ijkl"]) == "x *** y"


def test_a_process_conceals_until_it_is_told_otherwise() -> None:
    assert not conceals()
    first = conceal(["secret-number-1"])
    second = conceal(["secret-number-2"])
    assert concealed("secret-number-1 secret-number-2") == "secret-number-1 ***"
    second()
    assert concealed("secret-number-1 secret-number-2") == "*** secret-number-2"
    assert concealed_bytes(b"secret-number-1") == b"***"
    first()
    assert not conceals()


def test_an_id_is_cut_behind_a_secret_and_never_in_it() -> None:
    value = "x" * 60 + "-1/" + "y" * 60
    whole = label(f"models-{value}")
    restore = conceal([value])
    first, second = label(f"models-{value}"), label(f"models-{value}-2")
    restore()
    assert "xxxxxxxx" in whole
    assert first.startswith("models----~")
    assert "xxxxxxxx" not in first + second
    assert first != second
