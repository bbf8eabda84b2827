"""An operator installs a newer Regulars, or a newer PostgreSQL comes with it: what was there is backed up and stays."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from tests.running import REGULARS, Running, eventually
from tests.stories.conftest import folder_of_a_story
from tests.stories.test_backup import rows_of, with_database_of
from tests.stories.test_recovery import Shop
from tests.upgrades import Earlier, released_in, releases, source_of, tags_of_this_repository, take_back

from regulars.faces.cli.running.database import start_cluster
from regulars.kit.installation import read_installation
from regulars.kit.postgres import Cluster
from regulars.kit.supervisor import Supervisor, say_nothing

ROOT = Path(__file__).parents[2]


def shop_with_an_order(running: Running) -> Shop:
    running.start()
    shop = Shop(running)
    shop.send()
    eventually(shop.all_arrived, within_seconds=60)
    return shop


def goes_on(running: Running, shop: Shop) -> None:
    """Make sure that all is there, and that new orders are taken."""
    running.start()
    shop.regulars = running
    eventually(shop.all_arrived, within_seconds=60)
    shop.send()
    eventually(shop.all_arrived, within_seconds=60)
    running.stop()


@pytest.mark.parametrize("way", ["upgrade", "serve"])
def test_a_database_from_before_is_backed_up_and_brought_up_to_date(made_home: Path, way: str) -> None:
    running = Running(made_home)
    shop = shop_with_an_order(running)
    running.stop()
    assert "was up to date already" in running.told("upgrade")
    assert not (made_home / "backups").exists()
    take_back(running, "api")
    if way == "upgrade":
        told = running.told("upgrade")
        assert "A backup from before the upgrade is in" in told
        assert told.endswith("The database is up to date.")
    goes_on(running, shop)
    [backup] = (made_home / "backups").iterdir()
    assert backup.suffix == ".tar"


def test_a_first_start_makes_no_backup(home: Path) -> None:
    running = Running(home)
    running.start()
    running.stop()
    assert not (home / "backups").exists()


@dataclass(frozen=True)
class Old:
    """A home with a database of PostgreSQL 16, and the shop whose orders are in it."""

    running: Running
    shop: Shop
    cluster: Cluster


@pytest.fixture(scope="session")
def made_by_16() -> Iterator[Old]:
    """What an earlier version of Regulars would have left, stopped."""
    with folder_of_a_story() as folder:
        yield Old(Running(folder), *filled_by_16(Running(folder)))


@pytest.fixture
def old(home: Path, made_by_16: Old) -> Old:
    """A copy of it."""
    made_by_16.running.copy_to(home)
    running = Running(home)
    shop = copy(made_by_16.shop)
    shop.regulars = running
    return Old(running, shop, Cluster(home))


def filled_by_16(running: Running) -> tuple[Shop, Cluster]:
    """Fill the home with a database of PostgreSQL 16, as an earlier version of Regulars would have."""
    here = read_installation(running.environment)
    cluster = Cluster(running.home, new_major=16)
    supervisor = Supervisor(say_nothing)
    try:
        start_cluster(here, cluster, supervisor)
        assert cluster.major == 16
        # It is the same Regulars, told of that server as of one of one's own, in a home of its own.
        as_external = Running(running.home / "apart")
        as_external.home.mkdir(mode=0o755)
        as_external.environment |= {
            "DATABASE_URL": here.urls["default"],
            "DATABASE_OWNER_URL": here.urls["owner"],
            "DATABASE_READONLY_URL": here.urls["readonly"],
        }
        shop = shop_with_an_order(as_external)
        as_external.stop()
    finally:
        supervisor.stop()
    return shop, cluster


@pytest.mark.xdist_group("postgresql 16")
def test_a_new_major_version_of_postgresql_takes_the_data_over(old: Old) -> None:
    running, home = old.running, old.running.home
    before: dict[str, tuple[int, str]] = {}
    with_database_of(running, lambda url: before.update(rows_of(url)))
    assert old.cluster.major == 16

    told = running.told("upgrade")
    assert "PostgreSQL moves from 16 to 18" in told
    assert Cluster(home).major == 18
    [kept] = old.cluster.folder.glob("data-16-*")
    assert (kept / "PG_VERSION").read_text() == "16\n"
    assert len(list((home / "backups").iterdir())) == 1
    after: dict[str, tuple[int, str]] = {}
    with_database_of(running, lambda url: after.update(rows_of(url)))
    assert after == before
    goes_on(running, old.shop)


@pytest.mark.xdist_group("postgresql 16")
@pytest.mark.parametrize("moment", ["the backup", "the new directory", "the data"])
def test_a_kill_in_the_midst_of_the_move_loses_nothing(old: Old, moment: str) -> None:
    running, home, folder = old.running, old.running.home, old.cluster.folder
    upgrading = subprocess.Popen([*REGULARS, "upgrade"], env=running.environment, start_new_session=True)
    signs = {
        "the backup": lambda: any((home / "backups").glob(".backup-*/database.dump")),
        "the new directory": (folder / "making").exists,
        "the data": (folder / "moving").exists,
    }
    deadline = time.monotonic() + 60
    while not signs[moment]():
        assert upgrading.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    children = psutil.Process(upgrading.pid).children(recursive=True)
    upgrading.send_signal(signal.SIGKILL)
    upgrading.wait()
    psutil.wait_procs(children, timeout=30)

    running.told("upgrade")
    assert Cluster(home).major == 18
    goes_on(running, old.shop)


def upgraded_from(commit: str, home: Path) -> None:
    """Let the source of a commit make a database, and this one bring it up to date."""
    home.mkdir(mode=0o755)
    earlier = Earlier(home, source_of(commit, home / "source"))
    shop = shop_with_an_order(earlier)
    earlier.stop()
    goes_on(Running(home), shop)


def test_a_database_made_by_each_release_is_brought_up_to_date(home: Path) -> None:
    found = releases(tags_of_this_repository())
    # Today both are empty, and this says no more than that: there is no release yet. One without a tag is seen.
    assert sorted(found) == sorted(released_in((ROOT / "CHANGELOG.md").read_text(encoding="utf-8")))
    for tag in found:
        upgraded_from(tag, home / tag)


def test_a_release_would_be_found() -> None:
    assert releases("v0.1.0\nnightly\nv1.2.3\nv1.2\n") == ["v0.1.0", "v1.2.3"]
    assert released_in("# Changes\n\n## Unreleased\n\n## [0.2.0] - 2027-01-01\n\n## 0.1.0\n") == ["v0.2.0", "v0.1.0"]


def test_the_way_from_a_release_works_with_the_last_commit(home: Path) -> None:
    # The positive control: the source of a commit, laid out and run as that of a release would be.
    program = "import regulars; print(regulars.__file__)"
    earlier = Earlier(home, source_of("HEAD", home / "source"))
    found = subprocess.run(
        [REGULARS[0], "-c", program], env=earlier.environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.startswith(str(home / "source"))
    upgraded_from("HEAD", home / "home")
