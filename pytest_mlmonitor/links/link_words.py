"""What a link says, and what became of it, in the words of findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.known_by import Link
from pytest_mlmonitor.core.text.names import bare, quoted
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.links.chain import dangling_dataset, roots_in_words
from pytest_mlmonitor.links.closure import Edge

_DATASET = {
    "digest": "dataset_digest",
    "path": "dataset_path",
    "name": "dataset_name, dataset_version",
    "commit": "commit",
}
_RUN = {
    "name": "run_id",
    "uri": "model_uri",
    "model": "model_name, model_version",
    "alias": "model_alias",
    "commit": "commit",
}
_FIELDS = {"dataset": _DATASET, "training_run": _RUN}
_NOUNS = {"dataset": "dataset", "training_run": "training run"}
_PLURALS = {"dataset": "datasets", "training_run": "training runs"}


def said_of(link: Link) -> str:
    """Return the first thing that a link says, as it is written."""
    first = next((saying.text for saying in link.sayings() if saying.by != "commit"), None)
    return first or link.path or link.commit or "of no name"


def unsaid(artifact: Any) -> str:
    """Return the fields that would say what a run was trained on."""
    if getattr(artifact, "source", None) is not None:
        return "fields.dataset_name and dataset_version, dataset_path, dataset_digest or commit"
    return "input_dataset_name, input_dataset_version"


def field_of(edge: Edge, by: str | None) -> str:
    """Return the fields in which an artifact says something of a link, as its own format calls them."""
    field = _FIELDS.get(edge.link.kind, {}).get(by or "name", by or "name")
    foreign = getattr(edge.source, "source", None) is not None
    if edge.link.kind == "dataset" and by == "name":
        names = ["dataset_name"] if edge.link.version is None else ["dataset_name", "dataset_version"]
        return ", ".join(name if foreign else f"input_{name}" for name in names)
    return field


def broken(platform: Artifacts, edge: Edge, chain: str, location: str) -> Iterator[Finding]:
    """Yield the findings of a link that leads nowhere, or of which one part leads elsewhere.

    Args:
        platform: all artifacts.
        edge: the link.
        chain: what leads to it, in words: ``run r1``.
        location: where it is said, when it itself does not know.
    """
    link, kind = edge.link, edge.link.kind
    place, noun = link.location or location, _NOUNS.get(kind, kind)
    if edge.state == "dangling":
        column = field_of(edge, edge.by)
        if kind == "dataset" and edge.by == "name" and link.name is not None and link.version is not None:
            yield dangling_dataset(platform, chain, link.name, link.version, place, column)
            return
        said = _said_by(edge, edge.by)
        where = _looked_at(platform, edge)
        yield Finding(
            Severity.ERROR,
            f"{chain} → {noun} {bare(said, 120)} ({column}: {where})",
            f"a {noun} under the roots",
            bare(said, 200),
            column,
            place,
        )
    for wrong in edge.disagreements:
        column, target = field_of(edge, wrong.by), edge.targets[0].ref.name
        theirs = listing([quoted(text, 80) for text in wrong.theirs], 3)
        yield Finding(
            Severity.ERROR,
            f"{chain} → {noun} {bare(target, 80)} (found by {field_of(edge, edge.by)}), "
            f"but {column} says {quoted(wrong.said, 120)}: that {noun} has {theirs}",
            theirs,
            quoted(wrong.said, 200),
            column,
            place,
        )


def unresolved(platform: Artifacts, edges: Sequence[Edge]) -> list[str]:
    """Return why links could not be followed, of which nothing can be said."""
    return [why for edge in edges if (why := _unresolved(platform, edge)) is not None]


def _unresolved(platform: Artifacts, edge: Edge) -> str | None:
    link, kind = edge.link, edge.link.kind
    noun, many = _NOUNS.get(kind, kind), _PLURALS.get(kind, f"{kind}s")
    if edge.state not in ("not_held", "unclear"):
        return None
    if not platform.holds(kind):
        return f"the roots hold no {noun}"
    fields = listing(list(_FIELDS.get(kind, {}).values()), 9)
    if edge.state == "unclear":
        return f"{quoted(said_of(link), 80)} may be several {many}: say more of it ({fields})"
    if edge.path is not None and not edge.path.related:
        text = quoted(edge.path.text, 120)
        return f'the path {text} lies below no root, and rebase does not say where: rebase = {{"/its/prefix" = "."}}'
    if edge.path is not None and edge.path.places:
        return f"what lies at {quoted(edge.path.text, 120)} is no {noun} that is judged"
    return f"no {noun} under the roots says anything that {quoted(said_of(link), 80)} could be held against ({fields})"


def _said_by(edge: Edge, by: str | None) -> str:
    if by == "path" and edge.path is not None:
        return edge.path.text
    return next((saying.text for saying in edge.link.sayings() if saying.by == by), said_of(edge.link))


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
