"""A store of objects that others have written (moto): it speaks S3's protocol, and checks keys and
signatures. It keeps nothing."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from tests.support.servers.process import Server

PROGRAM = Path(__file__).with_name("signed_store_program.py")
BUCKET = "bucket"


class SignedStore(Server):
    name = "store"

    def _command(self) -> list[str]:
        return [sys.executable, str(PROGRAM), str(self.port), str(self._keys)]

    def _environment(self) -> Mapping[str, str]:
        # What the program asks for itself before it writes the keys needs none.
        return {**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": "4"}

    @property
    def _keys(self) -> Path:
        return self.folder / "keys"

    def _is_ready(self) -> bool:
        return self._keys.exists()

    def at(self, port: int, secret: str | None = None) -> str:
        """The setting, by way of a port, and with another secret."""
        key, own = json.loads(self._keys.read_text())
        login = f"{key}:{quote(own if secret is None else secret, safe='')}"
        return f"s3://{login}@{BUCKET}/chat?endpoint=http://127.0.0.1:{port}&region=eu-central-1"

    @property
    def url(self) -> str:
        return self.at(self.port)
