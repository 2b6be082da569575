"""Errors meant for people. One tree; the exit code is an attribute of the class.

DsvError                  10  something the user can mend
├── UsageError             2  wrong flags or arguments
├── NotAProject           11  no params.yaml with a `dataset:` here or above
├── UnknownVersion        12  git knows no such revision, tag, run or root
├── DataMissing           13  an object is neither in the cache nor fetched (hint: dsv pull)
├── BadRecords            14  records refused where the params say `error`
├── SectionError          10  a param of a stage does not suit the data; told with its path in the section
├── StageFailed           15  a stage stopped
├── Locked                16  another dsv or dvc works on this project
├── Corrupt               13  bytes that do not match their hash
└── Bug                   70  a fault of dsv in a stage; the message is its traceback
"""

from __future__ import annotations

import errno
import os
import traceback


class DsvError(Exception):
    """An error with a message for people, an exit code and, where there is one, the next command."""

    code = 10

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(DsvError):
    code = 2


class NotAProject(DsvError):
    code = 11


class UnknownVersion(DsvError):
    code = 12


class DataMissing(DsvError):
    code = 13


class Corrupt(DsvError):
    code = 13


class SectionError(DsvError):
    """The message begins with the path below the section, whose name only the caller knows."""

    def within(self, section: str) -> DsvError:
        """The error as it is told."""
        return DsvError(f"{section}.{self.message}", hint=self.hint or f"edit {section} in params.yaml")


class BadRecords(DsvError):
    code = 14


class StageFailed(DsvError):
    code = 15


class Locked(DsvError):
    code = 16


class Bug(DsvError):
    code = 70


def of(error: Exception) -> DsvError:
    """The error as it is told: what the system refused is for people, what nobody foresaw is a bug."""
    if isinstance(error, DsvError):
        return error
    if isinstance(error, OSError):
        return of_system(error)
    return Bug("".join(traceback.format_exception(error)))


def of_system(error: OSError) -> DsvError:
    """What the operating system refused."""
    where = f": {os.fspath(error.filename)}" if error.filename else ""
    return DsvError(f"{error.strerror or error}{where}", hint=advice(os.strerror(error.errno) if error.errno else str(error)))


SPACE, SIZE = (errno.ENOSPC, errno.EDQUOT), (errno.EFBIG,)
REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)
TAKEN = (errno.EEXIST, errno.EISDIR)


def advice(told: str) -> str | None:
    """What to do about a text in which the operating system says what it refused."""
    for numbers, hint in (
        (SPACE, "free some disk space and run the command again; nothing was lost"),
        (SIZE, "raise the limit of file sizes (ulimit -f) and run the command again; nothing was lost"),
        (REFUSED, "check the permissions"),
        (TAKEN, "choose another name"),
    ):
        if any(os.strerror(number) in told for number in numbers):
            return hint
    # What SQLite, in which DVC keeps its state, says of a full disk: not always the same.
    if "disk I/O error" in told:
        return "check that the disk is not full, and run the command again; nothing was lost"
    # git says it in words of its own.
    return advice(os.strerror(errno.ENOSPC)) if "disk is full" in told or "Out of diskspace" in told else None
