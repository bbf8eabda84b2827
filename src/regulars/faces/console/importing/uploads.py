"""Files that browsers send: streamed to the disk, bounded, and taken by one page alone."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import (
    FileUploadHandler,
    SkipFile,
    StopUpload,
    TemporaryFileUploadHandler,
)


class NoFiles(FileUploadHandler):
    """Lets files pass by unread: what every page does that asks for none."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Skip the file."""
        super().new_file(*args, **kwargs)
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:  # noqa: ARG002  # Django's own.
        """Take nothing; it is not called for a file that is skipped."""
        return None

    def file_complete(self, file_size: int) -> None:
        """Return no file."""


class BoundedFiles(TemporaryFileUploadHandler):
    """Streams files to the disk until they come to `most_bytes` together; beyond that nothing of them is kept."""

    def __init__(self, *, most_bytes: int) -> None:
        super().__init__()
        self._left = most_bytes
        self.is_too_large = False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Write what came.

        Raises
        ------
        StopUpload
            It is too much. The rest is read and thrown away, for a browser shows an answer only once it has sent all.
        """
        self._left -= len(raw_data)
        if self._left < 0:
            self.is_too_large = True
            raise StopUpload(connection_reset=False)
        return super().receive_data_chunk(raw_data, start)
