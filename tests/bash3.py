"""What bash 3.2, the /bin/sh of CentOS 5, cannot parse or does not have, found in a program by a real parser (tree-sitter).

Source: bash's CHANGES (up to 4.0 a ``$(...)`` ends with the parenthesis that a scan for quotes and parentheses comes to, so that a
pattern of ``case`` ends it, and a comment or a here-document may); POSIX.1-2017, Shell Command Language, for what no sh need know.
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
    "herestring_redirect": "a here-string (<<<)",
    "process_substitution": "a process substitution",
    "ansi_c_string": "a string in $'...'",
    "c_style_for_statement": "for ((...))",
    "subscript": "an array's element",
}
WORDS = ("local", "declare", "typeset", "function")
OPERATORS = ("[[", "+=", "&>", "|&", "&>>")


@functools.lru_cache(maxsize=None)
def faults(program: str) -> "tuple[str, ...]":
    """Why bash 3.2 as /bin/sh would not run this program, a line each; nothing if it would. Programs within it count too."""
    text = program.replace("<>/", "< /")  # the grammar does not know POSIX' operator <>
    tree = Parser(LANGUAGE).parse(text.encode("utf-8", "surrogateescape"))
    found: "list[str]" = []
    _walk(tree.root_node, False, found)
    if tree.root_node.has_error and not found:
        found.append("it cannot be parsed")
    return tuple(found)


def _walk(node, inside, found):
    def tell(what):
        found.append(f"line {node.start_point[0] + 1}: {what}: {_text(node).splitlines()[0][:60] if _text(node) else ''}")

    if node.is_error or node.is_missing:
        tell("it cannot be parsed")
    if node.type in FOREIGN:
        tell(FOREIGN[node.type])
    if not node.is_named and node.type in (*OPERATORS, *WORDS):
        tell(f"{node.type} is not POSIX")
    if inside:
        if node.type == "case_item" and node.children[0].type != "(":
            tell("a pattern of case without its opening parenthesis inside $(...)")
        if node.type == "heredoc_redirect":
            tell("a here-document inside $(...)")
        if node.type == "comment" and re.search(r"['\"`()]", _text(node)):
            tell("a comment with a quote or a parenthesis inside $(...)")
    if node.type == "command":
        found.extend(f"line {node.start_point[0] + 1}, within: {fault}" for inner in _programs(node) for fault in faults(inner))
    for child in node.children:
        _walk(child, inside or node.type == SUBSTITUTION, found)


def _text(node):
    return node.text.decode("utf-8", "replace")


def _unquoted(word):
    return re.sub(r'\\(["$`\\])', r"\1", word[1:-1]) if word[0] == '"' else shlex.split(word)[0]


def _programs(command):
    """The programs that a command gives to another shell (``bash -c "..."``), unquoted."""
    words = [_text(child) for child in command.children if child.is_named and "redirect" not in child.type]
    shells = [at for at, word in enumerate(words) if re.fullmatch(r"(/bin/)?(ba|da)?sh", word)]
    if shells and "-c" in words[shells[0] :]:
        given = words[words.index("-c", shells[0]) + 1 :][:1]
        return [_unquoted(word) for word in given if word[:1] in "\"'"]
    return []
