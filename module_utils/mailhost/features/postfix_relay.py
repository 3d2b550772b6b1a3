"""Who may relay through Postfix, for which domains it accepts mail, and where it sends the rest.

A rule that would let a stranger relay is refused, whoever wrote it: the options' values, and what stands on the host.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Iterable, Mapping, Optional

from ..conf.main_cf import MainCf
from ..conf.master_cf import MasterCf
from ..dialects import postfix as dialect
from ..dialects.system import REQUESTS, system
from ..dialects.versions import Version, dotted, version
from ..errors import BadConfiguration, BadInput
from ..host import Command, File, Request, Seen
from ..plan import OPTIONS, Check, Plan, Run, Write

MAIN, MASTER = "/etc/postfix/main.cf", "/etc/postfix/master.cf"
VERSION = ("postconf", "-d", "-h", "mail_version")
MAP_TYPE = ("postconf", "-d", "-h", "default_database_type")
ALIASES, MAILBOXES = "/etc/mailhost/aliases", "/etc/mailhost/mailboxes"
ARGUMENT_SPEC: "dict[str, Any]" = {
    "hostname": {"type": "str", "required": True},
    "domains": {"type": "list", "elements": "str", "required": True},
    "networks": {"type": "list", "elements": "str", "default": ["127.0.0.0/8", "::1/128"]},
    "relay_domains": {"type": "list", "elements": "str", "default": []},
    "authenticated": {"type": "bool", "default": True},
    "smarthost": {"type": "str", "default": ""},
    "certificate": {"type": "path"},
    "key": {"type": "path", "no_log": False},
    "mailbox_store": {"type": "str", "choices": ["system", "virtual"], "default": "system"},
    "maildir": {"type": "str", "default": "Maildir"},
    **OPTIONS,
}
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
NAME = re.compile(rf"^{_LABEL}(?:\.{_LABEL})+$")
_SMARTHOST = re.compile(rf"^(?:\[(?:{_LABEL}(?:\.{_LABEL})*|[0-9.]+|IPv6:[0-9a-fA-F:]+)\]|{_LABEL}(?:\.{_LABEL})+)(?::\d{{1,5}})?$")


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    _validate(params)
    return (*REQUESTS, Command(VERSION), Command(MAP_TYPE), File(MAIN), File(MASTER), File(ALIASES), File(MAILBOXES))


def network(place: str, text: str) -> str:
    """A network in Postfix' form; refuses what is not one, and what would trust strangers."""
    try:
        found = ipaddress.ip_network(text, strict=True)
    except ValueError as error:
        detail = "has host bits set" if "host bits" in str(error) else "is not an IP network"
        raise BadInput(place, f"{text!r} {detail}", "Write it as address/length, as in 192.0.2.0/24") from None
    widest = 8 if found.version == 4 else 16
    if found.prefixlen < widest:
        raise BadInput(
            place,
            f"{text} would let strangers relay: it holds {'all of' if not found.prefixlen else 'much of'} the Internet",
            f"Name your own networks, no wider than /{widest}",
        )
    return str(found) if found.version == 4 else f"[{found.network_address}]/{found.prefixlen}"


def domain(place: str, text: str) -> str:
    if not NAME.match(text) or len(text) > 253 or text.rsplit(".", 1)[-1].isdigit():
        raise BadInput(place, f"{text!r} is not a domain of at least two labels", "Write it as in example.org (IDNA form)")
    return text.lower()


def _validate(params: Mapping[str, Any]) -> None:
    for text in params["networks"]:
        network("networks", text)
    for option in ("domains", "relay_domains"):
        for text in params[option]:
            domain(option, text)
    if not params["domains"]:
        raise BadInput("domains", "empty: mail would be accepted for nobody", "Name the domains delivered here")
    domain("hostname", params["hostname"])
    both = sorted(set(map(str.lower, params["domains"])) & set(map(str.lower, params["relay_domains"])))
    if both:
        raise BadInput("relay_domains", f"{', '.join(both)} is delivered here and cannot be passed on too", "Name it once")
    if params["smarthost"] and not _SMARTHOST.match(params["smarthost"]):
        raise BadInput("smarthost", f"{params['smarthost']!r} is neither a name nor [host]:port", "Write [mail.example.org]:587")


def map_type(seen: Seen) -> str:
    """The type of Postfix' own lookup tables on this host (hash, or lmdb where there is no Berkeley DB)."""
    kind = seen.output(*MAP_TYPE).text.strip()
    return kind if kind in dialect.MAP_SUFFIX else "hash"


def postfix_version(seen: Seen) -> Version:
    said = seen.output(*VERSION)
    number: Optional[Version] = version(said.text) if said.ok else None
    if number is None:
        raise BadConfiguration("postconf -d mail_version", "no Postfix is installed", "Install it (mail_packages)")
    if number < dialect.FIRST:
        raise BadConfiguration("postconf -d mail_version", f"{dotted(number)} is older than 2.3", "Upgrade Postfix")
    return number


def restrictions(rule: str, authenticated: bool, stands: "Optional[str]") -> str:
    """The list that guards relaying. Where it is also the list for everything else (before 2.10), what stood there
    besides goes behind the guard, where it can refuse more but open nothing."""
    guard = ["permit_mynetworks", *(["permit_sasl_authenticated"] if authenticated else []), "reject_unauth_destination"]
    rest: "list[str]" = []
    if rule == "smtpd_recipient_restrictions" and stands:
        words = re.split(r"[\s,]+", stands.strip())
        dropped = (*guard, "permit_sasl_authenticated", "defer_unauth_destination", "permit", "")
        rest = [word for word in words if word not in dropped]
        joined, words = "", []
        for word in rest:  # a table belongs to the word before it
            if ":" in word or word.startswith("/"):
                joined = words.pop() if words else ""
                words.append(f"{joined} {word}".strip())
            else:
                words.append(word)
        rest = words
    return ", ".join(guard + rest)


def _settings(params: Mapping[str, Any], number: Version, platform: Any, kind: str, main: MainCf) -> "dict[str, str]":
    domains = [domain("domains", text) for text in params["domains"]]
    virtual = params["mailbox_store"] == "virtual"
    authenticated = params["authenticated"]
    rule = dialect.RELAY_RULE.at(number) or ""
    local = ["localhost"] if virtual else ["$myhostname", "localhost.$mydomain", "localhost", *domains]
    found = {
        "myhostname": params["hostname"].lower(),
        "inet_interfaces": "all",
        "mydestination": ", ".join(dict.fromkeys(local)),
        "mynetworks": " ".join(network("networks", text) for text in params["networks"]) or "127.0.0.0/8",
        "relay_domains": " ".join(domain("relay_domains", text) for text in params["relay_domains"]),
        "relayhost": params["smarthost"],
        rule: restrictions(rule, authenticated, main.get(rule)),
        "smtpd_tls_cert_file": params.get("certificate") or platform.certificate,
        "smtpd_tls_key_file": params.get("key") or platform.key,
        "smtpd_tls_security_level": "may",
        "smtpd_tls_auth_only": "yes",
        "smtpd_sasl_auth_enable": "yes" if authenticated else "no",
        "virtual_alias_maps": f"{kind}:{ALIASES}",
        "home_mailbox": params["maildir"] + "/",
    }
    if authenticated:
        found.update(smtpd_sasl_type="dovecot", smtpd_sasl_path="private/auth", smtpd_sasl_security_options="noanonymous")
    if virtual:
        found.update(
            virtual_mailbox_domains=" ".join(domains),
            virtual_mailbox_maps=f"{kind}:{MAILBOXES}",
            virtual_mailbox_base="/var/vmail",
            virtual_uid_maps="static:5000",
            virtual_gid_maps="static:5000",
            virtual_minimum_uid="500",
        )
    return found


def map_files(plan: Plan, seen: Seen, kind: str, contents: "dict[str, str]") -> None:
    """Write lookup tables and build them. A table is built again whenever its text changes."""
    for path, text in contents.items():
        state = seen.file(path)
        if plan.write(Write(state, text.encode("utf-8"), fallback_mode=0o644)):
            build = ("postmap", f"{kind}:{path}")
            plan.operations.append(Run(f"build {path}", build, after_undo=build if state.exists else ()))


def _guard_services(master: MasterCf, rule: str) -> None:
    """An smtpd service whose own options take the guard away is refused, with its place."""
    for service in master.services():
        if service.fields[7] != "smtpd":
            continue
        for name, value in service.options.items():
            words = re.split(r"[\s,]+", value)
            place = f"{master.name}:{service.line}"
            if name == rule and not any(word in dialect.REJECTS for word in words):
                raise BadConfiguration(
                    place, f"service {service.fields[0]} overrides {name} with nothing that rejects a stranger", "Remove that -o"
                )
            if name == "mynetworks":
                for word in filter(None, words):
                    try:
                        network(place, word.replace("[", "").replace("]", ""))
                    except BadInput as error:
                        raise BadConfiguration(place, f"-o mynetworks: {error.what}", "Remove that -o") from None


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    _validate(params)
    number, platform, kind = postfix_version(seen), system(seen), map_type(seen)
    for path in (MAIN, MASTER):
        if seen.file(path).kind != "file":
            raise BadConfiguration(path, "is not there or is not a file", "Reinstall Postfix' configuration")
    main, master = MainCf(seen.file(MAIN).text, MAIN), MasterCf(seen.file(MASTER).text, MASTER)
    before, services = main.settings(), master.settings()
    rule = dialect.RELAY_RULE.at(number) or ""
    _guard_services(master, rule)
    for name, value in _settings(params, number, platform, kind, main).items():
        main.set(name, value)
    if params["mailbox_store"] == "system":
        for name in ("virtual_mailbox_domains", "virtual_mailbox_maps"):
            main.unset(name)
    _submission(master, params["authenticated"], rule)
    plan = Plan(services=("postfix",), facts={"version": dotted(number)})
    map_files(plan, seen, kind, _first_maps(params, seen))
    changed = plan.write(Write(seen.file(MAIN), _bytes(main.render()), settings=(before, main.settings())))
    changed |= plan.write(Write(seen.file(MASTER), _bytes(master.render()), settings=(services, master.settings())))
    if changed:
        plan.operations.append(Check("/etc/postfix", ("postconf", "-c", "@TREE@", "-n")))
        plan.operations.append(Check("/etc/postfix", ("postfix", "-c", "@TREE@", "check")))
    return plan


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _first_maps(params: Mapping[str, Any], seen: Seen) -> "dict[str, str]":
    """Tables that the settings name must exist: empty ones, until mailboxes fills them."""
    paths = [ALIASES] + ([MAILBOXES] if params["mailbox_store"] == "virtual" else [])
    return {path: "# Written by mailhost (mailboxes).\n" for path in paths if not seen.file(path).exists}


def _submission(master: MasterCf, authenticated: bool, rule: str) -> None:
    """Port 587 for those who log in, and for nobody else; its chroot is that of port 25."""
    if not authenticated:
        master.unset("submission", "inet")
        return
    smtp = master.get("smtp", "inet")
    chroot = smtp.fields[4] if smtp else "n"
    options = {
        "smtpd_tls_security_level": "encrypt",
        "smtpd_sasl_auth_enable": "yes",
        rule: "permit_sasl_authenticated,reject",
    }
    master.set(["submission", "inet", "n", "-", chroot, "-", "-", "smtpd"], options)
