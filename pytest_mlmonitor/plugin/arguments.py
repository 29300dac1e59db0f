"""What the words of a command line are: roots, parts of roots, or pytest's own business; and which of them are refused.

Nothing is left to chance: a directory that would neither be judged nor hold a test is a usage error, before pytest imports anything
that lies in it (specification 6).
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pytest_mlmonitor.core.policy import places
from pytest_mlmonitor.core.policy.places import PolicyError, policy_table, roots_of, roots_of_environment
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.front_door import TEST_MODULES, data_below, is_anchor, look, root_of, serving_tree
from pytest_mlmonitor.plugin.run_plan import RunPlan, Selection, path_of, resolved, undeclared_urls
from pytest_mlmonitor.training.anchors import BUNDLE_FILES

DATA = (".json", ".jsonl", ".parquet", ".parq")
"""Files that pytest itself cannot collect anything from."""

POLICY_TABLE = "[tool.mlmonitor] of pyproject.toml"


@dataclass(frozen=True)
class Asked:
    """What a command line asks for.

    Attributes:
        args: positional arguments.
        options: those of ``--mlmonitor``.
        cwd: where it was called, without links.
        implied: what stands in for arguments where there is none: testpaths, or the current directory.
        project: whether the current directory is that of a project, by the files that lie in it.
        modules: file name patterns of test modules.
        collected: further patterns of files that pytest collects, such as modules with doctests.
        others: whether another plugin collects files.
        pyargs: whether arguments may be names of packages.
    """

    args: Sequence[str]
    options: Sequence[str]
    cwd: Path
    implied: Sequence[str] = ()
    project: bool = False
    modules: Sequence[str] = TEST_MODULES
    collected: Sequence[str] = ()
    others: bool = False
    pyargs: bool = False


def make_plan(asked: Asked, policy: Path | None) -> RunPlan:
    """Return what a command line asks for under a policy.

    Raises:
        PolicyError: a root that does not exist or is a URL, or a broken policy.
        pytest.UsageError: an argument that would be neither judged nor run, or could be either.
    """
    table = policy_table(policy) if policy else {}
    plan = RunPlan(policy=policy, table=table)
    own = undeclared_urls(asked.args, [*roots_of_environment(os.environ), *roots_of(table), *asked.options])
    asked = replace(asked, options=[*asked.options, *own])
    args, cwd = asked.args, asked.cwd
    ids = [text for text in asked.options if "::" in text]
    _find_roots(plan, table, asked, ids)
    own_ids = [Selection(resolved(cwd, path_of(text)), tuple(text.split("::")[1:]), text) for text in ids]
    for arg in args:
        path = resolved(cwd, path_of(arg))
        if plan.holds(path) or (plan.roots and places.is_of_policy(path, plan.policy, table)):
            _refuse_module(plan, arg, path)
            if path not in plan.roots or "::" in arg:
                plan.narrowed.append(Selection(path, tuple(arg.split("::")[1:]), arg))
        else:
            plan.rest.append(arg)
    if any(resolved(cwd, path_of(arg)) in plan.roots and "::" not in arg for arg in args):
        plan.narrowed = []  # the whole root was asked for beside a part of it
    else:
        plan.narrowed += own_ids
    above = any(plan.around(resolved(cwd, path_of(arg))) for arg in plan.rest)
    inside = len(plan.rest) < len(args)
    plan.automatic = bool(plan.roots) and (bool(asked.options) or not args or inside or above)
    plan.only_data = bool(plan.roots) and not plan.rest and (inside or bool(asked.options))
    _refuse_missing(plan, asked, wanted=inside or above or not args)
    _refuse_unread(plan, asked)
    _note_unjudged(plan, asked)
    return plan


def _find_roots(plan: RunPlan, table: dict[str, object], asked: Asked, ids: Sequence[str]) -> None:
    of_file, of_environment = roots_of(table), roots_of_environment(os.environ)
    plan.open = table.get("artifacts") == [] and not of_environment
    roots = [text for text in asked.options if "::" not in text]
    if not roots and (of_environment or of_file):
        if of_environment:
            plan.declare(of_environment, asked.cwd, "MLMONITOR_ARTIFACTS")
        else:
            plan.declare(of_file, asked.cwd, f"artifacts in {plan.policy}")
        paths = [resolved(asked.cwd, path_of(text)) for text in ids]
        if all(plan.holds(path) or places.is_of_policy(path, plan.policy, table) for path in paths):
            return
        # An id that lies elsewhere brings its own root, as --mlmonitor=does.
        plan.roots, plan.shown, plan.missing, plan.declared = [], [], [], False
    for text in roots:
        path = plan.named(asked.cwd, text, "--mlmonitor")
        if not path.is_dir():
            what = "is not a directory" if path.exists() else "does not exist"
            raise PolicyError(f"--mlmonitor: artifact root {text} {what}")
        plan.add(path, text)
    for text in ids if not roots else ():
        path = resolved(asked.cwd, path_of(text))
        tree = serving_tree(path) if path.is_dir() else None
        root = tree or (_root_of_file(path, asked) if path.is_file() else None)
        if root is None:
            raise PolicyError(f"--mlmonitor: {text} is no artifact: {'a directory' if path.is_dir() else 'no file'}")
        plan.add(root, shown(root))
    if asked.options:
        others = [plan.named(asked.cwd, text, "artifacts") for text in of_environment or of_file]
        plan.passed_over = [root for root in others if not plan.holds(root)]
    elif "artifacts" not in table:
        _undeclared(plan, asked)


def _undeclared(plan: RunPlan, asked: Asked) -> None:
    """Take for roots what bears artifacts among the arguments, where nobody has declared any."""
    for arg in asked.args or asked.implied:
        path = resolved(asked.cwd, path_of(arg))
        if path.is_dir():
            root = _root_of_directory(plan, asked, arg, path)
        elif path.is_file() and (path.name in BUNDLE_FILES or is_anchor(path.name, path.parent.name)):
            root = _root_of_file(path, asked)
        else:
            if asked.pyargs:
                _refuse_package(plan, asked, arg)
            root = None
        if root is not None:
            plan.add(root, path_of(arg) if root == path else shown(root))


def _root_of_directory(plan: RunPlan, asked: Asked, arg: str, path: Path) -> Path | None:
    """Return the root that a directory is, None where it is pytest's own business.

    Raises:
        pytest.UsageError: it could be either.
    """
    tree = serving_tree(path)
    if "::" in arg and tree is None:
        return None
    place = tree or path
    project = asked.project and not asked.args
    found = look(place, asked.modules, project=project)
    if found.anchor is None:
        return None
    if found.tests is not None and (project or found.doubtful is None):
        plan.notes.append(_of_code(arg, found.anchor, asked))
        return None
    if found.python is not None:
        raise pytest.UsageError(
            f"mlmonitor: {arg} holds artifacts, but also Python that pytest would import ({found.python}). "
            f"If it is data, nothing in it is to be run: pytest --mlmonitor={_quoted(arg)} (or mlmonitor run {_quoted(arg)}). "
            f"If it is code, say which directories are data, or that none is: "
            f'artifacts = ["…"] or artifacts = [] in {POLICY_TABLE}'
        )
    return place


def _of_code(arg: str, anchor: Path, asked: Asked) -> str:
    directory = resolved(asked.cwd, path_of(arg))
    homes = [place for place in (*reversed(anchor.parents), anchor) if directory in place.parents and place.is_dir()]
    apart = next((home for home in homes if look(home, asked.modules).python is None), None)
    check = f"--mlmonitor={_quoted(shown(apart))} checks it, " if apart is not None else ""
    return (
        f"{arg} holds tests, so it is code, and {shown(anchor)} in it is not checked as an artifact: {check}"
        f"artifacts = [] in {POLICY_TABLE} says that it is none"
    )


def _root_of_file(path: Path, asked: Asked) -> Path:
    """Return the root of an artifact that is named alone: what ``pytest artifacts/`` would have taken, where possible.

    An id that was printed for ``pytest artifacts/`` is then judged with the same links, and the same planted
    configuration is refused.
    """
    if path.is_relative_to(asked.cwd) and path.parent != asked.cwd:
        top = asked.cwd / path.relative_to(asked.cwd).parts[0]
        if look(top, asked.modules).python is None:
            return top
    return root_of(path)


def _refuse_module(plan: RunPlan, arg: str, path: Path) -> None:
    if path.suffix == ".py" and path.is_file():
        root = next(text for root, text in zip(plan.roots, plan.shown, strict=True) if path.is_relative_to(root))
        raise pytest.UsageError(
            f"mlmonitor: {arg} is not run: {root} is data in this run, and nothing below it is a test. "
            f"Name the directory that holds nothing but artifacts: --mlmonitor=DIR, or artifacts in {POLICY_TABLE}"
        )


def _refuse_missing(plan: RunPlan, asked: Asked, *, wanted: bool) -> None:
    """Refuse roots that are not there in a run that is to judge them: tests may run before the first artifact is written."""
    places_named = [resolved(asked.cwd, path_of(arg)) for arg in plan.rest]
    for missing, words in plan.missing:
        if wanted or any(missing.is_relative_to(one) or one.is_relative_to(missing) for one in places_named):
            raise PolicyError(words)


def _refuse_unread(plan: RunPlan, asked: Asked) -> None:
    """Refuse what lies outside the roots and holds no test: it would be passed over, and the run be green."""
    if plan.open or not (plan.declared or asked.options):
        return
    for arg in plan.rest:
        path = resolved(asked.cwd, path_of(arg))
        if path.is_dir():
            _refuse_directory(plan, asked, arg, path)
        elif path.is_file():
            data = path.name.endswith(DATA) and not asked.others
            if data or path.name in BUNDLE_FILES or is_anchor(path.name, path.parent.name):
                raise _unread(plan, arg, f"{arg} lies outside", shown(path.parent))
        elif asked.pyargs:
            _refuse_package(plan, asked, arg)


def _refuse_directory(plan: RunPlan, asked: Asked, arg: str, path: Path) -> None:
    found = look(path, (*asked.modules, *asked.collected), plan.roots)
    # Whoever names a root on the command line is told of data beside it that only a planted module makes code.
    doubtful = found.doubtful is not None and bool(asked.options)
    if found.tests is not None and not doubtful:
        return
    if plan.around(path):
        if found.anchor is not None:
            home = found.anchor if found.anchor.is_dir() else found.anchor.parent
            raise _unread(plan, arg, f"{arg} also holds artifacts ({shown(found.anchor)}) outside", shown(home))
    elif found.anchor is not None or not asked.others or data_below(path) is not None:
        raise _unread(plan, arg, f"{arg} holds no test, and lies outside", path_of(arg))


def _unread(plan: RunPlan, arg: str, what: str, place: str) -> pytest.UsageError:
    roots = ", ".join(plan.shown) or "none is there yet"
    again = "".join(f"--mlmonitor={_quoted(text)} " for text in plan.shown)
    ways = (
        f"add {place} to artifacts in {plan.policy or 'MLMONITOR_ARTIFACTS'}, check it alone (--mlmonitor={_quoted(place)})"
        if plan.declared
        else f"check both: pytest {again}--mlmonitor={_quoted(place)}"
    )
    return pytest.UsageError(
        f"mlmonitor: {what} the artifact roots of this run ({roots}): nothing would read it. "
        f"To have it checked, {ways}; else leave {arg} out"
    )


def _refuse_package(plan: RunPlan, asked: Asked, arg: str) -> None:
    """Refuse the name of a package that lies in data: pytest imports it to find out where it is."""
    top = resolved(asked.cwd, arg.split(".", 1)[0])
    if "/" in arg or not top.is_dir() or plan.open:
        return
    found = look(top, asked.modules)
    if plan.holds(top) or (found.anchor is not None and (found.tests is None or found.doubtful is not None)):
        raise pytest.UsageError(
            f"mlmonitor: --pyargs {arg} would import {shown(top)}, which holds artifacts: name it as a path"
        )


def _note_unjudged(plan: RunPlan, asked: Asked) -> None:
    if plan.declared and not plan.automatic and asked.args:
        there = [f"{', '.join(plan.shown)} not checked: the arguments lie outside (`pytest` alone checks it)"] * bool(
            plan.shown
        )
        plan.notes.append("; ".join([*there, *(words for _, words in plan.missing)]))
    elif plan.roots and not plan.declared and not asked.options:
        plan.notes += _data(plan, asked)


def _data(plan: RunPlan, asked: Asked) -> Iterator[str]:
    for arg in plan.rest:
        path = resolved(asked.cwd, path_of(arg))
        if path.is_dir() and not plan.around(path) and look(path, asked.modules).tests is None:
            found = data_below(path)
            if found is not None:
                yield next_step(arg, path, found)


def next_step(arg: str, path: Path, found: Path) -> str:
    """Return what to type where a directory holds data that nobody declared."""
    return (
        f"{shown(path)} holds no test, but data ({shown(found)}): "
        f"`pytest --mlmonitor={_quoted(path_of(arg))}` checks what lies there, "
        f"`mlmonitor init {_quoted(path_of(arg))}` writes a project for what needs one"
    )


def _quoted(text: str) -> str:
    return shlex.quote(path_of(text))
