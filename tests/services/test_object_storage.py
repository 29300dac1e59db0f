"""Roots in object storage, on a real S3 server: copied, judged, shown by their URL; a failing one never passes for an empty one."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.services.conftest import NOW, PLATFORM, platform_program
from tests.services.faulty_proxy import Faults, failing
from tests.services.s3_server import S3Server, running

SIDECAR = "p2/dataset_metadata.json"
ROOT = "s3://lake/gold"


pytestmark = pytest.mark.slow(turn=2)  # two minutes, most of them the server's


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A server that runs for all tests here."""
    with running(platform_program("weed"), tmp_path_factory.mktemp("s3")) as found:
        yield found


@pytest.fixture
def bucket(server: S3Server, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The sample platform below ``s3://lake/gold``, and a project that declares it."""
    with suppress(OSError):  # of the test before
        server.filesystem().delete_dir("lake/gold")
    server.upload(PLATFORM, "lake/gold")
    pytester.makefile(".toml", mlmonitor=f'artifacts = ["{ROOT}"]\nfreshness = "6h"\n')
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return server


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess("--mlmonitor-now", NOW, *options)


def copy_of(pytester: pytest.Pytester) -> Path:
    (found,) = (pytester.path / ".mlmonitor" / "mirror").glob("*/objects")
    return found


def content(path: str) -> bytes:
    return (PLATFORM / path).read_bytes()


def test_a_bucket_is_judged_as_the_directory_would_be(pytester: pytest.Pytester, bucket: S3Server) -> None:
    result = run(pytester, "--mlmonitor-out", "out")
    assert result.ret == 0
    result.stdout.fnmatch_lines([f"mlmonitor 0.1.0 · {ROOT} · 1 dataset, 2 training runs, 1 deployment, *"])
    found = json.loads((pytester.path / "out" / "results.json").read_text())
    assert f"{ROOT}/{SIDECAR}::row_count" in {one["nodeid"] for one in found["results"]}
    assert {one["path"] for one in found["artifacts"]} >= {f"{ROOT}/{SIDECAR}"}
    assert found["narrowed"] is False
    local = pytester.path / "local.toml"
    local.write_text(f'artifacts = ["{PLATFORM}"]\nfreshness = "6h"\n')
    again = pytester.runpytest_subprocess("-c", "/dev/null", f"--mlmonitor={PLATFORM}", "--mlmonitor-now", NOW)
    assert result.parseoutcomes()["skipped"] == again.parseoutcomes()["skipped"]


def test_a_change_is_seen_and_the_line_that_runs_it_again_holds(pytester: pytest.Pytester, bucket: S3Server) -> None:
    assert run(pytester).ret == 0
    bucket.put(
        f"lake/gold/{SIDECAR}", content(SIDECAR).replace(b"1076", b"1077")
    )  # of the same size, in the same second
    result = run(pytester)
    assert result.ret == 1
    result.stdout.fnmatch_lines([f"  where      {ROOT}/{SIDECAR}:6", f"FAILED {ROOT}/{SIDECAR}::row_count*"])
    (again,) = [line for line in result.outlines if line.startswith("  again ")]
    assert run(pytester, again.split()[2]).parseoutcomes() == {"failed": 1}


def test_what_is_gone_is_gone(pytester: pytest.Pytester, bucket: S3Server) -> None:
    assert run(pytester).ret == 0
    bucket.delete("lake/gold/p2/output/training_dataset_20260426_130148.parquet")
    result = run(pytester)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*names a file that does not exist*"])
    bucket.filesystem().delete_dir_contents("lake/gold")
    assert run(pytester).ret in (4, 5)
    assert not [path for path in copy_of(pytester).rglob("*") if path.is_file()]


def test_what_nothing_claims_is_not_fetched(pytester: pytest.Pytester, bucket: S3Server) -> None:
    bucket.put("lake/gold/other/huge.bin", b"x" * 5_000_000)
    result = run(pytester, "-v")
    assert result.ret == 0
    result.stdout.fnmatch_lines([f"  unclaimed  {ROOT}/other/huge.bin"])
    copied = copy_of(pytester) / "other" / "huge.bin"
    assert copied.stat().st_size == 5_000_000 and copied.stat().st_blocks == 0


def test_a_path_below_the_url_of_the_root_is_read_as_relative(pytester: pytest.Pytester, bucket: S3Server) -> None:
    document = json.loads(content(SIDECAR))
    document["path"] = f"{ROOT}/p2/{document['path']}"
    bucket.put(f"lake/gold/{SIDECAR}", json.dumps(document).encode())
    assert run(pytester).ret == 0
    document["path"] = document["path"].replace("gold", "silver")
    bucket.put(f"lake/gold/{SIDECAR}", json.dumps(document).encode())
    result = run(pytester)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*has a scheme*"])


def test_an_argument_may_be_a_url(pytester: pytest.Pytester, bucket: S3Server) -> None:
    (pytester.path / "mlmonitor.toml").write_text('freshness = "6h"\n')
    assert run(pytester, f"{ROOT}/p2").ret == 0
    assert run(pytester, f"--mlmonitor={ROOT}/p2").ret == 0
    result = run(pytester, "-n", "2", f"--mlmonitor={ROOT}")
    assert (result.ret, result.parseoutcomes()["passed"]) == (0, 54)
    command = pytester.run(Path(sys.executable).with_name("mlmonitor"), "run", ROOT, "--mlmonitor-now", NOW)
    assert command.ret == 0


@pytest.mark.parametrize(
    ("root", "changed", "said"),
    [
        ("s3://nobody/gold", {}, "there is no such bucket"),
        (ROOT, {"AWS_SECRET_ACCESS_KEY": "wrong"}, "refuses the credentials"),
        (ROOT, {"AWS_ACCESS_KEY_ID": ""}, "refuses access"),
        (ROOT, {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "cannot be reached"),
        ("s3://", {}, "expected s3://BUCKET/PREFIX"),
        ("s3://key:secret@lake/gold", {}, "never from a URL"),
        ("https://lake/gold", {}, "is not read"),
    ],
)
def test_a_root_that_cannot_be_listed_is_a_usage_error(
    pytester: pytest.Pytester,
    bucket: S3Server,
    monkeypatch: pytest.MonkeyPatch,
    root: str,
    changed: dict[str, str],
    said: str,
) -> None:
    assert run(pytester).ret == 0  # what was copied before must not pass for what is there now
    for name, value in changed.items():
        monkeypatch.setenv(name, value)
    result = run(pytester, f"--mlmonitor={root}")
    assert result.ret == 4
    assert said in result.stderr.str()


def test_a_listing_that_fails_and_one_that_hangs(
    pytester: pytest.Pytester, bucket: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_mlmonitor.core.mirror.object_store.REQUEST_SECONDS", 1.0)
    for status in (403, 500, 0):
        with failing(bucket.endpoint, Faults({"/lake": status, "/lake/": status})) as endpoint:
            monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
            result = pytester.runpytest_inprocess("--mlmonitor-now", NOW)
        assert result.ret == 4
        assert "cannot be listed" in result.stderr.str()


def test_an_object_that_is_lost_between_listing_and_reading_is_gone(
    pytester: pytest.Pytester, bucket: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with failing(bucket.endpoint, Faults({"130148.parquet": 404})) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        result = run(pytester)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*names a file that does not exist*"])


def test_an_object_that_may_not_be_read_is_a_finding(
    pytester: pytest.Pytester, bucket: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with failing(bucket.endpoint, Faults({"130148.parquet": 403, "training_metadata.json": 403})) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        result = run(pytester)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["*training_metadata.json cannot be read: *it was not copied, and nothing of it is checked*"]
    )


def test_more_than_may_be_copied_is_refused_before_anything_is(pytester: pytest.Pytester, bucket: S3Server) -> None:
    (pytester.path / "mlmonitor.toml").write_text(f'artifacts = ["{ROOT}"]\nremote_max_gib = 0.00001\n')
    result = run(pytester)
    assert result.ret == 4
    assert "remote_max_gib" in result.stderr.str()
    assert not [path for path in copy_of(pytester).rglob("*.parquet") if path.stat().st_blocks]
