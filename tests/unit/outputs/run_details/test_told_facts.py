"""What artifacts are, in words: told from what was read, whatever somebody else's kind does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.artifact import Artifact, ArtifactRef
from pytest_mlmonitor.core.finding import Figure
from pytest_mlmonitor.core.kind import Kind
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.record_details import ArtifactFacts
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.external_reports.model import ExternalReport
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.outputs.run_details.told_facts import facts_of, ids_of
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion
from tests.unit.support import at, dataset, deployment, event, training_run, window

ROOT = Path("/data")


def ref(name: str, kind: str = "dataset") -> ArtifactRef:
    return ArtifactRef(kind, ROOT / f"{name}.json", name, ROOT)


def told(
    *artifacts: Any, figures: dict[str, float] | None = None, settings: Settings | None = None
) -> list[ArtifactFacts]:
    """Return the facts of artifacts; ``figures`` were measured of the last one."""
    platform = Platform.of(artifacts, settings, now=at(60))
    measured = tuple(Figure(name, "table", value) for name, value in (figures or {}).items())
    record = RunRecord(at(60))
    for one in artifacts:
        figures_of_it = measured if one is artifacts[-1] else ()
        record.results.append((one.ref.name, CheckResult("c", "quality", one.ref, "pass", figures=figures_of_it)))
    found = facts_of(record, platform)
    return [found[one.ref] for one in artifacts]


def words(facts: ArtifactFacts) -> dict[str, str]:
    return dict(facts.facts)


def build(version: str, minute: float, **fields: Any) -> Any:
    named = {"dataset_name": "bike", **fields}
    return dataset(ref=ref(version), dataset_version=version, built_at=at(minute), **named)


def test_a_dataset_says_when_it_was_built_and_how_many_rows_more_it_has() -> None:
    _, new = told(build("v1", 0, row_count=1000), build("v2", 30, row_count=900), figures={"rows": 1250})
    assert (new.family, new.version) == ("bike", "v2")
    assert words(new)["built"] == f"{at(30):%Y-%m-%d %H:%M} UTC, 30 min ago"
    assert words(new)["rows"] == "1,250, 25 % more than in v1", "as measured, not as claimed"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [(1000, 1000, "1,000, as many as in v1"), (1000, 1, "1, 99.9 % fewer than in v1"), (None, 5, "5"), (0, 5, "5")],
)
def test_rows_beside_those_of_the_version_before(before: int | None, after: int, said: str) -> None:
    _, new = told(build("v1", 0, row_count=before), build("v2", 30, row_count=after))
    assert words(new)["rows"] == said


def test_columns_are_those_that_the_policy_names() -> None:
    (found,) = told(build("v1", 0, target="y", entity="id"), settings=Settings(target="other"))
    assert (words(found)["target"], words(found)["entity"]) == ("other", "id")


def test_a_training_run_says_its_model_its_data_and_key_metrics() -> None:
    run = training_run(
        model_name="fraud", model_version="7", metrics={"zz": 1.0, "f1": 0.912345, "aa": 2.0, "rmse": 3.0, "b": 4.0}
    )
    (found,) = told(run)
    assert (found.family, found.version) == ("fraud", "7")
    assert words(found)["metrics"] == "f1 0.9123, rmse 3, aa 2, b 4"
    assert words(found)["model"] == "fraud 7"
    assert "trained" in words(found) and "trained on" in words(found)


def test_a_deployment_is_known_by_its_service() -> None:
    (found,) = told(deployment(window(0), events=[event()]))
    said = words(found)
    assert found.family == said["service"].split(" ")[0]
    assert found.version == "dep"
    assert said["traffic"].startswith("serving, since ")
    assert said["windows"].startswith("1 window, the last one until ")


def test_predictions_say_how_many_and_of_how_many_the_truth_is_known() -> None:
    log = Predictions(ref("log", "predictions"), log=True)
    (found,) = told(log, figures={"rows": 12000, "labelled_share": 0.25, "mean_confidence": 0.87654})
    assert words(found) == {"form": "log", "rows": "12,000", "labelled": "25 %", "mean confidence": "0.877"}


def test_a_registry_says_what_is_in_production() -> None:
    versions = (
        ModelVersion("fraud", "6", stage="archived"),
        ModelVersion("fraud", "7", stage="production", production=True),
    )
    (found,) = told(ModelRegistry(ref("registry", "model_registry"), versions=versions))
    assert words(found)["versions"] == "2 versions"
    assert words(found)["in production"] == "fraud 7"


def test_a_report_of_another_tool_says_of_what_it_is() -> None:
    report = ExternalReport(ref("drift", "external_report"), form="drift", subject="fraud", passed=False, at=at(0))
    (found,) = told(report)
    assert (found.family, words(found)["says"]) == ("drift report of fraud", "failed")


def test_how_the_owner_is_reached_is_of_the_artifact() -> None:
    (found,) = told(build("v1", 0), settings=Settings(contact="#data"))
    assert found.contact == "#data"


def test_what_could_not_be_read_has_a_name_all_the_same() -> None:
    (found,) = told(dataset(ref=ref("torn"), dataset_name=None, dataset_version=None, built_at=None, row_count=None))
    assert (found.family, found.version) == ("torn", None)


@dataclass(frozen=True, repr=False)
class Card(Artifact):
    """An artifact of somebody's own kind."""


def card_kind(**hooks: Any) -> Kind:
    return Kind("card", ("card*.json",), artifact=Card, **hooks)


def told_of_card(kind: Kind) -> ArtifactFacts:
    card = Card(ref("card", "card"))
    platform: Any = Platform.of([card], now=at(0))
    platform.kinds = {**platform.kinds, kind.name: kind}
    record = RunRecord(at(0), results=[("card", CheckResult("c", "quality", card.ref, "pass"))])
    return facts_of(record, platform)[card.ref]


def test_a_kind_of_somebody_else_tells_its_own_facts() -> None:
    found = told_of_card(card_kind(facts=lambda card, context: [("author", "me"), ("at", context.moment(at(-5)))]))
    assert found.facts == [("author", "me"), ("at", f"{at(-5):%Y-%m-%d %H:%M} UTC, 5 min ago")]
    assert found.family == "card"


def test_one_that_raises_tells_nothing_and_stops_nobody() -> None:
    def raising(card: Card, context: Any) -> Iterator[tuple[str, str]]:
        yield "author", "me"
        raise KeyError("x")

    assert told_of_card(card_kind(facts=raising)).facts == []
    assert told_of_card(card_kind(titled=lambda card: 1 / 0)).family == "card"


def test_facts_have_an_end() -> None:
    found = told_of_card(card_kind(facts=lambda card, context: ((str(i), "x" * 5000) for i in range(10**6))))
    assert len(found.facts) == 12
    assert max(len(text) for _, text in found.facts) <= 200


@given(st.lists(st.text(max_size=20), unique=True, max_size=50))
def test_ids_are_short_fit_for_a_url_and_each_another_one(places: list[str]) -> None:
    ids = ids_of(places)
    assert len(set(ids)) == len(places)
    assert all(one.isalnum() and one.isascii() and len(one) == 8 for one in ids)


def test_ids_are_the_same_whatever_else_there_is_and_differ_also_of_one_place() -> None:
    assert ids_of(["a", "b"])[1] == ids_of(["b"])[0]
    assert len(set(ids_of(["a"] * 100))) == 100


def test_an_older_version_knows_the_newest_one() -> None:
    first, second, third = told(build("v1", 0), build("v2", 20), build("v3", 40))
    assert (first.newer, second.newer, third.newer) == ("v3", "v3", None)


def test_what_is_served_stands_behind_nothing() -> None:
    served = {"dataset_name": "d", "row_count": 10}
    used = build("2026-04-26T10:00:00Z", -120, **served)
    old, _, _ = told(used, build("2026-04-26T11:00:00Z", -60, **served), deployment(window(59)))
    assert old.newer is None
    assert told(used, build("2026-04-26T11:00:00Z", -60, **served))[0].newer == "2026-04-26T11:00:00Z"
