#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_certificate
short_description: Key and certificate of a mail host
description:
  - V(self_signed) works as Dovecot's mkcert.sh does; C(dovecot-openssl.cnf) is filled in, old pem files are moved aside, and the
    host's own openssl makes both. Beyond mkcert.sh it uses 2048 bits or more, SHA-256 and subjectAltName (RFC 6125).
  - The key never leaves the host and is readable by root only from its first byte on.
  - A new one is made when there is none, key and certificate do not match, names changed, or fewer than O(renew_days) are left.
  - V(files) installs a given key, certificate and chain. They are refused before anything is written when the key is another
    certificate's or is encrypted, or when the certificate has expired, is not valid yet, or does not cover every name.
  - V(host) writes nothing. Somebody else puts O(path) and O(key_path) there and renews them, as certbot does; the word sees
    that they are a pair, in time, and cover every name.
  - A certificate that an authority has signed and that a daemon serves, and a link at our own place, are a loss
    (C(loss.certificate)) unless the provider says otherwise.
options:
  provider:
    description: How the certificate comes about.
    type: str
    choices: [self_signed, files, host]
    default: self_signed
  names:
    description: DNS names the certificate must cover; the first is its CN.
    type: list
    elements: str
    required: true
  days:
    description: Days of validity of a self-signed certificate, 1 to 3650.
    type: int
    default: 365
  renew_days:
    description: Renew when fewer days than this are left.
    type: int
    default: 30
  bits:
    description: RSA key size in bits, 2048 to 16384.
    type: int
    default: 2048
  path:
    description: Path of the certificate. C(/etc/pki/dovecot/certs/dovecot.pem) on Red Hat's family,
      C(/etc/ssl/servercerts/mailhost.pem) on SUSE's, else C(/etc/ssl/certs/mailhost.pem).
    type: path
  key_path:
    description: Path of the key. C(/etc/pki/dovecot/private/dovecot.pem) on Red Hat's family, else C(/etc/ssl/private/mailhost.pem).
    type: path
  certificate:
    description: The certificate for V(files), the text of a PEM file itself and not its path.
    type: str
  chain:
    description: The intermediate certificates as the text of PEM files, leaf's issuer first.
    type: str
    default: ""
  key:
    description:
      - The private key as the text of a PEM file, unencrypted. It travels on stdin only.
      - A kind that the host's openssl cannot read is refused by name; OpenSSL 0.9.8 of CentOS 5 reads RSA and DSA, no elliptic curves.
    type: str
  services:
    description: The services that serve this certificate and must restart with a new one.
    type: list
    elements: str
    default: [dovecot, postfix]
extends_documentation_fragment: [mailhost, mailhost.host, mailhost.lock, mailhost.change, mailhost.accept]
author:
  - The mailhost authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Self-signed, renewed a month ahead
  mail_certificate:
    names: [mail.example.org]

- name: From the company's CA
  mail_certificate:
    provider: files
    names: [mail.example.org]
    certificate: "{{ lookup('ansible.builtin.file', 'mail.example.org.pem') }}"
    chain: "{{ lookup('ansible.builtin.file', 'intermediate.pem') }}"
    key: "{{ vault_mail_key }}"
"""

RETURN = r"""
certificate_path:
  description: Path of the certificate.
  returned: success
  type: str
  sample: /etc/ssl/certs/mailhost.pem
key_path:
  description: Path of the key.
  returned: success
  type: str
  sample: /etc/ssl/private/mailhost.pem
reason:
  description: Why a new one was made; empty if the one that stands will do.
  returned: success
  type: str
  sample: 12 days are left

pending:
  description: Services that wait for M(mail_commit) to restart them.
  returned: always
  type: list
  elements: str
  sample: [dovecot]
journal:
  description: The journal of this change on the host, below C(/var/lib/mailhost/journal).
  returned: when something was changed
  type: str
  sample: 20261123T110000-0a1b2c3d

round_trips:
  description: How many times the host was asked something.
  returned: always
  type: int
  sample: 1
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.mailhost.core.entry import run_module
from ansible.module_utils.mailhost.words import mail_certificate


def main():
    run_module(mail_certificate.WORD, AnsibleModule)


if __name__ == "__main__":
    main()
