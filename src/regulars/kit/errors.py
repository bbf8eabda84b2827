"""The one root of the errors that a user of Regulars can cause and can mend."""

from __future__ import annotations


class DomainError(Exception):
    """Something that the user can understand and mend, with a stable `code`.

    Subclasses stand beside the function that raises them. The message is one translated sentence without a traceback.
    """

    code = "error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class WrongSetting(DomainError):
    """A setting of the environment cannot be meant."""

    code = "wrong_setting"
