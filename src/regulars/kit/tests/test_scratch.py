from __future__ import annotations

from pathlib import Path

import pytest

from regulars.kit.scratch import scratch_folder


def test_the_folder_is_gone_whatever_ends_the_work() -> None:
    folders: list[Path] = []

    def work() -> None:
        with scratch_folder() as folder:
            folders.append(folder)
            (folder / "deep").mkdir()
            (folder / "deep" / "file").write_text("something")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert not folders[0].exists()


def test_only_the_user_may_enter() -> None:
    with scratch_folder() as folder:
        assert folder.stat().st_mode & 0o077 == 0
