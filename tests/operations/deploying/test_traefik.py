"""The files for Traefik in the documents, by their syntax: its file provider refuses what has another key or
names what isn't there. Traefik itself is no package of Debian."""

import re
import textwrap
from typing import Any

import pytest
import yaml

from tests.support.servers import ROOT

ROUTER = {"rule", "entryPoints", "service", "middlewares", "priority", "tls"}
TLS = {"certResolver", "domains", "options"}
BALANCER = {"servers", "passHostHeader", "healthCheck", "sticky", "responseForwarding", "serversTransport"}
MATCHERS = {"Host", "HostRegexp", "Path", "PathPrefix", "PathRegexp", "Method", "Header", "Query", "ClientIP"}


def written_in(page: str) -> dict[str, Any]:
    """The block of code of the page's part about Traefik."""
    part = (ROOT / page).read_text().split("## Traefik\n")[1].split("\n## ")[0]
    code = [line for line in part.splitlines() if line.startswith("    ")]
    found: dict[str, Any] = yaml.safe_load(textwrap.dedent("\n".join(code)))
    return found


@pytest.mark.parametrize(
    ("page", "comes"),
    [
        ("docs/how-to/caddy.md", ["chat.example.org"]),
        ("docs/how-to/subpath.md", ["example.org", "/chat", "/chat/"]),
    ],
)
def test_it_is_one(page: str, comes: list[str]) -> None:
    found = written_in(page)
    assert found.keys() == {"http"}
    routers, services = found["http"].pop("routers"), found["http"].pop("services")
    assert found["http"] == {}, "what it names is looked at below"
    for router in routers.values():
        assert router.keys() <= ROUTER
        assert router.get("tls", {}).keys() <= TLS
        assert router["service"] in services
        assert isinstance(router["entryPoints"], list)
        named = re.findall(r"(\w+)\(`([^`]+)`\)", router["rule"])
        assert {matcher for matcher, _ in named} <= MATCHERS
        assert [value for _, value in named] == comes
        assert re.fullmatch(r"[()|& ]*", re.sub(r"\w+\(`[^`]+`\)", "", router["rule"]))
        assert router["rule"].count("(") == router["rule"].count(")")
    for service in services.values():
        [(kind, balancer)] = service.items()
        assert (kind, balancer.keys() <= BALANCER) == ("loadBalancer", True)
        assert [one.keys() for one in balancer["servers"]] == [{"url"}]
        assert balancer["servers"][0]["url"] == "http://127.0.0.1:8080"
