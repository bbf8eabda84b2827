"""Built assets are found, and their absence is told in a sentence that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from regulars.design import AssetsNotBuilt, asset_path, asset_text, assets
from regulars.kit.errors import DomainError


@pytest.mark.parametrize("name", ["report.css", "console.css"])
def test_a_built_style_sheet_carries_its_fonts(name: str) -> None:
    assert asset_path(name).is_file()
    assert asset_text(name).count("url(data:font/woff2;base64,") == 2


def test_the_console_may_be_told_to_be_dark_and_the_report_follows_the_reader() -> None:
    assert "[data-theme=dark]{" in asset_text("console.css")
    assert "[data-theme=dark]{" not in asset_text("report.css")


def test_missing_assets_say_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "STATIC_DIR", tmp_path)
    with pytest.raises(AssetsNotBuilt, match="make assets") as caught:
        asset_text("report.css")
    assert isinstance(caught.value, DomainError)
    assert caught.value.code == "assets_not_built"


def test_the_lock_names_no_registry() -> None:
    lock = (Path(assets.__file__).parent / "package-lock.json").read_text(encoding="utf-8")
    assert '"integrity"' in lock
    assert '"resolved"' not in lock
