"""One build a day, judged each day as a whole: on which days the gate is red (specification 2 and 2.5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pytest_mlmonitor.core.judge import judge
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.kinds import Platform
from tests.unit.datasets.plain import column, put, table
from tests.unit.support import NOW, READER, change_json, change_lines, copy_of_sample

ROWS = 300
MONDAY = datetime(2026, 3, 2, 6, tzinfo=NOW.tzinfo)


def build(root: Path, day: int, level: float, *, rows: int = ROWS, **columns: Any) -> Path:
    """Write the build of a day: numbers that lie evenly around a level, in an order of their own, of the day before."""
    built_at = MONDAY + timedelta(days=day)
    rng = np.random.default_rng(day)
    start = built_at.replace(tzinfo=None, hour=0) - timedelta(days=1)
    columns = {"km": rng.permutation(np.linspace(level - 2.0, level + 2.0, rows)), **columns}
    times = column([start + timedelta(seconds=30 * i) for i in range(rows)], pa.timestamp("us"))
    return put(root, table(rows, at=times, **columns), built_at=built_at)


def judged(root: Path, day: int, *, state: Path | None = None, **settings: Any) -> RunRecord:
    """Judge everything below a root on a day."""
    policy = Settings(**{"freshness": {"max_age_seconds": 7200}, **settings})
    now = MONDAY + timedelta(days=day, hours=1)
    record = judge(Platform([root], policy, now, reader=READER, state=state), base=root)
    assert [result.reason for _, result in record.results if result.status == "error"] == []
    return record


def red(root: Path, levels: Sequence[float], make: Callable[..., Path] = build, **settings: Any) -> list[int]:
    """Write one build a day and judge all there are each day; return the days on which the gate is red."""
    found = []
    for day, level in enumerate(levels):
        make(root, day, level)
        if judged(root, day, **settings).exit_status:
            found.append(day)
    return found


def test_a_blip_is_red_once(tmp_path: Path) -> None:
    assert red(tmp_path, [0, 0, 0, 5, 0, 0, 0]) == [3]


def test_a_new_level_is_red_twice(tmp_path: Path) -> None:
    assert red(tmp_path, [0, 0, 0, 5, 5, 5, 5]) == [3, 4]


def test_a_bad_first_build_is_red_twice_then_green(tmp_path: Path) -> None:
    assert red(tmp_path, [5, 0, 0, 0, 0]) == [1, 2]


def test_the_same_of_a_target(tmp_path: Path) -> None:
    def labels(root: Path, day: int, share: float) -> Path:
        km = np.random.default_rng(day).permutation(ROWS)
        late = (km * 101 % ROWS < share * ROWS).astype(np.int32)  # spread evenly: they say nothing of one another
        return build(root, day, 0, km=km.astype(float), late=column(late.tolist(), pa.int32()))

    assert red(tmp_path, [0.2, 0.2, 0.2, 0.6, 0.2, 0.2], labels) == [3]


def test_the_same_of_what_features_say_of_the_target(tmp_path: Path) -> None:
    def related(root: Path, day: int, turned: float) -> Path:
        km = np.random.default_rng(day).normal(0, 1, ROWS)
        late = np.where(turned, km < 0, km > 0).astype(np.int32)
        return build(root, day, 0, km=km, late=column(late.tolist(), pa.int32()))

    assert red(tmp_path, [0, 0, 0, 1, 0, 0], related) == [3]


def test_a_weekend_pattern_is_red_six_times_in_two_weeks_and_then_never(tmp_path: Path) -> None:
    found = red(tmp_path, ([0] * 5 + [5] * 2) * 3)
    assert 0 < len(found) <= 6 and max(found) < 15


def test_a_fault_of_another_kind_is_red_on_its_day(tmp_path: Path) -> None:
    for day in range(3):
        build(tmp_path, day, 0)
    build(tmp_path, 3, 0, km=column([None] * ROWS, pa.float64()))
    assert judged(tmp_path, 3).exit_status == 1
    build(tmp_path, 4, 0)
    assert judged(tmp_path, 4).exit_status == 0


def test_two_hundred_builds_with_old_bad_ones_pass_by_the_newest(tmp_path: Path) -> None:
    bad = set(range(20, 160, 10))
    assert len(bad) == 14
    for day in range(200):
        nulls = column([None] * 25 + [1.0] * 15, pa.float64())
        if day in bad and day % 20:
            build(tmp_path, day, 9, rows=40)
        else:
            build(tmp_path, day, 0, rows=40, **({"km": nulls} if day in bad else {}))
    record = judged(tmp_path, 199)
    assert record.exit_status == 0
    warned = {result.ref.name for _, result in record.results if result.status == "fail"}
    names = {f"trips@{(MONDAY + timedelta(days=day)).isoformat()}" for day in bad}
    assert names <= warned, "each is noticed"


def test_creep_shows_against_what_the_deployed_model_was_trained_on(tmp_path: Path) -> None:
    root = copy_of_sample(tmp_path, "p4", "p5")
    trained = {"input_dataset_name": "trips", "input_dataset_version": MONDAY.isoformat()}
    for path in root.glob("p4/artifacts/*/metadata.json"):
        change_json(path, **trained)
    change_lines(root.rglob("*.jsonl"), **trained)
    for day in range(8):
        build(root / "d", day, 0.12 * day, rows=2000)

    def drift(**settings: Any) -> list[tuple[str, str]]:
        record = judged(root, 7, **settings)
        newest = (MONDAY + timedelta(days=7)).isoformat()
        found = next(r for _, r in record.results if r.check == "drift" and newest in r.ref.name)
        return [(f.severity.word, f.message) for f in found.findings if "trained on" in f.message]

    found = drift()
    assert {word for word, _ in found} == {"warning"}
    assert any(m.startswith("km drifted from") and "what dep-2026-04-16-linked was trained on" in m for _, m in found)
    assert {word for word, _ in drift(drift={"against_training": "error"})} == {"error"}


def test_the_policy_names_the_reference_and_nothing_else_is_compared(tmp_path: Path) -> None:
    for day, level in enumerate([5, 0, 0, 0]):
        build(tmp_path, day, level)

    def messages(**settings: Any) -> list[str]:
        record = judged(tmp_path, 3, **settings)
        newest = (MONDAY + timedelta(days=3)).isoformat()
        found = next(r for _, r in record.results if r.check == "drift" and newest in r.ref.name)
        return [f.message for f in found.findings] or [str(found.reason)]

    first = f"trips@{MONDAY.isoformat()}"
    assert "named by the policy's drift.reference" in messages(drift={"reference": first})[0]
    place = next(tmp_path.glob("trips_20260302*.parquet"))
    assert place.name in messages(drift={"reference": str(place)})[0]
    assert messages(drift={"reference": "elsewhere.parquet"})[0].startswith(
        "no reference: drift.reference names elsewhere"
    )


@pytest.mark.parametrize("versions", [2, 30])
def test_only_the_newest_versions_are_looked_at(tmp_path: Path, versions: int) -> None:
    for day, level in enumerate([0, 0, 0, 5, 0]):
        build(tmp_path, day, level)
    assert judged(tmp_path, 4, versions=versions).exit_status == (1 if versions == 2 else 0)


def test_a_dataset_that_names_itself_means_its_version_before(tmp_path: Path) -> None:
    """Every older version was held against the newest one, so that a new level turned all of them red."""
    for day, level in enumerate([0, 0, 5]):
        build(tmp_path, day, level)
    record = judged(tmp_path, 2, drift={"reference": "trips"})
    found = {r.ref.name[6:16]: r for _, r in record.results if r.check == "drift"}
    assert [found[f"2026-03-0{day}"].status for day in (2, 3, 4)] == ["not_checked", "pass", "fail"]
    assert found["2026-03-02"].reason == "no reference: no version of trips lies before this one"
