"""A .dvcignore leaves out what the same lines in a .gitignore would."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mlmonitor.formats.dvc.ignored import IGNORE, Ignored


@pytest.mark.parametrize(
    ("lines", "left_out", "kept"),
    [
        ("*.tmp", ["a.tmp", "d/e/a.tmp"], ["a.tmpx", "tmp"]),
        ("# *.csv\n\n*.tmp  ", ["a.tmp"], ["a.csv"]),
        ("*.csv\n!keep.csv", ["a.csv"], ["keep.csv"]),
        ("!a.csv\n*.csv", ["a.csv"], []),
        ("cache/", ["cache/", "d/cache/"], ["cache"]),
        ("/top.txt", ["top.txt"], ["d/top.txt"]),
        ("d/*.txt", ["d/a.txt"], ["a.txt", "x/d/a.txt", "d/e/a.txt"]),
        ("d/**/z", ["d/z", "d/e/z", "d/e/f/z"], ["z"]),
        ("d/**", ["d/a", "d/e/a"], ["d/"]),
        ("**/logs", ["logs", "a/b/logs"], ["alogs"]),
        ("file[^0-9].txt", ["filea.txt"], ["file1.txt"]),
        ("a\\*b", ["a*b"], ["axb"]),
        ("\\!x", ["!x"], ["x"]),
        ("", [], ["a"]),
    ],
)
def test_patterns(tmp_path: Path, lines: str, left_out: list[str], kept: list[str]) -> None:
    (tmp_path / IGNORE).write_text(lines)
    ignored = Ignored(tmp_path, tmp_path)
    for name in [*left_out, *kept]:
        assert ignored.leaves_out(tmp_path / name, name.endswith("/")) is (name in left_out), name


def test_those_above_hold_and_those_outside_the_root_do_not(tmp_path: Path) -> None:
    inside = tmp_path / "repo" / "data"
    inside.mkdir(parents=True)
    (tmp_path / IGNORE).write_text("*.csv")
    (tmp_path / "repo" / IGNORE).write_text("/data/*.tmp")
    ignored = Ignored(inside, tmp_path / "repo")
    assert [ignored.leaves_out(inside / name, False) for name in ("a.tmp", "a.csv")] == [True, False]


def test_hostile_patterns_end(tmp_path: Path) -> None:
    (tmp_path / IGNORE).write_text("\n".join(["**/" * 40 + "*a" * 40 + "b"] * 50))
    deep = tmp_path.joinpath(*["a" * 200] * 15)
    assert Ignored(tmp_path, tmp_path).leaves_out(deep, False) is False
