"""What ``describe`` says of one artifact, as plain JSON values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.commands.described.policy_keys import accepted_of, policy_of
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding
from pytest_mlmonitor.core.sources.sourced import Sourced
from pytest_mlmonitor.core.text.names import safe, shown
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.links.closure import Closure

MOST_FILES = 1_000
"""Files of one artifact that are listed."""


def described(platform: Platform, ref: ArtifactRef, artifact: Any) -> dict[str, Any]:
    """Return what ``describe`` says of one artifact."""
    findings: list[Finding] = []
    for part in ("unreadable", "violations", "lacking", "fallbacks", "misplaced", "duplicates"):
        findings += getattr(artifact, part, ())
    sourced = platform.found_as.get(ref)
    files = sorted({shown(path) for path in files_of(ref, artifact, sourced)})
    contract = dict(platform.kinds[ref.kind].describe(artifact))
    return {
        "kind": ref.kind,
        "name": ref.name,
        "path": shown(ref.path),
        "contract": contract,
        "policy": policy_of(platform, ref, artifact),
        "accepted": accepted_of(platform, ref, artifact),
        "warnings": [safe(finding.message) for finding in findings],
        "source": sourced.name if sourced is not None else None,
        "adapter": platform.read_by.get(ref),
        "family": family_of(platform, ref, artifact),
        "version": version_of(platform, ref, artifact),
        "files": files[:MOST_FILES],
        "file_count": len(files),
        "fields": _fields(artifact, contract, sourced),
        "metrics": _metrics(artifact),
        "built": _built(platform, artifact),
        "links": list(_links(platform, artifact)),
    }


def family_of(platform: Platform, ref: ArtifactRef, artifact: Any) -> str | None:
    """Return what the versions of an artifact have in common, None where it has none."""
    sourced = platform.found_as.get(ref)
    return sourced.family if sourced is not None else platform.kinds[ref.kind].family(artifact)


def version_of(platform: Platform, ref: ArtifactRef, artifact: Any) -> str | None:
    """Return which version of its family an artifact is, as it is written; None where it says none."""
    kind, sourced = platform.kinds[ref.kind], platform.found_as.get(ref)
    said = kind.version(artifact) if kind.version is not None else (kind.called(artifact) or (None, None))[1]
    if said is None and sourced is not None and sourced.version is not None:
        said = sourced.version.text
    return said


def files_of(ref: ArtifactRef, artifact: Any, sourced: Sourced | None) -> set[Path]:
    """Return the files that an artifact is known to be made of."""
    found = {ref.path}
    found.update(getattr(artifact, "documents", ()))
    data = getattr(artifact, "data_path", None)
    if isinstance(data, Path):
        found.add(data)
    inside = getattr(artifact, "files", None)
    if isinstance(inside, Mapping) and not ref.path.is_dir():
        found.update(ref.path.parent / name for name in inside)
    if sourced is not None:
        found.update(sourced.files)
        found.update(path for path in sourced.documents if path.exists())
    return found if len(found) == 1 else {path for path in found if path.is_file() or path in (data, ref.path)}


def _fields(artifact: Any, contract: Mapping[str, Any], sourced: Sourced | None) -> dict[str, Any]:
    """Return our fields with what says them: a field of theirs, a constant, the path."""
    if sourced is None:
        return {}
    source = sourced.source
    origins: dict[str, str] = {name: f"path: {{{name}}} = {one.text}" for name, one in sourced.caught.items()}
    if sourced.version is not None:
        origins["version"] = f"path: {{version}} = {sourced.version.text}"
    origins.update((field, f"constant: {value}") for field, value in source.constants.items())
    origins.update((field, " | ".join(texts)) for field, texts in source.fields.items())
    found: dict[str, Any] = {}
    for field, origin in origins.items():
        value = getattr(artifact, field, contract.get(field))
        found[field] = {"value": _plain(value), "from": safe(origin)}
    return found


def _metrics(artifact: Any) -> dict[str, float]:
    """Return every metric that an artifact says, by name; its contract may name some of them only."""
    metrics = getattr(artifact, "metrics", None)
    return {safe(str(name)): value for name, value in metrics.items()} if isinstance(metrics, Mapping) else {}


def _built(platform: Platform, artifact: Any) -> dict[str, Any] | None:
    """Return when an artifact was built, what says so, and how old it is; None where nothing is known of it."""
    built = getattr(artifact, "build_time", None)
    if built is None:
        return None
    return {
        "at": instant(built.start),
        "until": instant(built.end),
        "origin": built.origin,
        "text": safe(built.text),
        "age_seconds": round(max(0.0, (platform.now - built.end).total_seconds()), 1),
    }


def _links(platform: Platform, artifact: Any) -> Iterator[dict[str, Any]]:
    """Yield the links that an artifact says of itself, and what becomes of them."""
    if getattr(artifact, "ref", None) is None or not platform.has(artifact):
        return
    for edge in platform.view(Closure).of(artifact):
        link = edge.link
        yield {
            "role": link.role,
            "kind": link.kind,
            "name": _plain(link.name),
            "version": _plain(link.version),
            "state": edge.state,
            "by": edge.by,
            "to": [f"{target.ref.kind} {safe(target.ref.name)}" for target in edge.targets][:5],
        }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, Path):
        return shown(value)
    return safe(value) if isinstance(value, str) else value
