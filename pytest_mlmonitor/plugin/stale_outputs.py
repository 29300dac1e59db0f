"""What an earlier run left is no verdict on today: it is taken back as soon as a run begins, also one that comes to nothing.

A root that is gone, a typo in the policy, a conftest that cannot be imported: pytest ends with status 4 and writes nothing, and
what a gate reads then must not be the green record of yesterday.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.policy.places import ENV_PREFIX, PolicyError, policy_file, policy_table, roots_of_environment
from pytest_mlmonitor.plugin.options import runs_nothing
from pytest_mlmonitor.plugin.trust import path_of, plan_key, project_key

before_key = pytest.StashKey[dict[Path, bytes]]()
"""What was taken back, where options on the command line may leave checks out: they are known only once items are chosen."""


def take_back(config: pytest.Config) -> None:
    """Take back the outputs that this run is to replace, whether or not it gets that far.

    ``out`` is that of the command line, the environment or the policy, as far as the policy can be read. A run that looks at a
    part of the platform takes back nothing but what the command line names.
    """
    options = config.known_args_namespace
    if runs_nothing(options) or _is_worker():
        return  # a worker is a part of a run that has begun
    plan = config.stash.get(plan_key, None)
    if plan is not None and not plan.active:
        return
    from pytest_mlmonitor.plugin.narrowing import given, has_options_of_others

    table = _policy(config)
    here = config.invocation_params.dir
    out = given(config).mlmonitor_out
    if out is None and _whole(config, table):
        out = options.mlmonitor_out or _out(table)
    if out is None:
        return
    try:
        directory = Path(here, out).resolve()
    except (OSError, ValueError):  # no name of a directory; the policy is refused for it
        return
    roots = plan.roots if plan is not None else _roots(config, table)
    if any(directory.is_relative_to(root) for root in roots):
        return  # nothing is ever written there, and the run will say so
    from pytest_mlmonitor.outputs.results import PUBLISHED, withdraw

    if has_options_of_others(config):
        with suppress(OSError):
            config.stash[before_key] = {
                one: one.read_bytes() for one in map(directory.joinpath, PUBLISHED) if one.is_file()
            }
    environment = os.environ.get(f"{ENV_PREFIX}ENVIRONMENT") or table.get("environment")
    withdraw(directory, datetime.now(UTC), environment if isinstance(environment, str) and environment else "local")


def _is_worker() -> bool:
    """Return whether this process is a worker of xdist, and not a pytest that one of its tests started.

    Both have the variable. execnet's process has no main program of its own, and xdist notes that it is a worker only later.
    """
    main = sys.modules["__main__"]
    return (
        "PYTEST_XDIST_WORKER" in os.environ and not hasattr(main, "__file__") and "execnet.gateway_base" in sys.modules
    )


def _policy(config: pytest.Config) -> dict[str, Any]:
    """Return the policy as it is written, as far as it can be read; of two that contradict each other what either says."""
    with suppress(PolicyError, OSError):
        project = config.stash.get(project_key, None)
        file = policy_file(project) if project is not None else None
        if project_key in config.stash:
            return policy_table(file) if file is not None else {}
    found: dict[str, Any] = {}
    here = config.invocation_params.dir
    for file in (here / "pyproject.toml", here / "mlmonitor.toml"):
        with suppress(PolicyError, OSError, KeyError):
            found |= policy_table(file)
    return found


def _out(table: dict[str, Any]) -> str | None:
    out = os.environ.get(f"{ENV_PREFIX}OUT") or table.get("out")
    return out if isinstance(out, str) and out else None


def _declared(config: pytest.Config, table: dict[str, Any]) -> list[Path]:
    listed = table.get("artifacts")
    texts = roots_of_environment(os.environ) or (listed if isinstance(listed, list) else [])
    return _resolved(config, [text for text in texts if isinstance(text, str)])


def _roots(config: pytest.Config, table: dict[str, Any]) -> list[Path]:
    return [*_declared(config, table), *_resolved(config, config.known_args_namespace.mlmonitor)]


def _resolved(config: pytest.Config, texts: Sequence[str]) -> list[Path]:
    return [Path(config.invocation_params.dir, text).resolve() for text in texts]


def _whole(config: pytest.Config, table: dict[str, Any]) -> bool:
    """Return whether the run is to judge everything, as far as that is known before anything is read."""
    from pytest_mlmonitor.plugin.narrowing import OPTIONS, given, left_out

    plan = config.stash.get(plan_key, None)
    if plan is not None:
        return not left_out(config, plan)[0]
    mine = given(config)
    if any(getattr(mine, name, None) for name in OPTIONS) or any("::" in text for text in mine.file_or_dir):
        return False
    declared = _declared(config, table)
    named = _resolved(config, [path_of(text) for text in [*mine.mlmonitor, *mine.file_or_dir]])
    # Of a policy that cannot be read nobody knows whether the paths are all that it declares.
    return not named or (bool(declared) and all(any(root.is_relative_to(path) for path in named) for root in declared))
