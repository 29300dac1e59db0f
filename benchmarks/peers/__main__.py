"""``python -m benchmarks.peers install [peer …]``: make the environments. ``… verify``: what each peer notices."""

from __future__ import annotations

import argparse

from benchmarks.peers.environments import PEERS, NotInstalled, install, python


def main() -> None:
    """Install or verify."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("action", choices=("install", "verify"))
    parser.add_argument("peer", nargs="*", help=f"all of {', '.join(PEERS)} by default")
    parser.add_argument("--again", action="store_true", help="also those that are installed")
    given = parser.parse_args()
    if unknown := set(given.peer) - set(PEERS):
        parser.error(f"no such peer: {', '.join(sorted(unknown))}")
    chosen = given.peer or PEERS
    if given.action == "verify":
        from benchmarks.peers.verify import print_table

        print_table(chosen)
        return
    for peer in chosen:
        try:
            if not given.again:
                python(peer)
                print(f"{peer}: already installed")
                continue
        except NotInstalled:
            pass
        print(f"{peer}: installed in {install(peer):.0f} s", flush=True)


if __name__ == "__main__":
    main()
