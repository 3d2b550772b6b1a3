"""A certificate that others renew is named before it would be replaced; what is theirs is never written."""

import time

import pytest
from mailhost.core.host import Output
from mailhost.core.shell.certificate import ISSUED
from mailhost.products.keys import asked, date_of
from mailhost.words import mail_certificate

from ..hosts import debian, run

LIVE = "/etc/letsencrypt/live/mx/fullchain.pem"
OURS, KEY = "/etc/ssl/certs/mailhost.pem", "/etc/ssl/private/mailhost.pem"
MONTHS = {"Jan": 1, "Feb": 2, "Dec": 12}
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


def planned(path, issued, links=(), **given):
    files = {path.strip(): SERVED[path]} if path else {}
    stands = asked(OURS, KEY).argv
    outputs = {mail_certificate.NOW.argv: "1700000000", mail_certificate.OPENSSL.argv: "OpenSSL 3"}
    outputs[stands] = "= key\n= mode\n600 root\n" + "".join(f"link {link}\n" for link in links)
    outputs[ISSUED.argv(LIVE)] = Output(0, issued)
    return run(mail_certificate, debian(files=files, outputs=outputs), **{**GIVEN, **given})


@pytest.mark.parametrize("path", SERVED)
def test_a_served_certificate_of_an_authority_is_a_loss(path):
    (loss,) = planned(path, f"{LIVE}\n").losses
    assert loss.rule == f"loss.certificate {LIVE}"
    assert loss.place.startswith(path.strip())
    assert f"provider: host, path: {LIVE}" in loss.way_out


@pytest.mark.parametrize("path", SERVED)
def test_a_self_signed_one_gives_way(path):
    assert not planned(path, "").losses


def test_a_fresh_host_loses_nothing():
    assert not planned("", "").losses


@pytest.mark.parametrize("link", [OURS, KEY])
def test_a_link_at_our_own_place_is_not_written_over(link):
    (loss,) = planned("", "", [link]).losses
    assert (loss.rule, loss.place) == (f"loss.certificate {link}", link)


@pytest.mark.parametrize("month", ["Jan", "Feb", "Dec"])
def test_dates_are_read_whatever_the_locale(month):
    """openssl prints English months; the controller's own would be Dez. or févr."""
    shown = Output(0, f"notAfter={month}  9 10:00:01 2030 GMT\n")
    assert time.gmtime(date_of(shown, "notAfter"))[:6] == (2030, MONTHS[month], 9, 10, 0, 1)
    assert date_of(Output(0, "notAfter=Dez  9 10:00:01 2030 GMT\n"), "notAfter") is None
