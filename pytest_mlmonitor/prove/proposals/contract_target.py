"""The contract that lines are proposed for, and how it is put in force with them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.files.opening import Refused, read_bytes
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.datasets.builtin import TABLE_CONTRACTS
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, FileContent
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.prove.proposals.sound_versions import SoundVersions
from pytest_mlmonitor.tables.contract.types import LOGICAL, type_matches
from pytest_mlmonitor.tables.families import value_type
from pytest_mlmonitor.tables.inference.write import write_odcs
from pytest_mlmonitor.tables.odcs.written.contract_line import ContractLine, named
from pytest_mlmonitor.tables.odcs.written.contract_text import CannotAmend, amended, saying
from pytest_mlmonitor.tables.odcs.written.exported import exported
from pytest_mlmonitor.tables.odcs.written.yaml_flow import scalar
from pytest_mlmonitor.tables.odcs.yaml import MAX_BYTES, parse_mapping


@dataclass(frozen=True)
class ContractTarget:
    """A contract document before any line is put into it.

    Attributes:
        text: the document.
        table: what it calls the table.
        origin: ``file``: one that the policy names; ``beside``: one that lies with the data; ``built_in`` and ``inferred``: one
            that is not there yet.
        path: of a file: where it lies, of one with the data its copy on the workbench.
        shown: what a person calls it.
    """

    text: str
    table: str
    origin: Literal["file", "beside", "built_in", "inferred"]
    path: Path | None
    shown: str

    @property
    def is_new(self) -> bool:
        """Whether there is no such file yet."""
        return self.path is None

    def line(self, column: str | None, key: str, value: Any, types: Sequence[str] = ()) -> ContractLine:
        """Return a line of the table or of a column; of a column that the contract does not name the whole property."""
        if column is None:
            return ContractLine(self.table, None, key, value)
        try:
            named(self._properties, column)
        except KeyError:
            inner = [value] if key in ("quality", "customProperties") else value
            whole: dict[str, Any] = {"name": column}
            words = [
                word for word in _WORDS if types and all(type_matches(value_type(t), LOGICAL[word]) for t in types)
            ]
            whole.update({"logicalType": words[0]} if words else {})
            return ContractLine(self.table, None, "properties", {**whole, key: inner})
        return ContractLine(self.table, column, key, value)

    def names(self, column: str) -> bool:
        """Return whether the contract has a property of a column."""
        try:
            named(self._properties, column)
        except KeyError:
            return False
        return True

    def block(self, column: str) -> str:
        """Return the lines that are the property of a column, of a contract that this product wrote; empty without it."""
        start = f"      - name: {scalar(column)}"
        lines = self.text.splitlines()
        at = next((i for i, line in enumerate(lines) if line == start or line.startswith(f"{start} #")), len(lines))
        inside = takewhile(lambda line: line.startswith(" " * 8), lines[at + 1 :])
        return "\n".join(line[6:] for line in [*lines[at : at + 1], *inside])

    @cached_property
    def _properties(self) -> Any:
        try:
            return named(parse_mapping(self.text.encode()).get("schema"), self.table).get("properties")
        except KeyError:
            return None

    def takes(self, lines: Sequence[ContractLine]) -> bool:
        """Return whether its text can take lines, as a person pastes them."""
        try:
            amended(self.text, lines)
        except CannotAmend:
            return False
        return True

    def in_force(
        self, lines: Sequence[ContractLine], settings: Settings, directory: Path
    ) -> tuple[Settings, FileChanges]:
        """Return the policy in which the contract holds with ``lines``, and the files of the workbench that change for it.

        Args:
            lines: what it says besides.
            settings: the policy in which it holds without.
            directory: where files may be written.

        Raises:
            CannotAmend: the place of a line is not there.
        """
        text = saying(self.text, lines) if lines else self.text
        if self.origin == "beside" and self.path is not None:
            return settings, {self.path: FileContent(text.encode())}
        directory.mkdir(parents=True, exist_ok=True)
        place = directory / (self.path.name if self.path is not None else file_name(self.table))
        place.write_text(text, encoding="utf-8")
        if self.path is None:
            files = (*settings.contracts.files, place)
            return _with_contracts(settings, files=files), {}
        return _in_the_place_of(settings, self.path, place, directory), {}


_LONGEST = 100
"""Letters of a table in the name of a file: a file system takes 255 bytes, and there are endings to come."""

_WORDS = ("string", "integer", "number", "boolean", "date", "timestamp", "time")


def contract_target(
    platform: Artifacts, sound: SoundVersions, original: Callable[[Path], Path] = Path
) -> ContractTarget | None:
    """Return the contract that lines about a dataset go into; None where it is no text (a pandera schema).

    That is the first contract file in force, those of the policy first; without any one that is to be written: what the built-in
    contract says, or what the versions say of themselves.

    Args:
        platform: the artifacts.
        sound: the versions of the dataset.
        original: says what a file on the workbench is a copy of.
    """
    in_force = platform.view(Contracts).of(sound.newest)
    if any(bound.schema is not None for bound in in_force):
        return None
    for bound in in_force:
        if bound.file is None:
            continue
        path = bound.file.ref.path
        try:
            text = read_bytes(path, MAX_BYTES).decode("utf-8").removeprefix("\ufeff")
        except (Refused, UnicodeDecodeError):
            return None
        origin: Literal["file", "beside"] = "file" if bound.trusted else "beside"
        table = _table_of(text, bound.contract.name)
        return ContractTarget(text, table, origin, path, shown(original(path))) if table is not None else None
    for bound in in_force:
        if bound.contract == TABLE_CONTRACTS.get(bound.contract.name):
            name = bound.contract.name
            return ContractTarget(exported(bound.contract), name, "built_in", None, f"contracts/{file_name(name)}")
    if not sound.described:
        return None
    rows = sum(one.rows for one in sound.described)
    text = write_odcs(sound.draft, f"{len(sound.described):,} versions of {sound.name}, {rows:,} rows")
    return ContractTarget(text, sound.name, "inferred", None, f"contracts/{file_name(sound.name)}")


def file_name(table: str) -> str:
    """Return what the contract of a table is called as a file: an artifact names its table, and chooses no path by it.

    >>> file_name("orders"), file_name("../web/orders")
    ('orders.odcs.yaml', '.._web_orders.odcs.yaml')
    """
    stem = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in table)
    return f"{stem[:_LONGEST]}.odcs.yaml"


def _table_of(text: str, name: str) -> str | None:
    """Return what the document itself calls the table that binds by ``name``."""
    entries = parse_mapping(text.encode()).get("schema")
    try:
        found = named(entries, name)
    except KeyError:
        return None
    return str(found.get("physicalName") or found.get("name"))


def _with_contracts(settings: Settings, **changed: Any) -> Settings:
    return settings.model_copy(update={"contracts": settings.contracts.model_copy(update=changed)}).written_in(
        settings.file, settings.origins
    )


def _in_the_place_of(settings: Settings, path: Path, place: Path, directory: Path) -> Settings:
    """Return the policy that names ``place`` wherever it names ``path``, or a directory that holds it."""
    path = path.resolve()
    files: list[Path] = []
    for file in settings.contracts.files:
        if file.resolve() == path:
            files.append(place)
        elif path.is_relative_to(file.resolve()):
            copied = directory / "contracts"
            shutil.copytree(file, copied, dirs_exist_ok=True)
            shutil.copy(place, copied / path.relative_to(file.resolve()))
            files.append(copied)
        else:
            files.append(file)

    def moved(text: str | None) -> str | None:
        return str(place) if text is not None and Path(text).resolve() == path else text

    bound = {name: moved(text) or text for name, text in settings.contracts.bound.items()}
    overrides = tuple(one.model_copy(update={"contract": moved(one.contract)}) for one in settings.overrides)
    source = {
        name: one.model_copy(update={"contract": moved(one.contract)}) if one.contract is not None else one
        for name, one in settings.source.items()
    }
    changed = _with_contracts(settings, files=tuple(files), bound=bound)
    return changed.model_copy(update={"overrides": overrides, "source": source}).written_in(
        settings.file, settings.origins
    )
