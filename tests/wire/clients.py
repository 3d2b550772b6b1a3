"""Clients that the tests of several products share."""

import hashlib
import poplib
import re
import socket
import ssl


def context():
    found = ssl.create_default_context()
    found.check_hostname, found.verify_mode = False, ssl.CERT_NONE
    found.minimum_version = ssl.TLSVersion.TLSv1  # all that CentOS 5 has
    found.set_ciphers("DEFAULT:@SECLEVEL=0")
    return found


def apop(machine, user, password):
    """An APOP login (RFC 1939), from the greeting's time stamp."""
    client = poplib.POP3(machine.address, timeout=20)
    client.encoding = "utf-8"
    stamp = re.search(rb"<.+>", client.welcome).group()
    answer = client._shortcmd(f"APOP {user} {hashlib.md5(stamp + password.encode()).hexdigest()}")
    client.quit()
    return answer


def says(machine, port, *lines):
    with socket.create_connection((machine.address, port), 20) as sock:
        file = sock.makefile("rwb")
        file.readline()
        for line in lines:
            file.write(line + b"\r\n")
            file.flush()
            answer = file.readline()
        return answer
