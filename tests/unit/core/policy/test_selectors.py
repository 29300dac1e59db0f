"""Which artifacts an entry of the policy is for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.policy.selectors import ArtifactNames, Selector, Selectors

WEATHER = ArtifactNames(
    "dataset", ("weather@2026-11-25T08:00:00Z", "weather", "weather.parquet"), "2026-11-25T08:00:00Z"
)


@pytest.mark.parametrize(
    "text",
    [
        "weather",
        "w*",
        "*",
        "weather.parquet",
        "dataset:weather",
        "dataset:*",
        "weather@2026-11-25T08:00:00Z",
        "weather@2026-11-25T08:00:00+00:00",
        "weather@2026-11-25T09:00:00+01:00",
        "weather@2026-11-25T08:00:00.000Z",
        "weather@20261125_080000",
        "weather@2026-11-25*",
        "w*@2026-11-2?T08*",
        "dataset:w*@*",
        "weath[e]r",
    ],
)
def test_it_is_meant(text: str) -> None:
    assert Selector.parse(text).matches(WEATHER)


@pytest.mark.parametrize(
    "text",
    [
        "Weather",
        "weathe",
        "deployment:weather",
        "dataset:w",
        "weather@2026-11-25",
        "weather@2026-11-25T08:00:01Z",
        "weather@2026-11-26*",
        "bikes@2026-11-25T08:00:00Z",
    ],
)
def test_it_is_not_meant(text: str) -> None:
    assert not Selector.parse(text).matches(WEATHER)


def test_a_version_is_text_first() -> None:
    assert Selector.parse("m@v1.*").matches(ArtifactNames("training_run", ("m",), "v1.2"))
    assert not Selector.parse("m@v1.2").matches(ArtifactNames("training_run", ("m",), "v1.20"))
    assert not Selector.parse("m@v1").matches(ArtifactNames("training_run", ("m",)))


def test_a_day_is_its_beginning_as_an_instant() -> None:
    assert Selector.parse("d@2026-11-25").matches(ArtifactNames("dataset", ("d",), "2026-11-25T00:00:00Z"))


def test_a_name_may_hold_an_at_or_a_colon() -> None:
    assert Selector.parse("svc@home").matches(ArtifactNames("deployment", ("svc@home",)))
    assert Selector.parse("deployment:svc:1").matches(ArtifactNames("deployment", ("svc:1",)))
    assert Selector.parse("weather@2026-11-25T08:00:00Z").kind is None


@pytest.mark.parametrize("text", ["", " ", "dataset:", "dataset: ", "weather@", "@2026-11-25", "dataset:@1"])
def test_what_names_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected .\[kind:\]NAME\[@VERSION\]"):
        Selector.parse(text)


NAMES = st.sampled_from(["a", "ab", "abc", "b", "a@1", "a*", "*b", "?", "*", "a@*", "*@1", "d:a", "d:*", "e:a*"])


@given(st.lists(NAMES, max_size=6), st.lists(st.sampled_from(["a", "ab", "abc", "b", "a@1"]), min_size=1, max_size=3))
def test_many_are_asked_as_each_alone(texts: list[str], names: list[str]) -> None:
    selectors = [Selector.parse(text) for text in texts]
    identity = ArtifactNames("d", tuple(names), "1")
    together = Selectors(selectors).matching(identity)
    assert together == tuple(i for i, one in enumerate(selectors) if one.matches(identity))


def test_hostile_names_and_many_stars_end() -> None:
    selectors = Selectors([Selector.parse("*a" * 30 + "b") for _ in range(50)])
    assert selectors.matching(ArtifactNames("d", ("a" * 5000,), "a" * 5000)) == ()


@pytest.mark.parametrize("version", ["20261122", "2026_11_22", "22.11.2026", "2026-11-22T00:00:00Z"])
def test_days_compare_however_they_are_written(version: str) -> None:
    for text, meant in (("orders@2026-11-22", True), ("orders@20261122", True), ("orders@2026-11-2*", True)):
        assert Selector.parse(text).matches(ArtifactNames("dataset", ("orders",), version)) is meant
    assert not Selector.parse("orders@2026-11").matches(ArtifactNames("dataset", ("orders",), "2026-11-01"))
