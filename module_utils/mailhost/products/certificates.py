"""Key and certificate of a mail host: self-signed by the host's own openssl, given, or renewed on the host.

The self-signed way is that of Dovecot's mkcert.sh (doc/mkcert.sh): dovecot-openssl.cnf filled in, old pem files moved
aside, both made anew; but with 2048 bits, SHA-256 and subjectAltName, and the key made under umask 077.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Callable, Iterable, List, Mapping, Tuple

from ..core.errors import BadConfiguration, BadInput
from ..core.host import Command, File, Request, Seen
from ..core.loss import Loss
from ..core.operations import Plan, Run, Write
from ..core.shell.certificate import ISSUED, MAKE, UNMAKE
from ..core.shell.files import PUT, UNPUT
from ..formats.der import key_kind
from ..formats.lines import scalar
from ..systems.families import FAMILIES, Family, system
from . import access, chains
from .chains import names_of
from .keys import SHOWING, asked, date_of, day, public_of, stands_of
from .relay import NAME

SHOW = ("-noout", "-enddate", "-startdate", "-text", "-pubkey")
NOW = Command(("date", "-u", "+%s"))
OPENSSL = Command(("openssl", "version"))
_WAY = "Give a key, its certificate and the chain as PEM"


@dataclass(frozen=True)
class Daemon:
    """Where one names the certificates that it serves: what is read for that, and each certificate with its place."""

    reads: "Callable[[Seen], Iterable[Request]]"
    certificates: "Callable[[Seen], Iterable[Tuple[str, str]]]"


def in_file(path: str, named: "Callable[[str], Iterable[str]]") -> Daemon:
    """One that names them in one file."""

    def certificates(seen: Seen) -> "List[Tuple[str, str]]":
        state = seen.file(path)
        return [(certificate, path) for certificate in named(state.text)] if state.kind == "file" else []

    return Daemon(lambda seen: [File(path)], certificates)


class Serving:
    """The daemons that serve certificates, by their unit."""

    def __init__(self, daemons: "Mapping[str, Daemon]") -> None:
        self.daemons = daemons

    def reads(self, units: "Iterable[str]", seen: Seen) -> "Iterable[Request]":
        for unit in units:
            if unit in self.daemons:
                yield from self.daemons[unit].reads(seen)

    def certificates(self, units: "Iterable[str]", seen: Seen) -> "List[Tuple[str, str]]":
        """Those that the daemons are told to serve, each with its place."""
        found = [pair for unit in units if unit in self.daemons for pair in self.daemons[unit].certificates(seen)]
        return [(path, place) for path, place in found if path.startswith("/")]


def paths_of(params: Mapping[str, Any], family: Family) -> "tuple[str, str]":
    return params.get("path") or family.certificate, params.get("key_path") or family.key


def validate(params: Mapping[str, Any]) -> None:
    if not params["names"]:
        raise BadInput("names", "empty: a certificate needs a name", "Name the host")
    for number, name in enumerate(params["names"]):
        if (
            not chains.is_address(name)
            and not NAME.match(name[2:] if name.startswith("*.") else name)
            or len(name) > 253
        ):
            raise BadInput(
                f"names[{number}]", f"{name!r} is not a host name of at least two labels", "Use the IDNA form"
            )
    for option in ("path", "key_path"):
        access.path(option, params.get(option))
        if params["provider"] == "host" and not params.get(option):
            raise BadInput(option, "missing, and the provider is host", "Name the file that is renewed on the host")
    if params["provider"] == "self_signed":
        _validate_self_signed(params)
    elif params["provider"] == "files":
        _validate_files(params)


def _validate_self_signed(params: Mapping[str, Any]) -> None:
    if params["bits"] < 2048 or params["bits"] > 16384:
        raise BadInput("bits", f"{params['bits']} is not between 2048 and 16384", "Use 2048 or more")
    if not 1 <= params["days"] <= 3650 or not 0 <= params["renew_days"] < params["days"]:
        raise BadInput("days", "days must be 1 to 3650, and renew_days fewer than days", "Correct them")


def _validate_files(params: Mapping[str, Any]) -> None:
    for option in ("certificate", "key"):
        if not params.get(option):
            raise BadInput(option, "missing, and the provider is files", _WAY)
    if "PRIVATE KEY" in params["certificate"] + params["chain"]:
        raise BadInput("certificate", "holds a private key", _WAY)
    chains.given(params["certificate"], params["chain"])
    if "ENCRYPTED" in params["key"]:
        raise BadInput("key", "is encrypted, and a daemon cannot type its password", "Give it unencrypted (vault it)")


def _given(params: Mapping[str, Any]) -> "list[Command]":
    """Questions about given material; the key goes through stdin only."""
    shown = Command(("openssl", "x509", *SHOW), params["certificate"])
    return [shown, *(Command(("openssl", kind, "-pubout"), params["key"]) for kind in SHOWING)]


def reads(params: Mapping[str, Any], seen: Seen, serving: Serving) -> "Iterable[Request]":
    yield from (NOW, OPENSSL)
    if params["provider"] == "files":
        yield from _given(params)
    for path, key in dict.fromkeys(paths_of(params, family) for family in FAMILIES):
        yield File(path)
        yield asked(path, key)
    if params["provider"] == "self_signed":
        yield from dict.fromkeys(File(family.openssl_cnf) for family in FAMILIES)
        yield from serving.reads(params["services"], seen)
        others = _others(params, seen, serving)
        if others:
            yield Command(ISSUED.argv(*others))


def _others(params: Mapping[str, Any], seen: Seen, serving: Serving) -> "dict[str, str]":
    """The certificates that are served from another place than where ours is to lie, each with its place."""
    ours = paths_of(params, system(seen).family)[0]
    return {path: place for path, place in serving.certificates(params["services"], seen) if path != ours}


def losses(params: Mapping[str, Any], seen: Seen, serving: Serving) -> "list[Loss]":
    """A certificate that somebody has signed and renews, and that would be served no more, or be written over."""
    path, key = paths_of(params, system(seen).family)
    keep = "Keep it with mailhost_certificate: {{provider: host, path: {}, key_path: (its key)}}"
    links = [
        Loss(f"loss.certificate {file}", file, "is a link to what others write, and would go", keep.format(file))
        for file in stands_of(seen, path, key).links
    ]
    others = _others(params, seen, serving) if params["provider"] == "self_signed" else {}
    issued = seen.output(*ISSUED.argv(*others)).text.splitlines() if others else []
    return links + [
        Loss(
            f"loss.certificate {file}",
            place,
            f"{file}, which an authority has signed, is served, and would be no more",
            keep.format(file),
        )
        for file, place in others.items()
        if file in issued
    ]


def covers(names: "set[str]", name: str) -> bool:
    """RFC 6125: the same name, or a wildcard for its first label."""
    return chains.normal(name) in names or "*." + name.lower().split(".", 1)[-1] in names


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    if not seen.output(*OPENSSL.argv).ok:
        raise BadConfiguration("openssl version", "the host has no openssl", "Install it (mail_packages: openssl)")
    path, key = paths_of(params, system(seen).family)
    now = int(seen.output(*NOW.argv).text.strip() or 0)
    return PROVIDERS[params["provider"]](params, seen, path, key, now)


def _renewed_there(params: Mapping[str, Any], seen: Seen, path: str, key: str, now: int) -> Plan:
    """What somebody else puts there and renews is looked at, and never written."""
    stands = stands_of(seen, path, key)
    way = "Have it made there, or choose another provider"
    if stands.ends is None or stands.begins is None:
        raise BadConfiguration(path, "holds no certificate that the host's openssl can read", way)
    if not stands.is_a_pair:
        raise BadConfiguration(key, f"is not the key of {path}", way)
    if stands.ends <= now:
        raise BadConfiguration(
            path, f"expired on {day(stands.ends)} (by the host's clock)", "See why it was not renewed"
        )
    for name in params["names"]:
        if not covers(names_of(stands.shown.text), name):
            raise BadConfiguration(path, f"does not cover {name}", "Have it issued for that name too")
    return Plan(facts={"certificate_path": path, "key_path": key, "reason": ""})


def reason_to_renew(params: Mapping[str, Any], seen: Seen, path: str, key: str, now: int) -> str:
    """Why a new certificate is due; empty if the one that stands will do."""
    stands = stands_of(seen, path, key)
    shown = stands.shown
    ends, begins = stands.ends, stands.begins
    if ends is None or begins is None:
        return "there is none that can be read"
    if not stands.is_a_pair:
        return "the key is not the certificate's"
    if names_of(shown.text) != set(map(chains.normal, params["names"])):
        return "its names are not those asked for"
    bits = re.search(r"Public.Key: \((\d+) bit", shown.text)
    if bits and int(bits.group(1)) < params["bits"] and "rsaEncryption" in shown.text:
        return f"its key has {bits.group(1)} bits"
    if re.search(r"Signature Algorithm: (md5|sha1)With", shown.text):
        return "it is signed with SHA-1 or MD5"
    if begins > now:
        return "it is not valid yet by the host's clock"
    if ends - now < params["renew_days"] * 86400:
        return f"{max(0, ends - now) // 86400} days are left"
    return ""


CNF = """# Filled in by mailhost (mail_certificate).
[ req ]
default_bits = {bits}
default_md = sha256
encrypt_key = no
prompt = no
distinguished_name = req_dn
x509_extensions = cert_type

[ req_dn ]
CN = {name}

[ cert_type ]
basicConstraints = CA:FALSE
subjectAltName = {alternatives}
extendedKeyUsage = serverAuth
"""


def _self_signed(params: Mapping[str, Any], seen: Seen, path: str, key: str, now: int) -> Plan:
    why = reason_to_renew(params, seen, path, key, now)
    plan = Plan(services=tuple(params["services"]), facts={"certificate_path": path, "key_path": key, "reason": why})
    if why:
        cnf = system(seen).family.openssl_cnf
        names = [scalar("names", name.lower()) for name in params["names"]]
        text = CNF.format(
            bits=params["bits"], name=names[0][:64], alternatives=", ".join(map(chains.alternative, names))
        )
        plan.write(Write(seen.file(cnf), text.encode()))
        plan.operations.append(
            Run(
                f"make key and certificate {path} for {', '.join(names)} ({why})",
                MAKE.argv(path, key, str(params["days"]), str(params["bits"]), cnf),
                MAKE.stdin,
                undo=UNMAKE.argv(path, key),
            )
        )
    elif not stands_of(seen, path, key).safe:
        plan.operations.append(Run(f"make {key} readable by root only", ("chmod", "600", "--", key)))
        plan.operations.append(Run(f"give {key} to root", ("chown", "root", "--", key)))
    return plan


def _files(params: Mapping[str, Any], seen: Seen, path: str, key: str, now: int) -> Plan:
    shown, *publics = (seen.output(*command.argv) for command in _given(params))
    ends, begins = date_of(shown, "notAfter"), date_of(shown, "notBefore")
    if ends is None or begins is None:
        raise BadInput("certificate", "the host's openssl cannot read it", _WAY)
    theirs = next((public for public in (public_of(output.text) for output in publics) if public), "")
    if not theirs:
        raise _unread(params["key"], seen)
    if public_of(shown.text) != theirs:
        raise BadInput("key", "is not the key of this certificate", _WAY)
    if ends <= now:
        raise BadInput("certificate", f"expired on {day(ends)} (by the host's clock)", "Renew it")
    if begins > now:
        raise BadInput(
            "certificate", f"is not valid before {day(begins)} (by the host's clock)", "Wait, or set the clock"
        )
    for name in params["names"]:
        if not covers(names_of(shown.text), name):
            raise BadInput("certificate", f"does not cover {name}", "Give one whose subjectAltName has it")
    body = chains.given(params["certificate"], params["chain"])
    plan = Plan(services=tuple(params["services"]), facts={"certificate_path": path, "key_path": key, "reason": ""})
    described = f"a certificate until {day(ends)}"
    state = seen.file(path)
    new = plan.write(Write(state, body.encode(), settings=([], [described]), mode=0o644 if not state.exists else None))
    stands = stands_of(seen, path, key)
    if stands.key_public != theirs or not stands.safe:
        keep = Run(
            f"put the key into {key}",
            PUT.argv(key),
            (params["key"].rstrip() + "\n").encode(),
            undo=UNPUT.argv(key),
        )
        plan.operations.insert(0, keep)
    plan.facts["new_certificate"] = new
    return plan


def _unread(pem: str, seen: Seen) -> BadInput:
    """Why the host's openssl makes nothing of a key, as far as its kind tells."""
    kind, openssl = key_kind(pem), " ".join(seen.output(*OPENSSL.argv).text.split()[:2])
    if kind in ("", "RSA"):
        return BadInput("key", "the host's openssl cannot read it", _WAY)
    fault = f"is of the kind {kind}, which {openssl} of the host cannot read, and so no daemon there could serve it"
    return BadInput("key", fault, "Give an RSA key of 2048 bits with a certificate of its own")


PROVIDERS = {"self_signed": _self_signed, "files": _files, "host": _renewed_there}
