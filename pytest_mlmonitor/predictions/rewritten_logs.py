"""Logs of declared sources in the form in which every log is read; each is rewritten once a run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pytest_mlmonitor.core.decoder import Decoder, Undecoded
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.formats.decoders import decoder_for
from pytest_mlmonitor.predictions.log_fields import MAPPED
from pytest_mlmonitor.predictions.model import DeclaredLog
from pytest_mlmonitor.predictions.record import LOG_FIELDS, REQUIRED, UNJUDGED
from pytest_mlmonitor.tables.logs.form import GatheredLog, LogFault, LogForm
from pytest_mlmonitor.tables.logs.mapped_log import LogMapping, ReadRecord, RewrittenLog, rewrite
from pytest_mlmonitor.tables.reader.client import TableReader

_LACKING = re.compile(r"^([a-z_]+) is (?:missing|empty): expected \1")

NOT_PREDICTED = "what is predicted is not judged"


def rewritten(declared: DeclaredLog, reader: TableReader, decoders: tuple[Decoder, ...], path: Path) -> RewrittenLog:
    """Return the log of a source, rewritten to ``path``.

    Raises:
        Unreadable: a table of it cannot be opened.
    """
    sourced = declared.sourced
    caught = dict(sourced.caught)
    if sourced.version is not None:
        caught["version"] = sourced.version
    mapping = LogMapping(sourced.source, sourced.name, MAPPED, caught, declared.documents)
    form = sourced.source.format
    if form == "parquet" or (form is None and sourced.files[0].suffix == ".parquet"):
        return reader.rewritten(sourced.files, mapping, path)
    return rewrite(_records(declared, decoders), mapping, path)


def _records(declared: DeclaredLog, decoders: tuple[Decoder, ...]) -> Iterator[ReadRecord]:
    source = declared.sourced.source
    for number, path in enumerate(declared.sourced.files):
        decoder = decoder_for(path.name, source.format, decoders)
        if decoder is None:
            message = f"{path.name} has a suffix that no decoder reads: say format"
            yield number, 0, Finding(Severity.ERROR, message, 'format = "jsonl", "json", …', None, "format")
            continue
        for one in decoder.records(path, source.rows):
            line = int(one.place[1:]) if one.place.startswith(":") else 0
            yield number, line, one.finding(path) if isinstance(one, Undecoded) else one.values


def form_of(log: RewrittenLog) -> LogForm:
    """Return the names by which the fields of a rewritten log go."""
    names = {field: log.names.get(field, ()) for field in LOG_FIELDS}
    sure = frozenset() if log.sure is None else frozenset({log.sure})
    return LogForm(
        REQUIRED, names, {**UNJUDGED, "predicted_class": NOT_PREDICTED}, sure, log.filtered, "features" in log.names
    )


def as_written(log: GatheredLog, rewritten_log: RewrittenLog, declared: DeclaredLog) -> GatheredLog:
    """Return what is known of a rewritten log, its faults where they stand in the files that it came from."""
    files = declared.sourced.files

    called = {
        "predicted_class": "prediction",
        **{role: names[0] for role, names in rewritten_log.names.items() if names},
    }

    def placed(place: tuple[int, int]) -> str:
        number, line = place
        path = shown(files[min(number, len(files) - 1)])
        return f"{path}:{line}" if line else path

    def said(fault: LogFault) -> LogFault:
        message = _LACKING.sub(lambda found: found[0].replace(found[1], called.get(found[1], found[1])), fault.message)
        return replace(fault, message=message, places=tuple(placed(rewritten_log.place(line)) for line in fault.lines))

    def of_records(fault: LogFault) -> LogFault:
        return replace(fault, places=tuple(placed(rewritten_log.fault_places[at]) for at in fault.lines))

    name, own = declared.sourced.ref.path.name, os.path.basename(rewritten_log.path)
    faults = [replace(one, message=one.message.replace(own, name)) for one in map(said, log.faults)]
    return replace(log, path=declared.sourced.ref.path, faults=(*map(of_records, rewritten_log.faults), *faults))
