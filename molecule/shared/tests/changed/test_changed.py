"""After the change: POP3's ports are closed, IMAP's still serve, and the new relay network is the MTA's own word."""

import imaplib
import socket
import ssl

import pytest


@pytest.mark.parametrize("port", [110, 995])
def test_pop3_is_closed(address, port):
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address, port), 5)


def test_imap_still_serves(address):
    found = ssl.create_default_context()
    found.check_hostname, found.verify_mode = False, ssl.CERT_NONE
    found.minimum_version = ssl.TLSVersion.TLSv1  # all that CentOS 5 has
    found.set_ciphers("DEFAULT:@SECLEVEL=0")
    imaplib.IMAP4_SSL(address, ssl_context=found).logout()
    imaplib.IMAP4(address).logout()


def test_the_relay_networks(host, mta):
    if mta == "sendmail":
        answer = host.check_output(
            "echo '/map access Connect:192.0.2' | "
            "$(ls /usr/libexec/sendmail/sendmail /usr/sbin/sendmail.sendmail 2>/dev/null | head -n 1) -bt"
        )
        assert "returns RELAY" in answer
        return
    assert host.check_output("postconf -h mynetworks") == "127.0.0.0/8 [::1]/128 192.0.2.0/24"
