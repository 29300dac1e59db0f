"""Lineage of a run: both forms as files, and the events of OpenLineage sent to a server where one is named."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.policy.outlets.secret_values import secret, secret_values, shown_variable, why_missing
from pytest_mlmonitor.core.policy.places import is_url
from pytest_mlmonitor.core.record import ExportReport
from pytest_mlmonitor.core.text.names import safe, shown
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.outputs.export import EXPORT_SECONDS, NONE, ExportContext

DIRECTORY = "lineage"
"""Below ``out``, or beside the state where there is no ``out``: where events lie, and wait for a server that is away."""

_FOR_THE_REST = 0.5
"""Seconds of an exporter's time that are not spent on sending."""


@dataclass(frozen=True)
class LineagePlaces:
    """Where the lineage of a run goes.

    Attributes:
        directory: of both forms, None where nobody asked for files.
        named: the directory as a report of what could not be written names it.
        kept: where events wait that were not sent; None where there is no place of ours.
        url: server that they are sent to, None without one.
    """

    directory: Path | None
    named: str
    kept: Path | None
    url: str | None


def lineage_places(context: ExportContext) -> LineagePlaces:
    """Return where the lineage of a run goes: the command line alone says it, else the policy, for whole runs."""
    asked, out, state = context.asked.lineage, context.out, context.platform.state
    if asked == NONE or (asked is None and context.settings.lineage.off):
        return LineagePlaces(None, "", None, None)
    if asked is not None and not is_url(asked):
        named = Path(asked).absolute()
        return LineagePlaces(named, shown(named), named, None)
    directory = out / DIRECTORY if out is not None else None
    kept = directory if directory is not None or state is None else state.parent / DIRECTORY
    policy = context.settings.lineage
    url = asked
    if url is None and context.whole:
        url = policy.url or (secret(policy.url_env, context.environ) if policy.url_env is not None else None)
    return LineagePlaces(directory, DIRECTORY, kept, url)


def export_lineage(context: ExportContext) -> Iterator[ExportReport]:
    """Write the lineage of a run and send its events, and yield what became of it."""
    places = lineage_places(context)
    missing = _missing_variable(context)
    if missing is not None:
        yield ExportReport("lineage", problem=missing)
    if places.directory is None and places.url is None:
        return
    from pytest_mlmonitor.outputs.lineage import write_lineage
    from pytest_mlmonitor.outputs.openlineage.event_lines import append_new, day_file
    from pytest_mlmonitor.outputs.openlineage.parents import NoParent, parent_facet

    failed, kept, directory = None, places.kept, places.directory
    if directory is not None:  # first of all: nothing that goes wrong with the other form takes this one away
        failed = _failure(lambda: write_lineage(directory, context.record, context.platform))
    try:
        parent = parent_facet(context.environ)
    except NoParent as error:
        parent = {}
        yield ExportReport("lineage", problem=str(error))
    own, others = _told(context, parent, places.url)
    if kept is not None:
        file = day_file(kept, context.record.evaluated_at)
        cannot = _failure(lambda: append_new(file, [*others, *own]))
        failed, kept = failed or cannot, kept if cannot is None else None
    if directory is not None:  # beside the state events only wait: it is no output that nobody can write there
        yield ExportReport("lineage", problem=failed, file=places.named)
    if places.url is not None:
        yield _sent(context, places.url, kept, own, others)


def _failure(write: Callable[[], object]) -> str | None:
    """Write, and return why that could not be done; None where it could."""
    try:
        write()
    except OSError as error:
        return safe(error.strerror or str(error))
    return None


def _told(context: ExportContext, parent: Mapping[str, Any], url: str | None) -> tuple[list[str], list[str]]:
    """Return the events of the run of the checks itself, and those of artifacts, as lines without secrets."""
    from pytest_mlmonitor.outputs.openlineage.event_lines import RunEvents, line_of

    secrets = (*secret_values(context.settings, context.environ), *((url,) if url is not None else ()))
    events = RunEvents(context.platform)
    checks = events.of_checks(context.record, parent, context.clock, complete=context.complete)
    own = [line_of(event, secrets) for event in checks]
    return own, [line_of(event, secrets) for event in events.of_artifacts()]


def _sent(
    context: ExportContext, url: str, kept: Path | None, own: Sequence[str], others: Sequence[str]
) -> ExportReport:
    """Send what the server has not taken of this day: the run itself first, since nothing else says it again."""
    from pytest_mlmonitor.outputs.openlineage.event_lines import day_file, lines_in
    from pytest_mlmonitor.outputs.openlineage.sending import send
    from pytest_mlmonitor.outputs.openlineage.taken_events import TakenEvents, host_of

    deadline = time.monotonic() + EXPORT_SECONDS - _FOR_THE_REST
    key_env = context.settings.lineage.api_key_env
    key = secret(key_env, context.environ) if key_env is not None else None
    if kept is None:
        sent = send([*own, *others], url, key, context.environ, deadline)
        waiting, place = len(own) + len(others) - len(sent.taken), "and nothing keeps them (--mlmonitor-out DIR does)"
    else:
        place = f"kept in {shown(kept)} (mlmonitor replay-lineage sends them)"
        try:
            taken = TakenEvents(kept, url)
            left = taken.left([*own, *lines_in(day_file(kept, context.record.evaluated_at))])
            sent = send(left, url, key, context.environ, deadline)
            taken.note(sent.taken)
            waiting = len(left) - len(sent.taken)
        except OSError as error:
            why = safe(error.strerror or str(error))
            return ExportReport("lineage", problem=f"what was taken cannot be noted in {shown(kept)} ({why})")
    if sent.problem is not None:
        events = f"{count(waiting, 'event')} {'was' if waiting == 1 else 'were'} not taken"
        return ExportReport("lineage", problem=f"{sent.problem}: {events}, {place}")
    return ExportReport("lineage", f"{count(len(sent.taken), 'lineage event')} to {safe(host_of(url))}")


def _missing_variable(context: ExportContext) -> str | None:
    """Return what is wrong with the variables that the policy names; None where nothing is, or where they are not asked for."""
    policy, asked = context.settings.lineage, context.asked.lineage
    named = (policy.url or policy.url_env) is not None and not policy.off
    sends = is_url(asked) if asked is not None else context.whole and named
    names = {
        "url_env": policy.url_env if asked is None and policy.url is None else None,
        "api_key_env": policy.api_key_env,
    }
    for key, name in names.items() if sends else ():
        if name is not None and (why := why_missing(name, context.environ)) is not None:
            return f"lineage.{key} names {shown_variable(name)}, which {why}"
    return None
