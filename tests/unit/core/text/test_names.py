"""Text out of an artifact is made safe for the place where it is shown."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.text.names import bare, label, quoted, safe, shown

UTF8 = st.text(st.characters(exclude_categories=["Cs"]))


@given(UTF8)
def test_a_label_is_made_of_a_closed_alphabet_and_never_empty(text: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_.~+=,%-]{1,80}", label(text))


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6))
def test_a_short_label_can_be_read_back(text: str) -> None:
    assert unquote(label(text)) == text


@given(st.lists(UTF8, unique=True, min_size=2, max_size=8))
def test_different_names_have_different_labels(texts: list[str]) -> None:
    assert len({label(text) for text in texts}) == len(texts)


def test_long_names_are_cut_and_differ_by_a_hash() -> None:
    one, other = label("a" * 200 + "1"), label("a" * 200 + "2")
    assert one != other
    assert len(one) <= 80
    assert re.search(r"~[0-9a-f]{8}$", one)


def test_a_name_of_eighty_characters_is_not_cut() -> None:
    assert label("a" * 80) == "a" * 80
    assert re.fullmatch(r"a+~[0-9a-f]{8}", label("a" * 81))


@pytest.mark.parametrize("text", ["dep-2026-04-16-linked", "ds@2026", "a/b", "a::b", "a b", "é"])
def test_plain_ids_stay_readable(text: str) -> None:
    made = label(text)
    assert ("::" not in made) and ("/" not in made)
    if re.fullmatch(r"[\w.-]+", text, re.ASCII):
        assert made == text


@given(st.text())
def test_nothing_that_moves_the_cursor_survives(text: str) -> None:
    made = safe(text)
    assert not [c for c in made if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", made)


@given(UTF8.filter(lambda t: t.isprintable() and "##[" not in t))
def test_printable_text_stays_as_it_is(text: str) -> None:
    if not re.search("[\u200e\u200f]", text):
        assert safe(text) == text


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [("a\x1b[2J", "a\\x1b[2J"), ("a\nb", "a\\x0ab"), ("\u2028", "\\u2028"), ("##[error]", "# #[error]")],
)
def test_what_was_there_can_still_be_seen(raw: str, wanted: str) -> None:
    assert safe(raw) == wanted


@given(st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.lists(st.text())), st.integers(2, 50))
def test_a_quotation_is_short_and_safe(value: object, limit: int) -> None:
    made = quoted(value, limit)
    assert len(made) <= limit
    assert made == safe(made)


def test_strings_are_quoted_and_numbers_are_not() -> None:
    assert quoted("5") == "'5'"
    assert quoted(5) == "5"


def test_a_path_is_shown_as_a_person_would_type_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "a" / "b.json") == "a/b.json"
    assert shown(Path("/etc/x\n")) == "/etc/x\\x0a"


@pytest.mark.parametrize(
    ("text", "shown"), [("a", "a"), ("a\nb", "a\\nb"), ("x" * 100, "x" * 9 + "…"), ("it's", "it's")]
)
def test_text_inside_a_sentence_has_no_quotes_and_shows_that_it_was_cut(text: str, shown: str) -> None:
    assert bare(text, 10) == shown
