"""Every failure is retry, a person, or stop; the class says which and its docstring is the operator's message."""

from __future__ import annotations


class FoiMailbotError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)


class Transient(FoiMailbotError):
    """The other side did not answer properly; it will be tried again at the next poll."""


class Parked(FoiMailbotError):
    """A person has to look at this before anything more happens to it."""


class Refused(Parked):
    """The mail server refused this letter for good; nothing was delivered."""


class Uncertain(Parked):
    """The letter was handed over but the server's answer never came; it is not sent again by guess."""


class IllegalMove(Parked):
    """A case cannot make that move from the state it is in."""


class Unreadable(Parked):
    """The mail could not be read; its raw bytes are kept for a person."""


class Fatal(FoiMailbotError):
    """The service cannot go on until an operator has mended this."""


class LoginRefused(Fatal):
    """The server refused the user name or password."""
