"""A ``results.json`` by family: what Dagster shows as one asset is all versions of an artifact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pytest_mlmonitor.core.kind import Kind
from pytest_mlmonitor.outputs.results_shape import ArtifactEntry, ResultEntry, Results, is_error

BUILT = "built_timestamp_seconds"
ALLOWED_AGE = "freshness_threshold_seconds"
WARNED_AGE = "freshness.warn_after"

FamilyName = tuple[str, str]
"""Kind, and the name that the versions have in common."""


@dataclass(frozen=True)
class JudgedVersion:
    """An artifact of a run, with what was said of it.

    Attributes:
        entry: the artifact.
        results: of its checks, in the order of the record.
    """

    entry: ArtifactEntry
    results: list[ResultEntry] = field(default_factory=list)

    @property
    def current(self) -> bool:
        """Whether no newer version stands in for it."""
        return self.entry.get("newer") is None

    @property
    def identity(self) -> str:
        """Return what tells this version from the others of its family."""
        name, version = self.entry["name"], self.entry.get("version")
        return f"{name}@{version}" if version and version not in name else name

    def figure(self, name: str) -> float | None:
        """Return what a check measured, None where none did."""
        figures = (figure for result in self.results for figure in result["figures"])
        return next((figure["value"] for figure in figures if figure["name"] == name), None)

    def is_stale(self) -> bool:
        """Return whether its age is an error, or lies in the future."""
        return any(is_error(one) and one["category"] == "freshness" for one in self.results)


class JudgedFamilies:
    """The artifacts of a run, by kind and family.

    Attributes:
        results: the whole document.
        versions: by family, in the order of the record: the worst first.
    """

    def __init__(self, results: Results) -> None:
        self.results = results
        self.versions: dict[FamilyName, list[JudgedVersion]] = {}
        self._by_id: dict[str, JudgedVersion] = {}
        places: dict[tuple[str, str | None, str], JudgedVersion] = {}
        for entry in results["artifacts"]:
            one = JudgedVersion(entry)
            places[entry["kind"], entry["path"], entry["name"]] = one
            self.versions.setdefault(family_of(entry), []).append(one)
            self._by_id[entry.get("id", "")] = one
        for result in results["results"]:
            place = (result["kind"], result["path"], result["artifact"])
            if place not in places:  # of an older writer: it named no path
                entry = _entry_of(result)
                places[place] = JudgedVersion(entry)
                self.versions.setdefault(family_of(entry), []).append(places[place])
            places[place].results.append(result)

    def newest(self, family: FamilyName) -> JudgedVersion | None:
        """Return the version that stands for a family: of those that no newer one stands in for, the one that was built last."""
        current = [one for one in self.versions.get(family, ()) if one.current]
        return max(current, key=lambda one: (one.figure(BUILT) or 0.0, one.entry.get("version") or ""), default=None)

    def of_kind(self, kind: Kind) -> Iterator[JudgedVersion]:
        """Yield the artifacts of a kind."""
        for versions in self.versions.values():
            yield from (one for one in versions if one.entry["kind"] == kind.name)

    def by_id(self, identity: str) -> JudgedVersion | None:
        """Return the artifact that an edge names."""
        return self._by_id.get(identity)

    def categories(self, family: FamilyName) -> set[str]:
        """Return the categories in which something was said of a family."""
        return {result["category"] for one in self.versions.get(family, ()) for result in one.results}


def family_of(entry: ArtifactEntry) -> FamilyName:
    """Return the family of an artifact; one of an older writer is by itself."""
    return entry["kind"], entry.get("family") or entry["name"]


def is_hand_written(result: ResultEntry) -> bool:
    """Return whether a person's own test said it: its id is that of a function in a module."""
    return result["nodeid"].split("::", 1)[0].endswith(".py")


def _entry_of(result: ResultEntry) -> ArtifactEntry:
    return {
        "kind": result["kind"],
        "name": result["artifact"],
        "path": result["path"] or "",
        "verdict": "ok",
        "owner": None,
        "runbook": None,
        "since": None,
    }
