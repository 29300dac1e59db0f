"""What lies below a root becomes sources whose paths take all of it, and each file once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.commands.init.shapes.file_sets import DataForm, listed
from pytest_mlmonitor.commands.init.shapes.source_draft import SourceDraft, drafts_of
from pytest_mlmonitor.core.templates.path_template import PathTemplate
from pytest_mlmonitor.core.templates.template_walk import TemplateWalk

DAYS = [date(2026, 11, 25) + timedelta(days=i) for i in range(3)]


def drafts(paths: Iterable[str], form: DataForm | None = None) -> list[SourceDraft]:
    data = [one for path in paths if (one := listed(tuple(path.split("/")), form)) is not None]
    return drafts_of(data, {})[0]


def paths(found: list[SourceDraft]) -> list[str]:
    return [draft.path for draft in found]


@pytest.mark.parametrize(
    ("files", "path", "families"),
    [
        (
            [f"silver/{t}/dt={d}/part-{i}.parquet" for t in ("flights", "weather") for d in DAYS for i in (0, 1)],
            "silver/{name}/dt={version:%Y-%m-%d}/*.parquet",
            ["flights", "weather"],
        ),
        ([f"orders_{d:%Y%m%d}.parquet" for d in DAYS], "orders_{version:%Y%m%d}.parquet", ["orders"]),
        ([f"orders-{d}.snappy.parquet" for d in DAYS], "orders-{version:%Y-%m-%d}.snappy.parquet", ["orders"]),
        (
            [f"{n}_{d:%Y%m%d}.parquet" for d in DAYS for n in ("orders", "customers")],
            "{name}_{version:%Y%m%d}.parquet",
            ["customers", "orders"],
        ),
        (
            [f"ev/year={d.year}/month={d.month}/day={d.day}/part-00000-2f0c8f0e-1111-4222-8333-0123456789ab.parquet" for d in DAYS],
            "ev/{version:year=%Y/month=%m/day=%d}/*.parquet",
            ["ev"],
        ),
        ([f"events/{d:%Y/%m/%d}/06/a.parquet" for d in DAYS], "events/{version:%Y/%m/%d/%H}/a.parquet", ["a"]),
        (
            [f"x/dt={d}/hour={h:02}/part-0.parquet" for d in DAYS for h in (0, 1)],
            "x/dt={version:%Y-%m-%d/hour=%H}/*.parquet",
            ["x"],
        ),
        (["feature_repo/data/driver_stats.parquet"], "feature_repo/data/driver_stats.parquet", ["driver_stats"]),
        (["marts/a.parquet", "marts/b.parquet"], "marts/{name}.parquet", ["a", "b"]),
        (
            ["reviews/v9/test-00000-of-00002.parquet", "reviews/v10/test-00000-of-00002.parquet"],
            "reviews/{version:semver}/test-*-of-*.parquet",
            ["test"],
        ),
        (
            [f"sales/dt={d}/country={c}/part-0.parquet" for d in DAYS for c in ("de", "fr")],
            "sales/dt={version:%Y-%m-%d}/country=*/*.parquet",
            ["sales"],
        ),
        ([f"sales/country={c}/part-0.parquet" for c in ("de", "fr")], "sales/country=*/*.parquet", ["sales"]),
        ([f"sales/year={y}/part-0.parquet" for y in (2024, 2025)], "sales/year={date:%Y}/*.parquet", ["sales"]),
        (
            [f"churn/run_id=scheduled__{d}T02:00:00+00:00/features.parquet" for d in DAYS],
            "churn/run_id=scheduled__{version:%Y-%m-%dT%H:%M:%S%z}/features.parquet",
            ["features"],
        ),
        ([f"t_{1795761000 + i}.parquet" for i in range(3)], "t_{version:epoch_s}.parquet", ["t"]),
        ([f"a/orders_{d}_part{i}.parquet" for d in DAYS for i in (1, 2)], "a/orders_{version:%Y-%m-%d}_part*.parquet", ["orders"]),
        ([f"w/2026-W4{i}.parquet" for i in range(3)], "w/{version}.parquet", ["w"]),
        ([f"daily/{d:%d-%b-%Y}.parquet" for d in DAYS], "daily/{version:%d-%b-%Y}.parquet", ["daily"]),
    ],
)  # fmt: skip
def test_a_layout_has_its_path(files: list[str], path: str, families: list[str]) -> None:
    (draft,) = drafts(files)
    assert (draft.path, list(draft.families)) == (path, families)


@pytest.mark.parametrize(
    ("files", "path"),
    [
        ([f"logs/gateway-{d}.jsonl" for d in DAYS], "logs/gateway-{date:%Y-%m-%d}.jsonl"),
        (["logs/app.jsonl", "logs/app.jsonl.1", "logs/app.jsonl.2.gz"], "logs/app.jsonl*"),
        ([f"logs/{d:%Y/%m/%d}/x-{i}.jsonl.gz" for d in DAYS for i in (1, 2)], "logs/{date:%Y/%m/%d}/x-*.jsonl.gz"),
    ],
)
def test_the_dates_of_a_log_are_parts_of_one(files: list[str], path: str) -> None:
    (draft,) = drafts(files)
    assert (draft.path, [len(versions) for versions in draft.families.values()]) == (path, [1])


def test_tables_with_a_log_are_directories() -> None:
    found = drafts(["bronze/crm/customers", "bronze/crm/orders", "gold/mart"], "delta")
    assert paths(found) == ["bronze/crm/{name}", "gold/mart"]


def test_versions_are_in_order_of_time_or_naturally() -> None:
    (dated,) = drafts([f"o/{d:%d-%m-%Y}.parquet" for d in (date(2026, 11, 30), date(2026, 12, 13), date(2026, 12, 14))])
    assert [version.text for version in dated.families["o"]] == ["30-11-2026", "13-12-2026", "14-12-2026"]
    (numbered,) = drafts(["m/v9/x.parquet", "m/v10/x.parquet"])
    assert [version.text for version in numbered.families["x"]] == ["v9", "v10"]


def test_a_day_that_may_be_a_month_is_no_version() -> None:
    (draft,) = drafts(["o/01-02-2026.parquet", "o/02-02-2026.parquet"])
    assert "version" not in draft.path


def test_no_file_is_taken_by_two_sources() -> None:
    names = ("train", "test", "orders_20261127", "part-0", "part-1")
    files = [*(f"a/{name}.parquet" for name in names), "b/x-1/y.parquet"]
    found = drafts(files)
    walk = TemplateWalk([PathTemplate.parse(path) for path in paths(found)])
    assert [len(walk.of_path(file)) for file in files] == [1] * len(files)


def test_families_of_two_sources_are_told_apart() -> None:
    found = drafts([f"{layer}/{t}/dt={d}/p.parquet" for layer in ("silver", "gold") for t in ("a", "b") for d in DAYS])
    assert sorted(family for draft in found for family in draft.families) == [
        "gold.a",
        "gold.b",
        "silver.a",
        "silver.b",
    ]
    assert {draft.composed for draft in found} == {"gold.{name}", "silver.{name}"}


def test_names_that_mean_something_in_a_template_are_left_out() -> None:
    data = [listed((name,)) for name in ("a*b.parquet", "{x}.parquet", "a\nb.parquet", "\udcff.parquet", "ok.parquet")]
    found, refused = drafts_of([one for one in data if one is not None], {})
    assert (paths(found), len(refused)) == (["ok.parquet"], 4)


def test_a_marker_beside_every_version_makes_it_ready() -> None:
    files = [listed(("o", f"dt={d}", "p.parquet")) for d in DAYS]
    data = [one for one in files if one is not None]
    markers = {("o", f"dt={d}"): {"_SUCCESS"} for d in DAYS}
    assert drafts_of(data, markers)[0][0].ready == "_SUCCESS"
    del markers["o", f"dt={DAYS[0]}"]
    assert drafts_of(data, markers)[0][0].ready is None


NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789_-.=", min_size=1, max_size=12).filter(
    lambda name: name[0] not in "._"
)
FORMS = ("%Y-%m-%d", "%Y%m%d", "%Y%m%dT%H%M%SZ", "%Y/%m/%d", "year=%Y/month=%m/day=%d", "%d-%b-%Y", "dt=%Y-%m-%d")


@given(
    st.lists(NAMES, min_size=1, max_size=3),
    st.sampled_from(FORMS),
    st.sampled_from(("{}/part-0", "{}", "x_{}", "t/{}/a-1")),
)
def test_whatever_is_written_takes_all_that_it_was_written_for(above: list[str], form: str, around: str) -> None:
    if "/" in form or "=" in form:
        around = "{}/part-0"
    files = ["/".join([*above, around.format(f"{d:{form}}") + ".parquet"]) for d in DAYS]
    data = [one for file in files if (one := listed(tuple(file.split("/")))) is not None]
    found, refused = drafts_of(data, {})
    walk = TemplateWalk([PathTemplate.parse(path) for path in paths(found)])
    taken = [file for file in files if len(walk.of_path(file)) == 1]
    assert sorted([*taken, *refused]) == sorted(files)
