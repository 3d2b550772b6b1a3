"""What a stranger sees of a mail host. Runs where the play runs, never on the host itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Mapping, Sequence

from ..audit import connection, proofs
from ..audit import relay as battery
from ..audit.connection import Target
from ..audit.finding import worst
from ..audit.proofs import Login, Proof
from ..audit.wire import Endpoint
from ..core.errors import BadInput
from ..core.host import Host
from ..core.word import Alone
from ..products.access import PORTS
from ..products.relay import domain, network

ARGUMENT_SPEC: "dict[str, Any]" = {
    "address": {"type": "str", "required": True},
    "fqdn": {"type": "str", "required": True},
    "domain": {"type": "str", "required": True},
    "protocols": {"type": "list", "elements": "str", "default": ["imap", "imaps", "pop3", "pop3s"]},
    "smtp": {"type": "list", "elements": "str", "choices": ["smtp", "submission"], "default": ["smtp"]},
    "networks": {"type": "list", "elements": "str", "default": ["127.0.0.0/8", "::1/128"]},
    "cleartext_login": {"type": "str", "choices": ["refuse", "allow"], "default": "refuse"},
    "user": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "fail": {"type": "bool", "default": True},
}


def _validate(params: Mapping[str, Any]) -> None:
    for word in params["protocols"]:
        if word not in PORTS:
            raise BadInput("protocols", f"{word!r} is not one of {', '.join(PORTS)}", "Correct it")
    for text in params["networks"]:
        network("networks", text)
    domain("domain", params["domain"])
    domain("fqdn", params["fqdn"])


def probe(params: Mapping[str, Any]) -> "dict[str, Proof]":
    """Every proof, by name, side by side."""
    target = Target(params["address"], params["fqdn"])
    wanted, smtp = params["protocols"], params["smtp"]
    login = (
        Login(params["user"], params["password"]) if params.get("user") and params.get("password") is not None else None
    )
    vantage = proofs.vantage(target, params["networks"])
    with ThreadPoolExecutor(6) as pool:
        jobs = {
            "protocols": pool.submit(proofs.protocols, target, wanted, smtp),
            "certificate": pool.submit(proofs.certificate, target, wanted, smtp),
            "cleartext": pool.submit(
                proofs.cleartext, target, wanted, smtp, login, params["cleartext_login"] == "refuse"
            ),
            "login": pool.submit(proofs.logins, target, wanted, login),
            "relay": pool.submit(relay, target, params["domain"], smtp),
        }
        ways = pool.submit(proofs.message, target, wanted, login, params["domain"])
        found = {name: job.result() for name, job in jobs.items()}
        found.update({f"mail by {name}": proof for name, proof in ways.result().items()})
    if vantage.verdict != "pass":
        for name in ("relay", "cleartext"):
            found[name] = Proof("invalid", vantage.detail)
    return found


def relay(target: Target, domain: str, smtp: Sequence[str]) -> Proof:
    """Every pattern of the battery is refused for good on these services, and every control accepted."""
    names = battery.Names(target.fqdn, domain, target.address)
    with ThreadPoolExecutor(8) as pool:
        jobs = [
            job
            for word in smtp
            for job in battery.jobs(_endpoint(target, word), names, connection.lenient(), battery.Followed())
        ]
        found = list(pool.map(lambda job: job(), jobs))
    verdict = worst(finding.verdict for finding in found)
    if verdict == "pass":
        patterns = {finding.id for finding in found if finding.id.startswith("relay.R")}
        controls = {finding.id for finding in found if finding.id.startswith("relay.C")}
        return Proof(
            "pass", f"{len(patterns)} patterns refused, {len(controls)} controls accepted (HELO {connection.HELO})"
        )
    bad = [one for one in found if one.verdict == verdict]
    named = "; ".join(f"{one.id[6:]} on {one.where}: {one.title}: {one.detail}" for one in bad[:3])
    if not bad:
        return Proof("none", "no SMTP service was named")
    return Proof(verdict, ("OPEN: " if bad[0].detail.startswith("accepted: ") else "") + named)


def _endpoint(target: Target, word: str) -> Endpoint:
    return Endpoint(target.address, connection.PORTS[word], "smtp", name=target.fqdn, submission=word == "submission")


def converge(params: Mapping[str, Any], host: Host, check_mode: bool) -> "dict[str, Any]":
    """Looks only: never changed, the same in check mode. Fails if a proof fails or could not be made."""
    _validate(params)
    found = probe(params)
    bad = [
        f"{name}: {proof.verdict}, {proof.detail}"
        for name, proof in found.items()
        if proof.verdict in ("fail", "invalid")
    ]
    result: "dict[str, Any]" = {
        "changed": False,
        "proofs": {name: {"verdict": proof.verdict, "detail": proof.detail} for name, proof in found.items()},
        "proved": not bad,
    }
    if bad and params["fail"]:
        result.update(failed=True, msg=f"{params['fqdn']} ({params['address']}) is not as asked: " + "; ".join(bad))
    return result


WORD = Alone(ARGUMENT_SPEC, converge)
