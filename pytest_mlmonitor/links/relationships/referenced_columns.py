"""Which columns of which table a relationship means: of the same contract, of another one, or of data that has the name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.text.names import bare, quoted, shown
from pytest_mlmonitor.core.text.near import did_you_mean
from pytest_mlmonitor.core.text.versions import version_order
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.data_contracts.model import ContractFile
from pytest_mlmonitor.tables.contract.relationship import ColumnPath, Relationship
from pytest_mlmonitor.tables.odcs.relations.notation import NoReference, notation, referred


class DanglingReference(ValueError):
    """A relationship refers to what there is not; the message says what."""


@dataclass(frozen=True)
class ReferencedColumns:
    """Columns of a table.

    Attributes:
        file: the contract that describes the table, None where none does.
        names: of the table, the physical one first.
        columns: in the order of the key that refers to them.
    """

    file: ContractFile | None
    names: tuple[str, ...]
    columns: tuple[ColumnPath, ...]


def referenced_columns(
    relationship: Relationship, own: ContractFile | None, files: Sequence[ContractFile]
) -> list[ReferencedColumns]:
    """Return what a relationship may mean, the likeliest first; more than one only where the data has to say which it is.

    Args:
        relationship: what is written.
        own: the file in which it is written.
        files: every contract file; none is opened that is not among them.

    Raises:
        DanglingReference: the contract that is named has no such table or column.
        NotChecked: the contract that is named is not among ``files``.
    """
    if relationship.table:
        return [ReferencedColumns(own, relationship.table, relationship.to)]
    references = [notation(text) for text in relationship.written]
    written = references[0].contract
    if not written:
        most = min(len(reference.parts) for reference in references)
        found = []
        for number in range(most - 1, 0, -1):
            tables = {".".join(reference.parts[:number]) for reference in references}
            columns = tuple((".".join(reference.parts[number:]),) for reference in references)
            found += [ReferencedColumns(None, (table,), columns) for table in tables if len(tables) == 1]
        if not found:
            raise DanglingReference(f"{quoted(relationship.written[0])} and the rest are columns of several tables")
        return found
    file = _named(written, own, files)
    try:
        columns_ = [referred(file.contract.document, reference) for reference in references]
    except NoReference as error:
        raise DanglingReference(f"in {shown(file.ref.path)} {error}") from None
    if columns_[0].schema is None:
        known = [table.contract.name for table in file.contract.tables]
        there = did_you_mean(columns_[0].names[0], known) or f"; its tables: {listing(list(map(bare, known)), 5)}"
        raise DanglingReference(
            f"{shown(file.ref.path)} describes no table called {quoted(columns_[0].names[0], 60)}{there}"
        )
    if len({column.schema for column in columns_}) > 1:
        raise DanglingReference(f"{quoted(relationship.written[0])} and the rest are columns of several tables")
    return [ReferencedColumns(file, columns_[0].names, tuple(column.path for column in columns_))]


def _named(written: str, own: ContractFile | None, files: Sequence[ContractFile]) -> ContractFile:
    """Return the contract that a file, an address or an id names: by its place, by its id, then by the file's name alone."""
    usable = [file for file in files if file.contract is not None]
    address = urlsplit(written) if "://" in written else None
    place = unquote(address.path) if address is not None else written
    if own is not None and (address is None or address.scheme == "file"):
        path = Path(os.path.normpath(own.ref.path.parent / place))
        here = [file for file in usable if file.ref.path == path]
        if here:
            return here[0]
    called = [file for file in usable if file.contract.id == written]
    if called:
        return max(called, key=lambda file: version_order(file.contract.version))
    name = PurePosixPath(place).name
    alike = list({file.ref.path: file for file in usable if name and file.ref.path.name == name}.values())
    if len(alike) == 1:
        return alike[0]
    if alike:
        places = listing([shown(file.ref.path) for file in alike], 3)
        raise NotChecked(f"several contracts are called {bare(name, 60)}: {places}; name one by its path or its id")
    what = "is not opened, and no contract of that name" if address is not None else "is no contract that"
    raise NotChecked(
        f"{bare(written, 120)} {what} lies under the roots or in the policy's contracts: put it there to have it checked"
    )
