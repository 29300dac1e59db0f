"""What is in production passed the gate of the platform that trained it."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion
from pytest_mlmonitor.registries.views import Registries, named, production_of, same_model, why_none_live


@check(
    "model_registry",
    category="performance",
    applies=lambda registry: registry.layout in ("registry", "production"),
    section="promotion",
    action="Roll back to the last version that passed its gate",
)
def not_rejected(registry: ModelRegistry, context: Context) -> Iterator[Finding]:
    """No version in production was rejected by its entry, its evaluation report or the audit log."""
    registries = context.view(Registries)
    whole = registries.of(registry)
    if whole is not None and whole.ref != registry.ref:
        raise NotChecked(f"judged at {shown(whole.ref.path)}")
    live = production_of(registry)
    if not live:
        raise NotChecked(why_none_live(registry))
    documents = registries.beside(registry, "evaluation", "audit", "production")
    judged = any(document.layout != "production" for document in documents)
    for version in live:
        by_force = version.forced or any(
            said.forced and _of(said, version) for document in documents for said in document.versions
        )
        if version.rejected is not None:
            judged = True
            yield _finding(version, "its own entry", version.rejected, version.location, by_force=by_force)
        for document in documents:
            said = [one for one in document.versions if _of(one, version)]
            # A log is in order: what it said last of a version holds.
            last = said[-1] if said else None
            if last is not None and last.rejected is not None:
                judged = True
                yield _finding(version, shown(document.ref.path), last.rejected, last.location, by_force=by_force)
    if not judged:
        raise NotChecked(
            "nothing says whether a version passed a gate (promote in an entry, eval_report_v*.json, promotion_audit.log)"
        )


def _of(said: ModelVersion, version: ModelVersion) -> bool:
    name = said.version or said.run_id
    return name is not None and version.called(name) and same_model(said, version)


def _finding(version: ModelVersion, where: str, why: str, location: str, *, by_force: bool) -> Finding:
    role = "is in production by force" if by_force else "is in production"
    return Finding(
        Severity.WARNING if by_force else Severity.ERROR,
        f"{named(version)} {role}, but {where} says that it did not pass its gate: {why}",
        "a version in production that passed its gate",
        why,
        "promote",
        location,
    )
