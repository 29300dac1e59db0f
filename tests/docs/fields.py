"""The page of fields, made from docstrings and annotations.

python -m tests.docs.fields     writes it anew
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pytest_mlmonitor import (
    Artifact,
    ArtifactRef,
    Context,
    Dataset,
    Deployment,
    DeploymentEvent,
    ExternalReport,
    Figure,
    Finding,
    ModelRegistry,
    ModelVersion,
    Predictions,
    ServingWindow,
    Settings,
    TrainingReport,
    TrainingRun,
)
from tests.docs.blocks import DOCS

FILE = DOCS / "fields.md"

CLASSES: tuple[type[Any], ...] = (
    ArtifactRef,
    Artifact,
    Dataset,
    TrainingRun,
    TrainingReport,
    Deployment,
    ServingWindow,
    DeploymentEvent,
    Predictions,
    ModelRegistry,
    ModelVersion,
    ExternalReport,
    Context,
    Finding,
    Figure,
)
"""In the order of the page: what is found, what is read, what a rule receives and says."""

TITLE = """# Fields

What fixtures and rules hand you, field by field. All of it is frozen: nothing here can be assigned to. This page is made from the
code by `python -m tests.docs.fields`. How rules get at it is on the page of [extending](extending.md).
"""

POLICY = """## Settings

The policy in force, `context.settings`; immutable. What each key means is on the page of the [policy](policy.md).

| field | type | default |
|---|---|---|
"""


def rendered() -> str:
    """Return the whole page."""
    return "\n".join([TITLE, *map(section, CLASSES), POLICY + "\n".join(settings(Settings)), "", *methods(Settings)])


def section(cls: type[Any]) -> str:
    """Return what the page says of one class."""
    head, *rest = (inspect.getdoc(cls) or "").split("\n\nAttributes:\n")
    lines = [f"## {cls.__name__}", "", plain(head), ""]
    parents = [base for base in cls.__bases__ if base in CLASSES]
    if parents:
        lines += [f"Also has what every [{base.__name__}](#{base.__name__.lower()}) has." for base in parents] + [""]
    meanings = attributes(rest[0]) if rest else {}
    mine = own(cls)
    strangers = set(meanings) - set(mine)
    if strangers:
        raise ValueError(f"{cls.__name__} has no {', '.join(sorted(strangers))}, which its docstring describes")
    if mine and not meanings:
        lines += ["| field | type |", "|---|---|"]
        lines += [f"| `{name}` | `{cell(type_)}` |" for name, type_ in mine.items()] + [""]
    elif mine:
        lines += ["| field | type | |", "|---|---|---|"]
        lines += [f"| `{name}` | `{cell(type_)}` | {cell(meanings[name])} |" for name, type_ in mine.items()] + [""]
    return "\n".join([*lines, *methods(cls)])


def own(cls: type[Any]) -> dict[str, str]:
    """Return the type, as written, of each field that a class adds."""
    names = vars(cls).get("__annotations__", {})
    return {field.name: str(field.type) for field in dataclasses.fields(cls) if field.name in names}


def methods(cls: type[Any]) -> list[str]:
    """Return a line each for the public properties and methods that a class adds, with the first paragraph of what it says."""
    lines = []
    for name, member in vars(cls).items():
        if name.startswith("_") or (isinstance(member, classmethod) and issubclass(cls, BaseModel)):
            continue
        called = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if not inspect.isfunction(called):
            continue
        signature = inspect.signature(called)
        names = list(signature.parameters)[1:]
        taken = "" if isinstance(member, property) else f"({', '.join(names)})"
        said, *more = (inspect.getdoc(called) or "").split("\n\n")
        raised = [part.removeprefix("Raises:\n").strip() for part in more if part.startswith("Raises:")]
        text = " ".join([plain(said), *(f"Raises {plain(part)}" for part in raised)])
        lines.append(f"- `{name}{taken}` → `{signature.return_annotation}`: {text}")
    return [*lines, ""] if lines else []


def attributes(text: str) -> dict[str, str]:
    """Return the meaning of each field that the section ``Attributes`` of a docstring describes."""
    entries = re.sub(r"\n {5,}", " ", text.split("\n\n", maxsplit=1)[0])
    pairs = (entry.strip().split(": ", 1) for entry in entries.splitlines())
    return {name: plain(meaning) for name, meaning in pairs}


def plain(text: str) -> str:
    """Return a docstring's words as Markdown on one line."""
    text = re.sub(r" \(specifications? [^)]*\)", "", text)
    text = re.sub(r":\w+:`~?(?:[\w.]*\.)?(\w+)`", r"``\1``", text)
    return re.sub(r"\s+", " ", text.replace("``", "`")).strip()


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def settings(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Yield a row for each key of the policy, those of sections with the section's name."""
    for name, field in model.model_fields.items():
        annotation: Any = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from settings(annotation, f"{prefix}{name}.")
        else:
            limits = cell(type_of(annotation, field.metadata))
            yield f"| `{prefix}{name}` | {limits} | `{field.get_default(call_default_factory=True)!r}` |"


def type_of(annotation: Any, metadata: Any = ()) -> str:
    """Return a type with its limits: `float` ≥ 0."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return type_of(inner, [*more, *metadata])
    if get_origin(annotation) in (Union, UnionType):
        return " or ".join(type_of(one, metadata) for one in get_args(annotation))
    if annotation is type(None):
        return "`None`"
    return " ".join([f"`{name_of(annotation)}`", ", ".join(limits(metadata))]).strip()


def name_of(annotation: Any) -> str:
    """Return a type in Python's words, without the limits of what is in it."""
    if annotation is Ellipsis:
        return "..."
    if get_origin(annotation) is Annotated:
        return name_of(get_args(annotation)[0])
    if get_origin(annotation) is Literal:
        return f"Literal[{', '.join(map(repr, get_args(annotation)))}]"
    inner = ", ".join(map(name_of, get_args(annotation)))
    name = str(getattr(get_origin(annotation) or annotation, "__name__", annotation))
    return f"{name}[{inner}]" if inner else name


def limits(metadata: Any) -> Iterator[str]:
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    for one in metadata:
        if isinstance(one, FieldInfo):
            yield from limits(one.metadata)
        yield from (f"{sign} {getattr(one, name):,.12g}" for name, sign in signs.items() if hasattr(one, name))


if __name__ == "__main__":
    FILE.write_text(rendered(), encoding="utf-8")
