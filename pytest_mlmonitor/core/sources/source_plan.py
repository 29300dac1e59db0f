"""A declared source made ready to be matched: its templates, what it leaves out, what a name in it stands for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property

from pytest_mlmonitor.core.kind import Kind
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.policy.sources.source_keys import Source
from pytest_mlmonitor.core.templates.excluded_paths import ExcludedPaths
from pytest_mlmonitor.core.templates.path_template import PathTemplate, TemplateError
from pytest_mlmonitor.core.text.hours.zones import zone_of
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.near import did_you_mean
from pytest_mlmonitor.core.text.words import listing

LOGS = {"delta": "_delta_log", "iceberg": "metadata"}
"""By format of a table with a log, the directory in it that holds the log: such a table is a directory."""

VERSION, PARTS, FAMILY = "version", "date", "name"
"""The placeholders whose texts tell the versions of a family, the parts of an artifact and the families apart."""

_HELD = re.compile(r"\{([a-z][a-z0-9_]*)\}")


@dataclass(frozen=True)
class SourcePlan:
    """A source of the policy.

    Attributes:
        name: the NAME in ``[source.NAME]``.
        source: what the policy says of it.
        templates: of its ``path``, in order.
        excluded: of its ``exclude``, None without.
        own: the placeholders that are fields of its kind.
    """

    name: str
    source: Source
    templates: tuple[PathTemplate, ...]
    excluded: ExcludedPaths | None = None
    own: frozenset[str] = frozenset()

    @property
    def log(self) -> str | None:
        """The directory by which a table of its format is known, None where files are looked for."""
        return LOGS.get(self.source.format or "")

    @cached_property
    def zone(self) -> tzinfo:
        """The zone of times that say none."""
        return zone_of(self.source.timezone or "UTC")

    def family(self, caught: Mapping[str, str]) -> str:
        """Return the family of what caught these texts."""
        if self.source.name is not None:
            return filled(self.source.name, caught)
        return caught.get(FAMILY, self.name)


def filled(text: str, caught: Mapping[str, str]) -> str:
    """Return a text with what a path caught in the place of its placeholders.

    >>> filled("{layer}.{name}", {"layer": "gold", "name": "sales"})
    'gold.sales'
    """
    return _HELD.sub(lambda match: caught.get(match[1], match[0]), text)


def plans_of(settings: Settings, kinds: Mapping[str, Kind]) -> list[SourcePlan]:
    """Return the sources of a policy, in its order.

    Raises:
        PolicyError: a path cannot be read, or catches what nothing uses; names the key, the value and the file.
    """
    return [_plan(name, source, settings, kinds) for name, source in settings.source.items()]


def _plan(name: str, source: Source, settings: Settings, kinds: Mapping[str, Kind]) -> SourcePlan:
    key = f"source.{name}"
    templates = tuple(_template(f"{key}.path", text, settings) for text in source.path)
    kind = kinds.get(source.kind)
    uses = "name, metadata or fields"
    own = frozenset(kind.mapped if kind is not None else ())
    used = {*_used(source), VERSION, PARTS, FAMILY, *own}
    for template in templates:
        for placeholder in template.placeholders:
            if own and placeholder not in used:
                known = (VERSION, PARTS, FAMILY, *sorted(own))
                raise PolicyError(
                    f"{key}.path = {quoted(template.text)} in {settings.place(f'{key}.path')}: nothing uses {{{placeholder}}}"
                    f"{did_you_mean(placeholder, known)}: write *, or use it in {uses}, as in "
                    f'name = "{{{FAMILY if FAMILY in template.placeholders else placeholder}}}'
                    f'{f".{{{placeholder}}}" if FAMILY in template.placeholders else ""}"'
                )
    caught = {placeholder for template in templates for placeholder in template.placeholders}
    for placeholder in _HELD.findall(source.name or "") if templates else ():
        if placeholder not in caught:
            there = f"path catches {listing(sorted(caught), 9)}" if caught else "path catches nothing"
            raise PolicyError(
                f"{key}.name = {quoted(source.name or '')} in {settings.place(f'{key}.name')} names {{{placeholder}}}"
                f"{did_you_mean(placeholder, sorted(caught))}: {there}"
            )
    return SourcePlan(name, source, templates, ExcludedPaths(source.exclude) if source.exclude else None, own)


def _used(source: Source) -> Iterator[str]:
    """Yield the placeholders that a source uses beside those that have a meaning of their own."""
    references = [text for texts in source.fields.values() for text in texts]
    metrics = source.metrics.values() if isinstance(source.metrics, Mapping) else [source.metrics or ""]
    for text in (source.name or "", *source.metadata, *references, *metrics):
        yield from _HELD.findall(text)


def _template(key: str, text: str, settings: Settings) -> PathTemplate:
    try:
        return PathTemplate.parse(text)
    except TemplateError as error:
        raise PolicyError(f"{key} = {quoted(text)} in {settings.place(key)}: {error}") from None
