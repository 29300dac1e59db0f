"""``mlmonitor prove``: mutants of what lies under the roots, and whether anybody would notice them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from pytest_mlmonitor.commands.roots import BadInput, evaluation_time, existing, policy_around, refuse_url
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.selectors import Selector
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.durations import parse_duration
from pytest_mlmonitor.core.text.names import safe, shown
from pytest_mlmonitor.core.text.words import instant

if TYPE_CHECKING:
    from pytest_mlmonitor.prove.proof import Proof

HOLDS_NOT = 1
USAGE = 2
COULD_NOT = 3


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("prove")(prove)


def prove(
    roots: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[ROOT]...", help="directories of artifacts (default: those of the policy)"),
    ] = None,
    artifact: Annotated[
        list[str] | None,
        typer.Option("--artifact", metavar="KIND:NAME", help="only of these: [KIND:]NAME[@VERSION], globs; repeatable"),
    ] = None,
    budget: Annotated[
        str, typer.Option("--budget", metavar="TIME", help="no mutant is begun after it: 60s, 5m, 1h")
    ] = "60s",
    minimum: Annotated[
        float | None, typer.Option("--min", metavar="SCORE", help="exit 1 where the score is below it, 0 to 1")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="write proof.json and proof-junit.xml into DIR"),
    ] = None,
    now: Annotated[str | None, typer.Option("--now", metavar="ISO", help="judge as of this time")] = None,
    write: Annotated[
        bool, typer.Option("--write", help="write contracts with the proposed lines beside DIR; no file is replaced")
    ] = False,
) -> None:
    """Ask whether your suite would notice: break a copy of the data in every known way, one fault at a time, and judge it.

    Exits 0 where the score holds, 1 where it is below --min, 2 where it was called wrongly, 3 where nothing could be proven.
    """
    try:
        seconds = _budget(budget)
        least = _share(minimum)
        wanted = [_selector(text) for text in artifact or ()]
        when = evaluation_time(now) if now is not None else None
        places, settings, policy = _roots(roots or ())
    except (BadInput, PolicyError) as error:
        _fail(str(error), USAGE)
    # What was narrowed speaks for itself only: it takes nobody's last proof away.
    directory = out if out is not None else settings.out if not wanted and not roots else None
    beside = (directory.absolute().parent if directory is not None else Path.cwd()) if write else None
    for one in (directory, beside):
        if one is not None and any(one.resolve().is_relative_to(place) for place in places):
            _fail(
                f"{shown(one)} lies inside an artifact root, which is never written to: --out DIR names a place", USAGE
            )
    _prove(places, settings, policy, when, seconds, wanted, least, directory, beside)


def _prove(
    places: Sequence[Path],
    settings: Settings,
    policy: Path | None,
    when: datetime | None,
    seconds: float,
    wanted: Sequence[Selector],
    least: float | None,
    directory: Path | None,
    beside: Path | None,
) -> None:
    from pytest_mlmonitor.prove.proving import prove as proven
    from pytest_mlmonitor.prove.told.proof_document import proof_document, write_proof
    from pytest_mlmonitor.prove.told.proof_junit import write_junit
    from pytest_mlmonitor.prove.told.proof_lines import proof_lines, shown_score

    progress = _progress()
    try:
        proof = proven(places, settings, when, budget=seconds, wanted=wanted, progress=progress)
    finally:
        if progress is not None:
            progress.clear()
    for line in proof_lines(proof):
        typer.echo(line)
    status = 0
    if directory is not None:
        about = {
            "written_at": instant(datetime.now(UTC)),
            "policy": shown(policy) if policy is not None else None,
            "roots": [shown(place) for place in places],
            "artifacts": [one.text for one in wanted],
            "budget_seconds": seconds,
            "min": least,
        }
        try:
            written = [write_proof(directory, proof_document(proof, about)), write_junit(directory, proof)]
            typer.echo(f"\nwritten: {', '.join(map(shown, written))}")
        except OSError as error:
            _say(f"{shown(directory)}: cannot be written: {error.strerror or error}")
            status = COULD_NOT
    if beside is not None:
        status = max(status, _written(proof, beside))
    if not proof.results:
        _say(
            f"nothing to prove under {', '.join(map(shown, places))}: no artifact there that a mutant could be made of"
        )
        status = COULD_NOT
    elif proof.score is None and least is not None:
        _say(f"no mutant was judged, so that --min {least:g} cannot be asked: --budget gives it more time")
        status = COULD_NOT
    elif least is not None and proof.score is not None and proof.score < least and status == 0:
        _say(f"the score {shown_score(proof.score)} is below --min {least:g}")
        status = HOLDS_NOT
    raise typer.Exit(status)


def _written(proof: Proof, directory: Path) -> int:
    """Write what was proposed, and return the status."""
    from pytest_mlmonitor.prove.proposals.written_proposals import write_proposals
    from pytest_mlmonitor.tables.odcs.written.contract_text import CannotAmend

    try:
        told = write_proposals((one for result in proof.results for one in result.proposals), directory)
    except (OSError, CannotAmend) as error:
        _say(f"{shown(directory)}: the proposals cannot be written: {error}")
        return COULD_NOT
    typer.echo("")
    for line in told or ["nothing is proposed, so nothing is written"]:
        typer.echo(safe(line))
    return 0


def _roots(given: Sequence[Path]) -> tuple[list[Path], Settings, Path | None]:
    """Return the roots, the policy around the current directory, and where it is written.

    Raises:
        BadInput: a root is no directory.
        PolicyError: nothing says what to prove, or the policy cannot be used, or lies inside a root.
    """
    for path in given:
        refuse_url(path, "")
    places = [existing(path) for path in given]
    settings, policy = policy_around(places)
    if not given:
        declared = [Path(one) for one in settings.artifacts or ()]
        if not declared:
            raise PolicyError(
                "nothing to prove: name a directory, mlmonitor prove DIR, "
                'or declare it: artifacts = ["DIR"] in [tool.mlmonitor] of pyproject.toml'
            )
        for path in declared:
            refuse_url(path, "")
        places = [existing(path) for path in declared]
    for place in places:
        if not place.is_dir():
            raise BadInput(
                f"{shown(place)}: is a file; name the directory that holds it, and --artifact for what is in it"
            )
    unique = sorted(set(places))
    return (
        [one for one in unique if not any(one != other and one.is_relative_to(other) for other in unique)],
        settings,
        policy,
    )


def _budget(text: str) -> float:
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise PolicyError(f"--budget {text!r}: {error}") from None
    if seconds <= 0:
        raise PolicyError(f"--budget {text!r}: expected more than 0")
    return seconds


def _share(value: float | None) -> float | None:
    if value is not None and not 0 <= value <= 1:
        raise PolicyError(f"--min {value:g}: expected a score from 0 to 1")
    return value


def _selector(text: str) -> Selector:
    try:
        return Selector.parse(text)
    except ValueError as error:
        raise PolicyError(f"--artifact {text!r}: {error}") from None


class _Line:
    """Says how far a proof is on one line of a terminal that goes again."""

    def __call__(self, done: int, of: int) -> None:
        said = f"{done:,} of {of:,} mutants" if done < of else "looking for lines that would notice what nobody noticed"
        sys.stderr.write(f"\r\x1b[K{said}\r")
        sys.stderr.flush()

    def clear(self) -> None:
        """Leave the line empty, also where the budget or a person ended the proof."""
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def _progress() -> _Line | None:
    with suppress(OSError, ValueError):
        return _Line() if sys.stderr.isatty() else None
    return None


def _say(message: str) -> None:
    typer.echo(f"mlmonitor: {safe(message)}", err=True)


def _fail(message: str, status: int) -> NoReturn:
    _say(message)
    raise typer.Exit(status)
