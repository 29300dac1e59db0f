"""What people can rely on, as text: ``public_api.txt`` is what it was when somebody last looked.

python -m tests.unit.public_api     writes it anew; look at the difference before you commit it
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import typer
from pydantic import BaseModel

import pytest_mlmonitor
from pytest_mlmonitor import ArtifactRef, Check, CheckResult, Figure, Finding, Platform, Severity
from pytest_mlmonitor.commands.app import app
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.outputs.results_document import results_document
from pytest_mlmonitor.plugin import fixtures, hookspecs, options

FILE = Path(__file__).with_name("public_api.txt")
WIDTH = 120


def rendered() -> str:
    """Return the whole text: one section a kind of thing, sorted where order means nothing."""
    sections = {
        "names of pytest_mlmonitor": names(),
        "hooks": hooks(),
        "options of pytest": pytest_options(),
        "markers": sorted(options.MARKERS),
        "fixtures": pytest_fixtures(),
        "commands of mlmonitor": commands(),
        "keys of results.json": keys("", document()),
    }
    return "\n".join("\n".join([f"## {title}", "", *lines, ""]) for title, lines in sections.items())


def names() -> Iterator[str]:
    for name in sorted(pytest_mlmonitor.__all__):
        value = getattr(pytest_mlmonitor, name)
        if isinstance(value, Check):
            yield f"{name}: check {value.name!r} of a {value.kind}, {value.category}"
        elif inspect.isclass(value) and value.__name__ != name:
            yield f"{name} = {value.__name__}"
        elif inspect.isclass(value):
            yield from of_class(value)
        elif callable(value):
            yield from signature(f"def {name}", value)
        else:
            yield f"{name}: {type(value).__name__}"


def of_class(value: type[Any]) -> Iterator[str]:
    bases = ", ".join(base.__name__ for base in value.__bases__ if base is not object)
    title = f"class {value.__name__}" + (f" <- {bases}" if bases else "")
    if issubclass(value, BaseModel):
        yield title
        for name, field in value.model_fields.items():
            yield f"    {name}: {'required' if field.is_required() else 'optional'}"
    elif issubclass(value, Severity):
        yield title
        yield from (f"    {member.name} = {member.value}" for member in value)
    elif issubclass(value, BaseException) and "__init__" not in vars(value):
        yield title
    else:
        yield from signature(title, value)
    for name, member in sorted(members(value).items()):
        called = getattr(member, "__func__", member)
        if inspect.isfunction(called):
            yield from signature(f"    {name}", called)
        elif isinstance(member, property) or type(member).__name__ == "cached_property":
            yield f"    {name}: property"


def members(value: type[Any]) -> dict[str, Any]:
    """Return the public methods and properties that our own classes add; of the platform those that a page shows."""
    found: dict[str, Any] = {}
    others = [cls for cls in value.__mro__ if not cls.__module__.startswith("pytest_mlmonitor")]
    fields = getattr(value, "__dataclass_fields__", {})
    for cls in reversed(value.__mro__):
        if cls not in others:
            found |= {name: member for name, member in vars(cls).items() if not name.startswith("_")}
    found = {n: m for n, m in found.items() if n not in fields and not any(hasattr(other, n) for other in others)}
    return {n: m for n, m in found.items() if n in shown_of_platform()} if value is Platform else found


@cache
def shown_of_platform() -> set[str]:
    """Return what pages show of the platform; the rest of it is there for our own rules."""
    project = Path(__file__).parents[2]
    pages = [project / "README.md", *(project / "docs").glob("*.md")]
    return {name for page in pages for name in re.findall(r"\bplatform\.(\w+)", page.read_text(encoding="utf-8"))}


def signature(title: str, value: Any) -> list[str]:
    """Return a callable in one line, or with one line a parameter where one is too long."""
    made = inspect.signature(value)
    parameters = [plain(parameter) for parameter in made.parameters.values()]
    kinds = [parameter.kind for parameter in made.parameters.values()]
    if inspect.Parameter.KEYWORD_ONLY in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        parameters.insert(kinds.index(inspect.Parameter.KEYWORD_ONLY), "*")
    returned = made.return_annotation
    text = "" if returned is made.empty or inspect.isclass(value) else f" -> {unquoted(returned)}"
    line = f"{title}({', '.join(parameters)}){text}"
    if len(line) <= WIDTH:
        return [line]
    indent = " " * (len(title) - len(title.lstrip()) + 4)
    return [f"{title}(", *(f"{indent}{parameter}," for parameter in parameters), f"{indent[4:]}){text}"]


def plain(parameter: inspect.Parameter) -> str:
    """Return a parameter without quotes around its annotation and without addresses in memory."""
    stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    text = stars + parameter.name
    if parameter.annotation is not parameter.empty:
        text += f": {unquoted(parameter.annotation)}"
    if parameter.default is not parameter.empty:
        text += f" = {re.sub(' at 0x[0-9a-f]+', '', repr(parameter.default))}"
    return text


def unquoted(annotation: Any) -> str:
    return str(annotation).replace("'", "").replace('"', "")


def hooks() -> Iterator[str]:
    for name, value in sorted(vars(hookspecs).items()):
        if name.startswith("pytest_"):
            yield from signature(name, value)


class Options:
    """Takes what the plugin adds to pytest's parser."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def getgroup(self, name: str, description: str = "") -> Options:
        return self

    def addoption(self, name: str, **attributes: Any) -> None:
        said = (
            f"{key}={attributes[key]!r}" for key in ("action", "metavar", "choices", "default") if key in attributes
        )
        self.lines.append(f"{name} {' '.join(said)}")


def pytest_options() -> list[str]:
    taken = Options()
    options.add(taken)  # type: ignore[arg-type]
    return taken.lines


def pytest_fixtures() -> Iterator[str]:
    artifacts = vars(fixtures.artifact_fixtures(fixtures.FIXTURES))
    for name, value in sorted((vars(fixtures) | artifacts).items()):
        if type(value).__name__ == "FixtureFunctionDefinition":
            yield f"{name} ({value._fixture_function_marker.scope})"


def commands() -> Iterator[str]:
    for name, command in every_command("mlmonitor", typer.main.get_command(app)):
        yield name
        types = get_type_hints(command.callback) if command.callback is not None else {}
        for parameter in command.params:
            shown = (
                ", ".join(parameter.opts) if parameter.opts[0].startswith("-") else parameter.metavar or parameter.name
            )
            end = "required" if parameter.required else f"default {parameter.default}"
            yield f"    {shown}: {word(types[parameter.name])}, {end}"


def every_command(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Yield a command with its whole name, and the commands below it."""
    yield name, command
    for below, one in getattr(command, "commands", {}).items():
        yield from every_command(f"{name} {below}", one)


def word(annotation: Any) -> str:
    """Return a type in one word or two, and the choices of an enum."""
    if inspect.isclass(annotation) and issubclass(annotation, Enum):
        return " | ".join(member.value for member in annotation)
    if get_args(annotation) and not inspect.isclass(annotation):
        own = [word(inner) for inner in get_args(annotation) if inner is not type(None)]
        return f"several {own[0]}" if get_origin(annotation) is list else " | ".join(own)
    return f"several {word(*get_args(annotation))}" if get_args(annotation) else str(annotation.__name__)


def document() -> dict[str, Any]:
    """Return a results.json with one of everything."""
    ref = ArtifactRef("dataset", Path("/a/x.json"), "x", Path("/a"))
    finding = Finding(Severity.ERROR, "wrong")
    result = CheckResult("rows", "contract", ref, "fail", (finding,), figures=(Figure("rate", "x", 0.5),))
    record = RunRecord(datetime(2026, 1, 1, tzinfo=UTC), results=[("x", result)], unclaimed=(Path("/a/y"),))
    return dict(results_document(record, complete=True))


def keys(place: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from keys(f"{place}.{key}" if place else key, inner)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield from keys(f"{place}[]", value[0])
    else:
        yield place


if __name__ == "__main__":
    FILE.write_text(rendered(), encoding="utf-8")
