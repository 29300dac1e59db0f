"""pytest rewrites the assertions of people's tests, and loads our own modules as Python loads any."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import pytest_mlmonitor

from .sample import OTHERS

LOADERS = """
    import sys

    def test_mine():
        rewritten = sorted(
            name
            for name, module in sys.modules.items()
            if name.split(".")[0] == "pytest_mlmonitor"
            and ".test_" not in name
            and type(module.__loader__).__name__ == "AssertionRewritingHook"
        )
        print("\\nrewritten:", *rewritten)
        assert "/site/" in sys.modules["pytest_mlmonitor.plugin.session"].__file__

    def test_of_mine():
        assert len("abc") == 4
    """


@pytest.fixture
def installed(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project whose environment holds a copy of the package as a wheel leaves it, never compiled before."""
    site = pytester.mkdir("site")
    package = Path(pytest_mlmonitor.__file__).parent
    shutil.copytree(package, site / "pytest_mlmonitor", ignore=shutil.ignore_patterns("__pycache__"))
    about = site / "pytest_mlmonitor-9.9.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: pytest-mlmonitor\nVersion: 9.9\n")
    (about / "entry_points.txt").write_text("[pytest11]\nmlmonitor = pytest_mlmonitor.plugin\n")
    (about / "RECORD").write_text("pytest_mlmonitor/__init__.py,,\npytest_mlmonitor/plugin/__init__.py,,\n")
    monkeypatch.setenv("PYTHONPATH", os.fspath(site))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    pytester.makepyprojecttoml("[tool.mlmonitor]\n")
    pytester.makepyfile(test_mine=LOADERS)
    return pytester


def _rewritten(result: pytest.RunResult) -> set[str]:
    line = next(line for line in result.outlines if line.startswith("rewritten:"))
    return set(line.split()[1:])


def test_our_modules_are_not_rewritten_and_peoples_tests_are(installed: pytest.Pytester) -> None:
    result = installed.runpytest_subprocess(*OTHERS, "-s")
    result.assert_outcomes(passed=1, failed=1)
    assert _rewritten(result) == {"pytest_mlmonitor", "pytest_mlmonitor.plugin"}  # imported before anybody asks us
    result.stdout.fnmatch_lines(["*assert 3 == 4*", "*where 3 = len('abc')*"])
    assert (
        "site/pytest_mlmonitor" in installed.run("python", "-c", "import pytest_mlmonitor as p; print(p)").stdout.str()
    )


def test_a_module_of_ours_that_somebody_names_is_rewritten(installed: pytest.Pytester) -> None:
    installed.makeconftest("import pytest\n\npytest.register_assert_rewrite('pytest_mlmonitor.outputs')\n")
    result = installed.runpytest_subprocess(*OTHERS, "-s", "-Werror")
    found = _rewritten(result) - {"pytest_mlmonitor", "pytest_mlmonitor.plugin"}
    assert "pytest_mlmonitor.outputs.results" in found
    assert all(name.startswith("pytest_mlmonitor.outputs") for name in found)


def test_all_of_ours_can_be_named(installed: pytest.Pytester) -> None:
    installed.makeconftest("import pytest\n\npytest.register_assert_rewrite('pytest_mlmonitor')\n")
    assert "pytest_mlmonitor.plugin.session" in _rewritten(installed.runpytest_subprocess(*OTHERS, "-s"))


def test_without_rewriting_there_is_nothing_to_keep(installed: pytest.Pytester) -> None:
    result = installed.runpytest_subprocess(*OTHERS, "-s", "--assert=plain")
    assert not _rewritten(result)
