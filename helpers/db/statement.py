"""A raw SQL statement with its parameters, as the hot path passes it around."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Statement:
    sql: str
    params: Sequence[Any] = ()


Rows = list[tuple[Any, ...]]
"""What a statement brought."""
