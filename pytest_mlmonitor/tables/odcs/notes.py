"""What is said of a contract while it is read: what is wrong with it, and what of it nothing will check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.tables.odcs.yaml import KeyPath

MAX_PROBLEMS = 50
"""Problems of one contract that are named one by one."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a contract.

    Attributes:
        line: 1-based line of the file, None where none can be named.
        key: the part concerned, e.g. ``schema.orders.properties.amount.required``.
        message: one line, readable without the other fields.
        expected: what is allowed there.
        actual: what was there.
    """

    line: int | None
    key: str
    message: str
    expected: str | None = None
    actual: str | None = None

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}" if self.line else self.message


class OdcsError(ValueError):
    """The file is no sound data contract.

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
    """Collects what is said of one document; ``document`` is its parsed top-level mapping."""

    document: Mapping[str, Any]
    problems: list[tuple[KeyPath, Problem]] = field(default_factory=list)
    unchecked: list[tuple[KeyPath, str]] = field(default_factory=list)

    def problem(self, path: KeyPath, message: str, expected: str | None = None, actual: object = None) -> None:
        """Note that the part at ``path`` is wrong; ``message`` follows its name."""
        key = self.key(path)
        shown = None if actual is None else safe(str(actual))[:80]
        self.problems.append((path, Problem(None, key, safe(f"{key} {message}".strip()), expected, shown)))

    def leave(self, path: KeyPath, why: str) -> None:
        """Note that the part at ``path`` is not checked, and why."""
        self.unchecked.append((path, safe(f"{self.key(path)}: {why}")))

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

    def error(self, where: str, lines: Mapping[KeyPath, int]) -> OdcsError:
        """Return everything that is wrong as one error, with lines."""
        found = []
        for path, p in self.problems[:MAX_PROBLEMS]:
            line = next((lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in lines), None)
            found.append(Problem(line, p.key, p.message, p.expected, p.actual))
        return OdcsError(sorted(found, key=lambda p: p.line or 0), where)
