"""mail_policy over hosts as data: which product is read, what of it is told, and that it reads only."""

import re

import pytest
from mailhost.core.errors import BadInput
from mailhost.core.host import Output
from mailhost.core.shell import files
from mailhost.products import keys, standing
from mailhost.products import policy as policy_of
from mailhost.products.cyrus import configure as cyrus
from mailhost.products.cyrus import policy as cyrus_policy
from mailhost.products.policy import Reading
from mailhost.products.sendmail import policy as sendmail
from mailhost.words import mail_policy

from ..hosts import centos5, debian, file, gathered, params, run
from .test_cyrus import el5 as el5_cyrus
from .test_sendmail import el5 as el5_sendmail

SAFE = "mydestination = example.test\nmynetworks = 127.0.0.0/8\nrelay_domains =\n"
SAFE += "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\nsmtpd_forbid_bare_newline = yes\n"
STORES = [path for room in mail_policy.ROOMS for path in room.STORES]
PEM = "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n"


def policy(seen, **given):
    plan = run(mail_policy, seen, **given)
    assert plan.operations == []
    return plan.facts["policy"]


def rules(found):
    return [cause["rule"] for cause in found["causes"]]


def test_a_debian_host():
    seen = debian(files={"/etc/postfix/main.cf": SAFE + "compatibility_level = 3.6\n"})
    found = policy(seen)
    assert found["about"] == "debian 12, Postfix 3.7.11, Dovecot 2.3.19.1"
    assert (found["networks"], found["domains"], found["profile"]) == (["127.0.0.0/8"], ["example.test"], "")
    assert rules(found) == []
    assert (found["products"], found["tunnels"]) == ({"postfix": "3.7.11", "dovecot": "2.3.19.1"}, [])


def test_a_table_that_a_restriction_names_is_read():
    main = SAFE.replace("permit_mynetworks,", "permit_mynetworks, check_client_access cidr:/etc/postfix/friends,")
    for row, expected in (("0.0.0.0/0 OK\n", 1), ("192.0.2.7 OK\n", 0)):
        seen = debian(files={"/etc/postfix/main.cf": main, "/etc/postfix/friends": row})
        assert len(rules(policy(seen))) == expected, row


def test_an_old_host_is_measured_as_one():
    found = policy(centos5())
    assert found["profile"] == "centos5"
    assert found["products"] == {"postfix": "2.3.3", "dovecot": "1.0.7"}
    assert "cleartext disable_plaintext_auth" in rules(found)
    stock = centos5().files["/etc/postfix/main.cf"].text
    everywhere = stock.replace("inet_interfaces = localhost", "inet_interfaces = all")
    assert "mynetworks_style subnet" not in rules(found), "nobody else reaches its port 25"
    assert "mynetworks_style subnet" in rules(policy(centos5(files={"/etc/postfix/main.cf": everywhere})))


def test_keys_stores_folders_and_sockets():
    pair = "smtpd_tls_cert_file = /c\nsmtpd_tls_key_file = /keys/k\n"
    store = "passdb {\n  driver = passwd-file\n  args = /etc/users\n}\n"
    seen = debian(files={"/etc/postfix/main.cf": SAFE + pair, "/c": file("/c", PEM), "/etc/dovecot/local.conf": store})
    seen.outputs[keys.asked("/c", "/keys/k").argv] = Output(0, "x\n= key\ny\n= mode\n644 root\n")
    seen.outputs[files.STORES.argv("/etc/users", *STORES)] = Output(0, "644 root clear /etc/users")
    seen.outputs[files.FOLDERS.argv("/keys/k")] = Output(0, "777 /keys")
    seen.outputs[policy_of.SOCKETS] = Output(0, "755 777 /run/mux")
    found = policy(seen)
    assert {"key of Postfix", "readable /keys/k", "readable /etc/users", "writable /keys", "socket /run/mux"} <= set(
        rules(found)
    )
    assert found["fingerprint"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_sendmail_where_it_runs():
    seen = el5_sendmail(
        outputs={standing.PROCESSES.argv: "sendmail: accepting connections", sendmail.UNBUILT: "unbuilt"}
    )
    found = policy(seen)
    assert "Sendmail 8.13.8" in found["about"]
    assert "Postfix" not in found["about"]
    assert found["products"]["sendmail"] == "8.13.8"
    assert "access.db" in rules(found)


def test_the_rules_of_sendmail_itself():
    files = {
        "/etc/mail/local-host-names": "example.test\n",
        "/etc/mail/access": "Connect:127 RELAY\nTo:sub.example.test RELAY\n",
    }
    seen = el5_sendmail(files=files, outputs={standing.PROCESSES.argv: "sendmail: accepting connections"})
    mc = seen.file("/etc/mail/sendmail.mc").text + "define(`confDOMAIN_NAME', `mx.example.test')dnl\n"
    seen.files["/etc/mail/sendmail.mc"] = file("/etc/mail/sendmail.mc", mc)
    here = Reading(gathered(mail_policy, seen, params(mail_policy)), mail_policy.ROOMS)
    said = next(request for request in here.asked if "check_rcpt" in request.stdin)
    recipients = re.findall("check_rcpt <(.*)>", said.stdin)
    assert {"postmaster@example.test", "@mx.example.test:user@elsewhere.invalid"} <= set(recipients)
    assert "user@sub.example.test" not in recipients, "its mail is passed on"
    count = len(recipients)
    seen.outputs[said.argv] = Output(0, "\n".join(["$# error"] * (count - 3) + ["$# OK"] * 3))
    assert rules(policy(seen))  # one of those that must be refused is not
    seen.outputs[said.argv] = Output(0, "")
    assert "sendmail -bt" in rules(policy(seen))


def test_cyrus_and_tunnels():
    seen = el5_cyrus()
    seen.outputs[cyrus_policy.NAMES] = Output(0, "cyrus-master\ninit")
    seen.files["/etc/mailhost/stunnel.conf"] = file(
        "/etc/mailhost/stunnel.conf", "[imaps]\naccept = 993\nconnect = 143\n[pop3s]\nACCEPT = ::1:995\nconnect = 110\n"
    )
    seen.outputs[standing.PORTS.argv] = Output(0, " 0: 00000000:0019 00000000:0000 0A 0")
    found = policy(seen)
    assert "Cyrus IMAP" in found["about"]
    assert found["products"] == {"postfix": "2.3.3", "cyrus": "2.3"}
    assert found["tunnels"] == [993, 995]
    assert "tunnel imaps" in rules(found)
    assert "cleartext allowplaintext" in rules(found)
    assert cyrus.IMAPD in {cause["place"].split(" ")[0].split(":")[0] for cause in found["causes"]}


def test_what_cannot_be_read_is_said_and_the_rest_read():
    seen = debian(files={"/etc/postfix/main.cf": "no equals sign\n"})
    found = policy(seen)
    assert "unreadable /etc/postfix/main.cf:1" in rules(found)
    assert "Dovecot" in found["about"]
    with pytest.raises(BadInput, match="without a reason"):
        list(mail_policy.reads(params(mail_policy, accept=[{"rule": "x", "reason": ""}]), seen))


def test_the_networks_of_files_are_trusted_too():
    """A prober who stands in one of them is no stranger."""
    main = SAFE.replace("mynetworks = 127.0.0.0/8", "mynetworks = 127.0.0.0/8 /etc/postfix/nets cidr:/etc/postfix/more")
    rows = {"/etc/postfix/nets": "192.0.2.0/24\n# none\n0.0.0.0/0\n", "/etc/postfix/more": "10.1.0.0/16 OK\n"}
    found = policy(debian(files={"/etc/postfix/main.cf": main, **rows}))
    assert found["networks"] == ["127.0.0.0/8", "192.0.2.0/24", "10.1.0.0/16"]


def test_whom_pam_lets_in_is_read_with_all_that_its_service_names():
    service = "@include mail\nauth required pam_listfile.so item=user sense=deny file=/etc/denied\n"
    pam = {
        "/etc/pam.d/dovecot": service,
        "/etc/pam.d/mail": "auth required pam_succeed_if.so user != toor\n",
        "/etc/denied": "root\n",
    }
    outputs = {policy_of.ACCOUNTS: "0 hash root\n0 hash toor\n0 hash admin\n"}
    found = policy(debian(files={"/etc/postfix/main.cf": SAFE, **pam}, outputs=outputs))
    assert rules(found) == ["login admin"]
