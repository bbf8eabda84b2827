"""What every test may ask for: the shared data, a Java runtime, a browser.

What a user's machine may lack skips the test with its reason; with `REQUIRE_ALL=1` (as `.ci/run` sets it) the same
absence fails, so that nothing is left out unseen.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import hypothesis
import pytest
from playwright.sync_api import Browser, sync_playwright

from regulars.kit.i18n import activate

ROOT = Path(__file__).parent
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


@pytest.fixture(autouse=True)
def english() -> None:
    """Begin each test in English, whatever language the test before it left."""
    activate("en")
