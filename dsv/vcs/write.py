"""What changes a repository: init, add, commit, tag. The only module that imports GitPython."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import git

from dsv.errors import DsvError, advice
from dsv.vcs import run

UNKNOWN = re.compile(r"tell me who you are|empty ident name|unable to auto-detect email", re.IGNORECASE)
SIGNING = re.compile("failed to sign|unable to sign|failed to write commit object")
CHUNK = 500  # paths in one command line


def init(path: Path) -> Path:
    """The root of a new repository at `path`; an existing one is left as it is."""
    path.mkdir(parents=True, exist_ok=True)
    with _told("init"):
        git.Git(str(path)).init("--quiet")
    return path


def add(root: Path, paths: Sequence[str | Path]) -> None:
    """Stages exactly these paths, taken literally: new, changed or deleted."""
    names = [os.fspath(path) for path in paths]
    with _repository(root) as command, _told("add"):
        for at in range(0, len(names), CHUNK):
            command.add("--", *names[at : at + CHUNK])


def commit(root: Path, message: str, paths: Sequence[str | Path] = ()) -> str:
    """The sha of one new commit: the given paths and whatever was staged before. Hooks and signing run as usual."""
    add(root, paths)
    with _repository(root) as command, _told("commit"):
        command.commit("--quiet", f"--message={message}")
        return str(command.rev_parse("HEAD"))


def tag(root: Path, name: str, message: str, target: str = "HEAD") -> str:
    """The sha of the commit that a new annotated tag names; an existing tag of that name is an error."""
    with _repository(root) as command, _told("tag"):
        command.check_ref_format(f"refs/tags/{name}")
        command.tag("--annotate", f"--message={message}", "--", name, target)
        return str(command.rev_parse(f"refs/tags/{name}^{{commit}}"))


@contextmanager
def _repository(root: Path) -> Iterator[git.Git]:
    foreign = next((name for name in run.HOOK_VARIABLES if name in os.environ), None)
    if foreign:
        # GitPython hands its own environment on: the write could land in another repository than `root`
        raise DsvError(
            f"{foreign} is set, so git would write elsewhere", hint=f"unset {foreign}, or leave the git hook"
        )
    command = git.Git(str(root))
    with command.custom_environment(**run.SETTINGS):
        yield command


@contextmanager
def _told(verb: str) -> Iterator[None]:
    try:
        yield
    except git.GitCommandNotFound as error:
        raise DsvError("git is not installed, or not on PATH") from error
    except git.GitCommandError as error:
        if error.status == -signal.SIGINT:
            raise KeyboardInterrupt from error
        if UNKNOWN.search(str(error.stderr)):
            raise DsvError(
                "git does not know who you are.", hint="git config user.name NAME; git config user.email EMAIL"
            ) from error
        hint = "mend git's signing (user.signingkey), and run the command again" if SIGNING.search(_message(error)) else None
        raise DsvError(f"git {verb}: {_message(error)}", hint=hint or advice(_message(error))) from error


def _message(error: git.GitCommandError) -> str:
    parts = (_unwrapped(error.stderr, "stderr"), _unwrapped(error.stdout, "stdout"))
    return "\n".join(part for part in parts if part) or f"exit status {error.status}"


def _unwrapped(text: str | bytes | None, name: str) -> str:
    # GitPython stores its own rendering, "\n  stderr: '…'", not what git printed
    plain = str(text or "").strip().removeprefix(f"{name}: ")
    if plain.startswith("'") and plain.endswith("'"):
        plain = plain[1:-1]
    return run.told(plain)
