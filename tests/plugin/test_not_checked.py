"""A check with nothing to compare with is a skip that says why; never a pass."""

from __future__ import annotations

from .sample import BUNDLE, SIDECAR, Project, assert_clean


def test_it_is_a_skip_with_the_reason(bundle: Project) -> None:
    """No dataset under the root: a link cannot dangle there."""
    result = bundle.check("-rs")
    assert_clean(result)
    assert result.ret == 0
    result.stdout.re_match_lines([r"SKIPPED \[1\] .*: not checked: .*dataset.*"])


def test_the_place_of_the_skip_is_the_artifact(bundle: Project) -> None:
    line = next(line for line in bundle.check("-rs").outlines if line.startswith("SKIPPED"))
    assert f"artifacts/{BUNDLE}" in line
    assert "site-packages" not in line
    assert "plugin/items.py" not in line


def test_results_have_the_reason(bundle: Project) -> None:
    document = bundle.results()
    assert document["counts"]["not_checked"] == 2  # no dataset, and no champion
    skipped = next(result for result in document["results"] if result["status"] == "not_checked")
    assert skipped["check"] == "dataset_link"
    assert "dataset" in skipped["reason"]
    assert skipped["severity"] is None
    assert skipped["findings"] == []


def test_it_does_not_worsen_the_verdict(bundle: Project) -> None:
    assert bundle.results()["artifacts"][0]["verdict"] == "ok"


def test_checks_of_what_cannot_be_read_are_not_checked_and_say_so(project: Project) -> None:
    project.plant(SIDECAR, '{"dataset_name": ')
    result = project.check("-rs", "-v", "artifacts/p2/dataset_metadata.json")
    assert result.ret == 1
    assert f"{SIDECAR}::valid_json FAILED" in result.stdout.str()
    assert f"{SIDECAR}::freshness SKIPPED" in result.stdout.str()
    result.stdout.fnmatch_lines(["SKIPPED * not checked: cannot be read: dataset_metadata.json is cut short: *"])


def test_only_skips_is_not_an_artifact_that_was_judged(bundle: Project) -> None:
    result = bundle.check(f"artifacts/{BUNDLE}::dataset_link")
    result.assert_outcomes(skipped=1)
    assert result.ret == 0
