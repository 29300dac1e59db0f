"""A source that takes nothing, or passes something over, is said: with the nearest file and the level where it differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .sample import read_json


def messages(pytester: pytest.Pytester, source: str, *args: str) -> tuple[list[str], list[str], int]:
    """Return the messages and severities of the check, and the exit status."""
    (pytester.path / "mlmonitor.toml").write_text(f'artifacts = ["data"]\n[source.silver]\n{source}\n')
    run = pytester.runpytest_inprocess("--mlmonitor-now", "2026-11-28T02:00:00Z", "--mlmonitor-out", "out", *args)
    found: dict[str, Any] = read_json(pytester.path / "out" / "results.json")
    said = [f for one in found["results"] if one["check"] == "sources_bind" for f in one["findings"]]
    return [one["message"] for one in said], [one["severity"] for one in said], int(run.ret)


@pytest.fixture
def lake(pytester: pytest.Pytester) -> Path:
    source = next((Path(__file__).parents[2] / "contract_tests").rglob("training_dataset_*.parquet"))
    for day in (25, 26):
        place = pytester.path / f"data/silver/flights/dt=2026-11-{day}"
        place.mkdir(parents=True)
        (place / "part-0.parquet").write_bytes(source.read_bytes())
        (place / "_SUCCESS").touch()
    return pytester.path / "data"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            'path = "silver/{name}/date={version:%Y-%m-%d}/*.parquet"',
            "source.silver: path 'silver/{name}/date={version:%Y-%m-%d}/*.parquet' matches nothing; nearest: "
            "silver/flights/dt=2026-11-25/part-0.parquet (level 3 is 'dt=2026-11-25', expected 'date={version:%Y-%m-%d}')",
        ),
        (
            'path = "silver/{name}/dt=%Y-%m-%d/*.parquet"',
            "expected 'dt=%Y-%m-%d': a time stands in a placeholder, as in {version:%Y-%m-%d})",
        ),
        ('path = "silver/[f]*/*/*.parquet"', "expected '[f]*': letters in [ ] stand for themselves"),
        ('path = "data/silver/*/*/*.parquet"', "paths begin below the root, which is 'data' itself: leave 'data/' out"),
        ('path = "Silver/**/*.parquet"', "level 1 is 'silver', expected 'Silver': small and capital letters differ"),
        ('path = "silver/*.parquet"', "level 2 is 'flights', expected '*.parquet'"),
        ('path = "silver/**/*.csv"', "(level 4 is 'part-0.parquet', expected '*.csv')"),
        (
            'path = "silver/{name}/dt={version:%Y-%m-%d}/*.parquet"\nexclude = "silver"',
            "exclude leaves out everything that path fits (2 files): 'silver'",
        ),
        (
            'path = "silver/{name}"\nformat = "delta"',
            "none of the directories that path fits is a table of the format delta",
        ),
    ],
)
def test_a_source_that_takes_nothing(pytester: pytest.Pytester, lake: Path, source: str, words: str) -> None:
    said, severities, status = messages(pytester, source)
    assert len(said) == 1
    assert words in said[0]
    assert (severities, status) == (["error"], 1)


def test_it_is_information_where_the_roots_were_chosen(pytester: pytest.Pytester, lake: Path) -> None:
    (pytester.path / "other").mkdir()
    (pytester.path / "other/x.txt").touch()
    said, severities, _ = messages(pytester, 'path = "silver/**/*.parquet"', "--mlmonitor=other")
    assert severities == ["info"]
    assert "no error here: this run is narrowed, or leaves a declared root out" in said[0]


def test_one_path_of_several_is_a_warning(pytester: pytest.Pytester, lake: Path) -> None:
    said, severities, _ = messages(
        pytester, 'path = ["silver/{name}/dt={version:%Y-%m-%d}/*.parquet", "gold/*.parquet"]'
    )
    assert severities == ["warning"]
    assert "path[1] 'gold/*.parquet' matches nothing" in said[0]


def test_a_link_that_is_called_like_data_is_no_secret(pytester: pytest.Pytester, lake: Path) -> None:
    (lake / "silver/flights/dt=2026-11-27").mkdir()
    (lake / "silver/flights/dt=2026-11-27/part-0.parquet").symlink_to("/nowhere.parquet")
    path = 'path = "silver/{name}/dt={version:%Y-%m-%d}/*.parquet"'
    said, severities, status = messages(pytester, path)
    assert (severities, status) == (["error"], 1)
    assert (
        "silver/flights/dt=2026-11-27/part-0.parquet is called like what path takes, and is no regular file" in said[0]
    )


def test_a_link_to_data_that_is_taken_where_it_lies_is_nothing_to_say(pytester: pytest.Pytester, lake: Path) -> None:
    day = lake / "silver/flights/dt=2026-11-26"
    (day / "part-latest.parquet").symlink_to("part-0.parquet")
    assert messages(pytester, 'path = "silver/{name}/dt={version:%Y-%m-%d}/*.parquet"')[0] == []


@pytest.mark.parametrize(
    ("marker", "hint"), [("_SUCESS", "; did you mean _SUCCESS?"), ("DONE", "; beside them lies _SUCCESS")]
)
def test_a_marker_that_no_version_has_is_no_reason_to_check_nothing(
    pytester: pytest.Pytester, lake: Path, marker: str, hint: str
) -> None:
    said, severities, status = messages(
        pytester, f'path = "silver/{{name}}/dt={{version:%Y-%m-%d}}/*.parquet"\nready = "{marker}"'
    )
    assert said == [f"source.silver: ready '{marker}' is in none of 2 versions: nothing of it counts as whole{hint}"]
    assert (severities, status) == (["error"], 1)


def test_a_first_version_without_its_marker_may_still_be_written(pytester: pytest.Pytester, lake: Path) -> None:
    (lake / "silver/flights/dt=2026-11-26/part-0.parquet").unlink()
    (lake / "silver/flights/dt=2026-11-25/_SUCCESS").unlink()
    said, _, _ = messages(pytester, 'path = "silver/{name}/dt={version:%Y-%m-%d}/*.parquet"\nready = "_SUCCESS"')
    assert said == []
