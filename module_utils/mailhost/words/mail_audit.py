"""The whole of what a stranger sees of a mail host, as a verdict: relay, TLS, passwords, messages; beside it what the host's own
configuration says (``mail_policy``). Runs where the play runs, never on the host; changes nothing but for the messages it sends."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import time
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from dataclasses import replace
from functools import partial
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from ..audit import cleartext, endpoints, tls
from ..audit import relay as battery
from ..audit import ways as letters
from ..audit.bounds import AT_ONCE, LOGINS, patience
from ..audit.daemon import serving
from ..audit.finding import VERDICTS, Finding, Question, worst
from ..audit.relay import OUTSIDE, Names
from ..audit.report.files import write_host
from ..audit.sink import Sink
from ..audit.wire import Endpoint, Invalid, lenient, opened
from ..core.errors import BadInput
from ..core.host import Host
from ..core.word import Alone
from ..products import access
from ..products.cause import KINDS
from ..products.relay import domain, network

AGAIN = "See what it waits for (a name server that does not answer, its load), and ask again"
FOLLOW = 10.0  # seconds in which a message that was accepted must reach the sink
ARGUMENT_SPEC: "dict[str, Any]" = {
    "address": {"type": "str", "required": True},
    "address6": {"type": "str", "default": ""},
    "fqdn": {"type": "str", "required": True},
    "domain": {"type": "str", "default": ""},
    "passed_on": {"type": "str", "default": ""},
    "networks": {"type": "list", "elements": "str", "default": []},
    "cleartext_login": {"type": "str", "choices": ["refuse", "allow"], "default": "refuse"},
    "authenticated": {"type": "bool", "default": True},
    "profile": {"type": "str", "choices": ["", "modern", "intermediate", "centos5"], "default": ""},
    "anchors": {"type": "path"},
    "sink": {
        "type": "dict",
        "options": {
            "domain": {"type": "str", "required": True},
            "address": {"type": "str", "required": True},
            "port": {"type": "int", "default": 25},
        },
    },
    "user": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "policy": {"type": "dict", "default": {}},
    "protocols": {"type": "list", "elements": "str", "choices": [*access.PORTS, "kpop"], "default": []},
    "smtp": {"type": "list", "elements": "str", "choices": ["smtp", "submission"], "default": []},
    "name": {"type": "str", "default": ""},
    "directory": {"type": "path"},
    "fail": {"type": "bool", "default": True},
}


def _validate(params: Mapping[str, Any]) -> None:
    domain("fqdn", params["fqdn"])
    for option in ("domain", "passed_on"):
        if params[option]:
            domain(option, params[option])
    for text in params["networks"]:
        network("networks", text)
    sink = params.get("sink")
    if sink:
        domain("sink.domain", sink["domain"])
        if not 0 < sink["port"] < 65536:
            raise BadInput("sink.port", f"{sink['port']} is no port", "Give 1 to 65535")
        if sink["domain"].lower() in (params["domain"].lower(), params["passed_on"].lower()):
            raise BadInput(
                "sink.domain",
                f"{sink['domain']} is delivered here, so nothing sent to it proves relaying",
                "Name another",
            )


class Audit:
    """One host's audit: its endpoints, its questions, its findings."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.params, self.policy = params, dict(params["policy"] or {})
        self.causes: "List[dict[str, Any]]" = list(self.policy.get("causes") or [])
        found = next(iter(self.policy.get("domains") or []), "")
        sink = params.get("sink") or {}
        self.names = Names(
            server=params["fqdn"],
            domain=params["domain"] or found or params["fqdn"],
            address=params["address"],
            passed_on=params["passed_on"],
            user=(params.get("user") or "").partition("@")[0],
            outside=sink.get("domain") or OUTSIDE,
        )
        self.profile = params["profile"] or self.policy.get("profile") or "intermediate"
        self.login = cleartext.Login(params.get("user") or "", params.get("password") or "")
        self.endpoints: "List[Endpoint]" = []
        self.certificates: "List[dict[str, Any]]" = []
        self.greetings: "Dict[Endpoint, str]" = {}
        self.mine, self.slowest, self.seconds, self.ends = "", 0.0, 0.0, 0.0

    def run(self) -> "List[Finding]":
        begun, pool = time.monotonic(), ThreadPoolExecutor(AT_ONCE)
        try:
            self.endpoints = endpoints.find(
                self._addresses(), self.params["fqdn"], [int(port) for port in self.policy.get("ports") or []], pool
            )
            alive = list(pool.map(lambda one: battery.patiently(lambda: self._alive(one)), self.endpoints))
            self.endpoints = [endpoint for endpoint, finding in zip(self.endpoints, alive) if finding.verdict == "pass"]
            self.seconds = patience(self.slowest)
            self.ends, vantage = begun + self.seconds, self._vantage()
            with self._sink() as sink:
                found = self._ask(pool, sink)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # the time is over, or all was asked
        if vantage.verdict == "invalid":
            found = [_spoilt(finding, vantage.detail) for finding in found]
        found = [self._with_accepted(finding) for finding in found]
        return [vantage, *alive, *self._asked(), *found, *self._unproved(), *self._policy(), *self._agreement(found)]

    # what is there

    def _addresses(self) -> "List[str]":
        return [address for address in (self.params["address"], self.params["address6"]) if address]

    def _alive(self, endpoint: Endpoint) -> Finding:
        told, begun = Question("alive.greeting", "the open port greets", str(endpoint)), time.monotonic()
        try:
            with opened(endpoint, lenient()) as wire:
                self.mine = self.mine or wire.mine
                self.slowest = max(self.slowest, time.monotonic() - begun)
                self.greetings[endpoint] = wire.greeting
                return told.answer("pass", detail=wire.greeting.split("\n")[0][:100], dialogue=tuple(wire.dialogue))
        except Invalid as error:
            if error.kind == "busy":
                out = "Ask again later: the host limits an address's connections"
                return told.answer("invalid", str(error), error.dialogue, out, reason=error.kind)
            out = "See the daemon's log; a port that only opens serves nobody"
            return told.answer("fail", f"open, but nothing serves there: {error}", error.dialogue, out)

    def _asked(self) -> "List[Finding]":
        """What was asked to be served is, and what was not is closed."""
        served = {one.service for one in self.endpoints}
        wanted = [name for name in (*self.params["protocols"], *self.params["smtp"]) if name != "kpop"]
        found = []
        for service in dict.fromkeys((*(access.PORTS if self.params["protocols"] else ()), *wanted)):
            verdict = "pass" if (service in wanted) == (service in served) else "fail"
            told = Question(f"asked.{service}", f"{service} is {'served' if service in wanted else 'closed'}, as asked")
            found.append(told.answer(verdict, "served" if service in served else "not served"))
        if not self.endpoints:
            found.append(
                Finding(
                    "alive.host",
                    "invalid",
                    "the host serves mail",
                    "none of its mail ports takes a connection and greets",
                    self.params["address"],
                    "Start the daemons, or let this place through the firewall",
                )
            )
        return found

    def _unproved(self) -> "List[Finding]":
        """Without a login nothing is known of logins, which a report without a failure would hide."""
        if self.login.given:
            return []
        told = Question("clear.login", "a user's login was proved")
        return [
            told.answer(
                "warn",
                "no login was given, so it is not known whether anybody can log in",
                (),
                "Give mailhost_probe_login",
            )
        ]

    def _vantage(self) -> Finding:
        """Whether this place is a stranger's: not the host itself, and in no network that the host trusts."""
        told = Question("vantage", "asked from a stranger's place", self.mine)
        if not self.mine:
            return told.answer("invalid", detail="no connection was made")
        own = ipaddress.ip_address(self.mine)
        if own.is_loopback or self.mine in self._addresses():
            return told.answer("invalid", detail=f"{self.mine} is the host itself", way_out="Ask from another machine")
        for text in self.policy.get("networks") or self.params["networks"]:
            net = ipaddress.ip_network(text, strict=False)
            if net.version == own.version and own in net:
                detail = f"{self.mine} lies in {text}, which the host trusts"
                return told.answer("invalid", detail=detail, way_out="Ask from an address outside the host's networks")
        return told.answer("pass", detail=f"from {self.mine}")

    # the questions

    @contextlib.contextmanager
    def _sink(self) -> "Iterator[Optional[Sink]]":
        given = self.params.get("sink")
        if not given:
            yield None
            return
        try:
            sink = Sink(given["address"], given["port"])
        except OSError as error:
            raise BadInput(
                "sink",
                f"{given['address']}:{given['port']} cannot be listened on: {error.strerror}",
                "Give a free address",
            ) from None
        with sink:
            yield sink

    def _ask(self, pool: ThreadPoolExecutor, sink: "Optional[Sink]") -> "List[Finding]":
        followed = battery.Followed(enabled=sink is not None)
        witnesses = [{**cause["witness"], "rule": cause["rule"]} for cause in self.causes if cause.get("witness")]
        refuse = self.params["cleartext_login"] == "refuse"
        certificates = {
            pool.submit(tls.served, one, self.params.get("anchors") or "", self.profile): one for one in self.endpoints
        }
        logins = ThreadPoolExecutor(
            LOGINS
        )  # of their own: they follow one another, and relaying need not wait for them
        messages = logins.submit(
            letters.ways, self.endpoints, self.names, self.login, self.params["authenticated"], sink
        )
        late, context = ("time",), lenient()
        clear = {
            one: [logins.submit(battery.patiently, job, late) for job in cleartext.jobs(one, self.login, refuse)]
            for one in self.endpoints
        }
        by = {one: serving(one, self.greetings.get(one, ""), self.policy) for one in self.endpoints}
        secure = {one: [pool.submit(job) for job in tls.jobs(one, self.profile, by[one])] for one in self.endpoints}
        smtp = [one for one in self.endpoints if one.product == "smtp"]
        relay = {
            one: [pool.submit(job) for job in battery.jobs(one, self.names, context, followed, witnesses)]
            for one in smtp
        }
        found = self._answers("clear", clear) + self._answers("way", {None: [messages]})
        # last, since a daemon answers an address the more slowly the more of its logins failed; side by side, before it does
        found += self._failing(logins)
        logins.shutdown(wait=False, cancel_futures=time.monotonic() > self.ends)
        found += self._answers("tls", secure) + self._answers("relay", relay) + self._certificates(certificates)
        return _followed(found, followed, sink)

    def _answers(self, of: str, asked: "Mapping[Any, Sequence[Future[Any]]]") -> "List[Finding]":
        """What was answered in time (each future's finding or findings); for each port a finding of how much was not."""
        found: "List[Finding]" = []
        for endpoint, futures in asked.items():
            late = 0
            for future in futures:
                try:
                    answer = future.result(max(0.0, self.ends - time.monotonic()))
                    found += [answer] if isinstance(answer, Finding) else answer
                except TimeoutError:
                    future.cancel()
                    late += 1
            if late:
                told = Question(f"{of}.time", "every question is answered in time", str(endpoint or ""))
                found.append(
                    told.answer(
                        "invalid", f"{late} of {len(futures)} questions had no answer {self._too_slow()}", (), AGAIN
                    )
                )
        return found

    def _too_slow(self) -> str:
        return f"when {self.seconds:.0f} s were over; the slowest port took {self.slowest:.1f} s to greet"

    def _failing(self, pool: ThreadPoolExecutor) -> "List[Finding]":
        """Logins that must fail, on one port of each kind; behind them one that is let in, which ends the daemon's distrust."""
        wrong, context = cleartext.Login(self.login.user, self.login.wrong), lenient()
        kinds = {(one.product, one.submission): one for one in reversed(self.endpoints)}
        access = [one for one in kinds.values() if one.product != "smtp"]
        jobs: "List[battery.Job]" = [partial(cleartext.nobody, one, self.names.outside) for one in kinds.values()]
        for one in kinds.values():
            if one.product == "smtp":
                jobs.append(partial(battery.after_auth, one, self.names, context, wrong.initial()))
        for one in access:
            jobs.append(partial(cleartext.wrong, one, self.login))
        if access:
            jobs.append(partial(cleartext.wrong, access[0], self.login, empty=True))
        found = self._answers("clear", {None: [pool.submit(job) for job in jobs]})
        if access and self.login.given:
            pool.submit(cleartext.inside, access[0], self.login)
        return found

    def _certificates(self, futures: "Dict[Future[Tuple[List[Finding], tls.Served]], Endpoint]") -> "List[Finding]":
        found, served = [], []
        for future, endpoint in futures.items():
            try:
                findings, here = future.result(max(0.0, self.ends - time.monotonic()))
            except TimeoutError:
                found.append(
                    Finding("tls.T11", "invalid", "a full handshake", f"none {self._too_slow()}", str(endpoint), AGAIN)
                )
                continue
            found += findings
            if here.der:
                served.append((str(endpoint), here))
                self.certificates.append(here.data(str(endpoint)))
                found.append(tls.key_size(str(endpoint), here.der))
                found.append(tls.deployed(str(endpoint), here, str(self.policy.get("fingerprint") or "")))
        return found + tls.one_certificate(served)

    # what the host itself says

    def _policy(self) -> "List[Finding]":
        if not self.policy.get("read"):
            error = str(self.policy.get("error") or "")
            told = Question("policy.read", "the host's own configuration was read")
            return [told.answer("warn" if error else "none", error or "it was not read, as asked")]
        reasons = self._reasons()
        found = [
            Finding("policy.read", "pass", "the host's own configuration was read", str(self.policy.get("about") or ""))
        ]
        for cause in self.causes:
            as_asked = cause["rule"].startswith("cleartext ") and self.params["cleartext_login"] == "allow"
            verdict = "warn" if cause["rule"] in reasons or as_asked else KINDS[cause["kind"]]
            detail = cause["what"] + (f" (accepted: {reasons[cause['rule']]})" if cause["rule"] in reasons else "")
            found.append(
                Finding(f"policy.{cause['rule']}", verdict, cause["rule"], detail, cause["place"], cause["way_out"])
            )
        return found

    def _reasons(self) -> "Dict[str, str]":
        return {entry["rule"]: entry["reason"] for entry in self.policy.get("accepted") or []}

    def _with_accepted(self, finding: Finding) -> Finding:
        """What goes through by a rule that was accepted with a reason is a warning."""
        reason = self._reasons().get(finding.rule)
        if finding.verdict != "fail" or reason is None:
            return finding
        return replace(finding, verdict="warn", detail=f"{finding.detail} (accepted: {reason})")

    def _agreement(self, found: "Sequence[Finding]") -> "List[Finding]":
        """The configuration's answer and the wire's are the same; if not, one of the two is wrong, and that is ours to mend."""
        told = Question("relay.agreement", "what the configuration says and what the wire shows agree")
        if not self.policy.get("read") or not any(finding.id == "relay.R01" for finding in found):
            return [told.answer("none", detail="only one of the two is known")]
        asked = [finding for finding in found if re.match(r"relay\.[RW]\d\d$", finding.id)]
        if any(finding.verdict == "invalid" for finding in asked):
            return [told.answer("none", detail="the wire's answer is not whole")]
        let_in = sorted({finding.id.partition(".")[2] for finding in asked if finding.accepted})
        relaying = [cause["rule"] for cause in self.causes if cause["kind"] in ("open", "wide")]
        let_by = {finding.id for finding in asked if finding.verdict != "pass"}
        seen = list(dict.fromkeys(finding.title for finding in asked if finding.rule and finding.id not in let_by))
        if let_in and not relaying:
            detail = f"the wire lets {', '.join(let_in[:6])} through, and nothing that was read says why"
            return [
                told.answer(
                    "fail",
                    detail=detail,
                    way_out="Look for what was not read: another daemon, a policy service, a proxy",
                )
            ]
        if seen:
            return [
                told.answer(
                    "fail",
                    detail=f"the wire refuses {'; '.join(seen[:3])}",
                    way_out="Is the daemon running with this configuration?",
                )
            ]
        return [told.answer("pass", detail=f"open by {len(relaying)} rules, by both" if let_in else "closed, by both")]


def _spoilt(finding: Finding, reason: str) -> Finding:
    """What was asked from a place that the host trusts proves nothing about strangers."""
    about_strangers = finding.id.startswith("relay.") or re.match(r"clear\.(T0[1-6]|T02\.|T04\.)", finding.id)
    return (
        replace(finding, verdict="invalid", detail=f"{reason}: {finding.detail}")
        if about_strangers and finding.verdict != "none"
        else finding
    )


def _followed(found: "List[Finding]", followed: "battery.Followed", sink: "Optional[Sink]") -> "List[Finding]":
    """With a sink, what was accepted is a hole only if it came out there (a queue may still hold it: a warning)."""
    if sink is None or not followed.tokens:
        return found
    came = sink.wait_for(set(followed.tokens), FOLLOW)
    lost = {id(finding) for token, finding in followed.tokens.items() if token not in came}
    out = {id(finding) for token, finding in followed.tokens.items() if token in came}
    return [
        replace(one, verdict="warn", detail=f"{one.detail}; it did not reach the sink within {FOLLOW:.0f} s")
        if id(one) in lost
        else replace(one, detail=f"{one.detail}; it reached the sink: an open relay")
        if id(one) in out
        else one
        for one in found
    ]


def converge(params: Mapping[str, Any], host: Host, check_mode: bool) -> "dict[str, Any]":
    """Looks only: never changed, the same in check mode. The whole report goes into ``directory``, the result is its summary."""
    _validate(params)
    begun = time.monotonic()
    audit = Audit(params)
    findings = audit.run()
    verdict = worst(finding.verdict for finding in findings)
    counts = {name: sum(finding.verdict == name for finding in findings) for name in VERDICTS}
    bad = [
        f"{finding.id} {finding.where}: {finding.verdict}, {finding.detail}"
        for finding in findings
        if finding.verdict in ("fail", "invalid")
    ]
    record = {
        "name": params["name"] or params["fqdn"],
        "fqdn": params["fqdn"],
        "address": params["address"],
        "verdict": verdict,
        "profile": audit.profile,
        "about": audit.policy.get("about") or "",
        "seconds": round(time.monotonic() - begun, 2),
        "counts": counts,
        "certificates": audit.certificates,
        "accepted": audit.policy.get("accepted") or [],
        "findings": [finding.data() for finding in findings],
    }
    if params.get("directory"):
        write_host(params["directory"], record)
    result: "dict[str, Any]" = {
        "changed": False,
        "verdict": verdict,
        "counts": counts,
        "bad": bad[:40],
        "seconds": record["seconds"],
    }
    if not params.get("directory"):
        result["audit"] = record
    if bad and params["fail"]:
        result.update(failed=True, msg=f"{params['fqdn']} ({params['address']}): " + "; ".join(bad[:8]))
    return result


WORD = Alone(ARGUMENT_SPEC, converge, on_controller=True)
