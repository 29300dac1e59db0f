"""Items: one per artifact and check, with ids that can be pasted back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from _pytest._code.code import ExceptionInfo, ReprEntryNative, ReprExceptionInfo, ReprFileLocation, ReprTraceback

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.check import Check, CheckError, ContractViolation, run_check
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.judge import NodeIds
from pytest_mlmonitor.core.record import last_line
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.plugin.again import command_again
from pytest_mlmonitor.plugin.text import failure_text


class Nodes:
    """Makes the nodes of a session; what artifacts and checks have in common is made once and shared."""

    def __init__(
        self, session: pytest.Session, platform: Artifacts, kept: Callable[[ArtifactNode], Iterable[bool]]
    ) -> None:
        self.session = session
        self.platform = platform
        self.settings = platform.settings
        self.kept = kept
        self.relative: dict[Path, str] = {}
        self.ids = NodeIds(platform, session.config.rootpath)
        self._marks: dict[str, pytest.MarkDecorator] = {}

    def of(self, ref: ArtifactRef, artifact: Any, checks: Sequence[Check]) -> ArtifactNode:
        """Return the node of ``artifact`` with an item for every check in ``checks``."""
        nodeid = self.ids.of(ref)
        name = self.ids.name(ref) or nodeid
        node: ArtifactNode = ArtifactNode.from_parent(self.session, name=name, nodeid=nodeid)
        node.path = ref.path
        node.ref, node.artifact, node.checks, node.nodes = ref, artifact, checks, self
        node.extra_keyword_matches.add(ref.name)
        node.add_marker(self.mark(ref.kind))
        return node

    def mark(self, name: str) -> pytest.MarkDecorator:
        """Return the marker of a kind or category."""
        if name not in self._marks:
            self._marks[name] = getattr(pytest.mark, name)
        return self._marks[name]


class ArtifactNode(pytest.Collector):
    """One artifact. Not a ``pytest.File`` or ``Directory``: those make pytest import what lies beside them."""

    checks: Sequence[Check]
    artifact: Any
    ref: ArtifactRef
    nodes: Nodes

    @cached_property
    def place(self) -> Path:
        """Where reporters say that it is."""
        return Path(safe(str(self.ref.path)))

    @cached_property
    def title(self) -> str:
        """The artifact's name, safe to print."""
        return safe(self.ref.name)

    @cached_property
    def facts(self) -> list[tuple[str, object]]:
        """What JUnit properties say of every check of this artifact."""
        return [("mlmonitor.kind", safe(self.ref.kind)), ("mlmonitor.artifact", self.title)]

    @cached_property
    def ihook(self) -> Any:
        """The hooks of this artifact: a conftest of the project has a say, as over every test below it.

        pytest asks where a path lies which conftest it has loaded there, and never loads any at an artifact.
        """
        return self.session.gethookproxy(self.config.rootpath)

    def collect(self) -> Iterator[CheckItem]:
        """Yield one item per check; those that ``-k`` or ``-m`` leaves out are not made yet."""
        for check, kept in zip(self.checks, self.nodes.kept(self), strict=False):
            yield self._item(check) if kept else UnmadeItem.of(self, check)

    def _item(self, check: Check) -> CheckItem:
        item: CheckItem = CheckItem.from_parent(self, name=check.name)
        item.judges(check)
        return item


class CheckItem(pytest.Item):
    """One check of one artifact."""

    check: Check
    result: CheckResult | None = None

    @property
    def node(self) -> ArtifactNode:
        """The artifact's node."""
        assert isinstance(self.parent, ArtifactNode)
        return self.parent

    @property
    def ihook(self) -> Any:
        """The hooks of its artifact."""
        return self.node.ihook

    @property
    def fixturenames(self) -> list[str]:
        """None: no test function stands behind it. Many a conftest asks every item, or adds to the list."""
        return []

    def judges(self, check: Check) -> None:
        """Be the item of ``check``."""
        self.check = check
        self.add_marker(self.node.nodes.mark(check.category))

    def runtest(self) -> None:
        """Run the check; fail, skip or pass as its result and the policy say."""
        node = self.node
        result = run_check(self.check, node.artifact, node.nodes.platform.context(node.ref), node.ref)
        self.result = result
        if result.status == "error":
            raise CheckError(result)
        if result.status == "not_checked":
            # The item's own place, as for a skip mark: not this line of ours.
            raise pytest.skip.Exception(f"not checked: {safe(result.reason or '')}", _use_item_location=True)
        if node.nodes.settings.fails_run(result):
            raise ContractViolation(result)

    def repr_failure(self, excinfo: ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the finding in its first line, then the evidence.

        A representation object, not a string: pytest's short summary then shows the first line alone, also on CI.
        """
        if isinstance(excinfo.value, ContractViolation):
            text = failure_text(excinfo.value.result, self.again(), bool(self.node.nodes.settings.out))
        elif isinstance(excinfo.value, CheckError):
            result = excinfo.value.result
            text = f"the check could not run: {safe(last_line(result.reason)) or 'no reason given'}\n\n{safe_lines(result.reason)}"
        else:
            return super().repr_failure(excinfo, style)
        first = text.split("\n", 1)[0]
        traceback = ReprTraceback([ReprEntryNative([f"{line}\n" for line in text.split("\n")])], None, style="native")
        return ReprExceptionInfo(traceback, ReprFileLocation(self.nodeid.split("::")[0], 0, first))

    def again(self) -> str:
        """Return the command that runs this item alone."""
        return command_again(self.config, self.node.nodes.ids, self.node.ref, self.name)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the place for reporters, and the heading of a failure."""
        node = self.node
        return node.place, 0, f"{node.title} · {self.name}"

    @cached_property
    def location(self) -> tuple[str, int | None, str]:
        """The same for pytest itself; paths are made relative once for all items of an anchor."""
        place, line, heading = self.reportinfo()
        relative = self.node.nodes.relative
        if place not in relative:
            relative[place] = super().location[0]
        return relative[place], line, heading


class UnmadeItem(CheckItem):
    """An item that is left out: it becomes a :class:`CheckItem` as soon as anybody asks it anything."""

    @classmethod
    def of(cls, node: ArtifactNode, check: Check) -> UnmadeItem:
        """Return the item of ``check``, without what takes time to make."""
        item = object.__new__(cls)
        item.parent = node
        item.check = check
        return item

    def __getattr__(self, name: str) -> Any:
        """Make it: only attributes that are not there yet come here."""
        self.__class__ = CheckItem  # type: ignore[assignment]
        CheckItem.__init__(self, self.check.name, self.parent)
        self.judges(self.check)
        return getattr(self, name)

    def __repr__(self) -> str:
        return f"<CheckItem {self.name}>"


def safe_lines(text: str | None) -> str:
    """Return a traceback with every line made safe."""
    return "\n".join(safe(line) for line in (text or "").splitlines())
