"""Finding artifacts: sorted, bounded, by name alone, and never out of the root."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pytest_mlmonitor import front_door
from pytest_mlmonitor.core import discover as discovery
from pytest_mlmonitor.core.adapter import Adapter, Mark
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.discover import Discovery
from pytest_mlmonitor.core.files import walk as module
from pytest_mlmonitor.core.files.walk import Directory, DiscoveryLimit
from pytest_mlmonitor.front_door import is_anchor, look, serving_tree
from pytest_mlmonitor.kinds import BUILT_IN
from tests.unit.support import RUN_ID, SAMPLE, copy_of_sample


def make(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


ADAPTERS = [adapter for kind in BUILT_IN for adapter in kind.adapters]


def discover(root: Path, *added: Adapter) -> Discovery:
    return discovery.discover(root, [*ADAPTERS, *added])


def refs(result: Discovery) -> list[ArtifactRef]:
    return [one.ref for one in result.found]


def found(root: Path) -> list[tuple[str, str]]:
    result = discover(root)
    return [(ref.kind, str(ref.path.relative_to(result.root))) for ref in refs(result)]


def test_the_sample_platform() -> None:
    assert found(SAMPLE) == [
        ("dataset", "p2/dataset_metadata.json"),
        ("dataset", "p2/output/training_dataset_20260426_130148.parquet"),
        ("deployment", "p5/artifacts/serving/metrics"),
        ("training_report", "p2/models/metrics_20260426_131236.json"),
        ("training_run", "handoff/feature_schema.json"),  # documents of a run: their reader notes them and declines
        ("training_run", "handoff/model_metadata.json"),
        ("training_run", "p2/training_metadata.json"),
        ("training_run", f"p4/artifacts/{RUN_ID}/metadata.json"),
    ]


@pytest.mark.parametrize(
    ("name", "directory", "kind"),
    [
        ("dataset_metadata.json", "x", "dataset"),
        ("my_dataset_metadata_v2.json", "x", "dataset"),
        ("training_dataset_20260426_130148.parquet", "x", "dataset"),
        ("training_dataset_broken-stamp.parquet", "x", "dataset"),
        ("other.parquet", "x", None),
        ("training_metadata.json", "x", "training_run"),
        ("metadata.json", "x", None),
        ("metrics.json", "x", None),
        ("metrics_20260426_131236.json", "anywhere", "training_report"),
        ("metrics_late.json", "models", "training_report"),
        ("metrics_late.json", "x", None),
        ("test_predictions_20260426_131236.parquet", "models", "predictions"),
        ("prediction_log.jsonl", "x", "predictions"),
        ("DATASET_METADATA.JSON", "x", None),
    ],
)
def test_anchors(name: str, directory: str, kind: str | None, tmp_path: Path) -> None:
    assert is_anchor(name, directory) == (kind is not None)
    make(tmp_path, f"{directory}/{name}", f"{directory}/x/y")
    alone = (
        [(kind, f"{directory}/{name}")]
        if kind
        else []
        if name != "metrics.json"
        else [("training_run", "x/metrics.json")]
    )
    assert found(tmp_path) == alone


@pytest.mark.parametrize(
    ("names", "runs"),
    [
        (["b/metadata.json"], []),
        (["b/metrics.json"], ["b/metrics.json"]),  # alone: what it holds decides
        (["b/model_uri.txt"], ["b/metadata.json"]),
        (["b/metadata.json", "b/metrics.json", "b/model_uri.txt"], ["b/metadata.json"]),
        (["metadata.json", "metrics.json"], ["metadata.json"]),
    ],
)
def test_a_bundle_is_a_directory_with_metrics_or_model_uri(names: list[str], runs: list[str], tmp_path: Path) -> None:
    make(tmp_path, *names)
    assert found(tmp_path) == [("training_run", run) for run in runs]


@pytest.mark.parametrize(
    ("names", "trees"),
    [
        (["serving/metrics/x", "serving/events/x"], ["serving/metrics"]),
        (["serving/events/x"], ["serving/metrics"]),
        (["other/metrics/2026-04-26/13/metrics_00.jsonl"], ["other/metrics"]),
        (["other/metrics/x"], []),
        (["a/serving/metrics/x", "b/serving/metrics/x"], ["a/serving/metrics", "b/serving/metrics"]),
        (["serving/x"], []),
    ],
)
def test_serving_trees(names: list[str], trees: list[str], tmp_path: Path) -> None:
    make(tmp_path, *names)
    assert found(tmp_path) == [("deployment", tree) for tree in trees]


def test_a_root_may_be_a_serving_tree_or_a_part_of_one(tmp_path: Path) -> None:
    make(tmp_path, "serving/metrics/2026-04-26/13/metrics_00.jsonl", "serving/events/2026-04-26/e.jsonl")
    for directory in ("serving", "serving/metrics", "serving/events"):
        assert serving_tree(tmp_path / directory) == tmp_path / "serving"
    assert serving_tree(tmp_path) is None


def test_everything_is_claimed_or_listed(tmp_path: Path) -> None:
    names = ["p/dataset_metadata.json", "p/notes.txt", "b/model_uri.txt", "b/model.pkl", "s/serving/metrics/x/a.jsonl"]
    result = discover(make(tmp_path, *names, "s/serving/metrics/README", "s/serving/events/x/b.jsonl"))
    listed = [str(path.relative_to(result.root)) for path in result.files if path not in result.claimed]
    assert listed == ["p/notes.txt", "s/serving/metrics/README"]
    assert result.claimed <= set(result.files)


def test_order_does_not_depend_on_the_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"{letter}/{i}_dataset_metadata.json" for letter in "cab" for i in range(5)]
    make(tmp_path, *names)
    before = discover(tmp_path)
    scandir = os.scandir

    class Shuffled:
        def __init__(self, path: str | Path) -> None:
            with scandir(path) as entries:
                self.entries = list(entries)
            self.entries.sort(key=lambda entry: hash((entry.name, 7)))

        def __enter__(self) -> list[os.DirEntry[str]]:
            return self.entries

        def __exit__(self, *args: object) -> None: ...

    monkeypatch.setattr(os, "scandir", Shuffled)
    after = discover(tmp_path)
    assert (after.found, after.files, after.claimed) == (before.found, before.files, before.claimed)
    assert [ref.path.name for ref in refs(after)] == [f"{i}_dataset_metadata.json" for _ in "abc" for i in range(5)]


def test_links_are_listed_and_never_followed(tmp_path: Path) -> None:
    outside = make(tmp_path / "outside", "x.json", "b/metrics.json", "b/dataset_metadata.json")
    root = make(tmp_path / "root", "real_dataset_metadata.json")
    (root / "notes.txt").symlink_to(outside / "x.json")
    (root / "bundle").symlink_to(outside / "b")
    (root / "loop").symlink_to(root)
    (root / "dataset_metadata.json").symlink_to("real_dataset_metadata.json")
    result = discover(root)
    assert [ref.path.name for ref in refs(result)] == ["real_dataset_metadata.json"]
    listed = [path.name for path in result.files if path not in result.claimed]
    assert listed == ["dataset_metadata.json", "loop", "notes.txt"]
    assert [(ref.kind, ref.path.name) for ref, _ in result.refused] == [("dataset", "bundle")], "it leads to one"


def test_an_anchor_that_leads_out_of_the_root_is_an_artifact_that_cannot_be_read(tmp_path: Path) -> None:
    outside = make(tmp_path / "outside", "x.json")
    root = tmp_path / "root"
    root.mkdir()
    (root / "dataset_metadata.json").symlink_to(outside / "x.json")
    (ref,) = refs(discover(root))
    assert ref.path == root.resolve() / "dataset_metadata.json"


@pytest.mark.parametrize("name", [".dataset_metadata.json", ".cache/dataset_metadata.json", ".b/metrics.json"])
def test_hidden_files_are_listed_and_no_artifacts(name: str, tmp_path: Path) -> None:
    result = discover(make(tmp_path, name))
    assert result.found == []
    assert [path.name for path in result.files] == [Path(name).name]


def test_a_root_may_itself_be_a_link(tmp_path: Path) -> None:
    make(tmp_path / "real", "dataset_metadata.json")
    (tmp_path / "link").symlink_to("real")
    result = discover(tmp_path / "link")
    assert [ref.path for ref in refs(result)] == [tmp_path.resolve() / "real" / "dataset_metadata.json"]


def test_a_directory_that_may_not_be_listed_ends_the_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in it cannot be judged, so nothing green may come of it."""
    make(tmp_path, "bad/x", "good/dataset_metadata.json")
    scandir = os.scandir

    def refusing(path: str | Path) -> object:
        if Path(path).name == "bad":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(DiscoveryLimit, match="bad"):
        discover(tmp_path)
    assert look(tmp_path).anchor is not None


def test_the_walk_is_bounded_in_depth(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["d"] * module.MAX_DEPTH)
    deep.mkdir(parents=True)
    assert discover(tmp_path).found == []
    (deep / "d").mkdir()
    with pytest.raises(DiscoveryLimit, match="more than 64 directories deep"):
        discover(tmp_path)


def test_the_walk_is_bounded_in_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, *(f"{i}.txt" for i in range(5)))
    monkeypatch.setattr(module.walk, "__defaults__", (5,))
    assert len(discover(tmp_path).files) == 5
    make(tmp_path, "6.txt")
    with pytest.raises(DiscoveryLimit, match=f"{tmp_path.name} holds more than 5 files"):
        discover(tmp_path)


def test_added_kinds_come_after_built_in_ones(tmp_path: Path) -> None:
    make(tmp_path, "registry_1.json", "dataset_metadata.json")
    result = discover(tmp_path, Adapter("registry", "registry", Path, ("registry*.json", "*metadata*.json")))
    assert [(ref.kind, ref.path.name) for ref in refs(result)] == [
        ("dataset", "dataset_metadata.json"),
        ("registry", "registry_1.json"),
    ]


def test_nobody_else_is_asked_about_the_documents_of_a_bundle(tmp_path: Path) -> None:
    make(tmp_path, "b/metrics.json", "b/metadata.json", "c/metadata.json")
    card = Adapter("card", "card", Path, ("metadata*.json",))
    result = discovery.discover(tmp_path, [card, *ADAPTERS])
    kinds = {str(one.ref.path.relative_to(result.root)): [a.kind for a in one.adapters] for one in result.found}
    assert kinds == {"b/metadata.json": ["training_run"], "c/metadata.json": ["card"]}


def test_records_are_read_in_path_order(tmp_path: Path) -> None:
    make(
        tmp_path, "metrics/2026-04-27/00/a.jsonl", "metrics/2026-04-26/13/b.jsonl", "metrics/x.txt", "metrics2/c.jsonl"
    )
    result = discover(tmp_path)
    assert result.records[result.root / "metrics"] == ["2026-04-26/13/b.jsonl", "2026-04-27/00/a.jsonl"]


@pytest.mark.parametrize(
    ("names", "bears"),
    [
        (["p2/dataset_metadata.json"], True),
        (["b/metrics.json"], True),
        (["b/metadata.json"], False),
        (["serving/metrics/x"], True),
        (["src/a.py", "package.json"], False),
        (["node_modules/a/dataset_metadata.json"], False),
        ([".venv/lib/metrics.json"], False),
    ],
)
def test_what_bears_an_anchor(names: list[str], bears: bool, tmp_path: Path) -> None:
    assert (look(make(tmp_path, *names)).anchor is not None) is bears


@pytest.mark.parametrize(
    ("names", "python"),
    [
        (["a/conftest.py"], "conftest.py"),
        (["a/test_x.py"], "test_x.py"),
        (["a/x_test.py"], "x_test.py"),
        (["a/x.py", "test_x.txt", "venv/test_x.py"], None),
    ],
)
def test_what_pytest_would_import(names: list[str], python: str | None, tmp_path: Path) -> None:
    path = look(make(tmp_path, *names)).python
    assert (path.name if path else None) == python


def test_a_glance_at_a_huge_directory_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, *(f"{i}.txt" for i in range(20)), "z/dataset_metadata.json")
    monkeypatch.setattr(front_door, "GLANCE_ENTRIES", 10)
    assert look(tmp_path).anchor is None


def test_discovery_reads_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = copy_of_sample(tmp_path)

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a file was opened")

    monkeypatch.setattr("builtins.open", refuse)
    monkeypatch.setattr(os, "open", refuse)
    assert len(discover(root).found) == 6


def test_a_hidden_directory_of_a_table_keeps_what_names_the_table(tmp_path: Path) -> None:
    make(tmp_path, "t/_TABLE", "t/.meta/columns.json", ".meta/columns.json")

    def tables(directory: Directory) -> list[Mark]:
        return [Mark(directory.path, "table")] if "_TABLE" in directory.names else []

    table = Adapter("dataset", "table", lambda ref: None, recognise=tables)
    names = Adapter("dataset", "names", lambda ref: None, ("columns.json",), names_others=True)
    result = discover(tmp_path, table, names)
    assert [ref.path for ref in refs(result)] == [tmp_path / "t", tmp_path / "t/.meta/columns.json"]


def test_thousands_of_tables_are_no_product(tmp_path: Path) -> None:
    """3,000 directories of a day each took minutes: every one of them was compared with every file."""
    make(tmp_path, *(f"orders{i % 10}/{i:05}/part-0.parquet" for i in range(2_000)), "orders1.parquet", "z.parquet")
    result = discover(tmp_path)
    table = Adapter("dataset", "table", lambda ref: None)
    began = time.process_time()
    for path in sorted({file.parent for file in result.files} - {tmp_path}):
        result.add(table, Mark(path, "table"))
    assert time.process_time() - began < 5
    assert {path for path in result.files if path not in result.claimed} == {
        tmp_path / "orders1.parquet",
        tmp_path / "z.parquet",
    }


@pytest.mark.parametrize(
    ("content", "known"),
    [
        ('{"accuracy": 0.9}', False),
        ("[1]", False),
        ('{"rmse": 1.0, "params": {"test_size": 0.2}}', False),
        ('{"test_rmse": 1.0, "test_mae": 0.5}', True),
        ('{"test_rmse": ', True),
        ("{}", True),
    ],
)
def test_figures_of_another_tool_beside_code_are_no_artifact(content: str, known: bool, tmp_path: Path) -> None:
    """``models/metrics.json`` made `pytest .` of a code project a usage error."""
    make(tmp_path, "tests/test_a.py", "models/metrics.json")
    (tmp_path / "models" / "metrics.json").write_text(content)
    assert (look(tmp_path).doubtful is not None) is known
