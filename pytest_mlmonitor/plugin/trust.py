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
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import pytest

from pytest_mlmonitor.core.policy import places
from pytest_mlmonitor.core.policy.places import PolicyError, policy_file, policy_table, roots_of_environment
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.front_door import collectable_python, has_anchor, is_anchor, root_of, serving_tree
from pytest_mlmonitor.training.anchors import BUNDLE_FILES


@dataclass(frozen=True)
class Selection:
    """A positional argument inside a root: a path, and the names after ``::``."""

    path: Path
    parts: tuple[str, ...] = ()
    text: str = ""


@dataclass
class RunPlan:
    """What this run is to check.

    Attributes:
        roots: absolute artifact roots without links, in the order given.
        shown: the same roots as the user wrote them.
        declared: whether the roots stand in the policy or the environment, so that no command need name them.
        policy: the file that holds the policy, if any.
        narrowed: positional arguments inside the roots, and those that are the policy or a contract of it; empty means everything.
        rest: the other positional arguments, pytest's own business.
        automatic: whether the automatic items are wanted (not for ``pytest tests/`` beside roots of a policy).
        only_data: whether there is nothing for pytest itself to collect.
        passed_over: roots that the policy or the environment declares and ``--mlmonitor`` leaves out.
    """

    roots: list[Path] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    policy: Path | None = None
    narrowed: list[Selection] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)
    automatic: bool = False
    only_data: bool = False
    declared: bool = False
    passed_over: list[Path] = field(default_factory=list)

    @property
    def active(self) -> bool:
        """Whether the plugin has anything to do in this run."""
        return bool(self.roots) or self.policy is not None

    def holds(self, path: Path) -> bool:
        """Return whether ``path`` (absolute, without links) is a root or lies below one."""
        return any(path == root or root in path.parents for root in self.roots)


plan_key = pytest.StashKey[RunPlan]()
project_key = pytest.StashKey[Path | None]()


def take_over(config: pytest.Config) -> None:
    """Decide what is data, take it out of pytest's arguments, and refuse what cannot be made safe."""
    namespace = config.known_args_namespace
    cwd = config.invocation_params.dir.resolve()
    args, options = list(namespace.file_or_dir), list(namespace.mlmonitor)
    try:
        project = project_of(config, cwd, [*args, *options])
        config.stash[project_key] = project
        plan = make_plan(args, options, cwd, project)
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
    if plan.only_data or not plan.automatic or cwd != config.rootpath:
        return []
    found = [path for pattern in config.getini("testpaths") for path in sorted(glob.iglob(pattern, recursive=True))]
    return [path for path in found if not plan.holds(_resolved(cwd, path))]


def project_of(config: pytest.Config, cwd: Path, args: Sequence[str]) -> Path | None:
    """Return the directory whose policy is trusted, None for no policy.

    With ``-c`` it is that of the file. Otherwise pytest's rootdir, unless an argument alone made it that (a file planted in
    an artifact directory turns that directory into the rootdir of ``pytest artifacts/``), and else the project around the
    current directory: pytest takes the rootdir from a path far away, too.
    """
    if config.known_args_namespace.inifilename:
        return config.inipath.parent if config.inipath is not None and config.inipath.is_file() else None
    named = [_resolved(cwd, path_of(arg)) for arg in args]
    rootpath = config.rootpath
    owned = any(_declares(parent, rootpath) for parent in rootpath.parents)
    if not owned and policy_file(rootpath) and not any(rootpath == path or path in rootpath.parents for path in named):
        return rootpath
    around = [d for d in (cwd, *cwd.parents) if (d / "pyproject.toml").is_file() or (d / "mlmonitor.toml").is_file()]
    # A project further up that declares this place a root knows better than a file that lies in the root.
    owner = next((d for d in around[1:] if _declares(d, around[0])), None)
    return owner or next(iter(around), None)


def _declares(directory: Path, place: Path) -> bool:
    file = policy_file(directory)
    roots = policy_table(file).get("artifacts") if file else None
    return isinstance(roots, list) and any(place.is_relative_to(Path(r).resolve()) for r in roots if isinstance(r, str))


def _close_import_path(plan: RunPlan, cwd: Path) -> None:
    """Take roots out of the import path: ``python -m pytest`` puts the current directory there, wherever that is.

    Only what the caller's place and environment put there; the interpreter's own directories stay, even where a virtual
    environment lies below a root.
    """
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    closed = {path for path in (_resolved(cwd, entry) for entry in ("", *given)) if plan.holds(path)}
    sys.path[:] = [entry for entry in sys.path if _resolved(cwd, entry) not in closed]
    if "PYTHONPATH" in os.environ:  # the reader process inherits it
        os.environ["PYTHONPATH"] = os.pathsep.join(e for e in given if _resolved(cwd, e) not in closed)


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
            config.args = [arg for arg in config.args if not plan.holds(_resolved(here, path_of(arg)))]
    return plan


def make_plan(args: Sequence[str], options: Sequence[str], cwd: Path, project: Path | None) -> RunPlan:
    """Return what ``args`` (positional) and ``options`` (``--mlmonitor``) ask for under the policy in ``project``.

    Raises:
        PolicyError: a root that does not exist, or a broken policy.
        pytest.UsageError: an undeclared directory that holds both artifacts and Python that pytest would import.
    """
    plan = RunPlan(policy=policy_file(project) if project else None)
    table = policy_table(plan.policy) if plan.policy else {}
    declared = "artifacts" in table
    in_file = table.get("artifacts")
    of_file = [p for p in in_file if isinstance(p, str)] if isinstance(in_file, list) else []
    from_environment = roots_of_environment(os.environ)
    if options:
        _add_roots(plan, list(options), cwd, "--mlmonitor")
        others = [_resolved(cwd, text) for text in from_environment or of_file]
        plan.passed_over = [root for root in others if not plan.holds(root)]
    elif from_environment:
        _add_roots(plan, from_environment, cwd, "MLMONITOR_ARTIFACTS")
        plan.declared = True
    elif isinstance(in_file, list):
        _add_roots(plan, of_file, cwd, f"artifacts in {plan.policy}")
        plan.declared = True
    elif not declared:
        _undeclared(plan, args, cwd)
    for arg in args:
        path = _resolved(cwd, path_of(arg))
        if plan.holds(path) or (plan.roots and places.is_of_policy(path, plan.policy, table)):
            if path not in plan.roots or "::" in arg:
                plan.narrowed.append(Selection(path, tuple(arg.split("::")[1:]), arg))
        else:
            plan.rest.append(arg)
    if any(_resolved(cwd, path_of(arg)) in plan.roots and "::" not in arg for arg in args):
        plan.narrowed = []  # the whole root was asked for beside a part of it
    above = any(root.is_relative_to(_resolved(cwd, path_of(arg))) for arg in plan.rest for root in plan.roots)
    inside = len(plan.rest) < len(args)
    plan.automatic = bool(plan.roots) and (bool(options) or not args or inside or above)
    plan.only_data = bool(plan.roots) and not plan.rest and (inside or bool(options))
    return plan


def _undeclared(plan: RunPlan, args: Sequence[str], cwd: Path) -> None:
    for arg in args:
        path = _resolved(cwd, path_of(arg))
        root: Path | None = None
        if path.is_dir():
            tree = serving_tree(path)
            if tree is not None:
                root = tree
            elif "::" not in arg and has_anchor(path):
                root = path
        elif path.is_file() and (path.name in BUNDLE_FILES or is_anchor(path.name, path.parent.name)):
            root = _root_of_file(path, cwd)
        if root is None:
            continue
        python = collectable_python(path) if path.is_dir() else None
        if python is not None:
            raise pytest.UsageError(
                f"mlmonitor: {arg} holds artifacts, but also Python that pytest would import ({python}); "
                f"either name the artifact root: pytest --mlmonitor {arg}, "
                f'or declare it: artifacts = ["..."] in [tool.mlmonitor] of pyproject.toml'
            )
        if root not in plan.roots:
            plan.roots.append(root)
            plan.shown.append(path_of(arg) if root == path else shown(root))


def _root_of_file(path: Path, cwd: Path) -> Path:
    """Return the root of an artifact that is named alone: what ``pytest artifacts/`` would have taken, where possible.

    An id that was printed for ``pytest artifacts/`` is then judged with the same links, and the same planted
    configuration is refused.
    """
    if path.is_relative_to(cwd) and path.parent != cwd:
        top = cwd / path.relative_to(cwd).parts[0]
        if collectable_python(top) is None:
            return top
    return root_of(path)


def _add_roots(plan: RunPlan, paths: Sequence[str], base: Path, origin: str) -> None:
    for text in paths:
        path = _resolved(base, text)
        if not path.is_dir():
            what = "is not a directory" if path.exists() else "does not exist"
            raise PolicyError(f"{origin}: artifact root {text} {what}")
        if path not in plan.roots:
            plan.roots.append(path)
            plan.shown.append(shown(path) if os.path.isabs(text) else text)


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


def path_of(arg: str) -> str:
    """Return the path of an argument, without the names after ``::``."""
    return arg.split("::", 1)[0]


def _resolved(base: Path, text: str) -> Path:
    path = Path(base, text).resolve()
    if "%" in text and not path.exists():
        decoded = Path(base, unquote(text)).resolve()  # an id that we printed
        return decoded if decoded.exists() else path
    return path
