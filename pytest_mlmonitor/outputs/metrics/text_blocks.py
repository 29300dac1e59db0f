"""Several texts of Prometheus' format 0.0.4 as one: each family once, and no series twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class _Family:
    """The lines of a family: what describes it, and its series by their names and labels."""

    head: list[str] = field(default_factory=list)
    series: dict[str, str] = field(default_factory=dict)


def joined_texts(texts: Iterable[str]) -> str:
    """Return texts that we wrote as one; of a series that stands in several the first counts."""
    families: dict[str, _Family] = {}
    for text in texts:
        current, known = _Family(), False
        for line in text.split("\n"):
            if line.startswith("# HELP "):
                name = line.split(" ", 3)[2]
                known = name in families
                current = families.setdefault(name, _Family())
            if line.startswith("#"):
                if not known:
                    current.head.append(line)
            elif line:
                current.series.setdefault(line.rpartition(" ")[0], line)
    lines = [line for one in families.values() for line in (*one.head, *one.series.values())]
    return "".join(f"{line}\n" for line in lines)
