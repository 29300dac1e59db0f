"""The sources that will be written, held against all that lies there: each takes what was shown, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pytest_mlmonitor.commands.init.shapes.source_draft import SourceDraft
from pytest_mlmonitor.core.files.walk import walk
from pytest_mlmonitor.core.kind import Kind
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.sources.assembling import assembled
from pytest_mlmonitor.core.sources.gathering import Gathering
from pytest_mlmonitor.core.sources.source_plan import plans_of

TakenFiles = dict[tuple[str, str], frozenset[Path]]
"""By family and version, the files; the version of a family without versions is empty."""


def unlike(
    drafts: Sequence[SourceDraft], settings: Settings, root: Path, kinds: Mapping[str, Kind]
) -> list[SourceDraft]:
    """Return the sources that take something else than what was shown of them.

    Args:
        drafts: the sources.
        settings: the policy that was made of them, read again.
        root: absolute, without links.
        kinds: those of the platform, by name.

    Raises:
        PolicyError: two of them take one file, or a path reads two ways.
        DiscoveryLimit: there is more than is walked.
    """
    gathering = Gathering(root, plans_of(settings, kinds))
    for found in walk(root):
        gathering.left_of(found)
    taken: dict[str, TakenFiles] = {}
    for one in assembled(gathering):
        version = one.version.text if one.version is not None else ""
        taken.setdefault(one.name, {})[one.family, version] = frozenset(one.files)
    return [draft for draft in drafts if taken.get(draft.name, {}) != _shown(draft, root)]


def _shown(draft: SourceDraft, root: Path) -> TakenFiles:
    return {
        (family, version.text): frozenset(root.joinpath(*file) for file in version.files)
        for family, versions in draft.families.items()
        for version in versions
    }
