"""The layouts in which file-based model registries are written, and what one entry of any of them says.

There is no standard. Platforms agree on what they record of a version (name, version, stage, run, metrics, paths, times)
and differ in what they call it and how they nest it; this module knows the words and the nestings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_mlmonitor.core.text.versions import version_key

EntryPath = tuple[str | int, ...]

VERSION = ("version", "model_version", "version_tag", "version_id", "model_id", "id")
NAME = ("model_name", "registered_model_name", "name")
STAGE = ("stage", "current_stage", "status", "alias")
RUN = ("run_id", "mlflow_run_id", "training_run_id")
METRICS = ("metrics", "test_metrics", "eval_metrics", "performance", "performance_metrics", "evaluation", "scores")
PATHS = (
    *("path", "model_path", "artifact_path", "file_path", "file", "model_file", "model_filename", "artifact"),
    *("model_uri", "artifact_uri", "uri", "pipeline_path", "preprocessor_path", "scaler_path", "encoder_path"),
)
FLAGS = ("is_production", "in_production", "is_champion", "champion", "production")
"""Keys of an entry that, when true, put it in production."""

LIVE = frozenset({"production", "prod", "champion", "live"})
"""Stages that mean production. ``active`` is not among them: many registries call every usable version active."""

STAGES = ("staging", "candidate", "challenger", "shadow", "archived")
"""Keys of a registry that is written by stage; ``production`` is among the pointers."""

POINTERS = (
    *("production_version", "champion_version", "active_version", "current_version", "active_model_version"),
    *("current_production", "production", "champion"),
)
"""Keys of a registry, or of one model in it, whose value names the version in production."""

ENTRIES = ("models", "versions", "registered_models", "model_versions", "entries", "history")
"""Keys that hold a registry's entries, as a list or an object."""

METRIC_WORDS = (
    *("rmse", "mae", "mse", "mape", "smape", "r2", "r2_score", "accuracy", "precision", "recall", "f1", "f1_score"),
    *("auc", "roc_auc", "pr_auc", "average_precision", "log_loss", "logloss", "brier"),
)
"""Metrics that are also written beside the other fields of an entry, with or without the name of a split."""

_SPLITS = ("test_", "val_", "validation_", "train_")
_A_VERSION = re.compile(r"v?[0-9][\w.+-]*", re.IGNORECASE)
_V = re.compile(r"^[vV](?=[0-9])")


@dataclass
class RegistryLayout:
    """What a document holds, as written.

    Attributes:
        entries: (where, the entry, the model name and the version that its place says).
        pointers: (where, model name, version) of what is said to be in production.
        odd: places where an entry or a version was expected, and something else stands.
        known: whether the document is in any layout that is known.
    """

    entries: list[tuple[EntryPath, Mapping[str, Any], str | None, str | None]] = field(default_factory=list)
    pointers: list[tuple[EntryPath, str | None, str]] = field(default_factory=list)
    odd: list[tuple[EntryPath, object]] = field(default_factory=list)
    known: bool = True
    _seen: set[tuple[str | None, str]] = field(default_factory=set)

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


def registry_layout(data: Mapping[str, Any]) -> RegistryLayout:
    """Find the entries of a ``model_registry.json``.

    Known are a list or object of entries below one of :data:`ENTRIES`; models by name with their versions below them;
    entries by stage (``{"production": {…}}``); a document that is one entry; and pointers beside any of them.
    """
    layout = RegistryLayout()
    name = text_of(data, NAME)
    found = False
    for key in ENTRIES:
        # A list called history is a log of promotions, in which a version may come twice.
        if isinstance(data.get(key), dict if key == "history" else list | dict):
            found = True
            _container(data[key], (key,), name, layout)
    found = _by_stage(data, name, layout) or found
    found = _pointers(data, (), name, layout) or found
    if not found and is_entry(data):
        layout.add((), data, name)
        found = True
    if not found:  # {"model": {…}, …}, the names of models at the top
        inside = {k: v for k, v in data.items() if isinstance(v, dict) and (is_entry(v) or _holds_entries(v))}
        found = bool(inside)
        _container(inside, (), None, layout)
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


def _container(value: object, at: EntryPath, name: str | None, layout: RegistryLayout) -> None:
    pairs = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    for key, child in pairs:
        here = (*at, key)
        word = key if isinstance(key, str) else None
        if isinstance(child, list) and word is not None:
            _container(child, here, word, layout)
        elif not isinstance(child, dict):
            layout.odd.append((here, child))
        elif _holds_entries(child):
            _model(child, here, text_of(child, NAME) or word or name, layout)
        else:
            called, version = text_of(child, NAME), text_of(child, VERSION)
            by_version = word is not None and (
                called is not None
                or (version is not None and same_version(version, word))
                or (version is None and _A_VERSION.fullmatch(word) is not None)
            )
            fallback = None if by_version else word
            layout.add(here, child, called or fallback or name, word if by_version else None)


def _holds_entries(value: Mapping[str, Any]) -> bool:
    return any(
        isinstance(value.get(key), list | dict) and value[key] for key in ("versions", "model_versions", "history")
    )


def _model(value: Mapping[str, Any], at: EntryPath, name: str | None, layout: RegistryLayout) -> None:
    for key in ("versions", "model_versions", "history"):
        if isinstance(value.get(key), list | dict):
            _container(value[key], (*at, key), name, layout)
    _pointers(value, at, name, layout)


def _pointers(data: Mapping[str, Any], at: EntryPath, name: str | None, layout: RegistryLayout) -> bool:
    """Collect what a document or a model says is in production; return whether any key that says so is there."""
    found = False
    stages = data.get("stages") if isinstance(data.get("stages"), dict) else data.get("aliases")
    places: list[tuple[EntryPath, object]] = [((*at, key), data[key]) for key in POINTERS if key in data]
    if isinstance(stages, dict):
        places += [((*at, "stages", key), value) for key, value in stages.items() if key.lower() in LIVE]
        found = True
    for where, value in places:
        if isinstance(value, bool):
            continue  # the flag of an entry
        found = True
        if value is None:
            continue  # nothing is in production yet
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
    return found


def _an_entry(value: object) -> bool:
    return isinstance(value, dict) and is_entry(value)


def is_entry(value: Mapping[str, Any]) -> bool:
    """Return whether an object says anything that an entry says."""
    if any(text_of(value, keys) is not None for keys in (VERSION, NAME, RUN, PATHS)):
        return True
    return any(isinstance(value.get(key), dict) for key in METRICS) or any(map(metric_word, value))


def metric_word(key: str) -> bool:
    """Return whether a key is the name of a metric that is known, with or without that of a split before it."""
    lower = key.lower()
    return lower in METRIC_WORDS or any(lower.startswith(s) and lower.removeprefix(s) in METRIC_WORDS for s in _SPLITS)


def as_version(value: object) -> str | None:
    """Return a version as text; registries that count write numbers."""
    if isinstance(value, str):
        return value if value.strip() else None
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def text_of(value: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    """Return the first of the fields ``keys`` that is there, as text."""
    return next((text for text in (as_version(value.get(key)) for key in keys) if text is not None), None)


def version_form(version: str) -> str:
    """Return a form in which equal versions are equal: ``v3`` = ``V3`` = 3, timestamps as instants."""
    return version_key(_V.sub("", version.strip()))


def same_version(one: str, other: str) -> bool:
    """Return whether two texts name one version."""
    return version_form(one) == version_form(other)


def times_of(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the fields of an entry that say when something happened, as text."""
    for key, text in value.items():
        timely = key.endswith(("_at", "_timestamp")) or key in (
            "timestamp",
            "promoted_on",
            "trained_on",
            "training_date",
        )
        if timely and isinstance(text, str) and text.strip():
            yield key, text
