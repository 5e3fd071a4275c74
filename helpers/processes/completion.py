"""What makes a shell complete a program's commands and options. It is a table, so that a press of Tab
starts no program."""

from collections.abc import Mapping, Sequence

SHELLS = ("bash", "zsh", "fish")

_BASH = """\
_aiochat() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" words
    if [ "$COMP_CWORD" -eq 1 ]; then
        words="{commands}"
    else
        case "${{COMP_WORDS[1]}}" in
{cases}
        esac
    fi
    case "$word" in
        -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
        *) if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "$words" -- "$word"))
           else COMPREPLY=($(compgen -f -- "$word")); fi ;;
    esac
}}
complete -F _aiochat aiochat
"""


def completion_script(shell: str, options: Mapping[str, Sequence[str]]) -> str:
    """`options` are those of each command."""
    if shell == "fish":
        return _fish(options)
    cases = "\n".join(
        f'            {name}) words="{" ".join(listed)}" ;;' for name, listed in options.items()
    )
    script = _BASH.format(commands=" ".join(options), cases=cases)
    before = "autoload -Uz compinit bashcompinit && compinit && bashcompinit\n" if shell == "zsh" else ""
    return before + script


def _fish(options: Mapping[str, Sequence[str]]) -> str:
    lines = [f"complete -c aiochat -n __fish_use_subcommand -f -a {name}" for name in options]
    for name, listed in options.items():
        of_command = f"complete -c aiochat -n '__fish_seen_subcommand_from {name}'"
        lines += [f"{of_command} -l {option.removeprefix('--')}" for option in listed]
    return "\n".join(lines) + "\n"
