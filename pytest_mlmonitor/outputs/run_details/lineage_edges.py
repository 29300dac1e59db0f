"""What was made from what in a run, and which of these links a check found broken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.record_details import LineageEdge
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.links.closure import Closure, Edge
from pytest_mlmonitor.links.identities.further_links import FurtherLinks
from pytest_mlmonitor.outputs.run_details.told_links import untold

_REASON = 120
_DOCUMENTS = 4
"""Of one thing that a link leads to: where copies of it lie about, each would be linked with each."""

_TELLING = 4
"""Characters of a name from which on it is looked for in words."""

_Key = tuple[ArtifactRef, ArtifactRef, str]

_Found = Sequence[tuple[str, Finding]]


def edges_of(record: RunRecord, platform: Artifacts) -> list[LineageEdge]:
    """Return the links between the artifacts that a run judged, each once, from what something was made of to that.

    A link that leads nowhere is drawn to the newest of what has that name, where there is any: it is broken.

    Args:
        record: of the run.
        platform: that it read.
    """
    said: dict[ArtifactRef, list[tuple[str, Finding]]] = {}
    judged = set()
    for _, result in record.results:
        judged.add(result.ref)
        if result.category == "lineage":
            wrong = [(result.check, one) for one in result.findings if one.severity >= Severity.WARNING]
            said.setdefault(result.ref, []).extend(wrong)
    closure, further = platform.view(Closure), platform.view(FurtherLinks)
    found: dict[_Key, LineageEdge] = {}
    for ref, artifact in platform.artifacts:
        if ref not in judged or not hasattr(artifact, "ref"):
            continue
        for edge in (*closure.of(artifact), *further.known(artifact)):
            for one in _drawn(edge, closure, said.get(ref, ())):
                key = (one.source, one.target, one.role)
                if one.source in judged and (key not in found or found[key].state == "ok"):
                    found[key] = one
    return [found[key] for key in untold({key: one.state for key, one in found.items()})]


def _drawn(edge: Edge, closure: Closure, said: _Found) -> Iterator[LineageEdge]:
    targets: Sequence[Any] = edge.targets
    lost = edge.state == "dangling" and not targets
    if lost:
        targets = sorted(closure.called(edge.link), key=lambda one: one.ref)[-1:]
    for target in targets[:_DOCUMENTS]:
        wrong = _wrong(edge, target, said)
        if lost or edge.disagreements or wrong is not None:
            check, finding = wrong or (None, None)
            reason = (
                finding.message if finding is not None else "what it names is not there" if lost else "it names two"
            )
            yield LineageEdge(target.ref, edge.source.ref, edge.role, "broken", check, bare(reason, _REASON))
        else:
            yield LineageEdge(target.ref, edge.source.ref, edge.role)


def _wrong(edge: Edge, target: Any, said: _Found) -> tuple[str, Finding] | None:
    """Return what a check said of a link: it names what the link names or leads to, or speaks of the only thing of its kind."""
    names = (target.ref.name, edge.link.name, edge.link.version, edge.link.uri)
    named = [bare(name, _REASON) for name in names if name and len(name) >= _TELLING]
    noun = edge.link.kind.rpartition("_")[2]
    for check, finding in said:
        words = f"{finding.message} {finding.expected or ''} {finding.actual or ''}"
        if any(name in words for name in named) or f"the {noun}'s" in words:
            return check, finding
    return None
