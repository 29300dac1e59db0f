"""A real S3 server (SeaweedFS), started on loopback and ended by the test that asks for it."""

from __future__ import annotations

import json
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.fs as pafs

KEY, SECRET = "monitor", "not-a-secret-of-anybody"


@dataclass(frozen=True)
class S3Server:
    """A server, and how to talk to it."""

    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which a program finds it."""
        return {"AWS_ENDPOINT_URL": self.endpoint, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}

    def filesystem(self, **options: Any) -> pafs.S3FileSystem:
        """Return a client of the test's own."""
        return pafs.S3FileSystem(
            access_key=KEY,
            secret_key=SECRET,
            region="us-east-1",
            endpoint_override=self.endpoint,
            allow_bucket_creation=True,
            **options,
        )

    def upload(self, directory: Path, prefix: str) -> None:
        """Put every file of a directory below ``bucket/prefix``."""
        files = self.filesystem()
        files.create_dir(prefix.partition("/")[0])
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                self.put(f"{prefix}/{path.relative_to(directory).as_posix()}", path.read_bytes())

    def put(self, key: str, data: bytes) -> None:
        """Write one object."""
        with self.filesystem().open_output_stream(key) as file:
            file.write(data)

    def delete(self, key: str) -> None:
        """Remove one object."""
        self.filesystem().delete_file(key)


@contextmanager
def running(program: str, directory: Path) -> Iterator[S3Server]:
    """Start the server, wait until it answers, and end it by its own id."""
    config = directory / "s3.json"
    identity = {"name": KEY, "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ["Admin"]}
    config.write_text(json.dumps({"identities": [identity]}))
    data = directory / "data"
    data.mkdir()
    # Each port has a second one, 10,000 above it; one that the system gives away meanwhile ends the server.
    master, volume, filer, s3 = (_free_port() for _ in range(4))
    log = (directory / "log").open("wb")
    process = subprocess.Popen(
        [
            program, "server", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false",
            f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}", "-s3", f"-s3.port={s3}",
            f"-s3.config={config}", "-volume.max=20",
            "-s3.port.iceberg=0", "-s3.port.lance=0",  # catalogs with fixed ports end a second server on the machine
        ],
        stdout=log,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        server = S3Server(f"http://127.0.0.1:{s3}")
        _wait_until_it_answers(server, process)
        yield server
    finally:
        process.kill()  # it takes more than 15 s to end on its own
        process.wait()
        log.close()
        shutil.rmtree(data, ignore_errors=True)


def _wait_until_it_answers(server: S3Server, process: subprocess.Popen[bytes]) -> None:
    retry = pafs.AwsStandardS3RetryStrategy(max_attempts=1)
    until = time.monotonic() + 60
    while not _answers(server.filesystem(connect_timeout=1, request_timeout=5, retry_strategy=retry)):
        assert process.poll() is None, "the S3 server has ended"
        assert time.monotonic() < until, "the S3 server does not answer"
        time.sleep(0.2)


def _answers(client: pafs.S3FileSystem) -> bool:
    try:
        client.create_dir("ready-or-not")
    except OSError:
        return False
    return True


def _free_port() -> int:
    """Return a port that is free, as is the one 10,000 above it; both below those that the system gives to whoever asks for any."""
    for _ in range(1000):
        port = random.randrange(10_240, 22_700)  # noqa: S311 (no secret)
        with socket.socket() as one, socket.socket() as other, suppress(OSError):
            one.bind(("127.0.0.1", port))
            other.bind(("127.0.0.1", port + 10_000))
            return port
    raise AssertionError("no port is free")
