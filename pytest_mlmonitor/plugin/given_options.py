"""Where the options of a run come from: its command line, or the project's configuration."""

from __future__ import annotations

import argparse
import os
import shlex

import pytest

_CHOOSE_NOTHING = frozenset(
    {
        *("general", "terminal reporting", "pytest-warnings", "collect", "debugconfig", "logging"),  # pytest's own
        *("mlmonitor", "xdist", "rerunfailures", "timeout", "cov", "hypothesis", "pytest-metadata", "typeguard"),
        *("asyncio", "randomly", "pytest-randomly", "pytest-sugar"),
    }
)
"""Groups of options of which none leaves items out, or ``options.NARROWING`` knows which do."""


def words(config: pytest.Config) -> list[str]:
    """Return the words of the command line, those of ``PYTEST_ADDOPTS`` first."""
    return [*shlex.split(os.environ.get("PYTEST_ADDOPTS", "")), *map(os.fspath, config.invocation_params.args)]


def given(config: pytest.Config) -> argparse.Namespace:
    """Return the options of this run without those of the project's configuration."""
    parse = config._parser.parse_known_args  # there is no public way to ask where an option comes from
    given = parse(words(config))
    if _replaces_configuration(given):
        given = parse([*config.getini("addopts"), *words(config)])
    return given


def usual(config: pytest.Config) -> argparse.Namespace:
    """Return the options of the project's configuration alone."""
    return config._parser.parse_known_args([] if _replaces_configuration(given(config)) else config.getini("addopts"))


def has_options_of_others(config: pytest.Config) -> bool:
    """Return whether the command line has options of a plugin or conftest that may leave items out, and nobody knows."""
    parser = config._parser
    if parser.parse_known_and_unknown_args(words(config))[1]:  # of a conftest that is not loaded yet
        return True
    groups = [*parser._groups, parser._anonymous]
    names = {one.dest for group in groups if group.name not in _CHOOSE_NOTHING for one in group.options}
    mine, nothing = given(config), parser.parse_known_args([])
    return any(getattr(mine, name, None) != getattr(nothing, name, None) for name in names)


def _replaces_configuration(given: argparse.Namespace) -> bool:
    return any(one.partition("=")[0].strip() == "addopts" for one in given.override_ini or ())
