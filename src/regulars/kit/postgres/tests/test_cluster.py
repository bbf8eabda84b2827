"""The embedded PostgreSQL is made once, comes up after whatever killed it, and never touches what is not its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from regulars.kit.leash import leash_command
from regulars.kit.postgres import Cluster, ClusterFailed, find_binaries
from regulars.kit.postgres.account import Account
from regulars.kit.postgres.binaries import NEWEST, NoBinaries

PASSWORD = "superuser"
ROOT = Path(__file__).parents[5]


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that a server which is not root can enter."""
    folder = Path(tempfile.mkdtemp(prefix="regulars-cluster-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def started(cluster: Cluster) -> subprocess.Popen[bytes]:
    account = cluster.account
    command = leash_command(
        cluster.server_command(), stop=signal.SIGINT, owner=(account.uid, account.gid) if account else None
    )
    with (cluster.home / "log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True)
    cluster.wait_until_ready(process)
    return process


@contextmanager
def running(cluster: Cluster) -> Iterator[Cluster]:
    process = started(cluster)
    try:
        yield cluster
    finally:
        assert process.stdin
        process.stdin.close()
        process.wait(30)


def server_of(cluster: Cluster) -> psutil.Process:
    server = cluster.left_running()
    assert server is not None
    return server


def test_a_cluster_is_made_once_and_takes_only_its_password(home: Path) -> None:
    cluster = Cluster(home)
    assert cluster.major is None
    cluster.create(PASSWORD)
    assert Cluster(home).major == NEWEST
    with running(cluster):
        assert cluster.run_sql("SELECT 1", PASSWORD) == "1\n"
        with pytest.raises(ClusterFailed, match="password authentication failed"):
            cluster.run_sql("SELECT 1", "another")
        cluster.run_sql("CREATE TABLE kept (id int)", PASSWORD)
    # Again, with another password: it stands, and stays as it is.
    Cluster(home).create("another")
    with running(Cluster(home)):
        assert cluster.run_sql("SELECT count(*) FROM kept", PASSWORD) == "0\n"


def test_nobody_else_can_look_into_it(home: Path) -> None:
    cluster = Cluster(home)
    cluster.create(PASSWORD)
    for folder in (cluster.folder, cluster.socket_folder, cluster.data):
        assert folder.stat().st_mode & 0o077 == 0


@contextmanager
def stale_pid_files(cluster: Cluster) -> Iterator[psutil.Popen]:
    """Leave the files of a server that was killed, whose number has gone to another process of the same user."""
    account = cluster.account
    other = psutil.Popen(["/bin/sleep", "60"], **(account.as_options() if account else {}))
    text = f"{other.pid}\n{cluster.data}\n1\n{cluster.port}\n{cluster.socket_folder}\n"
    for path in (cluster.data / "postmaster.pid", cluster.socket_folder / f".s.PGSQL.{cluster.port}.lock"):
        path.write_text(text)
        if account:
            account.own(path)
    try:
        yield other
    finally:
        other.kill()
        other.wait()


def test_a_pid_file_whose_number_went_to_another_process_does_not_hinder_the_start(home: Path) -> None:
    cluster = Cluster(home)
    cluster.create(PASSWORD)
    with stale_pid_files(cluster) as other:
        assert cluster.left_running() is None
        cluster.clear_what_a_kill_left()
        with running(cluster):
            assert cluster.run_sql("SELECT 1", PASSWORD) == "1\n"
        assert other.is_running()


def test_without_clearing_the_same_pid_file_hinders_the_start(home: Path) -> None:
    # The positive control of the test above.
    cluster = Cluster(home)
    cluster.create(PASSWORD)
    with stale_pid_files(cluster), pytest.raises(ClusterFailed, match="ended as it started"):
        started(cluster)


def test_a_server_that_was_killed_starts_again_with_all_that_it_had_committed(home: Path) -> None:
    cluster = Cluster(home)
    cluster.create(PASSWORD)
    process = started(cluster)
    cluster.run_sql("CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)", PASSWORD)
    server_of(cluster).kill()
    process.wait(10)
    cluster.clear_what_a_kill_left()
    with running(cluster):
        assert cluster.run_sql("SELECT count(*) FROM kept", PASSWORD) == "1\n"


@pytest.mark.parametrize("stopped", [False, True], ids=["running", "hanging"])
def test_a_server_that_outlived_its_supervisor_is_ended(
    home: Path, stopped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster(home)
    cluster.create(PASSWORD)
    account = cluster.account
    # Without a leash, as a server would be that got loose.
    with (home / "log").open("ab") as log:
        loose = subprocess.Popen(
            cluster.server_command(), stdout=log, stderr=log, **(account.as_options() if account else {})
        )
    cluster.wait_until_ready(loose)
    if stopped:
        monkeypatch.setattr("regulars.kit.postgres.cluster.STOPPED_WITHIN_SECONDS", 0.5)
        loose.send_signal(signal.SIGSTOP)
    assert server_of(cluster).pid == loose.pid
    cluster.clear_what_a_kill_left()
    assert loose.wait(10) is not None
    with running(cluster):
        assert cluster.run_sql("SELECT 1", PASSWORD) == "1\n"


def test_what_a_killed_first_start_left_half_made_is_made_anew(home: Path) -> None:
    cluster = Cluster(home)
    making = cluster.folder / "making"
    making.mkdir(parents=True)
    # initdb writes the version first, and the rest for a while after it.
    (making / "PG_VERSION").write_text(f"{NEWEST}\n")
    cluster.create(PASSWORD)
    with running(cluster):
        assert cluster.run_sql("SELECT 1", PASSWORD) == "1\n"
    assert not making.exists()


def test_a_kill_in_the_midst_of_making_it_does_no_harm(home: Path) -> None:
    program = (
        f"from pathlib import Path; from regulars.kit.postgres import Cluster; Cluster(Path({str(home)!r})).create('x')"
    )
    process = subprocess.Popen([sys.executable, "-c", program], start_new_session=True)
    making = Cluster(home).folder / "making" / "PG_VERSION"
    while not making.exists():
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert Cluster(home).major is None
    Cluster(home).create(PASSWORD)
    with running(Cluster(home)) as cluster:
        assert cluster.run_sql("SELECT 1", PASSWORD) == "1\n"


def test_a_home_with_a_long_path_gets_a_short_socket(home: Path) -> None:
    deep = home / ("long" * 25)
    deep.mkdir(parents=True)
    cluster = Cluster(deep)
    assert len(str(cluster.socket_folder)) < 100
    cluster.create(PASSWORD)
    with running(cluster):
        assert cluster.run_sql("SELECT 1", PASSWORD) == "1\n"
    shutil.rmtree(cluster.socket_folder)


@pytest.mark.parametrize("as_a_link", [False, True], ids=["folder", "link"])
def test_a_folder_that_somebody_else_put_in_its_place_is_refused(home: Path, as_a_link: bool, as_root: None) -> None:
    cluster = Cluster(home)
    theirs = home / "theirs"
    theirs.mkdir()
    os.chown(theirs, 12345, 12345)
    cluster.folder.mkdir(mode=0o700)
    if as_a_link:
        cluster.socket_folder.symlink_to(theirs)
    else:
        theirs.rename(cluster.socket_folder)
    with pytest.raises(ClusterFailed, match="belongs to somebody else"):
        cluster.create(PASSWORD)
    assert cluster.socket_folder.stat().st_uid == 12345


def test_two_clusters_run_beside_each_other(home: Path) -> None:
    one, two = Cluster(home / "one"), Cluster(home / "two")
    for cluster in (one, two):
        cluster.home.mkdir(mode=0o755)
        cluster.create(PASSWORD)
    with running(one), running(two):
        one.run_sql("CREATE TABLE mine (id int)", PASSWORD)
        assert two.run_sql("SELECT count(*) FROM pg_tables WHERE tablename = 'mine'", PASSWORD) == "0\n"


@pytest.mark.parametrize("moment", ["before", "between"])
def test_a_new_data_directory_takes_the_place_of_an_old_one_whatever_kills_it(home: Path, moment: str) -> None:
    old = Cluster(home, new_major=16)
    old.create(PASSWORD)
    assert old.major == 16
    new = Cluster(home, data_name="moving")
    new.create(PASSWORD)
    if moment == "before":
        kept = new.take_the_place_of(old)
        assert (kept / "PG_VERSION").read_text() == "16\n"
    else:
        # Killed after the old one was put aside.
        new.data.rename(new.folder / "moved")
        old.data.rename(old.folder / "data-16-x")
    again = Cluster(home)
    again.create(PASSWORD)
    assert again.major == NEWEST
    with running(again):
        assert again.run_sql("SELECT 1", PASSWORD) == "1\n"


def test_a_version_that_is_not_there_is_said_so(home: Path) -> None:
    with pytest.raises(NoBinaries, match="PostgreSQL 9 is not installed"):
        find_binaries(9)
    cluster = Cluster(home)
    cluster.create(PASSWORD)
    (cluster.data / "PG_VERSION").write_text("99\n")
    with pytest.raises(NoBinaries, match="99"):
        _ = replace(cluster).binaries


def test_an_ordinary_user_runs_it_as_oneself(home: Path, as_root: None) -> None:
    theirs = home / "theirs"
    theirs.mkdir(mode=0o700)
    nobody = Account(65534, 65534)
    nobody.own(theirs)
    program = (
        "import os; from pathlib import Path; from regulars.kit.postgres import Cluster\n"
        "from regulars.kit.postgres.tests.test_cluster import running\n"
        f"cluster = Cluster(Path({str(theirs)!r}))\n"
        "assert cluster.account is None and os.geteuid() == 65534\n"
        "cluster.create('x')\n"
        "with running(cluster): print(cluster.run_sql('SELECT 1', 'x'))\n"
    )
    # An interpreter in root's own folder is read all the same; nothing can be written there.
    reading = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *reading, sys.executable, "-c", program],
        cwd=ROOT / "src",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "1", done.stderr
    assert (theirs / "postgres" / "data").stat().st_uid == 65534
