"""Items: one per artifact and check, with ids that can be pasted back."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from _pytest._code.code import ExceptionInfo, ReprEntryNative, ReprExceptionInfo, ReprFileLocation, ReprTraceback

from pytest_mlmonitor.checking import Check, CheckError, ContractViolation, headline, run_check
from pytest_mlmonitor.model import ArtifactRef, CheckResult, Severity
from pytest_mlmonitor.names import label, safe, shown
from pytest_mlmonitor.plugin.text import failure_text
from pytest_mlmonitor.plugin.trust import Selection, plan_of
from pytest_mlmonitor.settings import Settings


def selected(
    narrowed: Sequence[Selection],
    ref: ArtifactRef,
    checks: Sequence[Check],
    artifact: Any,
    matched: set[int],
) -> list[Check]:
    """Return the checks of one artifact that the positional arguments ask for; note which arguments asked for any."""
    sensible = [check for check in checks if check.applies(artifact)]
    if not narrowed:
        return sensible
    wanted: set[str] = set()
    for i, selection in enumerate(narrowed):
        if not _covers(selection.path, ref):
            continue
        parts = list(selection.parts)
        if ref.kind == "deployment" and parts and parts[0] == label(ref.name):
            parts = parts[1:]
        found = [check.name for check in sensible if not parts or [check.name] == parts]
        if found:
            matched.add(i)
            wanted.update(found)
    return [check for check in sensible if check.name in wanted]


def _covers(path: Path, ref: ArtifactRef) -> bool:
    if path == ref.path or path in ref.path.parents:
        return True
    if ref.kind == "deployment":  # any file or directory of the tree stands for the tree
        return path.is_relative_to(ref.path.parent)
    return ref.kind == "training_run" and ref.path.name == "metadata.json" and path.parent == ref.path.parent


class ArtifactNode(pytest.Collector):
    """One artifact. Not a ``pytest.File`` or ``Directory``: those make pytest import what lies beside them."""

    checks: Sequence[Check]
    artifact: Any
    ref: ArtifactRef
    settings: Settings

    @classmethod
    def of(
        cls, session: pytest.Session, ref: ArtifactRef, artifact: Any, checks: Sequence[Check], settings: Settings
    ) -> ArtifactNode:
        """Return the node of ``artifact`` with an item for every check in ``checks``."""
        relative = os.path.relpath(ref.path, session.config.rootpath)
        nodeid = "/".join(part if part == ".." else label(part) for part in relative.split(os.sep))
        name = nodeid
        if ref.kind == "deployment":
            name = label(ref.name)
            nodeid = f"{nodeid}::{name}"
        node: ArtifactNode = cls.from_parent(session, name=name, nodeid=nodeid)
        node.path = ref.path
        node.ref, node.artifact, node.checks, node.settings = ref, artifact, checks, settings
        node.extra_keyword_matches.add(ref.name)
        node.add_marker(ref.kind)
        return node

    def collect(self) -> Iterator[CheckItem]:
        """Yield one item per check."""
        for check in self.checks:
            item: CheckItem = CheckItem.from_parent(self, name=check.name)
            item.check = check
            item.add_marker(check.category)
            yield item


class CheckItem(pytest.Item):
    """One check of one artifact."""

    check: Check
    result: CheckResult | None = None

    @property
    def node(self) -> ArtifactNode:
        """The artifact's node."""
        assert isinstance(self.parent, ArtifactNode)
        return self.parent

    def runtest(self) -> None:
        """Run the check; fail, skip or pass as its result and the policy say."""
        node = self.node
        result = run_check(self.check, node.artifact, node.settings, node.ref)
        self.result = result
        facts = {
            "mlmonitor.kind": result.ref.kind,
            "mlmonitor.artifact": result.ref.name,
            "mlmonitor.check": result.check,
            "mlmonitor.category": result.category,
            "mlmonitor.status": result.status,
        }
        if result.findings:
            facts["mlmonitor.severity"] = result.findings[0].severity.word
            facts["mlmonitor.message"] = headline(result.findings[0])
        self.user_properties += [(name, safe(value)) for name, value in facts.items()]
        if result.status == "error":
            raise CheckError(result)
        if result.status == "not_checked":
            # The item's own place, as for a skip mark: not this line of ours.
            raise pytest.skip.Exception(f"not checked: {safe(result.reason or '')}", _use_item_location=True)
        if result.status == "fail" and node.settings.fails(result.severity or Severity.INFO):
            raise ContractViolation(result)

    def repr_failure(self, excinfo: ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the finding in its first line, then the evidence.

        A representation object, not a string: pytest's short summary then shows the first line alone, also on CI.
        """
        if isinstance(excinfo.value, ContractViolation):
            text = failure_text(excinfo.value.result, self.again(), bool(self.node.settings.out))
        elif isinstance(excinfo.value, CheckError):
            result = excinfo.value.result
            text = f"the check could not run: {_last_line(result.reason)}\n\n{safe_lines(result.reason)}"
        else:
            return super().repr_failure(excinfo, style)
        first = text.split("\n", 1)[0]
        traceback = ReprTraceback([ReprEntryNative([f"{line}\n" for line in text.split("\n")])], None, style="native")
        return ReprExceptionInfo(traceback, ReprFileLocation(self.nodeid.split("::")[0], 0, first))

    def again(self) -> str:
        """Return the command that runs this item alone."""
        ref = self.node.ref
        name = f"::{label(ref.name)}" if ref.kind == "deployment" else ""
        now = self.config.getoption("mlmonitor_now")
        when = f" --mlmonitor-now {now}" if now and now in self.config.invocation_params.args else ""
        plan = plan_of(self.config)
        roots = "" if plan.declared else "".join(f"--mlmonitor {_argument(root)} " for root in plan.roots)
        return f"pytest {roots}{_argument(ref.path)}{name}::{self.name}{when}"

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the place for reporters, and the heading of a failure."""
        ref = self.node.ref
        return Path(safe(str(ref.path))), 0, f"{safe(ref.name)} · {self.name}"


def _argument(path: Path) -> str:
    text = shown(path)
    return text if not set(text) & set(" '\"\\$`();&|<>*?[]{}!#~") else "'" + text.replace("'", "'\\''") + "'"


def _last_line(text: str | None) -> str:
    lines = (text or "").strip().splitlines()
    return safe(lines[-1]) if lines else "no reason given"


def safe_lines(text: str | None) -> str:
    """Return a traceback with every line made safe."""
    return "\n".join(safe(line) for line in (text or "").splitlines())
