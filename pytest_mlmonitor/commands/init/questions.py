"""The questions of init: asked on a terminal only, one line each, Enter leaves a comment in the policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pytest_mlmonitor.commands.init.guesses.log_guess import LogGuess
from pytest_mlmonitor.commands.init.shapes.source_draft import SourceDraft
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import listing

Asks = Callable[[str], str]
"""Asks one line, and returns what was typed, without blanks."""


def ask_all(drafts: Sequence[SourceDraft], ask: Asks) -> None:
    """Asks what only a person knows, and write the answers into the drafts."""
    for draft in drafts:
        if draft.targets and draft.target is None:
            _target(draft, ask)
        for remark in list(draft.remarks):
            if remark.startswith("event_ts = ") and draft.event_ts is None:
                _event_time(draft, remark, ask)
        if draft.log is not None and draft.log.undecided:
            _unit(draft.name, draft.log, ask)


def _target(draft: SourceDraft, ask: Asks) -> None:
    families = safe(listing(list(draft.families)))
    there = "There is a column" if len(draft.targets) == 1 else "There are the columns"
    names = ", ".join(f"'{safe(name)}'" for name in draft.targets)
    answer = ask(f"What do models learn from {families}? {there} {names}. column [none]: ")
    if answer in draft.targets:
        draft.target = answer
    elif answer.lower() in ("y", "yes") and len(draft.targets) == 1:
        draft.target = draft.targets[0]


def _event_time(draft: SourceDraft, remark: str, ask: Asks) -> None:
    names = [name.strip() for name in remark.partition("one of ")[2].partition(":")[0].split(",")]
    answer = ask(
        f"Which is the time of the event in {safe(listing(list(draft.families)))}? {safe(' / '.join(names))} [none]: "
    )
    if answer in names:
        draft.event_ts = answer
        draft.remarks.remove(remark)


def _unit(name: str, log: LogGuess, ask: Asks) -> None:
    """Asks the unit of the first length of time; the others are of the same one."""
    theirs, example = next(iter(log.undecided.items()))
    answer = ask(f"{safe(name)}: {safe(theirs)} is {example:g}: s or ms? [leave out]: ")
    if answer not in ("s", "ms"):
        return
    for field in log.fields:
        reference = field.theirs.partition(" in ")[0]
        if reference in log.undecided:
            field.theirs = reference if answer == "ms" else f"{reference} in s"
            field.comment, field.commented = "you said", False
    log.undecided.clear()
