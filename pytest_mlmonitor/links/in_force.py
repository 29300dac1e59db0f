"""Which contracts are in force for a dataset.

A person's own binding (hook or policy) stands in the place of the built-in contract of a family. A contract that lies
beside the data adds to it and never replaces it: whoever wrote the data could otherwise write its excuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.data_contracts.model import ContractFile
from pytest_mlmonitor.datasets.builtin import TABLE_CONTRACTS
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.tables.contract.table import TableContract

if TYPE_CHECKING:
    from pytest_mlmonitor.tables.pandera.bound import BoundSchema


@dataclass(frozen=True)
class InForce:
    """A contract of one dataset.

    Attributes:
        contract: the contract.
        schema: the pandera schema that it came from, if it did.
        file: the ODCS file that it came from, if it did.
        trusted: whether the project says it (built in, bound or declared); a contract that lies beside the data is part of
            what is judged.
    """

    contract: TableContract
    schema: BoundSchema | None = None
    file: ContractFile | None = None
    trusted: bool = True


class Contracts:
    """Every contract that a run knows."""

    def __init__(self, settings: Settings, schemas: Mapping[str, object], files: Iterable[ContractFile]) -> None:
        """Resolve what is bound.

        Args:
            settings: the policy; its key ``contracts`` binds.
            schemas: pandera schemas by dataset or family, from hooks.
            files: the contract files that were read.

        Raises:
            PolicyError: a binding names nothing usable.
        """
        self._bound: dict[str, InForce] = {}
        self.files = list(files)
        named = {(file.bound_to, file.ref.path): file for file in self.files if file.bound_to is not None}
        for name, place in settings.contracts.bound.items():
            self._bound[name] = _of_policy(name, place, named.get((name, Path(place).resolve())))
        for name, schema in schemas.items():
            from pytest_mlmonitor.tables.pandera.binding import bind

            bound = bind(name, schema, "pytest_mlmonitor_contracts")
            self._bound[name] = InForce(bound.contract, bound)

    def __bool__(self) -> bool:
        """Whether there is any beside the built-in ones."""
        return bool(self._bound or self.files)

    def of(self, dataset: Dataset) -> list[InForce]:
        """Return the contracts in force for ``dataset``."""
        names = names_of(dataset)
        forms = [form for name in names for form in (name, family(name))]
        own = [self._bound[name] for name in dict.fromkeys(forms) if name in self._bound][:1]
        declared = [file for file in self.files if file.declared and file.bound_to is None]
        own += _tables(declared, names)
        if not own:
            own = [InForce(TABLE_CONTRACTS[name]) for name in dict.fromkeys(forms) if name in TABLE_CONTRACTS][:1]
        beside = [file for file in self.files if not file.declared and file.ref.root == dataset.ref.root]
        return own + _tables(beside, names)

    def speak_of(self, path: Path, root: Path) -> bool:
        """Return whether a contract speaks of the parquet file ``path``, which nothing else describes."""
        names = (path.name, path.stem)
        if any(form in self._bound for name in names for form in (name, family(name))):
            return True
        files = [file for file in self.files if file.declared or file.ref.root == root]
        return bool(_tables(files, names))

    def refuse_unused(self, datasets: Iterable[Dataset]) -> None:
        """Refuse a binding of a name that no dataset has: it would pass silently.

        Raises:
            PolicyError: names the binding and the datasets there are.
        """
        present = {form for d in datasets for name in names_of(d) for form in (name, family(name))}
        for name, bound in self._bound.items():
            if present and name not in present:
                known = sorted({family(d) for d in present if not d.endswith(".parquet")})
                raise PolicyError(
                    f"contracts.{name} ({bound.contract.source or bound.contract.name}) is bound to no dataset; "
                    f"datasets under the roots: {', '.join(known[:10])}"
                )


def names_of(dataset: Dataset) -> tuple[str, ...]:
    """Return the names that a contract may call a dataset by: its own, its file's, the file's without ending."""
    path = dataset.data_path
    return tuple(n for n in (dataset.dataset_name, path.name if path else None, path.stem if path else None) if n)


def authority(in_force: Iterable[InForce]) -> list[TableContract]:
    """Return the contracts that defaults give way to: the trusted ones; without any, those beside the data."""
    bounds = list(in_force)
    return [b.contract for b in bounds if b.trusted] or [b.contract for b in bounds]


def _tables(files: Iterable[ContractFile], names: tuple[str, ...]) -> list[InForce]:
    found = []
    for file in files:
        terms = file.contract.table(*names) if file.contract is not None else None
        if terms is not None:
            contract = replace(terms.contract, source=terms.contract.source or shown(file.ref.path))
            found.append(InForce(contract, file=file, trusted=file.declared))
    return found


def _of_policy(name: str, place: str, file: ContractFile | None) -> InForce:
    if not place.endswith((".yaml", ".yml")):
        from pytest_mlmonitor.tables.pandera.binding import bind

        bound = bind(name, place)
        return InForce(bound.contract, bound)
    assert file is not None and file.contract is not None  # the platform has read every file that the policy names
    contract = file.contract
    terms = contract.table(name) or (contract.tables[0] if len(contract.tables) == 1 else None)
    if terms is None:
        tables = ", ".join(table.contract.name for table in contract.tables) or "none"
        raise PolicyError(f"contracts.{name}: {place} describes no table of that name; its tables: {tables}")
    return InForce(replace(terms.contract, source=terms.contract.source or shown(file.ref.path)), file=file)
