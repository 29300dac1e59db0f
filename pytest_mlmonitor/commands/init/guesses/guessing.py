"""All guesses about what lies below a directory: nothing is written, and tables are read in a process of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from pytest_mlmonitor.commands.init.guesses.age_guess import AgeGuess, age_guess
from pytest_mlmonitor.commands.init.guesses.first_contracts import contract_text
from pytest_mlmonitor.commands.init.guesses.known_ages import known_ages
from pytest_mlmonitor.commands.init.guesses.log_guess import log_guess
from pytest_mlmonitor.commands.init.guesses.log_lines import first_records, is_lines, last_records
from pytest_mlmonitor.commands.init.guesses.table_looks import FamilyLook
from pytest_mlmonitor.commands.init.guesses.table_reading import read_tables
from pytest_mlmonitor.commands.init.shapes.file_sets import Listed
from pytest_mlmonitor.commands.init.shapes.source_draft import (
    SourceDraft,
    VersionFiles,
    drafts_of,
    span_of,
    taken_apart,
)
from pytest_mlmonitor.commands.init.shapes.survey import Survey, survey_of
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.words import duration
from pytest_mlmonitor.kinds import Platform

STALE_LOG = timedelta(minutes=10)
"""From which age of its last record a log is stale where the policy says nothing."""


@dataclass
class Guesses:
    """What was found and guessed.

    Attributes:
        survey: what lies there.
        drafts: the sources that will be written.
        looks: what was read of each family of tables.
        contracts: their contracts, as YAML.
        refused: paths below the root that no template can take.
        documents: sets of documents that nobody knows, by a path of each and how many there are.
        unknown_logs: logs whose records are nothing known: path template, fields, what is missing.
        known_ages: by family, the limit of datasets that say themselves when they were built, where they need one.
    """

    survey: Survey
    now: datetime
    drafts: list[SourceDraft] = field(default_factory=list)
    looks: dict[str, FamilyLook] = field(default_factory=dict)
    contracts: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    documents: list[tuple[str, int]] = field(default_factory=list)
    unknown_logs: list[tuple[str, list[str], str]] = field(default_factory=list)
    known_ages: dict[str, AgeGuess] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be judged."""
        return not self.drafts and not self.survey.known

    def take_apart(self, draft: SourceDraft) -> bool:
        """Put sources with a family each in the place of one that takes what was not shown; return whether that was possible.

        A source of one family is taken out, with its contract.
        """
        place = self.drafts.index(draft)
        self.drafts.remove(draft)
        single = taken_apart(draft, [one.name for one in self.drafts])
        self.drafts[place:place] = single
        for family in draft.families if not single else ():
            self.contracts.pop(family, None)
        return bool(single)

    def file_name(self, family: str) -> str:
        """Return what the file of a family's contract is called."""
        return re.sub(r"[^A-Za-z0-9_.-]+", "_", family).strip("._")[:80] or "table"


def guesses_of(root: Path, now: datetime) -> Guesses:
    """Look at a directory and guess.

    Raises:
        DiscoveryLimit: it is too large to walk.
    """
    with_defaults = Platform.of_policy([root], Settings(), now)
    try:
        found = Guesses(survey_of(with_defaults), now)
        found.known_ages = known_ages(with_defaults, now)
    finally:
        with_defaults.close()
    data = _with_json_lines(found.survey)
    drafts, found.refused = drafts_of([one for one in data if one.form != "document"], found.survey.markers, root.name)
    documents, _ = drafts_of([one for one in data if one.form == "document"], {}, root.name)
    found.documents = [(draft.path, len(draft.files.files)) for draft in documents]
    for draft in drafts:
        if draft.is_log:
            _guess_log(draft, found)
        else:
            _guess_age(draft, now)
            found.drafts.append(draft)
    found.looks = read_tables(found.drafts, found.survey.root)
    return found


def _with_json_lines(survey: Survey) -> list[Listed]:
    """Return the data with files called ``.json`` as logs where they hold a record a line; one of each directory is asked."""
    asked: dict[tuple[str, ...], bool] = {}
    found: list[Listed] = []
    for one in survey.data:
        if one.form == "document":
            home = one.path[:-1]
            if home not in asked:
                asked[home] = is_lines(survey.root.joinpath(*one.path))
            if asked[home]:
                found.append(Listed(one.path, "log", one.levels, one.suffix, one.rotated))
                continue
        found.append(one)
    return found


def _guess_log(draft: SourceDraft, found: Guesses) -> None:
    files = draft.files.files
    newest = max(files, key=lambda one: (span_of(draft.files, one) or (found.now, found.now))[0])
    path = found.survey.root.joinpath(*newest.path)
    first = first_records(path)
    log = log_guess(first, last_records(path) or first)
    if log.kind is None:
        missing = log.missing if first else "it holds no JSON object a line"
        found.unknown_logs.append((draft.path, log.names, missing))
        return
    draft.log = log
    if log.last is not None and log.kind != "entries" and found.now - log.last > STALE_LOG:
        spans = [span for one in files if (span := span_of(draft.files, one)) is not None]
        draft.age = _age_of_log(spans, log.last, found.now)
    found.drafts.append(draft)


def _age_of_log(spans: Sequence[tuple[datetime, datetime]], last: datetime, now: datetime) -> AgeGuess:
    """Return how long a log may be silent: one whose files come a day late is no deployment that is down."""
    ago = duration((now - last).total_seconds())
    if len({start for start, _ in spans}) > 1 and max(end for _, end in spans) <= now:
        guess = age_guess(spans, now)
        if guess.limit is not None:
            return AgeGuess(guess.limit, f"the log ends {ago} ago: {guess.comment.replace('version', 'file')}")
    why = f"the log ends {ago} ago, an outage from 10 minutes on: say how late it may come"
    return AgeGuess(None, f"serving.max_staleness_minutes = 60  {why}")


def _guess_age(draft: SourceDraft, now: datetime) -> None:
    spans = [
        (v.start, v.end) for vs in draft.families.values() for v in vs if v.start is not None and v.end is not None
    ]
    if draft.files.is_dated_only:
        spans = [span for one in draft.files.files if (span := span_of(draft.files, one)) is not None]
    if draft.files.form in ("delta", "iceberg"):
        draft.remarks.append('freshness = "26h"  its log says when it was written: say how old it may get')
        return
    if not spans:
        draft.remarks.append(
            'built_at = "mtime"  nothing says when it was built: the time of the file, "column:NAME", or a date in the path'
        )
        if len(draft.families) == 1 and all(len(vs) == 1 and not vs[0].text for vs in draft.families.values()):
            draft.remarks.append('chunk = "1d"  where it grows: each day of event_ts is judged against the days before')
        return
    per_family = [
        [(v.start, v.end) for v in vs if v.start is not None and v.end is not None] for vs in draft.families.values()
    ]
    guesses = [age_guess(one, now) for one in (per_family if not draft.files.is_dated_only else [spans])]
    known = {guess.limit for guess in guesses}
    draft.age = guesses[0]
    if len(known) > 1:
        _different_ages(draft, guesses)


def _different_ages(draft: SourceDraft, guesses: Sequence[AgeGuess]) -> None:
    """Write the limits of families that are built at different distances one by one."""
    draft.age = None
    for family, guess in zip(draft.families, guesses, strict=True):
        if guess.limit is not None:
            draft.overrides.setdefault(family, {})["freshness"] = guess.limit
        else:
            draft.remarks.append(f"{family}: {guess.comment}")


def write_contracts(found: Guesses) -> None:
    """Write the contracts of all families that were read, with the targets that somebody said."""
    for draft in found.drafts:
        for family in draft.families:
            look = found.looks.get(family)
            if look is not None and any(build.columns for build in look.builds):
                partitions = _partitions(look.versions[-1])
                found.contracts[family] = contract_text(look, draft.target, partitions)


def _partitions(version: VersionFiles) -> list[str]:
    return [part.partition("=")[0] for part in version.files[0][:-1] if "=" in part]
