"""By what an artifact can be found, and by what a link names one: a digest, a path, a name and version, … (specification 8)."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Literal

from pytest_mlmonitor.core.text.stamps import dated
from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.core.text.versions import version_form
from pytest_mlmonitor.core.text.words import instant

Sort = Literal["digest", "path", "name", "model", "alias", "commit"]
"""Of what identities are: each is looked up among its like. ``name`` is a name and a version, or the id of a run."""

By = Literal["digest", "path", "name", "uri", "model", "alias", "commit"]
"""By what a link names an artifact, the strongest first: a URI is an id, a model or an alias in other words."""

ORDER: tuple[By, ...] = ("digest", "path", "name", "uri", "model", "alias", "commit")

WHOLE = ""
"""In the place of a version: the name alone says which one is meant."""

_RUN, _MODEL = "runs:/", "models:/"
_DIGEST = re.compile(r"(?:(?P<form>[A-Za-z][A-Za-z0-9_-]*):)?(?P<value>[^:\s]+)")
_WITH_FORM = re.compile(r"(md5|sha-?\d+)[=-]([0-9a-f]{32,})", re.IGNORECASE)
_BY_LENGTH = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
_HEX = re.compile("[0-9A-Fa-f]+")
_SHORTEST = 7
"""Digits of a commit that git shows at least."""
_DATA = (".parquet", ".csv", ".jsonl", ".json")
_BELOW_A_RUN = ("artifacts", "output")
"""Directories that MLflow and SageMaker make below that of a run or a job, and models lie in."""


@dataclass(frozen=True, slots=True)
class KnownBy:
    """One thing by which an artifact can be found.

    Attributes:
        sort: what it is.
        key: a form in which equal ones are equal.
        text: as people write it.
    """

    sort: Sort
    key: Hashable
    text: str


@dataclass(frozen=True, slots=True)
class Saying:
    """One thing by which a link names an artifact.

    Attributes:
        by: what it is.
        sort: the identities among which it is looked up.
        keys: any of which may be meant.
        text: as it is written.
    """

    by: By
    sort: Sort
    keys: tuple[Hashable, ...]
    text: str


@dataclass(frozen=True)
class Link:
    """A link that an artifact says of itself; what is not said is None.

    The strongest identity that is known links; all others that are known must agree.

    Attributes:
        role: what the other artifact is to this one, e.g. ``trained_on``.
        kind: the other artifact's kind.
        name: what it is called: a dataset's name, a run's id.
        version: of it, where the kind has versions.
        location: ``file:line`` where it is said.
        digest: of its data: ``md5:…``, ``sha256:…``; without a form its length says which.
        path: where it lies, as written; data, never opened as it stands.
        commit: of the repository that it came from.
        uri: ``runs:/ID/…``, ``models:/NAME/VERSION``, ``models:/NAME@ALIAS``; of another URI or path the last segment is an id.
        model: the name of a model that it made.
        model_version: the version of that model, or of the only one.
        alias: what a registry calls that version.
        rows: how many it has: tells apart what has one name, and no more.
        one: whether one version of it is meant: a name alone then leads to what has no versions only.
    """

    role: str
    kind: str
    name: str | None = None
    version: str | None = None
    location: str | None = None
    digest: str | None = None
    path: str | None = None
    commit: str | None = None
    uri: str | None = None
    model: str | None = None
    model_version: str | None = None
    alias: str | None = None
    rows: int | None = None
    one: bool = False

    def sayings(self) -> Iterator[Saying]:
        """Yield what it says, the strongest first, but for its path, which whoever knows the roots resolves."""
        digest = digest_form(self.digest) if self.digest is not None else None
        if digest is not None and self.digest is not None:
            yield Saying("digest", "digest", (digest,), self.digest)
        if self.name is not None:
            text = self.name if self.version is None else f"{self.name}@{self.version}"
            called = (self.name, *_stems(self.name)) if self.one else (self.name,)
            yield Saying("name", "name", tuple((name, form) for name in called for form in _forms(self.version)), text)
        if self.uri is not None:
            yield from _of_uri(self.uri)
        if self.model_version is not None:
            form = version_form(self.model_version)
            models = ("",) if self.model is None else (self.model, None)
            text = self.model_version if self.model is None else f"{self.model}@{self.model_version}"
            yield Saying("model", "model", tuple((model, form) for model in models), text)
        if self.alias is not None:
            keys = tuple((model, self.alias.lower()) for model in (("",) if self.model is None else (self.model, None)))
            yield Saying("alias", "alias", keys, self.alias if self.model is None else f"{self.model}@{self.alias}")
        if self.commit is not None:
            yield Saying("commit", "commit", (_short(self.commit),), self.commit)

    @property
    def said(self) -> Link:
        """What it says, wherever it says it: the same for links that say the same."""
        return replace(self, location=None)


def names(name: str, *versions: str | None) -> Iterator[KnownBy]:
    """Yield the identities of what has a name, and maybe a version: one that is a time compares as an instant.

    Args:
        name: of a dataset, or the id of a run.
        versions: what it is called, as text; or a moment in ISO-8601.
    """
    yield KnownBy("name", (name, None), name)
    for version in versions:
        if version is not None:
            yield from (KnownBy("name", (name, form), version) for form in _forms(version))


def whole(name: str) -> KnownBy:
    """Return the identity of a version whose name alone says which it is, such as the stem of a dated file."""
    return KnownBy("name", (name, WHOLE), name)


def models(model: str | None, version: str) -> Iterator[KnownBy]:
    """Yield the identities of a version of a model; None is the only model of a registry, which has no name."""
    form = version_form(version)
    text = version if model is None else f"{model}@{version}"
    yield from (KnownBy("model", (name, form), text) for name in (model, ""))


def aliases(model: str | None, alias: str) -> Iterator[KnownBy]:
    """Yield the identities of a version of a model that a registry calls by an alias or a stage."""
    text = alias if model is None else f"{model}@{alias}"
    yield from (KnownBy("alias", (name, alias.lower()), text) for name in (model, ""))


def commit(text: str) -> KnownBy:
    """Return the identity of what came from a commit."""
    return KnownBy("commit", _short(text), text)


def same_commit(one: str, other: str) -> bool:
    """Return whether two texts may be one commit: git shortens them.

    >>> same_commit("9F86D08", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"), same_commit("v1", "v10")
    (True, False)
    """
    short, long = sorted((one.strip().lower(), other.strip().lower()), key=len)
    return short == long or (len(short) >= _SHORTEST and _HEX.fullmatch(long) is not None and long.startswith(short))


def digest(text: str) -> Iterator[KnownBy]:
    """Yield the identity of what has a digest, nothing for a text that is none."""
    form = digest_form(text)
    if form is not None:
        yield KnownBy("digest", form, text)


def path(place: Path) -> KnownBy:
    """Return the identity of what lies at a place: an absolute path."""
    return KnownBy("path", place, place.name)


def digest_form(text: str) -> tuple[str, str] | None:
    """Return the form of a digest and its value, in which equal ones are equal; None for what is none.

    >>> digest_form("SHA-256:9F86D0"), digest_form("d41d8cd98f00b204e9800998ecf8427e")
    (('sha256', '9f86d0'), ('md5', 'd41d8cd98f00b204e9800998ecf8427e'))
    """
    found = _DIGEST.fullmatch(_WITH_FORM.sub(r"\1:\2", text.strip()))
    if found is None:
        return None
    value = found["value"].lower()
    said = found["form"] or (_BY_LENGTH.get(len(value)) if _HEX.fullmatch(value) else None)
    return ((said or "").lower().replace("-", "").replace("_", ""), value)


def _forms(version: str | None) -> tuple[str | None, ...]:
    """Return what may stand for a version: its text, and as an instant where it is a time in a form that is known."""
    if version is None:
        return (None,)
    moment = _moment(version)
    return (version,) if moment is None else (version, moment)


def _stems(name: str) -> tuple[str, ...]:
    """Return what a file is called, where a name is that of a file."""
    last = name.rstrip("/").rsplit("/", 1)[-1]
    suffix = next((one for one in _DATA if last.lower().endswith(one)), None)
    return (last[: -len(suffix)],) if suffix is not None else ()


def _short(text: str) -> str:
    """Return that of a commit in which all ways to write it are alike."""
    clean = text.strip().lower()
    return clean[:_SHORTEST] if _HEX.fullmatch(clean) else clean


def _moment(version: str) -> str | None:
    try:
        return instant(parse_timestamp(version, naive_is_utc=True))
    except ValueError:
        pass
    found = dated(version)
    whole = found.stamp if not found.family else None
    return instant(whole.moment) if whole is not None and whole.moment is not None else None


def _of_uri(uri: str) -> Iterator[Saying]:
    text = uri.strip()
    if text.startswith(_RUN):
        run_id = text.removeprefix(_RUN).strip("/").split("/", 1)[0]
        yield Saying("uri", "name", ((run_id, None),), uri)
    elif text.startswith(_MODEL):
        model, at, alias = text.removeprefix(_MODEL).strip("/").partition("@")
        name, slash, version = model.partition("/")
        if at:
            yield Saying("uri", "alias", ((model, alias.lower()), (None, alias.lower())), uri)
        elif slash:
            version = version.split("/", 1)[0]
            is_stage = not any(character.isdigit() for character in version)
            form = version.lower() if is_stage else version_form(version)
            yield Saying("uri", "alias" if is_stage else "model", ((name, form), (None, form)), uri)
        else:  # MLflow's models:/m-ID
            yield Saying("uri", "name", ((name, None),), uri)
    elif text.rstrip("/"):
        *above, last = text.rstrip("/").split("/")
        runs = [one for one, below in pairwise((*above, last)) if below in _BELOW_A_RUN and one]
        yield Saying("uri", "name", tuple((one, None) for one in (last, *runs)), uri)
