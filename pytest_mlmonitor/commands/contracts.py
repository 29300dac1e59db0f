"""The commands around data contracts: ``mlmonitor infer-contract`` and ``mlmonitor diff-contract``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from pytest_mlmonitor.commands.builds import builds_of, name_of
from pytest_mlmonitor.commands.roots import refuse_url, settings_of
from pytest_mlmonitor.core.files.atomic import write_atomically
from pytest_mlmonitor.core.files.opening import Refused, read_bytes
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.text.names import quoted, safe
from pytest_mlmonitor.core.text.near import alike
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.tables.odcs.yaml import MAX_BYTES

COULD_NOT = 3
"""The status of a gate that could not compare all there is to compare."""

if TYPE_CHECKING:
    from pytest_mlmonitor.tables.contract.data_contract import DataContract
    from pytest_mlmonitor.tables.inference.description import TableDescription
    from pytest_mlmonitor.tables.inference.infer import Roles


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("infer-contract")(infer_contract)
    app.command("diff-contract")(diff_contract)


def infer_contract(
    builds: Annotated[
        list[Path] | None,
        typer.Argument(metavar="BUILD...", help="builds of one dataset: parquet files, or directories that are tables"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "--out", "-o", metavar="FILE", help="write here, not to stdout")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="what the contract calls it; default: the family of the builds")
    ] = None,
    target: Annotated[str | None, typer.Option("--target", metavar="COLUMN", help="what a model predicts")] = None,
    entity: Annotated[str | None, typer.Option("--entity", metavar="COLUMN", help="what a row is about")] = None,
    event_ts: Annotated[
        str | None, typer.Option("--event-ts", metavar="COLUMN", help="when what a row tells happened")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="replace FILE if there is one")] = False,
    built_in: Annotated[
        str | None,
        typer.Option(
            "--built-in", metavar="FAMILY", help="write what mlmonitor expects of a family without a contract"
        ),
    ] = None,
) -> None:
    """Write a data contract (ODCS 3.1) that the next builds keep, with the observed figures as comments, to be edited."""
    from pytest_mlmonitor.tables.inference.infer import Roles

    if output is not None and os.path.lexists(output) and not force:
        _fail(f"{output}: exists; --force replaces it")
    if built_in is None and not builds:
        _fail("no builds: name parquet files or tables of one dataset, or --built-in FAMILY", 2)
    if built_in is not None and (builds or name or target or entity or event_ts):
        _fail("--built-in stands alone: what it writes is not read from builds", 2)
    text = (
        _built_in(built_in) if built_in is not None else inferred(builds or (), name, Roles(target, entity, event_ts))
    )
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        write_atomically(output, text.encode("utf-8"))
    except OSError as error:
        _fail(f"{output}: cannot be written ({error.strerror})")


def _built_in(family: str) -> str:
    from pytest_mlmonitor.datasets.builtin import TABLE_CONTRACTS
    from pytest_mlmonitor.tables.odcs.written.exported import exported

    if family not in TABLE_CONTRACTS:
        _fail(f"--built-in {quoted(family)}: there is none; allowed: {', '.join(TABLE_CONTRACTS)}", 2)
    return exported(TABLE_CONTRACTS[family])


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


def inferred(paths: Sequence[Path], name: str | None, roles: Roles) -> str:
    """Return the contract of some builds as YAML; the data are read in a process of their own.

    Args:
        paths: the builds, or directories of them.
        name: what the contract calls the dataset; the family of the builds without one.
        roles: columns whose role is known.

    Raises:
        typer.Exit: one cannot be read, or a column is in none; the message is on stderr.
    """
    from pytest_mlmonitor.tables.inference.infer import inferred_table
    from pytest_mlmonitor.tables.inference.write import write_odcs

    for path in paths:
        refuse_url(path, "")
        if not path.exists():
            _fail(f"{path}: does not exist")
    found = builds_of(paths)
    called, others = (name, []) if name else name_of(found)
    if others:
        names = ", ".join(map(quoted, others[:5])) + (", …" if len(others) > 5 else "")
        typer.echo(
            f"mlmonitor: the builds are called {safe(names)}; the contract calls them {quoted(called)} (--name)",
            err=True,
        )
    described = _described(found, roles)
    _are_of_one_table(found, described)
    rows = sum(build.rows for build in described)
    first = safe(found[0].name)
    source = first if len(found) == 1 else f"{count(len(found), 'build')} ({first} … {safe(found[-1].name)})"
    draft = inferred_table(described, called, roles)
    text = write_odcs(draft, f"{source}, {count(rows, 'row')}")
    if len(text.encode("utf-8")) > MAX_BYTES:
        text = write_odcs(draft, f"{source}, {count(rows, 'row')}", observed=False)
    if len(text) > MAX_BYTES // 2:
        from pytest_mlmonitor.tables.odcs.yaml import NotYaml, parse_mapping

        try:
            parse_mapping(text.encode("utf-8"))
        except NotYaml as error:
            typer.echo(
                f"mlmonitor: the contract is too large to be read: {safe(str(error))}; leave columns out", err=True
            )
    return text


def _are_of_one_table(builds: Sequence[Path], described: Sequence[TableDescription]) -> None:
    """End the command where a build has no column of the one before it: a contract over both would be true of neither."""
    named = [(path, {column.name for column in build.columns}) for path, build in zip(builds, described, strict=True)]
    there = [(path, names) for path, names in named if names]
    for (path, names), (other, others) in pairwise(there):
        if names.isdisjoint(others):
            both = f"{path} and {other} have no column in common"
            _fail(f"{both}: expected builds of one dataset; infer a contract for each", 2)


def _described(builds: Sequence[Path], roles: Roles) -> list[TableDescription]:
    from pytest_mlmonitor.tables.reader.isolated import IsolatedReader, ReaderError
    from pytest_mlmonitor.tables.unreadable import Unreadable

    reader = IsolatedReader(settings_of().reader_memory_mib << 20)
    described: list[TableDescription] = []
    known = tuple(column for column in (roles.entity, roles.event_ts) if column)
    try:
        for path in builds:
            keys = list(described[0].keys) if described else None
            build: TableDescription = reader.call("describe", path.resolve(), keys=keys, roles=known)
            there = [column.name for column in build.columns]
            for column in (roles.target, *known):
                if column and column not in there:
                    near = [f"; near: {one}" for one in alike(column, there, 1)]
                    _fail(f"{path}: has no column {quoted(column)}{''.join(near)}", 2)
            described.append(build)
    except Unreadable as error:
        _fail(f"{path}: {error}")
    except ReaderError as error:
        _fail(f"{path}: {str(error).strip().splitlines()[-1]}")
    finally:
        reader.close()
    return described


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
