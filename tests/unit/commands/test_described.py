"""`mlmonitor describe` of a platform of one's own: families, versions in order, what says each field, files that nothing takes."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.commands.test_app import Shell, shell

__all__ = ("shell",)

NOW = "2026-11-28T02:00:00Z"
POLICY = """
artifacts = ["lake"]

[preset.daily]
freshness = "26h"

[source.silver]
path = "silver/{name}/dt={version:%Y-%m-%d}/*.parquet"
preset = "daily"
ready = "_SUCCESS"
owner = "data-eng"

[source.train]
kind = "training_run"
path = "runs/{version:int}/result.json"
metadata = "meta.json"
metrics = "test"
fields.model_name = "model"
fields.started_at = "start in epoch_s"
fields.dataset_name = "meta.json:table"
fields.dataset_version = "meta.json:day"

[[overrides]]
artifact = "weather"
freshness = "3d"
"""


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A lake of two tables in three and two days, three runs, and files that belong to nothing."""
    for name, days in (("flights", ("25", "26", "27")), ("weather", ("26", "27"))):
        for day in days:
            place = tmp_path / f"lake/silver/{name}/dt=2026-11-{day}"
            place.mkdir(parents=True)
            pq.write_table(pa.table({"id": list(range(20))}), place / "part-0.parquet")
            (place / "_SUCCESS").touch()
    spare = tmp_path / "lake/silver/weather/dt=2026-11-28.tmp"
    spare.mkdir()
    pq.write_table(pa.table({"id": [1]}), spare / "part-0.parquet")
    for number in (9, 10, 2):
        run = tmp_path / f"lake/runs/{number}"
        run.mkdir(parents=True)
        result = {"model": "churn", "start": 1795744800 + number, "test": {"auc": 0.9, "loss": 0.1}}
        (run / "result.json").write_text(json.dumps(result))
        (run / "meta.json").write_text(json.dumps({"table": "flights", "day": "2026-11-27"}))
    (tmp_path / "lake/model.pkl").touch()
    (tmp_path / "mlmonitor.toml").write_text(POLICY)
    return tmp_path


def lines(shell: Shell, *args: str | Path) -> list[str]:
    code, out, err = shell("describe", *args, "--now", NOW)
    assert (code, err) == (0, "")
    return out.splitlines()


def test_a_family_is_said_with_its_versions_in_order_and_its_newest_in_full(shell: Shell, lake: Path) -> None:
    said = lines(shell, "lake")
    at = said.index("dataset  flights  (source.silver)")
    assert said[at + 1] == "  versions  3 versions: 2026-11-25, 2026-11-26, 2026-11-27 (ordered by time)"
    assert said[at + 2] == "  newest    flights@2026-11-27, version 2026-11-27"
    assert "lake/silver/flights/dt=2026-11-27/part-0.parquet" in said[at + 3]
    assert said[at + 4] == (
        "  built_at  2026-11-27T00:00:00Z .. 2026-11-28T00:00:00Z (version 2026-11-27); "
        f"age 2 h, allowed 1 d 2 h <{lake}/mlmonitor.toml:5>"
    )
    assert f'  owner = "data-eng"  <{lake}/mlmonitor.toml:11>' in said
    older = [line for line in said if line.startswith("  older")]
    assert "2026-11-26: 1 file" in older[0] and "2026-11-25" in older[1]


def test_an_override_says_where_the_limit_is_set(shell: Shell, lake: Path) -> None:
    (built,) = [line for line in lines(shell, "lake/silver/weather/dt=2026-11-27") if line.startswith("  built_at")]
    assert f"allowed 3 d <overrides[0] of {lake}/mlmonitor.toml>" in built


def test_fields_are_said_with_the_reference_that_they_come_from(shell: Shell, lake: Path) -> None:
    said = lines(shell, "lake")
    at = said.index("training_run  train  (source.train)")
    run = said[at:]
    assert run[1] == "  versions  3 versions: 2, 9, 10 (ordered by number)"
    assert '  model_name = "churn"  <model>' in run
    assert '  started_at = "2026-11-27T02:00:10Z"  <start in epoch_s>' in run
    assert '  metrics = {"auc": 0.9, "loss": 0.1}' in run
    (link,) = {line for line in run if line.startswith("  link")}
    assert "trained_on dataset flights@2026-11-27: found by name -> dataset flights@2026-11-27" in link


def test_every_other_file_is_said_with_the_source_that_nearly_takes_it(shell: Shell, lake: Path) -> None:
    said = [line for line in lines(shell, "lake") if line.startswith("unclaimed")]
    assert said == [
        "unclaimed  lake/model.pkl: a pickle: never opened: loading one runs what is in it",
        "unclaimed  lake/silver/weather/dt=2026-11-28.tmp/part-0.parquet: source.silver would take it, but level 3 is "
        "'dt=2026-11-28.tmp', not 'dt={version:%Y-%m-%d}'",
    ]


def test_one_file_is_answered_for(shell: Shell, lake: Path) -> None:
    said = lines(shell, "lake", "runs/9/meta.json")
    assert said[0] == "training_run  train  (source.train)" and "version 9" in said[1]
    code, out, err = shell("describe", "lake", "silver/weather/dt=2026-11-28.tmp/part-0.parquet")
    assert (code, out) == (1, "") and "source.silver would take it, but level 3 is" in err


def test_json_says_of_every_artifact_what_is_known(shell: Shell, lake: Path) -> None:
    found = shell.json("describe", "lake", "--json", "--now", NOW)
    assert [one["kind"] for one in found] == ["dataset"] * 5 + ["training_run"] * 3 + ["unclaimed"] * 2
    run = next(one for one in found if one["kind"] == "training_run" and one["version"] == "10")
    assert (run["source"], run["position"], run["of"], run["ordered_by"]) == ("train", 3, 3, "number")
    assert run["fields"]["dataset_name"]["from"] == "meta.json:table"
    assert run["file_count"] == 2


def test_a_directory_in_which_nothing_is_found_says_what_to_do_next(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (said,) = lines(shell, "empty")
    assert said.startswith("nothing is below empty") and "`mlmonitor init empty`" in said


def test_presets_are_printed_and_a_near_name_is_said(shell: Shell) -> None:
    code, out, _ = shell("presets")
    assert code == 0 and out.splitlines()[0].startswith("bentoml ")
    code, out, _ = shell("presets", "kedro")
    assert code == 0 and "[preset.kedro]" in out
    assert "did you mean kedro?" in shell.refused("presets", "kerdo", status=2)


def test_a_limit_that_nobody_set_is_not_said_beside_one_that_only_warns(shell: Shell, lake: Path) -> None:
    policy = lake / "mlmonitor.toml"
    policy.write_text(POLICY.replace('freshness = "26h"', 'freshness = { warn_after = "1h" }'))
    built = next(line for line in lines(shell, "lake") if "built_at" in line)
    assert "age 2 h, warned from 1 h" in built
    assert "allowed" not in built


def test_a_marker_is_said_to_be_one(shell: Shell, lake: Path) -> None:
    _, _, err = shell("describe", "lake", "silver/flights/dt=2026-11-27/_SUCCESS")
    assert "source.silver looks whether it is there (ready), and reads nothing in it" in err
