"""What bash 3.2, the /bin/sh of CentOS 5, cannot parse or does not have,
found in a program by a real parser (tree-sitter).

Source: bash's CHANGES (up to 4.0 a ``$(...)`` ends with the parenthesis that a scan for quotes and
parentheses comes to, so that a pattern of ``case`` ends it, and a comment or a here-document may);
POSIX.1-2017, Shell Command Language, for what no sh need know.
"""

from __future__ import annotations

import functools
import re
import shlex

import tree_sitter_bash
from tree_sitter import Language, Parser

LANGUAGE = Language(tree_sitter_bash.language())
SUBSTITUTION = "command_substitution"
#: nodes that POSIX sh has not, and what they are
FOREIGN = {
    "array": "an array",
    "subscript": "an array's element",
    "herestring_redirect": "a here-string (<<<)",
    "process_substitution": "a process substitution",
    "ansi_c_string": "a string in $'...'",
    "translated_string": 'a string in $"..."',
    "brace_expression": "a sequence in braces",
    "c_style_for_statement": "for ((...))",
}
#: words that are none of POSIX sh's, as a command or before one
WORDS = (
    "local",
    "declare",
    "typeset",
    "function",
    "select",
    "coproc",
    "let",
    "source",
    "shopt",
    "mapfile",
    "readarray",
    "pushd",
    "popd",
)
OPERATORS = ("[[", "((", "+=", "&>", "&>>", "|&", ";&", ";;&", "==")
VARIABLES = re.compile(r"^(RANDOM|SECONDS|EUID|UID|PIPESTATUS|FUNCNAME|BASH\w*|SHELLOPTS|REPLY)$")
EXPANSION = re.compile(r"^\$\{#?(\w+|[@*#?$!-])(:?[-=?+].*|##?.*|%%?.*|)\}$", re.S)
SHELL = re.compile(r"^\\?(/\S*/)?(ba|da|k)?sh$")


@functools.lru_cache(maxsize=None)
def faults(program: str) -> "tuple[str, ...]":
    """Why bash 3.2 as /bin/sh would not run this program, a line each; nothing if it would.
    Programs within it count too."""
    text = program.replace("<>", "< ").replace(
        " - ]", ' "-" ]'
    )  # the grammar knows neither <> nor a bare - at the end of a test
    tree = Parser(LANGUAGE).parse(text.encode("utf-8", "surrogateescape"))
    found: "list[str]" = []
    _walk(tree.root_node, False, found)
    if tree.root_node.has_error and not found:
        found.append("it cannot be parsed")
    return tuple(dict.fromkeys(found))


def _walk(node, inside, found):
    where = f"line {node.start_point[0] + 1}"
    found.extend(
        f"{where}: {what}: {_text(node).partition(chr(10))[0][:60]}"
        for what in (*_foreign(node), *(_inside(node) if inside else ()))
    )
    found.extend(f"{where}, within: {fault}" for program in _programs(node) for fault in faults(program))
    for child in node.children:
        _walk(child, inside or node.type == SUBSTITUTION, found)


def _foreign(node):
    """What is wrong with a node wherever it stands."""
    text = _text(node)
    if node.is_error or node.is_missing:
        yield "it cannot be parsed"
    if node.type in FOREIGN:
        yield FOREIGN[node.type]
    if not node.is_named and node.type in (*OPERATORS, *WORDS):
        yield f"{node.type} is not POSIX"
    if node.type == "expansion" and not EXPANSION.match(text.strip()):
        yield "an expansion that is not POSIX"
    if node.type == "variable_name" and VARIABLES.match(text):
        yield f"{text} is not POSIX"
    if node.type == "file_redirect" and re.match(r"^>&\s*[^\d\s&$-]", text):
        yield ">& with a file is not POSIX"
    if node.type in ("command", "declaration_command"):
        yield from _words_that_are_foreign(_words(node))


def _words_that_are_foreign(words):
    names = [word.lstrip("\\") for word in words]
    while names[:1] and names[0] in ("command", "builtin", "exec", "eval"):
        names = names[1:]
    name, options = (names[0], names[1:]) if names else ("", [])
    if name in WORDS:
        yield f"{name} is not POSIX"
    if name == "read" and any(re.match(r"^-[a-z]*[^r-]", option) for option in options):
        yield "read knows -r alone"
    if name == "printf" and options[:1] == ["-v"]:
        yield "printf -v is not POSIX"
    if name == "set" and "pipefail" in options:
        yield "pipefail is not POSIX"
    if name == "trap" and {"ERR", "DEBUG", "RETURN"} & set(options):
        yield "a signal that is not POSIX"


def _inside(node):
    """What ends a substitution too early before bash 4.0."""
    if node.type == "case_item" and node.children[0].type != "(":
        yield "a pattern of case without its opening parenthesis inside $(...)"
    if node.type == "heredoc_redirect":
        yield "a here-document inside $(...)"
    if node.type == "comment" and re.search(r"['\"`()]", _text(node)):
        yield "a comment with a quote or a parenthesis inside $(...)"


def _text(node):
    return node.text.decode("utf-8", "replace")


def _words(command):
    return [
        _text(child) for child in command.children if child.type not in ("comment",) and "redirect" not in child.type
    ]


def _unquoted(word):
    if word[:1] == '"':
        return re.sub(r'\\(["$`\\])', r"\1", word[1:-1])
    return shlex.split(word)[0] if word[:1] == "'" else word


def _programs(node):
    """The programs that a command gives to another shell: by -c, to eval and trap, or as a here-document."""
    if node.type == "redirected_statement" and node.children and SHELL.match((_words(node.children[0]) or [""])[0]):
        yield from (_text(part) for child in node.children for part in child.children if part.type == "heredoc_body")
    if node.type != "command":
        return
    words = _words(node)
    if words[:1] == ["eval"]:
        yield " ".join(map(_unquoted, words[1:]))
    if words[:1] == ["trap"] and words[1:2] and words[1][:1] in "\"'":
        yield _unquoted(words[1])
    shells = [at for at, word in enumerate(words) if SHELL.match(word) or word == "su"]
    for at in shells[:1]:
        given = [words[of + 1] for of in range(at + 1, len(words) - 1) if re.match(r"^-[a-z]*c[a-z]*$", words[of])]
        yield from (_unquoted(word) for word in given[:1] if word[:1] in "\"'")
