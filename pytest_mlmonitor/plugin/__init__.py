"""The pytest plugin's front door: options, trust, and nothing else until an artifact root is in sight.

This module is imported in every pytest run of its environment, so it imports nothing but the standard library and pytest;
everything else is loaded by :func:`pytest_configure` once there is something to watch.
"""

from __future__ import annotations

import pytest

from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.plugin import fixtures, options, trust


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the ``--mlmonitor…`` options."""
    options.add(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the hooks by which people add kinds and checks."""
    from pytest_mlmonitor.plugin import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Take artifact paths away from pytest before it imports a ``conftest.py`` out of one."""
    trust.take_over(early_config)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Load the rest of the plugin when there is an artifact root or a policy; otherwise stay inert."""
    config.pluginmanager.register(fixtures, "mlmonitor-fixtures")
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
