"""The sources that a policy declares: its tables, the presets below them, the variables above them, each key with who says it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pytest_mlmonitor.core.kind import SECTIONS
from pytest_mlmonitor.core.policy.age_policy import ONE_LIMIT, freshness_keys
from pytest_mlmonitor.core.policy.mistakes import variable
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.sources import shipped_presets
from pytest_mlmonitor.core.policy.sources.merging import leaves, over
from pytest_mlmonitor.core.policy.sources.source_keys import Source
from pytest_mlmonitor.core.policy.sources.source_mistakes import Layer, explained, unknown_keys, without_path
from pytest_mlmonitor.core.text.names import bare, quoted, safe
from pytest_mlmonitor.core.text.near import did_you_mean

NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class DeclaredSources:
    """The sources of a policy.

    Attributes:
        sources: by name, presets merged.
        origins: who set which of their dotted keys, ``source.NAME.KEY``.
    """

    sources: dict[str, Source]
    origins: Mapping[str, str]


def declared_sources(
    table: Mapping[str, Any], environment: Mapping[str, Mapping[str, str]], file: Path | None
) -> DeclaredSources:
    """Return the sources that a policy declares.

    Args:
        table: what is written in the policy file.
        environment: by name, what variables say of sources.
        file: the policy file.

    Raises:
        PolicyError: naming every key that is wrong, its value, what is allowed, and where it was set.
    """
    origin = str(file) if file is not None else "the policy"
    declared = _tables(table.get("source", {}), "source", origin)
    own = _tables(table.get("preset", {}), "preset", origin)
    for name in sorted(environment):
        if name not in declared:
            there = f"; declared: {', '.join(sorted(declared))}" if declared else "; no source is declared"
            raise PolicyError(
                f"source.{bare(name)} in {variable(['source', name, sorted(environment[name])[0]])}: no source is called that"
                f"{did_you_mean(name, declared)}{there}: a variable only changes keys of one that stands in the policy file"
            )
    said = [words for preset in own for words in _of_preset(preset, own[preset], file)]
    if said:
        raise PolicyError(safe("; ".join(said)))
    sources: dict[str, Source] = {}
    origins: dict[str, str] = {}
    for name, keys in declared.items():
        layers = [*_presets(name, keys, environment.get(name, {}), own, file), Layer(f"source.{name}", keys, file)]
        if name in environment:
            layers.append(Layer(f"source.{name}", environment[name], None, variables=name))
        merged: dict[str, Any] = {}
        off: set[str] = set()
        for layer in layers:
            said_here, switched = _without_switches(layer.keys, merged)
            off = (off - said_here.keys()) | switched
            merged = _over(merged, said_here)
        # Unknown keys before anything else: a misspelt key is why one is missing.
        wrong = unknown_keys(layers, merged.get("kind", "dataset")) or without_path(name, layers, merged)
        if not wrong:
            try:
                sources[name] = _switched_off(Source(**merged), off)
            except ValidationError as error:
                wrong = explained(name, layers, error)
        said += wrong
        origins.update(_origins(name, layers))
    if said:
        raise PolicyError(safe("; ".join(said)))
    return DeclaredSources(sources, origins)


def _of_preset(name: str, keys: Mapping[str, Any], file: Path | None) -> list[str]:
    """Return what is wrong with a preset of the policy, whether or not a source builds on it."""
    layer = Layer(f"preset.{name}", keys, file)
    wrong = unknown_keys([layer], keys.get("kind"))
    if not wrong:
        try:
            Source(**keys)
        except ValidationError as error:
            wrong = explained(name, [layer], error)
    return wrong


def _tables(value: object, key: str, origin: str) -> dict[str, Mapping[str, Any]]:
    """Return the tables below ``source`` or ``preset``, by name."""
    example = f"[{key}.NAME]" if not origin.endswith("pyproject.toml") else f"[tool.mlmonitor.{key}.NAME]"
    if not isinstance(value, Mapping):
        raise PolicyError(f"{key} = {value!r} in {origin}: expected tables, {example}")
    for name, keys in value.items():
        if not isinstance(keys, Mapping):
            known = f"; a {key} has a name: write {example}" if name in Source.model_fields else ""
            if isinstance(keys, list) and not known:
                known = f" in single brackets: {example.replace('NAME', name)}"
            raise PolicyError(f"{key}.{bare(name)} = {keys!r} in {origin}: expected a table{known}")
        if not NAME.fullmatch(name):
            right = re.sub(r"[^a-z0-9_]+", "_", name.casefold()).strip("_")
            hint = f"; did you mean {key}.{right}?" if NAME.fullmatch(right) else ""
            raise PolicyError(
                f"{key}.{quoted(name)} in {origin}: a NAME begins with a small letter and has small letters, digits and _{hint}"
            )
    return dict(value)


def _presets(
    name: str,
    keys: Mapping[str, Any],
    variables: Mapping[str, Any],
    own: Mapping[str, Mapping[str, Any]],
    file: Path | None,
) -> Iterator[Layer]:
    """Yield the presets that a source builds on, the widest first."""
    listed = variables.get("preset", keys.get("preset", ()))
    for preset in [listed] if isinstance(listed, str) else listed if isinstance(listed, Sequence) else ():
        if not isinstance(preset, str):
            continue  # said with the key's other mistakes
        if preset in own:
            yield Layer(f"preset.{preset}", own[preset], file)
        elif preset in shipped_presets.shipped():
            yield Layer(f"preset.{preset}", shipped_presets.keys_of(preset), None)
        else:
            known = sorted({*own, *shipped_presets.shipped()})
            place = Layer(f"source.{name}", keys, file).place(["preset"])
            raise PolicyError(
                f"source.{name}.preset = {preset!r} in {place}: there is no preset of that name{did_you_mean(preset, known)}; "
                f"allowed: {', '.join(known)} (mlmonitor presets NAME prints one)"
            )


def _without_switches(keys: Mapping[str, Any], below: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """Return the keys of a scope, and the sections that it switches off and that wider scopes say keys of: these are kept.

    They hold again where an even narrower scope switches the section on.
    """
    switched = {name for name in SECTIONS if keys.get(name) is False and isinstance(below.get(name), Mapping)}
    return {key: value for key, value in keys.items() if key not in switched}, switched


def _switched_off(source: Source, sections: Iterable[str]) -> Source:
    for name in sections:
        source.__dict__[name] = getattr(source, name).switched_off()  # frozen from here on
    return source


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of two scopes of a source; a field that is mapped in one and constant in the other is the narrower's."""
    wider = dict(below)
    for one, other in (("fields", "constants"), ("constants", "fields")):
        here, there = above.get(one), wider.get(other)
        if isinstance(here, Mapping) and isinstance(there, Mapping):
            wider[other] = {key: value for key, value in there.items() if key not in here}
    if "metrics" in above:
        wider.pop("metrics", None)
    return over(wider, above)


def _origins(name: str, layers: Sequence[Layer]) -> Iterator[tuple[str, str]]:
    for layer in layers:
        told = dict(layer.keys)
        if "freshness" in told:
            told["freshness"] = freshness_keys(told["freshness"])
        for path in leaves(told):
            place = layer.place(path)
            for key in (f"source.{name}.{path[0]}", f"source.{name}.{'.'.join(path)}"):
                yield key, place
            if path[0] == "freshness" and path[-1] in ONE_LIMIT:
                yield from ((f"source.{name}.freshness.{key}", place) for key in ONE_LIMIT)
