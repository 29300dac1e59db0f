"""The code blocks of extending.md and of drift.md run, and do what the pages say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.decoder import DecodedRecord
from pytest_mlmonitor.formats.decoders import decoder_for
from tests.docs.blocks import DOCS, on_the_sample, python

CHECKS, FORMATS, DECODERS, KINDS, CONTRACTS, TESTS = python(DOCS / "extending.md")
SUMMARY = {
    "trainer": "octopus",
    "id": "run-7",
    "model": "bikes",
    "scores": {"rmse": 0.31, "mae": 0.22},
    "started_at": "2026-04-26T15:10:00+02:00",
    "completed_at": "2026-04-26T15:20:00+02:00",
}


def judged(pytester: pytest.Pytester, conftest: str, **files: Any) -> pytest.RunResult:
    """Run mlmonitor on JSON files, ``name=content``, with a conftest."""
    artifacts = pytester.mkdir("artifacts")
    for name, content in files.items():
        (artifacts / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    pytester.makeconftest(conftest)
    return pytester.runpytest_subprocess(
        "--mlmonitor=artifacts", "--mlmonitor-now", "2026-04-26T14:00:37Z", "-v", timeout=120
    )


def test_the_checks_contracts_and_tests_run_on_the_sample(pytester: pytest.Pytester) -> None:
    (turns_red,) = python(DOCS / "drift.md")
    pytester.makeconftest(f"{CHECKS}\n\n{CONTRACTS}")
    pytester.makepyfile(test_own=TESTS, test_red=turns_red)
    result = on_the_sample(pytester)
    result.stdout.fnmatch_lines_random(
        [
            "*::retrained_in_time PASSED*",
            "*dataset_metadata.json::python_checks PASSED*",
            "*test_stations_are_larger*PASSED*",
            "*test_moved_features_are_seen*PASSED*",
        ]
    )
    assert result.ret == 0


def test_a_format_of_ones_own_is_judged_like_every_run(pytester: pytest.Pytester) -> None:
    result = judged(pytester, FORMATS, summary=SUMMARY)
    result.stdout.fnmatch_lines(
        [
            "mlmonitor * 1 training run *",
            "artifacts/summary.json::readable PASSED*",
            "artifacts/summary.json::metrics_finite PASSED*",
            "artifacts/summary.json::chronology PASSED*",
            "ok * training_run run-7 *",
        ]
    )
    assert result.ret == 0


def test_a_format_of_ones_own_is_found_wrong_by_the_built_in_checks(pytester: pytest.Pytester) -> None:
    result = judged(pytester, FORMATS, summary=SUMMARY | {"started_at": "2026-04-26T15:30:00+02:00"})
    result.stdout.fnmatch_lines(["artifacts/summary.json::chronology FAILED*", "completed_at * lies * started_at *"])
    assert result.parseoutcomes()["failed"] == 1


def test_a_reader_that_declines_leaves_the_file_to_others(pytester: pytest.Pytester) -> None:
    registry = {"champion": "run-7"}
    conftest = f"{FORMATS}\n\n{KINDS}"
    result = judged(pytester, conftest, summary=SUMMARY | {"trainer": "squid"}, champions=registry)
    result.stdout.fnmatch_lines(
        ["FAILED artifacts/champions.json::has_a_champion - champion run-7: no such run*"],
    )
    result.stdout.no_fnmatch_line("*summary.json::*")
    result.stdout.fnmatch_lines(["1 file unclaimed*"])


def test_a_reader_that_raises_is_a_finding(pytester: pytest.Pytester) -> None:
    result = judged(pytester, FORMATS, summary={"trainer": "octopus"})
    result.stdout.fnmatch_lines(["summary.json cannot be read: KeyError: *started_at*"])
    assert result.ret == 1


def test_a_decoder_of_ones_own_reads_the_files_of_its_suffix(tmp_path: Path) -> None:
    names: dict[str, Any] = {}
    exec(DECODERS, names)  # noqa: S102 (the page's own code)
    (tmp_path / "gateway.pipes.1").write_text("churn|10|1\n")
    decoder = decoder_for("gateway.pipes.1", None, names["pytest_mlmonitor_decoders"](None))
    assert decoder is not None
    (record,) = decoder.records(tmp_path / "gateway.pipes.1")
    assert record == DecodedRecord({"svc": "churn", "n": 10, "errors": 1}, "[1]")


@pytest.mark.parametrize("champion", ["", "run-7"])
def test_a_kind_of_ones_own_asks_for_other_artifacts(champion: str, pytester: pytest.Pytester) -> None:
    result = judged(pytester, f"{FORMATS}\n\n{KINDS}", summary=SUMMARY, champions={"champion": champion})
    if champion:
        result.stdout.fnmatch_lines(["artifacts/champions.json::has_a_champion PASSED*"])
    else:
        result.stdout.fnmatch_lines(["champion is missing: no model is in production*"])
    assert result.ret == (0 if champion else 1)


def test_a_kind_may_have_its_formats_from_hooks(pytester: pytest.Pytester) -> None:
    one = 'Kind("registry", ("champions*.json",), read_registry, facts=registry_facts)'
    assert KINDS.count(one) == 1
    adapter = 'Adapter("registry", "champions", read_registry, ("champions*.json",))'
    hook = f"\n\ndef pytest_mlmonitor_adapters(config):\n    return [{adapter}]\n"
    conftest = "from pytest_mlmonitor import Adapter\n" + KINDS.replace(one, 'Kind("registry")') + hook
    result = judged(pytester, conftest, champions={"champion": ""})
    result.stdout.fnmatch_lines(["FAILED artifacts/champions.json::has_a_champion - champion is missing*"])


def test_the_older_forms_still_work(pytester: pytest.Pytester) -> None:
    """A rule with the policy as its second parameter, and a kind under its older name."""
    older = KINDS.replace("registry, context", "registry, settings").replace("Kind", "ArtifactKind")
    older = older.replace("not context.platform.runs(champion)", 'settings.environment == "local"')
    result = judged(pytester, older, champions={"champion": "run-7"})
    result.stdout.fnmatch_lines(["FAILED artifacts/champions.json::has_a_champion - champion run-7: no such run*"])
