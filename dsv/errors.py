"""Errors meant for people. One tree; the exit code is an attribute of the class.

DsvError                  10  something the user can mend
├── UsageError             2  wrong flags or arguments
├── NotAProject           11  no params.yaml with a `dataset:` here or above
├── UnknownVersion        12  git knows no such revision, tag, run or root
├── DataMissing           13  an object is neither in the cache nor fetched (hint: dsv pull)
├── BadRecords            14  records refused where the params say `error`
├── StageFailed           15  a stage stopped
├── Locked                16  another dsv or dvc works on this project
├── Corrupt               13  bytes that do not match their hash
└── Bug                   70  a fault of dsv in another process; the message is its traceback
"""

from __future__ import annotations


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


class BadRecords(DsvError):
    code = 14


class StageFailed(DsvError):
    code = 15


class Locked(DsvError):
    code = 16


class Bug(DsvError):
    code = 70


KINDS = {
    kind.__name__: kind
    for kind in (DsvError, UsageError, NotAProject, UnknownVersion, DataMissing, Corrupt, BadRecords, StageFailed, Locked, Bug)
}
