"""Every artifact of every root, read once, with the links between them."""

from __future__ import annotations

import json
import pickle
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core.adapter import Adapter
from pytest_mlmonitor.core.artifact import ArtifactRef, NotChecked
from pytest_mlmonitor.core.context import context_of
from pytest_mlmonitor.core.kind import ArtifactKind
from pytest_mlmonitor.datasets.frame import to_pandas
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.kinds import BUILT_IN, Platform
from pytest_mlmonitor.links.tables import Tables
from pytest_mlmonitor.tables.profile import Statistics
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.training.model import TrainingRun
from tests.unit.support import (
    DATASET,
    RUN_ID,
    SAMPLE,
    SIDECAR,
    change_json,
    copy_of_sample,
    dataset,
    linked,
    platform_at,
    platform_of,
)


def listed(platform: Platform) -> list[tuple[str, str]]:
    return [(ref.kind, ref.path.name) for ref, _ in platform.artifacts]


def test_the_sample_in_order_of_kind() -> None:
    assert listed(platform_at(SAMPLE)) == [
        ("dataset", "dataset_metadata.json"),
        ("training_run", "training_metadata.json"),
        ("training_run", "metadata.json"),
        ("deployment", "metrics"),
        ("training_report", "metrics_20260426_131236.json"),
    ]


def test_several_roots_are_one_platform() -> None:
    apart = platform_at(SAMPLE / "p5", SAMPLE / "p2", SAMPLE / "p4")
    assert listed(apart) == listed(platform_at(SAMPLE))
    assert apart.roots == [SAMPLE / "p2", SAMPLE / "p4", SAMPLE / "p5"]


def test_a_root_inside_another_adds_nothing() -> None:
    assert listed(platform_at(SAMPLE, SAMPLE / "p2", SAMPLE)) == listed(platform_at(SAMPLE))


def test_a_root_whose_name_begins_alike_is_no_part_of_another(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE / "p4", tmp_path / "a")
    shutil.copytree(SAMPLE / "p4", tmp_path / "a2")
    assert len(platform_at(tmp_path / "a", tmp_path / "a2").artifacts) == 2


def test_versions_that_are_the_same_instant_are_the_same(tmp_path: Path) -> None:
    (made,) = linked(dataset(dataset_version="2026-04-26T13:01:48+00:00"))
    platform = platform_of(made)
    assert platform.dataset("d", "2026-04-26T15:01:48+02:00") is made
    assert platform.dataset("d", "2026-04-26T13:01:49Z") is None
    assert platform.dataset("e", "2026-04-26T13:01:48Z") is None


def test_a_bundle_and_a_flat_document_may_describe_one_run() -> None:
    assert len(platform_at(SAMPLE).runs(RUN_ID)) == 2


def test_unclaimed_files_are_listed(tmp_path: Path) -> None:
    root = copy_of_sample(tmp_path)
    (root / "p2" / "notes.txt").touch()
    assert [path.name for path in platform_at(root).unclaimed] == ["notes.txt"]
    change_json(root / SIDECAR, path="output/other.parquet")
    kinds = listed(platform_at(root))
    assert ("dataset", f"{DATASET}.parquet") in kinds  # on its own now


def test_every_file_is_scanned_once() -> None:
    platform = platform_at(SAMPLE)
    (made,) = platform.of_kind("dataset")
    tables = platform.view(Tables)
    assert tables.of(made) is tables.of(made)
    assert tables.of(made).rows == 1076


def test_what_a_scan_is_asked_is_put_together_once_for_each_dataset(monkeypatch: pytest.MonkeyPatch) -> None:
    platform = platform_at(SAMPLE)
    (made,) = platform.of_kind("dataset")
    tables = platform.view(Tables)
    first = tables.of(made)
    asked: list[Statistics] = []
    monkeypatch.setattr(TableReader, "scan", lambda *given: asked.append(given[3]))
    assert tables.of(made) is first
    tables.of(replace(made, target="is_holiday"))  # another dataset of the same name and file
    assert [statistics.mean for statistics in asked] == [("is_holiday",)]


def test_an_added_kind_is_read_by_its_own_reader(tmp_path: Path) -> None:
    (tmp_path / "registry.json").write_text("{}", encoding="utf-8")
    kind = ArtifactKind("registry", ("registry.json",), lambda ref: {"name": ref.name})
    ((ref, artifact),) = Platform([tmp_path], kinds=[kind]).artifacts
    assert (ref.kind, artifact) == ("registry", {"name": "registry"})


def test_a_reader_that_raises_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "registry.json").write_text("{}", encoding="utf-8")

    def read(ref: ArtifactRef) -> None:
        raise KeyError("stage")

    ((_, artifact),) = Platform([tmp_path], kinds=[ArtifactKind("registry", ("registry.json",), read)]).artifacts
    assert "registry.json cannot be read: KeyError: 'stage'" in artifact.unreadable[0].message
    assert not artifact.legible


def test_an_artifact_made_by_hand_is_judged_alone() -> None:
    made = dataset()
    context = context_of(made)
    assert context.ref == made.ref and context.platform.artifacts == []
    with pytest.raises(NotChecked, match="no previous version"):
        context.view(Datasets).previous(made)


def test_an_artifact_knows_the_platform_that_it_was_read_with() -> None:
    first, second = platform_at(SAMPLE), platform_at(SAMPLE)
    (made,), (again,) = first.of_kind("dataset"), second.of_kind("dataset")
    assert made == again
    assert context_of(made).platform is first
    assert context_of(again).platform is second


def test_a_thread_finds_the_context_of_an_artifact() -> None:
    platform = platform_at(SAMPLE)
    (made,) = platform.of_kind("dataset")
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(context_of, made).result().platform is platform


def test_a_copy_of_an_artifact_is_judged_among_those_that_it_was_read_with() -> None:
    platform = platform_at(SAMPLE)
    (made,) = platform.of_kind("dataset")
    assert context_of(replace(made)).platform is platform


def test_what_another_process_receives_has_no_platform() -> None:
    (made,) = platform_at(SAMPLE).of_kind("dataset")
    copied = pickle.loads(pickle.dumps(made))  # noqa: S301 - what was pickled a moment ago
    assert copied == made and not hasattr(copied, "_home")


def test_rows_for_a_persons_own_test() -> None:
    (made,) = platform_at(SAMPLE).of_kind("dataset")
    frame = to_pandas(made, columns=["station_id", "obs_ts"])
    assert frame.shape == (1076, 2)
    with pytest.raises(FileNotFoundError, match="d has no parquet file"):
        to_pandas(dataset())


def test_a_sidecar_in_a_format_of_somebody_else_names_its_table_first(tmp_path: Path) -> None:
    """What a document names is its own, whoever reads the document."""
    root = copy_of_sample(tmp_path / "artifacts")
    (sidecar,) = root.rglob("dataset_metadata.json")
    ours = next(adapter for adapter in BUILT_IN[0].adapters if adapter.names_others)
    declines = Adapter("dataset", "theirs", lambda ref: None, (sidecar.name,))
    assert [adapter.names_others for adapter in (declines, ours)] == [False, True]
    with_it = Platform([root], adapters=[declines])
    assert [str(ref) for ref, _ in with_it.artifacts] == [str(ref) for ref, _ in Platform([root]).artifacts]


def test_a_directory_inside_a_table_is_no_table_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "t" / "month=1").mkdir(parents=True)
    pq.write_table(pa.table({"a": [1]}), tmp_path / "t" / "month=1" / "p.parquet")
    (tmp_path / "c.odcs.yaml").write_text(
        "apiVersion: v3.0.0\nkind: DataContract\nid: c\nversion: 1.0.0\nstatus: active\n"
        "schema:\n  - name: t\n    properties:\n      - {name: a, logicalType: integer}\n"
        "  - name: month=1\n    properties:\n      - {name: a, logicalType: integer}\n",
        encoding="utf-8",
    )
    found = [ref.path.name for ref, _ in Platform([tmp_path]).artifacts if ref.kind == "dataset"]
    assert found == ["t"]


@pytest.mark.parametrize(
    ("read", "names"),
    [
        (lambda ref: (run(ref, "a"), run(ref, "b")), ["a", "b"]),
        (lambda ref: (run(ref, name) for name in "ab"), ["a", "b"]),
        (lambda ref: [], []),
        (lambda ref: None, []),
    ],
)
def test_what_an_adapter_may_return(tmp_path: Path, read: Any, names: list[str]) -> None:
    (tmp_path / "runs.log").touch()
    platform = Platform([tmp_path], adapters=[Adapter("training_run", "log", read, ("runs.log",))])
    assert [made.run_id for made in platform.of_kind("training_run")] == names
    assert platform.unclaimed == ([] if names else [tmp_path / "runs.log"])


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        ({"run_id": "a"}, "TypeError: the adapter log returned dict in the place of TrainingRun"),
        ([3], "TypeError: the adapter log returned int in the place of TrainingRun"),
        (
            TrainingRun(ArtifactRef("run", Path("x"), "x", Path()), run_id="a", document={}),
            "TypeError: the adapter log of training_run returned an artifact of the kind run",
        ),
    ],
)
def test_what_an_adapter_may_not_return_is_a_finding(tmp_path: Path, returned: Any, words: str) -> None:
    (tmp_path / "runs.log").touch()
    platform = Platform([tmp_path], adapters=[Adapter("training_run", "log", lambda ref: returned, ("runs.log",))])
    (made,) = platform.of_kind("training_run", broken=True)
    assert words in made.unreadable[0].message


def run(ref: ArtifactRef, name: str) -> TrainingRun:
    return TrainingRun(replace(ref, name=name), run_id=name, document={})


@pytest.mark.parametrize("text", ["null", "[]", "[1]", "{}"])
def test_a_kind_of_ones_own_is_given_whatever_its_reader_returned(tmp_path: Path, text: str) -> None:
    (tmp_path / "champions.json").write_text(text, encoding="utf-8")
    kind = ArtifactKind("champions", ("champions.json",), lambda ref: json.loads(ref.path.read_text(encoding="utf-8")))
    ((_, artifact),) = Platform([tmp_path], kinds=[kind]).artifacts
    assert artifact == json.loads(text)


def test_an_adapter_that_declines_everything_changes_nothing(tmp_path: Path) -> None:
    root = copy_of_sample(tmp_path / "artifacts")
    declines = Adapter("training_run", "x", lambda ref: None, ("*",))
    made, plain = Platform([root], adapters=[declines]), Platform([root])
    assert [ref for ref, _ in made.artifacts] == [ref for ref, _ in plain.artifacts]
    assert made.of_kind("dataset") == plain.of_kind("dataset")
    assert made.unclaimed == plain.unclaimed


def test_a_reader_that_ends_the_process_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "card.json").touch()
    kind = ArtifactKind("card", ("card.json",), lambda ref: sys.exit(0))
    ((_, artifact),) = Platform([tmp_path], kinds=[kind]).artifacts
    assert "card.json cannot be read: SystemExit: 0" in artifact.unreadable[0].message


def test_an_evaluation_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="2026-04-26 00:00:00 has no time zone"):
        Platform(now=datetime(2026, 4, 26))
