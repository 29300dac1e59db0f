"""Labels out of artifacts: few, short, and what is beyond the bound is joined, never left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.outputs.metrics.series import (
    MAX_ENVIRONMENTS,
    MAX_LENGTH,
    OTHER,
    capped,
    counted,
    label_of,
    largest,
    total,
)

NAMES = st.text(st.sampled_from("abcdé_\x1b"), max_size=3)


def test_few_series_stay_what_they_are() -> None:
    values = {("b", "psi"): 0.2, ("a", "psi"): 0.1}
    assert list(capped(values, largest).items()) == [(("a", "psi"), 0.1), (("b", "psi"), 0.2)]


def test_what_is_beyond_the_bound_is_joined() -> None:
    values = {(f"{number:03}", word): float(number) for number in range(100) for word in ("p95", "p99")}
    found = capped(values, largest, most=20)
    assert [labels for labels in found if labels[0] != OTHER] == sorted(values)[:20]
    assert found[OTHER, "p95"] == found[OTHER, "p99"] == 99.0
    assert capped(values, total, most=20)[OTHER, "p95"] == sum(range(10, 100))


def test_one_wide_dataset_takes_nothing_from_the_others() -> None:
    values = {("a", f"{column:04}"): 0.0 for column in range(6000)} | {("z", "x"): 0.5, ("a", "9999"): 0.9}
    found = capped(values, largest, names=2, most=100)
    assert found["z", "x"] == 0.5
    assert found["a", OTHER] == 0.9
    assert len(found) <= 102


def test_an_artifact_that_is_called_other_is_joined() -> None:
    values = {(OTHER,): 7.0, **{(f"{number:03}",): 1.0 for number in range(12)}}
    assert capped(values, total, most=10)[(OTHER,)] == 9.0


def test_environments_are_few() -> None:
    values = {("m", f"env{number:04}"): 1.0 for number in range(1000)}
    found = capped(values, total, environment=True)
    assert len(found) == MAX_ENVIRONMENTS + 1
    assert found["m", OTHER] == 1000 - MAX_ENVIRONMENTS


@given(
    st.dictionaries(st.tuples(NAMES, NAMES, st.sampled_from("xy")), st.integers(0, 9), max_size=60), st.integers(1, 12)
)
def test_nothing_is_lost_and_series_are_bounded(values: dict[tuple[str, str, str], int], most: int) -> None:
    for names in (1, 2):
        added = capped(values, total, names=names, most=most)
        assert sum(added.values()) == sum(values.values())
        worst = capped(values, largest, names=names, most=most)
        assert max(worst.values(), default=0) == max(values.values(), default=0)
        assert worst.keys() == added.keys()
    # x and y are one closed set; one of the two names is the artifact's
    assert len(capped({(a, c): 1.0 for a, _, c in values}, total, most=most)) <= most + 2


@given(st.text(max_size=400))
def test_a_label_is_short_and_the_same_each_time(text: str) -> None:
    assert len(label_of(text)) <= MAX_LENGTH
    assert label_of(text) == label_of(text)


def test_long_names_are_told_apart() -> None:
    assert label_of("a" * 1000) != label_of("a" * 1001)


def test_names_that_are_shown_alike_are_counted_as_one() -> None:
    assert counted([("a\x1b", 1), ("a\\x1b", 1)]) == {("a\\x1b", "1"): 2}
