"""Print the table of figures; docs/performance.md carries it with versions."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Pair, pair

RUNS = 7
TRIVIAL_TESTS = 1000


def inert(directory: Path) -> Pair:
    """1,000 trivial tests with the plugin installed and nothing to watch, against ``-p no:mlmonitor``."""
    body = "\n".join(f"def test_{i}():\n    assert True\n" for i in range(TRIVIAL_TESTS))
    (directory / "test_trivial.py").write_text(body)
    pytest = [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "-p", "no:cacheprovider", "."]
    return pair(pytest, [*pytest, "-p", "no:mlmonitor"], directory, RUNS)


def sample(directory: Path) -> Pair:
    """The sample platform from start to verdict with all outputs, against one trivial test without the plugin."""
    platform = Path(__file__).parents[1] / "contract_tests" / "platform"
    (directory / "test_one.py").write_text("def test_one():\n    assert True\n")
    pytest = [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "-p", "no:cacheprovider"]
    ours = [*pytest, "--mlmonitor", str(platform), "--mlmonitor-out", "out", "--mlmonitor-now", "2026-04-26T13:20:00Z"]
    return pair([*ours, "--mlmonitor-fail-on", "never"], [*pytest, "-p", "no:mlmonitor", "."], directory, RUNS)


def main() -> None:
    """Measure and print."""
    print("| figure | A cpu s | B cpu s | A/B cpu (min-max) | A/B wall | A peak MiB | B peak MiB |")
    print("|---|---|---|---|---|---|---|")
    for measure in (inert, sample):
        with tempfile.TemporaryDirectory() as directory:
            p = measure(Path(directory))
        low, high = p.spread
        words = (measure.__doc__ or "").rstrip(".")
        print(
            f"| {words} | {p.a.cpu:.2f} | {p.b.cpu:.2f} | {p.cpu_ratio:.3f} ({low:.3f}-{high:.3f}) | {p.wall_ratio:.3f} "
            f"| {p.a.peak:.0f} | {p.b.peak:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
