"""What a run is to check: its roots, who declared them, and which arguments narrow it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from pytest_mlmonitor.core.mirror.remote_root import RemoteRoot, mirrors_below, remote_root
from pytest_mlmonitor.core.policy.places import PolicyError, is_url
from pytest_mlmonitor.core.text.names import place_of_url, shown


@dataclass(frozen=True)
class Selection:
    """An argument inside a root: a path, and the names after ``::``."""

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
        table: what is written there.
        narrowed: arguments inside the roots, and those that are the policy or a contract of it; empty means everything.
        rest: the other positional arguments, pytest's own business.
        automatic: whether the automatic items are wanted (not for ``pytest tests/`` beside roots of a policy).
        only_data: whether there is nothing for pytest itself to collect.
        passed_over: roots that the policy or the environment declares and ``--mlmonitor`` leaves out.
        missing: roots that are declared and not there (yet): where, and in words; a run that is to judge them is refused.
        notes: lines for the end of the run: what was left unjudged, and what to do about it.
        remotes: the roots that are copies of what lies at a URL.
        open: whether nothing is kept from pytest but the roots: the policy says ``artifacts = []``.
    """

    roots: list[Path] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    policy: Path | None = None
    table: Mapping[str, Any] = field(default_factory=dict)
    narrowed: list[Selection] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)
    automatic: bool = False
    only_data: bool = False
    declared: bool = False
    passed_over: list[Path] = field(default_factory=list)
    missing: list[tuple[Path, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    remotes: list[RemoteRoot] = field(default_factory=list)
    open: bool = False

    @property
    def active(self) -> bool:
        """Whether the plugin has anything to do in this run."""
        return bool(self.roots) or self.policy is not None

    def holds(self, path: Path) -> bool:
        """Return whether ``path`` (absolute, without links) is a root or lies below one."""
        return any(path == root or root in path.parents for root in self.roots)

    def around(self, path: Path) -> bool:
        """Return whether a root lies below ``path`` (absolute, without links)."""
        return any(path in root.parents for root in self.roots)

    def add(self, root: Path, text: str) -> None:
        """Add a root once."""
        if root not in self.roots:
            self.roots.append(root)
            self.shown.append(shown(root) if Path(text).is_absolute() or is_url(text) else text)

    def named(self, base: Path, text: str, origin: str) -> Path:
        """Return the place that a root's text names, absolute and without links; that of its copy for a URL.

        Raises:
            PolicyError: it is a URL that is not read.
        """
        if not is_url(text):
            return resolved(base, text)
        remote = remote_root(text, mirrors_below(self.policy, self.table), origin)
        if remote not in self.remotes:
            self.remotes.append(remote)
            remote.place.mkdir(parents=True, exist_ok=True)
        return remote.place

    def declare(self, texts: Sequence[str], base: Path, origin: str) -> None:
        """Add the roots that the policy or the environment declares; those that are not there (yet) are noted.

        Raises:
            PolicyError: one is no directory.
        """
        for text in texts:
            path = self.named(base, text, origin)
            if path.is_dir():
                self.add(path, text)
            elif path.exists():
                raise PolicyError(f"{origin}: artifact root {text} is not a directory")
            else:
                self.missing.append((path, f"{origin}: artifact root {text} does not exist"))
        self.declared = True


plan_key = pytest.StashKey[RunPlan]()


def undeclared_urls(args: Sequence[str], roots: Sequence[str]) -> list[str]:
    """Return the arguments that are URLs and lie in none of these roots: each is a root, as pytest has no path of that kind."""
    known = [root.rstrip("/") for root in roots]
    urls = [arg for arg in args if is_url(arg)]
    return [url for url in urls if not any(url.rstrip("/") == one or url.startswith(f"{one}/") for one in known)]


def path_of(arg: str) -> str:
    """Return the path of an argument, without the names after ``::``."""
    return arg.split("::", 1)[0]


def resolved(base: Path, text: str) -> Path:
    """Return the place that the path of an argument names, absolute and without links; ids are printed percent-encoded."""
    if is_url(text):
        return place_of_url(text) or place_of_url(unquote(text)) or Path(base, text)
    path = _real(Path(base, text))
    if "%" in text and not path.exists():
        decoded = _real(Path(base, unquote(text)))  # an id that we printed
        return decoded if decoded.exists() else path
    return path


def _real(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # a link to itself
        return path.absolute()
