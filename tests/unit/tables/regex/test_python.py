"""Python's patterns in RE2: the same strings match, or the pattern is refused."""

from __future__ import annotations

import re

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.tables.regex.python import Untranslatable, in_re2, literal

ATOMS = [
    *(
        "a",
        "b",
        r"\d",
        r"\D",
        r"\s",
        r"\S",
        "[ab]",
        "[^a]",
        r"[^\d]",
        r"[\s_]",
        ".",
        "^",
        "$",
        r"\Z",
        r"\A",
        "(?:ab|a)",
    ),
    *("(?P<n>b)", r"\.", "é", "[é-ü]", r"\n", r"\x41", "(a)", r"[^\S]", "[]a]", "(a|)", "a|b", "|"),
]
QUANTIFIERS = ["", "", "", "*", "+", "?", "{2}", "{1,2}", "{0,}", "*?", "+?"]
TEXT = st.text(alphabet="abAé\n \x0b\x1c\u0663\u2003.-\x85_1\u00a0ü日", max_size=6)


@given(
    pieces=st.lists(st.tuples(st.sampled_from(ATOMS), st.sampled_from(QUANTIFIERS)), min_size=1, max_size=4),
    flags=st.sampled_from([0, 0, re.DOTALL, re.ASCII]),
    start=st.booleans(),
    texts=st.lists(TEXT, min_size=1, max_size=20),
)
def test_the_same_strings_match(pieces: list[tuple[str, str]], flags: int, start: bool, texts: list[str]) -> None:
    try:
        compiled = re.compile("".join(atom + quantifier for atom, quantifier in pieces), flags)
        pattern = in_re2(compiled, start=start)
    except (re.error, Untranslatable):
        return
    wanted = [bool((compiled.match if start else compiled.search)(text)) for text in texts]
    assert pc.match_substring_regex(pa.array(texts), pattern).to_pylist() == wanted


def test_duckdb_takes_it_alike() -> None:
    pattern = in_re2(r"^ST-\d+\s?.$", start=True)
    texts = ["ST-1a", "ST-٣\u2003b\n", "ST-1\n", "st-1a", "xST-1a"]
    query = "SELECT regexp_matches(t, ?) FROM (SELECT unnest(?) AS t)"
    found = [row[0] for row in duckdb.execute(query, [pattern, texts]).fetchall()]
    assert found == [bool(re.match(r"^ST-\d+\s?.$", text)) for text in texts] == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (r"(?=a)b", "assert"),
        (r"(?!a)b", "assert_not"),
        (r"(a)\1", "groupref"),
        (r"\w+", "word characters"),
        (r"\bfoo", "border of a word"),
        (r"(?i)a", "flags"),
        (r"(?m)^a", "flags"),
        (r"(?i:a)", "flags inside"),
        (r"a$b", "before its end"),
        (r"(a$)*", "before its end"),
        (r"a{101}", "repeats"),
        (r"(a{20}){20}", "repeats"),
        (r"(a++)b", "possessive"),
        ("\x00", "NUL"),
        ("(", "no regular expression"),
        (r"\d{100}" * 30, "too large"),
    ],
)
def test_what_may_differ_is_refused(pattern: str, reason: str) -> None:
    with pytest.raises(Untranslatable, match=reason):
        in_re2(pattern, start=False)


@given(TEXT, TEXT)
def test_a_literal_is_itself(text: str, other: str) -> None:
    found = pc.match_substring_regex(pa.array([text, other]), rf"\A{literal(text)}\z").to_pylist()
    assert found == [True, other == text]
