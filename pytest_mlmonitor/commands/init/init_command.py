"""``mlmonitor init DIR``: look, guess, ask, write, run."""

from __future__ import annotations

import os
import sys
import tempfile
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pytest_mlmonitor.commands.init.ci_jobs import CiSystem, job_file, job_text, repository_of
from pytest_mlmonitor.commands.init.first_run import run_project, some_of, summary_lines
from pytest_mlmonitor.commands.init.guesses.guessing import Guesses, guesses_of, write_contracts
from pytest_mlmonitor.commands.init.policy_text import late_training_lines, policy_text, source_lines
from pytest_mlmonitor.commands.init.questions import ask_all
from pytest_mlmonitor.commands.init.shapes.checked_paths import unlike
from pytest_mlmonitor.commands.init.shown_survey import found_lines
from pytest_mlmonitor.commands.roots import BadInput, evaluation_time, refuse_url
from pytest_mlmonitor.core.files.atomic import write_atomically
from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.policy.places import PolicyError, policy_file
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import count


class Ci(StrEnum):
    """The systems that a job can be written for."""

    GITHUB = "github"
    GITLAB = "gitlab"
    AZURE = "azure"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("init")(init)


def init(
    directory: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="where tables, runs and logs lie; nothing in it is changed")
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="PROJECT", help="the directory of the project; default: where you are")
    ] = Path(),
    ci: Annotated[Ci | None, typer.Option("--ci", help="also write the job that runs it")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="ask nothing: what only you know stays a comment")] = False,
    now: Annotated[
        str | None, typer.Option("--now", metavar="ISO", help="evaluate at this time instead of now")
    ] = None,
) -> None:
    """Look at DIR and write a first project that judges it: policy, contracts, on request the CI job; then run it once.

    Nothing is overwritten, and nothing is written into DIR.
    """
    project = Path(out).absolute()
    if directory is None:
        if ci is None:
            raise BadInput(
                "name the directory to look at: mlmonitor init DIR (or --ci alone, for a project that is written)"
            )
        _write_job(project, ci.value)
        return
    root = _root(directory)
    _refuse_inside(root, project, directory)
    policy = _policy_path(project)
    guesses = guesses_of(root, evaluation_time(now))
    for line in found_lines(guesses, directory):
        typer.echo(line)
    if guesses.is_empty:
        raise BadInput(f"{directory}: holds nothing that can be judged yet: nothing is written")
    asked = not yes and sys.stdin.isatty()
    if asked:
        ask_all(
            guesses.drafts,
            lambda question: typer.prompt(question, default="", prompt_suffix="", show_default=False).strip(),
        )
    write_contracts(guesses)
    contracts = _contract_paths(project, guesses)
    written = [policy.name, *(f"contracts/{path.name}" for path in contracts.values())]
    if asked and not _agreed(written):
        typer.echo("nothing is written")
        return
    text = _checked_policy(guesses, root, project, policy)
    contracts = {family: path for family, path in contracts.items() if family in guesses.contracts}
    _write(policy, text, contracts, guesses)
    _say_written(policy, project, contracts, guesses)
    place = os.path.relpath(root, project.resolve())
    paths = some_of(guesses.drafts, place)
    run = run_project(project, paths, policy.name, now)
    if run.trained_late:
        late = late_training_lines(len(run.trained_late), "" if policy.name == "mlmonitor.toml" else "tool.mlmonitor")
        _write(policy, f"{text}\n{late}", {}, guesses)
        for line in late.splitlines():
            typer.echo(f"      {line}")
        run = run_project(project, paths, policy.name, now)
    called = f"mlmonitor run {safe(place)}{'' if policy.name == 'mlmonitor.toml' else f' -c {policy.name}'}"
    if project != Path.cwd():
        called = f"cd {_shown(project)} && {called}"
    if paths != [place]:
        typer.echo(
            f"there is a lot: the first run judges the newest version of {count(len(paths), 'dataset')}, without drift"
        )
    for line in summary_lines(run, called):
        typer.echo(line)
    if ci is not None:
        _write_job(project, ci.value, policy.name)
    elsewhere = "" if project == Path.cwd() else f" --out {_shown(project)}"
    job = "" if ci is not None else f" · mlmonitor init --ci github{elsewhere}"
    typer.echo(f"next: mlmonitor describe {safe(str(directory))}{job}")


def _root(directory: Path) -> Path:
    refuse_url(directory)
    if not directory.exists():
        raise BadInput(f"{directory}: does not exist")
    if not directory.is_dir():
        raise BadInput(f"{directory}: is a file; name the directory that it lies in")
    return directory.resolve()


def _refuse_inside(root: Path, project: Path, directory: Path) -> None:
    """Refuse a project in what it judges: whoever writes there could change what holds (specification 4)."""
    if project.resolve().is_relative_to(root):
        beside = Path(os.path.relpath(root.parent, Path.cwd())) / f"{root.name or 'data'}-monitor"
        raise BadInput(
            f"{directory}: the project would lie in what it judges, where whoever writes artifacts could change the policy; "
            f"name the directory of the data alone (as in mlmonitor init data), or write the project elsewhere: "
            f"mlmonitor init {directory} --out {beside}"
        )


def _policy_path(project: Path) -> Path:
    """Return where the policy goes: beside one that is there already, under another name.

    Raises:
        BadInput: that is there as well.
    """
    try:
        taken = policy_file(project)
    except PolicyError:
        taken = project / "mlmonitor.toml"
    own = project / "mlmonitor.toml"
    if taken is None and not os.path.lexists(own):
        return own
    new = project / "mlmonitor.new.toml"
    if os.path.lexists(new):
        raise BadInput(f"{new}: exists already, as {taken or own} does; nothing is overwritten: move one of them away")
    return new


def _contract_paths(project: Path, guesses: Guesses) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for family in guesses.contracts:
        stem = guesses.file_name(family)
        path = project / "contracts" / f"{stem}.odcs.yaml"
        if os.path.lexists(path):
            path = path.with_name(f"{stem}.new.odcs.yaml.txt")
        found[family] = path
    return found


def _policy(guesses: Guesses, root: Path, project: Path, policy: Path) -> str:
    table = "" if policy.name == "mlmonitor.toml" else "tool.mlmonitor"
    roots = [os.path.relpath(root, project.resolve())]
    today = datetime.now(UTC).date()
    return policy_text(guesses, roots, today, table)


def _checked_policy(guesses: Guesses, root: Path, project: Path, policy: Path) -> str:
    """Return the text of a policy that can be read, and whose sources take what was shown of them; others are left out."""
    while True:
        text = _policy(guesses, root, project, policy)
        with tempfile.TemporaryDirectory(prefix="mlmonitor-init-") as directory:
            file = Path(directory) / policy.name
            file.write_text(text, encoding="utf-8")
            wrong = unlike(guesses.drafts, load(file), root, guesses.survey.platform.kinds)
        if not wrong:
            return text
        for draft in wrong:
            if not guesses.take_apart(draft):
                typer.echo(f"  left out: {safe(draft.path)} would take other files than those above")


def _write(policy: Path, text: str, contracts: dict[str, Path], guesses: Guesses) -> None:
    try:
        for family, path in contracts.items():
            write_atomically(path, guesses.contracts[family].encode("utf-8"))
        write_atomically(policy, text.encode("utf-8"))
    except OSError as error:
        raise BadInput(f"{error.filename or policy.parent}: cannot be written ({error.strerror})") from None


def _agreed(written: list[str]) -> bool:
    shown = ", ".join(written[:4]) + (f" and {len(written) - 4} more" if len(written) > 4 else "")
    answer = typer.prompt(f"Write {safe(shown)}? [Y/n]: ", default="", prompt_suffix="", show_default=False)
    return str(answer).strip().lower() in ("", "y", "yes")


def _say_written(policy: Path, project: Path, contracts: dict[str, Path], guesses: Guesses) -> None:
    if policy.name != "mlmonitor.toml":
        typer.echo(f"  there is a policy in {_shown(project)}: written to {policy.name}, which `-c {policy.name}` uses")
    typer.echo(f"  {_shown(policy)}")
    for draft in guesses.drafts:
        typer.echo(f"      [source.{draft.name}]")
        for line in source_lines(draft):
            typer.echo(f"      {line}")
        for family, said in draft.overrides.items():
            typer.echo(f"      {safe(family)}: {safe(', '.join(f'{key} = {value}' for key, value in said.items()))}")
    for path in contracts.values():
        aside = "" if path.name.endswith(".yaml") else "  there is one already: compare, it is not in force"
        typer.echo(f"  {_shown(path)}{aside}")


def _write_job(project: Path, system: CiSystem, policy: str | None = None) -> None:
    """Write the job of a CI system.

    Raises:
        BadInput: there is no project, or the file cannot be written.
    """
    if policy is None:
        found = policy_file(project)
        if found is None:
            raise BadInput(f"{project}: has no policy yet: mlmonitor init DIR writes one")
        policy = found.name
    repository = repository_of(project.resolve())
    below = os.path.relpath(project.resolve(), repository)
    path = job_file(system, repository)
    if os.path.lexists(path):
        raise BadInput(f"{path}: exists already; nothing is overwritten: move it away")
    try:
        write_atomically(path, job_text(system, "" if below == "." else below, policy).encode("utf-8"))
    except OSError as error:
        raise BadInput(f"{path}: cannot be written ({error.strerror})") from None
    typer.echo(f"  {_shown(path)}")


def _shown(path: Path) -> str:
    near = os.path.relpath(path, Path.cwd())
    return safe(near if not near.startswith("../..") else str(path))
