"""Whether there is somebody to show something to."""

from __future__ import annotations

from collections.abc import Mapping


def has_display(environment: Mapping[str, str], platform: str) -> bool:
    """Tell whether a person sits before a screen on which a browser can open."""
    if environment.get("CI") or environment.get("ONCE") == "1":
        return False
    return platform == "darwin" or bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
