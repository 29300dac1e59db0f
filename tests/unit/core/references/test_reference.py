"""References: which value of a document they mean, whatever the keys hold, and which texts are none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.references.reference import FieldReference
from pytest_mlmonitor.core.sources.sourced import Caught

DOCUMENT = {
    "a": {"b": {"c": 1}, "n": None},
    "val.loss": 0.5,
    "val/auc": 0.9,
    "metrics": {"test.rmse": 2.0, "test": {"rmse": 3.0, "mae": 1.0}},
    "files": [{"path": "x", "sha256": "s0"}, {"path": "y"}],
    "inputs": ["p", "q"],
    "deep": [{"parts": [{"name": "m"}, {"name": "n"}]}, {"parts": []}],
    "odd[0]": "brackets",
    "time in queue": 7,
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a.b.c", 1),
        ("a.b", {"c": 1}),
        ("a.n", None),
        ("a.x.y", None),
        ("val.loss", 0.5),
        ("val/auc", 0.9),
        ("metrics.test.rmse", 2.0),
        ("metrics.test.mae", 1.0),
        ("files[0].sha256", "s0"),
        ("files[-1].path", "y"),
        ("files[2].path", None),
        ("files[*].path", ["x", "y"]),
        ("files[*].sha256", ["s0"]),
        ("inputs[*]", ["p", "q"]),
        ("inputs[1]", "q"),
        ("deep[*].parts[*].name", ["m", "n"]),
        ("odd[0]", "brackets"),
        ("a[0]", None),
        ('"time in queue"', 7),
        ('"val.loss"', 0.5),
        ('"a.b"', None),
    ],
)
def test_a_path_means_the_value_that_a_person_would_point_at(text: str, value: Any) -> None:
    assert FieldReference.parse(text).find(DOCUMENT) == value


def test_an_index_may_begin_a_list_of_records() -> None:
    assert FieldReference.parse("[-1].a").find([{"a": 1}, {"a": 2}]) == 2
    assert FieldReference.parse("[*].a").find([{"a": 1}, {"a": 2}]) == [1, 2]


@pytest.mark.parametrize("document", [None, 3, "text", [], [1], {"a": "text"}, {"a": [1]}])
def test_what_is_no_object_has_no_field(document: Any) -> None:
    assert FieldReference.parse("a.b[0].c").find(document) is None


@pytest.mark.parametrize(
    ("text", "file", "dotted", "unit"),
    [
        ("latency.p95 in s", None, "latency.p95", "s"),
        ("ts in %Y-%m-%d %H:%M", None, "ts", "%Y-%m-%d %H:%M"),
        ("ts in iso", None, "ts", None),
        ("run.json:a.b", "run.json", "a.b", None),
        ("/target/run.json:a.b in epoch_ms", "/target/run.json", "a.b", "epoch_ms"),
        ("conf/params.yaml:lr", "conf/params.yaml", "lr", None),
        ("aws:region", None, "aws:region", None),
        ('run.json:"a in b" in ms', "run.json", "a in b", "ms"),
    ],
)
def test_file_and_unit_stand_around_the_path(text: str, file: str | None, dotted: str, unit: str | None) -> None:
    made = FieldReference.parse(text)
    assert (made.file, made.dotted, made.unit) == (file, dotted, unit)


def test_a_document_of_any_name_may_stand_before_the_colon_where_metadata_lists_it() -> None:
    made = FieldReference.parse("_MANIFEST:a", ["_MANIFEST"])
    assert (made.file, made.dotted) == ("_MANIFEST", "a")
    assert made.is_of("/data/x/_MANIFEST") and not made.is_of("/data/x/other")


def test_what_the_path_caught_makes_text() -> None:
    caught = {"version": Caught("2026-11-27"), "name": Caught("flights")}
    assert FieldReference.parse("{version}").made_of(caught) == "2026-11-27"
    assert FieldReference.parse("s3://b/{name}/{version}").made_of(caught) == "s3://b/flights/2026-11-27"
    assert FieldReference.parse("{layer}").made_of(caught) is None
    assert FieldReference.parse("{version}").only == "version" and FieldReference.parse("v{version}").only is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no field"),
        ("run.json:", "names no field"),
        ("a..b", "is no path of keys"),
        (".a", "is no path of keys"),
        ("a.", "is no path of keys"),
        ("a[x]", "is no path of keys"),
        ("a[0", "is no path of keys"),
        ("a.[0]", "is no path of keys"),
        ("ts in epoch_msec", "did you mean epoch_ms?"),
        ("ts in epoch ms", "did you mean epoch_ms?"),
        ("ts in fortnights", "'fortnights', which is no unit"),
        ("{version:%Y}", "gives a form to a placeholder"),
    ],
)
def test_what_is_no_reference_is_said(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("[", r"\[").replace("?", r"\?")):
        FieldReference.parse(text)


keys = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=5)


@given(st.lists(keys, min_size=1, max_size=4), st.data())
def test_every_way_to_nest_a_dotted_path_is_found(parts: list[str], data: st.DataObject) -> None:
    """However the dots are shared between keys and levels, the value is found."""
    document: Any = "value"
    rest = list(parts)
    while rest:
        take = data.draw(st.integers(1, len(rest)))
        document = {".".join(rest[-take:]): document}
        del rest[-take:]
    assert FieldReference.parse(".".join(parts)).find(document) == "value"


@given(st.text(max_size=30))
def test_any_text_is_a_reference_or_refused(text: str) -> None:
    try:
        made = FieldReference.parse(text)
    except ValueError as error:
        assert str(error)  # noqa: PT017
    else:
        made.find(json.loads('{"a": [1, {"b": 2}]}'))
