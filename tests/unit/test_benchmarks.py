"""What the benchmarks of our own commands rest on."""

from __future__ import annotations

from benchmarks.ours import STATE, remembered


def test_a_cold_run_remembers_nothing() -> None:
    """The statistics of drift references lie beside the state; nothing of anyone else does."""
    forgotten = remembered()
    for path in (STATE, STATE.parent / "references"):
        assert any(path.is_relative_to(one) for one in forgotten)
    assert all("mlmonitor-bench" in one.name for one in forgotten)
