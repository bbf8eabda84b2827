"""What every test may ask for: the shared data, a Java runtime, a browser.

What a user's machine may lack skips the test with its reason; with `REQUIRE_ALL=1` (as `.ci/run` sets it) the same
absence fails, so that nothing is left out unseen.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import django
import hypothesis
import pytest
from django.conf import settings
from django.db import connections
from playwright.sync_api import Browser, sync_playwright
from pytest_django.plugin import DjangoDbBlocker

from regulars.kit.i18n import activate
from regulars.kit.installation import DATABASE, OWNER, read_installation
from regulars.kit.leash import leash_command
from regulars.kit.postgres import Cluster
from regulars.kit.tracing import NoTracing, require_tracing

ROOT = Path(__file__).parent
# From April 2025 until June 2028.
MONTHS = 3, 42
BROWSER_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# The tests read English whatever the language of who runs them, and Spark's workers are this Python.
os.environ["LANGUAGE"] = "en"
os.environ["PYSPARK_PYTHON"] = sys.executable

# Playwright leaves an event loop running in the thread of the tests, and Django would then refuse to ask the database
# there; nothing runs in that loop while a test does.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# Each process of a test run is an installation of its own, with its own database. Others may enter the folder: where we
# are root, the server that works in it is not.
HOME = Path(tempfile.gettempdir()) / f"regulars-test-{os.getpid()}"
os.environ["REGULARS_HOME"] = str(HOME)
os.environ["DJANGO_SETTINGS_MODULE"] = "regulars.config.settings"
for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_READONLY_URL", "REGULARS_SECRET_KEY", "REGULARS_URL"):
    os.environ.pop(name, None)

# The daily run is deterministic: a red test is then always the change's doing. `make soak` searches further each time.
hypothesis.settings.register_profile(
    "daily",
    derandomize=True,
    deadline=None,
    max_examples=60,
    database=None,
    # A shared machine may be slow; that says nothing about the code.
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile(
    "soak",
    deadline=None,
    max_examples=1_000,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "daily"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Let each worker be an installation of its own: there, pytest-django reads the settings before it reads this."""
    for name in ("DJANGO_SETTINGS_MODULE", "REGULARS_HOME"):
        os.environ.pop(name, None)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep Spark in one process, and leave out the soak tests unless `-m` speaks of them."""
    for item in items:
        if item.get_closest_marker("spark"):
            # One Java machine is slow enough to start; with `--dist loadgroup` its tests share a worker.
            item.add_marker(pytest.mark.xdist_group("spark"))
    if "soak" in config.option.markexpr:
        return
    soak = [item for item in items if item.get_closest_marker("soak")]
    if soak:
        config.hook.pytest_deselected(items=soak)
        items[:] = [item for item in items if not item.get_closest_marker("soak")]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case of bytes by its argument: bytes may hold the time (as gzip's do), and workers must agree on names."""
    return argname if isinstance(val, bytes) else None


def absent(reason: str) -> NoReturn:
    """Skip the test for what the machine lacks; fail it where everything is required."""
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"REQUIRE_ALL=1, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the repository."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        absent("there is no folder ../shared/data beside the repository")
    return folder


@pytest.fixture(scope="session")
def java() -> Path:
    """The Java runtime that Spark needs."""
    found = shutil.which("java")
    if found is None:
        absent("there is no java on the PATH")
    return Path(found)


@pytest.fixture
def as_root() -> None:
    """The right to run something as somebody else."""
    if os.geteuid() != 0:
        absent("only root can run something as somebody else")


@pytest.fixture
def otel() -> None:
    """The packages of the extra `otel`."""
    try:
        require_tracing()
    except NoTracing:
        absent("the extra otel is not installed")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium, one per process."""
    names = ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome")
    found = next((path for path in map(shutil.which, names) if path), None)
    if found is None:
        absent("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=BROWSER_ARGUMENTS)
        yield chromium
        chromium.close()


def pytest_configure() -> None:
    """Make the features known to Django before their tests are collected."""
    django.setup()
    # What makes passwords slow to guess makes accounts slow to make, of which most tests here need one.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_unconfigure() -> None:
    """Take this process's installation away."""
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A running PostgreSQL with the logins of an installation and its migrated database; one per process."""
    from regulars.faces.cli.running.database import make_logins

    installation = read_installation(os.environ)
    HOME.mkdir(mode=0o755, exist_ok=True)
    HOME.chmod(0o755)
    cluster = Cluster(HOME)
    cluster.create(installation.secrets.superuser)
    # Nothing here outlives the run: what a crash of the machine would lose need not be kept. And nothing works there by
    # itself: what runs holds back how far the stream is seen, whoever began it.
    off = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")
    settings = [part for name in off for part in ("-c", f"{name}=off")]
    account = cluster.account
    command = leash_command(
        [*cluster.server_command(), *settings],
        stop=signal.SIGINT,
        owner=(account.uid, account.gid) if account else None,
    )
    with (HOME / "postgres.log").open("wb") as log:
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True)
    cluster.wait_until_ready(server)
    make_logins(installation, cluster)
    yield cluster
    assert server.stdin
    server.stdin.close()
    server.wait()


@pytest.fixture(scope="session")
def template(cluster: Cluster, django_db_blocker: DjangoDbBlocker) -> str:  # noqa: ARG001  # It must run.
    """The name of the migrated database, from which the others are made."""
    from regulars.faces.cli.running.database import migrate

    with django_db_blocker.unblock():
        migrate()
        connections.close_all()
    return DATABASE


def copied_database(cluster: Cluster, template: str, name: str) -> None:
    """Make a database like the template, and let all connections of Django lead to it."""
    superuser = read_installation(os.environ).secrets.superuser
    # Where nothing is kept safe for a crash, whole files are copied sooner than pages are written to the log.
    cluster.run_sql(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER} STRATEGY FILE_COPY", superuser)
    lead_to(name)


def lead_to(name: str) -> None:
    connections.close_all()
    for alias in connections:
        connections[alias].settings_dict["NAME"] = name


@pytest.fixture(scope="session")
def django_db_setup(cluster: Cluster, template: str, django_db_blocker: DjangoDbBlocker) -> None:
    """Take the place of pytest-django's own: the tests run with the application's login, as the product does."""
    copied_database(cluster, template, "regulars_test")
    with django_db_blocker.unblock():
        make_months()


def make_months() -> None:
    """Make the months of which most tests tell, to stay: a test that made some would undo them with all else it did."""
    from regulars.stream.services import make_room

    make_room(datetime(2025 + number // 12, number % 12 + 1, 1, tzinfo=UTC) for number in range(*MONTHS))
    connections.close_all()


_fresh = itertools.count()


@dataclass(frozen=True)
class Begun:
    """A database as tests begin with it, and what the function that filled it has returned."""

    name: str
    told: Any


_begun: dict[Callable[[], Any], Begun] = {}


def begun_with(fill: Callable[[], Any], cluster: Cluster, template: str) -> Begun:
    """Return a database that a function has filled: it is made when the first test of this process asks for it."""
    if fill not in _begun:
        name = f"regulars_begun_{len(_begun)}"
        copied_database(cluster, template, name)
        _begun[fill] = Begun(name, fill())
        # What leads to it would keep others from copying it.
        connections.close_all()
        forget_what_is_remembered()
    return _begun[fill]


@pytest.fixture
def begun(request: pytest.FixtureRequest, fresh_database: str) -> Any:  # noqa: ARG001  # By then it is filled.
    """What the function in `begins_with` has returned."""
    return _begun[request.node.get_closest_marker("begins_with").kwargs["what"]].told


@pytest.fixture
def fresh_database(
    request: pytest.FixtureRequest,
    cluster: Cluster,
    django_db_setup: None,  # noqa: ARG001  # To return to.
    template: str,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[str]:
    """A database for one test alone, in which transactions are real; empty, or filled as its `begins_with` says."""
    name = f"regulars_fresh_{next(_fresh)}"
    forget_what_is_remembered()
    marker = request.node.get_closest_marker("begins_with")
    with django_db_blocker.unblock():
        source = begun_with(marker.kwargs["what"], cluster, template).name if marker else template
        copied_database(cluster, source, name)
        yield name
        lead_to("regulars_test")
        forget_what_is_remembered()
        make_months()
    cluster.run_sql(f"DROP DATABASE {name} WITH (FORCE)", read_installation(os.environ).secrets.superuser)


def forget_what_is_remembered() -> None:
    """Forget what processes remember of a database: another one takes its place."""
    from regulars.faces.console import latest
    from regulars.faces.console.cohorts import page
    from regulars.orders.places import forget_places
    from regulars.stream.services import forget_partitions

    forget_places()
    forget_partitions()
    # What a run has found never changes, but two copies of a database hold the same run.
    for module in (latest, page):
        for remembers in vars(module).values():
            if hasattr(remembers, "cache_clear"):
                remembers.cache_clear()


@pytest.fixture(autouse=True)
def one_login(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let conditions be asked within the transaction that a test is; elsewhere the login that only reads asks them."""
    if "fresh_database" not in request.fixturenames:
        monkeypatch.setattr("regulars.facts.reading.ALIAS", "default")


@pytest.fixture(autouse=True)
def english() -> None:
    """Begin each test in English, whatever language the test before it left."""
    activate("en")
