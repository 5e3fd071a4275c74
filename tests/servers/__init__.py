"""Real servers for the tests: PostgreSQL, Redis, nginx and aiochat itself, each in a folder and on a port of its own.

Everything here is synchronous and built on subprocesses; fixtures and the names of people and rooms live elsewhere."""

from tests.servers.aiochat import Aiochat
from tests.servers.nginx import Nginx
from tests.servers.postgres import Postgres
from tests.servers.process import ROOT, Server, ServerError, free_port
from tests.servers.redis import Redis, RedisCluster

__all__ = ["ROOT", "Aiochat", "Nginx", "Postgres", "Redis", "RedisCluster", "Server", "ServerError", "free_port"]
