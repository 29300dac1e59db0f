"""Without a root or a policy the plugin is inert: it costs nothing in the other pytest runs of its environment."""

from __future__ import annotations

import json
import sys

import pytest

from .sample import OTHERS

HEAVY = ("pydantic", "pydantic_settings", "pyarrow", "pandera", "pandas", "numpy", "prometheus_client", "typer")
ACTIVE = ("pytest_mlmonitor.plugin.session", "pytest_mlmonitor.plugin.reporting", "pytest_mlmonitor.kinds")


def _modules(pytester: pytest.Pytester, *args: str) -> set[str]:
    pytester.makepyfile(
        test_mine="""
        import json, sys

        def test_mine():
            with open("modules.json", "w") as file:
                json.dump(sorted(sys.modules), file)
        """
    )
    pytester.runpytest_subprocess(*OTHERS, *args).assert_outcomes(passed=1)
    return set(json.loads((pytester.path / "modules.json").read_text()))


def _more_than_without(pytester: pytest.Pytester, *args: str) -> set[str]:
    return _modules(pytester, *args) - _modules(pytester, "-p", "no:mlmonitor", *args)


@pytest.mark.parametrize("args", [(), ("test_mine.py",), (".",)], ids=["alone", "file", "directory"])
def test_nothing_but_the_standard_library_is_imported(pytester: pytest.Pytester, args: tuple[str, ...]) -> None:
    more = _more_than_without(pytester, *args)
    assert "pytest_mlmonitor.plugin" in more
    foreign = {name for name in more if name.split(".")[0] not in sys.stdlib_module_names}
    assert {name.split(".")[0] for name in foreign} == {"pytest_mlmonitor"}
    assert not [name for name in more if name.split(".")[0] in HEAVY or name.startswith(ACTIVE)]


def test_with_a_policy_the_rest_is_loaded(pytester: pytest.Pytester) -> None:
    """The counterpart: the test above can fail."""
    pytester.makepyprojecttoml("[tool.mlmonitor]\n")
    more = _more_than_without(pytester)
    assert "pytest_mlmonitor.plugin.session" in more
    assert "pydantic" in more


def test_nothing_is_said_and_nothing_is_written(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_mine(): pass")
    result = pytester.runpytest_inprocess(*OTHERS, "-p", "no:cacheprovider", "--mlmonitor-out", "out")
    result.assert_outcomes(passed=1)
    text = result.stdout.str()
    assert "evaluated at" not in text
    assert "artifacts" not in text
    assert not (pytester.path / "out").exists()


def test_exit_codes_are_pytests_own(pytester: pytest.Pytester) -> None:
    assert pytester.runpytest_inprocess(*OTHERS).ret == pytest.ExitCode.NO_TESTS_COLLECTED
    pytester.makepyfile("def test_mine(): assert False")
    assert pytester.runpytest_inprocess(*OTHERS).ret == pytest.ExitCode.TESTS_FAILED


def test_its_markers_are_known_where_markers_are_strict(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.dataset
        @pytest.mark.artifact("bike*")
        def test_mine():
            pass
        """
    )
    pytester.runpytest_inprocess(*OTHERS, "--strict-markers").assert_outcomes(passed=1)


def test_an_artifact_fixture_without_a_root_says_what_to_do(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_mine(dataset): pass")
    result = pytester.runpytest_inprocess(*OTHERS)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*no artifact root: run pytest --mlmonitor=PATH, or set artifacts in*"])
