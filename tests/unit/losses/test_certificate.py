"""A certificate that others renew is named before it would be replaced; what is theirs is never written."""

import pytest
from mailhost.core.host import Output
from mailhost.core.shell.certificate import ISSUED
from mailhost.words import mail_certificate

from ..hosts import debian, run

LIVE = "/etc/letsencrypt/live/mx/fullchain.pem"
OURS, KEY = "/etc/ssl/certs/mailhost.pem", "/etc/ssl/private/mailhost.pem"
GIVEN = {"names": ["mx.example.test"], "services": ["dovecot", "postfix", "sendmail", "cyrus-imapd"]}
SERVED = {
    "/etc/postfix/main.cf": f"smtpd_tls_cert_file = {LIVE}\n",
    "/etc/postfix/main.cf ": f"live = {LIVE}\nsmtpd_tls_chain_files = $live\n",
    "/etc/mail/sendmail.mc": f"define(`confSERVER_CERT', `{LIVE}')dnl\n",
    "/etc/imapd.conf": f"imap_tls_server_cert: {LIVE}\n",
    "/etc/imapd.conf ": f"tls_cert_file: {LIVE}\n",
    "/etc/dovecot/local.conf": f"ssl_cert = <{LIVE}\n",
    "/etc/dovecot/local.conf ": f"protocol imap {{\n  ssl_cert = <{LIVE}\n}}\n",
}


def planned(path, said, **given):
    files = {path.strip(): SERVED[path]} if path else {}
    seen = debian(
        files=files, outputs={mail_certificate.NOW.argv: "1700000000", mail_certificate.OPENSSL.argv: "OpenSSL 3"}
    )
    asked = (OURS, KEY, LIVE) if path else (OURS, KEY)
    seen.outputs[ISSUED.argv(*asked)] = Output(0, said)
    return run(mail_certificate, seen, **{**GIVEN, **given})


@pytest.mark.parametrize("path", SERVED)
def test_a_served_certificate_of_an_authority_is_a_loss(path):
    (loss,) = planned(path, f"issued {LIVE}\n").losses
    assert loss.rule == f"loss.certificate {LIVE}"
    assert loss.place.startswith(path.strip())
    assert f"provider: host, path: {LIVE}" in loss.way_out


@pytest.mark.parametrize("path", SERVED)
def test_a_self_signed_one_gives_way(path):
    assert not planned(path, f"link {LIVE}\n").losses


def test_a_fresh_host_loses_nothing():
    assert not planned("", "").losses


@pytest.mark.parametrize("link", [OURS, KEY])
def test_a_link_at_our_own_place_is_not_written_over(link):
    (loss,) = planned("", f"link {link}\n").losses
    assert (loss.rule, loss.place) == (f"loss.certificate {link}", link)
