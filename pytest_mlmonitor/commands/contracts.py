"""The commands around data contracts: ``mlmonitor infer-contract`` and ``mlmonitor diff-contract``."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from pytest_mlmonitor.commands.roots import settings_of
from pytest_mlmonitor.core.files.atomic import write_atomically
from pytest_mlmonitor.core.files.opening import Refused, read_bytes
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.tables.odcs.yaml import MAX_BYTES

COULD_NOT = 3
"""The status of a gate that could not compare all there is to compare."""

if TYPE_CHECKING:
    from pytest_mlmonitor.tables.contract.data_contract import DataContract


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("infer-contract")(infer_contract)
    app.command("diff-contract")(diff_contract)


def infer_contract(
    parquet: Annotated[
        Path, typer.Argument(metavar="PARQUET", help="a parquet file, or a directory that is one table")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="write here, not to stdout")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="what the contract calls it; default: the file's family")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="replace FILE if there is one")] = False,
) -> None:
    """Write a data contract (ODCS 3.2) that holds for PARQUET, with the observed figures as comments, to be edited."""
    if output is not None and os.path.lexists(output) and not force:
        _fail(f"{output}: exists; --force replaces it")
    text = inferred(parquet, name, datetime.now(UTC))
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        write_atomically(output, text.encode("utf-8"))
    except OSError as error:
        _fail(f"{output}: cannot be written ({error.strerror})")


def diff_contract(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="the contract that consumers rely on")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="the contract that is to replace it")],
) -> None:
    """List what changed from OLD to NEW; exits 1 when any of it breaks consumers, 3 when not all could be read."""
    from pytest_mlmonitor.tables.odcs.versions.whole import changes

    before, after = _contract(old), _contract(new)
    found = changes(before, after)
    for change in found:
        typer.echo(str(change))
    breaking = sum(change.breaking for change in found)
    left = sum(not change.compared for change in found)
    version = f"version {safe(before.version)}"
    version += " in both" if before.version == after.version else f" → {safe(after.version)}"
    if found:
        more = f", {left:,} not compared" if left else ""
        typer.echo(f"{count(len(found), 'change')}, {breaking:,} breaking{more} ({version})")
    else:
        typer.echo(f"no change ({version})")
    unusable = _named_problems(old, before) + _named_problems(new, after)
    if breaking:
        raise typer.Exit(1)
    if unusable:
        raise typer.Exit(COULD_NOT)


def _named_problems(path: Path, contract: DataContract) -> int:
    """Name the lines of a contract that cannot be used, and what looks misspelt; return how many cannot be used."""
    for problem in contract.problems:
        typer.echo(f"mlmonitor: {safe(f'{path}: {problem}')}", err=True)
    return sum(problem.severity >= Severity.ERROR for problem in contract.problems)


def inferred(parquet: Path, name: str | None, now: datetime) -> str:
    """Return the contract of a table as YAML; the data are read in a process of their own.

    Args:
        parquet: the table.
        name: what the contract calls it; the family of the file's name without one.
        now: the time, aware.

    Raises:
        typer.Exit: it cannot be read; the message is on stderr.
    """
    from pytest_mlmonitor.tables.odcs.write import write_odcs
    from pytest_mlmonitor.tables.reader.isolated import IsolatedReader, ReaderError
    from pytest_mlmonitor.tables.unreadable import Unreadable

    if not parquet.exists():
        _fail(f"{parquet}: does not exist")
    reader = IsolatedReader(settings_of().reader_memory_mib << 20)
    try:
        table = reader.call("describe", parquet.resolve())
    except Unreadable as error:
        _fail(f"{parquet}: {error}")
    except ReaderError as error:
        _fail(f"{parquet}: {str(error).strip().splitlines()[-1]}")
    finally:
        reader.close()
    called = name or family(parquet.resolve().stem) or "dataset"
    return write_odcs(table, called, parquet.name, now)


def _contract(path: Path) -> DataContract:
    from pytest_mlmonitor.tables.odcs.document import OdcsError, read_odcs

    try:
        return read_odcs(read_bytes(path.resolve(), MAX_BYTES), str(path))
    except Refused as refusal:
        _fail(f"{path}: {refusal}", COULD_NOT)
    except OdcsError as error:
        for problem in error.problems:
            typer.echo(f"mlmonitor: {safe(f'{path}: {problem}')}", err=True)
        raise typer.Exit(COULD_NOT) from None


def _fail(message: str, status: int = 1) -> NoReturn:
    typer.echo(f"mlmonitor: {safe(message)}", err=True)
    raise typer.Exit(status)
