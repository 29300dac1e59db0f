"""`pytest --help` says what the plugin does, in one group."""

from __future__ import annotations

import pytest

from .sample import OTHERS


def test_the_options_form_one_group_that_says_where_the_policy_is(pytester: pytest.Pytester) -> None:
    text = pytester.runpytest_inprocess(*OTHERS, "--help").stdout.str()
    head, group = text.split("mlmonitor (policy: [tool.mlmonitor] in pyproject.toml, or mlmonitor.toml beside it):")
    assert "--mlmonitor" not in head
    for option in (
        "--mlmonitor=PATH",
        "--mlmonitor-out=DIR",
        "--mlmonitor-now=ISO",
        "--mlmonitor-fail-on={warning,error,critical,never}",
    ):
        assert option in group


def test_every_option_is_explained(pytester: pytest.Pytester) -> None:
    text = " ".join(pytester.runpytest_inprocess(*OTHERS, "--help").stdout.str().split())
    assert "check the artifacts below PATH (repeatable; several roots are one platform)" in text
    assert "nothing below PATH is executed or read as configuration" in text
    assert "(default: write nothing)" in text
    assert "evaluate at this time instead of now, e.g. 2026-04-07T10:06:00Z" in text
    assert "least severity of a finding that fails the run (default: error)" in text


def test_there_are_no_ini_keys(pytester: pytest.Pytester) -> None:
    text = pytester.runpytest_inprocess(*OTHERS, "--help").stdout.str()
    ini = text.split("[pytest] configuration options", 1)[1].split("Environment variables", 1)[0]
    assert "mlmonitor" not in ini


def test_help_reads_no_artifact(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml("[tool.mlmonitor]\n")
    assert pytester.runpytest_inprocess(*OTHERS, "--help").ret == 0
