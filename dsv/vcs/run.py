"""One call of the git binary."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from dsv.errors import DsvError, NotAProject, advice

# Inside a hook git points these at its own repository, relative to another directory than ours.
HOOK_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE")
SETTINGS = {"LC_ALL": "C", "LANGUAGE": "C", "GIT_LITERAL_PATHSPECS": "1", "GIT_TERMINAL_PROMPT": "0"}
FLAGS = ("-c", "core.quotePath=false", "-c", "color.ui=false", "-c", "log.showSignature=false")


class Answer(NamedTuple):
    """What one call of git came to."""

    status: int
    out: bytes
    problem: str


def environment(base: Mapping[str, str]) -> dict[str, str]:
    """The environment for git: no translation, literal pathspecs, no prompt, nothing of a surrounding hook."""
    return {name: value for name, value in base.items() if name not in HOOK_VARIABLES} | SETTINGS


def ask(root: Path, *args: str, stdin: bytes = b"", index: Path | None = None) -> Answer:
    """What git answers, whatever its exit status. Takes no lock of the repository. `index`: another one than its own."""
    env = environment(os.environ) | {"GIT_OPTIONAL_LOCKS": "0"}
    if index is not None:
        env["GIT_INDEX_FILE"] = os.fspath(index)
    try:
        done = subprocess.run(["git", *FLAGS, *args], cwd=root, input=stdin, capture_output=True, env=env, check=False)
    except FileNotFoundError as error:
        if error.filename == "git":
            raise DsvError("git is not installed, or not on PATH") from error
        raise DsvError(f"there is no directory {root}") from error
    except NotADirectoryError as error:
        raise DsvError(f"{root} is not a directory") from error
    if done.returncode == -signal.SIGINT:
        # Ctrl-C goes to git and to us; git may be gone before ours arrives.
        raise KeyboardInterrupt
    return Answer(done.returncode, done.stdout, told(done.stderr))


def read(root: Path, *args: str, stdin: bytes = b"", index: Path | None = None) -> bytes:
    """What git prints; a failure of git is an error with git's own message."""
    answer = ask(root, *args, stdin=stdin, index=index)
    if answer.status:
        raise failed(f"git {args[0]}", answer)
    return answer.out


def failed(what: str, answer: Answer) -> DsvError:
    """The failure of a call as an error."""
    if "not a git repository" in answer.problem:
        return NotAProject("There is no git repository.", hint="dsv init")
    problem = answer.problem or f"exit status {answer.status}"
    return DsvError(f"{what}: {problem}", hint=advice(problem))


def line(root: Path, *args: str, stdin: bytes = b"") -> str:
    """The one line that git prints."""
    return os.fsdecode(read(root, *args, stdin=stdin)).removesuffix("\n")


def told(stderr: bytes | str) -> str:
    """git's message without its prefixes, on one line when it is one."""
    text = stderr if isinstance(stderr, str) else stderr.decode(errors="replace")
    return text.strip().removeprefix("fatal: ").removeprefix("error: ")
