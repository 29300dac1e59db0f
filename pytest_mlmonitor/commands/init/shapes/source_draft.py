"""A declared source before it is written: its path, its families and their versions, and what was guessed of them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from pytest_mlmonitor.commands.init.guesses.age_guess import AgeGuess
from pytest_mlmonitor.commands.init.guesses.log_guess import LogGuess
from pytest_mlmonitor.commands.init.shapes.file_sets import FileSet, Listed, Path_, merged, sets_of
from pytest_mlmonitor.commands.init.shapes.name_pieces import end_of, moment_of
from pytest_mlmonitor.commands.init.shapes.survey import MARKERS
from pytest_mlmonitor.core.templates.path_template import PathTemplate, TemplateError
from pytest_mlmonitor.core.templates.template_walk import TemplateWalk
from pytest_mlmonitor.datasets.kind import DATASET
from pytest_mlmonitor.predictions.kind import PREDICTIONS
from pytest_mlmonitor.serving.kind import DEPLOYMENT

MAX_WITNESSES = 1_000
"""Files of a set that a template is tried on; what is written is held against all of them."""


@dataclass(frozen=True)
class VersionFiles:
    """One version of a family.

    Attributes:
        text: what tells it from others, as it is written; empty for the only one.
        start, end: what it stands for, None where it is no time.
        files: below the root, in order.
    """

    text: str
    start: datetime | None
    end: datetime | None
    files: tuple[Path_, ...]


@dataclass
class SourceDraft:
    """One source.

    Attributes:
        name: NAME in ``[source.NAME]``.
        files: the set that its path takes.
        path: the template.
        families: by name, the versions, oldest first.
        ready: the file whose presence says that a version is whole.
        age: how old it may get.
        event_ts, entity: columns, None where they are not known.
        excluded: columns of which every version has values of its own, so that they always drift.
        targets: columns that may be a target.
        target: what somebody said.
        remarks: lines of comment.
        overrides: by family, what differs from the others.
        log: what a log is taken for.
        composed: the template of the family's name, where ``{name}`` alone does not tell families apart.
    """

    name: str
    files: FileSet
    path: str
    families: dict[str, list[VersionFiles]]
    ready: str | None = None
    age: AgeGuess | None = None
    event_ts: str | None = None
    entity: str | None = None
    excluded: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    target: str | None = None
    remarks: list[str] = field(default_factory=list)
    overrides: dict[str, dict[str, str]] = field(default_factory=dict)
    log: LogGuess | None = None
    composed: str | None = None

    @property
    def is_log(self) -> bool:
        """Whether its files are logs."""
        return self.files.form == "log"

    @cached_property
    def template(self) -> PathTemplate:
        """The path, read."""
        return PathTemplate.parse(self.path)

    @property
    def kind(self) -> str:
        """The kind of its artifacts."""
        if self.log is None or self.log.kind is None:
            return DATASET.name
        return PREDICTIONS.name if self.log.kind == "entries" else DEPLOYMENT.name


def drafts_of(
    data: Sequence[Listed], markers: Mapping[Path_, set[str]], root_name: str = ""
) -> tuple[list[SourceDraft], list[str]]:
    """Return the sources that take what lies there, and the paths that none can be written for.

    A path that would also take what belongs to another source is written closer, at last without ``{name}``.

    Args:
        data: what lies there.
        markers: names of marker files by directory.
        root_name: what the root is called, for what lies in it directly.
    """
    refused = ["/".join(one.path) for one in data if not one.expressible]
    written = merged(sets_of(one for one in data if one.expressible))
    found: list[tuple[FileSet, str]] = []
    for one in written:
        found += _closed(one, [other for other in written if other is not one], refused)
    names = _Names(root_name)
    drafts = [_draft(files, path, names, markers) for files, path in found]
    _tell_apart(drafts)
    return drafts, refused


def _tell_apart(drafts: Sequence[SourceDraft]) -> None:
    """Compose the names of families that two sources have: ``silver.customers``."""
    counted = Counter(family for draft in drafts for family in draft.families)
    for draft in drafts:
        if draft.files.named is not None and any(counted[family] > 1 for family in draft.families):
            draft.composed = f"{draft.name}.{{name}}"
            draft.families = {f"{draft.name}.{family}": versions for family, versions in draft.families.items()}


def taken_apart(draft: SourceDraft, names: Iterable[str]) -> list[SourceDraft]:
    """Return a source for each family of one whose path has ``{name}``; none for one without.

    Args:
        draft: the source.
        names: those of the other sources.
    """
    if draft.files.named is None:
        return []
    known = _Names("", names)
    found: list[SourceDraft] = []
    for family in draft.files.families():
        single = FileSet(draft.files.form, [one for one in draft.files.files if draft.files.family_of(one) == family])
        made = _draft(single, single.path(loose=False), known, {})
        (versions,) = made.families.values()
        called = family or made.name
        made.families, made.composed = {called: versions}, None if called == made.name else called
        made.ready, made.age, made.event_ts, made.entity = draft.ready, draft.age, draft.event_ts, draft.entity
        found.append(made)
    return found


def _closed(one: FileSet, others: Sequence[FileSet], refused: list[str]) -> list[tuple[FileSet, str]]:
    """Return the set with the loosest path that takes all of it and nothing else; several sets where no one path does."""
    witnesses = ["/".join(file.path) for other in others if other.form == one.form for file in _some(other.files)]
    for loose in (True, False):
        path = one.path(loose=loose)
        if _takes(path, one, witnesses):
            return [(one, path)]
    if one.named is not None:
        alone = sets_of(one.files)
        return [
            pair
            for single in alone
            for pair in _closed(single, [*others, *(other for other in alone if other is not single)], refused)
        ]
    refused.extend("/".join(file.path) for file in one.files)
    return []


def _takes(path: str, one: FileSet, witnesses: Iterable[str]) -> bool:
    try:
        template = PathTemplate.parse(path)
    except TemplateError:
        return False
    walk = TemplateWalk([template])
    for file in _some(one.files):
        readings = walk.of_path("/".join(file.path))
        if len(readings) != 1:
            return False
        piece, said = one.piece(file), template.caught(readings[0].texts)
        caught = said.get("version", said.get("date"))
        if (piece.text if piece is not None else None) != caught or one.family_of(file) != said.get("name"):
            return False
    return not any(walk.of_path(other) for other in witnesses)


def _some(files: Sequence[Listed]) -> Sequence[Listed]:
    """Return files spread over all of a set: what is alike is matched alike."""
    return files[:: 1 + len(files) // MAX_WITNESSES]


def _draft(one: FileSet, path: str, names: _Names, markers: Mapping[Path_, set[str]]) -> SourceDraft:
    name = names.of(one)
    families: dict[str, dict[str, list[Listed]]] = {}
    for file in one.files:
        piece = None if one.is_dated_only else one.piece(file)
        family = one.family_of(file) or name
        families.setdefault(family, {}).setdefault(piece.text if piece is not None else "", []).append(file)
    made = {family: _versions(one, by) for family, by in sorted(families.items())}
    return SourceDraft(name, one, path, made, ready=_ready(one, made, markers))


def _versions(one: FileSet, by: Mapping[str, Sequence[Listed]]) -> list[VersionFiles]:
    found: list[VersionFiles] = []
    for text, files in by.items():
        spans = [span for file in files if (span := span_of(one, file)) is not None]
        start = min((span[0] for span in spans), default=None)
        end = max((span[1] for span in spans), default=None)
        found.append(VersionFiles(text, start, end, tuple(sorted(file.path for file in files))))
    return sorted(found, key=lambda v: (v.start is not None, v.start.timestamp() if v.start else 0.0, _natural(v.text)))


def span_of(one: FileSet, file: Listed) -> tuple[datetime, datetime] | None:
    """Return what the version (or date) of a file stands for, None where it is no time."""
    piece = one.piece(file)
    if piece is None or piece.kind != "time" or piece.form is None:
        return None
    start, end = moment_of(piece.text, piece.form), end_of(piece.text, piece.form)
    return (start, end) if start is not None and end is not None else None


def _natural(text: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split("([0-9]+)", text)]


def _ready(
    one: FileSet, families: Mapping[str, Sequence[VersionFiles]], markers: Mapping[Path_, set[str]]
) -> str | None:
    """Return the marker that lies beside the files of every version."""
    if one.form != "table" or one.is_dated_only or one.split_at() is None:
        return None
    homes = {file[:-1] for versions in families.values() for version in versions for file in version.files}
    if sum(map(len, families.values())) != len(homes):
        return None
    return next((name for name in MARKERS if homes and all(name in markers.get(home, ()) for home in homes)), None)


class _Names:
    """Names of sources: small letters, digits and ``_``, each once; no family twice."""

    def __init__(self, root_name: str, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._root = root_name

    def of(self, one: FileSet) -> str:
        words = self._words(one)
        for number in range(1, len(words) + 1):
            name = _slug("_".join(words[-number:]))
            if name and name not in self._taken:
                break
        else:
            base = _slug("_".join(words)) or "data"
            name = next(n for i in range(1, 1_000_000) if (n := base if i == 1 else f"{base}_{i}") not in self._taken)
        self._taken.add(name)
        return name

    def _words(self, one: FileSet) -> list[str]:
        """Return the words of the literal names of a path, outermost first; what stands for the family is left out."""
        found: list[str] = []
        place = one.split_at()
        for i, level in enumerate(one.first.levels):
            behind = one.named is not None and i == len(one.first.levels) - 1 and (place is None or place[0] < i)
            if i == one.named or behind:
                continue
            text = "".join(piece.text for piece in level if piece.kind == "text").split("=")[
                0 if "=" in level[0].text else -1
            ]
            key = "=" in level[0].text if level else False
            word = _ENDS_AS_PART.sub("", _slug(text))
            if word and not key and not _PART.fullmatch(word):
                found.append(word)
        return found or ["tables" if one.named is not None else self._root or "data"]


_ENDS_AS_PART = re.compile("_(?:part|chunk|shard|batch|of|c)$")
_PART = re.compile("(?:part|parts|data|file|c|of|chunk|_)+(?:_of|_c)*")


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    slug = re.sub("[^a-z0-9]+", "_", plain).strip("_")[:40].strip("_")
    return slug if slug[:1].isalpha() else f"t_{slug}" if slug else ""
