"""What ``-k`` and ``-m`` leave out is decided before the items are made, where pytest would decide the same."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Set
from itertools import repeat
from typing import Any, NamedTuple

import pytest
from _pytest.mark import KeywordMatcher
from _pytest.mark.expression import Expression

from pytest_mlmonitor.plugin.items import ArtifactNode, UnmadeItem

_HOOKS = (
    "pytest_collectstart",
    "pytest_make_collect_report",
    "pytest_itemcollected",
    "pytest_collectreport",
    "pytest_collection_modifyitems",
)
"""Where others see items, or change them, before pytest chooses among them."""

_HARMLESS = {
    *(
        f"_pytest.{name}"
        for name in ("cacheprovider", "capture", "fixtures", "junitxml", "main", "mark", "runner", "terminal")
    ),
    "_hypothesis_pytestplugin",
    "pytest_html.basereport",
    "pytest_mlmonitor.plugin.deselection",
    "pytest_mlmonitor.plugin.session",
}
"""Modules whose hooks give an automatic item no name and no marker, and do not count items that are left out later."""


class _LeftOut(NamedTuple):
    """Of one artifact: where in the session its items stand, how many are made, all of them, and the others."""

    place: int
    made: int
    whole: list[Any]
    left: list[UnmadeItem]


class Deselection:
    """Leaves items unmade that ``-k`` or ``-m`` does not want, and hands them over as deselected.

    pytest makes every item, asks everybody about it, and only then looks at the expressions: with five of fourteen checks of
    10,000 deployments that is most of collection. Where another plugin or a conftest has a hook that may change the answer
    (a marker, an order, a count), pytest decides as ever.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self._words, self._marks = (_expression(config.option.keyword), _expression(config.option.markexpr))
        self._decided: dict[tuple[Set[str], Set[str]], dict[tuple[str, str], bool]] = {}
        self._left_out: list[_LeftOut] = []
        self._others: bool | None = None

    def kept(self, node: ArtifactNode) -> Iterable[bool]:
        """Return for every check of ``node`` whether its item is wanted."""
        if (self._words is None and self._marks is None) or self._meddled():
            return repeat(True)
        marks = {mark.name for mark in node.iter_markers()}
        named = KeywordMatcher({node.name, *node.listextrakeywords(), *marks})
        of_words = frozenset(word for word in _idents(self._words) if named(word))
        of_marks = frozenset(marks & _idents(self._marks))
        decided = self._decided.setdefault((of_words, of_marks), {})
        return [
            decided[names] if names in decided else decided.setdefault(names, self._wanted(of_words, of_marks, *names))
            for names in ((check.name, check.category) for check in node.checks)
        ]

    def _wanted(self, words: Set[str], marks: Set[str], name: str, category: str) -> bool:
        """Return whether the expressions want an item, given those of their words that its artifact answers to."""
        own = KeywordMatcher({name, category})
        return _holds(self._words, lambda word: word in words or own(word)) and _holds(
            self._marks, lambda mark: mark in marks or mark == category
        )

    def split(self, session: pytest.Session, report: pytest.CollectReport) -> None:
        """Let pytest go on with the items of an artifact that are made, and note where the others would stand."""
        made = [item for item in report.result if not isinstance(item, UnmadeItem)]
        if len(made) < len(report.result):
            left = [item for item in report.result if isinstance(item, UnmadeItem)]
            self._left_out.append(_LeftOut(len(session.items), len(made), report.result, left))
            report.__dict__["mlmonitor_all"] = report.result
            report.result = made

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> Generator[None]:
        """Show everybody the whole report: the terminal counts what was collected."""
        report.result = report.__dict__.pop("mlmonitor_all", report.result)
        return (yield)

    def met(self, plugin: object) -> None:
        """Look again who has hooks, and be asked before those of a conftest that pytest met after the artifacts."""
        self._others = None
        if self._left_out and plugin is not self and hasattr(plugin, "pytest_collection_modifyitems"):
            plugins = self.config.pluginmanager
            name = plugins.get_name(self)
            plugins.unregister(self)
            plugins.register(self, name)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None]:
        """Hand over what is left out; put it back where somebody else has to see it first."""
        left_out, self._left_out = self._left_out, []
        if self._meddled():
            for one in reversed(left_out):
                items[one.place : one.place + one.made] = one.whole
        elif left_out:
            self.config.hook.pytest_deselected(items=[item for one in left_out for item in one.left])
        return (yield)

    def _meddled(self) -> bool:
        if self._others is None:
            hooks = (getattr(self.config.hook, name) for name in _HOOKS)
            modules = (getattr(one.function, "__module__", None) for hook in hooks for one in hook.get_hookimpls())
            self._others = any(module not in _HARMLESS for module in modules)
        return self._others


def _expression(text: str) -> Expression | None:
    """Return an expression that can be decided early: none that is wrong, which pytest says, or asks for values of marks."""
    if not text.strip() or "=" in text:
        return None
    try:
        expression = Expression.compile(text.lstrip())
    except SyntaxError:
        return None
    return expression if hasattr(expression, "idents") else None  # pytest 9.0 does not tell its words


def _idents(expression: Expression | None) -> Set[str]:
    return expression.idents() if expression is not None else frozenset()


def _holds(expression: Expression | None, matches: Callable[[str], bool]) -> bool:
    return expression is None or expression.evaluate(lambda word, /, **_: matches(word))
