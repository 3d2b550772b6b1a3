"""Sendmail's sendmail.mc, lossless: text for m4, read as far as m4 itself reads it.

Source: m4(1) and cf/README: a macro's arguments stand in parentheses right behind its name; `` ` `` and ``'`` quote and
nest; ``dnl`` eats the rest of its line; ``#`` begins a comment that is copied; ``changequote`` sets other quotes; of
two ``define`` the last counts. Order: OSTYPE, DOMAIN, FEATURE, definitions, MAILER, then raw lines for the cf.
"""

from __future__ import annotations

import re
from typing import Iterator, List, Optional, Sequence

from ...core.errors import BadInput
from ...formats.lines import Entry, stripped

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KNOWN = (
    "define",
    "undefine",
    "include",
    "sinclude",
    "ifdef",
    "ifelse",
    "divert",
    "changequote",
    "syscmd",
    "esyscmd",
    "pushdef",
)
_FORBIDDEN = "`'()\r\n\0"


class Call(Entry):
    """A macro with its arguments: ``args`` as m4 would hand them on, outer quotes removed."""

    def __init__(self, raw: str, line: int, name: str, args: Sequence[str]) -> None:
        super().__init__(raw, line)
        self.name, self.args = name, list(args)


def quoted(place: str, value: str) -> str:
    """A value as a quoted argument; refuses what m4 would see as more than text."""
    if any(character in _FORBIDDEN for character in value) or re.search(r"(?<![A-Za-z0-9_])dnl(?![A-Za-z0-9_])", value):
        raise BadInput(
            place, f"{value[:60]!r} holds a quote, a parenthesis, a newline or dnl, which m4 would obey", "Leave it out"
        )
    return f"`{value}'"


class _Reader:
    """Splits a text into plain text and macro calls."""

    def __init__(self, text: str, first: int = 1) -> None:
        self.text, self.at, self.line = text, 0, first
        self.open, self.close = "`", "'"
        self.entries: List[Entry] = []
        self._plain = 0

    def _flush(self, upto: int) -> None:
        if upto > self._plain:
            raw = self.text[self._plain : upto]
            self.entries.append(Entry(raw, self.line))
            self.line += raw.count("\n")

    def _end_of_line(self) -> int:
        return self.text.find("\n", self.at) + 1 or len(self.text)

    def _end_of_quote(self, at: int) -> int:
        """The place behind the quote that begins at ``at``; the end of the text if it is never closed."""
        depth, at = 1, at + len(self.open)
        while at < len(self.text) and depth:
            if self.text.startswith(self.close, at):
                depth, at = depth - 1, at + len(self.close)
            elif self.text.startswith(self.open, at):
                depth, at = depth + 1, at + len(self.open)
            else:
                at += 1
        return at

    def _arguments(self, at: int) -> "tuple[int, list[str]] | None":
        """Behind the closing parenthesis, and the arguments; None if it never closes."""
        args: "list[str]" = []
        depth, start = 0, at + 1
        while at < len(self.text):
            if self.text.startswith(self.open, at) and self.open:
                at = self._end_of_quote(at)
                continue
            character = self.text[at]
            if character == "(":
                depth += 1
            elif character == ")":
                depth -= 1
                if not depth:
                    return at + 1, [*args, self._value(self.text[start:at])]
            elif character == "," and depth == 1:
                args.append(self._value(self.text[start:at]))
                start = at + 1
            at += 1
        return None

    def _value(self, raw: str) -> str:
        """An argument without leading white space, ``dnl`` lines and outer quotes."""
        text = re.sub(r"^(?:\s+|dnl\b[^\n]*\n)+", "", raw)
        while self.open and text.startswith(self.open) and self._whole_quote(text):
            text = text[len(self.open) : -len(self.close)]
        return text

    def _whole_quote(self, text: str) -> bool:
        inner = _Reader(text)
        inner.open, inner.close = self.open, self.close
        return text.endswith(self.close) and inner._end_of_quote(0) == len(text)

    def _call(self, word: str, end: int) -> bool:
        """Take the macro call that begins here, if it is one."""
        if end >= len(self.text) or self.text[end] != "(" or not (word in _KNOWN or word.upper() == word):
            return False
        parsed = self._arguments(end)
        if parsed is None:
            return False
        self._flush(self.at)
        raw = self.text[self.at : parsed[0]]
        self.entries.append(Call(raw, self.line, word, parsed[1]))
        self.line += raw.count("\n")
        self.at = self._plain = parsed[0]
        if word == "changequote":
            self.open, self.close = (parsed[1] + ["'"])[:2] if parsed[1] != [""] else ("`", "'")
        return True

    def read(self) -> "List[Entry]":
        while self.at < len(self.text):
            match = _WORD.match(self.text, self.at)
            if match:
                if match.group() == "dnl":
                    self.at = self._end_of_line()
                elif not self._call(match.group(), match.end()):
                    self.at = match.end()
            elif self.text[self.at] == "#":
                self.at = self._end_of_line()
            elif self.open and self.text.startswith(self.open, self.at):
                self.at = self._end_of_quote(self.at)
            else:
                self.at += 1
        self._flush(self.at)
        return self.entries


class SendmailMc:
    """A sendmail.mc. ``calls`` finds macro calls, ``set_define`` and ``set_call`` edit them in place or add them."""

    def __init__(self, text: str = "", name: str = "sendmail.mc") -> None:
        self.name = name
        self._newline = "\r\n" if "\r\n" in text[:2000] else "\n"
        self.entries = _Reader(text).read()

    def render(self) -> str:
        return "".join(entry.raw for entry in self.entries)

    def calls(self, *names: str) -> "List[Call]":
        """Calls at the top of the file, in order; of all names if none is given."""
        return [entry for entry in self.entries if isinstance(entry, Call) and (not names or entry.name in names)]

    def every_call(self) -> "Iterator[Call]":
        """Calls wherever m4 may come by: also within the arguments of ifdef and ifelse."""
        for call in self.calls():
            yield call
            for text in call.args if call.name in ("ifdef", "ifelse") else []:
                for inner in _Reader(text, call.line).read():
                    if isinstance(inner, Call):
                        yield inner

    def definition(self, key: str) -> Optional[Call]:
        """The ``define`` that counts, the last one; None if a later ``undefine`` took it away."""
        calls = [call for call in self.calls("define", "undefine") if call.args[:1] == [key]]
        return calls[-1] if calls and calls[-1].name == "define" else None

    def get_define(self, key: str) -> Optional[str]:
        call = self.definition(key)
        return (call.args + [""])[1] if call else None

    def set_define(self, key: str, value: str) -> None:
        if self.get_define(key) == value:
            return
        raw = f"define({quoted(key, key)}, {quoted(key, value)})"
        call = self.definition(key)
        if call is not None:
            call.raw, call.args = raw, [key, value]
        else:
            self._add(Call(raw, 0, "define", [key, value]))

    def unset_define(self, key: str) -> None:
        for call in [call for call in self.calls("define") if call.args[:1] == [key]]:
            self.drop(call)

    def feature(self, name: str) -> Optional[Call]:
        calls = [call for call in self.calls("FEATURE") if call.args[:1] == [name]]
        return calls[-1] if calls else None

    def set_call(self, macro: str, *args: str) -> None:
        """See that a call with these very arguments is there;
        one of the same macro and first argument is changed into it."""
        calls = [call for call in self.calls(macro) if call.args[:1] == list(args[:1])]
        if calls and [arg.strip() for arg in calls[-1].args] == list(args):
            return
        raw = f"{macro}({', '.join(quoted(macro, arg) for arg in args)})"
        if calls:
            calls[-1].raw, calls[-1].args = raw, list(args)
        else:
            self._add(Call(raw, 0, macro, list(args)))

    def replace(self, call: Call, *args: str) -> None:
        if call.args != list(args):
            call.raw = f"{call.name}({', '.join(quoted(call.name, arg) for arg in args)})"
            call.args = list(args)

    def _add(self, call: Call) -> None:
        """On a line of its own before the first mailer: definitions and features belong there (cf/README)."""
        mailers = [at for at, entry in enumerate(self.entries) if _begins_mailers(entry)]
        at = mailers[0] if mailers else len(self.entries)
        call.raw += f"dnl{self._newline}"
        if at < len(self.entries) and self.entries[at].plain:
            entry = self.entries[at]
            place = entry.raw.index("MAILER_DEFINITIONS")
            self.entries[at : at + 1] = [Entry(entry.raw[:place], entry.line), Entry(entry.raw[place:], entry.line)]
            at += 1
        before = self.entries[at - 1].raw if at else "\n"
        if not before.endswith("\n"):
            call.raw = self._newline + call.raw
        self.entries.insert(at, call)

    def append_call(self, macro: str, *args: str, after: Optional[Call]) -> None:
        """A call on a line of its own behind another, or at the end."""
        call = Call(f"{macro}({', '.join(quoted(macro, arg) for arg in args)})dnl{self._newline}", 0, macro, list(args))
        at = self.entries.index(after) + 1 if after else len(self.entries)
        if at < len(self.entries) and self.entries[at].plain:  # the rest of its line stays with it
            entry = self.entries[at]
            end = entry.raw.find("\n") + 1 or len(entry.raw)
            self.entries[at : at + 1] = [Entry(entry.raw[:end], entry.line), Entry(entry.raw[end:], entry.line)]
            at += 1
        if at and not self.entries[at - 1].raw.endswith("\n"):
            call.raw = self._newline + call.raw
        self.entries.insert(at, call)

    def drop(self, call: Call) -> None:
        """Take a call out, with its line if nothing else is on it."""
        at = self.entries.index(call)
        following = self.entries[at + 1] if at + 1 < len(self.entries) else None
        starts = at == 0 or self.entries[at - 1].raw.endswith("\n")
        rest = re.match(r"[ \t]*(?:dnl[^\n]*)?(?:\n|$)", following.raw) if following and following.plain else None
        if starts and rest and following is not None:
            following.raw = following.raw[rest.end() :]
        self.entries.pop(at)

    def settings(self) -> "list[str]":
        """What a diff compares."""
        return [stripped(" ".join(call.raw.split()), "dnl") for call in self.calls()]


def _begins_mailers(entry: Entry) -> bool:
    if isinstance(entry, Call):
        return entry.name == "MAILER"
    return bool(re.search(r"^MAILER_DEFINITIONS", entry.raw, re.M))
