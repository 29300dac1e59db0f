"""Files in which contracts are written, read again where a finding says a line of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.files.opening import Refused, read_bytes
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.tables.contract.row_terms import TermPath
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.odcs.yaml import lines_of
from pytest_mlmonitor.tables.origins.schema_lines import SchemaCode
from pytest_mlmonitor.tables.origins.term_origins import TermOrigins


class ContractLines:
    """Lines of contract files, each read once a run and only where something asks for one."""

    def __init__(self, platform: Artifacts) -> None:
        del platform  # a view: made once a run
        self._lines: dict[Path, Mapping[TermPath, int]] = {}

    def of_file(self, contract: TableContract, path: Path, document: Mapping[str, Any]) -> TermOrigins:
        """Return the terms of a contract that a file holds; ``document`` is what was read of it."""
        return TermOrigins(contract, document, shown(path), lambda: self._of(path))

    def of_code(self, contract: TableContract) -> TermOrigins:
        """Return the terms of a contract that is a schema in Python."""
        code = SchemaCode(contract.source)
        return TermOrigins(contract, file=shown(code.file) if code.file is not None else None, in_code=code.line)

    def _of(self, path: Path) -> Mapping[TermPath, int]:
        if path not in self._lines:
            try:
                self._lines[path] = lines_of(read_bytes(path))
            except (Refused, OSError):
                self._lines[path] = {}
        return self._lines[path]
