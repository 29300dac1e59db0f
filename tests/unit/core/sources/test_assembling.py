"""Which files of declared sources are one artifact, of which family, in which version, and what is a usage error."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.discover import Discovery, discover
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.sources.assembling import assembled
from pytest_mlmonitor.core.sources.near_sources import near_source
from pytest_mlmonitor.core.sources.source_plan import plans_of
from pytest_mlmonitor.core.sources.sourced import Sourced
from pytest_mlmonitor.kinds import BUILT_IN


def walked(root: Path, files: list[str], **sources: Mapping[str, Any]) -> Discovery:
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    kinds = {kind.name: kind for kind in BUILT_IN}
    return discover(root, (), (), plans_of(Settings(source=dict(sources)), kinds))


def found(root: Path, files: list[str], **sources: Mapping[str, Any]) -> list[Sourced]:
    return assembled(walked(root, files, **sources).gathering)


def shown(artifacts: list[Sourced]) -> dict[str, list[str]]:
    return {one.ref.name: [path.relative_to(one.ref.root).as_posix() for path in one.files] for one in artifacts}


def test_versions_and_parts_of_many_tables(tmp_path: Path) -> None:
    files = [
        f"silver/{t}/dt=2026-11-2{d}/part-{i}.parquet" for t in ("flights", "weather") for d in (6, 7) for i in (0, 1)
    ]
    made = found(tmp_path, files, silver={"path": "silver/{name}/dt={version:%Y-%m-%d}/*.parquet"})
    assert shown(made) == {
        f"{t}@2026-11-2{d}": [f"silver/{t}/dt=2026-11-2{d}/part-{i}.parquet" for i in (0, 1)]
        for t in ("flights", "weather")
        for d in (6, 7)
    }
    first = made[0]
    assert (first.name, first.family, first.ref.kind) == ("silver", "flights", "dataset")
    assert first.ref.path == tmp_path.resolve() / "silver/flights/dt=2026-11-26/part-1.parquet"
    assert first.version is not None
    assert first.version.end is not None
    assert (first.version.value.isoformat(), first.version.end.isoformat()) == (
        "2026-11-26T00:00:00+00:00",
        "2026-11-27T00:00:00+00:00",
    )


def test_dates_are_parts_of_one_artifact_in_their_order(tmp_path: Path) -> None:
    files = ["log/10-Nov-2026.jsonl", "log/02-Nov-2026.jsonl", "log/01-Dec-2026.jsonl"]
    (log,) = found(tmp_path, files, log={"path": "log/{date:%d-%b-%Y}.jsonl", "kind": "deployment"})
    assert [path.name for path in log.files] == ["02-Nov-2026.jsonl", "10-Nov-2026.jsonl", "01-Dec-2026.jsonl"]
    assert [date.text for date in log.dates] == ["02-Nov-2026", "10-Nov-2026", "01-Dec-2026"]
    assert (log.ref.name, log.ref.path.name) == ("log", "01-Dec-2026.jsonl")


def test_parts_without_a_date_are_in_the_order_in_which_people_count(tmp_path: Path) -> None:
    (table,) = found(tmp_path, ["t/part-10.parquet", "t/part-9.parquet"], t={"path": "t/*.parquet"})
    assert [path.name for path in table.files] == ["part-9.parquet", "part-10.parquet"]


def test_a_name_put_together_and_a_zone(tmp_path: Path) -> None:
    source = {"path": "{layer}/{name}/{version:%Y%m%d}.parquet", "name": "{layer}.{name}", "timezone": "Europe/Berlin"}
    (table,) = found(tmp_path, ["gold/sales/20261127.parquet"], lake=source)
    assert (table.family, table.ref.name) == ("gold.sales", "gold.sales@20261127")
    assert table.version is not None
    assert table.version.value.isoformat() == "2026-11-26T23:00:00+00:00"
    assert {name: one.text for name, one in table.caught.items()} == {"layer": "gold", "name": "sales"}


def test_a_field_of_the_kind_tells_artifacts_apart(tmp_path: Path) -> None:
    files = ["runs/a1/result.json", "runs/b2/result.json"]
    made = found(tmp_path, files, train={"path": "runs/{run_id}/result.json", "kind": "training_run"})
    assert [(one.family, one.caught["run_id"].text) for one in made] == [("train", "a1"), ("train", "b2")]


def test_documents_beside_and_from_the_root(tmp_path: Path) -> None:
    source = {"path": "marts/{name}.parquet", "metadata": ["{stem}.json", "/target/run_results.json", "../{name}.yml"]}
    (mart,) = found(tmp_path, ["marts/sales.parquet"], marts=source)
    root = tmp_path.resolve()
    assert mart.documents == (root / "marts/sales.json", root / "target/run_results.json", root / "marts/../sales.yml")


def test_tables_with_a_log_are_directories(tmp_path: Path) -> None:
    files = [
        "bronze/crm/customers/_delta_log/0.json",
        "bronze/crm/customers/part-0.parquet",
        "gold/sales/_delta_log/0.json",
    ]
    files += ["gold/sales/region=eu/part-0.parquet", "gold/not_a_table/part-0.parquet"]
    made = found(tmp_path, files, lake={"path": "{layer}/**/{name}", "name": "{layer}.{name}", "format": "delta"})
    assert shown(made) == {"bronze.customers": ["bronze/crm/customers"], "gold.sales": ["gold/sales"]}


def test_what_exclude_names_is_not_taken(tmp_path: Path) -> None:
    files = ["t/a.parquet", "t/b.tmp.parquet", "t/old/c.parquet"]
    walk = walked(tmp_path, files, t={"path": "**/*.parquet", "exclude": ["*.tmp.parquet", "t/old"]})
    assert shown(assembled(walk.gathering)) == {"t": ["t/a.parquet"]}
    assert walk.gathering.left_out[0] == 2


def test_a_source_goes_before_adapters(tmp_path: Path) -> None:
    """Also for what lies in a tree of another system, in a hidden directory, in a table."""
    files = ["serving/metrics/2026-11-27/10/metrics_00.jsonl", "serving/events/2026-11-27/deployment_events.jsonl"]
    files += [".runs/a.json", "training_dataset_20261127_010203.parquet/part-0.parquet"]
    sources = {
        "windows": {"path": "serving/metrics/{date:%Y-%m-%d/%H}/*.jsonl", "kind": "deployment"},
        "runs": {"path": ".runs/{run_id}.json", "kind": "training_run"},
        "table": {"path": "{name}.parquet/*.parquet"},
    }
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    kinds = {kind.name: kind for kind in BUILT_IN}
    adapters = [adapter for kind in kinds.values() for adapter in kind.adapters]
    walk = discover(tmp_path, adapters, (), plans_of(Settings(source=sources), kinds))
    made = assembled(walk.gathering)
    assert sorted(path.name for one in made for path in one.files) == ["a.json", "metrics_00.jsonl", "part-0.parquet"]
    walk.take(path for one in made for path in one.files)
    assert walk.found == []
    assert walk.records == {}
    left = [path.relative_to(walk.root).as_posix() for path in walk.files if path not in walk.claimed]
    assert left == ["serving/events/2026-11-27/deployment_events.jsonl"]


def test_links_are_not_taken_and_are_known(tmp_path: Path) -> None:
    walk = walked(tmp_path, ["t/a.parquet"], t={"path": "t/*.parquet"})
    (tmp_path / "t/b.parquet").symlink_to("a.parquet")
    walk = walked(tmp_path, [], t={"path": "t/*.parquet"})
    assert shown(assembled(walk.gathering)) == {"t": ["t/a.parquet"]}
    assert walk.gathering.irregular == [(0, walk.root / "t/b.parquet")]


@pytest.mark.parametrize(
    ("files", "sources", "words"),
    [
        (
            ["v10/test-00000-of-00002.parquet"],
            {"reviews": {"path": "{version}/{split}-*.parquet", "name": "reviews.{split}"}},
            "source.reviews.path: v10/test-00000-of-00002.parquet can be read as split='test' or split='test-00000' by "
            "'{version}/{split}-*.parquet': say what {split} holds, {split:word} for letters and digits",
        ),
        (
            ["t/a.parquet"],
            {"a": {"path": "t/*.parquet"}, "b": {"path": "t/a.parquet"}},
            "t/a.parquet is claimed by source.a and by source.b, both of kind dataset: exclude it in one of them",
        ),
        (
            ["t/a.parquet"],
            {"a": {"path": "t/*.parquet", "where": {"x": 1}}, "b": {"path": "t/a.parquet"}},
            "t/a.parquet is claimed by source.a and by source.b",
        ),
        (
            ["x/orders.parquet", "y/orders.parquet"],
            {"a": {"path": "x/{name}.parquet"}, "b": {"path": "y/{name}.parquet"}},
            "source.a and source.b both have the family 'orders' of kind dataset (x/orders.parquet; y/orders.parquet)",
        ),
        (
            ["a/1.parquet", "b/1.parquet"],
            {"t": {"path": "{region}/{version:int}.parquet", "fields": {"dataset_version": "{region}"}}},
            "source.t: a/1.parquet and b/1.parquet are both version '1' of 't'",
        ),
        ([], {"t": {"path": "{tabel}/x"}}, "source.t.path = '{tabel}/x' in the policy: nothing uses {tabel}"),
        ([], {"t": {"path": "{verson}/x"}}, "did you mean version?"),
        ([], {"t": {"path": "{name}/x", "name": "{layer}.{name}"}}, "names {layer}: path catches name"),
        ([], {"t": {"path": "{a:date}/x"}}, "source.t.path = '{a:date}/x' in the policy: {a:date}: 'date' is no form"),
    ],
)
def test_what_is_a_usage_error(tmp_path: Path, files: list[str], sources: dict[str, Any], words: str) -> None:
    with pytest.raises(PolicyError) as raised:
        found(tmp_path, files, **sources)
    assert words in str(raised.value)


def test_two_sources_share_a_file_where_both_say_which_records(tmp_path: Path) -> None:
    both = {name: {"path": "log.jsonl", "kind": "deployment", "where": {"svc": name}} for name in ("churn", "fraud")}
    assert [one.ref.name for one in found(tmp_path, ["log.jsonl"], **both)] == ["churn", "fraud"]


def test_two_kinds_share_a_file(tmp_path: Path) -> None:
    sources = {"log": {"path": "log.jsonl", "kind": "deployment"}, "out": {"path": "log.jsonl", "kind": "predictions"}}
    assert len(found(tmp_path, ["log.jsonl"], **sources)) == 2


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (
            "silver/weather/dt=2026-11-28.tmp/part-0.parquet",
            "source.silver would take it, but level 3 is 'dt=2026-11-28.tmp', not 'dt={version:%Y-%m-%d}'",
        ),
        (
            "silver/weather/dt=2026-02-30/part-0.parquet",
            "source.silver would take it, but level 3 is 'dt=2026-02-30', not 'dt={version:%Y-%m-%d}': there is no such time",
        ),
        (
            "silver/weather/dt=2026-11-27/_SUCCESS",
            "source.silver would take it, but level 4 is '_SUCCESS', not '*.parquet': names with a leading . or _ are taken only "
            "where that is written out",
        ),
        ("silver/weather/dt=2026-11-27/a.tmp.parquet", "source.silver would take it, but its exclude leaves it out"),
        ("readme/of/something/else.md", None),
    ],
)
def test_why_a_file_is_nobodys(tmp_path: Path, file: str, said: str | None) -> None:
    source = {"path": "silver/{name}/dt={version:%Y-%m-%d}/*.parquet", "exclude": ["*.tmp.parquet"]}
    walk = walked(tmp_path, [file], silver=source)
    near = near_source(walk.gathering, walk.root / file)
    assert (str(near) if near is not None else None) == said


def test_two_paths_of_a_source_that_read_a_file_in_two_ways(tmp_path: Path) -> None:
    files = ["logs/app.log-20261127", "logs/app.log"]
    with pytest.raises(PolicyError) as error:
        found(tmp_path, files, app={"path": ["logs/app.log*", "logs/app.log-{date:%Y%m%d}"]})
    assert "logs/app.log-20261127 can be read as nothing caught by 'logs/app.log*' or as date='20261127' by" in str(
        error.value
    )


def test_two_paths_of_a_source_that_read_a_file_in_one_way(tmp_path: Path) -> None:
    made = found(tmp_path, ["a/7/x.csv"], app={"path": ["a/{version:int}/*.csv", "a/{version}/x.*"]})
    assert [one.ref.name for one in made] == ["app@7"]
