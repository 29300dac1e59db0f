"""The tutorial is what happens: its data, its commands, its lines."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.plugin.init_projects import mlmonitor

PAGE = Path(__file__).parents[2] / "docs" / "start.md"
TEXT = PAGE.read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def alike(text: str) -> str:
    """Return a text without its numbers and dates, which differ from day to day."""
    return re.sub(r"[0-9][0-9.,-]*", "#", text)


def test_the_tutorial_is_what_happens(tmp_path: Path) -> None:
    make, broken = blocks("python")
    subprocess.run([sys.executable, "-c", make], cwd=tmp_path, check=True)
    done = mlmonitor(tmp_path, "init", "lake", "--ci", "github")
    said = blocks("console")[0].splitlines()[1:]
    shown = [line for line in said if not line.startswith("Write ")]  # asked on a terminal only
    assert (done.returncode, alike(done.stdout).splitlines()) == (0, alike("\n".join(shown)).splitlines())
    subprocess.run([sys.executable, "-c", broken], cwd=tmp_path, check=True)
    red = mlmonitor(tmp_path, "run", "lake", "-p", "no:cacheprovider", columns=160)
    assert red.returncode == 1
    expected = [line for line in blocks("console")[1].splitlines() if line != "…" and not line.startswith(("$", "="))]
    there = [alike(line).strip() for line in red.stdout.splitlines()]
    for line in expected:
        assert any(alike(line).strip() == one for one in there), (line, red.stdout)
    assert "2 failed, 89 passed, 4 skipped" in red.stdout
