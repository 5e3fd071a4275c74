"""What a browser needs of a script: its imports are found, its comments left out. Lines keep their
numbers, so that errors name them."""

import re

_IMPORT = re.compile(r'^(?:import|export)\b[^"\';(]*["\'](\.{1,2}/[^"\']+)["\']', re.MULTILINE)

_COMMENT = re.compile(
    r"^[ \t]*(?:/\*(?:(?!\*/)[\s\S])*\*/|//[^\n]*)[ \t]*$"  # on lines of its own
    r"|/\*\* @type (?:(?!\*/)[^\n])*\*/ ?",  # the type of an expression
    re.MULTILINE,
)


def imports(text: str) -> list[str]:
    """The relative addresses that an ES module imports before it runs."""
    return _IMPORT.findall(text)


def without_comments(text: str) -> str:
    """The same script for an engine. Comments behind code stay, and so does what looks like one
    within a template literal."""
    kept: list[str] = []
    end, is_literal = 0, False
    for comment in _COMMENT.finditer(text):
        code = text[end : comment.start()]
        # Of each template literal there are two backticks; where their number is odd, this is
        # within one, or can't be told.
        is_literal ^= code.count("`") % 2 == 1
        kept += [code, comment[0] if is_literal else "\n" * comment[0].count("\n")]
        end = comment.end()
    return "".join([*kept, text[end:]])
