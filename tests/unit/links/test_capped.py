"""What is said of a build that a newer one stands in for: on real files, through the checks (specification 2)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.judge import exit_status, judge
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.datasets.checks.drift import drift
from pytest_mlmonitor.kinds import Platform
from tests.unit.datasets.plain import BUILT, column, odcs, put, table
from tests.unit.support import NOW, READER, change_json, change_lines, copy_of_sample

YESTERDAY = BUILT - timedelta(days=1)


def builds(root: Path, old: pa.Table | None = None, **fields: Any) -> Path:
    """Write yesterday's build, which is ``old`` or sound, and today's, which is sound; return the place of the first."""
    place = put(root, table() if old is None else old, built_at=YESTERDAY, **fields)
    put(root, table())
    return place


def run(*roots: Path, state: Path | None = None, **settings: Any) -> dict[tuple[str, str], CheckResult]:
    """Judge everything; return results by the day of the build and the check."""
    policy = Settings(**{"freshness": {"max_age_seconds": 7200}, **settings})
    record = judge(Platform(roots, policy, NOW, reader=READER, state=state), base=roots[0])
    found: dict[tuple[str, str], CheckResult] = {}
    for _, result in record.results:
        assert result.status != "error", result.reason
        old = f"{YESTERDAY:%Y-%m-%d}" in result.ref.name
        found["old" if old else "new", result.check] = result
    found["exit", ""] = record.exit_status  # type: ignore[assignment]
    return found


def nulls() -> pa.Table:
    return table(km=column([None if i < 50 else float(i % 10) for i in range(100)], pa.float64()))


def test_a_fault_of_an_older_build_is_a_warning_that_says_by_what_it_is_superseded(tmp_path: Path) -> None:
    builds(tmp_path, nulls())
    found = run(tmp_path)
    (finding,) = found["old", "null_rates"].findings
    assert finding.severity is Severity.WARNING
    assert finding.message.endswith(f"; superseded by trips@{BUILT.isoformat()} (2026-04-26T13:40:37Z)")
    assert found["exit", ""] == 0


def test_the_same_fault_of_the_newest_build_is_an_error(tmp_path: Path) -> None:
    put(tmp_path, table(), built_at=YESTERDAY)
    put(tmp_path, nulls())
    found = run(tmp_path)
    assert found["new", "null_rates"].severity is Severity.ERROR
    assert found["exit", ""] == 1


def test_the_policy_may_keep_the_full_severity(tmp_path: Path) -> None:
    builds(tmp_path, nulls())
    found = run(tmp_path, superseded="full")
    (finding,) = found["old", "null_rates"].findings
    assert finding.severity is Severity.ERROR and "superseded" not in finding.message


def test_the_cap_comes_after_the_policys_severity_of_a_check(tmp_path: Path) -> None:
    builds(tmp_path, nulls())
    found = run(tmp_path, severity={"null_rates": "critical"})
    assert found["old", "null_rates"].severity is Severity.WARNING


def test_fail_on_looks_at_what_is_left(tmp_path: Path) -> None:
    builds(tmp_path, nulls())
    assert run(tmp_path, fail_on="warning")["exit", ""] == 1


def test_stale_row_count_and_schema_change_of_an_older_build_are_information(tmp_path: Path) -> None:
    put(tmp_path, table(100), built_at=YESTERDAY - timedelta(days=1))
    builds(tmp_path, table(10, more=[1.0] * 10))
    found = run(tmp_path)
    for check, word in (("freshness", "STALE"), ("volume", "10 rows"), ("schema_version", "more is new")):
        (finding,) = found["old", check].findings
        assert (finding.severity, found["old", check].status) == (Severity.INFO, "pass"), check
        assert word in finding.message and "; superseded by " in finding.message


def torn(place: Path) -> None:
    place.write_bytes(place.read_bytes()[:-100])


def flipped(place: Path) -> None:
    data = bytearray(place.read_bytes())
    data[len(data) // 3] ^= 0xFF
    place.write_bytes(data)


def gone(place: Path) -> None:
    place.unlink()


@pytest.mark.parametrize("broken", [torn, gone])
def test_what_is_torn_never_loses_its_severity(tmp_path: Path, broken: Callable[[Path], None]) -> None:
    broken(builds(tmp_path, nulls()))
    found = run(tmp_path)
    assert found["exit", ""] == 1
    assert found["old", "freshness"].severity is Severity.ERROR
    worst = [result for (age, _), result in found.items() if age == "old" and result.severity is Severity.ERROR]
    assert len(worst) > 1


@pytest.mark.parametrize("broken", [torn, gone])
def test_what_is_torn_stands_in_for_nothing(tmp_path: Path, broken: Callable[[Path], None]) -> None:
    put(tmp_path, nulls(), built_at=YESTERDAY)
    broken(put(tmp_path, table()))
    assert run(tmp_path)["old", "null_rates"].severity is Severity.ERROR


def test_a_torn_build_is_passed_over_by_one_between(tmp_path: Path) -> None:
    put(tmp_path, nulls(), built_at=YESTERDAY)
    put(tmp_path, table(), built_at=BUILT - timedelta(hours=1))
    torn(put(tmp_path, table()))
    (finding,) = run(tmp_path)["old", "null_rates"].findings
    assert finding.severity is Severity.WARNING
    assert f"superseded by trips@{(BUILT - timedelta(hours=1)).isoformat()}" in finding.message


def test_what_is_future_never_loses_its_severity_and_stands_in_for_nothing(tmp_path: Path) -> None:
    put(tmp_path, nulls(), built_at=YESTERDAY)
    put(tmp_path, table(), built_at=NOW + timedelta(days=1))
    put(tmp_path, table(), built_at=NOW + timedelta(days=2))
    found = run(tmp_path)
    assert found["old", "null_rates"].severity is Severity.ERROR
    assert found["old", "freshness"].severity is Severity.ERROR
    assert found["new", "freshness"].severity is Severity.ERROR


def test_data_from_the_future_keep_their_severity_in_an_older_build(tmp_path: Path) -> None:
    odcs(
        tmp_path,
        "{name: at, logicalType: timestamp}",
        levels="{property: freshness, value: 30, unit: d, element: trips.at}",
    )
    ahead = [NOW.replace(tzinfo=None) + timedelta(days=900)] * 100
    builds(tmp_path, table(at=column(ahead, pa.timestamp("us"))))
    (finding,) = run(tmp_path)["old", "service_levels"].findings
    assert "in the future" in finding.message and finding.severity is Severity.ERROR


@pytest.mark.parametrize("apart", ["directory", "environment", "name", "root"])
def test_another_family_stands_in_for_nothing(tmp_path: Path, apart: str) -> None:
    first, second = tmp_path / "one", tmp_path / ("two" if apart in ("directory", "root") else "one")
    fields: dict[str, Any] = {"environment": "dev"} if apart == "environment" else {}
    put(first, nulls(), built_at=YESTERDAY, **fields)
    put(second, table(), name="rides" if apart == "name" else "trips", environment="prod")
    roots = (first, second) if apart == "root" else (tmp_path,)
    assert run(*roots)["old", "null_rates"].severity is Severity.ERROR


def deployed(root: Path, built_at: datetime) -> None:
    """Let the deployment of the sample serve a run that was trained on a build of trips."""
    copy_of_sample(root, "p4", "p5")
    trained = {"input_dataset_name": "trips", "input_dataset_version": built_at.isoformat()}
    for path in root.glob("p4/artifacts/*/metadata.json"):
        change_json(path, **trained)
    change_lines(root.rglob("*.jsonl"), **trained)


def test_the_dataset_of_a_deployed_run_keeps_its_severity(tmp_path: Path) -> None:
    deployed(tmp_path, YESTERDAY)
    builds(tmp_path / "d", nulls())
    found = run(tmp_path)
    assert found["old", "null_rates"].severity is Severity.ERROR
    assert found["old", "freshness"].severity is Severity.INFO, "what must be fresh is the newest"
    assert "; it is in use, and trips@" in found["old", "freshness"].findings[0].message
    assert run(tmp_path, superseded="full")["old", "freshness"].severity is Severity.ERROR


def test_the_way_out_is_named_where_a_sibling_has_no_date(tmp_path: Path) -> None:
    put(tmp_path, table(), built_at=YESTERDAY)
    put(tmp_path, table(), stem="latest", built_at=BUILT)
    sidecar = tmp_path / "latest_dataset_metadata.json"
    document = json.loads(sidecar.read_text()) | {"built_at": None}
    sidecar.write_text(json.dumps(document))
    (finding,) = run(tmp_path)["old", "freshness"].findings
    assert finding.severity is Severity.ERROR
    assert "nothing says when trips@2026-04-26" in finding.message and "built_at" in finding.message


@pytest.mark.parametrize(
    ("first", "second", "hint"),
    [
        (
            "d26",
            "d27",
            "; d27/trips.parquet is newer, but d26/ is no date: where both are versions of one dataset, call such",
        ),
        ("build-7", "build-12", "; build-12/trips.parquet is newer, but build-7/ is no date"),
        ("v3/out", "v4/out", "; v4/out/trips.parquet is newer, but v3/ is no date"),
        ("shop_a", "shop_b", ""),
        ("d26", "e27", ""),
    ],
)
def test_the_way_out_is_named_where_directories_are_numbered(
    tmp_path: Path, first: str, second: str, hint: str
) -> None:
    """Directories that are no dates tell families apart: nothing is superseded, and the message says what to do."""
    for place, built_at in ((first, YESTERDAY), (second, BUILT)):
        (tmp_path / place).mkdir(parents=True)
        put(tmp_path / place, table(), stem="trips", built_at=built_at)
    (finding,) = run(tmp_path)["old", "freshness"].findings
    assert finding.severity is Severity.ERROR
    assert hint in finding.message if hint else "newer" not in finding.message


# -- drift --------------------------------------------------------------------------------------------------------------

ROWS = 1000


def level(mean: float, seed: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    return table(ROWS, km=rng.normal(mean, 1.0, ROWS))


def test_drift_of_an_older_build_is_a_warning_where_nobody_saw_it_and_information_where_it_was_said(
    tmp_path: Path,
) -> None:
    data, state = tmp_path / "data", tmp_path / "state.sqlite"
    put(data, level(0, 1), built_at=YESTERDAY - timedelta(days=1))
    put(data, level(5, 2), built_at=YESTERDAY)
    assert run(data, state=state)["old", "drift"].severity is Severity.ERROR
    put(data, level(0, 3))
    unseen, seen = run(data)["old", "drift"], run(data, state=state)["old", "drift"]
    assert (unseen.severity, seen.severity, seen.status) == (Severity.WARNING, Severity.INFO, "pass")
    assert "superseded by" in unseen.findings[0].message
    assert "judged before" in seen.findings[0].message


def test_what_was_replaced_since_it_was_judged_was_not_judged(tmp_path: Path) -> None:
    data, state = tmp_path / "data", tmp_path / "state.sqlite"
    put(data, level(0, 1), built_at=YESTERDAY - timedelta(days=1))
    put(data, level(5, 2), built_at=YESTERDAY)
    run(data, state=state)
    put(data, level(9, 2), built_at=YESTERDAY)
    put(data, level(0, 3))
    assert run(data, state=state)["old", "drift"].severity is Severity.WARNING


def test_a_person_s_own_test_sees_the_same(tmp_path: Path) -> None:
    put(tmp_path, level(0, 1), built_at=YESTERDAY - timedelta(days=1))
    put(tmp_path, level(5, 2), built_at=YESTERDAY)
    put(tmp_path, level(0, 3))
    platform = Platform([tmp_path], Settings(), NOW, reader=READER)
    old = next(one for one in platform.of_kind("dataset") if one.built_at == YESTERDAY)
    assert run_check(drift, old, platform.context(old.ref)).severity is Severity.WARNING
    assert exit_status([run_check(drift, old, platform.context(old.ref))], platform.settings) == 0


# -- what is live -------------------------------------------------------------------------------------------------------


def runs(root: Path, *, served: bool) -> dict[str, Severity | None]:
    """Write two runs of one model, of which the first has an error, and return the worst of each by run id."""
    copy_of_sample(root, "p4", "p5") if served else copy_of_sample(root, "p4")
    (first,) = root.glob("p4/artifacts/*")
    change_json(first / "metrics.json", val_rmse=-1.0, test_rmse=-1.0)
    second = first.parent / "later"
    shutil.copytree(first, second)
    later = dict.fromkeys(("started_at", "completed_at", "created_at"), "2026-04-26T13:59:00Z")
    change_json(second / "metadata.json", run_id="later", **later)
    change_json(second / "metrics.json", val_rmse=0.2, test_rmse=0.2)
    record = judge(Platform([root], Settings(), NOW, reader=READER), base=root)
    worst: dict[str, Severity | None] = {}
    for _, result in record.results:
        if result.ref.kind == "training_run":
            worst[result.ref.path.parent.name] = max(
                worst.get(result.ref.path.parent.name) or Severity.INFO, result.severity or Severity.INFO
            )
    return {"old" if name == first.name else name: severity for name, severity in worst.items()}


def test_an_older_run_is_capped_unless_an_active_deployment_serves_it(tmp_path: Path) -> None:
    assert runs(tmp_path / "served", served=True)["old"] is Severity.ERROR
    assert runs(tmp_path / "alone", served=False)["old"] is Severity.WARNING


def test_an_older_run_is_not_capped_while_a_registry_has_it_in_production(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    copy_of_sample(tmp_path / "p", "p4")
    run_id = next((tmp_path / "p").glob("p4/artifacts/*")).name
    shutil.rmtree(tmp_path / "p")
    registry = {"models": [{"version": "1", "run_id": run_id, "stage": "production", "metrics": {"rmse": 0.2}}]}
    (tmp_path / "model_registry.json").write_text(json.dumps(registry))
    assert runs(tmp_path, served=False)["old"] is Severity.ERROR


def test_an_older_contract_is_capped_unless_it_is_in_force(tmp_path: Path) -> None:
    put(tmp_path, table())
    odcs(tmp_path, "{name: nothing, logicalType: number}", table="gone", version="1.0.0", name="first")
    odcs(tmp_path, "{name: km, logicalType: number}", version="2.0.0", name="second")
    record = judge(Platform([tmp_path], Settings(), NOW, reader=READER), base=tmp_path)
    (bound,) = (r for _, r in record.results if r.check == "bound" and r.ref.path.name.startswith("first"))
    assert bound.severity is Severity.WARNING and "superseded by" in bound.findings[0].message
