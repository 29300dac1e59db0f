"""Regular expressions: what passes, RE2 evaluates; what RE2 cannot do is said, and never crashes a scan."""

from __future__ import annotations

import re
import subprocess
import sys

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.tables.regex.patterns import FORMATS, BrokenPattern, NotInRe2, for_re2

PIECES = [
    *"abz.^$|()[]{}*+?\\-,0129:=!<>P_/ é😀", "(?:", "(?<n>", "(?P<m>", "(?=", "(?!", "\\d", "\\W", "\\b", "\\B", "\\u0041",
    "\\uD83D", "\\x41", "\\p{L}", "\\pN", "\\P{Lu}", "\\p{Foo}", "{3}", "{2,}", "{1,99}", "{999}", "{1001}", "[a-z]", "[^0-9]",
    "[\\d-", "[[:", "\\k<n>", "\\1", "\\", "\n", "\\/", "\\-", "(a|b)",
]  # fmt: skip


def found(pattern: str, text: str) -> bool:
    return bool(pc.match_substring_regex(pa.array([text], pa.string()), for_re2(pattern))[0].as_py())


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_whatever_passes_compiles(pattern: str) -> None:
    try:
        taken = for_re2(pattern)
    except NotInRe2:
        return
    pc.match_substring_regex(pa.array(["abc"], pa.string()), taken)
    duckdb.sql("SELECT regexp_matches('abc', $pattern)", params={"pattern": taken}).fetchall()  # an older RE2


def test_a_contract_is_read_without_an_engine() -> None:
    code = (
        "import sys; from pytest_mlmonitor.tables.regex.patterns import for_re2; for_re2('^a+$'); "
        "print({'pyarrow', 'duckdb'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(?=a)b", "looks"),
        ("(?<!a)b", "looks"),
        (r"(a)\1", "back-reference"),
        (r"(?<n>a)\k<n>", "back-reference"),
        ("(?>a)", "group"),
        ("a{1001}", "repeats a part 1,001 times; at most 1,000"),
        ("(a{100}){100}", "repeats a part 10,000 times in all ({100} around other repetitions)"),
        ("(x{1000}){1000}", "1,000,000 times in all"),
        ("a{0,99999999999999999999}", "repeats a part 99,999,999,999,999,999,999 times"),
        (r"\p{L}{900}", "too large"),
        ("a*+", "possessive"),
        (r"\Z", "escape"),
        ("(" * 100 + ")" * 100, "deeply"),
    ],
)
def test_what_re2_cannot_do_is_said(pattern: str, why: str) -> None:
    with pytest.raises(NotInRe2, match=re.escape(why)):
        for_re2(pattern)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(", "( without )"),
        (")", ") without ("),
        ("[a", "[ without ]"),
        ("[a-", "[ without ]"),
        ("[z-a]", "end lies before its beginning"),
        ("a{5,2}", "{5,2}, whose end lies before its beginning"),
        ("*a", "nothing before"),
        ("a**", "repeats a repetition"),
        ("a{2}{3}", "repeats a repetition"),
        ("a\\", "ends with"),
        ("(?", "a group that begins with (?"),
        ("(?)", "a group that begins with (?)"),
        ("(?<name", "a group that begins with (?<n"),
        ("(?*a)", "a group that begins with (?*"),
    ],
)
def test_what_is_no_expression_anywhere_is_broken(pattern: str, why: str) -> None:
    """An error of the contract, where what RE2 cannot do is only left out."""
    with pytest.raises(BrokenPattern, match=re.escape(why)):
        for_re2(pattern)


@pytest.mark.parametrize(
    "pattern", ["(?i)a", "(?>a)", "(?#c)a", "(?P=n)", "(?|a)", "(?'n'a)", "(?-i:a)", "(?R)", "(?<=a)", r"\z"]
)
def test_what_another_dialect_has_is_not_broken(pattern: str) -> None:
    with pytest.raises(NotInRe2) as caught:
        for_re2(pattern)
    assert not isinstance(caught.value, BrokenPattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[A-Z]{2}[0-9]{2}$",
        r"^\d{4}-\d{2}$",
        "ACC[0-9]{8}",
        r"^(?:a|b)+?$",
        r"^[\w.+-]+@[\w-]+\.[a-z]{2,}$",
        "",
        ".{1,255}",
    ],
)
def test_common_patterns_pass_unchanged(pattern: str) -> None:
    assert for_re2(pattern) == pattern


def test_a_pattern_is_searched_for_not_matched_whole() -> None:
    assert found("b", "abc") and not found("^b", "abc") and found("\\u00e9$", "caf\N{LATIN SMALL LETTER E WITH ACUTE}")


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("email", ["a@b.co", "x.y+z@mail.example.org"], ["a@b", "a b@c.de", "@b.co", "a@b.co\n"]),
        ("uuid", ["53581432-6c55-4ba2-a65f-72344a91553a"], ["53581432", "53581432-6c55-4ba2-a65f-72344a91553ag"]),
        ("uri", ["https://example.org/a?b", "mailto:x", "urn:isbn:1"], ["example.org", "http://a b"]),
        ("date", ["2024-02-29"], ["2024-13-01", "2024-2-1", "2024-02-29T00:00:00"]),
        ("date-time", ["2024-02-29T10:00:00Z", "2024-02-29 10:00:00.5+01:00"], ["2024-02-29", "2024-02-29T25:00:00Z"]),
        ("ipv4", ["0.0.0.1", "255.255.255.255", "10.1.2.3"], ["256.1.1.1", "1.2.3", "1.2.3.4.5"]),
        ("ipv6", ["::1", "2001:db8::1", "::", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4"], ["1:2:3", "g::1", ":::", "hello"]),
        ("hostname", ["example.org", "a", "a-b.c"], ["-a", "a-", "a..b", "a_b", ""]),
        ("time", ["10:00", "23:59:59.5Z"], ["24:00", "10"]),
    ],
)  # fmt: skip
def test_formats(name: str, good: list[str], bad: list[str]) -> None:
    assert [text for text in good if not found(FORMATS[name], text)] == []
    assert [text for text in bad if found(FORMATS[name], text)] == []
