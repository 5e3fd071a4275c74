"""`make release VERSION=1.2.3`: checks that this is a release, makes what it consists of, and tags it.

Nothing leaves this machine: it says what to push. Whatever fails, nothing is committed or tagged."""

import argparse
import datetime
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
FROZEN = "migrations/SHA256SUMS"
EDITED = ("pyproject.toml", "CHANGELOG.md", FROZEN)
UNRELEASED = "## Unreleased\n"
BUILDERS = ("buildah", "podman", "docker")

_VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")
_PROJECT = re.compile(r'^version = "(.*)"$', re.MULTILINE)


class Failure(Exception):
    """It is no release. The text is one line."""


def say(text: str) -> None:
    print(f"release: {text}", flush=True)


def git(*words: str) -> str:
    done = subprocess.run(["git", "-C", ROOT, *words], check=False, capture_output=True, text=True)
    if done.returncode:
        raise Failure(f"git {words[0]}: {(done.stderr or done.stdout).strip().splitlines()[-1]}")
    return done.stdout.strip()


def numbers(version: str) -> tuple[int, ...]:
    found = _VERSION.fullmatch(version)
    if found is None:
        raise Failure(f"'{version}' isn't a version: three numbers, like 1.2.3 (https://semver.org)")
    return tuple(map(int, found.groups()))


# --- what is looked at --------------------------------------------------------------------------------------


def changed_migrations() -> list[str]:
    """Those that aren't as they were released. Whoever has run one already never sees a change of it."""
    lines = [line.split("  ", 1) for line in (ROOT / FROZEN).read_text().splitlines()]
    return [
        name
        for digest, name in lines
        if not (ROOT / "migrations" / name).exists() or digest_of(ROOT / "migrations" / name) != digest
    ]


def digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def pins(name: str) -> dict[str, str]:
    """The versions of a file of requirements, by normalized names."""
    found = re.findall(
        r"^([A-Za-z0-9._-]+)(?:\[.*?\])?==([^\s;\\]+)", (ROOT / name).read_text(), re.MULTILINE
    )
    return {re.sub(r"[-_.]+", "-", one.lower()): version for one, version in found}


def unlocked() -> list[str]:
    """What requirements.lock lacks of requirements.txt."""
    locked = pins("requirements.lock")
    return [name for name, version in pins("requirements.txt").items() if locked.get(name) != version]


def notes() -> str:
    """What is new, as it stands in the changelog."""
    text = (ROOT / "CHANGELOG.md").read_text()
    _, found, after = text.partition(UNRELEASED)
    section = re.split(r"^## ", after, maxsplit=1, flags=re.MULTILINE)[0].strip()
    if not found or not section:
        raise Failure("CHANGELOG.md says nothing under 'Unreleased'")
    return section


def check(version: str, *, is_tested: bool) -> None:
    wanted = numbers(version)
    if changed := git("status", "--porcelain"):
        raise Failure(f"there are changes that aren't committed, as {changed.split()[-1]}")
    former = [numbers(tag[1:]) for tag in git("tag", "--list", "v*").split() if _VERSION.fullmatch(tag[1:])]
    if former and wanted <= max(former):
        raise Failure(f"{version} doesn't come after {'.'.join(map(str, max(former)))}, the last release")
    notes()
    if changed_files := changed_migrations():
        raise Failure(f"migrations/{changed_files[0]} isn't what was released: it never changes again")
    if names := unlocked():
        raise Failure(f"requirements.lock lacks {names[0]} as requirements.txt has it: make lock")
    if not is_tested:
        raise Failure("has .ci/run passed for this commit? Then say so: make release VERSION=… ARGS=--tested")


# --- what is made -------------------------------------------------------------------------------------------


def edit(version: str) -> None:
    """The version is in pyproject.toml and nowhere else; what was unreleased has a number and a day."""
    project, changes = ROOT / "pyproject.toml", ROOT / "CHANGELOG.md"
    project.write_text(_PROJECT.sub(f'version = "{version}"', project.read_text(), count=1))
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    head = f"{UNRELEASED}\n## {version} ({today})\n"
    changes.write_text(changes.read_text().replace(UNRELEASED, head, 1))
    paths = sorted((ROOT / "migrations").glob("[0-9]*.py"))
    (ROOT / FROZEN).write_text("".join(f"{digest_of(path)}  {path.name}\n" for path in paths))


def components() -> Iterator[dict[str, object]]:
    """Of requirements.lock: each with the hashes of its files."""
    text = (ROOT / "requirements.lock").read_text().replace("\\\n", " ")
    for line in text.splitlines():
        found = re.match(r"([A-Za-z0-9._-]+)(?:\[.*?\])?==(\S+)", line)
        if found is None:
            continue
        name, version = found.groups()
        purl = f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"
        digests = re.findall(r"--hash=sha256:([0-9a-f]{64})", line)
        yield {
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "version": version,
            "purl": purl,
            "externalReferences": [
                {
                    "type": "distribution",
                    "url": f"https://pypi.org/project/{name}/{version}/",
                    "hashes": [{"alg": "SHA-256", "content": digest} for digest in digests],
                }
            ],
        }


def bill_of_materials(version: str) -> str:
    """CycloneDX 1.6."""
    listed = list(components())
    own = f"pkg:pypi/aiochat@{version}"
    found = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": "aiochat",
                "version": version,
                "licenses": [{"license": {"id": "MIT"}}],
            }
        },
        "components": listed,
        "dependencies": [{"ref": own, "dependsOn": [one["bom-ref"] for one in listed]}],
    }
    return json.dumps(found, indent=1) + "\n"


def make(version: str) -> None:
    """Into dist/: wheel, archive, bill of materials, and the checksums of all."""
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(DIST), str(ROOT)]
    done = subprocess.run(build, check=False, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout[-3000:], done.stderr[-3000:], sep="\n", file=sys.stderr)
        raise Failure("the wheel can't be built (see above)")
    (DIST / f"aiochat-{version}.cdx.json").write_text(bill_of_materials(version))
    paths = sorted(DIST.iterdir())
    (DIST / "SHA256SUMS").write_text("".join(f"{digest_of(path)}  {path.name}\n" for path in paths))
    for path in paths:
        say(f"made dist/{path.name}, {path.stat().st_size / 1e6:.1f} MB")


def make_image(*, is_wanted: bool) -> None:
    if not is_wanted:
        return
    if not any(shutil.which(name) for name in BUILDERS):
        say(f"no image: there is none of {', '.join(BUILDERS)}")
        return
    if subprocess.run([ROOT / "deploy" / "image"], check=False).returncode:
        raise Failure("the image can't be built (see above; --no-image leaves it out)")


def main() -> int:
    parser = argparse.ArgumentParser(prog="release", description=__doc__)
    parser.add_argument("version", metavar="VERSION", help="like 1.2.3")
    parser.add_argument("--tested", action="store_true", help=".ci/run has passed for this commit")
    parser.add_argument("--check", action="store_true", help="only look whether it could be released")
    parser.add_argument("--no-image", action="store_true", help="build no image")
    arguments = parser.parse_args()
    version = arguments.version
    try:
        check(version, is_tested=arguments.tested)
        if arguments.check:
            say(f"{version} can be released")
            return 0
        text = notes()
        try:
            edit(version)
            make(version)
            make_image(is_wanted=not arguments.no_image)
            git("commit", "--quiet", "--message", f"Release {version}", "--", *EDITED)
        except BaseException:
            git("checkout", "--quiet", "HEAD", "--", *EDITED)
            raise
        git(
            "tag",
            "--annotate",
            "--cleanup=verbatim",
            "--message",
            f"aiochat {version}\n\n{text}",
            f"v{version}",
        )
    except Failure as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    say(f"tagged v{version}. To publish it: git push --follow-tags, and what is in dist/ beside the tag")
    return 0


if __name__ == "__main__":
    sys.exit(main())
