"""Real servers for the tests: PostgreSQL, Redis, nginx and aiochat itself, each in a folder and on
a port of its own.

Everything here is synchronous and built on subprocesses; fixtures and the names of people and rooms
live elsewhere."""

from tests.support.servers.aiochat import Aiochat
from tests.support.servers.nginx import Nginx
from tests.support.servers.postgres import Postgres
from tests.support.servers.process import ROOT, Server, ServerError, free_port
from tests.support.servers.redis import Redis, RedisCluster
from tests.support.servers.signed_store import SignedStore

__all__ = [
    "ROOT",
    "Aiochat",
    "Nginx",
    "Postgres",
    "Redis",
    "RedisCluster",
    "Server",
    "ServerError",
    "SignedStore",
    "free_port",
]
