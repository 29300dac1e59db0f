"""The bike registry's ``summary.json`` (notes, layout 14): found without declaration, or declared as a source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.finding import Severity
from tests.sources.judging import Verdict, verdict, write_json

NOW = "2026-11-28T03:00:00Z"
DECLARED = """
[source.bikes]
kind = "model_registry"
path = "models/registered.json"
where = { is_champion = true, test_mode = false }
constants.stage = "production"
fields.name = "model_type"
fields.environment = "env"
fields.run_id = "run_id"
fields.created_at = "timestamp"
"""


def entry(day: int, run_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "timestamp": f"2026-11-{day:02}T02:00:00",
        "model_type": "random_forest",
        "env": "prod",
        "test_mode": False,
        "run_id": run_id,
        "model_uri": f"gs://bikes/models/{run_id}",
        "is_champion": False,
        **fields,
    }


def judged(tmp_path: Path, *entries: dict[str, Any], name: str = "summary.json", policy: str = "") -> Verdict:
    write_json(tmp_path / "lake/models" / name, list(entries))
    return verdict(tmp_path / "lake", policy, NOW)


SOUND = [
    entry(24, "a", rmse=4.0, r2=0.7),
    entry(25, "b", rmse=3.5, r2=0.75, is_champion=True),
    entry(26, "c", rmse=3.9, r2=0.72),
    entry(25, "d", model_type="classifier", accuracy=0.8, is_champion=True),
    entry(26, "e", model_type="classifier", accuracy=0.7),
    entry(26, "f", test_mode=True, rmse=9.0, is_champion=True),
]


def test_a_sound_registry_is_green(tmp_path: Path) -> None:
    said = judged(tmp_path, *SOUND)
    assert said.found() == []
    (registry,) = said.platform.of_kind("model_registry")
    live = [(one.model_name, one.environment, one.run_id) for one in registry.versions if one.production]
    assert live == [
        ("random_forest", "prod", "b"),
        ("classifier", "prod", "d"),
        ("random_forest", "prod (test mode)", "f"),
    ]


@pytest.mark.parametrize(
    ("champion", "others", "words"),
    [
        (entry(25, "b", rmse=4.0, is_champion=True), [entry(24, "a", rmse=3.5)], "rmse 4 against 3.5"),
        (entry(24, "a", rmse=4.0, is_champion=True), [entry(25, "b", rmse=3.5)], "rmse 4 against 3.5"),
        (entry(24, "a", accuracy=0.7, is_champion=True), [entry(25, "b", accuracy=0.8)], "accuracy 0.7 against 0.8"),
        (entry(25, "b", r2=0.5, is_champion=True), [entry(24, "a", r2=0.6)], "r2 0.5 against 0.6"),
    ],
)
def test_a_worse_champion_is_an_error(
    tmp_path: Path, champion: dict[str, Any], others: list[dict[str, Any]], words: str
) -> None:
    found = judged(tmp_path, *others, champion).found(Severity.ERROR)
    assert [check for check, _ in found] == ["promotion"]
    assert words in found[0][1]


@pytest.mark.parametrize("change", [{"env": "dev"}, {"test_mode": True}, {"model_type": "other"}])
def test_a_better_model_of_another_kind_or_environment_says_nothing(tmp_path: Path, change: dict[str, Any]) -> None:
    champion = entry(25, "b", rmse=4.0, is_champion=True)
    assert judged(tmp_path, champion, entry(24, "a", rmse=1.0) | change).found(Severity.ERROR) == []


def test_two_champions_of_one_kind_are_an_error(tmp_path: Path) -> None:
    two = [entry(24, "a", rmse=4.0, is_champion=True), entry(25, "b", rmse=3.5, is_champion=True)]
    assert ("one_production", Severity.ERROR) in [
        (check, Severity.ERROR)
        for check, message in judged(tmp_path, *two).found(Severity.ERROR)
        if "2 versions" in message
    ]


def test_one_run_twice_is_an_error(tmp_path: Path) -> None:
    found = judged(tmp_path, entry(24, "a", rmse=4.0), entry(25, "a", rmse=4.0, is_champion=True)).found(Severity.ERROR)
    assert "unique_versions" in [check for check, _ in found]


def test_declared_with_where_only_champions_are_versions(tmp_path: Path) -> None:
    said = judged(tmp_path, *SOUND, name="registered.json", policy=DECLARED)
    assert said.found() == []
    (registry,) = said.platform.of_kind("model_registry")
    assert [(one.run_id, one.stage, one.production) for one in registry.versions][:1] == [("b", "production", True)]
    assert registry.versions[0].metrics == {"rmse": 3.5, "r2": 0.75}


def test_declared_two_champions_are_an_error(tmp_path: Path) -> None:
    two = [entry(24, "a", rmse=4.0, is_champion=True), entry(25, "b", rmse=3.5, is_champion=True)]
    found = judged(tmp_path, *two, name="registered.json", policy=DECLARED).found(Severity.ERROR)
    assert [check for check, _ in found] == ["one_production"]


def test_where_that_keeps_nothing_is_an_error(tmp_path: Path) -> None:
    policy = DECLARED.replace("is_champion = true", "is_champion = 'yes'")
    found = judged(tmp_path, *SOUND, name="registered.json", policy=policy).found(Severity.ERROR)
    assert any("keeps none of 6 records" in message for _, message in found)
