"""Which models learn from which data: what the model that serves was trained on, and the newest version of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Figure
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.links.families.sound_bytes import Readable
from pytest_mlmonitor.links.models.fed_models import FedModels
from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion
from tests.unit.links.test_superseded import AllReadable, data, run
from tests.unit.support import at, deployment, event, window

ROOT = Path("/data")


def build(name: str, minute: float, place: str | None = None, **fields: Any) -> Any:
    return data(place or f"{name}/{name}_{minute:g}.parquet", minute, dataset_name=name, **fields)


def trained(run_id: str, model: str, on: str, minute: float, version: str, **fields: Any) -> Any:
    said = {"model_name": model, "input_dataset_name": on, "input_dataset_version": version}
    return run(run_id, f"{run_id}/metadata.json", minute, **{**said, **fields})


def served(run_id: str, model: str = "m", minute: float = 30, name: str = "dep", **fields: Any) -> Any:
    said = {"model_name": model, "bundle_id": f"/models/{run_id}", "deployment_id": name, **fields}
    said = {"input_dataset_name": "unknown", "input_dataset_version": "unknown", "service_name": name, **said}
    return deployment(window(minute, **said), events=[event(minute - 1, **said)], name=name)


def fed(*artifacts: Any) -> FedModels:
    platform = Platform.of(artifacts, now=at(60))
    return FedModels(platform.replacing(Readable, AllReadable(platform)))


def names(models: FedModels, model: str) -> list[str]:
    return [one.ref.name for one in models.by_name[model].fed_by]


def test_the_newest_version_of_what_it_was_trained_on_feeds_a_model() -> None:
    old, new, other = build("d", 0), build("d", 20), build("e", 10)
    models = fed(old, new, other, trained("r", "m", "d", 5, "v0"))
    assert names(models, "m") == [new.ref.name]
    assert [one.ref for one in models.by_name["m"].trained_on] == [old.ref]
    assert [one.name for one in models.of(new)] == ["m"]
    assert models.of(old) == [] and models.of(other) == []


def test_a_model_that_serves_is_not_fed_by_what_a_newer_run_tried() -> None:
    d, e = build("d", 0), build("e", 10)
    runs = [trained("r", "m", "d", 5, "v0"), trained("s", "m", "e", 15, "v10")]
    tried = fed(d, e, *runs)
    assert names(tried, "m") == [e.ref.name] and not tried.by_name["m"].live
    serving = fed(d, e, *runs, served("r"))
    assert names(serving, "m") == [d.ref.name] and serving.by_name["m"].live
    assert [one.run_id for one in serving.by_name["m"].runs] == ["r"]


def test_a_version_in_production_counts_as_serving() -> None:
    registry = ModelRegistry(
        ArtifactRef("model_registry", ROOT / "model_registry.json", "r", ROOT),
        versions=(ModelVersion("m", "1", run_id="r", stage="production", production=True),),
        document={},
    )
    d, e = build("d", 0), build("e", 10)
    models = fed(d, e, trained("r", "m", "d", 5, "v0"), trained("s", "m", "e", 15, "v10"), registry)
    assert names(models, "m") == [d.ref.name]


def registered(*entries: ModelVersion) -> ModelRegistry:
    ref = ArtifactRef("model_registry", ROOT / "model_registry.json", "r", ROOT)
    return ModelRegistry(ref, versions=entries, document={})


def test_a_run_that_names_no_model_is_of_the_one_that_a_registry_calls_it() -> None:
    """A run of an experiment is called like the experiment, and its model is still one model, not two."""
    d = build("d", 0)
    nameless = [
        trained(one, "unknown", "d", minute, "v0", declared_family="experiment-7")
        for one, minute in (("r", 5), ("s", 6))
    ]
    entry = ModelVersion("churn", "1", run_id="r", stage="production", production=True)
    models = fed(d, *nameless, registered(entry))
    assert names(models, "churn") == [d.ref.name] and models.by_name["churn"].live
    assert [one.run_id for one in models.by_name["churn"].runs] == ["r"]
    assert list(models.by_name) == ["churn"], "what else was tried is the same model, not one more"
    assert [models.model_of(one) for one in nameless] == ["churn", "churn"]


def test_what_an_experiment_of_two_models_tried_besides_is_of_none() -> None:
    tries = [trained(one, "unknown", "d", 5, "v0", declared_family="experiment-7") for one in ("r", "s", "t")]
    models = fed(*tries, registered(ModelVersion("a", "1", run_id="r"), ModelVersion("b", "1", run_id="s")))
    assert [models.model_of(one) for one in tries] == ["a", "b", None]
    assert list(models.by_name) == ["a", "b"]


def test_what_is_in_production_names_a_run_that_is_registered_twice_and_of_two_names_there_is_none() -> None:
    nameless = trained("r", "unknown", "d", 5, "v0", declared_family="experiment-7")
    shadow = ModelVersion("shadow", "1", run_id="r")
    live = ModelVersion("churn", "4", run_id="r", stage="production", production=True)
    assert fed(nameless, registered(shadow, live)).model_of(nameless) == "churn"
    assert (
        fed(nameless, registered(shadow, ModelVersion("churn", "4", run_id="r"))).model_of(nameless) == "experiment-7"
    )
    own = trained("r", "m", "d", 5, "v0")
    assert fed(own, registered(live)).model_of(own) == "m"


def test_the_newest_run_speaks_for_one_that_does_not_say_what_it_learnt_from() -> None:
    d = build("d", 0)
    silent = trained("r", "m", "unknown", 5, "unknown")
    models = fed(d, silent, trained("s", "m", "d", 2, "v0"), served("r"))
    assert names(models, "m") == [d.ref.name]
    assert [one.run_id for one in models.by_name["m"].runs] == ["r"]


def test_a_deployment_says_it_where_the_run_is_not_under_the_roots() -> None:
    old, new = build("d", 0), build("d", 20)
    models = fed(old, new, served("gone", "other", input_dataset_name="d", input_dataset_version="v0"))
    assert names(models, "other") == [new.ref.name]
    assert models.by_name["other"].runs == () and models.by_name["other"].live


def test_a_version_that_is_gone_leads_to_its_family() -> None:
    new = build("d", 20)
    models = fed(new, trained("r", "m", "d", 5, "v0"))
    assert names(models, "m") == [new.ref.name]
    assert models.by_name["m"].trained_on == ()


def test_one_family_feeds_several_models_and_one_model_learns_from_several() -> None:
    d, e = build("d", 0), build("e", 10)
    models = fed(
        d, e, trained("r", "m", "d", 5, "v0"), trained("s", "n", "d", 6, "v0"), trained("t", "n", "e", 16, "v10"),
        served("s", "n", name="one"), served("t", "n", name="two"),
    )  # fmt: skip
    assert [one.name for one in models.of(d)] == ["m", "n"]
    assert names(models, "n") == [d.ref.name, e.ref.name]


def test_a_deployment_that_is_out_of_service_says_nothing() -> None:
    d, e = build("d", 0), build("e", 10)
    drained = deployment(
        window(5, bundle_id="/models/r"),
        events=[event(1, bundle_id="/models/r"), event(9, bundle_id="/models/r", traffic_status="drained")],
    )
    models = fed(d, e, trained("r", "m", "d", 0, "v0"), trained("s", "m", "e", 15, "v10"), drained)
    assert names(models, "m") == [e.ref.name]
    assert models.of_deployment(drained) is None


def test_the_model_of_a_deployment_is_the_one_of_its_run() -> None:
    one = served("r", "misnamed")
    models = fed(build("d", 0), trained("r", "m", "d", 5, "v0"), one)
    assert models.of_deployment(one) is models.by_name["m"]
    assert list(models.by_name) == ["m"]


def test_a_run_without_a_model_feeds_none() -> None:
    models = fed(build("d", 0), trained("r", "unknown", "d", 5, "v0"))
    assert models.by_name == {}


def test_another_root_is_another_family() -> None:
    here, there = build("d", 0), build("d", 20, root=Path("/elsewhere"))
    models = fed(here, there, trained("r", "m", "d", 5, "v0"))
    assert names(models, "m") == [here.ref.name] and models.of(there) == []


@pytest.mark.parametrize(("shares", "wanted"), [((0.25, None), 0.25), ((0.25, 0.75), 0.75), ((None, None), None)])
def test_the_share_of_a_model_is_that_of_its_newest_data(
    shares: tuple[float | None, float | None], wanted: float | None
) -> None:
    old, d, e = build("d", 0), build("d", 20), build("e", 10)
    models = fed(
        old, d, e, trained("r", "m", "d", 5, "v0"), trained("s", "m", "e", 16, "v10"),
        served("r", name="one"), served("s", name="two"),
    )  # fmt: skip
    results = [
        CheckResult("drift", "drift", one.ref, "fail", figures=(Figure("drift_share", "table", share),))
        for one, share in zip((d, e), shares, strict=True)
        if share is not None
    ]
    results.append(CheckResult("drift", "drift", old.ref, "fail", figures=(Figure("drift_share", "table", 1.0),)))
    assert models.drift_shares(results) == ({"m": wanted} if wanted is not None else {})
