"""The params.yaml that `dsv init` writes."""

from __future__ import annotations

from typing import Final

from dsv.project import inline

TEXT: Final = """\
# All that can change a record of this dataset, and nothing else. `dsv run` builds what is out of date.
dataset: {name}

# Where records come from, in order of arrival. `dsv add` writes here.
sources: {{}}

# Every section below is a stage; they run in this order.
clean:
  rules: []          # applied in this order, for example
  # - missing: {{columns: [text]}}
  # - duplicate: {{columns: [text]}}

# merge: {{method: majority, min_votes: 2, tie: queue}}    # several annotators, one label

split:
  method: sticky     # a record keeps its split when others come and go
  fractions: {{train: 0.8, val: 0.1, test: 0.1}}
  salt: v1           # another salt draws another split

# audit: {{groups: [country], label: label}}
"""


def default_params(name: str) -> str:
    """The text of a new params.yaml for a dataset of this name."""
    return TEXT.format(name=inline.scalar(name))
