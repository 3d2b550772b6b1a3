"""Asking Postfix itself whom it relays for: a private smtpd with the candidate's configuration (shell.py) is asked as
clients of many addresses, and cleanup shows which address each recipient that it took comes to.

Sources: XCLIENT_README, smtpd(8), master(5). What refuses by asking others (name servers, policy services, a
recipient's own host) is left out of the copy: it may refuse an address of these questions and take the next.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from typing import Dict, Iterable, List, Optional, Sequence, Tuple

from ...core.errors import Unasked
from ...core.host import Command, Seen, encode
from ..cause import Cause
from . import networks
from .main_cf import MainCf
from .master_cf import MasterCf, Service
from .setup import TAKEN, Effective, Setup, destinations, is_wide, path_of, services, tables
from .shell import ASK
from .tables import words

SECONDS = 12  # after which it is ended; it takes about one
OUTSIDE, SENDER = "relaytest-elsewhere.invalid", "relaytest-sender.invalid"
ELSEWHERE = (OUTSIDE, "relaytest-elsewhere.com", "relaytest-elsewhere.net", "relaytest-elsewhere.org")
STRANGERS = ("203.0.113.77", "198.51.100.77", "192.0.2.77", "45.155.205.77", "91.92.93.94")
STRANGERS6 = ("2001:db8:77::77", "2a02:77:77::77")
PRIVATE = ("10.77.77.77", "172.16.77.77", "192.168.77.77")
#: what the private instance is told besides: where it lies, that nothing is delivered, filtered, looked up for a
#: reason beside the recipient, or counted
_OWN = """
queue_directory = @TREE@/q
data_directory = @TREE@/d
syslog_name = mailhost-ask
maillog_file =
multi_instance_enable = no
multi_instance_directories =
multi_instance_group =
multi_instance_name =
hash_queue_names = deferred
in_flow_delay = 0
queue_minfree = 0
cleanup_service_name = cleanup
rewrite_service_name = rewrite
content_filter =
receive_override_options =
always_bcc =
sender_bcc_maps =
recipient_bcc_maps =
header_checks =
body_checks =
mime_header_checks =
nested_header_checks =
milter_header_checks =
smtpd_milters =
non_smtpd_milters =
notify_classes =
smtpd_proxy_filter =
smtpd_upstream_proxy_protocol =
smtpd_authorized_xclient_hosts = 0.0.0.0/0 [::]/0
smtpd_client_event_limit_exceptions = 0.0.0.0/0 [::]/0
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_message_rate_limit = 0
smtpd_client_recipient_rate_limit = 0
smtpd_client_new_tls_session_rate_limit = 0
smtpd_client_auth_rate_limit = 0
smtpd_delay_reject = yes
smtpd_delay_open_until_valid_rcpt = yes
smtpd_data_restrictions =
smtpd_end_of_data_restrictions =
smtpd_discard_ehlo_keywords =
smtpd_discard_ehlo_keyword_address_maps =
smtpd_forbid_unauth_pipelining = no
smtpd_forbidden_commands =
smtpd_soft_error_limit = 100000
smtpd_hard_error_limit = 100000
smtpd_junk_command_limit = 100000
smtpd_error_sleep_time = 0
smtpd_recipient_limit = 1000
smtpd_timeout = 5
smtpd_sasl_auth_enable = no
smtpd_use_tls = no
smtpd_enforce_tls = no
smtpd_tls_security_level = none
smtpd_tls_wrappermode = no
"""
_ALONE = r"reject_(unknown|unverified|non_fqdn)_\w+|reject_plaintext_session|reject_(unknown|invalid)_hostname"
_ALONE += r"|permit_mx_backup|reject_(un)?listed_\w+|reject_invalid_helo_hostname|reject_unknown_client|reject_maps_rbl"
_WITH = r"(reject_(rbl|rhsbl)_\w+|reject_rbl|check_policy_service|sleep|check_\w+_(a|mx|ns)_access)"
_WITH += r"[\s,]+(\{[^}]*\}|[^\s,]+)"
#: a restriction that decides nothing in this dialogue
_NOTHING = "reject_unauth_pipelining"


def _without_others(value: str) -> str:
    """A list without what asks others about an address, or refuses it for its form."""
    value = re.sub(rf"(?<![\w:/.]){_WITH}", _NOTHING, value)
    return re.sub(rf"(?<![\w:/.])({_ALONE})(?![\w:/.])", _NOTHING, value)


class Open(Unasked):
    """What the host has yet to be asked about a candidate."""

    def __init__(self, question: Command) -> None:
        super().__init__("a private smtpd")
        self.question = question


class Questions:
    """What is asked about a candidate: a ``Command``, and what its answers come to."""

    def __init__(self, setup: Setup, missing: "Iterable[str]" = ()) -> None:
        """``missing``: tables (``hash:/path``) that the candidate names and that are yet to be made, empty ones."""
        self.setup, self._missing = setup, tuple(missing)
        self.services = services(setup)
        self._effective = [Effective(setup, service) for service in self.services]
        self.domains = self._domains()
        self.clients = self._clients()

    def _domains(self) -> "List[str]":
        """Domains that mail is taken for, and what patterns of such lists name."""
        found = list(destinations(self.setup))
        for effective in self._effective:
            for name in TAKEN:
                for word in words(effective.get(name)):
                    found += [word] if re.match(r"^[\w-]+(\.[\w-]+)+$", word) else []
                    text, path = word.partition(":")[2], path_of(word)
                    table = self.setup.table(path) if path else text
                    plain = (table or "").replace("\\.", ".")
                    found += re.findall(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}", plain.lower())[:4]
        return list(dict.fromkeys(found))[:8]

    def _clients(self) -> "List[Tuple[str, bool]]":
        """Addresses, and whether each is a stranger's beyond doubt; the others are neighbours and private networks."""
        entries = [entry for effective in self._effective for entry in networks.entries(effective, "mynetworks")]
        known = [entry.network for entry in entries if entry.network is not None and not is_wide(entry.network)]
        text = self.setup.main.render() + self.setup.master.render()
        text += "\n".join(self.setup.table(path) or "" for path in tables(self.setup))

        def is_known(address: str) -> bool:
            return any(ipaddress.ip_address(address) in network for network in known)

        def free(addresses: "Sequence[str]") -> "List[str]":
            named = [address for address in addresses if address.rpartition(".")[0] not in text or ":" in address]
            return [address for address in named if not is_known(address)]

        strangers = (free(STRANGERS) or list(STRANGERS))[:3] + (free(STRANGERS6) or list(STRANGERS6))[:1]
        near = [str(network.broadcast_address + 1) for network in known if network.prefixlen > 8]
        near += [str(network.network_address - 1) for network in known if network.prefixlen > 8]
        others = [address for address in dict.fromkeys([*PRIVATE, *near[:12]]) if not is_known(address)]
        return [*((address, True) for address in strangers), *((address, False) for address in others)]

    def recipients(self) -> "List[str]":
        """Addresses elsewhere in all the ways of writing them, which nobody but a relay takes."""
        user, host = "relaytest", self._effective[0].get("myhostname") if self._effective else ""
        found = [f"{user}@{domain}" for domain in ELSEWHERE]
        found += [f"{user}@{OUTSIDE}.", f"{user}@[203.0.113.99]", f"{user}%{OUTSIDE}", f'"{user}@{OUTSIDE}"']
        found += [f"{OUTSIDE}!{user}", f'"{user}%{OUTSIDE}"', f"{user}@{OUTSIDE}@localhost"]
        here = [name for name in dict.fromkeys([*self.domains, host.lower()]) if name and "$" not in name]
        for domain in here[:6]:
            found += [f"{user}{sign}{OUTSIDE}@{domain}" for sign in "%#=+-_!~"]
            found += [f"{OUTSIDE}!{user}@{domain}", f"{OUTSIDE}={user}@{domain}", f"@{domain}:{user}@{OUTSIDE}"]
            found += [f'"{user}@{OUTSIDE}"@{domain}', f"{user}@{OUTSIDE}@{domain}", f"{user}.{OUTSIDE}@{domain}"]
            found += [f"{user}@relaytest{domain}", f"{user}@{domain}.{OUTSIDE}", f"{user}--{OUTSIDE}@{domain}"]
        return list(dict.fromkeys(found))

    def senders(self) -> "List[str]":
        return [f"spam@{SENDER}", "", *(f"postmaster@{domain}" for domain in self.domains[:3]), "spam@localhost"]

    def _dialogue(self) -> "List[str]":
        lines = ["EHLO relaytest.invalid"]
        recipients = [f"RCPT TO:<{recipient}>" for recipient in self.recipients()]
        names = ["[UNAVAILABLE]", "relaytest.invalid"]
        helos = ["localhost", "[127.0.0.1]", *self.domains[:1]]
        for number, (address, stranger) in enumerate(self.clients):
            shown = f"IPV6:{address}" if ":" in address else address
            senders = self.senders() if stranger else self.senders()[:1]
            lines += [f"XCLIENT ADDR={shown} NAME={names[number % 2]}", "EHLO relaytest.invalid"]
            for sender in senders:
                lines += [f"MAIL FROM:<{sender}>", *recipients[: None if stranger else 4], "DATA", ".", "RSET"]
            for helo in helos if not number else []:
                lines += [f"EHLO {helo}", f"MAIL FROM:<spam@{SENDER}>", *recipients[:4], "DATA", ".", "RSET"]
        return [*lines, "QUIT"]

    def command(self) -> Command:
        """The question, whose last word tells one candidate from another."""
        text = "".join(f"{key} {line}\n" for key, lines in self._parts() for line in lines)
        return Command(ASK.argv(str(SECONDS), hashlib.sha1(encode(text)).hexdigest()), text)

    def _parts(self) -> "List[Tuple[str, List[str]]]":
        numbers = [str(number) for number, _ in enumerate(self.services)]
        parts = [("s", numbers), ("m", self._main()), ("r", self._master()), ("o", _OWN.strip().splitlines())]
        for number, service in zip(numbers, self.services):
            settings = [f"{name} = {_without_others(value)}" for name, value in service.options.items()]
            parts.append((number, settings))
        return [*parts, ("d", self._dialogue())]

    def _main(self) -> "List[str]":
        main = MainCf(self.setup.main.render(), self.setup.main.name)
        lines = []
        for name in dict.fromkeys(line.partition(" = ")[0] for line in main.settings()):
            value = main.get(name) or ""
            for table in self._missing:
                value = value.replace(table, "")
            lines.append(f"{name} = {_without_others(value)}")
        return lines

    def _master(self) -> "List[str]":
        """What smtpd needs beside it, as it stands there, outside of a chroot."""
        lines = []
        for name, program in (("rewrite", "trivial-rewrite"), ("cleanup", "cleanup"), ("proxymap", "proxymap")):
            kept = self._options(self.setup.master, name)
            extra = "".join(f" -o {setting}" for setting in kept)
            lines.append(f"{name} unix {'n' if name == 'cleanup' else '-'} - n - 0 {program}{extra}")
        return lines

    @staticmethod
    def _options(master: MasterCf, name: str) -> "List[str]":
        service: "Optional[Service]" = master.get(name, "unix")
        options: "Dict[str, str]" = service.options if service else {}
        owned = {line.partition(" =")[0] for line in _OWN.strip().splitlines()}
        return [
            f"{key}={value}" if " " not in value else f"{{ {key} = {value} }}"
            for key, value in options.items()
            if key not in owned
        ]

    def judged(self, causes: "Sequence[Cause]", seen: Seen) -> "List[Cause]":
        """The causes with what smtpd itself let by, without those that it was asked about and refused."""
        if not self.services:
            return list(causes)
        question = self.command()
        try:
            output = seen.output(*question.argv)
        except Unasked:
            raise Open(question) from None
        answers = _Answers(self, output.text) if output.ok else None
        if answers is None or not answers.whole:
            return list(causes)
        holes = [] if any(cause.is_relay for cause in causes) else answers.holes()
        stay = [cause for cause in causes if not (cause.asked and cause.kind == "unknown") or answers.near]
        return [*stay, *holes]


class _Answers:
    """What the private smtpd answered, service by service, and the recipients that it queued."""

    def __init__(self, questions: Questions, text: str) -> None:
        self._questions = questions
        self.taken: "Dict[int, List[Tuple[str, str, str, str]]]" = {}
        asked = [line.partition(" ")[0] for line in questions._dialogue()]
        blocks = [block for block in re.split(r"^= ", text, flags=re.M) if block.strip()]
        self.whole = len(blocks) == len(questions.services) + 1 and blocks[-1].strip() == "end"
        for number, block in enumerate(blocks[:-1]):
            dialogue, *files = block.split("\n~")
            replies = [line for line in dialogue.splitlines()[1:] if line[:3].isdigit()]
            # the greeting, and a reply for each line
            if len(replies) != len(asked) + 1 or any(re.match(r"4\d\d 4\.3|421|451", line) for line in replies):
                self.whole = False
            self.taken[number] = [row for file in files for row in _queued(file)]

    @property
    def near(self) -> bool:
        """Whether a client that is not a stranger beyond doubt was let by: why cannot be told from here."""
        clients = {address for address, stranger in self._questions.clients if not stranger}
        return any(address in clients for rows in self.taken.values() for address, _, _, _ in self._relayed(rows))

    def _relayed(self, rows: "List[Tuple[str, str, str, str]]") -> "List[Tuple[str, str, str, str]]":
        return [row for row in rows if self._is_elsewhere(row[2], row[3])]

    def _is_elsewhere(self, asked: str, final: str) -> bool:
        domain = final.rpartition("@")[2].rstrip(".").lower()
        derived = [f"relaytest{name}" for name in self._questions.domains]
        outside = domain in (*ELSEWHERE, *derived, "[203.0.113.99]") or domain.endswith(f".{OUTSIDE}")
        relayed = words(self._questions._effective[0].get("relay_domains"))
        return outside or (domain in relayed and bool(re.search(rf"[%!@]|{OUTSIDE}", asked.rpartition("@")[0])))

    def holes(self) -> "List[Cause]":
        strangers = {address for address, stranger in self._questions.clients if stranger}
        found = []
        for number, rows in self.taken.items():
            here = [row for row in self._relayed(rows) if row[0].lower() in strangers]
            if here:
                found.append(self._hole(self._questions.services[number], here[0]))
        return found

    def _hole(self, service: Service, row: "Tuple[str, str, str, str]") -> Cause:
        client, sender, asked, final = row
        port = {"smtp": "25", "submission": "587", "smtps": "465"}.get(service.fields[0], service.fields[0])
        finding = f"service {service.fields[0]} takes <{asked}> of <{sender}> from the stranger {client}"
        finding += "" if asked == final else f", and makes <{final}> of it"
        place = f"{self._questions.setup.master.name}:{service.line}"
        out = "Look at the restriction lists, networks and tables of this service"
        seen = {"recipient": f"<{asked}>"} if asked.partition("@")[2] not in ELSEWHERE else {"sender": f"<{sender}>"}
        return Cause(f"smtpd {service.fields[0]} {asked}", "open", place, finding, out, seen, port)


def _queued(file: str) -> "List[Tuple[str, str, str, str]]":
    """Client, sender, recipient as asked and as it became, of each recipient in a queue file."""
    client = sender = asked = ""
    found = []
    for line in file.splitlines():
        name, _, value = line.partition(": ")
        if name == "named_attribute":
            client = value.partition("=")[2].strip()
        elif name == "sender":
            sender = value.strip()
        elif name == "original_recipient":
            asked = value.strip()
        elif name == "recipient":
            found.append((client, sender, asked or value.strip(), value.strip()))
    return found


def is_needed(causes: "Sequence[Cause]") -> bool:
    """Whether something is left that only the host's own program can judge."""
    return any(cause.asked for cause in causes)
