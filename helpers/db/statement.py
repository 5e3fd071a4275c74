"""A raw SQL statement with its parameters, for the hot path."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Statement:
    sql: str
    params: Sequence[Any] = ()


Rows = list[tuple[Any, ...]]
"""The rows that a statement returns."""
