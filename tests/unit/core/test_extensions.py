"""What modules add is asked for once, and refused by name where it cannot be used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_mlmonitor.core.adapter import Adapter
from pytest_mlmonitor.core.check import Check
from pytest_mlmonitor.core.decoder import Decoder
from pytest_mlmonitor.core.extensions import Extensions, of_modules
from pytest_mlmonitor.core.kind import Kind
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.kinds import BUILT_IN

CARD = Kind("model_card", ("card.json",), lambda ref: {"name": ref.name})


def extensions(**returned: object) -> Extensions:
    return Extensions(BUILT_IN, lambda hook: [returned.get(hook.removeprefix("pytest_mlmonitor_")), None])


def test_what_is_added_comes_after_what_is_built_in() -> None:
    check = Check("told", "model_card", "contract", lambda *_: [])
    added = extensions(kinds=[CARD], checks=[check])
    assert added.kinds == [CARD]
    assert [c.name for c in added.checks(Settings())][-2:] == ["readable", "told"]


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ({"kinds": [Kind("dataset")]}, "there is a kind called dataset already"),
        ({"kinds": [CARD, CARD]}, "there is a kind called model_card already"),
        ({"kinds": ["dataset"]}, "pytest_mlmonitor_kinds returned 'dataset', which is no ArtifactKind"),
        ({"kinds": [Kind("skip")]}, "a kind cannot be called 'skip'"),
        ({"kinds": [Kind("_card")]}, "a kind cannot be called '_card'"),
        ({"kinds": [Kind("")]}, "a kind cannot be called ''"),
        ({"kinds": [Kind("my card")]}, "a kind cannot be called 'my card'"),
        ({"kinds": [Kind("drift")]}, "a kind cannot be called 'drift'"),
        ({"kinds": CARD}, "pytest_mlmonitor_kinds returned Kind.*, which is no list"),
        ({"adapters": [Adapter("card", "json", Path)]}, "the adapter json is of the kind card, which there is not"),
        ({"adapters": [len]}, "pytest_mlmonitor_adapters returned .*, which is no Adapter"),
        ({"decoders": [len]}, "pytest_mlmonitor_decoders returned .*, which is no Decoder"),
        (
            {"decoders": [Decoder("avro", (".avro",), lambda path: []), Decoder("avro", (".av",), lambda path: [])]},
            "two decoders are called avro",
        ),
        ({"checks": [len]}, "pytest_mlmonitor_checks returned .*, which is no Check"),
        ({"checks": [Check("x", "card", "contract", len)]}, "the check x is of the kind card, which there is not"),
        ({"checks": [Check("freshness", "dataset", "contract", len)]}, "two checks of dataset are called freshness"),
    ],
)
def test_what_cannot_be_used_is_named(returned: dict[str, object], message: str) -> None:
    added = extensions(**returned)
    with pytest.raises(PolicyError, match=message):
        _ = added.kinds, added.adapters, added.decoders, added.checks(Settings())


def test_a_hook_that_raises_is_named() -> None:
    def ask(hook: str) -> list[object]:
        raise KeyError("owner")

    with pytest.raises(PolicyError, match="pytest_mlmonitor_kinds raised KeyError: 'owner'"):
        _ = Extensions((), ask).checks(Settings())


def test_schemas_that_are_no_mapping_are_refused() -> None:
    with pytest.raises(PolicyError, match=r"pytest_mlmonitor_contracts returned \[3\], which is no mapping"):
        _ = extensions(contracts=[3]).schemas


@pytest.mark.parametrize(
    "cls", [lambda anchors: Kind("card", anchors), lambda anchors: Adapter("card", "x", Path, anchors)]
)
def test_anchors_that_are_a_text_are_refused(cls: Callable[[object], object]) -> None:
    with pytest.raises(TypeError, match=r"write anchors=\('summary.json',\)"):
        cls("summary.json")


def test_two_schemas_of_one_dataset_are_refused() -> None:
    added = Extensions(BUILT_IN, lambda _: [{"orders": object()}, {"orders": object()}])
    with pytest.raises(PolicyError, match="two schemas are bound to orders"):
        _ = added.schemas


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path / "acme_monitoring.py"
    sys.modules.pop("acme_monitoring", None)


def test_a_module_is_asked_without_pytest(module: Path) -> None:
    module.write_text(
        "from pytest_mlmonitor import Kind\n"
        "def pytest_mlmonitor_kinds(config):\n    return [Kind('card', ('card.json',), lambda ref: config)]\n"
        "def pytest_mlmonitor_checks():\n    return []\n",
        encoding="utf-8",
    )
    added = Extensions(BUILT_IN, of_modules(["acme_monitoring"]))
    (kind,) = added.kinds
    assert kind.name == "card" and kind.read is not None and kind.read(None) is None
    assert added.adapters == [] and added.schemas == {}


@pytest.mark.parametrize("text", [None, "raise OSError('no disk')", "import nothing_of_that_name"])
def test_a_module_that_cannot_be_imported_is_a_wrong_policy(module: Path, text: str | None) -> None:
    if text is not None:
        module.write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError, match="plugins: 'acme_monitoring' cannot be imported: "):
        of_modules(["acme_monitoring"])
