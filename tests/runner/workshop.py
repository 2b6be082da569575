"""A project that is built stage by stage in this process, the way DVC would: outputs cleared, stage run, outputs stored.

    shop = Workshop(folder)
    shop.write(params, deliveries)
    shop.build()                    what the old dvc.lock and the cache hold is used again
    Workshop(elsewhere) …           the same from scratch

What is left out is DVC's own choice of stages to run: here all of them run every time.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dsv.dvcio import config
from dsv.engines import registry as engines
from dsv.engines.base import Engine
from dsv.ops.derive import derive
from dsv.ops.execute import execute
from dsv.project.layout import INGEST, Layout, stage_out
from dsv.project.pipeline import INGEST_OUTS
from dsv.project.version import Version
from dsv.store.objects import Store

Files = Mapping[str, bytes]


class Workshop:
    """A project folder without git. `deliveries` maps (source, batch) to the files of the delivery."""

    def __init__(self, folder: Path, workers: int = 2) -> None:
        (folder / ".dsv").mkdir(parents=True)
        self.layout = Layout(folder)
        self.workers = workers
        self.store = Store(config.cache_dir(folder), config.cache_types(folder))

    def write(self, params: Mapping[str, Any], deliveries: Mapping[tuple[str, str], Files]) -> None:
        """Puts params.yaml (JSON is YAML) in place, and each delivery whose folder does not hold just these files."""
        self.layout.params.write_text(json.dumps(params, indent=1), encoding="utf-8")
        for (source, batch), files in deliveries.items():
            folder = self.layout.raw(source, batch)
            if folder.is_dir():
                there = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
                if there == files:
                    continue
                # A delivery that was refused makes room for the next one of its name.
                shutil.rmtree(folder)
            for name, data in files.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(data)

    def build(self, engine: Callable[[], Engine] | None = None) -> dict[str, Any]:
        """Runs every stage (on an engine of the caller's); what it says of itself: reports, and manifests where there are some."""
        plan = derive(self.layout)
        found: dict[str, Any] = {}
        for name in plan.stages:
            outs = INGEST_OUTS if name == INGEST else (stage_out(name),)
            for out in outs:
                shutil.rmtree(self.layout.root / out, ignore_errors=True)
            with engines.shared(workers=self.workers) as own:
                found[name] = execute(self.layout, name, engine or own).report
            self._lock(name, outs)
            manifest = self.layout.manifest(name)
            if manifest.exists():
                found[f"{name} manifest"] = json.loads(manifest.read_bytes())
        return found

    def _lock(self, name: str, outs: tuple[str, ...]) -> None:
        """Stores the outputs of a stage and pins them, as DVC does after each stage."""
        path = self.layout.root / "dvc.lock"
        lock = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"schema": "2.0", "stages": {}}
        pinned = []
        for out in outs:
            if (self.layout.root / out).is_dir():
                tree = self.store.add_folder(self.layout.root / out)
                pinned.append({"path": out, "hash": "md5", "md5": tree.oid, "size": tree.size, "nfiles": tree.nfiles})
        written = json.loads(self.layout.params.read_text(encoding="utf-8"))
        used = {key: written[key] for key in ("sources" if name == INGEST else name,) if key in written}
        lock["stages"][name] = {"cmd": f"dsv x {name}", "params": {"params.yaml": used}, "outs": pinned}
        path.write_text(json.dumps(lock), encoding="utf-8")

    def pinned(self, folder: Path) -> Version:
        """The version that was built last, which stays as it is in a folder that shares the caches."""
        (folder / ".dsv").mkdir(parents=True)
        for name in ("params.yaml", "dvc.yaml", "dvc.lock", ".dsv/sig.yaml"):
            shutil.copy(self.layout.root / name, folder / name)
        shutil.copytree(self.layout.root / "reports", folder / "reports")
        for name in (".dvc", ".dsv/cache"):
            (folder / name).symlink_to(self.layout.root / name, target_is_directory=True)
        return Version(Layout(folder), ".", None)

    def objects(self) -> list[Path]:
        """The files of the cache, in an order that does not depend on the machine."""
        return sorted(p for p in self.store.folder.rglob("*") if p.is_file())

    def derived(self) -> list[Path]:
        """The files of the local cache, which may be deleted at any time."""
        return sorted(p for p in self.layout.cache.rglob("*") if p.is_file())
