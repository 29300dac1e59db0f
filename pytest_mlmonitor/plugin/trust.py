"""Artifact directories are data: nothing below one is imported, collected as tests, or read as configuration.

Stock ``pytest artifacts/`` imports ``conftest.py`` and ``__init__.py``, collects test modules and doctests and obeys a
``pytest.ini`` it meets there. So data paths are taken out of pytest's arguments before the first conftest is imported, and
every directory below a root is ignored when pytest walks the project. What acted before any plugin (a planted
``pytest.ini``) can only be refused.
"""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.policy.places import PolicyError, declares, policy_file, policy_named, project_around
from pytest_mlmonitor.front_door import TEST_MODULES
from pytest_mlmonitor.plugin.arguments import Asked, make_plan
from pytest_mlmonitor.plugin.options import runs_nothing
from pytest_mlmonitor.plugin.run_plan import RunPlan, path_of, plan_key, resolved

_PROJECT = ("pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "pytest.ini", ".git")
"""What lies in the directory of a project."""

policy_key = pytest.StashKey[Path | None]()
"""The file of the policy, also where the policy cannot be used."""


def take_over(config: pytest.Config) -> None:
    """Decide what is data, take it out of pytest's arguments, and refuse what cannot be made safe."""
    namespace = config.known_args_namespace
    cwd = config.invocation_params.dir.resolve()
    args, options = list(namespace.file_or_dir), list(namespace.mlmonitor)
    try:
        policy = policy_of(config, cwd, [*args, *options])
        config.stash[policy_key] = policy
        plan = make_plan(_asked(config, cwd, args, options), policy)
    except PolicyError as error:
        raise pytest.UsageError(f"mlmonitor: {error}") from None
    config.stash[plan_key] = plan
    if not plan.roots:
        return
    _refuse_configuration(plan, config.inipath)
    _close_import_path(plan, cwd)
    _move_rootdir(config, plan, cwd)
    if not namespace.noconftest:
        if plan.holds(cwd) and not plan.rest:
            namespace.noconftest = True  # without arguments pytest imports conftest.py of the current directory
        _refuse_test_directories(plan, [Path(cwd, path_of(arg)) for arg in plan.rest] or [cwd])
    # Never empty: pytest would import the conftest.py of whatever testpaths names.
    namespace.file_or_dir = plan.rest or _outside(plan, config, cwd) or [str(cwd)]


def _outside(plan: RunPlan, config: pytest.Config, cwd: Path) -> list[str]:
    """Return the test paths of the configuration that do not lie in a root; none when only data was asked for."""
    if plan.only_data or not plan.automatic:
        return []
    return [path for path in _testpaths(config, cwd) if not plan.holds(resolved(cwd, path))]


def _asked(config: pytest.Config, cwd: Path, args: Sequence[str], options: Sequence[str]) -> Asked:
    namespace = config.known_args_namespace
    try:
        modules = config.getini("python_files")
    except (KeyError, ValueError):  # -p no:python
        modules = list(TEST_MODULES)
    doctests = ["*.py"] if getattr(namespace, "doctestmodules", False) else []
    return Asked(
        args,
        options,
        cwd,
        [] if runs_nothing(namespace) and not namespace.collectonly else _testpaths(config, cwd) or ["."],
        any((cwd / name).exists() for name in _PROJECT),
        modules,
        [*doctests, *(getattr(namespace, "doctestglob", None) or ())],
        any(
            not impl.plugin_name.startswith("_pytest") and not _is_pytests(impl.plugin) for impl in _collectors(config)
        ),
        bool(namespace.pyargs),
    )


def _collectors(config: pytest.Config) -> Sequence[Any]:
    return config.hook.pytest_collect_file.get_hookimpls()


def _is_pytests(plugin: object) -> bool:
    return str(getattr(plugin, "__name__", type(plugin).__module__)).startswith("_pytest.")


def _testpaths(config: pytest.Config, cwd: Path) -> list[str]:
    """Return what testpaths names: where pytest begins without arguments."""
    if cwd != config.rootpath:
        return []
    return [path for pattern in config.getini("testpaths") for path in sorted(glob.iglob(pattern, recursive=True))]


def policy_of(config: pytest.Config, cwd: Path, args: Sequence[str]) -> Path | None:
    """Return the file of the policy that is trusted, None for no policy.

    With ``-c FILE`` it is that file, or lies beside it; with ``-c`` of something that is no file (``/dev/null``) it is that of
    ``--rootdir``, where that was given. Otherwise it is that of pytest's rootdir, unless an argument alone made it that (a file
    planted in an artifact directory turns that directory into the rootdir of ``pytest artifacts/``), and else that of the project
    around the current directory: pytest takes the rootdir from a path far away, too.
    """
    namespace = config.known_args_namespace
    if namespace.inifilename:
        file = config.inipath
        if file is None or not file.is_file():
            return policy_file(config.rootpath) if namespace.rootdir else None
        return policy_named(file)
    project = _project(config, cwd, args)
    return policy_file(project) if project is not None else None


def _project(config: pytest.Config, cwd: Path, args: Sequence[str]) -> Path | None:
    """Return the directory whose policy is trusted where no file was named."""
    named = [resolved(cwd, path_of(arg)) for arg in args]
    rootpath = config.rootpath
    owned = any(declares(parent, rootpath) for parent in rootpath.parents)
    if not owned and policy_file(rootpath) and not any(rootpath == path or path in rootpath.parents for path in named):
        return rootpath
    return project_around(cwd)


def _close_import_path(plan: RunPlan, cwd: Path) -> None:
    """Take roots out of the import path: ``python -m pytest`` puts the current directory there, wherever that is.

    Only what the caller's place and environment put there; the interpreter's own directories stay, even where a virtual
    environment lies below a root.
    """
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    closed = {path for path in (resolved(cwd, entry) for entry in ("", *given)) if plan.holds(path)}
    sys.path[:] = [entry for entry in sys.path if resolved(cwd, entry) not in closed]
    if "PYTHONPATH" in os.environ:  # the reader process inherits it
        os.environ["PYTHONPATH"] = os.pathsep.join(e for e in given if resolved(cwd, e) not in closed)


def _move_rootdir(config: pytest.Config, plan: RunPlan, cwd: Path) -> None:
    """Keep the rootdir out of the roots: pytest writes its cache there, and node ids are relative to it.

    There is no public way to set it this late; the arguments that pytest derived it from are data.
    """
    if plan.holds(config.rootpath):
        old = config.rootpath
        new = cwd
        while plan.holds(new):
            new = new.parent
        config._rootpath = new
        if config.known_args_namespace.confcutdir == str(old):
            config.known_args_namespace.confcutdir = str(new)


def plan_of(config: pytest.Config) -> RunPlan:
    """Return the plan of this run, and hand pytest the arguments that are left."""
    if plan_key not in config.stash:  # loaded by -p after the first conftest, or by a conftest
        take_over(config)
    plan = config.stash[plan_key]
    if plan.roots:
        if plan.only_data:
            config.args = []
        else:  # also what testpaths names
            here = config.invocation_params.dir
            config.args = [arg for arg in config.args if not plan.holds(resolved(here, path_of(arg)))]
    return plan


def _refuse_configuration(plan: RunPlan, inipath: Path | None) -> None:
    for file, what in ((inipath, "pytest's configuration"), (plan.policy, "the policy")):
        if file is not None and plan.holds(file.resolve()):
            raise pytest.UsageError(
                f"mlmonitor: unsafe: {what} was read from inside an artifact root ({file}); "
                f"name a trusted file: pytest -c pyproject.toml …"
            )


def _refuse_test_directories(plan: RunPlan, starts: Sequence[Path]) -> None:
    """Pytest imports ``conftest.py`` of every ``test*`` directory below where it starts, before any hook is asked."""
    for root in plan.roots:
        planted = root / "conftest.py"
        if root.name.startswith("test") and root.parent in starts and planted.is_file():
            raise pytest.UsageError(
                f"mlmonitor: unsafe: pytest would import {planted}, which lies in an artifact root; "
                f"remove it, or run with --noconftest"
            )
