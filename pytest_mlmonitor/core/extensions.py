"""What plugins, conftests and the modules of the policy's ``plugins`` add: kinds, adapters, checks and contracts."""

from __future__ import annotations

import importlib
import inspect
import keyword
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from pytest_mlmonitor.core.adapter import Adapter
from pytest_mlmonitor.core.check import Check, checks_of
from pytest_mlmonitor.core.decoder import Decoder
from pytest_mlmonitor.core.kind import Kind
from pytest_mlmonitor.core.policy.mistakes import check_names
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.result import CATEGORIES

NO_KINDS = frozenset(
    (
        *CATEGORIES,
        "artifact",
        "skip",
        "skipif",
        "xfail",
        "parametrize",
        "usefixtures",
        "filterwarnings",
        "tryfirst",
        "trylast",
    )
)
"""Markers that mean something else."""

Ask = Callable[[str], Iterable[Any]]
"""Calls a hook of everybody who has it; returns what each of them returned."""


class Extensions:
    """What was added to the built-in kinds; asked for once, and refused where it cannot be used.

    Everything here raises :class:`PolicyError` where somebody returned something unusable.
    """

    def __init__(self, built_in: Sequence[Kind], ask: Ask) -> None:
        """Ask nobody yet."""
        self._built_in = built_in
        self._ask = ask

    @cached_property
    def kinds(self) -> list[Kind]:
        """Further kinds of artifact."""
        found = self._all("pytest_mlmonitor_kinds", Kind, "ArtifactKind")
        taken = {kind.name for kind in self._built_in}
        fixtures = {kind.fixture for kind in self._built_in}
        for kind in found:
            if (
                not kind.name.isidentifier()
                or keyword.iskeyword(kind.name)
                or kind.name in NO_KINDS
                or kind.name[0] == "_"
            ):
                raise PolicyError(
                    f"a kind cannot be called {kind.name!r}: its name is a pytest marker, so it must be letters, digits and "
                    "underscores, and none of those that pytest or mlmonitor use"
                )
            if kind.name in taken:
                raise PolicyError(f"there is a kind called {kind.name} already; choose another name")
            if kind.fixture is not None and kind.fixture in fixtures:
                raise PolicyError(
                    f"the fixture {kind.fixture} of the kind {kind.name} is another kind's already; choose another name"
                )
            taken.add(kind.name)
            fixtures.add(kind.fixture)
        return found

    @cached_property
    def adapters(self) -> list[Adapter]:
        """Further formats, asked before those of the kinds themselves."""
        found = self._all("pytest_mlmonitor_adapters", Adapter, "Adapter")
        for adapter in found:
            self._refuse_unknown(f"the adapter {adapter.format}", adapter.kind)
        return found

    @cached_property
    def decoders(self) -> list[Decoder]:
        """Further formats of files that declared sources read, asked before those that are built in."""
        found = self._all("pytest_mlmonitor_decoders", Decoder, "Decoder")
        for decoder in found:
            if [one.name for one in found].count(decoder.name) > 1:
                raise PolicyError(f"two decoders are called {decoder.name}; choose another name for one of them")
        return found

    @cached_property
    def schemas(self) -> dict[str, object]:
        """The pandera schemas that are bound to datasets, by dataset or family."""
        bound: dict[str, object] = {}
        for added in self._asked("pytest_mlmonitor_contracts"):
            if added is not None and not isinstance(added, Mapping):
                raise PolicyError(
                    f"pytest_mlmonitor_contracts returned {added!r}, which is no mapping of names to schemas"
                )
            for name, schema in (added or {}).items():
                if name in bound:
                    raise PolicyError(f"pytest_mlmonitor_contracts: two schemas are bound to {name}")
                bound[name] = schema
        return bound

    def checks(self, settings: Settings) -> list[Check]:
        """Return the checks of all kinds and those that were added, in the order in which their items run.

        Args:
            settings: the policy; what it says of checks and kinds must name some.
        """
        found = [check for kind in (*self._built_in, *self.kinds) for check in checks_of(kind)]
        found += self._all("pytest_mlmonitor_checks", Check, "Check")
        taken: set[tuple[str, str]] = set()
        for check in found:
            self._refuse_unknown(f"the check {check.name}", check.kind)
            if (check.kind, check.name) in taken:
                raise PolicyError(f"two checks of {check.kind} are called {check.name}")
            taken.add((check.kind, check.name))
        check_names(settings, {check.name for check in found}, {kind.name for kind in (*self._built_in, *self.kinds)})
        return found

    def _all(self, hook: str, cls: type[Any], called: str) -> list[Any]:
        found: list[Any] = []
        for added in self._asked(hook):
            if added is not None and (isinstance(added, str) or not isinstance(added, Iterable)):
                raise PolicyError(f"{hook} returned {added!r}, which is no list")
            found += added or ()
        for one in found:
            if not isinstance(one, cls):
                raise PolicyError(f"{hook} returned {one!r}, which is no {called}")
        return found

    def _asked(self, hook: str) -> list[Any]:
        try:
            return list(self._ask(hook))
        except PolicyError:
            raise
        except Exception as error:
            raise PolicyError(f"{hook} raised {type(error).__name__}: {error}") from error

    def _refuse_unknown(self, what: str, kind: str) -> None:
        known = {kind.name for kind in (*self._built_in, *self.kinds)}
        if kind not in known:
            raise PolicyError(f"{what} is of the kind {kind}, which there is not; kinds: {', '.join(sorted(known))}")


def of_modules(names: Sequence[str]) -> Ask:
    """Return what asks modules for our hooks where there is no pytest; their parameter ``config`` is None.

    Args:
        names: the policy's ``plugins``, as ``package.module``.

    Raises:
        PolicyError: one of them cannot be imported.
    """
    modules = [_imported(name) for name in names]

    def ask(hook: str) -> Iterator[Any]:
        for module in modules:
            function = getattr(module, hook, None)
            if function is not None:
                yield function(**{name: None for name in inspect.signature(function).parameters if name == "config"})

    return ask


def _imported(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise PolicyError(f"plugins: {name!r} cannot be imported: {type(error).__name__}: {error}") from error
