"""The documents that the ``metadata`` of a declared source names, read whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.decoder import DecodedRecord, Decoder, Undecoded
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.sources.sourced import Sourced
from pytest_mlmonitor.core.text.names import quoted, shown
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
        if not path.is_relative_to(sourced.ref.root) or decoder is None:
            words = "lies outside the root" if decoder is not None else "has a suffix that no decoder reads"
            message = f"source.{sourced.name}: the document {quoted(path.name)} of metadata {words}"
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
