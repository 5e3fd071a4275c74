"""aiochat as a program whose statements on SQLite, with their values, are appended to the file
STATEMENTS, one JSON string a line."""

import json
import os
import sqlite3
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import cli

_connect = sqlite3.connect


def _connect_and_listen(*args: Any, **kwargs: Any) -> sqlite3.Connection:
    connection: sqlite3.Connection = _connect(*args, **kwargs)
    connection.set_trace_callback(
        lambda statement: os.write(_file, json.dumps(statement).encode() + b"\n") and None
    )
    return connection


if __name__ == "__main__":
    _file = os.open(os.environ["STATEMENTS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    sqlite3.connect = _connect_and_listen  # type: ignore[assignment]
    sys.exit(cli.main())
