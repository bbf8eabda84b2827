"""The lock files hold what pyproject.toml asks for, with hashes, and say nothing of where they were made."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements"
EXTRAS = {
    "base": [],
    "build": ["build"],
    "dev": ["build", "spark", "otel", "dev"],
    "bench": ["build", "spark", "otel", "dev", "bench"],
    "spark": ["spark"],
    "dedupe": ["dedupe"],
    "boost": ["boost"],
    "otel": ["otel"],
}


@dataclass(frozen=True)
class Pin:
    """One pinned package; `direct` tells that pyproject.toml itself asks for it."""

    requirement: Requirement
    hashes: int
    direct: bool

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        [pinned] = self.requirement.specifier
        assert pinned.operator == "=="
        return pinned.version


def pins(text: str) -> list[Pin]:
    """Read a lock file."""
    blocks = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    return [
        Pin(
            requirement=Requirement(block.split("\\")[0].strip()),
            hashes=len(re.findall(r"--hash=sha256:[0-9a-f]{64}", block)),
            direct="regulars (pyproject.toml)" in block,
        )
        for block in blocks
        if block.strip()
    ]


def asked_for(extras: list[str]) -> dict[str, Requirement]:
    """Return what pyproject.toml asks for: the base and the extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = project["dependencies"] + [line for extra in extras for line in project["optional-dependencies"][extra]]
    requirements = map(Requirement, lines)
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


def disagreements(asked: dict[str, Requirement], locked: list[Pin]) -> list[str]:
    """Return in which ways a lock is not up to date with what is asked for."""
    missing = [f"{name} is not locked" for name in asked if name not in {pin.name for pin in locked}]
    unasked = [f"{pin.name} is not asked for" for pin in locked if pin.direct and pin.name not in asked]
    outside = [
        f"{pin.name} {pin.version} is not {asked[pin.name].specifier}"
        for pin in locked
        if pin.name in asked and not asked[pin.name].specifier.contains(pin.version)
    ]
    return missing + unasked + outside


def read(lock: str) -> str:
    return (REQUIREMENTS / f"{lock}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("lock", EXTRAS)
def test_a_lock_is_up_to_date_with_what_is_asked_for(lock: str) -> None:
    assert disagreements(asked_for(EXTRAS[lock]), pins(read(lock))) == []


def test_the_installer_is_the_one_of_the_other_locks() -> None:
    versions = {pin.name: pin.version for pin in pins(read("build"))}
    bootstrap = {pin.name: pin.version for pin in pins(read("bootstrap"))}
    assert set(bootstrap) == {"uv", "setuptools"}
    assert bootstrap.items() <= versions.items()


def test_a_stale_lock_is_seen() -> None:
    asked = {"numpy": Requirement("numpy>=3"), "rich": Requirement("rich")}
    locked = pins(
        f"numpy==2.4.6 \\\n    --hash=sha256:{'0' * 64}\n    # via\n    #   pandas\n    #   regulars (pyproject.toml)\n"
        f"tqdm==4.1 \\\n    --hash=sha256:{'0' * 64}\n    # via regulars (pyproject.toml)\n"
    )
    assert disagreements(asked, locked) == [
        "rich is not locked",
        "tqdm is not asked for",
        "numpy 2.4.6 is not >=3",
    ]


@pytest.mark.parametrize("lock", [*EXTRAS, "bootstrap"])
def test_a_lock_has_a_hash_for_each_package_and_no_address(lock: str) -> None:
    text = read(lock)
    assert [pin.name for pin in pins(text) if not pin.hashes] == []
    assert "://" not in text
    assert "--index" not in text


def test_all_locks_hold_the_same_versions() -> None:
    versions: dict[tuple[str, str], set[str]] = {}
    for lock in [*EXTRAS, "bootstrap"]:
        for pin in pins(read(lock)):
            versions.setdefault((pin.name, str(pin.requirement.marker)), set()).add(pin.version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_each_lock_of_the_makefile_holds_the_one_before() -> None:
    build, dev, bench = ({(pin.name, pin.version) for pin in pins(read(lock))} for lock in ("build", "dev", "bench"))
    assert build <= dev <= bench


def test_the_lock_of_the_assets_names_no_registry() -> None:
    lock = (ROOT / "src/regulars/design/package-lock.json").read_text(encoding="utf-8")
    assert '"integrity"' in lock
    assert '"resolved"' not in lock
