"""What a host's own configuration says of relaying, passwords and keys, whoever wrote it:
the causes behind what the wire shows.

Reads only: one round trip, and one more for the tables and keys that the files name.
"""

from __future__ import annotations

from typing import Any, Iterable, List, Mapping, Optional, Tuple

from ..core.errors import MailhostError, Unasked
from ..core.host import Command, File, Glob, Request, Seen
from ..core.loss import ACCEPT, accepted
from ..core.operations import Plan
from ..core.shell import files as shell
from ..core.shell import look
from ..core.shell.logins import ACCOUNTS as ACCOUNTS_PROGRAM
from ..core.versions import dotted
from ..core.word import Planned
from ..formats.keyed import Keyed, Names
from ..formats.settings import Settings
from ..products import keys, logins, standing
from ..products.cause import Cause
from ..products.cyrus import configure as cyrus_at
from ..products.cyrus import judge as cyrus
from ..products.cyrus import versions as cyrus_dialect
from ..products.cyrus.configure import CYRUS, IMAPD
from ..products.dovecot import configure as dovecot
from ..products.dovecot import judge as dovecot_judge
from ..products.dovecot import openings
from ..products.dovecot import shell as dovecot_shell
from ..products.dovecot import versions as dovecot_dialect
from ..products.postfix import abuse as postfix_abuse
from ..products.postfix import ask as postfix_ask
from ..products.postfix import configure as postfix_at
from ..products.postfix import judge as postfix
from ..products.postfix import networks as postfix_networks
from ..products.postfix import setup as postfix_setup
from ..products.postfix.main_cf import MainCf
from ..products.postfix.master_cf import MasterCf
from ..products.sendmail import abuse as sendmail_abuse
from ..products.sendmail import ask as sendmail_oracle
from ..products.sendmail import configure as sendmail_at
from ..products.sendmail import judge as sendmail
from ..products.sendmail import shell as sendmail_shell
from ..products.sendmail.mc import SendmailMc
from ..products.sendmail.versions import PROGRAMS
from ..products.stunnel import judge as stunnel
from ..products.stunnel.configure import CONF, accepted_on
from ..systems.families import FAMILIES, REQUESTS, system

ARGUMENT_SPEC: "dict[str, Any]" = {
    "accept": ACCEPT,
    "mailboxes": {"type": "list", "elements": "str", "default": []},
}
#: what may hold passwords, besides what the configuration names
STORES = (
    "/etc/sasldb2",
    cyrus_at.SASLDB,
    dovecot.USERS,
    "/etc/postfix/sasl_passwd",
    "/etc/postfix/sasl_passwd.db",
)
#: where Cyrus takes LMTP, and saslauthd and Dovecot answer about passwords
_PLACES = [path for family in FAMILIES for path in (family.cyrus_socket, family.saslauthd.socket)]
SOCKETS = shell.SOCKETS.argv(*dict.fromkeys(_PLACES), "/var/spool/postfix/private/auth")
NAMES = look.NAMES.argv()
ACCOUNTS = ACCOUNTS_PROGRAM.argv()
GROUP = "/etc/group"
#: the services that saslauthd asks PAM by
SASL_SERVICES = ("imap", "pop", "smtp")
UNBUILT = sendmail_shell.UNBUILT.argv(sendmail_at.DIRECTORY)
TUNNELS = Glob("/etc/stunnel/*.conf")
MAIL = (sendmail_at.MC, sendmail_at.ACCESS, sendmail_at.LOCAL, sendmail_at.RELAYED)


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    accepted(params["accept"])
    yield from (
        *REQUESTS,
        standing.PORTS,
        standing.PROCESSES,
        Command(NAMES),
        Command(SOCKETS),
        Command(postfix_at.VERSION),
        Command(UNBUILT),
        Command(ACCOUNTS),
        postfix_abuse.ASKED,
        File(GROUP),
    )
    yield from map(File, (postfix_at.MAIN, postfix_at.MASTER, *MAIL, IMAPD, CYRUS, CONF))
    yield from (Command(sendmail_at.STANDS), Command(cyrus_at.STANDS), TUNNELS)
    yield from dovecot.reads(seen)
    here = Reading(seen, params)
    yield from map(File, here.tables)
    yield from map(Command, here.questions)
    for services in here.services.values():
        yield from map(File, logins.files(services, here.text))
    yield Command(here.secrets)
    yield Command(here.folders)
    for _, certificate, key in here.pairs:
        yield File(certificate)
        yield keys.asked(certificate, key)
    if here.postfix:
        yield here.postfix
    if here.sendmail:
        yield sendmail_oracle.live(*here.sendmail)
    if here.waits:
        raise here.waits


class Reading:
    """A host's configuration, product by product; what cannot be read is a cause of its own."""

    def __init__(self, seen: Seen, params: "Mapping[str, Any]") -> None:
        self.seen, self.listed, self.platform = seen, set(params["mailboxes"]), system(seen)
        self.ports = standing.listening(seen)
        self.causes: "List[Cause]" = []
        self.networks: "List[str]" = []
        self.domains: "List[str]" = []
        self.about: "List[str]" = [f"{self.platform.name} {dotted(self.platform.release)}"]
        self.products: "dict[str, str]" = {}  # the daemons that serve here, and their versions
        self.tunnels: "List[int]" = []  # ports that stunnel takes connections on
        self.tables: "List[str]" = []
        self.questions: "List[Tuple[str, ...]]" = []  # to a daemon's own program, or of its files
        self.services: "dict[str, List[str]]" = {}  # of PAM, by the daemon that asks it
        self.stores: "List[str]" = []
        self.pairs: "List[Tuple[str, str, str]]" = []
        self.waits: "Optional[Unasked]" = None  # what one of the parts looks at and was not read yet
        self.postfix: "Optional[Command]" = None  # what to ask a private smtpd of its configuration
        self.sendmail: "Optional[Tuple[str, Mapping[str, Any]]]" = (
            None  # its program, and what to ask its own rules about
        )
        for part in (self._postfix, self._sendmail, self._dovecot, self._cyrus, self._stunnel):
            try:
                part()
            except Unasked as error:  # reads goes on with the others, and comes back to it
                self.waits = error
            except MailhostError as error:
                self.causes.append(Cause(f"unreadable {error.place}", "dead", error.place, error.what, error.way_out))

    def _runs(self, name: str) -> bool:
        """Of two MTAs the one that runs counts; where none does, each that is there."""
        return standing.running(self.seen) in ("", name)

    def _postfix(self) -> None:
        number = standing.version_of(self.seen, "postfix")
        files = [self.seen.file(path) for path in (postfix_at.MAIN, postfix_at.MASTER)]
        if number is None or any(state.kind != "file" for state in files) or not self._runs("postfix"):
            return
        setup = postfix_at.setup(
            MainCf(files[0].text, files[0].path), MasterCf(files[1].text, files[1].path), number, self.seen
        )
        self.about.append(f"Postfix {dotted(number)}")
        self.products["postfix"] = dotted(number)
        self.tables = postfix_setup.tables(setup)
        self.networks += postfix_networks.trusted(setup)
        self.domains += postfix_setup.destinations(setup)
        certificate, key = setup.main.get("smtpd_tls_cert_file"), setup.main.get("smtpd_tls_key_file")
        if certificate:
            self.pairs.append(
                ("Postfix", certificate, certificate if key in (None, "", "$smtpd_tls_cert_file") else str(key))
            )
        defaults = self.seen.output(*postfix_abuse.ASKED.argv).text
        self.causes += postfix_abuse.causes(setup.main, number, postfix_abuse.known(self.seen), defaults)
        causes = postfix.causes(setup)
        try:
            self.causes += postfix_ask.Questions(setup).judged(causes, self.seen)
        except postfix_ask.Open as error:
            self.postfix = error.question
            raise

    def _sendmail(self) -> None:
        mc, rows, local, relayed = (self.seen.file(path) for path in MAIL)
        output = self.seen.output(*sendmail_at.STANDS)
        if mc.kind != "file" or not self._runs("sendmail") or not any(path in output.text for path in PROGRAMS):
            return
        macros, table = SendmailMc(mc.text, mc.path), Keyed(rows.text, rows.path)
        number = sendmail_at.number_of(self.seen)
        self.about.append(f"Sendmail {dotted(number)}".strip())
        self.products["sendmail"] = dotted(number)
        host = (macros.get_define("confDOMAIN_NAME") or "").lower()
        names = Names(local.text, local.path).names()
        domain = sendmail.local(names, host)
        mine = {row.key.lower() for row in table.rows() if row.value.upper() == "RELAY" and not sendmail.opens(row)}
        self.causes += sendmail.causes(macros, table, Names(relayed.text, relayed.path), mine, domain, host)
        self.causes += sendmail_abuse.causes(macros)
        self.causes += sendmail.logins(macros) + sendmail.maps(
            output.text + "\n" + self.seen.output(*UNBUILT).text, table
        )
        self.networks += sendmail.trusted(table)
        self.domains += [domain] if domain else []
        program = next(path for path in PROGRAMS if path in output.text)
        if domain and host:
            passed_on = [
                row.key[3:] for row in table.rows() if row.key.lower().startswith("to:") and row.key.lower() in mine
            ]
            asked = {
                "hostname": host,
                "domains": [domain],
                "relay_domains": passed_on,
                "networks": self.networks,
                "accept": [],
            }
            self.sendmail = (program, asked)
        certificate, key = macros.get_define("confSERVER_CERT"), macros.get_define("confSERVER_KEY")
        if certificate and key:
            self.pairs.append(("Sendmail", certificate, key))

    def _dovecot(self) -> None:
        number = standing.version_of(self.seen, "dovecot")
        main = dovecot_dialect.NEW if self.seen.file(dovecot_dialect.NEW).exists else dovecot_dialect.OLD
        if number is None or self.seen.file(main).kind != "file" or cyrus_runs(self.seen):
            return
        self.about.append(f"Dovecot {dotted(number)}")
        self.products["dovecot"] = dotted(number)
        configuration = dovecot.whole(main, self.seen)
        self.causes += dovecot_judge.judge(
            configuration, number, self.platform.family.dovecot_cleartext.nearest(number)
        )
        self.stores = dovecot_judge.stores(configuration)
        self.causes += openings.openings(configuration, number)
        effective, users = (
            openings.question(configuration, number),
            dovecot_shell.OPEN.argv(*self.stores, dovecot.USERS),
        )
        self.questions += [effective, users]
        services = openings.services(configuration)
        if services:
            self.services["Dovecot"] = services
        self.pairs += [("Dovecot", *pair) for pair in dovecot_judge.pems(configuration)]
        self.causes += openings.answered(self.seen.output(*effective).text, number, self.causes, main)
        self.causes += openings.users(self.seen.output(*users).text)

    def _cyrus(self) -> None:
        if not cyrus_runs(self.seen):
            return
        here, imapd = cyrus_at.Installation(self.seen), Settings(self.seen.file(IMAPD).text, IMAPD)
        self.about.append(f"Cyrus IMAP {dotted(here.version)}")
        self.products["cyrus"] = dotted(here.version)
        self.causes += cyrus.judge(imapd, here.version)
        if "saslauthd" in (imapd.get("sasl_pwcheck_method") or "saslauthd"):
            self.services["Cyrus"] = list(SASL_SERVICES)
        rows = [row.value for row in reversed(cyrus_dialect.CERTIFICATE.rows)]
        certificate, key = (next(filter(None, map(imapd.get, same)), None) for same in zip(*rows))
        if certificate and key:
            self.pairs.append(("Cyrus", certificate, key))

    def _stunnel(self) -> None:
        for path in [CONF, *self.seen.names(TUNNELS.pattern)]:
            if self.seen.file(path).kind == "file":
                conf = Settings(self.seen.file(path).text, path, " = ", "#;")
                self.causes += stunnel.judge(conf, self.ports, self.networks)
                self.tunnels += accepted_on(conf)

    @property
    def folders(self) -> "Tuple[str, ...]":
        """The question about the folders that keys lie in."""
        return shell.FOLDERS.argv(*dict.fromkeys(key for _, _, key in self.pairs))

    @property
    def secrets(self) -> "Tuple[str, ...]":
        """The question about the files that hold passwords."""
        return shell.STORES.argv(*self.stores, *STORES)

    def text(self, path: str) -> "Optional[str]":
        """A file's text as far as it was read; None where it is not there or was not asked yet."""
        state = self.seen.files.get(path)
        return state.text if state and state.kind == "file" else None

    def strangers(self) -> "List[Cause]":
        """Accounts of the system that log in by a daemon that asks PAM, and are no mailboxes."""
        accounts = logins.accounts(self.seen.output(*ACCOUNTS).text)
        group, causes = self.seen.file(GROUP).text, []
        for who, services in self.services.items():
            limits = [logins.limits(service, self.text, group) for service in services]
            causes += logins.causes(who, accounts, limits, self.listed)
        return causes

    def judged(self) -> "List[Cause]":
        """The causes with those of keys and stores, which the second round trip tells of."""
        causes = list(self.causes)
        for who, certificate, key in self.pairs:
            stands = keys.stands_of(self.seen, certificate, key)
            about = (stands.shown.text, stands.is_a_pair, stands.mode, stands.ends, stands.begins)
            causes += keys.causes(who, self.seen.file(certificate), key, *about)
        if self.sendmail and not any(cause.is_relay for cause in causes):  # else it would say once more what is known
            causes += sendmail_oracle.holes(*self.sendmail, self.seen)
        causes += keys.folders(self.seen.output(*self.folders).text) + keys.sockets(self.seen.output(*SOCKETS).text)
        causes += keys.secrets(self.seen.output(*self.secrets).text) + self.strangers()
        return list({(cause.rule, cause.place): cause for cause in causes}.values())


def cyrus_runs(seen: Seen) -> bool:
    """Whether Cyrus is installed and, where Dovecot is too, the one that runs."""
    names = seen.output(*NAMES).text.split()
    installed = "folder " in seen.output(*cyrus_at.STANDS).text and seen.file(IMAPD).kind == "file"
    return installed and (bool({"cyrmaster", "cyrus-master"} & set(names)) or not seen.output(*dovecot.VERSION).ok)


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    reasons = accepted(params["accept"])
    here = Reading(seen, params)
    if here.waits:
        raise here.waits
    prints = [keys.fingerprint(seen.file(certificate).text) for _, certificate, _ in here.pairs]
    facts = {
        "read": True,
        "about": ", ".join(here.about),
        "products": here.products,
        "tunnels": list(dict.fromkeys(here.tunnels)),
        "causes": [cause.data() for cause in here.judged()],
        "accepted": [{"rule": rule, "reason": reason} for rule, reason in reasons.items()],
        "networks": list(dict.fromkeys(here.networks)),
        "domains": list(dict.fromkeys(here.domains)),
        "ports": here.ports,
        "fingerprint": prints[0] if len(set(prints)) == 1 else "",
        "profile": here.platform.profile,
    }
    return Plan(facts={"policy": facts})


WORD = Planned(ARGUMENT_SPEC, reads, plan)
