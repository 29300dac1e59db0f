"""Which artifacts a newer one of their family stands in for, and what something live depends on (specification 2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import UNKNOWN, ArtifactRef
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.data_contracts.model import ContractFile
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.links.families.sound_bytes import Readable
from pytest_mlmonitor.links.live import Live
from pytest_mlmonitor.links.superseded import Superseded
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion
from pytest_mlmonitor.tables.contract.data_contract import DataContract, TableTerms
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.training.model import TrainingReport
from tests.unit.support import at, dataset, deployment, event, training_run, window

ROOT = Path("/data")
BROKEN = (Finding(Severity.ERROR, "no JSON"),)


def data(place: str = "d.parquet", minute: float = 0, *, sidecar: str | None = None, **fields: Any) -> Any:
    """Return a dataset whose data are at ``place``."""
    root = fields.pop("root", ROOT)
    ref = ArtifactRef("dataset", root / (sidecar or f"{place}.json"), place, root)
    version = fields.pop("dataset_version", f"v{minute:g}")
    built_at = fields.pop("built_at", at(minute))
    return dataset(ref=ref, data_path=root / place, built_at=built_at, dataset_version=version, **fields)


def run(run_id: str, place: str, minute: float = 0, **fields: Any) -> Any:
    """Return a run whose document is at ``place``."""
    ref = ArtifactRef("training_run", ROOT / place, run_id, ROOT)
    times = {"started_at": at(minute), "completed_at": at(minute), "created_at": at(minute)}
    return training_run(**{"ref": ref, "run_id": run_id, "document": {}, **times, **fields})


class AllReadable(Readable):
    """These artifacts are made by hand: there are no files that could be torn."""

    def __contains__(self, artifact: Any) -> bool:
        return bool(artifact.legible)


def superseded(*artifacts: Any) -> Any:
    """Return what stands in for the first of some artifacts."""
    platform = Platform.of(artifacts, now=at(60))
    return Superseded(platform.replacing(Readable, AllReadable(platform))).of(artifacts[0])


def live(*artifacts: Any) -> bool:
    """Return whether something live depends on the first of some artifacts."""
    return artifacts[0] in Live(Platform.of(artifacts, now=at(60)))


# -- a family ---------------------------------------------------------------------------------------------------------


def test_the_newest_stands_in_for_all_before_it() -> None:
    first, second, third = data("a.parquet", 0), data("b.parquet", 5), data("c.parquet", 10)
    assert superseded(first, second, third) is third
    assert superseded(second, first, third) is third
    assert superseded(third, first, second) is None


def test_two_of_one_time_leave_one_another_alone() -> None:
    assert superseded(data("a.parquet"), data("b.parquet")) is None


def test_an_artifact_alone_is_not_superseded() -> None:
    assert superseded(data()) is None


@pytest.mark.parametrize(
    ("old", "new", "together"),
    [
        ("out/d_1.parquet", "out/d_2.parquet", True),
        ("dev/d.parquet", "prod/d.parquet", False),
        ("out/20260425_120000/d.parquet", "out/20260426_120000/d.parquet", True),
        ("out/2026/04/25/d.parquet", "out/2026/04/26/d.parquet", True),
        ("out/2026/04/25/13/d.parquet", "out/2026/04/26/01/d.parquet", True),
        ("out/dt=2026-04-25/d.parquet", "out/dt=2026-04-26/d.parquet", True),
        ("out/year=2025/month=12/d.parquet", "out/year=2026/month=01/d.parquet", True),
        ("out/city=berlin/d.parquet", "out/city=paris/d.parquet", False),
        ("build_20260425_120000/d.parquet", "build_20260426_120000/d.parquet", True),
        ("v1/d.parquet", "v2/d.parquet", False),
        ("out/1999/d.parquet", "out/2026/d.parquet", False),
    ],
)
def test_a_family_is_one_directory_less_what_tells_versions_apart(old: str, new: str, together: bool) -> None:
    assert (superseded(data(old), data(new, 5)) is not None) == together


def test_the_directory_is_that_of_the_data_and_not_of_the_sidecar() -> None:
    assert superseded(data("a/d.parquet", sidecar="x.json"), data("b/d.parquet", 5, sidecar="y.json")) is None
    assert superseded(data("a/d.parquet", sidecar="p/x.json"), data("a/e.parquet", 5, sidecar="q/y.json")) is not None


def test_a_family_is_one_name_less_its_stamp() -> None:
    older, newer = "d_20260425_120000", "d_20260426_120000"
    assert superseded(data("a", dataset_name=older), data("b", 5, dataset_name=newer)) is not None
    assert superseded(data("a", dataset_name="d"), data("b", 5, dataset_name="e")) is None
    assert superseded(data("a", dataset_name=None), data("b", 5, dataset_name=None)) is None


def test_a_family_is_one_root() -> None:
    assert superseded(data("a"), data("b", 5, root=Path("/other"))) is None


@pytest.mark.parametrize(
    ("one", "other", "together"), [("dev", "dev", True), ("dev", "prod", False), (None, "prod", False)]
)
def test_a_family_is_one_environment_where_documents_name_one(one: str | None, other: str, together: bool) -> None:
    old, new = data("a", document={"environment": one}), data("b", 5, document={"environment": other})
    assert (superseded(old, new) is not None) == together


# -- what is never superseded, and what supersedes nothing ------------------------------------------------------------


def test_what_is_future_supersedes_nothing_and_is_not_superseded() -> None:
    now, tomorrow, later = data("a", 50), data("b", 1440), data("c", 2000)
    assert superseded(now, tomorrow) is None
    assert superseded(tomorrow, later) is None
    assert superseded(now, data("b", 62)) is not None  # within the skew


def test_what_cannot_be_read_or_ordered_is_left_alone_and_supersedes_nothing() -> None:
    old, new = data("a"), data("b", 5)
    assert superseded(data("a", unreadable=BROKEN), new) is None
    assert superseded(old, data("b", 5, unreadable=BROKEN)) is None
    undated = dataset(ref=ArtifactRef("dataset", ROOT / "u.json", "u", ROOT), built_at=None)
    assert superseded(undated, old, new) is None
    assert superseded(new, undated, old) is None


def log(place: str) -> Predictions:
    return Predictions(ArtifactRef("predictions", ROOT / place, place, ROOT), data_path=ROOT / place, log=True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("predictions_2026-04-24.jsonl", "predictions_2026-04-25.jsonl"),
        ("2026/04/24/predictions.jsonl", "2026/04/25/predictions.jsonl"),
        ("dt=2026-04-24/predictions.parquet", "dt=2026-04-25/predictions.parquet"),
    ],
)
def test_daily_logs_of_predictions_are_in_order_by_their_dates(old: str, new: str) -> None:
    first, second = log(old), log(new)
    assert superseded(first, second) is second
    assert superseded(second, first) is None
    assert superseded(log("predictions.jsonl"), log("predictions_2.jsonl")) is None


def test_a_sidecar_that_does_not_say_when_is_in_order_by_the_name_of_its_data() -> None:
    unsaid = data("d_20260424_120000.parquet", built_at=None)
    assert superseded(unsaid, data("d_20260425_120000.parquet")) is not None


def test_deployments_and_registries_never_are() -> None:
    old = deployment(window(0), events=[event(0)], name="old")
    assert superseded(old, deployment(window(5), events=[event(5)], name="new")) is None
    refs = [ArtifactRef("model_registry", ROOT / f"{name}.json", name, ROOT) for name in "ab"]
    assert superseded(*(ModelRegistry(ref, document={}) for ref in refs)) is None


# -- runs -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "together"),
    [
        ("runs/r1/metadata.json", "runs/r2/metadata.json", True),  # called like the run
        ("runs/first/metadata.json", "runs/second/metadata.json", True),  # holds only its documents
        ("dev/r1/metadata.json", "prod/r2/metadata.json", False),
        ("runs/one.json", "runs/two.json", True),
    ],
)
def test_the_own_directory_of_a_run_tells_versions_apart(old: str, new: str, together: bool) -> None:
    assert (superseded(run("r1", old), run("r2", new, 5)) is not None) == together


def test_a_directory_that_holds_other_artifacts_is_not_a_runs_own() -> None:
    beside = data("first/d.parquet", dataset_name="x")
    assert superseded(run("r1", "first/metadata.json"), run("r2", "second/metadata.json", 5), beside) is None


def test_all_documents_of_one_run_are_one() -> None:
    flat, bundle = run("r1", "p2/flat.json"), run("r1", "p4/r1/metadata.json", 5)
    beside = data("p2/d.parquet", dataset_name="x")
    assert superseded(flat, bundle, beside) is None
    newer = run("r2", "p4/r2/metadata.json", 10)
    assert superseded(bundle, flat, newer, beside) is newer
    assert superseded(flat, bundle, newer, beside) is newer


def test_runs_of_other_or_unknown_models_are_other_families() -> None:
    assert superseded(run("r1", "a.json"), run("r2", "b.json", 5, model_name="other")) is None
    assert superseded(run("r1", "a.json", model_name=UNKNOWN), run("r2", "b.json", 5, model_name=UNKNOWN)) is None


# -- the other kinds --------------------------------------------------------------------------------------------------


def test_reports_and_predictions_are_in_order_of_their_stamps() -> None:
    stamps = ("20260425_120000", "20260426_120000")
    places = [ROOT / "models" / f"metrics_{stamp}.json" for stamp in stamps]
    reports = [
        TrainingReport(ArtifactRef("training_report", path, path.stem, ROOT), run_timestamp=stamp, document={})
        for path, stamp in zip(places, stamps, strict=True)
    ]
    assert superseded(*reports) is reports[1]
    places = [ROOT / "models" / f"test_predictions_{stamp}.parquet" for stamp in stamps]
    files = [
        Predictions(ArtifactRef("predictions", path, path.stem, ROOT), data_path=path, stamp=stamp)
        for path, stamp in zip(places, stamps, strict=True)
    ]
    assert superseded(*files) is files[1]


def contract(version: str, table: str = "nothing", name: str = "bikes") -> ContractFile:
    terms = TableTerms((table,), TableContract(table, ()))
    document = DataContract(name, name, version, "active", "v3.0.0", (terms,))
    return ContractFile(
        ArtifactRef("data_contract", ROOT / f"{name}_{version}.odcs.yaml", version, ROOT), contract=document
    )


def test_contracts_are_in_order_of_the_numbers_of_their_versions() -> None:
    assert superseded(contract("1.9.0"), contract("1.10.0")) is not None
    assert superseded(contract("1.10.0"), contract("1.9.0")) is None
    assert superseded(contract("2.0.0-rc.1"), contract("2.0.0")) is not None
    assert superseded(contract("2.0.0"), contract("2.0.0-rc.1")) is None
    assert superseded(contract("draft"), contract("2.0.0")) is None
    assert superseded(contract("1.0.0", name="a"), contract("2.0.0", name="b")) is None


def test_a_contract_in_force_is_live() -> None:
    assert live(contract("1.0.0", table="d"), data())
    assert not live(contract("1.0.0"), data())
    assert not live(contract("1.0.0", table="d"), contract("2.0.0", table="d"), data())
    assert superseded(contract("1.0.0", table="d"), contract("2.0.0", table="d"), data()) is not None
    assert superseded(contract("1.0.0", table="d"), contract("2.0.0"), data()) is None  # the newer one is of other data


# -- what something live depends on -----------------------------------------------------------------------------------

TRAINED_ON = {"dataset_version": "2026-04-26T10:00:00Z"}


def test_the_run_of_an_active_deployment_and_its_dataset_are_live() -> None:
    old, used = run("run-1", "runs/run-1/metadata.json"), data("a", 0, **TRAINED_ON)
    newer = [run("run-2", "runs/run-2/metadata.json", 5, input_dataset_version="v5"), data("b", 5)]
    active = deployment(window(10), events=[event(10)])
    drained = deployment(window(10), events=[event(10), event(20, traffic_status="drained")])
    for one in (old, used):
        others = [other for other in (old, used, *newer) if other is not one]
        assert live(one, active, *others)
        assert superseded(one, active, *others) is None
        assert not live(one, drained, *others)
        assert superseded(one, drained, *others) in newer


def test_a_deployment_without_events_is_live_by_what_it_serves_now() -> None:
    windows = deployment(window(10), window(20, bundle_id="/models/run-2"))
    assert live(run("run-2", "b.json"), windows)
    assert not live(run("run-1", "a.json"), windows)


def test_only_what_a_deployment_serves_now_is_live() -> None:
    moved = deployment(events=[event(0), event(10, bundle_id="/models/run-2"), event(1440, bundle_id="/models/run-3")])
    assert live(run("run-2", "b.json"), moved)
    assert not live(run("run-1", "a.json"), moved)
    assert not live(run("run-3", "c.json"), moved)


@pytest.mark.parametrize(
    ("layout", "versions", "pointers", "held"),
    [
        ("registry", [ModelVersion(version="1", run_id="run-1", production=True)], (), True),
        ("registry", [ModelVersion(version="1", run_id="run-1")], ((None, "1"),), True),
        ("registry", [ModelVersion(version="1", run_id="run-1", stage="archived")], (), False),
        ("registry", [ModelVersion(version="v1", model_name="m", production=True)], (), True),
        ("registry", [ModelVersion(version="v1", model_name="n", production=True)], (), False),
    ],
)
def test_the_run_of_a_version_in_production_and_its_dataset_are_live(
    layout: Any, versions: list[ModelVersion], pointers: Any, held: bool
) -> None:
    ref = ArtifactRef("model_registry", ROOT / "model_registry.json", "r", ROOT)
    registry = ModelRegistry(ref, layout=layout, versions=tuple(versions), pointers=pointers, document={})
    old, used = run("run-1", "a.json"), data("a", **TRAINED_ON)
    assert live(old, registry, used) == held
    assert live(used, registry, old) == held


def test_a_document_of_what_is_in_production_leaves_the_run_to_the_registry() -> None:
    said, entry = ModelVersion(version="1", production=True), ModelVersion(version="v1", run_id="run-1")
    registry = ModelRegistry(
        ArtifactRef("model_registry", ROOT / "model_registry.json", "r", ROOT), versions=(entry,), document={}
    )
    document = ModelRegistry(
        ArtifactRef("model_registry", ROOT / "production_model.json", "p", ROOT), layout="production", versions=(said,)
    )
    assert live(run("run-1", "a.json"), registry, document)
    assert not live(run("run-1", "a.json"), registry)
