"""Path templates: what their grammar allows, what a path catches, and that no name can hang a run."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.core.templates.path_template import PathTemplate, TemplateError
from pytest_mlmonitor.core.templates.template_walk import TemplateWalk

from .naive_reader import readings


def read(template: str, path: str) -> list[dict[str, str]]:
    one = PathTemplate.parse(template)
    return [one.caught(end.texts) for end in TemplateWalk([one]).of_path(path)]


@pytest.mark.parametrize(
    ("template", "path", "caught"),
    [
        ("data/churn.parquet", "data/churn.parquet", {}),
        ("data/*.parquet", "data/churn.parquet", {}),
        ("data/part-?.parquet", "data/part-7.parquet", {}),
        (
            "silver/{name}/dt={version:%Y-%m-%d}/*.parquet",
            "silver/flights/dt=2026-11-27/part-0.parquet",
            {"name": "flights", "version": "2026-11-27"},
        ),
        ("{layer}/**/{name}", "bronze/crm/eu/customers", {"layer": "bronze", "name": "customers"}),
        ("{layer}/**/{name}", "bronze/customers", {"layer": "bronze", "name": "customers"}),
        ("**/{name}.parquet", "customers.parquet", {"name": "customers"}),
        ("logs/**", "logs/a/b/c.jsonl", {}),
        (
            "access/{date:year=%Y/month=%m/day=%d/hour=%H}/*.json",
            "access/year=2026/month=01/day=05/hour=03/a.json",
            {"date": "year=2026/month=01/day=05/hour=03"},
        ),
        (
            "access/{date:year=%Y/month=%m/day=%d}/*.json",
            "access/year=2026/month=1/day=5/a.json",
            {"date": "year=2026/month=1/day=5"},
        ),
        ("{v:%Y-%m-%dT%H.%M.%S.%fZ}/x", "2026-11-27T02.14.09.456Z/x", {"v": "2026-11-27T02.14.09.456Z"}),
        ("run_id={v:%Y-%m-%dT%H:%M:%S%z}/x", "run_id=2026-11-27T02:00:00+00:00/x", {"v": "2026-11-27T02:00:00+00:00"}),
        ("{d:%d%b%y}.csv", "27Nov26.csv", {"d": "27Nov26"}),
        ("{d:%Y-%j}.csv", "2026-331.csv", {"d": "2026-331"}),
        ("reviews/{version:semver}/x", "reviews/v1.10.0-rc.1+b5/x", {"version": "v1.10.0-rc.1+b5"}),
        (
            "reviews/{version:semver}/{split:word}-*.parquet",
            "reviews/v10/test-00000-of-00002.parquet",
            {"version": "v10", "split": "test"},
        ),
        ("data/{name}.parquet/{v:int}/{name}.parquet", "data/a.b.parquet/7/a.b.parquet", {"name": "a.b", "v": "7"}),
        ("{name}/{name}_{version}.parquet", "a_b/a_b_v_1.parquet", {"name": "a_b", "version": "v_1"}),
        ("{x}_{x}.csv", "ab_ab.csv", {"x": "ab"}),
        ("_{x}/.{y}/z", "_a/.b/z", {"x": "a", "y": "b"}),
        ("{day:epoch_s}.json", "1795773600.json", {"day": "1795773600"}),
        ("[a]/{x}", "[a]/b", {"x": "b"}),
        ("größe/{x}\n.csv", "größe/ä\n.csv", {"x": "ä"}),
    ],
)
def test_what_a_path_catches(template: str, path: str, caught: dict[str, str]) -> None:
    assert read(template, path) == [caught]


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("data/*.parquet", "data/x/churn.parquet"),
        ("data/*.parquet", "data/.churn.parquet"),
        ("data/*.parquet", "data/_churn.parquet"),
        ("data/{name}/x", "data/_delta_log/x"),
        ("data/**/x", "data/a/_old/x"),
        ("data/**/x", "data/.snapshot/x"),
        ("data/?.csv", "data/_.csv"),
        ("data/{x:word}", "data/_x"),
        ("data/{x:word}", "data/a_b"),
        ("{x}.csv", ".csv"),
        ("dt={version:%Y-%m-%d}/x", "dt=2026-11-28.tmp/x"),
        ("dt={version:%Y-%m-%d}/x", "dt=2026-02-30/x"),
        ("dt={version:%Y%m%d}/x", "dt=2026111/x"),
        ("dt={version:%Y-%m-%d}/x", "dt=2026-111-1/x"),
        ("{date:%Y/%m/%d}/x", "2026/02/30/x"),
        ("{a:word}-{b:word}-{c}.csv", "_" + "a" * 50 + "-b-c.csv"),
        ("{a}-{b}-{c}.csv", "." + "a" * 50 + "-b-c.csv"),
        ("{x:int}", "1a"),
        ("{x:int}", "٣"),
        ("{x:semver}", "draft"),
        ("{x}_{x}.csv", "ab_ac.csv"),
        ("{x}/{x}.csv", "ab/ac.csv"),
    ],
)
def test_what_does_not_fit(template: str, path: str) -> None:
    assert read(template, path) == []


@pytest.mark.parametrize(
    ("template", "path", "texts"),
    [
        ("{split}-*.parquet", "test-00000-of-00002.parquet", {"test", "test-00000"}),
        ("{name}_{version}.parquet", "a_b_v1.parquet", {"a", "a_b"}),
        ("*-{x}-*.csv", "a-b-c-b-e.csv", {"b", "c"}),
        ("**/{x}/**/y", "a/b/y", {"a", "b"}),
        ("{x}{n:int}.csv", "part12.csv", {"part", "part1"}),
    ],
)
def test_a_path_that_reads_in_several_ways_comes_with_two_of_them(template: str, path: str, texts: set[str]) -> None:
    first = {next(iter(caught.values())) for caught in read(template, path)}
    assert len(first) == 2
    assert first <= {next(iter(caught.values())) for caught in readings(template, path)}
    assert texts & first


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("", "is empty"),
        ("/data/x", "below the root"),
        ("data//x", "empty level"),
        ("data/", "empty level"),
        ("data/../x", "below the root"),
        ("data/a**/x", "a level of its own"),
        ("**/a/**/b/**/c", "more than 2 levels **"),
        ("a/**/**/c", "one is enough"),
        ("{a}-{b}-{c}-*.csv", "4 open pieces in the level '{a}-{b}-{c}-*.csv', at most 3"),
        ("{a", "no } for the {"),
        ("a}", "without {"),
        ("{}/x", "a placeholder is called by"),
        ("{Name}/x", "a placeholder is called by"),
        ("{x:}/x", "expected a form after the colon"),
        ("{x:date}/x", "'date' is no form; allowed: int, semver, word, epoch_s, epoch_ms, epoch_us, or a time"),
        ("{x:%Q}/x", "%Q in '%Q' is not read; allowed: %Y %m"),
        ("{x:%H}/x", "says no year (%Y): write one placeholder for all of a time"),
        ("{x:%Y-%d}/x", "%d without %b or %m"),
        ("{x:%Y%Y}/x", "%Y twice"),
        ("{x:%Y-%m-%j}/x", "says a part of its time twice"),
        ("{x:%Y}/{x:%m}", "in two forms"),
        ("{x:%Y/%m}/{x}", "spans several levels"),
    ],
)
def test_what_is_no_template_is_said(template: str, words: str) -> None:
    with pytest.raises(TemplateError, match=r".*") as raised:
        PathTemplate.parse(template)
    assert words in str(raised.value)


LETTERS = st.sampled_from("ab1-_.=v+")
NAMES = st.text(LETTERS, min_size=1, max_size=9)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
PIECES = st.one_of(
    st.text(LETTERS, min_size=1, max_size=2),
    st.sampled_from(["*", "?", "{x}", "{y}", "{n:int}", "{w:word}", "{s:semver}", "{t:%y%m}"]),
)
LEVELS = st.one_of(st.just("**"), st.lists(PIECES, min_size=1, max_size=5).map("".join))
TEMPLATES = st.lists(LEVELS, min_size=1, max_size=4).map("/".join)
FITTING = {"*": NAMES, "?": st.sampled_from("ab1-"), "{n:int}": st.sampled_from(["1", "11", "111"])}
FITTING |= {"{w:word}": st.text("ab1", min_size=1, max_size=3), "{t:%y%m}": st.sampled_from(["2611", "0101", "1111"])}
FITTING |= {"{s:semver}": st.sampled_from(["v1", "1.1", "1-a", "v1.1+b"]), "**/": st.sampled_from(["", "a/", "a/b1/"])}
PIECE = re.compile(r"\*\*/|\*|\?|\{[^}]*\}")


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, str]:
    """Return a template and a path, one that fits more often than not."""
    template = draw(TEMPLATES)
    if draw(st.integers(0, 3)) == 0:
        return template, draw(PATHS)
    texts: dict[str, str] = {}

    def text(match: re.Match[str]) -> str:
        piece = match[0]
        made = draw(FITTING.get(piece, NAMES))
        return texts.setdefault(piece, made) if piece.startswith("{") else made

    return template, PIECE.sub(text, template)


@settings(max_examples=1_500, deadline=None)
@given(pairs())
@example(("{x}-*", "a-1-b"))
@example(("*-{x}-*", "a-b-a-b-a"))
@example(("{x}*{x}", "abab"))
@example(("{x}/{t:%y%m}*{x}{t:%y%m}", "1/2611112611"))
def test_it_reads_as_the_slow_way_does(pair: tuple[str, str]) -> None:
    template, path = pair
    try:
        found = read(template, path)
    except TemplateError:
        return
    expected = readings(template if not template.endswith("**") else f"{template}/*", path)
    if len(expected) < 2:
        assert found == expected
    else:
        assert len(found) > 1, expected
        assert all(one in expected for one in found)


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("*a*a*a.parquet", "a" * 247 + ".parquet!"),
        ("{x}a*a{y}.parquet", "a" * 247 + ".parquet!"),
        ("{x:word}a{y:word}a{z:word}.parquet", "a" * 247 + "!"),
        ("{x:int}{y:int}{z:int}-", "1" * 255),
        ("{x:semver}-{y:semver}-{z:semver}!", "1-" * 127),
        ("{x:semver}{y:semver}{z:semver}!", "1.1-1" * 51),
        ("*{d:%Y%m%d}*{e:%Y%m%d}*!", "20260101" * 31),
        ("{x}*{x}!", "a" * 255),
        ("{x}a{x}a*!", "a" * 255),
        ("**/{x}/**/{y}!", "/".join("a" * 60)),
        ("**/*a*a*/**/*a*a*!", "/".join(["a" * 63] * 63)),
    ],
)
def test_hostile_names_are_read_in_time(template: str, path: str) -> None:
    """The naive way takes hours for these, so a step in the wrong direction does not end."""
    walk = TemplateWalk([PathTemplate.parse(template)])
    for _ in range(20):
        assert walk.of_path(path) == []


@pytest.mark.parametrize(
    ("template", "path", "caught"),
    [
        ("{x:word}bb*{y}", "aab1bbb_b", [{"x": "aab1", "y": "b"}, {"x": "aab1b", "y": "_b"}]),  # bb stands there twice
        ("*{x:%Y%j}*1b{v}", "1202633111ba", [{"x": "2026331", "v": "a"}, {"x": "0263311", "v": "a"}]),
        (
            "{n}{v:epoch_s}",
            "20261795773600",
            [{"n": "2026", "v": "1795773600"}],
        ),
    ],
)
def test_of_many_readings_only_those_that_say_a_possible_time_count(
    template: str, path: str, caught: list[dict[str, str]]
) -> None:
    found = read(template, path)
    assert len(found) > 1
    assert any(one in found for one in caught)


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("s3://bucket/*.parquet", "is a URL"),
        ("C:/data/*.parquet", "begins with C:/"),
        ("~/data/*.parquet", "begins with ~/"),
        ("~ml/data/*.parquet", "begins with ~ml/"),
    ],
)
def test_a_path_elsewhere_is_refused(template: str, words: str) -> None:
    with pytest.raises(TemplateError, match=words):
        PathTemplate.parse(template)
