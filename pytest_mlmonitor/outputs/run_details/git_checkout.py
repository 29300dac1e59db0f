"""The commit and the branch of a project, as git's own files say them: no other program is started.

Sources: "gitrepository-layout" and "git-worktree" of git 2.43. A repository that keeps its references in another form
(``reftable``) says nothing here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pytest_mlmonitor.core.files.opening import Refused, read_bytes

_SMALL = 1 << 16
_LARGE = 64 << 20
"""Bytes of packed references that are read: a million of them are some sixty."""

_LINKS = 5
"""So often a reference may name another one."""

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REFERENCE = re.compile(r"refs/[^\x00-\x20~^:?*\[\\\x7f]+")
_SCP = re.compile(r"(?:[\w.-]+@)?([\w.-]+):(?!/)(.+)")
_PATH = re.compile(r"[\w.~-]+(?:/[\w.~-]+)+", re.ASCII)

_COMMIT_PAGES = {
    "gitlab": "-/commit",
    "bitbucket": "commits",
    "github": "commit",
    "codeberg": "commit",
    "gitea": "commit",
}
"""By a word of a host's name, where it shows commits."""


@dataclass(frozen=True)
class GitCheckout:
    """What a repository is at.

    Attributes:
        commit: its whole name; None before the first one.
        branch: None where none is checked out.
        remote: the address of ``origin``, as it is configured.
    """

    commit: str | None
    branch: str | None
    remote: str | None = None

    @property
    def commit_page(self) -> str | None:
        """Where the commit is seen, by the host of ``origin``; None where nobody knows how that host calls it."""
        return commit_page(self.remote, self.commit) if self.remote and self.commit else None


def git_checkout(place: Path) -> GitCheckout | None:
    """Return what the repository around a directory is at; None where there is none, or it cannot be read."""
    directory = _git_directory(place)
    if directory is None:
        return None
    common = _common(directory)
    head = _text(directory / "HEAD")
    if head is None:
        return None
    name = _named(head)
    branch = name.removeprefix("refs/heads/") if name is not None and name.startswith("refs/heads/") else None
    if branch == ".invalid":  # so ``reftable`` says that what stands here is not true
        return None
    return GitCheckout(_commit(head, directory, common), branch, _origin(common))


def commit_page(remote: str, commit: str) -> str | None:
    """Return where a commit is seen; never with a user, a password or a token in it.

    >>> commit_page("git@github.com:acme/bikes.git", "4f2c")
    'https://github.com/acme/bikes/commit/4f2c'
    >>> commit_page("https://me:token@gitlab.example/acme/bikes", "4f2c")
    'https://gitlab.example/acme/bikes/-/commit/4f2c'
    >>> commit_page("/srv/git/bikes.git", "4f2c")
    """
    host, path, port = _host_and_path(remote)
    path = path.strip("/").removesuffix(".git")
    page = next((page for word, page in _COMMIT_PAGES.items() if word in host.lower()), None)
    if page is None or not _PATH.fullmatch(path) or ".." in path.split("/"):
        return None
    return f"https://{host}{f':{port}' if port else ''}/{path}/{page}/{commit}"


def _host_and_path(remote: str) -> tuple[str, str, int | None]:
    scp = _SCP.fullmatch(remote)
    if scp is not None and "://" not in remote:
        return scp[1], scp[2], None
    try:
        parts = urlsplit(remote)
        web = parts.scheme in ("http", "https")
        if not web and parts.scheme not in ("ssh", "git", "git+ssh"):
            return "", "", None
        host = parts.hostname or ""
        return (
            (host, parts.path, parts.port if web else None)
            if re.fullmatch(r"[\w.-]+", host, re.ASCII)
            else ("", "", None)
        )
    except ValueError:
        return "", "", None


def _git_directory(place: Path) -> Path | None:
    for directory in (place, *place.parents):
        found = directory / ".git"
        if found.is_dir():
            return found
        if found.is_file():  # a worktree, or a submodule
            said = _text(found) or ""
            return directory / said.removeprefix("gitdir:").strip() if said.startswith("gitdir:") else None
    return None


def _common(directory: Path) -> Path:
    """Return where references lie that worktrees share."""
    said = _text(directory / "commondir")
    return directory / said if said else directory


def _commit(said: str, directory: Path, common: Path) -> str | None:
    for _ in range(_LINKS):
        name = _named(said)
        if name is None:
            return said if _COMMIT.fullmatch(said) else None
        found = _text(directory / name) or _text(common / name)
        if found is None:
            return _packed(common, name)
        said = found
    return None


def _named(said: str) -> str | None:
    """Return the reference that a reference names, None where it names none of git's."""
    name = said.removeprefix("ref:").strip()
    return name if said.startswith("ref:") and _REFERENCE.fullmatch(name) and ".." not in name.split("/") else None


def _packed(common: Path, name: str) -> str | None:
    try:
        data = read_bytes(common / "packed-refs", _LARGE)
    except Refused:
        return None
    found = re.search(rb"^([0-9a-f]{40,64}) " + re.escape(name.encode()) + rb"\r?$", data, re.MULTILINE)
    return found[1].decode() if found is not None and _COMMIT.fullmatch(found[1].decode()) else None


def _origin(common: Path) -> str | None:
    """Return the address of ``origin``; what other files are included from is not asked."""
    section = None
    for line in map(str.strip, (_text(common / "config") or "").splitlines()):
        if line.startswith("["):
            section = line
        elif section == '[remote "origin"]':
            key, _, value = line.partition("=")
            if key.strip().lower() == "url":
                return value.strip().strip('"')
    return None


def _text(path: Path) -> str | None:
    try:
        return read_bytes(path, _SMALL).decode("utf-8").strip() or None
    except (Refused, UnicodeDecodeError, ValueError):
        return None
