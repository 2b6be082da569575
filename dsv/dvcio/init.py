"""Makes a DVC project with the settings that dsv relies on."""

from __future__ import annotations

from pathlib import Path

from dsv.dvcio import process

IGNORED = ("__pycache__/", "*.pyc", ".ipynb_checkpoints/", ".dsv/cache/", ".dsv/tmp/")


def init(root: Path) -> bool:
    """Makes the DVC project in a folder; False if there is one already."""
    if (root / ".dvc").is_dir() and (root / ".dvc" / "config").exists():
        return False
    args = ["init"] if (root / ".git").exists() else ["init", "--subdir"]
    process.run(root, args)
    lines = [
        "[core]",
        "    analytics = false",
        "    check_update = false",
        "[cache]",
        '    type = "reflink,hardlink,copy"',
    ]
    (root / ".dvc" / "config").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return True


def ignore(root: Path) -> bool:
    """Lets DVC pass over what is derived or of editors; False if it does so already."""
    path = root / ".dvcignore"
    known = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    added = [line for line in IGNORED if line not in known]
    if added:
        path.write_text("\n".join([*known, *added]) + "\n", encoding="utf-8")
    return bool(added)
