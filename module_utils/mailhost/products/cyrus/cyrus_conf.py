"""Cyrus' cyrus.conf, lossless.

Source: cyrus.conf(5): sections ``START {``, ``SERVICES {``, ``EVENTS {`` up to ``}``; in them a name and attributes
``name="value"`` or ``name=value``; ``#`` begins a comment line.
"""

from __future__ import annotations

import re
from typing import Dict, List, Optional

from ...core.errors import BadInput
from ...formats.lines import Entry, insert, scalar, split

_ENTRY = re.compile(
    r'^(?P<lead>\s*)(?P<off>#\s*)?(?P<name>[A-Za-z0-9]+)(?P<attributes>(?:\s+[A-Za-z0-9_]+\s*=\s*(?:"[^"]*"|[^\s"#{}]+))+)\s*$'
)
_ATTRIBUTE = re.compile(r'([A-Za-z0-9_]+)\s*=\s*("[^"]*"|[^\s"#{}]+)')


class Service(Entry):
    """An entry of a section; ``off`` if it is commented out."""

    def __init__(self, raw: str, line: int, section: str, name: str, attributes: "Dict[str, str]", off: bool) -> None:
        super().__init__(raw, line)
        self.section, self.name, self.attributes, self.off = section, name, attributes, off

    @property
    def program(self) -> str:
        """The first word of the command."""
        return (self.attributes.get("cmd", "").split() or [""])[0]


class CyrusConf:
    def __init__(self, text: str = "", name: str = "cyrus.conf") -> None:
        self.name = name
        self.entries: "List[Entry]" = []
        section = ""
        for number, raw in split(text):
            head = re.match(r"^\s*([A-Za-z]+)\s*\{\s*(?:#.*)?$", raw)
            match = _ENTRY.match(raw.rstrip("\r\n"))
            if head:
                section = head.group(1)
            elif re.match(r"^\s*\}", raw):
                section = ""
            if section and match and not head:
                attributes = {key: value.strip('"') for key, value in _ATTRIBUTE.findall(match["attributes"])}
                self.entries.append(Service(raw, number, section, match["name"], attributes, bool(match["off"])))
            else:
                self.entries.append(Entry(raw, number))

    def render(self) -> str:
        return "".join(entry.raw for entry in self.entries)

    def services(self, section: str = "SERVICES") -> "List[Service]":
        """The entries of a section, those commented out among them."""
        return [entry for entry in self.entries if isinstance(entry, Service) and entry.section == section]

    def get(self, name: str) -> Optional[Service]:
        """The service that is switched on."""
        return next((service for service in self.services() if service.name == name and not service.off), None)

    def set(self, name: str, **attributes: str) -> None:
        """See that a service is on and has these attributes; one that is commented out is used again."""
        for key, value in attributes.items():
            scalar(key, value)
            if '"' in value:
                raise BadInput(f"{self.name}, {name}", f"a quote in {key}", "Leave it out")
        service = self.get(name)
        if service is None:
            spare = [candidate for candidate in self.services() if candidate.name == name]
            service = spare[0] if spare else self._add(name)
            if service.off:
                service.raw, service.off = (
                    re.sub(r"^(\s*)#\s*", r"\1" if service.raw.startswith((" ", "\t")) else "\t", service.raw),
                    False,
                )
        for key, value in attributes.items():
            if service.attributes.get(key) != value:
                self._attribute(service, key, value)

    def _attribute(self, service: Service, key: str, value: str) -> None:
        text = f'{key}="{value}"'
        pattern = re.compile(rf'\b{key}\s*=\s*("[^"]*"|[^\s"#{{}}]+)')
        service.raw = (
            pattern.sub(lambda _: text, service.raw, count=1)
            if key in service.attributes
            else re.sub(r"(\s*)$", lambda end: f" {text}{end.group(1)}", service.raw, count=1)
        )
        service.attributes[key] = value

    def _add(self, name: str) -> Service:
        """A new line before the brace that ends SERVICES."""
        services = self.services()
        if services:
            at = self.entries.index(services[-1]) + 1
        else:
            heads = [at for at, entry in enumerate(self.entries) if re.match(r"^\s*SERVICES\s*\{", entry.raw)]
            if not heads:
                insert(self.entries, len(self.entries), Entry("SERVICES {\n}\n", 0))
                self.__init__(self.render(), self.name)  # type: ignore[misc]  # read anew, on purpose
                return self._add(name)
            at = heads[0] + 1
        service = Service(f"\t{name}\n", 0, "SERVICES", name, {}, False)
        insert(self.entries, at, service)
        return service

    def unset(self, name: str) -> None:
        """Comment a service out: its line stays for whoever wants it back."""
        for service in self.services():
            if service.name == name and not service.off:
                service.raw, service.off = "#" + service.raw, True

    def settings(self) -> "list[str]":
        """What a diff compares: the services that are on."""
        return [
            " ".join(service.raw.split())
            for section in ("START", "SERVICES", "EVENTS")
            for service in self.services(section)
            if not service.off
        ]
