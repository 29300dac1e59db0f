"""Each preset that is shipped reads what its tool leaves: sound trees are green, and a fault in one is found and named."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from pytest_mlmonitor.core.policy.sources.shipped_presets import shipped
from pytest_mlmonitor.kinds import BUILT_IN

from .preset_trees import NOW, TREES
from .sample import Project, read_json


@pytest.fixture
def root_of(new_project: Callable[..., Project], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Project]:
    """A project whose root has the tree of one preset, and nothing else."""
    monkeypatch.delenv("MLMONITOR_FRESHNESS__MAX_AGE_SECONDS")

    def make(preset: str) -> Project:
        kind = TREES[preset].artifacts[0][0]
        if not any(adapter.from_source for one in BUILT_IN if one.name == kind for adapter in one.adapters):
            pytest.skip(f"no format of the kind {kind} can be declared")
        made = new_project()
        shutil.rmtree(made.root)
        made.root.mkdir()
        TREES[preset].make(made.root)
        made.write(
            "mlmonitor.toml", f'artifacts = ["artifacts"]\n[source.own]\npreset = "{preset}"\n{TREES[preset].policy}'
        )
        return made

    return make


def found_in(project: Project) -> dict[str, dict[str, object]]:
    project.run("--mlmonitor-out", "out", now=NOW.isoformat())
    results: dict[str, dict[str, object]] = read_json(project.path / "out/results.json")
    return results


def test_every_preset_has_a_tree() -> None:
    assert set(shipped()) == set(TREES)


@pytest.mark.parametrize("preset", sorted(TREES))
def test_what_the_tool_leaves_is_read_and_green(preset: str, root_of: Callable[[str], Project]) -> None:
    results = found_in(root_of(preset))
    found = sorted({(one["kind"], one["name"]) for one in results["artifacts"] if one["kind"] != "policy"})  # type: ignore[index]
    assert found == TREES[preset].artifacts
    assert results["exit_status"] == 0
    assert results["counts"]["warned"] == 0  # type: ignore[index]


@pytest.mark.parametrize("preset", sorted(TREES))
def test_a_fault_is_found_and_named(preset: str, root_of: Callable[[str], Project]) -> None:
    project = root_of(preset)
    TREES[preset].breaks(project.root)
    results = found_in(project)
    said = [
        f["message"] for one in results["results"] for f in one["findings"] if f["severity"] in ("error", "critical")
    ]  # type: ignore[index]
    assert [message for message in said if all(word in message for word in TREES[preset].words)], said
    assert results["exit_status"] == 1
