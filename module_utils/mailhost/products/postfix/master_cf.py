"""Postfix' master.cf, lossless. Source: master(5): eight fields and more, white space at the start of a line continues
the one before; ``-o name=value`` overrides main.cf for that service."""

from __future__ import annotations

import re
from typing import List, Optional

from ...core.errors import BadConfiguration
from ...formats.lines import Entry, drop, insert, scalar, split
from .tables import words

_FLAG, _NUMBER = re.compile(r"^[-yn]$"), re.compile(r"^(-|\d+)$")
#: what master(8) takes in a field (master(5), master_ent.c), which postfix check of 2.3 does not look at
FORMS = {
    1: ("type (inet, unix, fifo, pass)", re.compile(r"^(inet|unix|fifo|pass|unix-dgram)$")),
    2: ("private flag (y, n, -)", _FLAG),
    3: ("unprivileged flag (y, n, -)", _FLAG),
    4: ("chroot flag (y, n, -)", _FLAG),
    5: ("wakeup time", re.compile(r"^(-|\d+\??)$")),
    6: ("limit of processes", _NUMBER),
}


class Service(Entry):
    """``fields``: name, type, private, unprivileged, chroot, wakeup, maxproc, command and its arguments, as words."""

    def __init__(self, raw: str, line: int, fields: "list[str]") -> None:
        super().__init__(raw, line)
        self.fields = fields
        self._read: "tuple[list[str], tuple[list[str], list[str]]]" = [], ([], [])

    @property
    def key(self) -> "tuple[str, str]":
        return self.fields[0], self.fields[1]

    @property
    def options(self) -> "dict[str, str]":
        """The ``-o`` settings, the last of each name; ``-o { name = value }`` too (master(5), since 3.0)."""
        options = {}
        for setting in self._settings():
            name, separator, value = setting.partition("=")
            if separator:
                options[name.strip()] = value.strip()
        return options

    @property
    def unread(self) -> "list[str]":
        """Arguments that are no ``-o`` setting, and not ``-v`` or ``-D``: what they do is not known here."""
        odd = [setting for setting in self._settings() if not re.match(r"^\s*\w+\s*=", setting)]
        return [*odd, *(word for word in self._arguments()[1] if not re.match(r"^-[vD]+$", word))]

    def _settings(self) -> "list[str]":
        return self._arguments()[0]

    def _arguments(self) -> "tuple[list[str], list[str]]":
        """The settings behind ``-o``, and all else; kept until the fields are others."""
        if self._read[0] == self.fields:
            return self._read[1]
        settings: "list[str]" = []
        rest: "list[str]" = []
        arguments = iter(words(" ".join(self.fields[8:]), commas=False))
        for word in arguments:
            if not word.startswith("-o"):
                rest.append(word)
                continue
            setting = word[2:] or next(arguments, "")
            settings.append(setting[1:-1] if setting.startswith("{") and setting.endswith("}") else setting)
        self._read = list(self.fields), (settings, rest)
        return settings, rest


class MasterCf:
    def __init__(self, text: str = "", name: str = "master.cf") -> None:
        self.name = name
        self.entries: List[Entry] = []
        current: Optional[Service] = None
        held: List[Entry] = []
        for number, raw in split(text):
            if not raw.strip() or raw.lstrip().startswith("#"):
                held.append(Entry(raw, number))
            elif raw[0] in " \t" and current is not None:
                current.raw += "".join(entry.raw for entry in held) + raw
                current.fields += raw.split()
                held = []
            else:
                self.entries += held
                held = []
                current = Service(raw, number, raw.split())
                self.entries.append(current)
        self.entries += held
        for service in self.services():
            if len(service.fields) < 8:
                raise BadConfiguration(
                    f"{name}:{service.line}", "a service has eight fields, this one fewer", "Correct the line"
                )
            for at, (field, form) in FORMS.items():
                if not form.match(service.fields[at]):
                    fault = f"{service.fields[at][:40]!r} is no {field} of a service"
                    raise BadConfiguration(
                        f"{name}:{service.line}", f"{fault}, so master(8) would not start", "Correct the line"
                    )

    def render(self) -> str:
        return "".join(entry.raw for entry in self.entries)

    def services(self) -> "list[Service]":
        return [entry for entry in self.entries if isinstance(entry, Service)]

    def get(self, name: str, kind: str) -> Optional[Service]:
        services = [service for service in self.services() if service.key == (name, kind)]
        return services[-1] if services else None

    def set(self, fields: "list[str]", options: "dict[str, str]") -> None:
        """Give a service these eight fields and these ``-o`` options: in place if it differs, else at the end."""
        words = list(fields)
        for name, value in options.items():
            scalar(name, value)
            words += ["-o", f"{name}={value}"]
        service = self.get(words[0], words[1])
        if service is not None and service.fields[:8] == words[:8] and service.options == options:
            return
        raw = " ".join(f"{word:<9}" for word in words[:7]) + " " + words[7] + "\n"
        raw += "".join(f"  -o {name}={value}\n" for name, value in options.items())
        if service is not None:
            service.raw, service.fields = raw, words
        else:
            insert(self.entries, len(self.entries), Service(raw, 0, words))

    def adjust(self, service: Service, options: "dict[str, str]") -> None:
        """Give a service that stands these ``-o`` options; its other fields and options stay, to the letter."""
        for name, value in options.items():
            scalar(name, value)
            if service.options.get(name) == value:
                continue
            lead, setting = rf"(?<=\s)-o\s*{re.escape(name)}=\S*", f"-o {name}={value}"
            if re.search(lead, service.raw):
                service.raw = re.sub(lead, setting.replace("\\", r"\\"), service.raw)
            else:
                service.raw += ("" if service.raw.endswith("\n") else "\n") + f"  {setting}\n"
            lines = [line for _, line in split(service.raw)]
            service.fields = " ".join(line for line in lines if not line.lstrip().startswith("#")).split()

    def on(self, ports: "tuple[str, ...]") -> "list[Service]":
        """The services of inet on a port, by its name or number, on whichever address."""
        return [
            service
            for service in self.services()
            if service.fields[1] == "inet" and service.fields[0].rpartition(":")[2] in ports
        ]

    def set_chroot(self, name: str, kind: str, value: str) -> None:
        """The fifth field of a service (y, n or -), all else as it stands."""
        for service in self.services():
            if service.key == (name, kind) and service.fields[4] != value:
                service.raw = re.sub(r"^((?:\S+\s+){4})\S+", lambda match: match.group(1) + value, service.raw, count=1)
                service.fields[4] = value

    def unset(self, service: Service) -> None:
        drop(self.entries, self.entries.index(service))

    def settings(self) -> "list[str]":
        """What a diff compares."""
        return [" ".join(service.fields) for service in self.services()]
