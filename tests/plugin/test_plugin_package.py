"""A package of somebody else's brings a kind, formats of built-in kinds, a check and a contract; all of it shows up as items."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator

import pytest

from .sample import DATASET, FLAT_RUN, Project, error_text, read_json

PACKAGE = {
    "__init__.py": '''
"""What is registered: ``-p acme_platform``."""

from acme_platform.adapters import CARELESS, SUMMARY
from acme_platform.cards import CARD, has_owner
from acme_platform.checks import fast_enough


def pytest_mlmonitor_kinds(config):
    return [CARD]


def pytest_mlmonitor_adapters(config):
    return [CARELESS, SUMMARY]


def pytest_mlmonitor_checks(config):
    return [fast_enough, has_owner]


def pytest_mlmonitor_contracts(config):
    import pandera.pandas as pa

    return {"training_dataset": pa.DataFrameSchema({"ft_capacity": pa.Column(float, [pa.Check.ge(0), pa.Check.lt(1000)])})}
''',
    "cards.py": """
import json
from dataclasses import dataclass

from pytest_mlmonitor import Artifact, Finding, Kind, Severity, check


@dataclass(frozen=True)
class ModelCard(Artifact):
    owner: str | None = None


def read(ref):
    return ModelCard(ref, owner=json.loads(ref.path.read_text()).get("owner"))


CARD = Kind("model_card", ("model_card*.json",), read, artifact=ModelCard, fixture="model_card")


@check("model_card", category="lineage")
def has_owner(card, context):
    if card.owner is None:
        yield Finding(Severity.ERROR, "nobody owns the model")
""",
    "adapters.py": '''
import json
from dataclasses import replace

from pytest_mlmonitor import Adapter, TrainingRun


def careless(ref):
    """Recognises every document and reads none of them."""
    return None


def summary(ref, reading):
    document = json.loads(ref.path.read_text())
    if "run" not in document:
        return None
    return TrainingRun(
        replace(ref, name=document["run"]),
        run_id=document["run"],
        model_name="acme",
        metrics={"rmse": document["rmse"], "mae": 1.0},
        document=document,
    )


CARELESS = Adapter("dataset", "careless", careless, ("training_metadata.json", "careless*.json"))
SUMMARY = Adapter("training_run", "summary", summary, ("summary*.json",))
''',
    "checks.py": """
from pytest_mlmonitor import Finding, Severity, check


@check("training_run", category="performance")
def fast_enough(run, context):
    if run.metrics.get("rmse", 0) > 100:
        yield Finding(Severity.ERROR, f"rmse {run.metrics['rmse']} of {run.run_id}", location=str(run.ref.path))
""",
}


@pytest.fixture
def acme(new_project: Callable[..., Project], pytester: pytest.Pytester) -> Iterator[Project]:
    """A project with a package beside it that is registered by ``-p``."""
    project = new_project()
    project.keep("p2")
    for name, text in PACKAGE.items():
        project.write(f"acme_platform/{name}", text)
    project.plant("acme/model_card_bikes.json", json.dumps({"owner": "team"}))
    project.plant("acme/summary_1.json", json.dumps({"run": "acme-1", "rmse": 2.5}))
    project.plant("acme/summary_2.json", json.dumps({"something": "else"}))
    project.plant("acme/careless.json", "{}")
    pytester.syspathinsert()
    yield project
    for name in [name for name in sys.modules if name.split(".")[0] == "acme_platform"]:
        del sys.modules[name]


PLUGIN = ("-p", "acme_platform")


def test_its_kind_its_format_its_check_and_its_contract_are_items(acme: Project) -> None:
    ids = set(acme.ids(*PLUGIN))
    assert {
        "artifacts/acme/model_card_bikes.json::readable",
        "artifacts/acme/model_card_bikes.json::has_owner",
        "artifacts/acme/summary_1.json::metrics_finite",
        "artifacts/acme/summary_1.json::fast_enough",
        f"artifacts/{FLAT_RUN}::fast_enough",
    } <= ids
    assert not {name for name in ids if "summary_2" in name or "careless" in name}


def test_without_it_there_is_nothing_of_it(acme: Project) -> None:
    assert not {name for name in acme.ids() if "acme" in name or "fast_enough" in name}


def results(project: Project) -> dict[tuple[str, str], str]:
    project.check(*PLUGIN, "--mlmonitor-out", "out")
    document = read_json(project.path / "out" / "results.json")
    return {(one["artifact"], one["check"]): one["status"] for one in document["results"]}


def test_each_of_them_judges(acme: Project) -> None:
    before = results(acme)
    assert before["model_card_bikes", "has_owner"] == "pass"
    assert before["acme-1", "fast_enough"] == "pass"
    acme.plant("acme/model_card_bikes.json", "{}")
    acme.plant("acme/summary_1.json", json.dumps({"run": "acme-1", "rmse": 250.0}))
    after = results(acme)
    assert after["model_card_bikes", "has_owner"] == "fail"
    assert after["acme-1", "fast_enough"] == "fail"


def test_its_contract_stands_in_the_place_of_the_built_in_one(acme: Project) -> None:
    assert results(acme)[DATASET, "rows"] == "pass"
    strict = PACKAGE["__init__.py"].replace("pa.Check.lt(1000)", "pa.Check.lt(20)")
    acme.write("acme_platform/__init__.py", strict)
    for name in [name for name in sys.modules if name.split(".")[0] == "acme_platform"]:
        del sys.modules[name]
    assert results(acme)[DATASET, "rows"] == "fail"


def test_what_an_adapter_declines_goes_to_the_next_one_of_any_kind(acme: Project) -> None:
    """The careless one is asked first about ``training_metadata.json``, and is of another kind."""
    acme.check(*PLUGIN, "--mlmonitor-out", "out")
    document = read_json(acme.path / "out" / "results.json")
    assert f"artifacts/{FLAT_RUN}" in {a["path"] for a in document["artifacts"] if a["kind"] == "training_run"}


def test_what_every_adapter_declines_is_unclaimed(acme: Project) -> None:
    acme.check(*PLUGIN, "--mlmonitor-out", "out")
    document = read_json(acme.path / "out" / "results.json")
    assert {"artifacts/acme/careless.json", "artifacts/acme/summary_2.json"} <= set(document["unclaimed"])
    assert "artifacts/acme/summary_1.json" not in document["unclaimed"]


def test_its_fixture_gives_its_artifacts_one_by_one(acme: Project) -> None:
    acme.plant("acme/model_card_trams.json", "{}")
    acme.policy('artifacts = ["artifacts"]', pytest_table="strict = true")
    acme.write("test_mine.py", "def test_mine(model_card): assert model_card.owner == 'team'\n")
    result = acme.run(*PLUGIN, "test_mine.py")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["FAILED test_mine.py::test_mine[[]model_card_trams[]]*"])


HOOK = """
from pytest_mlmonitor import Adapter, Kind

def read(ref):
    return None

def pytest_mlmonitor_{hook}(config):
    return {returned}
"""


@pytest.mark.parametrize(
    ("hook", "returned", "said"),
    [
        (
            "adapters",
            "[Adapter('card', 'acme', read, ('x.json',))]",
            "adapter acme is of the kind card, which there is not",
        ),
        ("adapters", "['acme']", "returned 'acme', which is no Adapter"),
        ("adapters", "[Kind('acme', ('x.json',), read)]", "which is no Adapter"),
        ("kinds", "[Kind('card', ('a',), read), Kind('card', ('b',), read)]", "there is a kind called card already"),
        ("kinds", "[Kind('deployment', ('a',), read)]", "there is a kind called deployment already"),
        ("kinds", "['card']", "returned 'card', which is no ArtifactKind"),
        ("kinds", "[Kind('card', ('a',), read, fixture='dataset')]", "the fixture dataset of the kind card"),
    ],
)
def test_what_cannot_be_used_is_a_usage_error_that_names_it(
    hook: str, returned: str, said: str, bundle: Project
) -> None:
    bundle.write("conftest.py", HOOK.format(hook=hook, returned=returned))
    result = bundle.check()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in error_text(result)
