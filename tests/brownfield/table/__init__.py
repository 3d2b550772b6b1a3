"""The hosts, by what they run."""

from . import cyrus, databases, dovecot, postfix, sendmail

ROWS = [*postfix.ROWS, *dovecot.ROWS, *databases.ROWS, *cyrus.ROWS, *sendmail.ROWS]
