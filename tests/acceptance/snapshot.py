"""Every result of ``../shared/artifacts``, as one JSON file: two of them from two versions of the code can be compared.

python -m tests.acceptance.snapshot before.json
python -m tests.acceptance.snapshot after.json
python -m tests.acceptance.snapshot --compare before.json after.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from .shared import BROKEN, GOOD, broken_index, judged, platform_at
from .test_good import roots

VOLATILE = ("duration_seconds", "started_at")
"""What differs between two runs of one version."""


def places() -> list[tuple[Path, str]]:
    """Return every directory that is judged, with its evaluation time (specification 7)."""
    found = [(BROKEN / case["dir"], case["eval_time"]) for case in broken_index()]
    return found + [(GOOD / name, now) for name, now in roots().items()]


def snapshot() -> dict[str, list[dict[str, Any]]]:
    """Return the results of every place, by place."""
    made: dict[str, list[dict[str, Any]]] = {}
    for path, when in places():
        results = [result.to_dict() for result in judged(platform_at(path, when))]
        made[str(path)] = [{key: value for key, value in result.items() if key not in VOLATILE} for result in results]
    return made


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return one line a result that differs."""
    lines = [f"{place}: only {'before' if place in before else 'after'}" for place in sorted(set(before) ^ set(after))]
    for place in sorted(set(before) & set(after)):
        old, new = ({_key(result): result for result in results[place]} for results in (before, after))
        differing = (key for key in sorted(set(old) | set(new)) if old.get(key) != new.get(key))
        lines += [f"{place} {' '.join(k)}\n  before {old.get(k)}\n  after  {new.get(k)}" for k in differing]
    return lines


def _key(result: dict[str, Any]) -> tuple[str, ...]:
    return (result["kind"], result["path"], result["artifact"], result["check"])


def main(arguments: list[str]) -> int:
    """Write or compare; return 1 when two snapshots differ."""
    if arguments[0] != "--compare":
        Path(arguments[0]).write_text(json.dumps(snapshot(), indent=1, sort_keys=True, default=str), encoding="utf-8")
        return 0
    before, after = (json.loads(Path(name).read_text(encoding="utf-8")) for name in arguments[1:3])
    lines = differences(before, after)
    print("\n".join(lines) or f"{sum(map(len, before.values()))} results in {len(before)} places are equal")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
