"""Path templates read the slow way: every way to divide a path is tried."""

from __future__ import annotations

import re
from collections.abc import Iterator

Level = list[tuple[str, str, str | None]]
TOKEN = re.compile(r"\{([a-z][a-z0-9_]*)(?::([^}]*))?\}|.", re.DOTALL)


def readings(template: str, path: str) -> list[dict[str, str]]:
    """Return every way in which a path can be read, each once.

    Forms with ``/`` are not known here.
    """
    forms: dict[str, str | None] = {}
    levels: list[Level] = []
    for level in template.split("/"):
        tokens: Level = []
        for match in TOKEN.finditer(level):
            name, form = match[1], match[2]
            if name is None:
                tokens.append((match[0], "", None))
            else:
                forms.setdefault(name, form)
                tokens.append(("{", name, forms[name]))
        levels.append(tokens if level != "**" else [])
    found: list[dict[str, str]] = []
    for one in _path(levels, path.split("/"), {}):
        if one not in found:
            found.append(one)
    return found


def _path(levels: list[Level], names: list[str], caught: dict[str, str]) -> Iterator[dict[str, str]]:
    if not levels:
        if not names:
            yield caught
        return
    if not levels[0]:  # **
        yield from _path(levels[1:], names, caught)
        if names and names[0][:1] not in (".", "_"):
            yield from _path(levels, names[1:], caught)
        return
    if not names:
        return
    first = levels[0][0][0]
    if names[0][:1] in (".", "_") and first not in (".", "_"):
        return
    for one in _level(levels[0], names[0], 0, caught):
        yield from _path(levels[1:], names[1:], one)


def _level(tokens: Level, name: str, at: int, caught: dict[str, str]) -> Iterator[dict[str, str]]:
    if not tokens:
        if at == len(name):
            yield caught
        return
    (letter, placeholder, form), rest = tokens[0], tokens[1:]
    if letter == "{":
        for end in range(at + 1, len(name) + 1):
            text = name[at:end]
            if placeholder in caught:
                if caught[placeholder] == text:
                    yield from _level(rest, name, end, caught)
            elif form is None or _fits(form, text):
                yield from _level(rest, name, end, {**caught, placeholder: text})
    elif letter == "*":
        for end in range(at, len(name) + 1):
            yield from _level(rest, name, end, caught)
    elif at < len(name) and letter in ("?", name[at]):
        yield from _level(rest, name, at + 1, caught)


def _fits(form: str, text: str) -> bool:
    if form == "int":
        return text.isascii() and text.isdigit()
    if form == "word":
        return text.isalnum()
    if form == "semver":
        return (
            re.fullmatch(r"[vV]?\d+(\.\d+){0,3}(-[\w.-]{1,64}(?<!_))?(\+[\w.-]{1,64})?", text, re.ASCII) is not None
            and "_" not in text
        )
    assert form == "%y%m"
    return len(text) == 4 and text.isascii() and text.isdigit() and 1 <= int(text[2:]) <= 12
