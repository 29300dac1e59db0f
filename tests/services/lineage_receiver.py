"""A server that takes OpenLineage as Marquez does: it validates every body, core and facets, and stores what Marquez would.

Marquez' rules (its source at a89b89c): the type of an event is how its ``schemaURL`` ends; ``eventTime``, ``run``, ``job`` and
``producer`` must be there; a namespace has certain characters; a facet has ``_producer`` and ``_schemaURL``; what PostgreSQL
cannot store (NUL, half a character) is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from .receiver import Receiver, receiving

SCHEMAS = Path("/work/shared/schemas/openlineage")
OWN = Path(__file__).parents[2] / "docs" / "openlineage-facets.schema.json"
NAMESPACE = re.compile(r"[a-zA-Z:;=/0-9_\-.@+]{1,1024}")
MAX_BYTES = 1_000_000

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass
class StoredLineage:
    """What a server holds: the last state of every run, and the edges of its graph."""

    states: dict[str, list[str]] = field(default_factory=dict)
    jobs: dict[str, tuple[str, str]] = field(default_factory=dict)
    inputs: dict[tuple[str, str], set[tuple[str, str]]] = field(default_factory=dict)
    outputs: dict[tuple[str, str], set[tuple[str, str]]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)


def schemas() -> Any:
    """Return the validator of events and facets, by the URL of a schema."""
    jsonschema = pytest.importorskip("jsonschema")
    referencing = pytest.importorskip("referencing")
    if not SCHEMAS.is_dir():
        pytest.skip(f"the schemas of OpenLineage are not at {SCHEMAS}")
    documents = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in (SCHEMAS / "OpenLineage.json", OWN, *sorted((SCHEMAS / "facets").glob("*.json")))
    ]
    registry = referencing.Registry().with_resources(
        [(document["$id"], referencing.Resource.from_contents(document)) for document in documents]
    )
    checker = jsonschema.FormatChecker()
    assert "uri" in checker.checkers and "date-time" in checker.checkers, "else formats pass unseen"

    def validate(instance: Any, url: str) -> list[str]:
        validator = jsonschema.Draft202012Validator({"$ref": url}, registry=registry, format_checker=checker)
        return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(instance)]

    return validate


def facets_of(event: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every facet of an event, by its name."""
    datasets = [*event.get("inputs", ()), *event.get("outputs", ())]
    for holder in (event["run"], event["job"], *datasets):
        for key in ("facets", "inputFacets", "outputFacets"):
            yield from holder.get(key, {}).items()


def problems_of(body: bytes, validate: Any) -> list[str]:
    """Return why a server would refuse a body, or show something else than was meant."""
    text = body.decode("ascii")
    event = json.loads(text)
    found = [] if len(body) < MAX_BYTES else [f"{len(body)} bytes"]
    if not event.get("schemaURL", "").endswith("/RunEvent"):
        return [f"schemaURL {event.get('schemaURL')} names no RunEvent"]
    found += validate(event, event["schemaURL"])
    found += [f"no {name}" for name in ("eventTime", "run", "job", "producer") if name not in event]
    nodes = [event["job"], *event.get("inputs", ()), *event.get("outputs", ())]
    found += [f"namespace {node['namespace']!r}" for node in nodes if not NAMESPACE.fullmatch(node["namespace"])]
    found += [f"name {node['name'][:80]!r}" for node in nodes if not 0 < len(node["name"]) <= 1024]
    for name, facet in facets_of(event):
        found += [f"{name}: {problem}" for problem in validate(facet, facet["_schemaURL"])]
    if any(_UNSTORABLE.search(value) for value in _texts(event)):
        found.append("a text that PostgreSQL does not take")
    return found


def stored(bodies: list[bytes]) -> StoredLineage:
    """Return what a server holds after these events."""
    held = StoredLineage()
    for body in bodies:
        event = json.loads(body)
        run, job = event["run"]["runId"], (event["job"]["namespace"], event["job"]["name"])
        assert held.jobs.setdefault(run, job) == job, "one run of two jobs merges their graphs"
        held.states.setdefault(run, []).append(event["eventType"])
        held.events.append(event)
        for key, edges in (("inputs", held.inputs), ("outputs", held.outputs)):
            edges.setdefault(job, set()).update((one["namespace"], one["name"]) for one in event.get(key, ()))
    return held


@contextmanager
def collecting() -> Iterator[Receiver]:
    """Run a receiver; whoever leaves it has sent nothing that a server would refuse."""
    validate = schemas()
    with receiving() as receiver:
        yield receiver
        for request in receiver.to("/api/v1/lineage"):
            assert problems_of(request.body, validate) == []


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
