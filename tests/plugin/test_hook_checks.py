"""A conftest adds checks of built-in kinds."""

from __future__ import annotations

import pytest

from .sample import BUNDLE, RUN_ID, Project, error_text, read_json

CONFTEST = """
from pytest_mlmonitor import Finding, NotChecked, Severity, check

@check("training_run", category="quality")
def model_type(run, settings):
    '''Only models that we can serve.'''
    if run.run_id is None:
        raise NotChecked("no run id")
    if "lightgbm" in (run.model_name or ""):
        yield Finding(Severity.ERROR, "lightgbm cannot be served", "xgboost", "lightgbm", "model_name", str(run.ref.path))

def pytest_mlmonitor_checks():
    return [model_type]
"""
NODE = f"artifacts/{BUNDLE}::model_type"


@pytest.fixture
def added(bundle: Project) -> Project:
    bundle.write("conftest.py", CONFTEST)
    return bundle


def test_it_is_an_item_like_any_other(added: Project) -> None:
    result = added.check("--mlmonitor-out", "out")
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines([f"FAILED {NODE} - lightgbm cannot be served*"])
    document = read_json(added.path / "out" / "results.json")
    found = next(r for r in document["results"] if r["check"] == "model_type")
    assert (found["category"], found["status"], found["severity"]) == ("quality", "fail", "error")
    assert found["findings"][0]["expected"] == "xgboost"


def test_it_can_be_selected_by_id_category_and_name(added: Project) -> None:
    assert added.ids(NODE) == [NODE]
    assert added.ids("-m", "quality") == [NODE]
    assert added.ids("-k", "model_type") == [NODE]


def test_its_severity_is_policy(added: Project) -> None:
    added.policy('severity.model_type = "warning"')
    result = added.check()
    assert result.ret == 0
    assert result.parseoutcomes()["warned"] == 1


def test_a_finding_with_an_equal_sign_and_percent_is_shown_as_it_is(added: Project) -> None:
    added.write("conftest.py", CONFTEST.replace("lightgbm cannot be served", "100% of a=b {x}"))
    added.check().stdout.fnmatch_lines([f"FAILED {NODE} - 100% of a=b {{x}}*"])


def test_a_check_may_return_a_list_or_nothing(added: Project) -> None:
    added.write(
        "conftest.py",
        "from pytest_mlmonitor import Finding, Severity, check\n\n"
        "@check('training_run', category='quality')\ndef listed(run, settings):\n"
        "    return [Finding(Severity.WARNING, 'listed')]\n\n"
        "@check('training_run', category='quality', name='silent')\ndef nothing(run, settings):\n    return None\n\n"
        "def pytest_mlmonitor_checks(): return [listed, nothing]\n",
    )
    result = added.check("-v")
    result.stdout.fnmatch_lines(["*::listed WARNED*", "*::silent PASSED*"])


def test_a_hundred_findings_are_no_flood(added: Project) -> None:
    added.write(
        "conftest.py",
        "from pytest_mlmonitor import Finding, Severity, check\n\n"
        "@check('training_run', category='quality')\ndef many(run, settings):\n"
        "    for i in range(5000): yield Finding(Severity.ERROR, f'finding number {i}')\n\n"
        "def pytest_mlmonitor_checks(): return [many]\n",
    )
    result = added.check(f"artifacts/{BUNDLE}::many")
    shown = [line for line in result.outlines if "finding number" in line]
    assert 1 < len(shown) < 15
    result.stdout.fnmatch_lines(["*more findings (with --mlmonitor-out DIR in results.json)*"])


def test_checks_of_other_kinds_make_no_items(added: Project) -> None:
    added.write("conftest.py", CONFTEST.replace('@check("training_run"', '@check("dataset"'))
    assert not [nodeid for nodeid in added.ids() if "model_type" in nodeid]


def test_a_name_that_is_taken_is_refused(added: Project) -> None:
    added.write("conftest.py", CONFTEST.replace("model_type", "contract"))
    result = added.check()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "two checks of training_run are called contract" in error_text(result)


def test_something_that_is_no_check_is_refused(added: Project) -> None:
    added.write("conftest.py", "def pytest_mlmonitor_checks():\n    return [print]\n")
    result = added.check()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "pytest_mlmonitor_checks returned <built-in function print>, which is no Check" in error_text(result)


def test_a_misspelled_hook_is_an_error(added: Project) -> None:
    added.write("conftest.py", CONFTEST.replace("pytest_mlmonitor_checks", "pytest_mlmonitor_check"))
    result = added.check()
    assert result.ret not in (0, 5)
    assert "unknown hook 'pytest_mlmonitor_check'" in result.stdout.str() + error_text(result)


def test_an_unknown_category_is_an_error_that_names_the_known_ones(added: Project) -> None:
    added.write("conftest.py", CONFTEST.replace('category="quality"', 'category="beauty"'))
    result = added.check()
    assert result.ret not in (0, 5)
    text = result.stdout.str() + error_text(result)
    assert "check model_type: category 'beauty' is none of contract, reconcile" in text


def test_a_check_of_a_kind_that_does_not_exist_is_refused(added: Project) -> None:
    added.write("conftest.py", CONFTEST.replace('@check("training_run"', '@check("traning_run"'))
    result = added.check()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "traning_run" in error_text(result)


def test_hooks_take_the_config(added: Project) -> None:
    added.write("conftest.py", CONFTEST.replace("_checks():", "_checks(config):\n    assert config.rootpath"))
    assert NODE in added.ids()
    assert RUN_ID in NODE


def test_a_plugin_that_is_no_conftest_can_add_checks(added: Project) -> None:
    (added.path / "conftest.py").rename(added.path / "company_checks.py")
    result = added.run_alone("-p", "company_checks", "--mlmonitor=artifacts", NODE)
    result.assert_outcomes(failed=1)
