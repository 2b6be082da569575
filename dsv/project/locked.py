"""What the last run built, and with which params: params.yaml may have been edited since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dsv.project.layout import INGEST, PARAMS, SIGNATURE
from dsv.project.version import WORKSPACE, Version
from dsv.record import yaml12


@dataclass(frozen=True)
class Locked(Version):
    """The workspace as dvc.lock pins it. With `only`, its data set as it is after these stages."""

    rev: str = WORKSPACE
    sha: str | None = None
    only: tuple[str, ...] | None = None

    def text(self, path: str) -> bytes | None:
        made = {PARAMS: lambda: self.params, SIGNATURE: lambda: self.signature}.get(path)
        return super().text(path) if made is None else yaml12.dump(dict(made())).encode()

    @cached_property
    def params(self) -> Mapping[str, Any]:
        """The params that the stages ran with, as DVC keeps them."""
        written = yaml12.mapping(super().text(PARAMS) or b"", PARAMS, "edit params.yaml")
        sections = {name: self._param(name, name) or {} for name in self._signed if name != INGEST}
        return {"dataset": written.get("dataset"), "sources": self._param(INGEST, "sources") or {}, **sections}

    @cached_property
    def signature(self) -> Mapping[str, Any]:
        return kept(self._signed, self.only)

    @cached_property
    def _signed(self) -> dict[str, Any]:
        found = {name: (stage.params.get(SIGNATURE) or {}).get(name) for name, stage in self.locked.items()}
        own = {name: signed for name, signed in found.items() if isinstance(signed, dict)}
        # Each stage names those that decide before it.
        return dict(sorted(own.items(), key=lambda item: len(item[1].get("after") or ())))

    def _param(self, stage: str, section: str) -> Any:
        return (self.locked[stage].params.get(PARAMS) or {}).get(section) if stage in self.locked else None

    def report(self, stage: str) -> dict[str, Any] | None:
        return super().report(stage) if self.only is None or stage in self.only else None


def kept(signature: Mapping[str, Any], only: tuple[str, ...] | None) -> Mapping[str, Any]:
    """The signatures of some stages, of all where `only` is None."""
    return signature if only is None else {name: signed for name, signed in signature.items() if name in only}
