"""``mlmonitor report``: the page of a run, of its shards together, or of a run beside the one before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pytest_mlmonitor.commands.results.recorded_runs import USAGE, record_file, runs_of, say
from pytest_mlmonitor.commands.roots import BadInput
from pytest_mlmonitor.core.files.atomic import write_atomically
from pytest_mlmonitor.core.text.names import safe, shown
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.outputs.joined_runs import contradicts_itself, joined, with_paths
from pytest_mlmonitor.outputs.results import ResultsError, read_results
from pytest_mlmonitor.outputs.results_shape import Results


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("report")(report)


def report(
    outs: Annotated[
        list[Path],
        typer.Argument(metavar="OUT...", help="output directories of runs (--mlmonitor-out), or their results.json"),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="the page to write (default: report.html beside a single OUT, else here)",
        ),
    ] = None,
) -> None:
    """Draw the report of a run again, of several shards together, or of a run beside the one before it.

    Of runs of several times the newest is drawn, and what is new, fixed and still wrong since the one before. Exits 0 where the
    page was written, whatever it says, and 1 where a record is none.
    """
    files = list(dict.fromkeys(record_file(path).resolve() for path in outs))
    if len(files) < len(outs):
        say(f"{count(len(outs) - len(files), 'record')} named twice: it counts once")
    page = _page(output, files)
    if page in files:
        say(f"{shown(page)}: is one of the records to be drawn; name another file")
        raise typer.Exit(USAGE)
    runs = runs_of([_read(file) for file in files])
    document = _one(runs[-1])
    before = _one(runs[-2]) if len(runs) > 1 else None
    if before is not None:
        _refuse_strangers(document, before)
    if len(runs) > 2:
        say(f"{count(len(runs), 'run')}: the newest is compared with the one before it, the others are not drawn")
    _write(page, document, before, [file.parent for file in files])
    since = f", compared with that of {before['evaluated_at']}" if before is not None else ""
    typer.echo(
        f"{shown(page)}: {count(len(document['artifacts']), 'artifact')} as of {document['evaluated_at']}{since}"
    )


def _page(output: Path | None, files: Sequence[Path]) -> Path:
    from pytest_mlmonitor.outputs.report.report_file import NAME

    if output is None:
        output = files[0].with_name(NAME) if len(files) == 1 else Path(NAME)
    return (output / NAME if output.is_dir() else output).resolve()


def _read(file: Path) -> Results:
    try:
        document = with_paths(read_results(file, gate=False))
    except ResultsError as error:
        raise BadInput(str(error)) from None
    if not document["complete"]:
        say(f"{shown(file)}: the run did not come to its end; the page says so")
    elif contradicts_itself(document):
        say(f"{shown(file)}: does not count what it holds (it was cut, or changed by hand)")
    return document


def _one(shards: Sequence[Results]) -> Results:
    return shards[0] if len(shards) == 1 else joined(shards)


def _refuse_strangers(document: Results, before: Results) -> None:
    """Refuse to compare runs that have nothing in common.

    Raises:
        BadInput: they are of two platforms.
    """
    if document["environment"] != before["environment"]:
        raise BadInput(
            f"the runs are of two environments, {safe(before['environment'])} and {safe(document['environment'])}: "
            "nothing of one is new or fixed in the other"
        )
    now, then = _families(document), _families(before)
    if now and then and not now & then:
        raise BadInput(
            f"the runs of {before['evaluated_at']} and {document['evaluated_at']} have no artifact in common: "
            "are they of one platform?"
        )


def _families(document: Results) -> set[tuple[str, str]]:
    """Return what artifacts are versions of; none of a record that does not say so (older versions did not)."""
    entries: Sequence[Mapping[str, Any]] = document["artifacts"]
    return {(one["kind"], str(one["family"])) for one in entries if one.get("family")}


def _write(page: Path, document: Results, before: Results | None, directories: Sequence[Path]) -> None:
    from pytest_mlmonitor.outputs.report.last_proof import last_proof
    from pytest_mlmonitor.outputs.report.report_file import report_html

    try:
        write_atomically(page, report_html(document, before, last_proof(directories)), as_it_is=True)
    except OSError as error:
        raise BadInput(f"{shown(page)}: cannot be written: {error.strerror or error}") from None
