"""What a report is told of a drift: both sides of what moved, how far every feature is from its limit, and whose limit that is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pytest_mlmonitor.core.check import Check
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.datasets.checks.drift import concept_drift, drift, target_drift
from tests.unit.datasets.plain import BUILT, judged, odcs, put, table

ROWS = 1000
EVEN = np.linspace(0.0, 1.0, ROWS)


def pair(root: Path, before: pa.Table, now: pa.Table) -> Path:
    put(root, before, built_at=BUILT - timedelta(days=1))
    put(root, now)
    return root


def even(shift: float = 0.0, **columns: Any) -> pa.Table:
    return table(ROWS, km=EVEN + shift, **columns)


def picture(result: CheckResult) -> dict[str, Any]:
    (found,) = [one for one in result.pictures if one.kind == "distributions"]
    return dict(found.data)


def measured(result: CheckResult, what: str) -> list[tuple[str | None, float, float]]:
    return [(one.column, round(one.value, 3), one.limit) for one in result.measures if one.what == what]


def test_a_feature_that_moved_is_drawn_on_edges_that_both_sides_share(tmp_path: Path) -> None:
    found = judged(drift, pair(tmp_path, even(), even(0.3)))
    said = picture(found)
    assert (said["reference_rows"], said["current_rows"]) == (ROWS, ROWS)
    assert said["why"] == "the previous version" and said["reference"].startswith("trips@")
    assert (said["warning"], said["error"]) == (0.1, 0.2)
    (feature,) = said["features"]
    assert (feature["name"], feature["type"], feature["severity"]) == ("km", "numeric", "error")
    assert len(feature["edges"]) - 1 == len(feature["reference"]) == len(feature["current"])
    assert sum(feature["reference"]) == pytest.approx(1, abs=1e-6)
    assert sum(feature["current"]) == pytest.approx(1, abs=1e-6)
    assert feature["d"] == pytest.approx(0.3, abs=0.01) and feature["p"] < 1e-6
    assert feature["nulls"] == [0, 0] and feature["labels"] is None
    width = feature["edges"][1] - feature["edges"][0]
    for side, shift in (("reference", 0.0), ("current", 0.3)):
        there = [i for i, share in enumerate(feature[side]) if share > width / 2]
        assert feature["edges"][there[0]] == pytest.approx(shift, abs=1.5 * width)


def test_every_feature_is_listed_by_its_index(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    quiet = [rng.normal(size=ROWS) for _ in range(2)]
    said = picture(judged(drift, pair(tmp_path, even(0, other=quiet[0]), even(0.3, other=quiet[1]))))
    names = [(name, severity) for name, _, severity in said["all"]]
    assert names == [("km", "error"), ("other", None)]
    values = [value for _, value, _ in said["all"]]
    assert values == sorted(values, reverse=True)


def test_nothing_that_is_well_is_drawn_but_it_is_measured(tmp_path: Path) -> None:
    found = judged(drift, pair(tmp_path, even(), even(0.02)))
    assert (found.status, found.pictures) == ("pass", ())
    ((column, value, limit),) = measured(found, "PSI")
    assert column == "km" and value < limit == 0.1
    assert measured(found, "distance D")[0][0] == "km"
    assert measured(found, "drifted features") == [(None, 0, 0.5)]
    assert not any(one.is_beyond for one in found.measures)


def test_in_an_error_the_measure_is_against_what_is_an_error(tmp_path: Path) -> None:
    """A distance that only warns is no reason for it, however far it is beyond its own limit."""
    found = judged(drift, pair(tmp_path, even(), even(0.3)))
    ((_, value, limit),) = measured(found, "PSI")
    assert value > limit == 0.2
    assert measured(found, "distance D") == []
    assert measured(found, "drifted features") == [(None, 1, 0.5)]


def test_what_chance_explains_is_no_measure(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    one, other = (table(40, km=rng.normal(size=40)) for _ in range(2))
    found = judged(drift, pair(tmp_path, one, other))
    assert found.status == "pass" and "no more than chance" in found.findings[0].message
    assert [m for m in found.measures if m.is_beyond] == []
    assert found.pictures == ()


def test_a_constant_reference_and_categories_are_drawn(tmp_path: Path) -> None:
    texts = np.random.default_rng(1).choice(["a", "b"], ROWS)
    now = ["c" if i % 5 == 0 else text for i, text in enumerate(texts)]
    found = judged(
        drift,
        pair(tmp_path, even(0, one=[1.0] * ROWS, city=texts), even(0, one=[1.0, 2.0] * (ROWS // 2), city=now)),
    )
    drawn = {feature["name"]: feature for feature in picture(found)["features"]}
    assert drawn["one"]["psi"] is None and sum(share > 0 for share in drawn["one"]["current"]) == 2
    assert drawn["city"]["type"] == "category" and set(drawn["city"]["labels"]) == {"a", "b", "c"}
    assert drawn["city"]["reference"][drawn["city"]["labels"].index("c")] == 0


def test_at_most_twelve_features_are_drawn_and_the_worst_first(tmp_path: Path) -> None:
    before = {f"f{i:02}": EVEN for i in range(20)}
    now = {f"f{i:02}": EVEN + 0.2 + i / 100 for i in range(20)}
    said = picture(judged(drift, pair(tmp_path, even(0, **before), even(0, **now))))
    assert [feature["name"] for feature in said["features"]] == [f"f{i:02}" for i in range(19, 7, -1)]
    assert len(said["all"]) == 21


def test_no_value_of_a_personal_column_is_drawn(tmp_path: Path) -> None:
    odcs(tmp_path, "{name: km, classification: PII}\n{name: city, classification: confidential}")
    rng = np.random.default_rng(1)
    names = [rng.choice(["Ann", "Bob"], ROWS, p=p) for p in ([0.5, 0.5], [0.9, 0.1])]
    found = judged(drift, pair(tmp_path, even(0, city=names[0]), even(0.3, city=names[1])))
    drawn = picture(found)["features"]
    assert {feature["name"] for feature in drawn} == {"km", "city"}
    assert all(feature["edges"] is None for feature in drawn)
    assert all(label == f"value {i}" for feature in drawn for i, label in enumerate(feature["labels"], 1))
    assert "Ann" not in str(found.to_dict()["pictures"])


@pytest.mark.parametrize(
    ("settings", "value"),
    [({}, "0.1"), ({"drift": {"psi_warning": 0.15}}, "0.15")],
    ids=["default", "changed"],
)
def test_the_limit_of_a_finding_says_where_it_comes_from(settings: dict[str, Any], value: str, tmp_path: Path) -> None:
    found = judged(drift, pair(tmp_path, even(), even(0.3)), **settings)
    keys = {one.key: one for one in found.findings[0].thresholds + found.findings[1].thresholds}
    assert keys.keys() == {"drift.psi_warning", "drift.psi_error", "drift.ks", "drift.share"}
    assert keys["drift.psi_warning"].value == value


def test_a_limit_of_a_contract_is_the_contracts(tmp_path: Path) -> None:
    odcs(
        tmp_path,
        "{name: km, logicalType: number}\n{name: late, logicalType: integer}\n{name: bike, logicalType: string}",
        quality="{type: custom, engine: mlmonitor, implementation: {drift: {psiError: 0.15}}}",
    )
    found = judged(drift, pair(tmp_path, even(), even(0.3)))
    ((_, _, limit),) = measured(found, "PSI")
    said = {one.key: one for finding in found.findings for one in finding.thresholds}
    assert limit == 0.15
    assert (said["drift.psi_error"].origin, said["drift.psi_error"].value) == ("contract", "0.15")
    assert said["drift.psi_error"].default == "0.2" and (said["drift.psi_error"].file or "").endswith(".yaml")
    assert said["drift.psi_warning"].origin == "default"


def test_the_target_and_the_concept_are_measured(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    late = [(rng.random(ROWS) < share).astype(np.int32) for share in (0.2, 0.6)]
    root = pair(tmp_path, even(0, late=late[0]), even(0, late=late[1]))
    found = judged(target_drift, root)
    assert [feature["labels"] for feature in picture(found)["features"]] == [["0", "1"]]
    assert measured(found, "PSI")[0][0] == "late"
    concept = judged(concept_drift, root)
    assert concept.status == "pass" and [one.column for one in concept.measures] == ["km"]
    assert concept.measures[0].keys == ("drift.correlation",)


@pytest.mark.parametrize("check", [drift, target_drift, concept_drift], ids=lambda one: one.name)
def test_every_measure_has_words_that_fit_and_keys(check: Check, tmp_path: Path) -> None:
    late = (np.random.default_rng(5).random(ROWS) < 0.3).astype(np.int32)
    found = judged(check, pair(tmp_path, even(0, late=late), even(0.3, late=late)))
    assert found.measures
    for one in found.measures:
        assert isinstance(one, Measure) and len(one.what) <= 24 and one.keys
