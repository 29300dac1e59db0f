"""The documents that the ``metadata`` of a declared source names, read whole."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.decoder import DecodedRecord, Decoder, Undecoded
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.sources.sourced import Sourced
from pytest_mlmonitor.core.text.names import bare, quoted, shown
from pytest_mlmonitor.core.text.near import near
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.formats.decoders import decoder_for


def metadata_documents(
    sourced: Sourced, added: Sequence[Decoder] = ()
) -> tuple[dict[Path, Mapping[str, Any] | None], tuple[Finding, ...]]:
    """Return the documents of what a source found, None for one that cannot be read, and what is wrong with those.

    Args:
        sourced: what the source found.
        added: decoders of plugins.
    """
    documents: dict[Path, Mapping[str, Any] | None] = {}
    findings: list[Finding] = []
    for path in sourced.documents:
        documents[path] = None
        decoder = decoder_for(path.name, None, added)
        if not lies_within(path, sourced.ref.root):
            findings.append(no_document(path, sourced))
            continue
        if decoder is None:
            message = f"source.{sourced.name}: the document {quoted(path.name)} of metadata has a suffix that no decoder reads"
            findings.append(
                Finding(Severity.ERROR, message, "a document below the root", None, "metadata", shown(path))
            )
            continue
        one = next(iter(decoder.records(path)), None)
        if isinstance(one, DecodedRecord):
            documents[path] = one.values
        elif isinstance(one, Undecoded):
            findings.append(one.finding(path))
    return documents, tuple(findings)


def lies_within(path: Path, root: Path) -> bool:
    """Return whether a document is a regular file below the root, reached through no link."""
    try:
        return path.is_file() and _is_plain(path, root)
    except (OSError, RuntimeError, ValueError):
        return False


def _is_plain(path: Path, root: Path) -> bool:
    """Return whether a path leads through no link, and not out of the root."""
    real = path.resolve()
    return real == Path(os.path.normpath(path)) and real.is_relative_to(root)


def no_document(path: Path, sourced: Sourced) -> Finding:
    """Return the finding that a document of ``metadata`` is not there, with what lies in its place."""
    where = path.parent
    try:
        near_it = where.iterdir() if _is_plain(where, sourced.ref.root) else ()  # of another place nothing is told
        names = sorted(one.name for one in near_it if not one.is_dir())[:1000]
    except (OSError, RuntimeError, ValueError):
        names = []
    likely = near(path.name, names) or [name for name in names if name.endswith((".json", ".yaml", ".yml", ".toml"))]
    there = (
        f"; there {'is' if len(likely[:3]) == 1 else 'are'} {listing([bare(n) for n in likely], 3)}" if likely else ""
    )
    outside = os.path.lexists(path) and not Path(os.path.normpath(path)).is_relative_to(sourced.ref.root)
    what = "lies outside the root" if outside else "is not there"
    if os.path.lexists(path) and not outside:
        what, there = "is no regular file, or is reached through a link", ""
    message = f"source.{sourced.name}: the document {quoted(path.name)} of metadata {what}{there}"
    return Finding(Severity.ERROR, message, path.name, "none", "metadata", shown(path))
