"""``make live``: the platform, healthy and then with each fault in turn, under Prometheus, Alertmanager and the suite."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from platform_demo.bike_platform import BikePlatform
from platform_demo.faults import WHAT
from platform_live.answering import HttpService
from platform_live.inbox import receiving
from platform_live.servers import NEEDED, NotSeen, Programs, missing_programs
from platform_live.show import Show
from platform_live.table import as_text, write
from platform_live.watching import Watch

BEHIND = timedelta(hours=30)
"""By so much, at least, the platform's clock lies behind ours, so that no hour of the show lies in the future."""


def main() -> int:
    """Show it all, and return 0 where everything was as expected."""
    parser = argparse.ArgumentParser(prog="python -m platform_live", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/live"), help="directory of table, reports and logs")
    parser.add_argument(
        "--faults", nargs="*", default=list(WHAT), choices=list(WHAT), help="which ones; all without it"
    )
    asked = parser.parse_args()
    missing = missing_programs()
    if missing:
        print(f"not installed: {', '.join(missing)}. On Debian: apt install {' '.join(NEEDED)}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    out = asked.out.resolve()
    for name in ("project", "servers", "logs", "reports"):
        shutil.rmtree(out / name, ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    programs = Programs(out / "logs")
    try:
        return _show(programs, out, asked.faults)
    except NotSeen as error:
        print(f"\nFAILED: {error}\nlogs of the servers: {out / 'logs'}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130
    finally:
        programs.end()


def _show(programs: Programs, out: Path, faults: list[str]) -> int:
    began = time.monotonic()
    midnight = (datetime.now(UTC) - BEHIND).replace(hour=0, minute=0, second=0, microsecond=0)
    print(f"two days of history of the bike platform until {midnight:%d %b %H:%M} UTC …", flush=True)
    project = out / "project"
    platform = BikePlatform.start(project, midnight)
    platform.use(partial(HttpService, programs, project))
    with receiving() as inbox:
        watch = Watch(programs, project, inbox.url, out / "servers")
        show = Show(platform, watch, inbox, out / "reports")
        show.healthy()
        lines = []
        for name in faults:
            lines.append(show.fault(name))
            write(lines, out)
    print(f"\n{as_text(lines)}\n\n{len(lines)} faults noticed, told and over in {time.monotonic() - began:.0f} s")
    print(f"table: {out / 'table.md'} · reports: {out / 'reports'} · logs: {out / 'logs'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
