"""One change to the table that a peer keeps, as a process of its own: `python peers_job.py PEER STEP STORE FILE`.

It runs in the environment of the peers (`bench/peers.py`), so it needs nothing but PyArrow and the peer.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

RULE, TOO_WARM = "temp > 44.7", 44.7
CHANGED = "source.text <> target.text"
LEVEL = 3


def read(path: Path) -> pa.Table:
    return pq.read_table(path)


def splits(device: Any, path: Path) -> pa.Array:
    """The split of each device by the table in the file."""
    table = read(path)
    return pc.take(table["split"].combine_chunks(), pc.index_in(device, table["device"].combine_chunks()))


def changed(table: pa.Table, step: str, path: Path) -> pa.Table:
    """The whole table after a step, for peers that keep files."""
    if step in ("first", "snapshot"):
        return read(path)
    if step == "append":
        return pa.concat_tables([table, read(path)])
    if step == "drop":
        return table.filter(pc.less_equal(table["temp"], TOO_WARM))
    if step == "split":
        column = table.schema.get_field_index("split")
        return table.set_column(column, "split", splits(table["device"].combine_chunks(), path))
    new = read(path)
    place = pc.index_in(table["uid"].combine_chunks(), new["uid"].combine_chunks())
    old = pa.array(range(len(table)), pa.int64())
    return pa.concat_tables([table, new]).take(pc.coalesce(pc.add(place.cast(pa.int64()), len(table)), old))


class Lance:
    """Changed in place: Lance's own operations."""

    def __init__(self, store: Path) -> None:
        self.lance: Any = importlib.import_module("lance")
        self.uri = str(store / "table.lance")

    def start(self) -> None:
        pass

    def apply(self, step: str, path: Path) -> None:
        if step in ("first", "append"):
            self.lance.write_dataset(read(path), self.uri, mode="create" if step == "first" else "append")
            return
        data = self.lance.dataset(self.uri)
        if step == "drop":
            data.delete(RULE)
        elif step == "split":
            again = self.lance.batch_udf()(lambda batch: pa.record_batch([splits(batch["device"], path)], ["new"]))
            data.add_columns(again, read_columns=["device"])
            data.drop_columns(["split"])
            data.alter_columns({"path": "new", "name": "split"})
        else:
            condition = CHANGED if step == "snapshot" else None
            data.merge_insert("uid").when_matched_update_all(condition=condition).execute(read(path))

    def table(self) -> pa.Table:
        return self.lance.dataset(self.uri).to_table()


class Delta:
    """Changed by Delta Lake's own operations; a split is a column of the whole table, so it is written whole."""

    def __init__(self, store: Path) -> None:
        self.delta: Any = importlib.import_module("deltalake")
        self.uri = str(store / "table")
        self.how = self.delta.WriterProperties(compression="ZSTD", compression_level=LEVEL)

    def start(self) -> None:
        pass

    def apply(self, step: str, path: Path) -> None:
        if step in ("first", "append", "split"):
            table = changed(self.table(), step, path) if step == "split" else read(path)
            mode = {"first": "error", "append": "append", "split": "overwrite"}[step]
            self.delta.write_deltalake(self.uri, table, mode=mode, writer_properties=self.how)
            return
        data = self.delta.DeltaTable(self.uri)
        if step == "drop":
            data.delete(RULE, writer_properties=self.how)
        else:
            merge = data.merge(read(path), "source.uid = target.uid", "source", "target", writer_properties=self.how)
            merge.when_matched_update_all(CHANGED if step == "snapshot" else None).execute()

    def table(self) -> pa.Table:
        return pa.table(self.delta.DeltaTable(self.uri).to_pyarrow_table())


class Files:
    """One Parquet file, written again by each change."""

    def __init__(self, store: Path) -> None:
        self.store = store
        self.file = store / "table.parquet"

    def apply(self, step: str, path: Path) -> None:
        table = changed(self.table() if self.file.exists() else None, step, path)
        self.file.unlink(missing_ok=True)
        pq.write_table(table, self.file, compression="zstd", compression_level=LEVEL)
        self.keep(step)

    def keep(self, step: str) -> None:
        raise NotImplementedError

    def table(self) -> pa.Table:
        return read(self.file)


class Oxen(Files):
    def start(self) -> None:
        user: Any = importlib.import_module("oxen.user")
        user.config_user("bench", "bench@example.org")
        importlib.import_module("oxen").init(str(self.store))

    def keep(self, step: str) -> None:
        repo = importlib.import_module("oxen").Repo(str(self.store))
        repo.add(str(self.file))
        repo.commit(step)


class Dvc(Files):
    def start(self) -> None:
        self._call("git", "init", "-q", "-b", "main")
        self._call("git", "config", "user.name", "bench")
        self._call("git", "config", "user.email", "bench@example.org")
        self._call(sys.executable, "-m", "dvc", "init", "-q")

    def keep(self, step: str) -> None:
        self._call(sys.executable, "-m", "dvc", "add", "-q", self.file.name)
        self._call("git", "add", "-A")
        self._call("git", "commit", "-q", "-m", step)

    def _call(self, *command: str) -> None:
        subprocess.run(command, cwd=self.store, check=True)


PEERS: dict[str, Callable[[Path], Any]] = {"lance": Lance, "delta": Delta, "oxen": Oxen, "dvc": Dvc}


def diff(store: Path) -> None:
    """Prints how many rows differ between Oxen's last two versions, by the key."""
    oxen: Any = importlib.import_module("oxen")
    new, old = (commit.id for commit in oxen.Repo(str(store)).log()[:2])
    found = oxen.diff("table.parquet", repo_dir=str(store), keys=["uid"], revision_left=old, revision_right=new)
    print(len(found.get().data))


def same(found: pa.Table, wanted: pa.Table) -> None:
    """Ends the program where a peer's table is not the one that all should come to."""
    found = found.select(wanted.column_names).sort_by("uid").cast(wanted.schema)
    if not found.equals(wanted.sort_by("uid")):
        raise SystemExit("not the same table")


def main(peer: str, step: str, store: Path, path: Path) -> None:
    if step == "diff":
        diff(store)
        return
    kept = PEERS[peer](store)
    if step == "start":
        kept.start()
    elif step == "same":
        same(kept.table(), read(path))
    else:
        kept.apply(step, path)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
