"""Key and certificate of a mail host: self-signed by the host's own openssl, or given.

The self-signed way is that of Dovecot's mkcert.sh (doc/mkcert.sh): dovecot-openssl.cnf filled in, old pem files moved
aside, both made anew; but with 2048 bits, SHA-256 and subjectAltName, and the key made under umask 077.
"""

from __future__ import annotations

import re
import time
from typing import Any, Iterable, Mapping

from ..core.errors import BadConfiguration, BadInput
from ..core.host import Command, File, Request, Seen
from ..core.loss import Loss
from ..core.operations import Plan, Run, Write
from ..core.shell.certificate import ISSUED, MAKE, UNMAKE
from ..core.shell.files import PUT, UNPUT
from ..core.word import OPTIONS, Planned
from ..formats.der import key_kind
from ..formats.lines import scalar
from ..products import access, chains
from ..products.chains import names_of
from ..products.cyrus import configure as cyrus
from ..products.dovecot import configure as dovecot
from ..products.keys import SHOWING, asked, date_of, public_of, stands_of
from ..products.postfix import configure as postfix
from ..products.relay import NAME
from ..products.sendmail import configure as sendmail
from ..products.table import PRODUCTS
from ..systems.families import FAMILIES, REQUESTS, Family, system

ARGUMENT_SPEC: "dict[str, Any]" = {
    "provider": {"type": "str", "choices": ["self_signed", "files", "host"], "default": "self_signed"},
    "names": {"type": "list", "elements": "str", "required": True},
    "days": {"type": "int", "default": 365},
    "renew_days": {"type": "int", "default": 30},
    "bits": {"type": "int", "default": 2048},
    "path": {"type": "path"},
    "key_path": {"type": "path", "no_log": False},
    "certificate": {"type": "str"},
    "chain": {"type": "str", "default": ""},
    "key": {"type": "str", "no_log": True},
    "services": {"type": "list", "elements": "str", "default": ["dovecot", "postfix"]},
    **OPTIONS,
}
SHOW = ("-noout", "-enddate", "-startdate", "-text", "-pubkey")
#: where a daemon's certificate is named, by its unit; Dovecot's in many files
UNITS = {
    PRODUCTS[room.__name__.split(".")[-2]].unit: (path, room.certificates)
    for room, path in ((cyrus, cyrus.IMAPD), (postfix, postfix.MAIN), (sendmail, sendmail.MC))
}
NOW = Command(("date", "-u", "+%s"))
OPENSSL = Command(("openssl", "version"))
_WAY = "Give a key, its certificate and the chain as PEM"


def _paths(params: Mapping[str, Any], family: Family) -> "tuple[str, str]":
    return params.get("path") or family.certificate, params.get("key_path") or family.key


def _validate(params: Mapping[str, Any]) -> None:
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
    if params["provider"] == "host":
        return
    if params["provider"] == "self_signed":
        if params["bits"] < 2048 or params["bits"] > 16384:
            raise BadInput("bits", f"{params['bits']} is not between 2048 and 16384", "Use 2048 or more")
        if not 1 <= params["days"] <= 3650 or not 0 <= params["renew_days"] < params["days"]:
            raise BadInput("days", "days must be 1 to 3650, and renew_days fewer than days", "Correct them")
    else:
        for option in ("certificate", "key"):
            if not params.get(option):
                raise BadInput(option, "missing, and the provider is files", _WAY)
        if "PRIVATE KEY" in params["certificate"] + params["chain"]:
            raise BadInput("certificate", "holds a private key", _WAY)
        chains.given(params["certificate"], params["chain"])
        if "ENCRYPTED" in params["key"]:
            raise BadInput(
                "key", "is encrypted, and a daemon cannot type its password", "Give it unencrypted (vault it)"
            )


def _given(params: Mapping[str, Any]) -> "list[Command]":
    """Questions about given material; the key goes through stdin only."""
    shown = Command(("openssl", "x509", *SHOW), params["certificate"])
    return [shown, *(Command(("openssl", kind, "-pubout"), params["key"]) for kind in SHOWING)]


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    _validate(params)
    yield from (*REQUESTS, NOW, OPENSSL)
    if params["provider"] == "files":
        yield from _given(params)
    for path, key in dict.fromkeys(_paths(params, family) for family in FAMILIES):
        yield File(path)
        yield asked(path, key)
    yield from dict.fromkeys(File(family.openssl_cnf) for family in FAMILIES)
    if params["provider"] == "self_signed":
        yield from _wants(params["services"], seen)
        others = _others(params, seen)
        if others:
            yield Command(ISSUED.argv(*others))


def _wants(services: "Iterable[str]", seen: Seen) -> "Iterable[Request]":
    """The configuration of the daemons that serve the certificate."""
    for unit in services:
        if unit == PRODUCTS["dovecot"].unit:
            yield from dovecot.reads(seen)
        elif unit in UNITS:
            yield File(UNITS[unit][0])


def _served(services: "Iterable[str]", seen: Seen) -> "list[tuple[str, str]]":
    """The certificates that the daemons are told to serve, each with its place."""
    found: "list[tuple[str, str]]" = []
    for unit in services:
        if unit == PRODUCTS["dovecot"].unit:
            found += dovecot.certificates(seen)
        elif unit in UNITS and seen.file(UNITS[unit][0]).kind == "file":
            path, named = UNITS[unit]
            found += [(certificate, path) for certificate in named(seen.file(path).text)]
    return [(path, place) for path, place in found if path.startswith("/")]


def _others(params: Mapping[str, Any], seen: Seen) -> "dict[str, str]":
    """The certificates that are served from another place than where ours is to lie, each with its place."""
    ours = _paths(params, system(seen).family)[0]
    return {path: place for path, place in _served(params["services"], seen) if path != ours}


def _losses(params: Mapping[str, Any], seen: Seen, path: str, key: str) -> "list[Loss]":
    """A certificate that somebody has signed and renews, and that would be served no more, or be written over."""
    keep = "Keep it with mailhost_certificate: {{provider: host, path: {}, key_path: (its key)}}"
    links = [
        Loss(f"loss.certificate {file}", file, "is a link to what others write, and would go", keep.format(file))
        for file in stands_of(seen, path, key).links
    ]
    others = {} if params["provider"] == "files" else _others(params, seen)
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
    _validate(params)
    if not seen.output(*OPENSSL.argv).ok:
        raise BadConfiguration("openssl version", "the host has no openssl", "Install it (mail_packages: openssl)")
    path, key = _paths(params, system(seen).family)
    now = int(seen.output(*NOW.argv).text.strip() or 0)
    if params["provider"] == "host":
        return _renewed_there(params, seen, path, key, now)
    plan = (_files if params["provider"] == "files" else _self_signed)(params, seen, path, key, now)
    plan.losses += _losses(params, seen, path, key)
    return plan


def _renewed_there(params: Mapping[str, Any], seen: Seen, path: str, key: str, now: int) -> Plan:
    """What somebody else puts there and renews is looked at, and never written."""
    stands = stands_of(seen, path, key)
    way = "Have it made there, or choose another provider"
    if stands.ends is None or stands.begins is None:
        raise BadConfiguration(path, "holds no certificate that the host's openssl can read", way)
    if not stands.is_a_pair:
        raise BadConfiguration(key, f"is not the key of {path}", way)
    if stands.ends <= now:
        when = time.strftime("%Y-%m-%d", time.gmtime(stands.ends))
        raise BadConfiguration(path, f"expired on {when} (by the host's clock)", "See why it was not renewed")
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
        raise BadInput(
            "certificate",
            f"expired on {time.strftime('%Y-%m-%d', time.gmtime(ends))} (by the host's clock)",
            "Renew it",
        )
    if begins > now:
        raise BadInput(
            "certificate",
            f"is not valid before {time.strftime('%Y-%m-%d', time.gmtime(begins))} (by the host's clock)",
            "Wait, or set the clock",
        )
    for name in params["names"]:
        if not covers(names_of(shown.text), name):
            raise BadInput("certificate", f"does not cover {name}", "Give one whose subjectAltName has it")
    body = chains.given(params["certificate"], params["chain"])
    plan = Plan(services=tuple(params["services"]), facts={"certificate_path": path, "key_path": key, "reason": ""})
    described = f"a certificate until {time.strftime('%Y-%m-%d', time.gmtime(ends))}"
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


WORD = Planned(ARGUMENT_SPEC, reads, plan)
