"""Prepares scripts for the browser: finds their imports and removes comments. Line numbers stay the
same, so that error messages match the source."""

import re

_IMPORT = re.compile(r'^(?:import|export)\b[^"\';(]*["\'](\.{1,2}/[^"\']+)["\']', re.MULTILINE)

_COMMENT = re.compile(
    r"^[ \t]*(?:/\*(?:(?!\*/)[\s\S])*\*/|//[^\n]*)[ \t]*$"  # on lines of their own
    r"|/\*\* @type (?:(?!\*/)[^\n])*\*/ ?",  # the type of an expression
    re.MULTILINE,
)


def imports(text: str) -> list[str]:
    """Returns the relative paths that an ES module imports statically."""
    return _IMPORT.findall(text)


def without_comments(text: str) -> str:
    """Removes comments. Comments after code stay, and so does text in a template literal that looks
    like a comment."""
    kept: list[str] = []
    end, is_literal = 0, False
    for comment in _COMMENT.finditer(text):
        code = text[end : comment.start()]
        # A template literal has two backticks. An odd number means that this is inside one, or that
        # it is ambiguous.
        is_literal ^= code.count("`") % 2 == 1
        kept += [code, comment[0] if is_literal else "\n" * comment[0].count("\n")]
        end = comment.end()
    return "".join([*kept, text[end:]])
