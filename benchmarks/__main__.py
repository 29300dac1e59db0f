"""``python -m benchmarks [group …] [--runs N] [--rows N]``: print the tables of figures, keep the raw numbers in JSON.

``python -m benchmarks prove`` is another table: :mod:`benchmarks.prove`.
"""

from __future__ import annotations

import argparse
import atexit
import dataclasses
import json
import os
import platform
import sys
import time
from functools import partial
from pathlib import Path

from benchmarks import prove
from benchmarks.earlier import earlier
from benchmarks.figure import FULL, Figure, Size
from benchmarks.figures import GROUPS
from benchmarks.measure import Cost, forget
from benchmarks.ours import remembered
from benchmarks.peers.environments import PEERS, NotInstalled, requirements, versions, versions_of
from benchmarks.places import REPOSITORY

OURS = ("pytest", "pyarrow", "duckdb", "narwhals", "numpy", "scipy", "pydantic", "pandera", "pandas")


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == ["prove"]:
        prove.main(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("group", nargs="*", help=f"all of {', '.join(GROUPS)} by default")
    parser.add_argument("--runs", type=int, default=Size.runs, help="turns of every pair (default: %(default)s)")
    rows = "rows of the large dataset; a tenth of it in serving windows, a thousandth in deployments (default: %(default)s)"
    parser.add_argument("--rows", type=int, default=FULL, help=rows)
    parser.add_argument(
        "--before", type=Path, metavar="DIR", help="an earlier checkout: our own runs, now against then"
    )
    given = parser.parse_args()
    if unknown := set(given.group) - set(GROUPS):
        parser.error(f"no such group: {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")
    if given.rows < 10_000 or given.runs < 1:
        parser.error("at least 10,000 rows and one run")
    atexit.register(forget, remembered())
    started = time.gmtime()
    where, found = machine(), installed()
    figures: list[dict[str, object]] = []
    place = REPOSITORY / "build" / "bench" / f"{time.strftime('%Y%m%d_%H%M%S', started)}.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    print("; ".join(f"{name}: {value}" for name, value in where.items()))
    print_versions(found)
    groups = {"before": partial(earlier, checkout=given.before)} if given.before else GROUPS
    for name in groups if given.before else given.group or GROUPS:
        print(f"\n### {name}\n")
        print("| figure | A: CPU, wall, peak | B: CPU, wall, peak | measured (min-max) | target | met | turns |")
        print("|---|---|---|---|---|---|---|", flush=True)
        for figure in groups[name](Size(given.runs, given.rows)):
            print(line(figure), flush=True)
            figures.append({"group": name, **dataclasses.asdict(figure), "met": figure.met})
            record = {
                "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", started),
                "machine": where,
                "versions": found,
                "runs": given.runs,
                "rows": given.rows,
                "figures": figures,
            }
            place.write_text(json.dumps(record, indent=1))
    print(f"\nraw numbers in {place}")


def line(figure: Figure) -> str:
    """Return a figure as a row of the markdown table."""
    if figure.pair is None:
        return f"| {figure.words} | | | not measured: {figure.why.strip().splitlines()[-1]} | | | |"
    target = f"{figure.relation} {figure.bound:g}" if figure.relation else ""
    met = {True: "yes", False: "**no**", None: ""}[figure.met]
    span = f" ({min(figure.values):.2f}-{max(figure.values):.2f})" if len(figure.values) > 1 else ""
    a, b = cost(figure.pair.a), cost(figure.pair.b)
    measured = f"{figure.says} {figure.value:.2f}{span}"
    return f"| {figure.words} | {a} | {b} | {measured} | {target} | {met} | {len(figure.values)} |"


def cost(one: Cost) -> str:
    """Return a cost for people."""
    return f"{one.cpu:.2f} s, {one.wall:.2f} s, {one.peak:.0f} MiB"


def machine() -> dict[str, str]:
    """Return what the figures were measured on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").is_file() else []
    model = next((text.split(":", 1)[1].strip() for text in lines if text.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return {
        "cores": str(os.cpu_count()),
        "CPU": model,
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "load before": " ".join(f"{load:.1f}" for load in os.getloadavg()),
    }


def installed() -> dict[str, dict[str, str]]:
    """Return the versions of everything in our environment and in those of the peers."""
    found = {"ours": {"python": platform.python_version(), **versions_of(Path(sys.executable))}}
    for peer in PEERS:
        try:
            found[peer] = versions(peer)
        except NotInstalled:
            continue
    return found


def print_versions(found: dict[str, dict[str, str]]) -> None:
    """Print the versions that matter: what we stand on, and what every peer's requirements name."""
    print("ours:", ", ".join(f"{name} {found['ours'][name]}" for name in ("python", *OURS) if name in found["ours"]))
    for peer in PEERS:
        names = [text.split("==")[0].split("[")[0].lower() for text in requirements(peer).read_text().split()]
        there = found.get(peer)
        print(f"{peer}:", ", ".join(f"{n} {there[n]}" for n in names if n in there) if there else "not installed")


if __name__ == "__main__":
    main()
