"""Tells the builder of the wheel what it needs: the versions that the tests ran with, and no others."""

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class PinnedRequirements(MetadataHookInterface):
    def update(self, metadata: dict[str, Any]) -> None:
        lines = (Path(self.root) / "requirements.txt").read_text().splitlines()
        metadata["dependencies"] = [line for line in lines if line and not line.startswith("#")]


def get_metadata_hook() -> type[MetadataHookInterface]:
    return PinnedRequirements
