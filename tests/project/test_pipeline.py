"""What identifies a stage: its signature stands for what it decides, and for nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsv.project.params import parse
from dsv.project.pipeline import build, params_hash
from dsv.record import schema
from dsv.record.typedhash import typed_hash


def signed(section: str) -> str:
    pipeline = build(parse(f"dataset: d\nsources: {{s: {{key: [a]}}}}\n{section}\n"))
    return params_hash(pipeline.instances[0])


@dataclass(frozen=True)
class Old:
    """A section as an older dsv knew it."""

    limit: float = 1.0
    names: tuple[str, ...] = ("a",)


@dataclass(frozen=True)
class New:
    """The same with keys that a newer one brought."""

    limit: float = 1.0
    names: tuple[str, ...] = ("a",)
    again: int | None = None
    old: Old = Old()


@given(st.floats(allow_nan=False) | st.integers(0, 1), st.lists(st.text(max_size=2), max_size=2).map(tuple))
def test_a_key_that_a_newer_dsv_brings_changes_no_hash(limit: Any, names: tuple[str, ...]) -> None:
    assert typed_hash(schema.given(New(limit, names))) == typed_hash(schema.given(Old(limit, names)))


@pytest.mark.parametrize("change", [{"limit": 1}, {"limit": True}, {"names": ("a", "a")}, {"names": ()}, {"again": 0}, {"old": Old(2.0)}], ids=str)
def test_any_other_value_than_the_default_changes_the_hash(change: dict[str, Any]) -> None:
    assert typed_hash(schema.given(replace(New(), **change))) != typed_hash(schema.given(New()))


@pytest.mark.parametrize(
    ("bare", "written"),
    [
        ("split: {fractions: {train: 0.5, test: 0.5}}", "split: {fractions: {train: 0.5, test: 0.5}, salt: v1}"),
        ("clean: {rules: [{text: {columns: [a]}}]}", "clean: {rules: [{text: {columns: [a], strip: true, empty: keep}}]}"),
    ],
)
def test_to_write_a_default_down_leaves_a_stage_as_it_is(bare: str, written: str) -> None:
    assert signed(bare) == signed(written)


def test_other_params_of_a_rule_are_another_signature() -> None:
    assert signed("clean: {rules: [{missing: {columns: [a]}}]}") != signed("clean: {rules: [{missing: {columns: [b]}}]}")
