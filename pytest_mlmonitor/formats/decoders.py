"""Which decoder reads a file: the built-in ones and those that plugins add, by the ``format`` of a source or the file's name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from pytest_mlmonitor.core.decoder import Decoder

_ROTATED = re.compile(r"(?:[-._][0-9][-+0-9T_.:]*Z?)?(?:\.gz)?", re.DOTALL)
"""What rotation and compression leave behind a name: ``.1``, ``.1.gz``, ``-20260426.gz``, ``.2026-04-26_13``."""


@cache
def built_in() -> tuple[Decoder, ...]:
    """Return the decoders that are always there."""
    from pytest_mlmonitor.formats.capture import SAGEMAKER
    from pytest_mlmonitor.formats.document_decoders import JSON, TOML, YAML
    from pytest_mlmonitor.formats.json_lines import JSONL

    return (JSONL, JSON, YAML, TOML, SAGEMAKER)


def decoder_for(name: str, form: str | None = None, added: Sequence[Decoder] = ()) -> Decoder | None:
    """Return what reads a file, None where nothing does.

    Args:
        name: of the file.
        form: the ``format`` that the source says; None: the suffix tells.
        added: decoders of plugins, which go before those that are built in.

    >>> [decoder_for(one).name for one in ("a.jsonl.2026-04-26.gz", "data.0.log.1", "run.json", "params.yml")]
    ['jsonl', 'jsonl', 'json', 'yaml']
    """
    known = (*added, *built_in())
    if form is not None:
        return next((one for one in known if one.name == form), None)
    found = [(len(suffix), -at, one) for at, one in enumerate(known) for suffix in one.suffixes if _ends(name, suffix)]
    return max(found, key=lambda each: each[:2])[2] if found else None


def _ends(name: str, suffix: str) -> bool:
    """Return whether a name ends in a suffix, but for what rotation left behind it."""
    at = name.lower().rfind(suffix)
    return at >= 0 and _ROTATED.fullmatch(name, at + len(suffix)) is not None
