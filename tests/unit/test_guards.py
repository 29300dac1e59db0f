"""What no module does any more: ask which kind an artifact is, reach back from an artifact, or swallow what cannot be read.

A rule that asks for a kind by name, a table keyed by kinds or a ladder over classes is a place that a kind of a plugin's never
reaches. Each guard is a function over the syntax tree; a second test shows that it finds what it is for.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_mlmonitor.core.kind import Kind
from pytest_mlmonitor.core.result import CATEGORIES
from pytest_mlmonitor.kinds import BUILT_IN
from pytest_mlmonitor.plugin import fixtures, options
from tests.unit.test_architecture import PACKAGE, PROJECT, run

Guard = Callable[[ast.Module], Iterator[ast.AST]]

NAMES = frozenset(kind.name for kind in BUILT_IN) - {"policy"}
"""A policy is also what documents and parameters are called that are about no artifact."""

ROWS = frozenset(kind.name.upper() for kind in BUILT_IN)
CLASSES = frozenset(kind.artifact.__name__ for kind in BUILT_IN)
ROOMS = frozenset(kind.package.rsplit(".", 1)[1] for kind in BUILT_IN)
ARTIFACTS = NAMES | {"artifact", "run", "report", "registry", "file"}
"""What parameters and variables that hold an artifact are called."""

DOCUMENTS = {
    "commands/answer.py": "describe says the policy of an artifact",
    "outputs/lineage.py": "keys of specification 3's lineage documents, which happen to be called so",
    "outputs/results.py": "results.json says where the policy is",
}
"""Modules with dicts whose keys are fields of a document and no kinds."""


def names_a_kind(node: ast.AST) -> bool:
    """Return whether a node is a kind's name: spelt, taken of its row, or among some."""
    if isinstance(node, ast.Constant):
        return node.value in NAMES
    if isinstance(node, ast.Attribute):
        return node.attr == "name" and isinstance(node.value, ast.Name) and node.value.id in ROWS
    return isinstance(node, (ast.Tuple, ast.List, ast.Set)) and any(map(names_a_kind, node.elts))


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def of_artifact(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        names = {getattr(node, "id", None), getattr(node, "attr", None), getattr(node, "name", None)}
        if "of_artifact" in names:
            yield node


def swallows_unreadable(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.type is not None:
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(getattr(one, "id", getattr(one, "attr", None)) == "Unreadable" for one in caught):
                yield node


def reaches_back(tree: ast.Module) -> Iterator[ast.AST]:
    annotated = {
        node.arg
        for node in ast.walk(tree)
        if isinstance(node, ast.arg) and isinstance(node.annotation, ast.Name) and node.annotation.id in CLASSES
    }
    for node in ast.walk(tree):
        back = isinstance(node, ast.Attribute) and node.attr == "platform" and isinstance(node.value, ast.Name)
        if back and node.value.id in ARTIFACTS | annotated:  # type: ignore[attr-defined]
            yield node


def compares_kinds(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            asked = any(isinstance(op, (ast.Eq, ast.NotEq, ast.In, ast.NotIn)) for op in node.ops)
            if asked and any(map(names_a_kind, (node.left, *node.comparators))):
                yield node
        elif isinstance(node, ast.MatchValue) and names_a_kind(node.value):
            yield node


def keyed_by_kinds(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if (isinstance(node, ast.Dict) and any(names_a_kind(key) for key in node.keys if key is not None)) or (
            isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and names_a_kind(node.slice)
        ):
            yield node


def asks_the_class(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in ("isinstance", "issubclass") and len(node.args) > 1:
            named = {getattr(n, "id", getattr(n, "attr", None)) for n in ast.walk(node.args[1])}
            if named & CLASSES:
                yield node
        elif isinstance(node, ast.MatchClass) and getattr(node.cls, "id", getattr(node.cls, "attr", None)) in CLASSES:
            yield node


def spells_a_kind(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in ("of_kind", "holds"):
            given = (*node.args, *(keyword.value for keyword in node.keywords))
            if any(isinstance(one, ast.Constant) and one.value in NAMES for one in given):
                yield node


def modules(guard: Guard) -> Iterator[Path]:
    """Yield the modules that a guard looks at."""
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE)
        if guard is swallows_unreadable and "checks" not in place.parts:
            continue
        if guard in (asks_the_class, spells_a_kind) and place.parts[0] in {*ROOMS, "links"}:
            continue
        if guard is keyed_by_kinds and place.as_posix() in DOCUMENTS:
            continue
        yield path


BITES = [
    (of_artifact, "platform.of_artifact(x)"),
    (of_artifact, "def of_artifact(x): ..."),
    (swallows_unreadable, "try: ...\nexcept Unreadable: ..."),
    (swallows_unreadable, "try: ...\nexcept (OSError, unreadable.Unreadable) as e: ..."),
    (reaches_back, "dataset.platform.now"),
    (reaches_back, "def f(other: TrainingRun): return other.platform"),
    (compares_kinds, "ref.kind == 'dataset'"),
    (compares_kinds, "ref.kind not in ('x', 'deployment')"),
    (compares_kinds, "kind != DATASET.name"),
    (compares_kinds, "match kind:\n    case 'training_run': ..."),
    (keyed_by_kinds, "{'dataset': 1}"),
    (keyed_by_kinds, "{PREDICTIONS.name: 1}"),
    (keyed_by_kinds, "by_kind['deployment']"),
    (asks_the_class, "isinstance(x, (int, Dataset))"),
    (asks_the_class, "match x:\n    case Deployment(): ..."),
    (spells_a_kind, "platform.of_kind('dataset', broken=True)"),
    (spells_a_kind, "context.platform.holds(kind='predictions')"),
]


@pytest.mark.parametrize("guard", list(dict.fromkeys(guard for guard, _ in BITES)), ids=lambda guard: guard.__name__)
def test_nobody_does_it(guard: Guard) -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{getattr(node, 'lineno', 0)}"
        for path in modules(guard)
        for node in guard(ast.parse(path.read_bytes()))
    ]
    assert found == []


@pytest.mark.parametrize(("guard", "code"), BITES)
def test_every_guard_bites(guard: Guard, code: str) -> None:
    assert list(guard(ast.parse(code)))


@pytest.mark.parametrize("guard", list(dict.fromkeys(guard for guard, _ in BITES)), ids=lambda guard: guard.__name__)
def test_no_guard_bites_what_is_fine(guard: Guard) -> None:
    fine = "context.platform.of_kind(DATASET.name)\nkind.name == ref.kind\nisinstance(x, Artifact)\nx = {'id': 1}\n"
    assert not list(guard(ast.parse(fine)))


def test_every_exception_is_needed() -> None:
    for place in DOCUMENTS:
        assert list(keyed_by_kinds(ast.parse((PACKAGE / place).read_bytes()))), place


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.name)
def test_artifacts_point_at_no_platform(kind: Kind) -> None:
    assert "platform" not in kind.artifact.__dataclass_fields__
    assert not hasattr(kind.artifact, "platform")


# What pytest must know before the rows are loaded.


def test_the_markers_are_those_of_the_rows_and_checks() -> None:
    assert tuple(kind.name for kind in BUILT_IN) == options.KINDS
    assert options.CATEGORIES == CATEGORIES


def test_the_fixtures_are_those_of_the_rows() -> None:
    assert [name for name, _ in fixtures.FIXTURES] == [kind.fixture for kind in BUILT_IN if kind.fixture is not None]


def test_the_rows_load_nothing_heavy() -> None:
    """A row says what there is; adapters and checks are loaded on first use."""
    rows = [f"{kind.package}.kind" for kind in BUILT_IN]
    loaded = run(f"import sys\nfor m in {rows!r}: __import__(m)\nprint(*sys.modules)")
    assert not {"pydantic", "msgspec", "pyarrow", "numpy", "pytest"} & set(loaded)
    assert not [name for name in loaded if ".checks" in name or ".adapters" in name]


def test_the_names_that_the_guards_go_by_are_there() -> None:
    """Rooms and constants are derived from rows: a room that is renamed would silently be looked at no more."""
    assert all((PACKAGE / room).is_dir() for room in ROOMS)
    defined = {
        n.id for p in PACKAGE.glob("*/kind.py") for n in ast.walk(ast.parse(p.read_bytes())) if isinstance(n, ast.Name)
    }
    assert defined >= ROWS
    assert PROJECT in PACKAGE.parents
