"""A log says the same whichever way its entries are written."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.predictions.record import LOG_FIELDS, REQUIRED, UNJUDGED
from pytest_mlmonitor.records.quick_object import quick_object
from pytest_mlmonitor.records.strict_json import NotAnObject, parse_object
from pytest_mlmonitor.tables.logs.form import GatheredLog, LogForm
from pytest_mlmonitor.tables.logs.log_gathering import gather

NOW = 1_777_212_000 * 10**6
"""2026-04-26T14:00:00Z."""


def gathered(path: Path) -> GatheredLog:
    return gather(path, LogForm(REQUIRED, LOG_FIELDS, UNJUDGED), str(path.parent / "window.parquet"), NOW, 300 * 10**6)


classes = st.sampled_from([0, 1, 2])
shares = st.one_of(st.none(), st.floats(0, 1), st.sampled_from([-0.5, 1.5]))
moments = st.one_of(
    st.none(), st.integers(NOW // 10**6 - 40 * 86_400, NOW // 10**6 + 3 * 86_400).map(lambda s: s * 10**6)
)
entry = st.fixed_dictionaries(
    {
        "request_id": st.one_of(st.none(), st.sampled_from(["a", "b", "c", "d", " "])),
        "prediction": st.one_of(st.none(), classes),
        "confidence": shares,
        "model_version": st.one_of(st.none(), st.sampled_from(["v1", "v2"])),
        "ground_truth": st.one_of(st.none(), classes),
        "timestamp": moments,
        "latency_ms": st.one_of(st.none(), st.floats(-5, 50)),
        "features": st.fixed_dictionaries({"x": st.one_of(st.none(), st.floats(-9, 9)), "c": st.sampled_from("abc")}),
        "probabilities": st.one_of(st.none(), st.lists(st.floats(0, 1), min_size=3, max_size=3)),
    }
)


def comparable(log: GatheredLog) -> Any:
    faults = [
        (fault.severity, fault.column, fault.expected, fault.lines, fault.entries)
        for fault in sorted(log.faults, key=lambda f: (f.column or "", f.expected or "", f.severity))
    ]
    return replace(log, path=Path(), window=None, faults=()), faults


@settings(max_examples=60, deadline=None)
@given(st.lists(entry, min_size=1, max_size=40))
def test_lines_and_rows_are_one_log(entries: list[dict[str, Any]]) -> None:
    with TemporaryDirectory() as name:
        directory = Path(name)
        lines, packed, table = (directory / f"log.{suffix}" for suffix in ("jsonl", "jsonl.gz", "parquet"))
        data = "".join(json.dumps(one) + "\n" for one in entries).encode()
        lines.write_bytes(data)
        packed.write_bytes(gzip.compress(data))
        pq.write_table(pa.Table.from_pylist(entries), table)
        first = comparable(gathered(lines))
        windows = [_window(directory)]
        for path in (packed, table):
            assert comparable(gathered(path)) == first
            windows.append(_window(directory))
        assert windows[1:] == windows[:-1]


def _window(directory: Path) -> Any:
    path = directory / "window.parquet"
    return pq.read_table(path).to_pydict() if path.exists() else None


keys = st.sampled_from(["a", "b", 'a"', "a\\", "x:y", "é", '":'])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | keys,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
texts = st.builds(
    lambda pairs, spaced: (
        "{" + ",".join(f"{json.dumps(k)}{':' if spaced else ' :'}{json.dumps(v)}" for k, v in pairs) + "}"
    ),
    st.lists(st.tuples(keys, values), max_size=4),
    st.booleans(),
)


@settings(max_examples=400, deadline=None)
@given(texts | st.text(max_size=20))
@example('{"a" :{"a": null},"a" :null}')
def test_what_is_decoded_fast_is_what_the_strict_parser_says(text: str) -> None:
    line = text.encode("utf-8", "surrogatepass")
    quick = quick_object(line)
    if quick is None:
        return
    try:
        assert quick == parse_object(line)
    except NotAnObject as error:
        raise AssertionError(f"{line!r} was decoded, but {error}") from None


def test_a_map_whose_keys_are_no_text(tmp_path: Path) -> None:
    keys = pa.array([{"a": 1}], pa.struct([("a", pa.int64())]))
    column = pa.MapArray.from_arrays([0, 1], keys, pa.array([0.5]))
    pq.write_table(pa.table({"prediction": [1], "probabilities": column}), tmp_path / "log.parquet")
    assert gathered(tmp_path / "log.parquet").rows == 1
