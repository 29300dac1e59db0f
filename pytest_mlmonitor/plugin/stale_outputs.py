"""What an earlier run left is no verdict on today: it is taken back as soon as a run begins, also one that comes to nothing.

A root that is gone, a typo in the policy, a conftest that cannot be imported: pytest ends with status 4 and writes nothing, and
what a gate reads then must not be the green record of yesterday.
"""

from __future__ import annotations

import copy
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from pytest_mlmonitor.core.policy.places import ENV_PREFIX, PolicyError, policy_table, roots_of, roots_of_environment
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.plugin.given_options import given, has_options_of_others, words
from pytest_mlmonitor.plugin.last_word import at_the_end
from pytest_mlmonitor.plugin.options import NARROWING, runs_nothing
from pytest_mlmonitor.plugin.run_plan import path_of, plan_key
from pytest_mlmonitor.plugin.trust import policy_key, policy_of

_OURS = ("pytest_mlmonitor", "_pytest", "pluggy")
"""Packages between whoever starts pytest and us."""

_held_key = pytest.StashKey[Path]()
_before_key = pytest.StashKey[dict[Path, bytes]]()


def take_back_at_once(config: pytest.Config) -> None:
    """Take back what lies in ``out`` as soon as this plugin is loaded, where the words of the command line say enough.

    Others are loaded after it, for a tenth of a second or two; :func:`take_back` does the rest when all options are known.
    """
    parser = config._parser  # whatever is said wrong is said later, when everybody has been asked
    with suppress(pytest.UsageError, PolicyError, OSError, ValueError):
        options, unknown = parser.parse_known_and_unknown_args(
            [*config.getini("addopts"), *words(config)], namespace=copy.copy(config.option)
        )
        mine = given(config).mlmonitor_out
        if unknown or runs_nothing(options) or _is_worker():
            return  # an option of a plugin to come: its value looks like a path
        here = config.invocation_params.dir.resolve()
        file = policy_of(config, here, [*options.file_or_dir, *options.mlmonitor])
        table = policy_table(file) if file is not None else {}
        if mine and (file is not None or options.mlmonitor):
            out = mine
        elif file is not None and not options.file_or_dir and not options.mlmonitor:
            parts = any(getattr(options, name, None) for name in NARROWING)
            out = None if parts else options.mlmonitor_out or _out(table)
        else:
            return
        if out is not None:
            named = [*map(path_of, [*options.mlmonitor, *options.file_or_dir])]
            roots = [*_declared(config, table), *_resolved(config, named)]
            _withdraw(config, Path(here, out).resolve(), roots, table)


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
    _withdraw(config, directory, roots, table)


def _withdraw(config: pytest.Config, directory: Path, roots: Sequence[Path], table: dict[str, Any]) -> None:
    if config.stash.get(_held_key, None) == directory:
        return  # done
    if any(directory.is_relative_to(root) for root in roots):
        return  # nothing is ever written there, and the run will say so
    # Not through the module that writes results.json: it costs 0.1 s, and we are in a hurry.
    from pytest_mlmonitor.outputs.metrics.metrics_place import MetricsPlace
    from pytest_mlmonitor.outputs.withdrawal import remove_left_over, saved, withdraw

    metrics = MetricsPlace.in_table(table, os.environ).names

    if directory.is_dir():
        hold_for(config, directory)
    if has_options_of_others(config):
        config.stash.setdefault(_before_key, saved(directory, metrics))
    environment = os.environ.get(f"{ENV_PREFIX}ENVIRONMENT") or table.get("environment")
    withdraw(
        directory, datetime.now(UTC), environment if isinstance(environment, str) and environment else "local", metrics
    )
    if config.stash.get(_held_key, None) == directory:
        remove_left_over(directory, metrics)


def put_back(config: pytest.Config) -> None:
    """Put back what was taken back: options of others left checks out, which nobody knew before items were chosen.

    Raises:
        OSError: it could not be written.
    """
    from pytest_mlmonitor.core.files.atomic import write_atomically

    for path, data in config.stash.get(_before_key, {}).items():
        write_atomically(path, data)


def hold_for(config: pytest.Config, directory: Path) -> None:
    """Keep other runs out of a directory for as long as this one lasts.

    Raises:
        pytest.UsageError: another run writes into it.
    """
    from pytest_mlmonitor.core.files.run_lock import InUse, hold

    directory = directory.resolve()
    if config.stash.get(_held_key, None) == directory:
        return
    try:
        lock = hold(directory)
    except InUse as error:
        raise pytest.UsageError(
            f"mlmonitor: {shown(directory)}: {error}; wait for its end, or name another directory: --mlmonitor-out DIR"
        ) from None
    except OSError:  # it cannot be written: the end of the run says so
        return
    config.stash[_held_key] = directory
    at_the_end(config, lambda _: lock.release())


def _is_worker() -> bool:
    """Return whether xdist began this run as a worker of another one.

    The variable that tells of a worker is also seen by whatever a test starts in it, here or in another process: so who called
    pytest is asked as well.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return False
    frame: FrameType | None = sys._getframe()
    while frame is not None and str(frame.f_globals.get("__name__")).split(".", 1)[0] in _OURS:
        frame = frame.f_back
    return frame is not None and frame.f_globals.get("__name__") == "__channelexec__"  # xdist, through execnet


def _policy(config: pytest.Config) -> dict[str, Any]:
    """Return the policy as it is written, as far as it can be read; of two that contradict each other what either says."""
    with suppress(PolicyError, OSError):
        if policy_key in config.stash:
            file = config.stash[policy_key]
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
    return _resolved(config, roots_of_environment(os.environ) or roots_of(table))


def _roots(config: pytest.Config, table: dict[str, Any]) -> list[Path]:
    return [*_declared(config, table), *_resolved(config, config.known_args_namespace.mlmonitor)]


def _resolved(config: pytest.Config, texts: Sequence[str]) -> list[Path]:
    return [Path(config.invocation_params.dir, text).resolve() for text in texts]


def _whole(config: pytest.Config, table: dict[str, Any]) -> bool:
    """Return whether the run is to judge everything, as far as that is known before anything is read."""
    from pytest_mlmonitor.plugin.narrowing import left_out

    plan = config.stash.get(plan_key, None)
    if plan is not None:
        return not left_out(config, plan)[0]
    mine = given(config)
    if any(getattr(mine, name, None) for name in NARROWING) or any("::" in text for text in mine.file_or_dir):
        return False
    declared = _declared(config, table)
    named = _resolved(config, [path_of(text) for text in [*mine.mlmonitor, *mine.file_or_dir]])
    # Of a policy that cannot be read nobody knows whether the paths are all that it declares.
    return not named or (bool(declared) and all(any(root.is_relative_to(path) for path in named) for root in declared))
