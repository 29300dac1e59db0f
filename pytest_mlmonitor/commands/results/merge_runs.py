"""``mlmonitor merge``: the results of shards and hosts as one verdict, with one exit status."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pytest_mlmonitor.commands.results.recorded_runs import APART, USAGE, evaluated, record_file, say
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.outputs.joined_runs import COULD_NOT, NOTHING, contradicts_itself, joined, missing
from pytest_mlmonitor.outputs.results import ResultsError, read_results, write_document
from pytest_mlmonitor.outputs.results_shape import SEVERITIES, ResultEntry, Results
from pytest_mlmonitor.outputs.withdrawal import withdraw


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("merge")(merge)


def merge(
    outs: Annotated[
        list[Path],
        typer.Argument(metavar="OUT...", help="output directories of runs (--mlmonitor-out), or their results.json"),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="write the joined results.json and its report into DIR"),
    ] = None,
) -> None:
    """Join the results of shards and hosts into one verdict.

    Exits 0 where all is well, 1 where a run has findings, 3 where a result is missing or incomplete, or checks were left out
    of all runs, 5 where no run had anything to judge.
    """
    files = list(dict.fromkeys(record_file(path).resolve() for path in outs))
    if out is not None and (out / "results.json").resolve() in files:
        say(f"{out}: is one of the results to be joined; name another directory")
        raise typer.Exit(USAGE)
    documents, problems = _read(files)
    if out is not None:
        withdraw(out, datetime.now(UTC))  # whatever becomes of this, what lies there is no verdict of today
    document = joined(documents) if documents else None
    if document is not None:
        left = missing(documents)
        if left:
            some = ", ".join(left[:3]) + (", …" if len(left) > 3 else "")
            problems.append(
                f"{count(len(left), 'check')} left out of all of them: {some}; name the other shards as well"
            )
        elif document["narrowed"]:
            problems.append("a run of an older version was narrowed, and does not say what it left out")
        if len({one["environment"] for one in documents}) > 1:
            say(f"the runs are of several environments: {document['environment']}")
        first, last = min(documents, key=evaluated), max(documents, key=evaluated)
        if evaluated(last) - evaluated(first) > APART:
            times = f"from {first['evaluated_at']} to {last['evaluated_at']}"
            say(f"the runs were evaluated at different times, {times}: is one of an earlier day?")
    status = document["exit_status"] if document is not None else COULD_NOT
    if document is not None and len(documents) < len(files):
        status = COULD_NOT
        document = {**document, "exit_status": status, "complete": False}
    for problem in problems:
        say(problem)
    if document is not None:
        _print(document, len(documents))
        if out is not None:
            from pytest_mlmonitor.outputs.report.report_file import write_report

            try:
                write_report(out, document)
                write_document(out, document)
            except OSError as error:
                withdraw(out, datetime.now(UTC))  # a page without its record would say that all is well
                say(f"{out}: cannot be written: {error.strerror or error}")
                status = COULD_NOT
    raise typer.Exit(status)


def _read(files: list[Path]) -> tuple[list[Results], list[str]]:
    documents, problems = [], []
    for file in files:
        try:
            document = read_results(file, gate=False)
        except ResultsError as error:
            problems.append(str(error))
            continue
        documents.append(document)
        if not document["complete"]:
            problems.append(f"{file}: the run did not come to its end (it was stopped, killed or is still going on)")
        elif contradicts_itself(document):
            problems.append(f"{file}: does not count what it holds (it was cut, or changed by hand)")
        elif document["exit_status"] not in (0, 1, NOTHING):
            problems.append(f"{file}: the run ended with exit status {document['exit_status']}, which is no verdict")
    return documents, problems


def _print(document: Results, runs: int) -> None:
    """Print the artifacts that are not well, and what it comes to."""
    results: dict[tuple[str, str, str], list[ResultEntry]] = {}
    for one in document["results"]:
        results.setdefault((one["kind"], one["artifact"], one["path"] or ""), []).append(one)
    for artifact in document["artifacts"]:
        if artifact["verdict"] != "ok":
            own = results.get((artifact["kind"], artifact["name"], artifact["path"]), [])
            typer.echo(f"{artifact['verdict'].upper():<7} {artifact['kind']} {safe(artifact['name'])}  {_said(own)}")
    counts = ", ".join(
        f"{number} {status.replace('_', ' ')}" for status, number in document["counts"].items() if number
    )
    artifacts = count(len(document["artifacts"]), "artifact")
    typer.echo(f"{count(runs, 'run')} joined: {artifacts}; {counts or 'nothing judged'}")


def _said(own: Sequence[ResultEntry]) -> str:
    """Return what is wrong with an artifact, in one line, by its results."""
    crashed = [one for one in own if one["status"] == "error"]
    if crashed:
        reason = (crashed[0]["reason"] or "").strip().splitlines()
        return f"{safe(crashed[0]['check'])} could not run: {safe(reason[-1]) if reason else 'no reason given'}"
    found = [(finding, one["check"]) for one in own if one["status"] == "fail" for finding in one["findings"]]
    if not found:
        return "checks were left out"
    finding, check = max(found, key=lambda pair: SEVERITIES.index(pair[0]["severity"]))
    return f"{safe(finding['message'])} ({safe(check)})"
