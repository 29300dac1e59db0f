"""Which contracts speak of which data: by the names that the policy binds, and by those in contract files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pytest_mlmonitor.data_contracts.model import ContractFile
from pytest_mlmonitor.tables.contract.data_contract import TableTerms
from pytest_mlmonitor.tables.contract.meant import Bindings

Names = tuple[str | None, ...]
"""What data may be called by: a dataset's name, its file's, the file's without ending."""


class ContractBindings:
    """Contracts by the names of data. A contract beside the data speaks of its own root only; what the policy says, of all roots.

    Attributes:
        files: contract files that could be read, in the order in which they are asked.
    """

    def __init__(
        self, bound: Iterable[str], files: Iterable[ContractFile], there: Mapping[Path, Iterable[Names]]
    ) -> None:
        """Resolve names.

        Args:
            bound: names that the policy or a hook binds.
            files: contract files; those that the policy binds to a name are asked by that name only.
            there: by root, the names of everything that a contract may mean.
        """
        self.files = [file for file in files if file.contract is not None and file.bound_to is None]
        everywhere = [names for found in there.values() for names in found]
        self._bound = Bindings([(name, (name,)) for name in dict.fromkeys(bound)], everywhere)
        self._groups: dict[Path | None, Bindings[tuple[int, int]]] = {}
        roots = dict.fromkeys(None if file.declared else file.ref.root for file in self.files)
        for root in roots:
            wanted = [
                ((i, j), table.names)
                for i, file in enumerate(self.files)
                if (None if file.declared else file.ref.root) == root
                for j, table in enumerate(file.contract.tables)
            ]
            self._groups[root] = Bindings(wanted, everywhere if root is None else there.get(root, ()))

    def names(self, names: Sequence[str | None]) -> list[str]:
        """Return the names that policy or hook binds and that mean data with these names, the closest first."""
        return self._bound.of(names)

    def tables(self, names: Sequence[str | None], root: Path) -> list[tuple[ContractFile, TableTerms]]:
        """Return the tables that speak of data with these names below ``root``, those of the policy first, file by file."""
        found = [key for group in (None, root) for key in sorted(self._group(group, names))]
        return [(self.files[i], self.files[i].contract.tables[j]) for i, j in found]

    def _group(self, root: Path | None, names: Sequence[str | None]) -> list[tuple[int, int]]:
        return self._groups[root].of(names) if root in self._groups else []

    def ambiguous_name(self, name: str) -> tuple[str, ...]:
        """Return what might be meant by a bound name, empty where one thing or nothing is."""
        return self._bound.ambiguous.get(name, ())

    def ambiguous(self, file: ContractFile, table: TableTerms) -> tuple[str, ...]:
        """Return what might be meant by a table, empty where one thing or nothing is."""
        key = (self.files.index(file), file.contract.tables.index(table))
        return self._groups[None if file.declared else file.ref.root].ambiguous.get(key, ())
