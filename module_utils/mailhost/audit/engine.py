"""One host's audit: the catalogue's questions put to it side by side,
in time, beside what its own configuration says."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from dataclasses import replace
from functools import partial
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from ..core.errors import BadInput
from ..products import access
from ..products.cause import KINDS
from . import catalogue, endpoints, tls
from .bounds import AT_ONCE, LOGINS, patience
from .catalogue import AFTER, FIRST, LAST, Answer
from .finding import Finding, Question
from .masks import NOTHING, Mask
from .sink import Sink
from .subject import OUTSIDE, Login, Names, Subject

AGAIN = "See what it waits for (a name server that does not answer, its load), and ask again"
FOLLOW = 10.0  # seconds in which a message that was accepted must reach the sink
#: asked by threads of their own: logins and messages follow one another, and relaying need not wait for them
LOGGING_IN = ("way", "clear")
Asked = Dict[Tuple[str, str], List["Future[Answer]"]]  # by battery and port


class Audit:
    """``params`` are mail_audit's options. What was seen of the host is in ``host`` once it has run."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.params, policy = params, dict(params["policy"] or {})
        names = Names(
            server=params["fqdn"],
            domain=params["domain"] or next(iter(policy.get("domains") or []), "") or params["fqdn"],
            address=params["address"],
            passed_on=params["passed_on"],
            user=(params.get("user") or "").partition("@")[0],
            outside=(params.get("sink") or {}).get("domain") or OUTSIDE,
        )
        self.host = Subject(
            names,
            Login(params.get("user") or "", params.get("password") or ""),
            params["cleartext_login"] == "refuse",
            params["authenticated"],
            params["profile"] or policy.get("profile") or "intermediate",
            params.get("anchors") or "",
            policy,
        )
        self.mask = Mask(*self.host.login.hidden) if self.host.login.given else NOTHING
        self.seconds, self.ends = 0.0, 0.0
        self.asked: "Counter[Tuple[str, str]]" = Counter()  # questions by battery and port
        self.late: "Counter[Tuple[str, str]]" = Counter()  # and those that had no answer in time

    def run(self) -> "List[Finding]":
        """Every finding, each of a question that is in the catalogue (ValueError)."""
        begun, pool, host = time.monotonic(), ThreadPoolExecutor(AT_ONCE), self.host
        try:
            listening = [int(port) for port in host.policy.get("ports") or []]
            found = endpoints.find(self._addresses(), host.names.server, listening, pool)
            host.endpoints = [replace(endpoint, mask=self.mask) for endpoint in found]
            alive = [pool.submit(job) for _, job in self._jobs("alive", FIRST)]
            greeted = [finding for future in alive for finding in _findings(future.result())]
            host.endpoints = [endpoint for endpoint in host.endpoints if endpoint in host.greetings]
            self.seconds = patience(host.slowest)
            self.ends, vantage = begun + self.seconds, self._vantage()
            with self._sink() as host.sink:
                findings = self._ask(pool)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # the time is over, or all was asked
        if vantage.verdict == "invalid":
            findings = [_spoilt(finding, vantage.detail) for finding in findings]
        findings = [self._with_accepted(finding) for finding in findings]
        known = [*self._unproved(), *self._policy(), *self._agreement(findings)]
        everything = [vantage, *greeted, *self._served(), *findings, *known]
        return [replace(finding, title=catalogue.title(finding.id, finding.title)) for finding in everything]

    # what is there

    def _addresses(self) -> "List[str]":
        return [address for address in (self.params["address"], self.params["address6"]) if address]

    def _served(self) -> "List[Finding]":
        """What was asked to be served is, on each address that was given, and what was not is closed. Where only the
        second address (``mailhost_address6``) does not serve, that may be meant (``mailhost_addresses``): a warning."""
        served = {(endpoint.service, endpoint.address) for endpoint in self.host.endpoints}
        first, *_ = addresses = self._addresses()
        wanted = [name for name in (*self.params["protocols"], *self.params["smtp"]) if name != "kpop"]
        findings = []
        for service in dict.fromkeys((*(access.PORTS if self.params["protocols"] else ()), *wanted)):
            at = [address for address in addresses if (service, address) in served]
            if service in wanted:
                verdict = "pass" if at == addresses else "warn" if first in at else "fail"
            else:
                verdict = "fail" if at else "pass"
            about = f"{service} is {'served' if service in wanted else 'closed'}, as asked"
            question = Question(f"asked.{service}", title=about)
            findings.append(question.answer(verdict, _at(at, addresses)))
        if not self.host.endpoints:
            detail = "none of its mail ports takes a connection and greets"
            out = "Start the daemons, or let this place through the firewall"
            findings.append(Question("alive.host", self.params["address"]).answer("invalid", detail, (), out))
        return findings

    def _unproved(self) -> "List[Finding]":
        """Without a login nothing is known of logins, which a report without a failure would hide."""
        if self.host.login.given:
            return []
        detail = "no login was given, so it is not known whether anybody can log in"
        return [Question("clear.login").answer("warn", detail, way_out="Give mailhost_probe_login")]

    def _vantage(self) -> Finding:
        """Whether this place is a stranger's: not the host itself, and in no network that the host trusts."""
        question = Question("vantage", self.host.mine)
        if not self.host.mine:
            return question.answer("invalid", detail="no connection was made")
        own = ipaddress.ip_address(self.host.mine)
        if own.is_loopback or self.host.mine in self._addresses():
            detail = f"{self.host.mine} is the host itself"
            return question.answer("invalid", detail, way_out="Ask from another machine")
        for text in self.host.policy.get("networks") or self.params["networks"]:
            net = ipaddress.ip_network(text, strict=False)
            if net.version == own.version and own in net:
                detail = f"{self.host.mine} lies in {text}, which the host trusts"
                return question.answer(
                    "invalid", detail=detail, way_out="Ask from an address outside the host's networks"
                )
        return question.answer("pass", detail=f"from {self.host.mine}")

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

    def _jobs(self, battery: str, when: int) -> "Iterator[Tuple[str, Callable[[], Answer]]]":
        """All that the catalogue asks this host of a battery, each with its port."""
        for row in catalogue.CATALOGUE:
            if row.ask is None or (row.battery, row.when) != (battery, when):
                continue
            for at in row.on.of(self.host.endpoints):
                for name in [(value,) for value in row.each(self.host)] if row.each else [()]:
                    job = partial(row.ask, self.host, at, *name)
                    yield "" if row.on is catalogue.HOST else str(at), partial(patiently, job, row.again)

    def _submit(self, pools: "Mapping[str, ThreadPoolExecutor]", when: int) -> "Asked":
        asked: Dict[Tuple[str, str], List[Future[Answer]]] = {}
        for battery, pool in pools.items():
            for where, job in self._jobs(battery, when):
                asked.setdefault((battery, where), []).append(pool.submit(job))
        return asked

    def _ask(self, pool: ThreadPoolExecutor) -> "List[Finding]":
        self.host.followed.enabled = self.host.sink is not None
        logins = ThreadPoolExecutor(LOGINS)
        pools = {"way": logins, "clear": logins, "tls": pool, "relay": pool}
        first = self._submit(pools, FIRST)
        findings = self._answers({of: futures for of, futures in first.items() if of[0] in LOGGING_IN})
        findings += self._answers(self._submit(dict.fromkeys(pools, logins), LAST))
        self._submit(dict.fromkeys(pools, logins), AFTER)
        logins.shutdown(wait=False, cancel_futures=time.monotonic() > self.ends)
        findings += self._answers({of: futures for of, futures in first.items() if of[0] not in LOGGING_IN})
        findings += [self._late(*of, number) for of, number in self.late.items()]
        return _followed([*findings, *tls.one_certificate(self.host.served)], self.host)

    def _answers(self, asked: "Asked") -> "List[Finding]":
        """What was answered in time; what was not is counted for each battery and port."""
        findings: "List[Finding]" = []
        for of, futures in asked.items():
            self.asked[of] += len(futures)
            for future in futures:
                try:
                    findings += _findings(future.result(max(0.0, self.ends - time.monotonic())))
                except TimeoutError:
                    future.cancel()
                    self.late[of] += 1
        return findings

    def _late(self, battery: str, where: str, late: int) -> Finding:
        detail = f"{late} of {self.asked[battery, where]} questions had no answer when {self.seconds:.0f} s were over; "
        detail += f"the slowest port took {self.host.slowest:.1f} s to greet"
        return Question(f"{battery}.time", where).answer("invalid", detail, way_out=AGAIN)

    # what the host itself says

    def _policy(self) -> "List[Finding]":
        if not self.host.policy.get("read"):
            error = str(self.host.policy.get("error") or "")
            return [Question("policy.read").answer("warn" if error else "none", error or "it was not read, as asked")]
        reasons = self._reasons()
        findings = [Question("policy.read").answer("pass", str(self.host.policy.get("about") or ""))]
        for cause in self.host.causes:
            as_asked = cause.get("option") == "cleartext_login" and self.params["cleartext_login"] == "allow"
            verdict = "warn" if cause["rule"] in reasons or as_asked else KINDS[cause["kind"]]
            detail = cause["what"] + (f" (accepted: {reasons[cause['rule']]})" if cause["rule"] in reasons else "")
            findings.append(
                Finding(f"policy.{cause['rule']}", verdict, cause["rule"], detail, cause["place"], cause["way_out"])
            )
        return findings

    def _reasons(self) -> "Dict[str, str]":
        return {entry["rule"]: entry["reason"] for entry in self.host.policy.get("accepted") or []}

    def _with_accepted(self, finding: Finding) -> Finding:
        """What goes through by a rule that was accepted with a reason is a warning."""
        reason = self._reasons().get(finding.rule)
        if finding.verdict != "fail" or reason is None:
            return finding
        return replace(finding, verdict="warn", detail=f"{finding.detail} (accepted: {reason})")

    def _agreement(self, findings: "Sequence[Finding]") -> "List[Finding]":
        """The configuration's answer and the wire's are the same;
        if not, one of the two is wrong, and that is ours to mend."""
        question = Question("relay.agreement")
        if not self.host.policy.get("read") or not any(finding.id == "relay.R01" for finding in findings):
            return [question.answer("none", detail="only one of the two is known")]
        asked = [finding for finding in findings if re.match(r"relay\.[RW]\d\d$", finding.id)]
        if any(finding.verdict == "invalid" for finding in asked):
            return [question.answer("none", detail="some questions could not be asked")]
        let_in = sorted({finding.id.partition(".")[2] for finding in asked if finding.accepted})
        relaying = [cause["rule"] for cause in self.host.causes if cause["kind"] in ("open", "wide")]
        let_by = {finding.id for finding in asked if finding.verdict != "pass"}
        seen = list(dict.fromkeys(finding.title for finding in asked if finding.rule and finding.id not in let_by))
        if let_in and not relaying:
            detail = f"the wire lets {', '.join(let_in[:6])} through, and nothing that was read says why"
            out = "Look for what was not read: another daemon, a policy service, a proxy"
            return [question.answer("fail", detail, way_out=out)]
        if seen:
            detail = f"the wire refuses {'; '.join(seen[:3])}"
            return [question.answer("fail", detail, way_out="Is the daemon running with this configuration?")]
        return [
            question.answer("pass", detail=f"open by {len(relaying)} rules, by both" if let_in else "closed, by both")
        ]


def patiently(job: "Callable[[], Answer]", again: "Sequence[str]") -> "Answer":
    """A question, asked again where it is invalid for one of these reasons."""
    answer, reasons = job(), list(again)
    while isinstance(answer, Finding) and answer.verdict == "invalid" and answer.reason in reasons:
        reasons.remove(answer.reason)
        if answer.reason == "busy":
            time.sleep(1.0)
        answer = job()
    return answer


def _findings(answer: Answer) -> "List[Finding]":
    return [answer] if isinstance(answer, Finding) else list(answer)


def _spoilt(finding: Finding, reason: str) -> Finding:
    """What was asked from a place that the host trusts proves nothing about strangers."""
    if finding.verdict == "none" or not catalogue.row(finding.id).strangers:
        return finding
    return replace(finding, verdict="invalid", detail=f"{reason}: {finding.detail}")


def _followed(findings: "List[Finding]", host: Subject) -> "List[Finding]":
    """With a sink, what was accepted is a hole only if it came out there (a queue may still hold it: a warning)."""
    sink, followed = host.sink, host.followed
    if sink is None or not followed.tokens:
        return findings
    came = sink.wait_for(set(followed.tokens), FOLLOW)
    lost = {id(finding) for token, finding in followed.tokens.items() if token not in came}
    out = {id(finding) for token, finding in followed.tokens.items() if token in came}
    return [
        replace(finding, verdict="warn", detail=f"{finding.detail}; it did not reach the sink within {FOLLOW:.0f} s")
        if id(finding) in lost
        else replace(finding, detail=f"{finding.detail}; it reached the sink: an open relay")
        if id(finding) in out
        else finding
        for finding in findings
    ]


def _at(served: "List[str]", addresses: "List[str]") -> str:
    return (
        f"served on {', '.join(served)} only"
        if served and served != addresses
        else "served"
        if served
        else "not served"
    )
