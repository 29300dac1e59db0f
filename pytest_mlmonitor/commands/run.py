"""``mlmonitor run``: pytest, started in the form in which nothing that others wrote is read as configuration or run.

Of a path that stands alone pytest takes its rootdir and its configuration, before any plugin is loaded. So the configuration is
named (``-c``), and directories are named in one word (``--mlmonitor=DIR``).
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from pytest_mlmonitor.commands.roots import BadInput, in_one_tree
from pytest_mlmonitor.core.policy.places import (
    POLICY_FILES,
    PolicyError,
    has_policy,
    is_url,
    policy_file,
    policy_named,
    policy_table,
    project_around,
    roots_of,
    roots_of_environment,
)
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.front_door import look, root_of

USAGE = 4
"""As pytest ends where it was called wrongly."""

_ALWAYS_READ = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini")
_NO_FILE = os.devnull


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})(run)


def run(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH]... [PYTEST OPTIONS]", help="directories of artifacts, or ids; then options of pytest"
        ),
    ] = None,
) -> NoReturn:
    """Check PATH (or what the policy declares) with pytest; nothing that lies there is run or read as configuration.

    For directories that others write: ``pytest DIR`` obeys a pytest.ini in DIR before any plugin is loaded. What follows the first
    option goes to pytest as it is, and the exit code is pytest's.
    """
    try:
        command, environment = command_of(words or [], Path.cwd(), os.environ)
    except (BadInput, PolicyError, OSError) as error:
        print(f"mlmonitor: {safe(str(error))}", file=sys.stderr)
        raise typer.Exit(USAGE) from None
    sys.stdout.flush()
    os.execve(command[0], command, environment)  # noqa: S606 -- signals and exit codes are pytest's own


def command_of(words: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Return the command that takes this one's place, and its environment.

    Args:
        words: those of this command.
        cwd: where it was called.
        environ: its environment.

    Raises:
        BadInput: a path does not exist, or nothing says what to check.
        PolicyError: the policy cannot be read.
    """
    named_first = list(takewhile(lambda word: not word.startswith("-"), words))
    options = [*(f"--mlmonitor={one}" for one in named_first if is_url(one)), *words[len(named_first) :]]
    paths = [one for one in named_first if not is_url(one)]
    places = [_existing(path, cwd) for path in paths]
    data = [place for path, place in zip(paths, places, strict=True) if place.is_dir() and "::" not in path]
    project = _outside(cwd.resolve(), data)
    given = _configuration_given(options)
    policy = _policy_of(Path(cwd, given[1]) if given else None, project)
    table = policy_table(policy) if policy is not None else {}
    declared = roots_of_environment(environ) or roots_of(table)
    if not paths and not declared and not any(map(_is_root_option, options)):
        raise BadInput(
            "nothing to check: name a directory (before any option): mlmonitor run DIR, "
            'or declare it: artifacts = ["DIR"] in [tool.mlmonitor] of pyproject.toml'
        )
    roots = [Path(one).resolve() for one in declared]
    if given is None and policy is not None:
        _refuse_planted(policy, cwd.resolve(), data)
    elif given is None:
        _say_unread(cwd.resolve(), project, paths)
    if given is not None:
        options = [*options[: given[0]], *_read_by_pytest(Path(cwd, given[1]), given[1]), *options[given[2] :]]
    else:
        options = [*_configuration(policy, project, options), *options]
    named = list(paths)
    if any(map(_is_root_option, options)) or not all(_is_declared(place, roots, policy) for place in places):
        named = _as_roots(paths, places, roots, cwd.resolve())
    named = [f"--mlmonitor={one}" if "::" in one and not one.startswith("-") else one for one in named]
    environment = dict(environ)
    if any(cwd.resolve().is_relative_to(place) for place in (*data, *roots)):
        environment["PYTHONSAFEPATH"] = "1"  # for workers: modules where we stand are data
    # -p goes before whatever switches the plugin off: an option here, a variable
    return [sys.executable, "-P", "-m", "pytest", "-p", "mlmonitor", *options, *named], environment


def policy_of_words(words: Sequence[str], cwd: Path) -> Path | None:
    """Return the policy that ``mlmonitor run WORDS`` reads, None without one.

    Args:
        words: of which :func:`command_of` made a command.
        cwd: where it was called.

    Raises:
        PolicyError: it cannot be read.
    """
    paths = list(takewhile(lambda word: not word.startswith("-"), words))
    places = [Path(cwd, path) for path in paths if not is_url(path) and "::" not in path]
    given = _configuration_given(words[len(paths) :])
    project = _outside(cwd.resolve(), [place.resolve() for place in places if place.is_dir()])
    return _policy_of(Path(cwd, given[1]) if given else None, project)


def _is_root_option(word: str) -> bool:
    return word.partition("=")[0] == "--mlmonitor"


def _is_declared(place: Path, roots: Sequence[Path], policy: Path | None) -> bool:
    """Return whether a place lies in the declared roots, or is the directory of the project that declares them (or one above)."""
    return any(map(place.is_relative_to, roots)) or (policy is not None and policy.resolve().is_relative_to(place))


def _as_roots(paths: Sequence[str], places: Sequence[Path], roots: Sequence[Path], cwd: Path) -> list[str]:
    """Return the words that make data of directories, and of the directories in which files lie: pytest imports nothing there."""
    words: list[str] = []
    for path, place in zip(paths, places, strict=True):
        if "::" in path:
            words.append(path)
        elif place.is_dir():
            words.append(f"--mlmonitor={path}")
        else:
            root = next((one for one in roots if place.is_relative_to(one)), None) or _root_of_file(place, cwd)
            words += [f"--mlmonitor={os.path.relpath(root, cwd) if root.is_relative_to(cwd) else root}", path]
    return list(dict.fromkeys(words))


def _root_of_file(file: Path, cwd: Path) -> Path:
    """Return the root of a file that is named alone: the directory that would have been named, so that links are the same."""
    if file.is_relative_to(cwd) and file.parent != cwd:
        top = cwd / file.relative_to(cwd).parts[0]
        if look(top).tests is None:
            return top
    return root_of(file)


def _refuse_planted(policy: Path, cwd: Path, data: Sequence[Path]) -> None:
    """Refuse a policy beside what is to be checked, where somebody stands in it: whoever writes there could choose it.

    Raises:
        PolicyError: it lies so, and no policy further up declares the place.
    """
    if any(cwd.is_relative_to(place) and in_one_tree(policy.parent.resolve(), place) for place in data):
        raise PolicyError(
            f"unsafe: the policy {policy} lies beside the artifacts that you stand in, where whoever writes them can change it; "
            f"start where your own policy is, or name it: -c {policy}"
        )


def _say_unread(cwd: Path, project: Path, paths: Sequence[str]) -> None:
    """Say which policy lies in what is to be checked: somebody who stands in a project of their own would miss it."""
    inside = [one for one in (cwd, *cwd.parents) if one.is_relative_to(project) and one != project]
    for file in (one / name for one in inside for name in POLICY_FILES):
        try:
            found = file.is_file() and has_policy(file)
        except (PolicyError, OSError):
            found = False
        if found:
            print(
                f"mlmonitor: {safe(str(file))} lies in what is checked ({safe(', '.join(paths))}), and is not read. "
                f"If it is yours, name the directory of the artifacts instead, or the file: -c {safe(str(file))}",
                file=sys.stderr,
            )
            return


def _existing(path: str, cwd: Path) -> Path:
    place = Path(cwd, path.split("::", 1)[0])
    if not place.exists():
        raise BadInput(f"{path}: does not exist")
    return place.resolve()


def _outside(directory: Path, data: Sequence[Path]) -> Path:
    """Return the directory, or the first one above it that does not lie in what is to be checked."""
    return next(
        one for one in (directory, *directory.parents) if one.parent == one or not any(map(one.is_relative_to, data))
    )


def _policy_of(given: Path | None, project: Path) -> Path | None:
    """Return the policy: that of the named file, or of the project around."""
    if given is not None:
        return policy_named(given) if given.is_file() else None
    directory = project_around(project)
    return policy_file(directory) if directory is not None else None


def _configuration_given(options: Sequence[str]) -> tuple[int, str, int] | None:
    """Return where among the options ``-c`` stands, its file, and where the next option begins; None without it."""
    for i, word in enumerate(options):
        if word in ("-c", "--config-file") and i + 1 < len(options):
            return i, options[i + 1], i + 2
        if word.startswith("--config-file="):
            return i, word.partition("=")[2], i + 1
        if word.startswith("-c") and not word.startswith("--"):
            return i, word[2:], i + 1
    return None


def _configuration(policy: Path | None, project: Path, options: Sequence[str]) -> list[str]:
    """Return the options that name what pytest is to read beside a policy."""
    if policy is not None:
        return _read_by_pytest(policy, str(policy))
    rootdir = [] if any(word.startswith("--rootdir") for word in options) else [f"--rootdir={project}"]
    return ["-c", _NO_FILE, *rootdir]


def _read_by_pytest(file: Path, text: str) -> list[str]:
    """Return the options for a file that holds, or is, a policy: pytest wants one of its own.

    Without any, the rootdir says where the policy is.
    """
    if file.name not in ("pyproject.toml", "mlmonitor.toml") or not file.is_file():
        return ["-c", text]
    directory = file.parent
    found = next((directory / name for name in _ALWAYS_READ if (directory / name).is_file()), None)
    own = directory / "pyproject.toml"
    tables = tomllib.loads(own.read_text(encoding="utf-8")).get("tool", {}) if own.is_file() else {}
    if found is None and "pytest" not in tables:
        found = next((directory / name for name, section in _SECTIONS.items() if _has(directory / name, section)), None)
    if found is None and own.is_file():
        found = own
    if found is not None:
        return ["-c", str(found)]
    return ["-c", _NO_FILE, f"--rootdir={directory}"]


_SECTIONS = {"tox.ini": "[pytest]", "setup.cfg": "[tool:pytest]"}


def _has(file: Path, section: str) -> bool:
    return file.is_file() and section in file.read_text(encoding="utf-8", errors="replace").splitlines()
