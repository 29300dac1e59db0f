"""The contract tests that people copy fail with a good message on a broken platform, and never crash."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.plugin.sample import Project, read_json

CONTRACT_TESTS = Path(__file__).parents[2] / "contract_tests"


def _without(pattern: str) -> Callable[[Path], None]:
    def damage(root: Path) -> None:
        for path in root.glob(pattern):
            path.unlink()

    return damage


DAMAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "no windows": (_without("p5/**/metrics_*.jsonl"), "has no windows"),
    "no events": (_without("p5/**/deployment_events.jsonl"), "has no activation event"),
    "no dataset": (_without("p2/*dataset_metadata.json"), "training_dataset_20260426_130148"),
    "no bundle": (_without("p4/**/metadata.json"), "metadata.json does not exist"),
    "no columns": (_without("p2/output/*.parquet"), "names a file that does not exist"),
}


@pytest.mark.parametrize(("damage", "said"), DAMAGE.values(), ids=DAMAGE)
def test_a_broken_platform_fails_with_words(project: Project, damage: Callable[[Path], None], said: str) -> None:
    for path in CONTRACT_TESTS.glob("test_*.py"):
        shutil.copy(path, project.path / path.name)
    project.policy('artifacts = ["artifacts"]')
    damage(project.root)
    output = project.run_alone().stdout.str()  # contract_tests are imported in this process already
    assert said in output
    for crash in ("ZeroDivisionError", "IndexError", "AttributeError", "TypeError", "KeyError"):
        assert crash not in output


def test_two_names_for_one_file_are_judged_by_their_own_contract(project: Project) -> None:
    """A sidecar without a contract, read first, must not decide what a sidecar with one says of the same file."""
    sidecar = project.root / "p2" / "dataset_metadata.json"
    original = next((project.root / "p2" / "output").glob("*.parquet"))
    table = pq.read_table(original)
    below = pa.array([-5.0] * table.num_rows)
    broken = table.set_column(table.schema.get_field_index("ft_capacity"), "ft_capacity", below)
    pq.write_table(broken, original.with_name("data.parquet"))
    original.unlink()
    text = sidecar.read_text().replace(original.name, "data.parquet")
    sidecar.write_text(text)
    other = text.replace('"dataset_name": "training_dataset_20260426_130148"', '"dataset_name": "other"')
    (sidecar.parent / "a_dataset_metadata.json").write_text(other)
    project.check("--mlmonitor-out", "out")
    results = read_json(project.path / "out" / "results.json")["results"]
    rows = {r["nodeid"]: r["status"] for r in results if r["check"] == "rows"}
    assert rows["artifacts/p2/a_dataset_metadata.json::rows"] == "not_checked"
    assert rows["artifacts/p2/dataset_metadata.json::rows"] == "fail"
