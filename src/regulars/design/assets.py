"""Find the built assets: made by `make assets`, carried in a released wheel, never committed."""

from __future__ import annotations

from pathlib import Path

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext

STATIC_DIR = Path(__file__).parent / "static"
ICONS_DIR = Path(__file__).parent / "templates" / "design" / "icons"


class AssetsNotBuilt(DomainError):
    """The style sheets and scripts have not been built."""

    code = "assets_not_built"


def asset_path(name: str) -> Path:
    """Return the path of the built file `name`, as `report.css`.

    Raises
    ------
    AssetsNotBuilt
        It is not there.
    """
    path = STATIC_DIR / name
    if not path.is_file():
        raise AssetsNotBuilt(
            gettext("The page's assets are not built ({name} is missing): run make assets.").format(name=name)
        )
    return path


def asset_text(name: str) -> str:
    """Return the text of the built file `name`.

    Raises
    ------
    AssetsNotBuilt
        It is not there.
    """
    return asset_path(name).read_text(encoding="utf-8")
