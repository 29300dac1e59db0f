"""``mlmonitor dags``: the suite and what follows from it, scheduled by Airflow."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from pytest_mlmonitor.commands.monitoring.generate_monitoring import COULD_NOT
from pytest_mlmonitor.commands.roots import BadInput
from pytest_mlmonitor.core.files.atomic import write_atomically
from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.policy.places import policy_file, project_around
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.integrations.airflow.dag_file import PREFIX, DagFile, is_unchanged


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("dags")(dags)


def dags(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="the folder that Airflow reads DAGs from")],
    project: Annotated[
        Path | None,
        typer.Option(
            "--project",
            metavar="DIR",
            help="directory of the policy, as Airflow's workers see it; default: that of the project around",
        ),
    ] = None,
    mlmonitor_command: Annotated[
        str,
        typer.Option(
            "--mlmonitor-command",
            metavar="COMMAND",
            help="this command, as Airflow's workers call it: it may be elsewhere",
        ),
    ] = "mlmonitor",
    train_command: Annotated[
        str, typer.Option("--train-command", metavar="COMMAND", help="what trains; it is started in the project")
    ] = "",
    prefix: Annotated[
        str,
        typer.Option(
            "--prefix", metavar="NAME", help="what stands before the ids, for a second project in one Airflow"
        ),
    ] = "",
) -> None:
    """Write DAGs for Airflow: check every 6 hours, train weekly on sound data, train again what a run decided.

    One file that needs nothing but Airflow 3.2. Commands are words as in a shell, and no shell reads them later. A file that is
    there is written over only where nobody changed it. Exits 3 where it cannot be written.
    """
    if PREFIX.fullmatch(prefix) is None:
        raise typer.BadParameter(
            f"{safe(repr(prefix))}: expected letters, digits, '_', '-' and '.', at most 60", param_hint="--prefix"
        )
    words = _words(mlmonitor_command, "--mlmonitor-command")
    if not words:
        raise typer.BadParameter("it is empty", param_hint="--mlmonitor-command")
    train = _words(train_command, "--train-command")
    if os.path.lexists(out) and not os.path.isdir(out):
        raise BadInput(f"{out}: is no directory; name the folder that Airflow reads DAGs from")
    place, outputs, notes = _project(project)
    file = DagFile(place, outputs, words, train, prefix)
    path = out / file.name
    state = _write(path, file.text.encode("utf-8"))
    typer.echo(f"{state:<9} {safe(str(path))}")
    if not train:
        notes.append("nothing trains yet: say what does (--train-command), or write it into TRAIN_COMMAND of the file")
    for note in notes:
        typer.echo(f"mlmonitor: {safe(note)}", err=True)


def _words(command: str, option: str) -> tuple[str, ...]:
    """Return the words of a command.

    Raises:
        BadParameter: a quote is open, or it holds what no command line can.
    """
    if "\0" in command:
        raise typer.BadParameter("it holds a zero byte", param_hint=option)
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise typer.BadParameter(f"{safe(command)}: {str(error).lower()}", param_hint=option) from None
    if len(words) > 1 and os.path.isfile(command):  # Path.is_file() raises of a text too long for a name
        raise typer.BadParameter(
            f"{safe(command)}: the path holds a space, and is taken for several words: {shlex.quote(shlex.quote(safe(command)))}",
            param_hint=option,
        )
    return words


def _project(given: Path | None) -> tuple[str, str | None, list[str]]:
    """Return the directory of the policy, where it says that outputs go, and what is to be said of it.

    Raises:
        BadInput: no policy is there.
        PolicyError: it cannot be used.
    """
    if given is not None and not os.path.isdir(given):  # Path.is_dir() raises of a name that is too long
        if os.path.lexists(given):
            raise BadInput(f"{given}: is no directory; name that of the policy: --project DIR")
        if not given.is_absolute():
            raise BadInput(
                f"{given}: does not exist; for a directory of another machine name its whole path: --project /DIR"
            )
        note = f"{given} is not on this machine: it is taken as Airflow's workers see it, and OUT of the file says where reports go"
        return str(given), None, [note]
    directory = Path(os.path.abspath(given)) if given is not None else Path.cwd()  # as it is called: it may be a link
    around = directory if given is not None else project_around(directory)
    file = policy_file(around) if around is not None else None
    if around is None or file is None:
        above = "" if given is not None else " or above"
        raise BadInput(
            f"{directory}: no policy is here{above}, which says what is checked: `mlmonitor init DATA` writes a first one; "
            "or name its directory: --project DIR"
        )
    place = load(file).out
    if place is None:
        return str(around), None, ['the policy says nothing of outputs, so no report is kept: out = "DIR" in it does']
    outputs = Path(around, place)
    return str(around), str(outputs.relative_to(around) if outputs.is_relative_to(around) else outputs), []


def _write(path: Path, data: bytes) -> str:
    """Write the file, and return what became of it; one that somebody changed is left alone.

    Raises:
        BadInput: such a file is there.
    """
    try:
        if os.path.lexists(path):
            before = path.read_bytes() if path.is_file() else b""
            if before == data:
                return "as it was"
            if not is_unchanged(before):
                raise BadInput(
                    f"{path}: was changed since it was written, or by somebody else, and is left alone: move it away, "
                    "or write elsewhere with --out"
                )
        write_atomically(path, data)
    except OSError as error:
        typer.echo(f"mlmonitor: {safe(str(path))}: cannot be written: {error.strerror or error}", err=True)
        raise typer.Exit(COULD_NOT) from None
    return "written"
