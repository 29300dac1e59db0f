"""Links by everything that artifacts are known by: what leads there, what must agree, and when nothing can be said."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import Artifact, ArtifactRef
from pytest_mlmonitor.core.known_by import Link, digest_form
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.links.closure import Closure, Edge
from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion
from pytest_mlmonitor.training.model import InputDataset, TrainingRun
from tests.unit.support import at


class World:
    """Datasets, runs and registries below one root; nothing is written but the data."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.artifacts: list[Artifact] = []

    def ref(self, kind: str, path: str, name: str) -> ArtifactRef:
        return ArtifactRef(kind, self.root / path, name, self.root)

    def dataset(self, path: str, version: str | None = "v1", content: bytes = b"x", **fields: Any) -> Dataset:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        name = fields.pop("name", "features")
        made = Dataset(
            self.ref("dataset", path, f"{name}@{version}"),
            dataset_name=name,
            dataset_version=version,
            data_path=file,
            source="features",
            **fields,
        )
        self.artifacts.append(made)
        return made

    def run(self, run_id: str = "r1", *inputs: InputDataset, **fields: Any) -> TrainingRun:
        made = TrainingRun(
            self.ref("training_run", f"runs/{run_id}/result.json", run_id),
            run_id=run_id,
            inputs=inputs,
            document={},
            source="train",
            **fields,
        )
        self.artifacts.append(made)
        return made

    def registry(self, *versions: ModelVersion, **fields: Any) -> ModelRegistry:
        made = ModelRegistry(
            self.ref("model_registry", "registry.json", "registry"), versions=versions, document={}, **fields
        )
        self.artifacts.append(made)
        return made

    def closure(self, **settings: Any) -> Closure:
        platform = Platform.of(self.artifacts, Settings(**settings), at(30))
        platform.roots = [self.root]
        return Closure(platform)

    def edge(self, run: TrainingRun, **settings: Any) -> Edge:
        (found,) = self.closure(**settings).of(run)
        return found

    def served(self, **said: Any) -> Edge:
        """Return what becomes of a link to a run that something says."""
        asking = self.dataset("asks.parquet", name="asking")
        return self.closure().resolved(asking, Link("serves", "training_run", **said))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def refs(edge: Edge) -> list[str]:
    return [target.ref.name for target in edge.targets]


MD5 = hashlib.md5(b"right", usedforsecurity=False).hexdigest()
SHA = hashlib.sha256(b"right").hexdigest()


@pytest.mark.parametrize("digest", [MD5, f"md5:{MD5}", f"MD5:{MD5.upper()}", SHA, f"sha-256:{SHA}"])
def test_a_digest_of_the_file_leads_there(world: World, digest: str) -> None:
    world.dataset("a/v1.parquet", "v1", b"wrong")
    world.dataset("a/v2.parquet", "v2", b"right")
    edge = world.edge(world.run("r1", InputDataset(digest=digest)))
    assert (edge.state, edge.by, refs(edge)) == ("found", "digest", ["features@v2"])


def test_a_digest_of_no_file_dangles(world: World) -> None:
    world.dataset("a/v1.parquet", "v1", b"wrong")
    edge = world.edge(world.run("r1", InputDataset(digest=f"md5:{MD5}")))
    assert (edge.state, edge.by) == ("dangling", "digest")


def test_a_digest_that_nobody_can_take_says_nothing(world: World) -> None:
    """A tracking server's own digest is compared with what says one of its form, and with nothing else."""
    world.dataset("a/v1.parquet")
    assert world.edge(world.run("r1", InputDataset(digest="mlflow:0a1b2c3d"))).state == "not_held"


def test_no_digest_is_taken_where_none_is_asked_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_mlmonitor.links.identities.digests._taken", lambda *_: pytest.fail("a file was read"))
    world.dataset("a/v1.parquet")
    assert world.edge(world.run("r1", InputDataset("features", "v1"))).state == "found"


def test_only_what_else_is_said_has_its_digest_taken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(
        "pytest_mlmonitor.links.identities.digests._taken", lambda path, form: read.append(path.name) or "0" * 32
    )
    for number in range(5):
        world.dataset(f"a/v{number}.parquet", f"v{number}")
    world.edge(world.run("r1", InputDataset(path="a/v3.parquet", digest=f"md5:{MD5}")))
    assert read == ["v3.parquet"]


def test_all_that_is_said_must_agree(world: World) -> None:
    world.dataset("a/v1.parquet", "v1", b"wrong")
    world.dataset("a/v2.parquet", "v2", b"right", commit="abc")
    run = world.run("r1", InputDataset("features", "v2", f"md5:{MD5}", "a/v2.parquet", commit="ABC"))
    edge = world.edge(run)
    assert (edge.state, edge.disagreements) == ("found", ())


@pytest.mark.parametrize(
    ("wrong", "by"),
    [
        ({"version": "v1"}, "name"),
        ({"version": "v9"}, "name"),
        ({"digest": "md5:" + "0" * 32}, "digest"),
        ({"path": "a/v1.parquet"}, "path"),
        ({"path": "b/v9.parquet"}, "path"),
        ({"path": "b/other.json"}, "path"),
        ({"commit": "def"}, "commit"),
    ],
)
def test_what_does_not_agree_is_named(world: World, wrong: dict[str, str], by: str) -> None:
    world.dataset("a/v1.parquet", "v1", b"wrong")
    world.dataset("a/v2.parquet", "v2", b"right", commit="abc")
    (world.root / "b").mkdir()
    (world.root / "b/other.json").write_text("{}")
    right = {"name": "features", "version": "v2", "digest": f"md5:{MD5}", "path": "a/v2.parquet", "commit": "abc"}
    edge = world.edge(world.run("r1", InputDataset(**{**right, **wrong})))
    assert ([wrong.by for wrong in edge.disagreements], refs(edge)) == ([by], ["features@v2"])


def test_the_strongest_leads(world: World) -> None:
    world.dataset("a/v1.parquet", "v1", b"wrong")
    world.dataset("a/v2.parquet", "v2", b"right")
    edge = world.edge(world.run("r1", InputDataset("features", "v1", f"md5:{MD5}")))
    # Digests are taken of what the name leads to: that has another one, and so the name leads.
    assert (refs(edge), [wrong.by for wrong in edge.disagreements]) == (["features@v1"], ["digest"])
    edge = world.edge(world.run("r2", InputDataset("features", "v1", path="a/v2.parquet")))
    assert (refs(edge), [wrong.by for wrong in edge.disagreements]) == (["features@v2"], ["name"])


def test_a_directory_leads_to_what_alone_lies_below_it(world: World) -> None:
    world.dataset("a/dt=1/part-0.parquet", "1")
    world.dataset("a/dt=2/part-0.parquet", "2")
    assert refs(world.edge(world.run("r1", InputDataset(path="a/dt=2")))) == ["features@2"]
    assert world.edge(world.run("r2", InputDataset(path="a"))).state == "unclear"


def test_a_path_that_only_some_other_machine_knows_says_nothing(world: World) -> None:
    world.dataset("a/v1.parquet")
    run = world.run("r1", InputDataset(path="/opt/airflow/data/a/v1.parquet"))
    assert world.edge(run).state == "not_held"
    assert world.edge(run, rebase={"/opt/airflow/data": "."}).state == "found"
    assert world.edge(run, rebase={"/opt/airflow": "."}).state == "dangling"


def test_a_file_that_is_no_dataset_says_nothing(world: World) -> None:
    world.dataset("a/v1.parquet")
    (world.root / "config.yaml").write_text("x: 1")
    assert world.edge(world.run("r1", InputDataset(path="config.yaml"))).state == "not_held"


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("20260426_130148", "2026-04-26T13:01:48+00:00"),
        ("2026-11-27T02.14.09.456Z", "2026-11-27T02:14:09.456Z"),
        ("2026-11-27", "20261127"),
        ("v3", "v3"),
    ],
)
def test_versions_that_are_times_compare_as_instants(world: World, mine: str, theirs: str) -> None:
    world.dataset("a/x.parquet", mine)
    assert world.edge(world.run("r1", InputDataset("features", theirs))).state == "found"
    assert world.edge(world.run("r2", InputDataset("features", f"{theirs}0"))).state == "dangling"


def test_the_stem_of_a_file_is_as_good_as_the_family(world: World) -> None:
    world.dataset("a/features_20260426.parquet", "20260426")
    for said in [InputDataset("features_20260426", "2026-04-26"), InputDataset("features_20260426")]:
        assert world.edge(world.run(f"r{said.version}", said)).state == "found"


def test_a_name_alone_leads_to_what_has_no_versions(world: World) -> None:
    world.dataset("a/x.parquet", None, name="static")
    world.dataset("a/v1.parquet", "v1")
    assert world.edge(world.run("r1", InputDataset("static"))).state == "found"
    assert world.edge(world.run("r2", InputDataset("features"))).state == "unclear"
    assert world.edge(world.run("r3", InputDataset("nothing"))).state == "dangling"


def test_rows_tell_versions_of_one_name_apart(world: World) -> None:
    world.dataset("a/v1.parquet", "v1", row_count=10)
    world.dataset("a/v2.parquet", "v2", row_count=20)
    assert refs(world.edge(world.run("r1", InputDataset("features", rows=20)))) == ["features@v2"]
    assert world.edge(world.run("r2", InputDataset("features", rows=30))).state == "unclear"


def test_a_commit_leads_to_the_one_dataset_that_has_it(world: World) -> None:
    world.dataset("a/v1.parquet", "v1", commit="abc")
    world.dataset("a/v2.parquet", "v2", commit="def")
    run = world.run("r1", InputDataset(commit="def"))
    assert refs(world.edge(run)) == ["features@v2"]
    world.dataset("a/v3.parquet", "v3", commit="def")
    assert world.edge(run).state == "unclear"


def test_nothing_that_both_know_is_no_fault(world: World) -> None:
    world.dataset("a/v1.parquet")
    assert world.edge(world.run("r1", InputDataset(commit="def"))).state == "not_held"


REGISTERED = (
    ModelVersion("churn", "3", run_id="r3", aliases=("champion",)),
    ModelVersion("churn", "4", run_id="r4", stage="Staging"),
)


@pytest.mark.parametrize(
    ("said", "run_id"),
    [
        ({"name": "r3"}, "r3"),
        ({"uri": "runs:/r3/model"}, "r3"),
        ({"uri": "models:/churn/4"}, "r4"),
        ({"uri": "models:/churn@champion"}, "r3"),
        ({"uri": "models:/churn/Staging"}, "r4"),
        ({"uri": "s3://bucket/models/r4"}, "r4"),
        ({"uri": "mlflow-artifacts:/0/r4/artifacts/model"}, "r4"),
        ({"uri": "s3://bucket/jobs/r4/output/model.tar.gz"}, "r4"),
        ({"model": "churn", "model_version": "v4"}, "r4"),
        ({"model": "churn", "alias": "Champion"}, "r3"),
        ({"alias": "champion"}, "r3"),
    ],
)
def test_a_run_is_found_by_whatever_a_registry_calls_it(world: World, said: dict[str, str], run_id: str) -> None:
    world.run("r3")
    world.run("r4")
    world.registry(*REGISTERED)
    edge = world.served(**said)
    assert (edge.state, refs(edge)) == ("found", [run_id])


@pytest.mark.parametrize(
    "said",
    [{"uri": "models:/churn@nobody"}, {"uri": "models:/churn/9"}, {"uri": "runs:/r9/model"}, {"alias": "nobody"}],
)
def test_what_no_registry_and_no_run_has_dangles(world: World, said: dict[str, str]) -> None:
    world.run("r3")
    world.registry(*REGISTERED)
    assert world.served(**said).state == "dangling"


def test_what_a_registry_knows_and_nobody_holds_is_no_fault_of_the_link(world: World) -> None:
    world.run("r3")
    world.registry(*REGISTERED)
    assert world.served(uri="models:/churn/4").state == "not_held"


def test_an_alias_that_means_another_run_disagrees(world: World) -> None:
    world.run("r3")
    world.run("r4")
    world.registry(*REGISTERED)
    edge = world.served(name="r3", uri="models:/churn/4")
    assert (refs(edge), [wrong.by for wrong in edge.disagreements]) == (["r3"], ["uri"])


def test_a_registry_without_runs_leads_by_model_and_version(world: World) -> None:
    world.run("r3", model_name="churn", model_version="3")
    world.registry(ModelVersion("churn", "3", aliases=("champion",)))
    assert refs(world.served(uri="models:/churn@champion")) == ["r3"]


@pytest.mark.parametrize(
    ("said", "known"), [("9f86d08", "9F86D081884c7d65"), ("9f86d081884c7d65", "9f86d08"), ("v1", "v1")]
)
def test_a_commit_is_one_however_short_it_is_written(world: World, said: str, known: str) -> None:
    world.run("r3", commit=known)
    assert refs(world.served(commit=said)) == ["r3"]


@pytest.mark.parametrize(("said", "known"), [("9f86d08f", "9f86d081884c7d65"), ("v1", "v10"), ("9f86d0", "9f86d08")])
def test_another_commit_is_another(world: World, said: str, known: str) -> None:
    world.run("r3", commit=known)
    assert world.served(commit=said).state == "dangling"


@pytest.mark.parametrize("form", ["sha256:{}", "sha256={}", "SHA-256-{}", "{}"])
def test_a_digest_is_one_however_its_form_is_written(form: str) -> None:
    assert digest_form(form.format("9F" * 32)) == ("sha256", "9f" * 32)
