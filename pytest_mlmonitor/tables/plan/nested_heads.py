"""What lies inside a column, as the head of a table of its own."""

from __future__ import annotations

from pytest_mlmonitor.tables.contract.types import nested
from pytest_mlmonitor.tables.profile import ParquetHead


def nested_head(type_: str, name: str) -> ParquetHead | None:
    """Return the columns inside a column, None where its Arrow type has none, or names that cannot be told from types.

    Args:
        type_: the column's type.
        name: what it is called; what lies inside is called by its path.

    >>> nested_head("struct<city: string, at: list<element: double>>", "home").names
    ('home.city', 'home.at')
    >>> nested_head("list<element: int64>", "tags").names, nested_head("map<string, int64>", "m").names
    (('tags[]',), ('m{key}', 'm{value}'))
    """
    found = nested(type_)
    if found is None:
        return None
    if found.kind == "struct":
        names = tuple(f"{name}.{field}" for field, _ in found.children)
    elif found.kind == "map":
        names = (f"{name}{{key}}", f"{name}{{value}}")
    else:
        names = (f"{name}[]",)
    return ParquetHead(names, tuple(types[0] for _, types in found.children), 0, {})
