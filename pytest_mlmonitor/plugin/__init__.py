"""The pytest plugin's front door: options, trust, and nothing else until an artifact root is in sight.

This module is imported in every pytest run of its environment, so it imports nothing but the standard library and pytest;
everything else is loaded by :func:`pytest_configure` once there is something to watch.
"""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the ``--mlmonitor…`` options, and begin with what an earlier run left."""
    from pytest_mlmonitor.plugin import options
    from pytest_mlmonitor.plugin.last_word import at_the_end
    from pytest_mlmonitor.plugin.stale_outputs import take_back_at_once

    options.add(parser)
    config = pluginmanager.get_plugin("pytestconfig")
    if isinstance(config, pytest.Config):
        at_the_end(config, lambda _: None)  # before others ask for anything
        if hasattr(config, "known_args_namespace"):  # it has begun to read its command line
            take_back_at_once(config)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the hooks by which people add kinds and checks; of ours, pytest calls this one first."""
    _keep_assertions(pluginmanager)
    from pytest_mlmonitor.plugin import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


def _keep_assertions(pluginmanager: pytest.PytestPluginManager) -> None:
    """Let Python load our modules as it loads any: pytest marks all that belongs to a plugin for the rewriting of assertions.

    Ours raise what they have to say, and what pip has compiled is not compiled again (0.2 s where nothing may be written).
    Done before the rest is imported; who names one of our modules to ``pytest.register_assert_rewrite`` gets it rewritten.
    """
    marked = getattr(pluginmanager.rewrite_hook, "_must_rewrite", None)  # there is no public way to take a mark away
    if marked is not None:
        marked.discard("pytest_mlmonitor")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Take artifact paths away from pytest before it imports a ``conftest.py`` out of one."""
    from pytest_mlmonitor.plugin import trust
    from pytest_mlmonitor.plugin.stale_outputs import take_back

    try:
        trust.take_over(early_config)
    finally:  # whatever becomes of this run
        take_back(early_config)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Load the rest of the plugin when there is an artifact root or a policy; otherwise stay inert."""
    from pytest_mlmonitor.core.policy.places import PolicyError
    from pytest_mlmonitor.plugin import fixtures, options, trust

    config.pluginmanager.register(fixtures, "mlmonitor-fixtures")
    config.pluginmanager.register(fixtures.artifact_fixtures(fixtures.FIXTURES), "mlmonitor-artifacts")
    plan = trust.plan_of(config)
    for line in options.MARKERS:
        config.addinivalue_line("markers", line)
    if not plan.active:
        return
    from pytest_mlmonitor.plugin import session

    try:
        session.start(config, plan)
    except PolicyError as error:
        raise pytest.UsageError(f"mlmonitor: {error}") from None


@pytest.hookimpl(tryfirst=True)
def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Keep pytest out of what is an artifact's own directory, wherever it lies: modules in a bundle are no tests."""
    from pytest_mlmonitor.front_door import is_own
    from pytest_mlmonitor.plugin import trust

    return True if not trust.plan_of(config).open and collection_path.is_dir() and is_own(collection_path) else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    """Say what was left unjudged, and what to type where neither tests nor an artifact root was found, but data."""
    from pytest_mlmonitor.plugin import trust

    plan = trust.plan_of(config)
    for note in plan.notes:
        terminalreporter.line(f"mlmonitor: {note}")
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and not plan.active and not plan.notes:
        from pytest_mlmonitor.plugin.next_step import of_undeclared

        line = of_undeclared(config)
        if line is not None:
            terminalreporter.line(f"mlmonitor: {line}")
