"""What the policy says of single artifacts: each entry is for some, and each accept rule is still needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from pytest_mlmonitor.core.acceptance import Acceptances
from pytest_mlmonitor.core.check import Check, check, checks_of, run_check
from pytest_mlmonitor.core.context import Artifacts, Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.kind import SECTIONS
from pytest_mlmonitor.core.policy.artifact_entries import Accept
from pytest_mlmonitor.core.policy.scopes import ONLY_OF_ARTIFACTS, ROLES, holds
from pytest_mlmonitor.core.policy.selectors import ArtifactNames, Selector
from pytest_mlmonitor.core.text.globs import matcher
from pytest_mlmonitor.core.text.names import bare, quoted, shown
from pytest_mlmonitor.core.text.near import near
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.policies.model import PolicyFile
from pytest_mlmonitor.policies.unbound_sources import unbound_sources


class Bound:
    """Which artifacts the entries of the policy are for; every artifact is asked for its names once.

    The policy file is one of them where an entry names its kind: ``*`` alone is not for nothing but the policy.

    Attributes:
        identities: every artifact with its names.
        overrides, accept: numbers of the entries that are for some.
        kinds, keys: by number of an override, the kinds of its artifacts, and the sections and keys that those are judged by.
    """

    def __init__(self, platform: Artifacts) -> None:
        scopes, settings = platform.scopes, platform.settings
        self.identities = [(ref, artifact, platform.identity(ref, artifact)) for ref, artifact in platform.artifacts]
        self.overrides: set[int] = set()
        self.kinds: dict[int, set[str]] = {}
        self.keys: dict[int, set[str]] = {}
        self.accept: set[int] = set()
        for ref, artifact, one in self.identities:
            own = isinstance(artifact, PolicyFile)
            named = [i for i in scopes.overrides_of(one) if not own or settings.overrides[i].artifact.kind == ref.kind]
            self.overrides.update(named)
            if named:
                asked = {
                    *platform.kinds[ref.kind].sections,
                    *(ONLY_OF_ARTIFACTS if hasattr(artifact, ROLES[0]) else ()),
                }
            for i in named:
                self.kinds.setdefault(i, set()).add(ref.kind)
                self.keys.setdefault(i, set()).update(asked)
            self.accept.update(
                i for i in scopes.accept_of(one) if not own or settings.accept[i].artifact.kind == ref.kind
            )


def _has_scopes(_: PolicyFile, context: Context) -> bool:
    return bool(context.platform.settings.source or context.platform.settings.overrides)


@check(
    "policy", category="contract", applies=_has_scopes, action="Correct the path or name in the policy, or remove it"
)
def sources_bind(file: PolicyFile, context: Context) -> Iterator[Finding]:
    """Every source takes something under the roots; every override is for an artifact, and every key of it one that it has."""
    for finding in unbound_sources(context.platform):
        yield _as_narrowed(replace(finding, location=shown(file.ref.path)), context)
    bound = context.view(Bound)
    for i, override in enumerate(context.platform.settings.overrides):
        if i not in bound.overrides:
            yield _unbound(f"overrides[{i}]", override.artifact, Severity.ERROR, file, context)
            continue
        own = {made.name for kind in bound.kinds[i] for made in _checks(context.platform, kind)}
        unasked = set(override.model_fields_set) & {*SECTIONS, *ONLY_OF_ARTIFACTS} - bound.keys[i]
        for key in sorted(unasked | {f"severity.{name}" for name in override.severity if name not in own}):
            yield Finding(
                Severity.WARNING,
                f"overrides[{i}].{key}: says nothing of {bare(override.artifact.text)}: "
                f"no {' or '.join(sorted(bound.kinds[i]))} is judged by it",
                "a key that the artifacts' checks ask",
                key,
                f"overrides[{i}].{key}",
                shown(file.ref.path),
            )


@check(
    "policy",
    category="contract",
    applies=lambda _, context: bool(context.platform.settings.accept),
    action="Repair what was accepted, or set a later day",
)
def accepts_hold(file: PolicyFile, context: Context) -> Iterator[Finding]:
    """Every accept rule is for an artifact, its last day is not over, and it excuses something."""
    bound = context.view(Bound)
    for i, rule in enumerate(context.platform.settings.accept):
        key, what = f"accept[{i}]", f"{rule.check} of {bare(rule.artifact.text)}"
        if i not in bound.accept:
            yield _unbound(key, rule.artifact, Severity.WARNING, file, context)
        elif not holds(rule, context.now):
            yield Finding(
                Severity.WARNING,
                f"{key}: held until {rule.until}; {what} counts again: repair it, or set a later day (reason: {rule.reason})",
                "a last day that is not over",
                f"until = {rule.until}",
                f"{key}.until",
                shown(file.ref.path),
            )
        elif context.platform.whole and not _excuses(i, rule, context):
            column = f", column {bare(rule.column)}" if rule.column is not None else ""
            yield Finding(
                Severity.INFO,
                f"{key}: excused nothing ({what}{column}): it can go",
                "a finding that it excuses",
                "none",
                key,
                shown(file.ref.path),
            )


def _excuses(number: int, rule: Accept, context: Context) -> bool:
    """Return whether a rule excuses a finding.

    What ran in this process is known; the rest (under xdist, or left out by ``-k``) is judged now, artifact by artifact until
    one is excused.
    """
    known = context.view(Acceptances)
    if rule.check == accepts_hold.name:
        return True  # what it says is being found out
    for ref, artifact, identity in context.view(Bound).identities:
        if number in known.used:
            return True
        if (ref, rule.check) in known.judged or number not in context.platform.scopes.accept_of(identity):
            continue
        own = context.platform.context(ref)
        for made in _checks(context.platform, ref.kind):
            if made.name == rule.check and made.concerns(artifact, own):
                run_check(made, artifact, own, ref)
    return number in known.used


def _checks(platform: Artifacts, kind: str) -> Iterable[Check]:
    if platform.checks is not None:
        return [made for made in platform.checks if made.kind == kind]
    return checks_of(platform.kinds[kind]) if kind in platform.kinds else ()


def _unbound(key: str, selector: Selector, severity: Severity, file: PolicyFile, context: Context) -> Finding:
    known = context.view(Bound).identities
    identities = [one for _, made, one in known if not isinstance(made, PolicyFile) or selector.kind == one.kind]
    hint = _near(selector, identities)
    finding = Finding(
        severity,
        f"{key}: no artifact under the roots is called {quoted(selector.text)}{hint}",
        "an artifact of that name, family, kind and version",
        selector.text,
        f"{key}.artifact",
        shown(file.ref.path),
    )
    return _as_narrowed(finding, context)


def _as_narrowed(finding: Finding, context: Context) -> Finding:
    """Return a finding of what nothing was found for, as information where this run does not see all that there is."""
    if context.platform.whole:
        return finding
    said = f"{finding.message} (no error here: this run is narrowed, or leaves a declared root out)"
    return replace(finding, severity=Severity.INFO, message=said)


def _near(selector: Selector, identities: Iterable[ArtifactNames]) -> str:
    """Return what may have been meant: another version or kind of the name, else names that are like it."""
    alike = [one for one in identities if any(map(matcher(selector.name), one.names))]
    kinds = sorted({one.kind for one in alike})
    if alike and selector.kind is not None and selector.kind not in kinds:
        return f"; there is a {' and a '.join(kinds)} of that name"
    versions = sorted({one.version for one in alike if one.version})
    if alike and selector.version is not None:
        return f"; it has the version {bare(listing(versions, 3), 200)}" if versions else "; it has no version"
    others = [one for one in identities if selector.kind in (None, one.kind)]
    names = dict.fromkeys(name for one in others for name in one.names)
    found = near(selector.name, names) or list(dict.fromkeys(min(one.names, key=len) for one in others))
    return f"; there are {bare(listing(found, 3), 200)}" if found else ""
