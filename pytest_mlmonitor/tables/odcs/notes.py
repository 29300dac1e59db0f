"""What is said of a contract while it is read: what is wrong with it, and what of it nothing will check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.text.names import quoted, safe
from pytest_mlmonitor.tables.contract.data_contract import Problem
from pytest_mlmonitor.tables.odcs.yaml import KeyPath

MAX_PROBLEMS = 50
"""Problems of one contract that are named one by one."""


def in_yaml(value: Any) -> str:
    """Return a value of a contract for a message as YAML writes it: ``true``, ``null``, text in quotes."""
    return str(value).lower() if isinstance(value, bool) else "null" if value is None else quoted(value)


def line_of(path: KeyPath, known: Mapping[KeyPath, int]) -> int | None:
    """Return the line of the part at ``path``, else of what is around it; ``known`` has the line of every key."""
    return next((known[path[:n]] for n in range(len(path), 0, -1) if path[:n] in known), None)


class OdcsError(ValueError):
    """Nothing in the file can be used as a data contract.

    Attributes:
        problems: what is wrong, in the order of the file.
        where: the file, as it is shown.
    """

    def __init__(self, problems: Sequence[Problem], where: str = "") -> None:
        self.problems = list(problems)
        self.where = where
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{where}: {problems[0]}{more}" if where else f"{problems[0]}{more}")


@dataclass
class Notes:
    """Collects what is said of one document; ``document`` is its parsed top-level mapping.

    Attributes:
        problems: what is wrong, by place.
        unchecked: what nothing checks, by place.
        dropped: places whose value has not the form that the standard asks for; nobody reads them any further.
        looked_at: how many unknown keys were compared with known ones.
    """

    document: Mapping[str, Any]
    problems: list[tuple[KeyPath, Problem]] = field(default_factory=list)
    unchecked: list[tuple[KeyPath, str]] = field(default_factory=list)
    dropped: set[KeyPath] = field(default_factory=set)
    looked_at: int = 0

    def problem(self, path: KeyPath, message: str, expected: str | None = None, actual: object = None) -> None:
        """Note that the part at ``path`` is wrong and is not used; ``message`` follows its name."""
        self._add(path, message, expected, actual, Severity.ERROR)

    def doubt(self, path: KeyPath, message: str, expected: str | None = None, actual: object = None) -> None:
        """Note that the key at ``path`` is probably not what its author meant; ``message`` follows its name."""
        self._add(path, message, expected, actual, Severity.WARNING)

    def _add(self, path: KeyPath, message: str, expected: str | None, actual: object, severity: Severity) -> None:
        key = self.key(path)
        shown = None if actual is None else safe(str(actual))[:80]
        self.problems.append((path, Problem(None, key, safe(f"{key} {message}".strip()), expected, shown, severity)))

    def leave(self, path: KeyPath, why: str) -> None:
        """Note that the part at ``path`` is not checked, and why."""
        self.unchecked.append((path, safe(f"{self.key(path)}: {why}")))

    def lacks(self, path: KeyPath, keys: Iterable[str]) -> bool:
        """Return whether one of ``keys`` of the mapping at ``path``, or that mapping, was dropped."""
        return bool(self.dropped) and (path in self.dropped or any((*path, key) in self.dropped for key in keys))

    def at(self, path: KeyPath) -> Any:
        """Return what is written at ``path``, None where nothing is."""
        value: Any = self.document
        for part in path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def key(self, path: KeyPath) -> str:
        """Return ``path`` for a person: tables and columns by name, ``schema.orders.properties.amount.quality[2]``."""
        text = ""
        value: Any = self.document
        for i, part in enumerate(path):
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                value = None
            if isinstance(part, str):
                text += f"{'.' if text else ''}{part}"
                continue
            name = value.get("name") if isinstance(value, dict) and path[i - 1] in ("schema", "properties") else None
            text += f".{name}" if isinstance(name, str) and name else f"[{part}]"
        return safe(text)

    def found(self, lines: Callable[[], Mapping[KeyPath, int]]) -> list[Problem]:
        """Return everything that is wrong, with its lines, in the order of the file.

        Args:
            lines: gives the line of every key; asked only where something is wrong.
        """
        if not self.problems:
            return []
        known = lines()
        found = []
        for path, problem in self.problems[:MAX_PROBLEMS]:
            found.append(replace(problem, line=line_of(path, known)))
        found.sort(key=lambda problem: problem.line or 0)
        more = len(self.problems) - len(found)
        if more:
            found.append(Problem(None, "", f"{more:,} more lines of this contract cannot be used"))
        return found
