"""Paths that other programs wrote, related to the roots by their text alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.files.foreign_paths import foreign_path

ROOT, OTHER = Path("/srv/platform"), Path("/srv/more")
BESIDE = ROOT / "runs" / "r1"
REBASE = {"/opt/airflow/data": ".", "/opt/airflow/data/raw": "lake/raw", "s3://bucket/prod": "mirror"}


def places(text: str, rebase: dict[str, str] | None = None) -> list[str]:
    found = foreign_path(text, BESIDE, ROOT, [ROOT, OTHER], REBASE if rebase is None else rebase)
    return [place.as_posix() for place in found.places]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("data.parquet", "/srv/platform/runs/r1/data.parquet"),
        ("../../data/x.parquet", "/srv/platform/data/x.parquet"),
        ("/opt/airflow/data/churn/x.parquet", "/srv/platform/churn/x.parquet"),
        ("/opt/airflow/data/raw/x.parquet", "/srv/platform/lake/raw/x.parquet"),
        ("s3://bucket/prod/x.parquet", "/srv/platform/mirror/x.parquet"),
        ("/srv/platform/data/x.parquet", "/srv/platform/data/x.parquet"),
        ("/srv/more/x.parquet", "/srv/more/x.parquet"),
        ("file:///srv/more/a%20b.parquet", "/srv/more/a b.parquet"),
        ("file:/srv/more/x.parquet", "/srv/more/x.parquet"),
    ],
)
def test_where_a_path_lies(text: str, first: str) -> None:
    assert places(text)[0] == first


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("s3a://bucket/x/a.parquet", "s3://bucket/x"),
        ("s3://bucket/x/a.parquet", "S3://bucket/x/"),
        ("/mnt/a/../b/x/a.parquet", "/mnt/b/x"),
        ("file:///mnt/a/a.parquet", "file:///mnt/a"),
        ("file:/mnt/a/a.parquet", "file:///mnt/a"),
        ("/mnt/a/a.parquet", "file:///mnt/a"),
        ("C:\\ml\\a.parquet", "C:\\ml"),
        ("file:///C:/ml/a.parquet", "C:\\ml"),
        ("\\\\host\\share\\a.parquet", "//host/share"),
    ],
)
def test_a_beginning_may_be_written_in_other_ways(text: str, prefix: str) -> None:
    assert places(text, {prefix: "."})[0] == "/srv/platform/a.parquet"


def test_a_backslash_may_end_a_level() -> None:
    assert "/srv/platform/data/x.parquet" in places("data\\x.parquet")


def test_a_relative_path_begins_at_its_document_or_at_the_root() -> None:
    assert places("data/x.parquet") == ["/srv/platform/runs/r1/data/x.parquet", "/srv/platform/data/x.parquet"]


def test_what_rebase_says_may_lie_below_any_root() -> None:
    assert places("/opt/airflow/data/x") == ["/srv/platform/x", "/srv/more/x"]


@pytest.mark.parametrize(
    "text", ["/opt/airflow/database/x", "/home/me/x", "s3://bucket/production/x", "hdfs://n/x", ""]
)
def test_what_begins_like_nothing_that_is_known_is_not_related(text: str) -> None:
    assert not foreign_path(text, BESIDE, ROOT, [ROOT], REBASE).related


@pytest.mark.parametrize("text", ["../../../etc/passwd", "/opt/airflow/data/../../../etc/passwd", "/srv/platform/../x"])
def test_what_leads_out_of_the_roots_is_nowhere(text: str) -> None:
    assert places(text) == []


def test_a_drive_of_windows_is_a_prefix_like_any_other() -> None:
    assert places(r"C:\data\raw\x.csv", {"C:/data": "."})[0] == "/srv/platform/raw/x.csv"


@given(st.text(max_size=60))
def test_no_text_leads_out_of_the_roots(text: str) -> None:
    found = foreign_path(text, BESIDE, ROOT, [ROOT, OTHER], REBASE)
    assert all(any(root == place or root in place.parents for root in (ROOT, OTHER)) for place in found.places)
