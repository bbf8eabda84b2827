"""The import contracts hold what they promise: each is broken once, in a house of empty packages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")
HOUSE = """
    config demo faces integrations imports exports webhooks team campaigns insights desk feedback loyalty messaging
    experiments segments orders customers staff business stream report facts intake design kit client
"""
LOYALTY = "simulation nights adjudication challenges referrals rules facts rewards tiers ledger definitions"
FEATURE = "consumers jobs services queries facts kinds channels models contracts"
PARTS = {"faces": ["api", "console"], "loyalty": LOYALTY.split()}
SCIENCE = ["rfm", "reasons", "calendar", "refunds"]

# What is planted, where, and which contract must say so.
FORBIDDEN = [
    ("regulars/kit/planted.py", "import regulars.intake", "Each rung of Regulars imports only what stands below it"),
    ("regulars/design/planted.py", "import regulars.report", "Each rung of Regulars imports only what stands below it"),
    ("regulars/facts/planted.py", "import regulars.intake", "Each rung of Regulars imports only what stands below it"),
    ("regulars/desk/planted.py", "import regulars.feedback", "Each rung of Regulars imports only what stands below it"),
    (
        "regulars/exports/planted.py",
        "import regulars.imports",
        "Each rung of Regulars imports only what stands below it",
    ),
    ("regulars/gamification/__init__.py", "", "Each rung of Regulars imports only what stands below it"),
    ("regulars/loyalty/tiers/planted.py", "import regulars.loyalty.rewards", "Inside loyalty each part imports only"),
    ("regulars/loyalty/challenges/planted.py", "import regulars.loyalty.referrals", "Inside loyalty each part imports"),
    ("regulars/orders/models.py", "import regulars.orders.queries", "Inside a feature"),
    ("regulars/orders/consumers.py", "import regulars.orders.jobs", "Inside a feature"),
    ("regulars/loyalty/tiers/contracts.py", "import regulars.loyalty.tiers.models", "Inside a feature"),
    ("regulars/faces/api/planted.py", "import regulars.faces.console", "Faces do not know each other"),
    ("regulars/client/planted.py", "import regulars.kit", "The client imports nothing of Regulars"),
    ("retention/planted.py", "import django.db", "The science is pure"),
    ("retention/planted.py", "import psycopg", "The science is pure"),
    ("retention/planted.py", "import regulars.kit", "The science is pure"),
    ("regulars/orders/planted.py", "import retention.rfm", "Only the report and the rungs from experiments up"),
    ("regulars/kit/planted.py", "from retention import rfm", "Only the report and the rungs from experiments up"),
    ("regulars/intake/planted.py", "import retention.rfm", "Only the report and the rungs from experiments up"),
    ("regulars/report/planted.py", "import django", "Reading, reporting, design and kit run without Django"),
    ("regulars/orders/services.py", "import ninja", "Only faces speak HTTP"),
]
ALLOWED = [
    ("regulars/report/planted.py", "import retention.rfm"),
    ("regulars/experiments/planted.py", "import retention.rfm"),
    ("regulars/demo/planted.py", "import regulars.faces.api"),
    ("regulars/intake/planted.py", "import retention.refunds, retention.calendar, retention.reasons"),
    ("regulars/design/planted.py", "import retention.reasons"),
    ("regulars/faces/api/planted.py", "import ninja"),
    ("regulars/orders/models.py", "import django.db.models, regulars.customers.contracts"),
]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole house as it will be, with nothing in it."""
    root = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / ".importlinter", root)
    features = [f"regulars/{rung}" for rung in HOUSE.split()] + [
        f"regulars/{rung}/{part}" for rung, parts in PARTS.items() for part in parts
    ]
    for package in ["regulars", "retention", *features]:
        write(root / package / "__init__.py", "")
    for package in ["regulars/orders", "regulars/customers", "regulars/loyalty/tiers"]:
        for name in FEATURE.split():
            write(root / package / f"{name}.py", "")
    for name in SCIENCE:
        write(root / "retention" / f"{name}.py", "")
    return root


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def broken_contracts(house: Path, where: Path, planted: list[tuple[str, str]]) -> list[str]:
    """Return the contracts that break when each text is put at its path."""
    shutil.copytree(house, where)
    for path, text in planted:
        write(where / path, text)
    done = subprocess.run(
        [LINT_IMPORTS, "--no-cache"],
        cwd=where,
        env=os.environ | {"PYTHONPATH": str(where), "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    broken = re.findall(r"^(.+?) BROKEN", done.stdout, flags=re.MULTILINE)
    assert (done.returncode == 0) == (not broken), done.stdout + done.stderr
    return broken


@pytest.mark.parametrize(("path", "text", "contract"), FORBIDDEN)
def test_a_forbidden_import_breaks_its_contract(
    house: Path, tmp_path: Path, path: str, text: str, contract: str
) -> None:
    broken = broken_contracts(house, tmp_path / "house", [(path, text)])
    assert any(name.startswith(contract) for name in broken)


def test_an_allowed_import_breaks_none(house: Path, tmp_path: Path) -> None:
    assert broken_contracts(house, tmp_path / "house", ALLOWED) == []


def strangers_at_models(graph: grimp.ImportGraph) -> list[str]:
    """Return the imports of a feature's models from outside of the feature."""
    return [
        f"{importer} imports {models}"
        for models in sorted(graph.modules)
        if (feature := models.partition(".models")[0]) != models
        for importer in sorted(graph.find_modules_that_directly_import(models))
        if not f"{importer}.".startswith(f"{feature}.")
    ]


def test_the_models_of_a_feature_are_private_to_it() -> None:
    graph = grimp.build_graph("regulars", "retention", cache_dir=None)
    assert strangers_at_models(graph) == []


def test_a_stranger_at_the_models_is_seen() -> None:
    graph = grimp.ImportGraph()
    graph.add_import(importer="regulars.orders.queries", imported="regulars.orders.models")
    graph.add_import(importer="regulars.segments.queries", imported="regulars.orders.models")
    assert strangers_at_models(graph) == ["regulars.segments.queries imports regulars.orders.models"]
