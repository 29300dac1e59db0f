"""The layouts in which file-based model registries are written.

There is no standard. Platforms differ in how they nest what they record of a version; this module knows the nestings, and
:mod:`pytest_mlmonitor.registries.registry_words` the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_mlmonitor.core.text.versions import version_form
from pytest_mlmonitor.registries.registry_words import (
    ENTRIES,
    LIVE,
    NAME,
    POINTERS,
    RUN,
    STAGES,
    VERSION,
    as_version,
    is_entry,
    same_version,
    text_of,
)

EntryPath = tuple[str | int, ...]

_NESTED = ("versions", "model_versions", "latest_versions")
"""Keys of a model that hold its versions; MLflow's ``latest_versions`` the newest one of each stage only."""

_A_VERSION = re.compile(r"v?[0-9][\w.+-]*", re.IGNORECASE)


@dataclass
class RegistryLayout:
    """What a document holds, as written.

    Attributes:
        entries: (where, the entry, the model name and the version that its place says).
        pointers: (where, model name, version) of what is said to be in production.
        empty: (where, model name) of pointers that say that nothing is.
        aliases: (where, model name, alias, version) of names for versions.
        log: (where, model name, what happened) of lists of past changes.
        latest: models of which only the newest version of each stage is listed.
        odd: places where an entry or a version was expected, and something else stands.
        known: whether the document is in any layout that is known.
    """

    entries: list[tuple[EntryPath, Mapping[str, Any], str | None, str | None]] = field(default_factory=list)
    pointers: list[tuple[EntryPath, str | None, str]] = field(default_factory=list)
    empty: list[tuple[EntryPath, str | None]] = field(default_factory=list)
    aliases: list[tuple[EntryPath, str | None, str, str]] = field(default_factory=list)
    log: list[tuple[EntryPath, str | None, Mapping[str, Any]]] = field(default_factory=list)
    latest: set[str | None] = field(default_factory=set)
    odd: list[tuple[EntryPath, object]] = field(default_factory=list)
    known: bool = True
    _seen: set[tuple[str | None, str]] = field(default_factory=set)
    _waiting: list[tuple[EntryPath, object, str | None]] = field(default_factory=list)

    def add(
        self,
        at: EntryPath,
        entry: Mapping[str, Any],
        name: str | None,
        version: str | None = None,
        *,
        once: bool = False,
    ) -> None:
        """Add an entry; with ``once`` not if its version has one: registries repeat what is in production at the top."""
        said = text_of(entry, VERSION) or version
        key = (name, version_form(said)) if said is not None else None
        if not (once and key in self._seen):
            self.entries.append((at, entry, name, version))
        if key is not None:
            self._seen.add(key)

    def end(self) -> None:
        """Add the newest versions of each stage where their model lists its versions nowhere else."""
        full = {name for _, _, name, _ in self.entries}
        for at, value, name in self._waiting:
            if name not in full:
                self.latest.add(name)
            for key, child in _pairs(value):
                if isinstance(child, dict):
                    self.add((*at, key), child, text_of(child, NAME) or name, once=True)
                else:
                    self.odd.append(((*at, key), child))


def registry_layout(data: Mapping[str, Any]) -> RegistryLayout:
    """Find the entries of a ``model_registry.json``.

    Known are a list or object of entries below one of :data:`ENTRIES`; models by name with their versions below them;
    the answers of MLflow's REST interface; entries by stage (``{"production": {…}}``); a document that is one entry; and
    pointers and aliases beside any of them.
    """
    layout = RegistryLayout()
    name = text_of(data, NAME)
    found = False
    for key in (*ENTRIES, "latest_versions"):
        # A list called history is a log of promotions, in which a version may come twice.
        if key == "latest_versions" and isinstance(data.get(key), list | dict):
            found = True
            layout._waiting.append(((key,), data[key], name))
        elif isinstance(data.get(key), dict if key == "history" else list | dict):
            found = True
            _container(data[key], (key,), name, layout)
    for key in ("registered_model", "model_version"):
        if isinstance(data.get(key), dict):
            found = True
            _one(data[key], (key,), None, name, layout)
    found = _by_stage(data, name, layout) or found
    found = _pointers(data, (), name, layout) or found
    _past(data, (), name, layout)
    if not found and is_entry(data):
        layout.add((), data, name)
        found = True
    if not found:  # {"model": {…}, …}, the names of models at the top
        inside = {k: v for k, v in data.items() if isinstance(v, dict) and (is_entry(v) or _is_model(v))}
        found = bool(inside)
        _container(inside, (), None, layout)
    layout.end()
    layout.known = found
    return layout


def single_layout(data: Mapping[str, Any], *, bare: bool = False) -> RegistryLayout:
    """Find the entry of a document about one version; some put it below a key of its own, with ``bare`` the version alone."""
    inside: Mapping[str, Any] = data
    at: EntryPath = ()
    if not is_entry(data):
        for key in ("production", "production_model", "model", "champion", "current"):
            value = data.get(key)
            if _an_entry(value) or (bare and as_version(value) is not None):
                inside, at = value if isinstance(value, dict) else {"version": value}, (key,)
                break
    layout = RegistryLayout(known=is_entry(inside))
    if layout.known:
        layout.add(at, inside, text_of(inside, NAME))
    return layout


def _by_stage(data: Mapping[str, Any], name: str | None, layout: RegistryLayout) -> bool:
    found = False
    for stage in STAGES:
        inside = data.get(stage)
        for i, entry in enumerate(inside if isinstance(inside, list) else [inside]):
            if isinstance(entry, dict) and is_entry(entry):
                at: EntryPath = (stage, i) if isinstance(inside, list) else (stage,)
                layout.add(at, {"stage": stage, **entry}, text_of(entry, NAME) or name, once=True)
                found = True
    return found


def _pairs(value: object) -> list[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def _container(value: object, at: EntryPath, name: str | None, layout: RegistryLayout) -> None:
    for key, child in _pairs(value):
        here, word = (*at, key), key if isinstance(key, str) else None
        if isinstance(child, list) and word is not None:
            _container(child, here, word, layout)
        elif not isinstance(child, dict):
            layout.odd.append((here, child))
        else:
            _one(child, here, word, name, layout)


def _one(child: Mapping[str, Any], here: EntryPath, word: str | None, name: str | None, layout: RegistryLayout) -> None:
    """Add what stands in a container: a model with versions below it, or an entry; ``word`` is the key it stands under."""
    if _is_model(child) or _has_none(child):
        _model(child, here, text_of(child, NAME) or word or name, layout)
        return
    called, version = text_of(child, NAME), text_of(child, VERSION)
    by_version = word is not None and (
        called is not None
        or (version is not None and same_version(version, word))
        or (version is None and _A_VERSION.fullmatch(word) is not None)
    )
    fallback = None if by_version else word
    layout.add(here, child, called or fallback or name, word if by_version else None)


def _is_model(value: Mapping[str, Any]) -> bool:
    held = [value[key] for key in _NESTED if isinstance(value.get(key), list | dict)]
    alone = text_of(value, VERSION) is None
    return any(held) or (alone and (bool(held) or _are_entries(value.get("history")) or bool(_by_version(value))))


def _has_none(value: Mapping[str, Any]) -> bool:
    """Return whether an object is a model of which no version is registered yet: MLflow writes null, or nothing."""
    alone = text_of(value, (*VERSION, *RUN)) is None and text_of(value, NAME) is not None
    return alone and any(key in value and not value[key] for key in _NESTED)


def _are_entries(value: object) -> bool:
    """Return whether a model's history is of its versions; that of a version says what became of it."""
    return any(isinstance(child, dict) and text_of(child, VERSION) is not None for _, child in _pairs(value)) or (
        isinstance(value, dict) and bool(_by_version(value))
    )


def _by_version(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stands under a version: ``{"v1": {…}, "v2": {…}}``."""
    return {key: child for key, child in value.items() if isinstance(child, dict) and _A_VERSION.fullmatch(key)}


def _model(value: Mapping[str, Any], at: EntryPath, name: str | None, layout: RegistryLayout) -> None:
    listed = [key for key in _NESTED if isinstance(value.get(key), list | dict)]
    for key in listed or ([] if not _are_entries(value.get("history")) else ["history"]):
        if key == "latest_versions":
            layout._waiting.append(((*at, key), value[key], name))
        else:
            _container(value[key], (*at, key), name, layout)
    if not listed:
        for key, child in _by_version(value).items():
            layout.add((*at, key), child, text_of(child, NAME) or name, key)
    _pointers(value, at, name, layout)
    if listed:
        _past(value, at, name, layout)


def _past(data: Mapping[str, Any], at: EntryPath, name: str | None, layout: RegistryLayout) -> None:
    """Collect lists of past changes: which version became what, and when."""
    for key in ("history", "promotions", "promotion_history", "transitions", "stage_history", "alias_history"):
        for i, change in _pairs(data.get(key)) if isinstance(data.get(key), list) else ():
            if isinstance(change, dict):
                layout.log.append(((*at, key, i), text_of(change, NAME) or name, change))


def _named_versions(data: Mapping[str, Any], name: str | None) -> Iterator[tuple[EntryPath, str | None, str, object]]:
    """Yield (where, model, alias, what it names) of ``aliases`` and ``stages``: by name, as a list, or by model and name."""
    for key in ("stages", "aliases"):
        for at, value in _pairs(data.get(key)):
            where: EntryPath = (key, at)
            if isinstance(at, str):
                by_alias = isinstance(value, dict) and not is_entry(value) and at.lower() not in LIVE and bool(value)
                if by_alias and all(as_version(v) is not None or v is None for v in value.values()):
                    yield from (((*where, alias), at, alias, version) for alias, version in value.items())
                else:
                    some = value if isinstance(value, list) and value else [value]
                    yield from ((where, name, at, version) for version in some)
            elif isinstance(value, dict):
                alias = text_of(value, ("alias", "alias_name", "name", "stage"))
                said = [value[word] for word in VERSION if word in value]
                if alias is not None and said:
                    yield where, name, alias, said[0]


def _pointers(data: Mapping[str, Any], at: EntryPath, name: str | None, layout: RegistryLayout) -> bool:
    """Collect what a document or a model says is in production; return whether any key that says so is there."""
    places: list[tuple[EntryPath, str | None, Any]] = [((key,), name, data[key]) for key in POINTERS if key in data]
    found = any(isinstance(data.get(key), dict) for key in ("stages", "aliases"))
    for where, model, alias, value in _named_versions(data, name):
        found = True
        version = as_version(value)
        if version is not None:
            layout.aliases.append(((*at, *where), model, alias, version))
        if alias.lower() in LIVE:
            places.append((where, model, value))
    for key, model, value in places:
        if isinstance(value, bool):
            continue  # the flag of an entry
        found = True
        some = _pairs(value) if isinstance(value, list) else [(None, value)]
        for i, one in some:
            _pointer((*at, *key) if i is None else (*at, *key, i), model, one, layout)
    return found


def _pointer(where: EntryPath, name: str | None, value: object, layout: RegistryLayout) -> None:
    if value is None:
        layout.empty.append((where, name))  # nothing is in production yet
        return
    inside = value if isinstance(value, dict) and is_entry(value) else {}
    called = text_of(inside, NAME) or name
    if inside:
        layout.add(where, {"stage": "production", **inside}, called, once=True)
    version = text_of(inside, VERSION) if inside else as_version(value)
    if version is not None:
        layout.pointers.append((where, called, version))
    elif isinstance(value, dict) and not inside and all(as_version(v) or _an_entry(v) for v in value.values()):
        for model, v in value.items():  # {"production": {"model": …}}
            pointed = as_version(v)
            if pointed is not None:
                layout.pointers.append(((*where, model), model, pointed))
            else:
                layout.add((*where, model), {"stage": "production", **v}, text_of(v, NAME) or model, once=True)
    elif not inside:
        layout.odd.append((where, value))


def _an_entry(value: object) -> bool:
    return isinstance(value, dict) and is_entry(value)
