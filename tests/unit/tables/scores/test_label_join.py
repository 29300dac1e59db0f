"""Labels found by entity and event time, against a dictionary."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.tables.scores import label_join
from pytest_mlmonitor.tables.scores.label_join import joined
from pytest_mlmonitor.tables.scores.scores import LabelColumns, LogColumns, LogRows
from pytest_mlmonitor.tables.unreadable import Unreadable

START = datetime(2026, 4, 26)
EPOCH = datetime(1970, 1, 1)
KEYS = st.tuples(st.sampled_from("abc"), st.sampled_from([START + timedelta(minutes=m) for m in (0, 15, 30)]))
LABELS = st.dictionaries(KEYS, st.sampled_from([0, 1, None]), max_size=9)
LOG = st.lists(st.tuples(KEYS, st.sampled_from([0, 1]), st.floats(0, 1)), min_size=1, max_size=20)
COLUMNS = LogColumns(("station_id", "entity_id"), ("obs_ts",), ("prediction",), ("score",))
WHERE = LabelColumns("station_id", "obs_ts", "target")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("labels")


def dataset(path: Path, rows: dict[Any, Any], **types: Any) -> Path:
    columns = {
        "station_id": pa.array([key[0] for key in rows], types.get("entity", pa.string())),
        "obs_ts": pa.array([key[1] for key in rows], types.get("time", pa.timestamp("us"))),
        "target": pa.array(list(rows.values()), types.get("target", pa.int32())),
    }
    pq.write_table(pa.table(columns), path, row_group_size=3)
    return path


def log(path: Path, rows: list[Any], **types: Any) -> Path:
    columns = {
        "station_id": pa.array([row[0][0] for row in rows], types.get("entity", pa.string())),
        "obs_ts": pa.array([row[0][1] for row in rows], types.get("time", pa.timestamp("us"))),
        "prediction": pa.array([row[1] for row in rows], types.get("predicted", pa.int64())),
        "score": pa.array([row[2] for row in rows], pa.float64()),
    }
    pq.write_table(pa.table(columns), path)
    return path


def as_rows(rows: list[Any]) -> LogRows:
    return LogRows(
        [key[0] for key, _, _ in rows],
        [(key[1] - EPOCH) // timedelta(microseconds=1) for key, _, _ in rows],
        [float(predicted) for _, predicted, _ in rows],
        [score for _, _, score in rows],
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=LOG, newer=LABELS, older=LABELS)
def test_every_prediction_finds_the_label_of_its_key(place: Path, rows: Any, newer: Any, older: Any) -> None:
    paths = [dataset(place / "newer.parquet", newer), dataset(place / "older.parquet", older)]
    known = older | {key: label for key, label in newer.items() if label is not None}
    cells: dict[Any, int] = {}
    for key, predicted, _ in rows:
        if known.get(key) is not None:
            cell = str(known[key]), str(predicted)
            cells[cell] = cells.get(cell, 0) + 1
    found = joined(log(place / "log.parquet", rows), COLUMNS, [WHERE, WHERE], *paths)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(label_join, "DENSE", 0)
        assert joined(place / "log.parquet", COLUMNS, [WHERE, WHERE], *paths) == found
    assert {(a, b): n for a, b, n in found.cells} == cells
    assert (found.rows, found.labelled) == (len(rows), sum(cells.values()))
    assert joined(place / "log.jsonl", as_rows(rows), [WHERE, WHERE], *paths) == found


FULL = {("a", START): 1, ("b", START): 0, ("a", START + timedelta(minutes=15)): 0}
ALL = [(key, label, 0.9 if label else 0.1) for key, label in FULL.items()]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_times_are_instants_whatever_their_unit_and_zone(unit: str, zone: str | None, place: Path) -> None:
    rows = [((e, t.replace(tzinfo=UTC) if zone else t), p, s) for (e, t), p, s in ALL]
    data = dataset(place / "d.parquet", FULL)
    found = joined(log(place / "l.parquet", rows, time=pa.timestamp(unit, zone)), COLUMNS, [WHERE], data)
    assert (found.labelled, found.right) == (3, 3)


@pytest.mark.parametrize(
    "form", ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S+00:00"]
)
@pytest.mark.parametrize("text", [pa.string(), pa.large_string(), pa.string_view()])
def test_times_may_be_text(form: str, text: Any, place: Path) -> None:
    rows = [((e, t.strftime(form)), p, s) for (e, t), p, s in ALL]
    data = dataset(place / "d.parquet", FULL)
    found = joined(log(place / "l.parquet", rows, time=text), COLUMNS, [WHERE], data)
    assert found.right == 3


@pytest.mark.parametrize(
    "entity", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]
)
def test_entities_are_compared_as_text(entity: Any, place: Path) -> None:
    data = dataset(place / "d.parquet", FULL)
    assert joined(log(place / "l.parquet", ALL, entity=entity), COLUMNS, [WHERE], data).right == 3


def test_numbers_name_entities_too(place: Path) -> None:
    labels = {(str(k), START): k % 2 for k in range(4)}
    rows = [((k, START), k % 2, 0.5) for k in range(4)]
    data = dataset(place / "d.parquet", labels)
    assert joined(log(place / "l.parquet", rows, entity=pa.int64()), COLUMNS, [WHERE], data).right == 4


@pytest.mark.parametrize("predicted", [pa.int64(), pa.float64(), pa.bool_(), pa.string(), pa.string_view()])
@pytest.mark.parametrize("target", [pa.int8(), pa.float32(), pa.bool_(), pa.string(), pa.string_view()])
def test_classes_agree_whatever_their_types(predicted: Any, target: Any, place: Path) -> None:
    def of(kind: Any, value: int) -> Any:
        return str(value) if kind in (pa.string(), pa.string_view()) else bool(value) if kind == pa.bool_() else value

    data = dataset(place / "d.parquet", {k: of(target, v) for k, v in FULL.items()}, target=target)
    rows = [(key, of(predicted, p), s) for key, p, s in ALL]
    found = joined(log(place / "l.parquet", rows, predicted=predicted), COLUMNS, [WHERE], data)
    assert found.confusion == {"tp": 1, "fp": 0, "tn": 2, "fn": 0}


def test_the_key_may_lie_among_the_features(place: Path) -> None:
    rows = [{"prediction": p, "score": s, "features": {"entity_id": e, "obs_ts": t, "ft": 1.0}} for (e, t), p, s in ALL]
    pq.write_table(pa.Table.from_pylist(rows), place / "l.parquet")
    found = joined(place / "l.parquet", COLUMNS, [WHERE], dataset(place / "d.parquet", FULL))
    assert found.right == 3


def test_a_missing_key_has_no_label(place: Path) -> None:
    rows = [((None, START), 1, 0.9), (("a", None), 1, 0.9), (("z", START), 1, 0.9), (("a", START), 1, None)]
    found = joined(log(place / "l.parquet", rows), COLUMNS, [WHERE], dataset(place / "d.parquet", FULL))
    assert (found.rows, found.labelled, found.scored) == (4, 1, 0)
    nobody: list[Any] = [((None, None), 1, 0.9)]
    found = joined(log(place / "l.parquet", nobody), COLUMNS, [WHERE], dataset(place / "d.parquet", {}))
    assert (found.rows, found.labelled) == (1, 0)


def test_halves_of_keys_make_no_key(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One row knows the entity and the other one the time."""
    rows: list[Any] = [(("a", None), 1, 0.9), ((None, START), 1, 0.9)]
    for dense in (label_join.DENSE, 0):
        monkeypatch.setattr(label_join, "DENSE", dense)
        found = joined(log(place / "l.parquet", rows), COLUMNS, [WHERE], dataset(place / "d.parquet", FULL))
        assert (found.rows, found.labelled) == (2, 0)


def test_labels_beyond_the_last_key_of_a_log_label_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A label may be later than every prediction, and its key greater than every key of the log."""
    late = START + timedelta(hours=1)
    rows: list[Any] = [(("a", late), 1, 0.9), (("b", START), 1, 0.9)]
    data = dataset(place / "d.parquet", {("a", START): 1, ("b", late): 1, ("b", late + timedelta(hours=1)): 1})
    for dense in (label_join.DENSE, 0):
        monkeypatch.setattr(label_join, "DENSE", dense)
        found = joined(log(place / "l.parquet", rows), COLUMNS, [WHERE], data)
        assert (found.rows, found.labelled) == (2, 0)


def test_of_two_rows_with_one_key_the_first_labels(place: Path) -> None:
    table = pa.table({"station_id": ["a", "a"], "obs_ts": pa.array([START] * 2, pa.timestamp("us")), "target": [1, 0]})
    pq.write_table(table, place / "d.parquet")
    found = joined(log(place / "l.parquet", [(("a", START), 1, 0.9)]), COLUMNS, [WHERE], place / "d.parquet")
    assert found.right == 1


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("station_id", "has no column station_id or entity_id"),
        ("obs_ts", "has no column obs_ts"),
        ("prediction", "has no column prediction"),
    ],
)
def test_what_a_log_lacks_is_said(gone: str, said: str, place: Path) -> None:
    path = log(place / "l.parquet", ALL)
    pq.write_table(pq.read_table(path).drop_columns([gone]), path)
    with pytest.raises(Unreadable, match=said):
        joined(path, COLUMNS, [WHERE], dataset(place / "d.parquet", FULL))


def test_what_is_wrong_with_a_dataset_is_said_of_it(place: Path) -> None:
    data = dataset(place / "d.parquet", FULL)
    with pytest.raises(Unreadable, match=r"labelled by d\.parquet, which has no column other"):
        joined(log(place / "l.parquet", ALL), COLUMNS, [LabelColumns("station_id", "obs_ts", "other")], data)
    data.write_bytes(data.read_bytes()[:-20])
    with pytest.raises(Unreadable, match=r"labelled by d\.parquet, which"):
        joined(log(place / "l.parquet", ALL), COLUMNS, [WHERE], data)


def test_times_that_are_none_are_refused(place: Path) -> None:
    rows = [((e, "noon"), p, s) for (e, _), p, s in ALL]
    with pytest.raises(Unreadable):
        joined(log(place / "l.parquet", rows, time=pa.string()), COLUMNS, [WHERE], dataset(place / "d.parquet", FULL))
