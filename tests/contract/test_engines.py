"""What every registered engine must keep: the same data set, results in order, errors that come through."""

from __future__ import annotations

import pytest

from dsv.engines import registry

every_engine = pytest.mark.parametrize("name", registry.ENGINES)
