from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.story import Story, play


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The project, built once: everything below only reads it."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("story")
        patch.setenv("DVC_SITE_CACHE_DIR", str(folder / "site"))
        patch.setenv("DVC_NO_ANALYTICS", "1")
        patch.setenv("COLUMNS", "80")
        for who in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{who}_NAME", "Ada")
            patch.setenv(f"GIT_{who}_EMAIL", "ada@example.org")
            patch.setenv(f"GIT_{who}_DATE", "2026-03-01T12:00:00+00:00")
        yield play(folder)
