"""Commit and branch of a project, against git itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.outputs.run_details.git_checkout import GitCheckout, commit_page, git_checkout

COMMIT = "4f2c91e0" * 5


def git(place: Path, *words: str) -> str:
    """Run git, without what the machine configures."""
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for who in ("AUTHOR", "COMMITTER"):
        environ |= {f"GIT_{who}_NAME": "a", f"GIT_{who}_EMAIL": "a@example.com"}
    done = subprocess.run(["git", *words], cwd=place, env=environ, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    place = tmp_path / "project"
    place.mkdir()
    git(place, "init", "-q", "-b", "main")
    git(place, "commit", "-q", "--allow-empty", "-m", "first")
    return place


def head(place: Path) -> str:
    return git(place, "rev-parse", "HEAD")


def test_a_branch_and_its_commit_are_known_from_any_directory_below(repository: Path) -> None:
    inside = repository / "a" / "b"
    inside.mkdir(parents=True)
    assert git_checkout(inside) == GitCheckout(head(repository), "main")
    git(repository, "checkout", "-q", "-b", "feature/né w".replace(" ", ""))
    git(repository, "commit", "-q", "--allow-empty", "-m", "second")
    assert git_checkout(repository) == GitCheckout(head(repository), "feature/néw")


def test_packed_references_are_read(repository: Path) -> None:
    git(repository, "branch", "main-2")
    git(repository, "commit", "-q", "--allow-empty", "-m", "second")
    git(repository, "pack-refs", "--all")
    assert not (repository / ".git" / "refs" / "heads" / "main").exists()
    assert git_checkout(repository) == GitCheckout(head(repository), "main")


def test_a_commit_without_a_branch(repository: Path) -> None:
    git(repository, "checkout", "-q", "--detach")
    assert git_checkout(repository) == GitCheckout(head(repository), None)


def test_a_worktree_is_at_a_commit_of_its_own(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "-q", "-b", "other", str(tmp_path / "other"))
    git(tmp_path / "other", "commit", "-q", "--allow-empty", "-m", "second")
    git(repository, "remote", "add", "origin", "git@github.com:acme/bikes.git")
    found = git_checkout(tmp_path / "other")
    assert found == GitCheckout(head(tmp_path / "other"), "other", "git@github.com:acme/bikes.git")
    assert found.commit_page == f"https://github.com/acme/bikes/commit/{head(tmp_path / 'other')}"
    assert git_checkout(repository).commit == head(repository) != found.commit  # type: ignore[union-attr]


def test_before_the_first_commit_there_is_a_branch(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "trunk")
    assert git_checkout(tmp_path) == GitCheckout(None, "trunk")


def test_outside_a_repository_nobody_knows(tmp_path: Path) -> None:
    assert git_checkout(tmp_path) is None


@pytest.mark.parametrize(
    "said",
    [
        "",
        "ref: ../../../etc/passwd",
        "ref: refs/../../secret",
        "ref: refs/heads/.invalid",
        "x" * 100_000,
        "4f2c",
        "\udcff",
    ],
)
def test_a_head_that_is_none_tells_no_commit(repository: Path, said: str) -> None:
    (repository / "secret").write_text(f"{COMMIT}\n")
    (repository / ".git" / "HEAD").write_text(said, errors="surrogateescape")
    found = git_checkout(repository)
    assert found is None or (found.commit is None and found.branch is None)


def test_references_that_lead_in_a_circle_end(repository: Path) -> None:
    (repository / ".git" / "refs" / "heads" / "main").write_text("ref: refs/heads/main\n")
    assert git_checkout(repository) == GitCheckout(None, "main")


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(repository: Path) -> None:
    (repository / ".git" / "HEAD").unlink()
    os.mkfifo(repository / ".git" / "HEAD")
    assert git_checkout(repository) is None


@pytest.mark.parametrize(
    ("remote", "page"),
    [
        ("git@github.com:acme/bikes.git", f"https://github.com/acme/bikes/commit/{COMMIT}"),
        ("https://github.com/acme/bikes", f"https://github.com/acme/bikes/commit/{COMMIT}"),
        ("https://x-token:ghp_secret@github.com/acme/bikes.git/", f"https://github.com/acme/bikes/commit/{COMMIT}"),
        ("ssh://git@gitlab.example:2222/a/b/c.git", f"https://gitlab.example/a/b/c/-/commit/{COMMIT}"),
        ("https://gitlab.example:8443/a/b.git", f"https://gitlab.example:8443/a/b/-/commit/{COMMIT}"),
        ("git@bitbucket.org:acme/bikes.git", f"https://bitbucket.org/acme/bikes/commits/{COMMIT}"),
        ("/srv/git/bikes.git", None),
        ("../github.com/bikes", None),
        ("https://git.example/acme/bikes.git", None),
        ("javascript://github.com/acme/bikes", None),
        ("https://github.com/acme/../../x y", None),
        ("https://github.com/acme/<script>", None),
        ("https://[github.com/a/b", None),
        ("", None),
    ],
)
def test_where_a_commit_is_seen(remote: str, page: str | None) -> None:
    assert commit_page(remote, COMMIT) == page


@given(st.text(max_size=60) | st.builds("https://{}github.com{}".format, st.text(max_size=20), st.text(max_size=20)))
def test_a_page_is_of_the_web_whatever_a_configuration_says(remote: str) -> None:
    found = commit_page(remote, COMMIT)
    assert found is None or (found.startswith("https://") and "@" not in found and found.isprintable())
