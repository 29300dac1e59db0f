"""Quality queries of a contract: text that is checked for its form and turned to call the table ``{name}``.

Nothing is run here. What may be run, and where, is decided by whoever runs it; this only refuses what is no query at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

_TOKEN = re.compile(
    r"(?P<skip>\s+|--[^\n]*|/\*.*?\*/)|(?P<text>'(?:[^']|'')*')|(?P<name>\"(?:[^\"]|\"\")*\"|`[^`]*`)|"
    r"(?P<place>\$?\{(?P<what>[A-Za-z]+)\})|(?P<word>[A-Za-z_][A-Za-z0-9_$]*)|(?P<other>.)",
    re.DOTALL,
)
_TABLE = frozenset(("object", "table", "model", "schema", "name"))
_COLUMN = frozenset(("property", "column", "field"))
_FIRST = frozenset(("select", "with", "from", "values"))
_AFTER_TABLE = frozenset(
    (
        *("where", "group", "order", "having", "limit", "offset", "fetch", "qualify", "window", "using", "tablesample"),
        *("join", "inner", "left", "right", "full", "cross", "natural", "asof", "positional", "semi", "anti", "on"),
        *("union", "intersect", "except", "select", "lateral", "pivot", "unpivot", "sample"),
    )
)
"""Words that go on after a table in FROM; another word there is its alias."""

_CHANGES = frozenset(
    (
        *("insert", "update", "delete", "merge", "replace", "truncate", "copy"),
        *("create", "alter", "drop", "grant", "revoke", "attach", "detach", "use"),
        *("install", "load", "export", "import", "pragma", "call", "execute", "vacuum", "checkpoint"),
    )
)


class NotAQuery(ValueError):
    """The text is no single query; the message follows the key's name."""


def query_of(text: str, tables: Iterable[str], column: str | None) -> tuple[str, list[str]]:
    """Return ``text`` as one query over ``{name}``.

    ``{object}``, ``${table}`` and their like become ``{name}``, ``{property}`` and ``${column}`` the quoted column; a table
    of this contract that is named after FROM or JOIN becomes ``{name}`` too.

    Args:
        text: the query as written.
        tables: the names of the table that it is about.
        column: the column that it is about, None for a rule of the whole table.

    Returns:
        The query, and the variables in it that nothing replaces.

    Raises:
        NotAQuery: it is empty, more than one statement, or starts with anything but SELECT, WITH, FROM or VALUES.
    """
    known = {name.lower() for name in tables}
    out: list[str] = []
    unknown: list[str] = []
    first = before = ""
    ended = False
    tokens = list(_TOKEN.finditer(text))
    # A table that columns are named with (orders.amount) keeps its name beside the one that it runs under.
    qualified = any(
        token.group().strip('"`').lower() in known and after.group() == "." for token, after in pairwise(tokens)
    )
    for i, match in enumerate(tokens):
        part = match.group()
        if match.group("skip") is not None:
            out.append(" " if part.strip() else part)  # a comment may hold anything, also braces
            continue
        if ended:
            raise NotAQuery("holds more than one statement: expected a single SELECT")
        if part == ";":
            ended = True
            continue
        word = part.lower()
        if not first:
            first = word
            if word not in _FIRST and part != "(":
                what = "changes data" if word in _CHANGES else "is no query"
                raise NotAQuery(f"{what}: expected a single SELECT")
        if match.group("place") is not None:
            part = _placed(match, column, unknown)
            if part == "{name}" and len(out) > 1 and out[-1] == "." and out[-2] == "{name}":
                del out[-2:]  # {schema}.{model} is one table
        elif before in ("from", "join", "from.", "join.") and match.group("word" if match.group("word") else "name"):
            following = tokens[i + 1].group() if i + 1 < len(tokens) else ""
            if following == ".":
                before = f"{before.rstrip('.')}."  # a schema in front of the table
                out.append(part)
                continue
            if part.strip('"`').lower() in known:
                _drop_schema(out)
                part = f"{{name}} AS {part}" if qualified and not _has_alias(tokens[i + 1 :]) else "{name}"
        elif before.endswith(".") and part == ".":
            out.append(part)
            continue
        out.append(part)
        before = word
    if not first:
        raise NotAQuery("is empty: expected a SELECT")
    return "".join(out).strip(), unknown


def names_in(query: str) -> set[str]:
    """Return everything in a query that may be the name of a table, qualified or not, without quotes and in lower case."""
    found: set[str] = set()
    qualified = ""
    for match in _TOKEN.finditer(query):
        part = match.group()
        if match.group("name") is not None or match.group("word") is not None:
            name = part.strip('"`').replace('""', '"').lower()
            qualified = f"{qualified}{name}" if qualified.endswith(".") else name
            found |= {name, qualified}
        elif part == "." and qualified:
            qualified += "."
        else:
            qualified = ""
    return found


_ENDS_FROM = frozenset(
    ("where", "group", "order", "having", "limit", "qualify", "window", "select", "union", "on", "using")
)


def tables_in(query: str) -> set[str]:
    """Return what a query names as tables: after FROM and JOIN, and commas between them, so that a column is none.

    Qualified or not, without quotes and in lower case.

    >>> sorted(tables_in("SELECT null, price FROM {name} o JOIN shop.orders USING (id) WHERE stock IS NULL"))
    ['orders', 'shop', 'shop.orders']
    """
    found: set[str] = set()
    inside: list[bool] = [False]  # whether a FROM goes on, for every parenthesis that is open
    expected, qualified = False, ""
    for match in _TOKEN.finditer(query):
        part = match.group().lower()
        if match.group("skip") is not None:
            continue
        word = match.group("word") is not None
        if word and part in ("from", "join"):
            inside[-1], expected, qualified = True, True, ""
        elif word and part in _ENDS_FROM:
            inside[-1] = expected = False
        elif expected and (word or match.group("name") is not None):
            name = part.strip('"`').replace('""', '"')
            qualified = f"{qualified}.{name}" if qualified else name
            found |= {name, qualified}
            expected = False
        elif part == "." and qualified:
            expected = True
        else:
            inside = [*inside, False] if part == "(" else inside[:-1] or [False] if part == ")" else inside
            expected, qualified = part == "," and inside[-1], ""
    return found


def _placed(match: re.Match[str], column: str | None, unknown: list[str]) -> str:
    what = match.group("what").lower()
    if what in _TABLE:
        return "{name}"
    if what in _COLUMN:
        if column is None:
            raise NotAQuery(f"uses {match.group()}, but is a rule of the whole table: expected a column by name")
        return '"' + column.replace('"', '""') + '"'
    unknown.append(match.group())
    return match.group()


def _has_alias(tokens: Iterable[re.Match[str]]) -> bool:
    """Return whether a table's name is followed by another one for it."""
    after = next((token for token in tokens if token.group("skip") is None), None)
    if after is None or after.group("text") is not None:
        return False
    return after.group("name") is not None or (
        after.group("word") is not None and after.group().lower() not in _AFTER_TABLE
    )


def _drop_schema(out: list[str]) -> None:
    """Take ``schema.`` off the end of what was written."""
    while out and (
        out[-1] == "." or (len(out) > 1 and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_$]*|\"[^\"]*\"|`[^`]*`", out[-1]))
    ):
        if out[-1].lower() in ("from", "join"):
            return
        out.pop()
