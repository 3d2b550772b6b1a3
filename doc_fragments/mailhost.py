"""What the documentation of several words has in common;
``extends_documentation_fragment: [mailhost, mailhost.change]`` takes it in."""

from __future__ import annotations


class ModuleDocFragment:
    """``mailhost`` is for every word; ``host`` for those that ask a host, ``lock`` and ``change`` that change one,
    ``relay``, ``accept`` for those about relaying, ``certificate`` for daemons with TLS.
    What a word says itself comes before its fragments.
    """

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Predicts exactly what a run would do and touches nothing.
    support: full
  diff_mode:
    description: Names each setting that changes; never shows a secret.
    support: full
"""

    HOST = r"""
attributes:
  platform:
    description: Hosts with a POSIX sh, from CentOS 5 on.
    platforms: posix
    support: full
notes:
  - With C(mailhost_execution=controller), the default, the host needs a POSIX sh and coreutils, and no Python.
    With C(mailhost_execution=module) the same code runs as an ordinary module, on Python 3.8 or newer.
"""

    LOCK = r"""
options:
  lock_timeout:
    description: Seconds to wait for another run that holds the host's lock; then an error names the holder.
    type: int
    default: 60
"""

    CHANGE = r"""
options:
  confirm_timeout:
    description: >-
      Seconds within which M(mail_commit) must confirm the change; else the host takes it back by itself. 0 is never.
    type: int
    default: 600
notes:
  - All of a change is applied or none of it; M(mail_commit) restarts what changed, or takes it back.
"""

    RELAY = r"""
options:
  domains:
    description: Domains delivered here.
    type: list
    elements: str
    required: true
  networks:
    description:
      - Networks, as address/length, whose hosts may send anywhere.
      - Host bits, names, and anything wider than /8 (IPv6 /16) are refused.
    type: list
    elements: str
    default: [127.0.0.0/8, "::1/128"]
  relay_domains:
    description: Domains accepted from everyone and passed on.
    type: list
    elements: str
    default: []
  authenticated:
    description: Whether a user who logged in may send anywhere; opens the submission port 587, TLS only.
    type: bool
    default: true
  smarthost:
    description:
      - Where mail for elsewhere goes; a name, or C([host]:port). Empty sends it directly.
      - Not given, what stands on the host stays.
    type: str
  message_size:
    description: How large a message may be, in bytes or as in C(50M). Not given, what stands on the host stays.
    type: str
  addresses:
    description:
      - IP addresses on which mail is taken beside loopback; C(*) is all.
      - Without one it is what stands on the host, and all where a package alone has decided.
    type: list
    elements: str
    default: []
  maildir:
    description: The Maildir, relative to the user's home.
    type: str
    default: Maildir
  mail_format:
    description: >-
      How mail lies on disk, as M(dovecot_settings) has it; with V(keep), where mail stands in another place than
      O(maildir), delivery is left as it stands.
    type: str
    choices: [keep, maildir, mbox]
    default: keep
  access:
    description: What takes the mail delivered here, V(dovecot) by the user's Maildir, V(cyrus) by LMTP.
    type: str
    choices: [dovecot, cyrus]
    default: dovecot
"""

    CERTIFICATE = r"""
options:
  certificate:
    description: Path of the certificate; by default where M(mail_certificate) puts it.
    type: path
  key:
    description: Path of the key; by default where M(mail_certificate) puts it.
    type: path
"""

    ACCEPT = r"""
options:
  accept:
    description:
      - What a run may take away although nothing asks for it (C(loss.address), or of these one alone,
        C(loss.address old@example.test)), and rules that let strangers through and stay all the same, by the name
        that an error or a report gives them; each with a reason, which every report shows.
      - In the role it is C(mailhost_accept) with C(mailhost_relay_accept).
    type: list
    elements: dict
    default: []
    suboptions:
      rule:
        description: The rule's name, such as C(FEATURE relay_entire_domain).
        type: str
        required: true
      reason:
        description: Why it may stay.
        type: str
        required: true
"""
