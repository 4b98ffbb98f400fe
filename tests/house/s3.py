"""A real S3 server for the tests: Ceph's object gateway with one monitor and one store in memory.

It takes some fifteen seconds to start, so it starts when the first test asks for it; parallel
workers share one, and it ends with the run.
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from uuid import uuid4

import botocore.config
import botocore.session
import psutil
import pytest

from gesso.infra.storage.s3 import S3Storage
from gesso.infra.storage.settings import StorageSettings
from tests.house.databases import REQUIRED, RUN_FOLDER, alone

MISSING = "Ceph's S3 server is missing"
PROGRAMS = (
    "ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin",
)  # fmt: skip
_DAEMONS = ("mon.a", "osd.0", "client.admin")
_CONFIGURATION = """
[global]
fsid = {fsid}
mon initial members = a
mon host = [v2:127.0.0.1:{mon},v1:127.0.0.1:{mon_v1}]
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 2000
public addr = 127.0.0.1
cluster addr = 127.0.0.1
run dir = {folder}/run
admin socket = {folder}/run/$name.asok
pid file = {folder}/run/$name.pid
log file = {folder}/$name.log
keyring = {folder}/keyring
mon data = {folder}/mon
[osd]
osd objectstore = memstore
memstore device bytes = 1073741824
osd data = {folder}/osd
osd class load list = *
osd class default list = *
[client.admin]
rgw frontends = beast endpoint=127.0.0.1:{gate}
rgw dns name = 127.0.0.1
"""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running S3 server: its address, and the keys that open it."""

    endpoint: str
    access_key: str
    secret_key: str
    folder: str

    def admin(self, command: str) -> None:
        """Run a command of the server's own administration."""
        _run(Path(self.folder), f"radosgw-admin {command}")

    def client(self) -> Any:
        """Amazon's own client, as a second opinion."""
        return botocore.session.Session().create_client(
            "s3",
            region_name="us-east-1",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=botocore.config.Config(s3={"addressing_style": "path"}),
        )


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of one test's own."""

    name: str
    gateway: Gateway
    client: Any

    def settings(self, **others: Any) -> StorageSettings:
        """Settings that lead here."""
        told = {
            "kind": "s3",
            "bucket": self.name,
            "endpoint": self.gateway.endpoint,
            "access_key": self.gateway.access_key,
            "secret_key": self.gateway.secret_key,
        }
        return StorageSettings.model_validate(told | others)

    def storage(self, **others: Any) -> S3Storage:
        """A storage in this bucket."""
        return S3Storage(self.settings(**others))

    def listed(self) -> list[str]:
        """What is stored, by the server's own word."""
        listed = self.client.list_objects_v2(Bucket=self.name)
        return [item["Key"] for item in listed.get("Contents", [])]

    def uploads(self) -> list[str]:
        """Keys of uploads that were begun and neither completed nor aborted."""
        listed = self.client.list_multipart_uploads(Bucket=self.name)
        return [item["Key"] for item in listed.get("Uploads", [])]


@pytest.fixture(scope="session")
def s3_gateway() -> Gateway:
    """The run's S3 server; without Ceph the test is skipped, or fails where it is required."""
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    if absent and os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{MISSING} ({absent[0]}), and {REQUIRED}=1 says that it must be here", False)
    if absent:
        pytest.skip(MISSING)
    folder = Path(os.environ[RUN_FOLDER]) / "s3"
    told = folder.with_suffix(".json")
    with alone(folder.with_suffix(".lock")):
        if not told.exists():
            told.write_text(json.dumps(asdict(_start(folder))))
    return Gateway(**json.loads(told.read_text()))


@pytest.fixture(scope="session")
def s3_client(s3_gateway: Gateway) -> Any:
    """Amazon's own client, connected to the run's server."""
    return s3_gateway.client()


@pytest.fixture
def bucket(s3_gateway: Gateway, s3_client: Any) -> Iterator[Bucket]:
    """A new, empty bucket."""
    made = Bucket(f"test-{secrets.token_hex(6)}", s3_gateway, s3_client)
    s3_client.create_bucket(Bucket=made.name)
    yield made
    for key in made.listed():
        s3_client.delete_object(Bucket=made.name, Key=key)


def stop(run_folder: Path) -> None:
    """End the run's server, if one was started."""
    for name in reversed(_DAEMONS):
        with suppress(FileNotFoundError, ValueError, psutil.Error):
            daemon = psutil.Process(int((run_folder / f"s3/run/{name}.pid").read_text()))
            if str(run_folder) in " ".join(daemon.cmdline()):
                daemon.send_signal(signal.SIGKILL)
                daemon.wait(10)


def _start(folder: Path) -> Gateway:
    """Start what is needed, in order, each a daemon that writes its id into a file."""
    # A start that was broken off may have left anything.
    stop(folder.parent)
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("mon", "osd", "run"):
        (folder / part).mkdir(parents=True)
    fsid, (mon, mon_v1, gate) = str(uuid4()), _free_ports(3)
    (folder / "ceph.conf").write_text(
        _CONFIGURATION.format(fsid=fsid, folder=folder, mon=mon, mon_v1=mon_v1, gate=gate)
    )
    _start_monitor(folder, f"[v2:127.0.0.1:{mon},v1:127.0.0.1:{mon_v1}]", fsid)
    _start_store(folder)
    _run(folder, f"radosgw -n client.admin -c {folder}/ceph.conf")
    gateway = Gateway(
        f"http://127.0.0.1:{gate}", f"AK{secrets.token_hex(8)}", secrets.token_hex(20), str(folder)
    )
    _until(lambda: _answers(gateway.endpoint), "the gateway answered")
    gateway.admin(
        "user create --uid=gesso --display-name=gesso"
        f" --access-key={gateway.access_key} --secret-key={gateway.secret_key}"
    )
    return gateway


def _start_monitor(folder: Path, address: str, fsid: str) -> None:
    ring, monmap, all_ = folder / "keyring", folder / "monmap", ("allow *",)
    _run(folder, f"ceph-authtool --create-keyring {ring} --gen-key -n mon. --cap mon", *all_)
    _run(
        folder, f"ceph-authtool {ring} --gen-key -n client.admin",
        *(word for part in ("mon", "osd", "mgr", "mds") for word in ("--cap", part, *all_)),
    )  # fmt: skip
    _run(folder, f"monmaptool --create --addv a {address} --fsid {fsid} {monmap}")
    _run(folder, f"ceph-mon -i a --mkfs --monmap {monmap} --keyring {ring}")
    _run(folder, f"ceph-mon -i a -c {folder}/ceph.conf")


def _start_store(folder: Path) -> None:
    name = str(uuid4())
    _run(folder, f"ceph osd new {name}")
    _run(folder, "ceph osd crush add osd.0 1.0 host=h root=default")
    rights = ("mon", "allow profile osd", "osd", "allow *")
    key = _run(folder, "ceph auth get-or-create osd.0", *rights)
    with (folder / "keyring").open("a") as ring:
        ring.write(key)
    _run(folder, f"ceph-osd -i 0 --mkfs --osd-uuid {name}")
    _run(folder, f"ceph-osd -i 0 -c {folder}/ceph.conf")
    _until(lambda: "1 up" in _run(folder, "ceph osd stat"), "the store was up")


def _run(folder: Path, command: str, *more: str) -> str:
    """Run one of Ceph's programs; `more` are arguments that hold spaces."""
    environment = os.environ | {"CEPH_CONF": str(folder / "ceph.conf")}
    try:
        done = subprocess.run(
            [*command.split(), *more],
            check=True, capture_output=True, text=True, timeout=60, env=environment,
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"{command}: {error.stdout}{error.stderr}") from error
    return done.stdout


def _until(holds: Any, what: str, *, within: float = 60.0) -> None:
    begun = time.monotonic()
    while not holds():
        if time.monotonic() - begun > within:
            raise RuntimeError(f"{within:g} seconds went by before {what}")
        time.sleep(0.2)


def _answers(endpoint: str) -> bool:
    try:
        urllib.request.urlopen(endpoint, timeout=2).close()
    except HTTPError:
        return True
    except OSError:
        return False
    return True


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, all different."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
