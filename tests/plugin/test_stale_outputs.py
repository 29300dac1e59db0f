"""A full run that comes to nothing leaves nothing of an earlier one that a gate could take for its verdict."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from pytest_mlmonitor import ResultsError, read_results

from .sample import Project, error_text, read_json

POLICY = 'artifacts = ["artifacts"]\nout = "out"'
USAGE = pytest.ExitCode.USAGE_ERROR


@pytest.fixture
def green(bundle: Project) -> Project:
    """Yesterday's run was green."""
    bundle.policy(POLICY)
    assert bundle.run().ret == 0
    assert read_results(bundle.path / "out" / "results.json")["exit_status"] == 0
    return bundle


def root_gone(project: Project) -> None:
    shutil.rmtree(project.root)


def typo(project: Project) -> None:
    project.policy(f"{POLICY}\nfreshnes = 1")


def bad_value(project: Project) -> None:
    project.policy(f"{POLICY}\nfail_on = 7")


def no_such_check(project: Project) -> None:
    project.policy(f'{POLICY}\nseverity.nowhere = "error"')


def two_policies(project: Project) -> None:
    project.write("mlmonitor.toml", POLICY)


def broken_conftest(project: Project) -> None:
    project.write("conftest.py", "import no_such_module\n")


def no_toml(project: Project) -> None:
    """Of its own file: of a broken pyproject.toml pytest itself says so, before any plugin is asked."""
    project.write("mlmonitor.toml", "artifacts = [\n")


def assert_taken_back(project: Project, out: str = "out") -> None:
    document = read_json(project.path / out / "results.json")
    assert (document["complete"], document["results"], document["artifacts"]) == (False, [], [])
    with pytest.raises(ResultsError, match="did not come to its end"):
        read_results(project.path / out / "results.json")
    left = {path.name for path in (project.path / out).iterdir()}
    assert not left & {"metrics.prom", "report.html", "pytest.html", "junit.xml"}


@pytest.mark.parametrize("breaks", [root_gone, typo, bad_value, no_such_check, broken_conftest, two_policies])
def test_what_an_earlier_run_left_is_taken_back(green: Project, breaks: Callable[[Project], None]) -> None:
    breaks(green)
    assert green.run().ret == USAGE
    assert_taken_back(green)


@pytest.mark.parametrize("arguments", [("--mlmonitor-now", "x"), ("--no-such-option",), ("-p", "no_such_plugin")])
def test_also_where_the_command_line_is_wrong(green: Project, arguments: tuple[str, ...]) -> None:
    assert green.run(*arguments, now=None).ret == USAGE
    if arguments[0] != "-p":  # pytest ends before any plugin is asked
        assert_taken_back(green)


@pytest.mark.parametrize("breaks", [no_toml, two_policies, typo, root_gone])
def test_the_option_is_known_also_without_a_policy(green: Project, breaks: Callable[[Project], None]) -> None:
    breaks(green)
    assert green.run("--mlmonitor-out", "out").ret == USAGE
    assert_taken_back(green)


@pytest.mark.parametrize("breaks", [no_toml, two_policies, typo, root_gone])
def test_so_is_the_variable(green: Project, breaks: Callable[[Project], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLMONITOR_OUT", "out")
    monkeypatch.setenv("MLMONITOR_ENVIRONMENT", "production")
    breaks(green)
    assert green.run().ret == USAGE
    assert_taken_back(green)
    assert read_json(green.path / "out" / "results.json")["environment"] == "production"


def test_an_empty_root_leaves_a_record_that_is_no_verdict(green: Project) -> None:
    green.keep()
    assert green.run().ret == pytest.ExitCode.NO_TESTS_COLLECTED
    with pytest.raises(ResultsError, match="exit status 5"):
        read_results(green.path / "out" / "results.json")
    metrics = (green.path / "out" / "metrics.prom").read_text()
    assert 'mlmonitor_run_success{environment="local"} 0.0' in metrics


@pytest.mark.parametrize(
    "arguments", [("--collect-only",), ("--version",), ("--help",), ("--fixtures",), ("--markers",)]
)
def test_who_only_looks_takes_nothing_back(green: Project, arguments: tuple[str, ...]) -> None:
    green.run(*arguments)
    assert read_results(green.path / "out" / "results.json")["exit_status"] == 0


@pytest.mark.parametrize(
    "arguments", [("artifacts/p4",), ("-k", "finite"), ("test_mine.py",), ("artifacts::readable",)]
)
def test_a_run_that_looks_at_a_part_takes_nothing_back(green: Project, arguments: tuple[str, ...]) -> None:
    """And its usage error leaves the record of the whole."""
    green.write("test_mine.py", "def test_mine(): pass\n")
    green.plant("beside/notes.txt")
    typo(green)
    assert green.run(*arguments).ret == USAGE
    assert read_results(green.path / "out" / "results.json")["exit_status"] == 0


def test_files_of_others_are_left_alone(bundle: Project) -> None:
    bundle.policy(f"{POLICY}\nfreshnes = 1")
    bundle.write("out/results.json", '{"results": "of another program"}')
    bundle.write("out/report.html", "theirs")
    assert bundle.run().ret == USAGE
    assert read_json(bundle.path / "out" / "results.json") == {"results": "of another program"}
    assert (bundle.path / "out" / "report.html").exists()


def test_nothing_is_made_where_nothing_was(bundle: Project) -> None:
    bundle.policy(f"{POLICY}\nfreshnes = 1")
    assert bundle.run().ret == USAGE
    assert not (bundle.path / "out").exists()


def test_nothing_is_written_into_a_root(bundle: Project) -> None:
    bundle.policy(f"{POLICY}\nfreshnes = 1")
    planted = bundle.plant("results.json", '{"schema_version": 2}')
    for arguments in (("--mlmonitor-out", "artifacts"), ("--mlmonitor=artifacts", "--mlmonitor-out", "artifacts")):
        result = bundle.run(*arguments)
        assert result.ret == USAGE
        assert "freshnes" in error_text(result)
        assert planted.read_text() == '{"schema_version": 2}'


def test_another_project_takes_nothing_back(green: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable may stand in the environment of a whole CI job."""
    monkeypatch.setenv("MLMONITOR_OUT", str(green.path / "out"))
    (green.path / "pyproject.toml").unlink()
    green.write("other/test_mine.py", "def test_mine(): pass\n")
    assert green.run("other").ret == 0
    assert read_results(green.path / "out" / "results.json")["exit_status"] == 0


def test_a_report_of_yesterday_does_not_pass_for_that_of_today(green: Project) -> None:
    result = green.run("-p", "no:html", "-p", "no:junitxml")
    assert result.ret == 0
    assert not (green.path / "out" / "pytest.html").exists()
    assert not (green.path / "out" / "junit.xml").exists()
    result.stdout.fnmatch_lines(["*results, lineage, metrics, report in *out/*"])
