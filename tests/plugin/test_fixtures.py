"""A person's own test takes an artifact as a fixture and runs once for each that was found."""

from __future__ import annotations

import pytest

from .sample import BUNDLE, DATASET, DEPLOYMENT_ID, EVENTS, REPORT, RUN_ID, SERVING, Project, ids_of, read_json

ALL = """
def test_dataset(dataset):
    assert dataset.dataset_name == "training_dataset_20260426_130148"
    assert dataset.row_count == 1076

def test_training_run(training_run):
    assert training_run.metrics["rmse"] > 0

def test_deployment(deployment):
    assert len(deployment.windows) == 12
    assert deployment.windows[0].request_count > 0
    assert [event.traffic_status for event in deployment.events] == ["serving"]

def test_training_report(training_report):
    assert training_report.document["seed"] is not None

def test_platform(platform, dataset):
    assert platform.dataset(dataset.dataset_name, dataset.dataset_version) is dataset
    assert f"{platform.now:%Y-%m-%d %H:%M}" == "2026-04-26 14:00"
"""


@pytest.fixture
def declared(project: Project) -> Project:
    project.policy('artifacts = ["artifacts"]', pytest_table="strict = true")
    return project


def test_every_kind_has_a_fixture(declared: Project) -> None:
    declared.write("test_mine.py", ALL)
    result = declared.run("test_mine.py")
    assert result.ret == 0, result.stdout.str()
    result.assert_outcomes(passed=6)


def test_predictions_have_one(declared: Project) -> None:
    row = '{"request_id": "r1", "predicted_class": 1, "confidence": 0.9, "model_version": "v1"}\n'
    declared.plant("p2/predictions.jsonl", row)
    declared.write("test_mine.py", "def test_mine(predictions): assert predictions.log\n")
    declared.run("test_mine.py").assert_outcomes(passed=1)


def test_parameters_have_the_names_of_artifacts(declared: Project) -> None:
    declared.write("test_mine.py", ALL)
    assert set(ids_of(declared.run("test_mine.py", "--co", "-q"))) == {
        f"test_mine.py::test_dataset[{DATASET}]",
        f"test_mine.py::test_training_run[{RUN_ID}=p2%2Ftraining_metadata.json]",
        f"test_mine.py::test_training_run[{RUN_ID}=p4%2Fartifacts%2F{RUN_ID}%2Fmetadata.json]",
        f"test_mine.py::test_deployment[{DEPLOYMENT_ID}]",
        "test_mine.py::test_training_report[metrics_20260426_131236]",
        f"test_mine.py::test_platform[{DATASET}]",
    }


def test_parametrized_ids_can_be_pasted_back(declared: Project) -> None:
    declared.write("test_mine.py", ALL)
    for nodeid in ids_of(declared.run("test_mine.py", "--co", "-q")):
        assert ids_of(declared.run(nodeid, "--co", "-q")) == [nodeid]


@pytest.mark.parametrize("name", ["dep::one", "dep[1]", "dep one\n", "é\x1b[31m", "a" * 200])
def test_odd_names_have_ids_that_can_be_pasted(declared: Project, name: str) -> None:
    declared.edit_lines(SERVING, deployment_id=name)
    declared.write("test_mine.py", "def test_mine(deployment): pass\n")
    found = ids_of(declared.run("test_mine.py", "--co", "-q"))
    assert len(found) == 1
    declared.run(found[0]).assert_outcomes(passed=1)


def test_the_mark_narrows_by_name(declared: Project) -> None:
    for path in [*sorted(declared.root.glob(f"{SERVING}/metrics/*/*/*.jsonl")), declared.root / EVENTS]:
        text = path.read_text()
        path.write_text(text + text.replace(DEPLOYMENT_ID, "canary-1"))
    declared.write(
        "test_mine.py",
        "import pytest\n\n"
        "@pytest.mark.artifact('canary*')\ndef test_one(deployment): pass\n\n"
        "@pytest.mark.artifact('canary*', 'dep-*')\ndef test_two(deployment): pass\n\n"
        "@pytest.mark.artifact('nothing*')\ndef test_none(deployment): pass\n",
    )
    assert ids_of(declared.run("test_mine.py", "--co", "-q"))[:3] == [
        "test_mine.py::test_one[canary-1]",
        "test_mine.py::test_two[canary-1]",
        f"test_mine.py::test_two[{DEPLOYMENT_ID}]",
    ]


def test_nothing_found_is_a_skip(declared: Project) -> None:
    declared.write("test_mine.py", "def test_mine(predictions): raise AssertionError\n")
    declared.run("test_mine.py").assert_outcomes(skipped=1)


def test_a_fixture_of_ones_own_wins(declared: Project) -> None:
    declared.write("conftest.py", "import pytest\n\n@pytest.fixture\ndef dataset():\n    return 'mine'\n")
    declared.write("test_mine.py", "def test_mine(dataset): assert dataset == 'mine'\n")
    assert ids_of(declared.run("test_mine.py", "--co", "-q")) == ["test_mine.py::test_mine"]
    declared.run("test_mine.py").assert_outcomes(passed=1)


def test_a_fixture_of_ones_own_in_the_module_wins(declared: Project) -> None:
    declared.write(
        "test_mine.py",
        "import pytest\n\n@pytest.fixture(params=[1, 2])\ndef deployment(request):\n    return request.param\n\n"
        "def test_mine(deployment): assert deployment in (1, 2)\n\ndef test_other(training_report): pass\n",
    )
    declared.run("test_mine.py").assert_outcomes(passed=3)


def test_ones_own_parametrization_wins(declared: Project) -> None:
    declared.write(
        "test_mine.py",
        "import pytest\n\n@pytest.mark.parametrize('dataset', [1, 2])\ndef test_mine(dataset): assert dataset in (1, 2)\n",
    )
    declared.run("test_mine.py").assert_outcomes(passed=2)


def test_a_fixture_of_ones_own_can_build_on_ours(declared: Project) -> None:
    declared.write(
        "conftest.py",
        "import pytest\n\n@pytest.fixture\ndef first_window(deployment):\n    return deployment.windows[0]\n",
    )
    declared.write("test_mine.py", "def test_mine(first_window): assert first_window.success_count == 58\n")
    declared.run("test_mine.py").assert_outcomes(passed=1)


def test_two_fixtures_are_a_product(declared: Project) -> None:
    declared.write("test_mine.py", "def test_mine(dataset, training_run): pass\n")
    declared.run("test_mine.py").assert_outcomes(passed=2)


def test_a_broken_artifact_is_still_a_parameter(bundle: Project) -> None:
    bundle.policy('artifacts = ["artifacts"]')
    bundle.plant(BUNDLE, "{")
    bundle.write("test_mine.py", "def test_mine(training_run): assert training_run.run_id is None\n")
    bundle.run("test_mine.py").assert_outcomes(passed=1)


def test_a_plain_assertion_is_in_the_results(declared: Project) -> None:
    declared.write("test_mine.py", "def test_big(dataset):\n    assert dataset.row_count > 5000, 'too small'\n")
    result = declared.run("test_mine.py", "--mlmonitor-out", "out")
    result.assert_outcomes(failed=1)
    document = read_json(declared.path / "out" / "results.json")
    assert [artifact["verdict"] for artifact in document["artifacts"]] == ["failed"]
    found = document["results"][0]
    assert found["nodeid"] == f"test_mine.py::test_big[{DATASET}]"
    assert (found["artifact"], found["kind"], found["check"]) == (DATASET, "dataset", "test_big")
    assert (found["status"], found["severity"]) == ("fail", "error")
    assert found["findings"][0]["message"].startswith("too small")
    assert found["findings"][0]["location"].startswith("test_mine.py:")


def test_a_pass_and_a_skip_are_in_the_results(declared: Project) -> None:
    declared.write(
        "test_mine.py",
        "import pytest\n\ndef test_pass(dataset): pass\n\ndef test_skip(dataset): pytest.skip('not today')\n",
    )
    declared.run("test_mine.py", "--mlmonitor-out", "out")
    found = {r["check"]: r for r in read_json(declared.path / "out" / "results.json")["results"]}
    assert found["test_pass"]["status"] == "pass"
    assert found["test_skip"]["status"] == "not_checked"
    assert "not today" in found["test_skip"]["reason"]


def test_a_crash_is_an_error_in_the_results(declared: Project) -> None:
    declared.write("test_mine.py", "def test_mine(dataset): dataset.no_such_field\n")
    declared.run("test_mine.py", "--mlmonitor-out", "out")
    found = read_json(declared.path / "out" / "results.json")["results"][0]
    assert found["status"] == "error"
    assert "AttributeError" in found["reason"]


def test_a_failing_setup_is_in_the_results(declared: Project) -> None:
    declared.write(
        "test_mine.py",
        "import pytest\n\n@pytest.fixture\ndef broken(dataset): raise RuntimeError('no database')\n\n"
        "def test_mine(dataset, broken): pass\n",
    )
    result = declared.run("test_mine.py", "--mlmonitor-out", "out")
    result.assert_outcomes(errors=1)
    found = read_json(declared.path / "out" / "results.json")["results"]
    assert [r["status"] for r in found] == ["error"]
    assert "no database" in found[0]["reason"]


def test_tests_that_take_no_artifact_are_not_in_the_results(declared: Project) -> None:
    declared.write("test_mine.py", "def test_mine(): pass\n")
    declared.run("test_mine.py", "--mlmonitor-out", "out")
    assert read_json(declared.path / "out" / "results.json")["results"] == []


def test_xfail_is_no_failed_artifact(declared: Project) -> None:
    declared.write(
        "test_mine.py", "import pytest\n\n@pytest.mark.xfail\ndef test_mine(dataset): assert dataset.row_count > 5000\n"
    )
    result = declared.run("test_mine.py", "--mlmonitor-out", "out")
    assert result.ret == 0
    document = read_json(declared.path / "out" / "results.json")
    assert [artifact["verdict"] for artifact in document["artifacts"]] == ["partial"]
    assert REPORT
