"""A day that is still being written is no data that nobody judges; one that is called otherwise is named, and it alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from .init_projects import NOW, day_file, days, mlmonitor, verdict, write_day


@pytest.mark.parametrize(
    ("name", "warned"),
    [
        ("dt=2026-11-28.tmp", []),
        ("dt=2026-11-28.inprogress", []),
        (
            "dt=2026-11-28x",
            ["lies under lake that no contract speaks of and nothing judged: flights/dt=2026-11-28x/; "],
        ),
    ],
)
def test_a_day_beside_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, warned: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    lake = tmp_path / "lake"
    for day in days(3):
        write_day(lake, day)
    assert mlmonitor(tmp_path, "init", "lake", "--yes", "--now", NOW).returncode == 0
    newest = day_file(lake, days(1)[0])
    other = lake / "flights" / name
    other.mkdir()
    (other / "part-0.parquet").write_bytes(newest.read_bytes())
    said = verdict(tmp_path, "lake")
    assert said.failed == [] and len(said.warned) == len(warned)
    assert all(words in line for words, line in zip(warned, said.warned, strict=True)), said.warned
