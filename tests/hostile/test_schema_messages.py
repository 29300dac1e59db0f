"""What is said of tables that break pandera schemas reads as a sentence, whoever judges: the scan or pandera."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core.finding import Finding
from tests.hostile.message_corpus import said
from tests.hostile.test_messages import faults

GOLDEN = Path(__file__).with_name("schema_messages.txt")

TABLES: Mapping[str, Mapping[str, Any]] = {
    "Model": {"x": [0.5, 0.95, 1.5]},
    "coerced": {"x": ["1", "b"]},
    "coerced_bound": {"x": ["1", "-3"]},
    "datetime_zone": {"x": pa.array([datetime(2026, 1, 1)], pa.timestamp("us"))},
    "element_wise": {"x": [1, -1]},
    "equal": {"x": [7, 8]},
    "frame_check": {"x": [1, 3], "y": [2, 2]},
    "frame_lambda": {"x": [1, 3], "y": [2, 2]},
    "function_check": {"x": [1, 2, 3]},
    "greater": {"x": [0.0, -1.0, 2.0]},
    "greater_or_equal": {"x": [-1.5, 1.0]},
    "in_range": {"x": [0.5, 7.0]},
    "in_range_open": {"x": [0.0, 0.5]},
    "index": {"x": [1, 2]},
    "isin": {"x": ["new", "payed"]},
    "joint": {"x": [1, 1], "y": [2, 2]},
    "lambda_check": {"x": [1, -1]},
    "lambda_named": {"x": [1, -1]},
    "missing": {"x": [1]},
    "not_equal": {"x": [7, 8]},
    "notin": {"x": ["a", "lost"]},
    "nullable_int": {"x": pa.array([1, None], pa.int64())},
    "nulls": {"x": [1.0, None]},
    "nulls_int": {"x": pa.array([1, None], pa.int64())},
    "ordered": {"x": [1]},
    "parsed": {"x": [1, 2]},
    "regex": {"f_a": [-1.0]},
    "scalar_check": {"x": [1.0, 9.0]},
    "str_contains": {"x": ["a@", "b"]},
    "str_length": {"x": ["a", "ab"]},
    "str_matches": {"x": ["12", "a"]},
    "str_startswith": {"x": ["A", "B"]},
    "strict": {"x": [1]},
    "unique": {"x": ["a", "a"]},
    "unique_values": {"x": ["a", "c"]},
    "warning": {"x": [-1]},
    "wrong_category": {"x": ["a"]},
    "wrong_type": {"x": ["a"]},
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, Finding]]:
    root = tmp_path_factory.mktemp("schemas")
    for name, columns in TABLES.items():
        rows = len(next(iter(columns.values())))
        pq.write_table(pa.table({"order_id": range(4711, 4711 + rows), **columns}), root / f"{name}.parquet")
    bound = {name: f"tests.hostile.message_schemas:{name}" for name in TABLES}
    return list(said(root, contracts=bound))


def test_every_message_is_as_it_was_agreed(corpus: list[tuple[str, str, Finding]]) -> None:
    """To agree on new words: run with ``WRITE_MESSAGES=1`` and read the difference."""
    lines = "".join(f"{name} | {check} | {f.severity.word} | {f.message}\n" for name, check, f in corpus)
    if os.environ.get("WRITE_MESSAGES"):
        GOLDEN.write_text(lines, encoding="utf-8")
    assert lines == GOLDEN.read_text(encoding="utf-8")


def test_every_message_is_a_sentence(corpus: list[tuple[str, str, Finding]]) -> None:
    wrong = [(name, fault, finding.message) for name, _, finding in corpus for fault in faults(finding)]
    assert wrong == []


def test_every_schema_is_broken_by_its_table(corpus: list[tuple[str, str, Finding]]) -> None:
    assert set(TABLES) - {name for name, _, _ in corpus} == set()
