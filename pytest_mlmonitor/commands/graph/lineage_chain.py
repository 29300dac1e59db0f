"""The chain of one artifact: what it came from, and what came from it, over any number of links."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.text.names import bare, shown
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.links.chain import roots_in_words
from pytest_mlmonitor.links.closure import Closure, Edge
from pytest_mlmonitor.links.identities.further_links import FurtherLinks
from pytest_mlmonitor.links.identities.link_words import said_of
from pytest_mlmonitor.links.superseded import Superseded

MAX_LINES = 100
"""Lines of each direction that people are shown; JSON has all."""

_WIDEST = 80
"""Characters of a name."""

_WORDS = {
    "trained_on": ("trained on", "was trained on it"),
    "serves": ("serves", "serves it"),
    "registers": ("registers", "registers it"),
    "evaluates": ("evaluates", "evaluates it"),
    "reports_on": ("reports on a model of", "reports on a model of it"),
    "belongs_to": ("belongs to", "belongs to it"),
    "predicted_by": ("was predicted by", "was predicted by it"),
}
"""What an artifact is to another by the role of its link: read from it, and read back to it."""

_STATES = {
    "dangling": "not found under {roots}",
    "not_held": "nothing under {roots} can be found by that",
    "unclear": "may be several of those under {roots}",
}


@dataclass(frozen=True)
class ChainStep:
    """One link of a chain.

    Attributes:
        distance: links between the artifact asked for and the far end of this one.
        edge: the link.
        near: the artifact at its near end.
        far: the one at its far end; None where it leads nowhere.
        again: whether the far end was reached before, so that what follows stands there.
    """

    distance: int
    edge: Edge
    near: Any
    far: Any | None
    again: bool


class LineageChain:
    """The links of a platform, walked from one artifact in one direction."""

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._closure = platform.view(Closure)
        self._more = FurtherLinks(platform)

    def upstream(self, artifact: Any) -> Iterator[ChainStep]:
        """Yield what an artifact came from, depth first: what is named by what it names follows it."""

        def ends(one: Any) -> Iterator[tuple[Edge, Any | None]]:
            for edge in (*self._closure.of(one), *self._more.of(one)):
                yield from ((edge, target) for target in edge.targets or (None,))

        return self._walked(artifact, ends)

    def downstream(self, artifact: Any) -> Iterator[ChainStep]:
        """Yield what came from an artifact, depth first."""

        def ends(one: Any) -> Iterator[tuple[Edge, Any | None]]:
            yield from ((edge, edge.source) for edge in (*self._closure.to(one), *self._more.to(one)))

        return self._walked(artifact, ends)

    def _walked(self, start: Any, ends: Callable[[Any], Iterator[tuple[Edge, Any | None]]]) -> Iterator[ChainStep]:
        seen = {start.ref}
        waiting = deque((1, start, edge, far) for edge, far in ends(start))
        while waiting:
            distance, near, edge, far = waiting.popleft()
            again = far is not None and far.ref in seen
            yield ChainStep(distance, edge, near, far, again)
            if far is not None and not again:
                seen.add(far.ref)
                waiting.extendleft(reversed([(distance + 1, far, *end) for end in ends(far)]))

    def facts(self, artifact: Any) -> dict[str, Any]:
        """Return an artifact as plain JSON values."""
        kind = self._platform.kinds.get(artifact.ref.kind)
        called = kind.called(artifact) if kind is not None else None
        version = getattr(artifact, "model_version", None) or (called[1] if called is not None else None)
        name = (called[0] if called is not None else None) or artifact.ref.name
        model = getattr(artifact, "model_name", None)
        said = {"kind": artifact.ref.kind, "name": name, "version": version, "path": shown(artifact.ref.path)}
        return said | ({"model": model} if model is not None else {})

    def account(self, artifact: Any) -> tuple[Any, ...]:
        """Return what several documents of one artifact have in common."""
        facts = self.facts(artifact)
        return (facts["kind"], facts["name"], facts["version"])

    def to_json(self, artifact: Any) -> dict[str, Any]:
        """Return the whole chain as plain JSON values, each link once."""
        return {
            "artifact": self.facts(artifact),
            "upstream": [self._step(step) for step in self.upstream(artifact)],
            "downstream": [self._step(step) for step in self.downstream(artifact)],
        }

    def _step(self, step: ChainStep) -> dict[str, Any]:
        return {
            "distance": step.distance,
            "role": step.edge.role,
            "near": self.facts(step.near),
            "far": self.facts(step.far) if step.far is not None else None,
            "says": said_of(step.edge.link),
            "state": step.edge.state,
            "by": step.edge.by,
            "location": step.edge.link.location,
        }

    def to_lines(self, artifact: Any) -> Iterator[str]:
        """Yield the chain as lines for people."""
        yield self._line(artifact)
        for title, steps, empty in (
            ("came from", list(self.upstream(artifact)), "it names nothing that it came from"),
            ("what came from it", list(self.downstream(artifact)), f"nothing under {self._roots} names it"),
        ):
            yield f"  {title}:" if steps else f"  {title}: {empty}"
            yield from (self._shown(step, back=title != "came from") for step in steps[:MAX_LINES])
            if len(steps) > MAX_LINES:
                yield f"    … and {count(len(steps) - MAX_LINES, 'link')} more (--json has all)"

    @property
    def _roots(self) -> str:
        return roots_in_words(self._platform)

    def _shown(self, step: ChainStep, *, back: bool) -> str:
        indent = "  " * (step.distance + 1)
        role = step.edge.role
        words = _WORDS.get(role, (role.replace("_", " "), f"{role.replace('_', ' ')} it"))
        if step.far is None:
            why = _STATES[step.edge.state].format(roots=self._roots)
            noun = step.edge.link.kind
            return f"{indent}{words[0]} {noun} {bare(said_of(step.edge.link), _WIDEST)}: {why}"
        line = self._line(step.far)
        more = " (see above)" if step.again else ""
        others = ", ".join(f"its {one.by} says {bare(one.said, _WIDEST)}" for one in step.edge.disagreements)
        disagrees = f"  BUT {others}" if others else ""
        return f"{indent}{line}  {words[1]}{more}{disagrees}" if back else f"{indent}{words[0]} {line}{more}{disagrees}"

    def _line(self, artifact: Any) -> str:
        facts = self.facts(artifact)
        version = (
            f"@{bare(str(facts['version']), _WIDEST)}" if facts["version"] is not None and "model" not in facts else ""
        )
        model = ""
        if facts.get("model") is not None:
            of = f" {bare(str(facts['version']), _WIDEST)}" if facts["version"] is not None else ""
            model = f" ({bare(facts['model'], _WIDEST)}{of})"
        return f"{facts['kind']} {bare(facts['name'], _WIDEST)}{version}{model}  {facts['path']}"


def newest_first(platform: Artifacts, artifacts: Sequence[Any]) -> list[Any]:
    """Return artifacts of one family with the newest first; those whose order nobody knows stand last."""
    kind, families = platform.kinds[artifacts[0].ref.kind], platform.view(Superseded)
    found = [(families.order(one), one) for one in artifacts]  # as checks put them in order
    known = [(kind.order(one) if order is None else order, one) for order, one in found]
    ordered = [pair for pair in known if pair[0] is not None]
    try:
        ordered.sort(key=lambda pair: pair[0], reverse=True)  # type: ignore[arg-type, return-value]
    except TypeError:  # versions of several forms
        return list(artifacts)
    return [one for _, one in ordered] + [one for order, one in known if order is None]
