"""The platform by hand: ``python -m platform_demo start bikes``, then ``fault``, ``repair``, ``hour``, ``now``, ``serve``."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from platform_demo.bike_platform import BikePlatform
from platform_demo.faults import WHAT
from platform_demo.places import text_of
from platform_demo.serving import NoModel


def main(words: list[str] | None = None) -> int:
    """Do what the words say, and return the exit status."""
    asked = _parser().parse_args(words)
    project = Path(asked.project)
    if asked.command == "faults":
        print("\n".join(f"{name:<15} {what}" for name, what in WHAT.items()))
        return 0
    if asked.command == "start":
        if project.exists() and any(project.iterdir()):
            print(f"{project}: is not empty; name a directory that is not there yet", file=sys.stderr)
            return 2
        at = datetime.fromisoformat(asked.at) if asked.at else datetime.now(UTC)
        _shown(BikePlatform.start(project, at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)))
        return 0
    if not (project / "platform_state.json").exists():
        print(f"{project}: holds no platform; make one: python -m platform_demo start {project}", file=sys.stderr)
        return 2
    return _go_on(BikePlatform(project), asked)


def _go_on(platform: BikePlatform, asked: argparse.Namespace) -> int:
    if asked.command == "serve":
        return _serve(platform, asked)
    if asked.command == "fault":
        print(f"{asked.name}: {WHAT[asked.name]}")
        platform.pass_hour(asked.name)
    elif asked.command == "repair":
        platform.repair()
    elif asked.command == "hour":
        platform.pass_hour()
    _shown(platform)
    return 0


def _serve(platform: BikePlatform, asked: argparse.Namespace) -> int:
    import uvicorn

    from platform_demo.http_service import application

    try:
        app = application(platform.places.project, asked.at or text_of(platform.now), asked.reason)
    except NoModel as error:
        print(error, file=sys.stderr)
        return 1
    uvicorn.run(app, host="127.0.0.1", port=asked.port, log_level="warning", timeout_keep_alive=300)
    return 0


def _shown(platform: BikePlatform) -> None:
    project = platform.places.project
    print(f"{project}: {platform.hour} hours of history, now {text_of(platform.now)}")
    print(f"look at it: cd {project} && mlmonitor run --mlmonitor-now {text_of(platform.looked_at)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m platform_demo", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    told = {
        "start": "make a project with two days of history",
        "hour": "let an hour pass",
        "fault": "let an hour pass in which something goes wrong",
        "repair": "take it back, and let an hour pass",
        "now": "say what time it is there",
        "serve": "answer requests over HTTP",
        "faults": "list what can go wrong",
    }
    for name, what in told.items():
        command = commands.add_parser(name, help=what)
        if name == "fault":
            command.add_argument("name", choices=list(WHAT))
        if name == "start":
            command.add_argument("--at", help="ISO-8601 time at which the history ends; now without it")
        if name == "serve":
            command.add_argument("--port", type=int, default=8000)
            command.add_argument("--at", help="ISO-8601 time at which it starts; the platform's own without it")
            command.add_argument("--reason", default="startup", help="why it starts, for its event")
        command.add_argument("project", nargs="?", default="bikes", help="its directory (bikes)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
