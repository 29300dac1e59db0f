"""What a link says, and what became of it, in the words of findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.known_by import Link
from pytest_mlmonitor.core.text.names import bare, quoted
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.links.chain import roots_in_words
from pytest_mlmonitor.links.closure import Closure, Edge


def said_of(link: Link) -> str:
    """Return the first thing that a link says, as it is written."""
    first = next((saying.text for saying in link.sayings() if saying.by != "commit"), None)
    return first or link.path or link.commit or "of no name"


def unsaid(artifact: Any) -> str:
    """Return the fields that would say what a run was trained on."""
    if getattr(artifact, "source", None) is not None:
        return "fields.dataset_name and dataset_version, dataset_path, dataset_digest or commit"
    return "input_dataset_name, input_dataset_version"


def broken(
    platform: Artifacts, edge: Edge, chain: str, location: str, fields: Mapping[str, str] | None = None
) -> Iterator[Finding]:
    """Yield the findings of a link that leads nowhere, or of which one part leads elsewhere.

    Args:
        platform: all artifacts.
        edge: the link.
        chain: what leads to it, in words: ``run r1``.
        location: where it is said, when it itself does not know.
        fields: what the artifact's format calls the fields that say it, where that is not what a declared source does.
    """
    link, called = edge.link, {**_said_in(platform, edge.link), **(fields or {})}
    place, noun = link.location or location, _noun(link)
    if edge.state == "dangling":
        column = called.get(edge.by or "", edge.by or "")
        said, where = _said_by(edge), _looked_at(platform, edge)
        versions = platform.view(Closure).versions(link) if edge.by == "name" else []
        if versions and link.version is not None:
            column, where = column.rpartition(", ")[2], f"not found; that {noun} has the version {listing(versions, 3)}"
        yield Finding(
            Severity.ERROR,
            f"{chain} → {noun} {bare(said, 120)} ({column}: {where})",
            f"a {noun} under the roots",
            f"{link.name} {link.version}" if edge.by == "name" and link.version is not None else bare(said, 200),
            column,
            place,
            short=f"{bare(said, 40)} is no {noun} here",
        )
    for wrong in edge.disagreements:
        column, target = called.get(wrong.by, wrong.by), edge.targets[0].ref.name
        theirs = listing([quoted(text, 80) for text in wrong.theirs], 3)
        by = f" (by {called.get(edge.by, edge.by)})" if edge.by is not None else ""
        yield Finding(
            Severity.ERROR,
            f"{chain} → {noun} {bare(target, 80)}{by}, but {column} says {quoted(wrong.said, 120)}: that {noun} has {theirs}",
            theirs,
            quoted(wrong.said, 200),
            column,
            place,
            short=f"{column} says {quoted(wrong.said, 24)}, its {noun} {listing([quoted(text, 24) for text in wrong.theirs], 1)}",
        )


def unresolved(platform: Artifacts, edges: Sequence[Edge]) -> list[str]:
    """Return why links could not be followed, of which nothing can be said."""
    return [why for edge in edges if (why := _unresolved(platform, edge)) is not None]


def _unresolved(platform: Artifacts, edge: Edge) -> str | None:
    link, noun = edge.link, _noun(edge.link)
    if edge.state not in ("not_held", "unclear"):
        return None
    if not platform.holds(link.kind):
        return f"the roots hold no {noun}"
    fields = ", ".join(_said_in(platform, link).values())
    far = edge.path is not None and not edge.path.related
    if edge.state == "unclear" and not far:
        return f"{quoted(said_of(link), 80)} may be any of several {noun}s: say more of it ({fields})"
    if edge.path is not None and far:
        text = quoted(edge.path.text, 120)
        likely = _likely_rebase(platform, link.kind, edge.path.text) or '{"/its/beginning" = "."}'
        return f"the path {text} lies below no root, and rebase does not say where: rebase = {likely} in the policy"
    if edge.path is not None and edge.path.places:
        return f"what lies at {quoted(edge.path.text, 120)} is no {noun} that is judged"
    if link.name is not None and link.version is None:
        return f"no {noun} under the roots is called {quoted(link.name, 80)}"
    return f"no {noun} under the roots has anything that {quoted(said_of(link), 80)} could be held against ({fields})"


def _likely_rebase(platform: Artifacts, kind: str, text: str) -> str | None:
    """Return what would relate a path to an artifact whose file ends like it, by most levels; None where none does."""
    theirs = text.removeprefix("file://").split("/")
    best: tuple[int, str] | None = None
    for artifact in platform.of_kind(kind):
        path = getattr(artifact, "data_path", None)
        if path is None or not path.is_relative_to(artifact.ref.root):
            continue
        ours = path.relative_to(artifact.ref.root).parts
        alike = sum(
            1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(reversed(theirs), reversed(ours), strict=False))
        )
        if alike and (best is None or alike > best[0]):
            beginning, below = "/".join(theirs[:-alike]) or "/", "/".join(ours[:-alike]) or "."
            best = (alike, f'{{"{bare(beginning, 120)}" = "{bare(below, 120)}"}}')
    return best[1] if best is not None else None


def _said_in(platform: Artifacts, link: Link) -> Mapping[str, str]:
    kind = platform.kinds.get(link.kind)
    return kind.said_in if kind is not None else {}


def _noun(link: Link) -> str:
    return link.kind.replace("_", " ")


def _said_by(edge: Edge) -> str:
    if edge.by == "path" and edge.path is not None:
        return edge.path.text
    return next((saying.text for saying in edge.link.sayings() if saying.by == edge.by), said_of(edge.link))


def _looked_at(platform: Artifacts, edge: Edge) -> str:
    """Return where was looked for what a link names."""
    path = edge.path
    if edge.by != "path" or path is None:
        return f"not found under {roots_in_words(platform)}"
    if not path.places:
        return "leads out of the root"
    root = edge.source.ref.root
    shown = [bare(str(one.relative_to(root)) if one.is_relative_to(root) else str(one), 120) for one in path.places]
    return f"nothing lies at {' or '.join(shown[:2])} under {roots_in_words(platform)}"
