"""What -k and -m leave out is not made: the same is selected, counted and handed to other plugins as where pytest decides."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark import KeywordMatcher, MarkMatcher
from _pytest.mark.expression import Expression
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.plugin.deselection import Deselection
from pytest_mlmonitor.plugin.items import UnmadeItem

from .sample import DEPLOYMENT_ID, Project

BESIDE = """
    import pytest

    @pytest.mark.parametrize("one", ["freshness", "b"])
    def test_mine(one): pass

    @pytest.mark.freshness
    def test_other(): pass
    """
"""Tests that lie beside the artifacts, with names and markers like theirs."""

WATCH = """
    import json

    def pytest_deselected(items):
        with open(NAME, "a") as file:
            for item in items:
                said = [repr(item), item.nodeid, item.name, type(item).__name__, str(item.path), item.location[0]]
                said += [sorted(mark.name for mark in item.iter_markers()), sorted(item.listextrakeywords())]
                said += [len(item.keywords), item.user_properties, [node.name for node in item.listchain()]]
                file.write(json.dumps(said) + "\\n")
    """


class Runs:
    """Runs of one project with and without deciding early."""

    def __init__(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        self.project = project
        self.monkeypatch = monkeypatch
        self.unmade = 0

    def run(self, *args: str, early: bool) -> list[object]:
        """Return all that can be seen of a run: exit status, lines without times, and what was handed over."""
        real, handed = UnmadeItem.of.__func__, self.project.path / "handed.json"  # type: ignore[attr-defined]

        def counted(cls: type[UnmadeItem], *about: Any) -> UnmadeItem:
            self.unmade += 1
            made: UnmadeItem = real(cls, *about)
            return made

        with self.monkeypatch.context() as patch:
            patch.setattr(UnmadeItem, "of", classmethod(counted))
            if not early:
                patch.setattr(Deselection, "_meddled", lambda _: True)
            self.project.pytester.makepyfile(watch=WATCH.replace("NAME", repr(str(handed))))
            self.project.pytester.syspathinsert()
            result = self.project.run("-p", "watch", "-p", "no:cacheprovider", "--mlmonitor-full", *args)
        lines = [re.sub(r" in [0-9.]+s.*| \[ *\d+%\]", "", line) for line in [*result.outlines, *result.errlines]]
        left = sorted(handed.read_text().splitlines()) if handed.exists() else []
        handed.unlink(missing_ok=True)
        return [result.ret, lines, left]

    def agree(self, *args: str) -> list[object]:
        """Compare both ways."""
        slow = self.run(*args, early=False)
        assert not self.unmade
        fast = self.run(*args, early=True)
        assert fast == slow
        return fast


@pytest.fixture
def runs(project: Project, monkeypatch: pytest.MonkeyPatch) -> Runs:
    project.policy('artifacts = ["artifacts"]', pytest_table='testpaths = ["tests"]\nmarkers = ["third"]')
    project.write("tests/test_beside.py", "\n".join(line.removeprefix("    ") for line in BESIDE.splitlines()))
    return Runs(project, monkeypatch)


@pytest.mark.parametrize(
    "args",
    [
        ("-k", "serving_health or freshness"),
        ("-k", "not dataset and not mine"),
        ("-k", "artifacts and p2", "-v"),
        ("-k", "metadata.json"),
        ("-k", "beside or lineage", "-m", "not dataset"),
        ("-k", "mine[b]"),
        ("-m", "freshness"),
        ("-m", "deployment and not health", "-k", DEPLOYMENT_ID[:9].upper()),
        ("-k", "no_such_check"),
        ("-k", "freshness", "--deselect", "artifacts/p2/dataset_metadata.json"),
        ("-k", "freshness", "artifacts"),
        ("-k", "rows", "artifacts", "--mlmonitor-out", "out"),
    ],
    ids=" ".join,
)
def test_both_ways_say_the_same(runs: Runs, args: tuple[str, ...]) -> None:
    _, lines, left = runs.agree(*args, *(() if "--mlmonitor-out" in args else ("--co",)))
    assert left
    assert f"{len(left)} deselected" in "\n".join(lines)  # type: ignore[arg-type]
    assert runs.unmade


@pytest.mark.parametrize("args", [("-k", "rows and"), ("-k", "rows(a=1)"), ("-m", "dataset and"), ("-k", " ")])
def test_what_pytest_refuses_is_refused_by_pytest(runs: Runs, args: tuple[str, ...]) -> None:
    runs.agree(*args, "--co")
    assert not runs.unmade


def test_markers_with_values_are_left_to_pytest(runs: Runs) -> None:
    runs.agree("-m", "dataset(a=1) or freshness", "--co", "-q")
    assert not runs.unmade


MARKS = """
import pytest

def pytest_collection_modifyitems(items):
    for item in items[::3]:
        item.add_marker("third")
    items.reverse()
"""


@pytest.mark.parametrize(
    "hook",
    [
        MARKS,
        "def pytest_itemcollected(item):\n    item.extra_keyword_matches.add('third')\n    item.add_marker('third')\n",
        "def pytest_collectstart(collector):\n    collector.add_marker('third')\n",
    ],
    ids=["modifyitems", "itemcollected", "collectstart"],
)
@pytest.mark.parametrize("option", ["-m", "-k"])
def test_where_a_conftest_adds_to_items_pytest_decides(runs: Runs, hook: str, option: str) -> None:
    runs.project.write("conftest.py", hook)
    fast = runs.agree(option, "third and not freshness", "--co", "-q")
    assert not runs.unmade
    assert fast[0] == 0


@pytest.mark.parametrize("how", ["", "@pytest.hookimpl(tryfirst=True, wrapper=True)\n"], ids=["plain", "wrapper"])
def test_a_conftest_met_after_the_artifacts_sees_every_item(runs: Runs, how: str) -> None:
    hook = MARKS.replace("def pytest", f"{how}def pytest") + ("    return (yield)\n" if how else "")
    runs.project.write("tests/below/conftest.py", hook)
    runs.project.write("tests/below/test_below.py", "def test_below(): pass\n")
    fast = runs.agree("-m", "third", "-k", "not row_count", "--co", "-q")
    assert runs.unmade
    assert fast[0] == 0
    assert "artifacts/p2/dataset_metadata.json" in str(fast[1])


class _Seen:
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.items = list(session.items)


@pytest.fixture
def items(project: Project) -> list[pytest.Item]:
    seen = _Seen()
    args = ["-q", "--co", "--mlmonitor=artifacts"]
    project.pytester.inline_run(*args, plugins=[seen])
    return seen.items


def _expressions() -> st.SearchStrategy[str]:
    words = [
        "freshness",
        "dataset",
        "row",
        "p2",
        "artifacts",
        "json",
        "HEALTH",
        "2026",
        "deployment",
        "x",
        "lineage",
        "-04-",
    ]
    return st.recursive(
        st.sampled_from(words),
        lambda inner: st.one_of(
            inner.map(lambda one: f"not ({one})"),
            st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda three: f"({' '.join(three)})"),
        ),
        max_leaves=6,
    )


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=_expressions() | st.just(""), marks=_expressions() | st.just(""))
def test_any_expression_is_decided_as_pytest_decides(items: list[pytest.Item], words: str, marks: str) -> None:
    node: Any = None
    config = items[0].config
    config.option.keyword, config.option.markexpr = words, marks
    deselection = Deselection(config)
    deselection._others = False
    for item in items:
        if item.parent is not node:
            node = item.parent
            kept = dict(zip((check.name for check in node.checks), deselection.kept(node), strict=False))
        expected = (not words or Expression.compile(words).evaluate(KeywordMatcher.from_item(item))) and (
            not marks or Expression.compile(marks).evaluate(MarkMatcher.from_markers(item.iter_markers()))
        )
        assert kept[item.name] == expected, item.nodeid


def test_an_item_that_is_left_out_is_made_when_asked(items: list[pytest.Item]) -> None:
    item: Any = items[0]
    left = UnmadeItem.of(item.parent, item.check)
    assert isinstance(left, pytest.Item)
    assert not hasattr(UnmadeItem.of(item.parent, item.check), "callspec")
    assert (left.nodeid, left.location, left.own_markers) == (item.nodeid, item.location, item.own_markers)
    assert type(left) is type(item)
    assert Path(left.path) == item.path
