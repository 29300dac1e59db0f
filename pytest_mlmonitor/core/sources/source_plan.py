"""A declared source made ready to be matched: its templates, what it leaves out, what a name in it stands for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.policy.sources.source_keys import Source
from pytest_mlmonitor.core.templates.path_template import PathTemplate, TemplateError

LOGS = {"delta": "_delta_log", "iceberg": "metadata"}
"""By format of a table with a log, the directory in it that holds the log: such a table is a directory."""

_HELD = re.compile(r"\{([a-z][a-z0-9_]*)\}")


@dataclass(frozen=True)
class SourcePlan:
    """A source of the policy.

    Attributes:
        name: the NAME in ``[source.NAME]``.
        source: what the policy says of it.
        templates: of its ``path``, in order.
        excluded: of its ``exclude``.
    """

    name: str
    source: Source
    templates: tuple[PathTemplate, ...]
    excluded: tuple[PathTemplate, ...] = ()

    @property
    def log(self) -> str | None:
        """The directory by which a table of its format is known, None where files are looked for."""
        return LOGS.get(self.source.format or "")

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone of times that say none."""
        return ZoneInfo(self.source.timezone or "UTC")

    def family(self, caught: Mapping[str, str]) -> str:
        """Return the family of what caught these texts."""
        if self.source.name is not None:
            return filled(self.source.name, caught)
        return caught.get("name", self.name)


def filled(text: str, caught: Mapping[str, str]) -> str:
    """Return a text with what a path caught in the place of its placeholders.

    >>> filled("{layer}.{name}", {"layer": "gold", "name": "sales"})
    'gold.sales'
    """
    return _HELD.sub(lambda match: caught.get(match[1], match[0]), text)


def held(text: str) -> Iterator[str]:
    """Yield the placeholders in a text."""
    return (match[1] for match in _HELD.finditer(text))


def plans_of(settings: Settings) -> list[SourcePlan]:
    """Return the sources of a policy, in its order.

    Raises:
        PolicyError: a path cannot be read; names the key, the value and the file.
    """
    return [
        SourcePlan(
            name,
            source,
            tuple(_template(f"source.{name}.path", text, settings) for text in source.path),
            tuple(_template(f"source.{name}.exclude", text, settings) for text in source.exclude),
        )
        for name, source in settings.source.items()
    ]


def _template(key: str, text: str, settings: Settings) -> PathTemplate:
    try:
        return PathTemplate.parse(text)
    except TemplateError as error:
        raise PolicyError(f"{key} = {text!r} in {settings.file or 'the policy'} {error}") from None
