"""The quick way through a small YAML document says what the parser says, or leaves it to that."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.formats.mlflow.meta_file import _plain, read_meta
from pytest_mlmonitor.tables.odcs.yaml import NotYaml, parse_mapping
from tests.samples.mlflow_store import SAMPLES

_VALUES = st.one_of(
    st.sampled_from(
        ["", "''", "null", "~", "yes", "No", "true", "0x1f", "1e5", "12", "-3", "007", ".5", "1_000", "'it''s'", "''''"]
    ),
    st.sampled_from(
        ["a: b", "a #b", "file:///tmp/x", "2024-01-01", "12:30", "{}", "[]", "- a", "'a\\n'", "&x y", "*x"]
    ),
    st.text("ab1 .:'\"#-/_~\\{}", max_size=8),
)


@given(st.lists(st.tuples(st.sampled_from(["run_id", "status", "a", "<<"]), _VALUES), max_size=4))
def test_the_quick_way_agrees_with_the_parser(pairs: list[tuple[str, str]]) -> None:
    content = "".join(f"{key}: {value}\n" for key, value in pairs).encode()
    quick = _plain(content)
    if quick is None:
        return
    try:
        assert quick == parse_mapping(content)
    except NotYaml:
        pytest.fail(f"{content!r} is no YAML, and was read as {quick}")


def test_most_documents_of_a_store_take_the_quick_way() -> None:
    found = [_plain(path.read_bytes()) for path in SAMPLES.rglob("meta.yaml")]
    assert sum(one is not None for one in found) > 0


def test_the_line_of_a_field(tmp_path: Path) -> None:
    path = tmp_path / "meta.yaml"
    path.write_text("run_id: a\nstatus: 3\n")
    assert read_meta(path).line_of("status") == 2
