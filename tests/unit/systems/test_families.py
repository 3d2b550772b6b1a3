"""A distribution is one row: what a row must have, what SUSE's says, what an unknown one gets,
and that nobody else tells families apart."""

import ast
import dataclasses
import pathlib

import pytest
from mailhost.core.errors import BadConfiguration
from mailhost.core.operations import Run
from mailhost.core.versions import Row, Rows
from mailhost.products import certificates, standing
from mailhost.products.cyrus import configure, saslauthd
from mailhost.systems import families
from mailhost.systems.families import DEBIAN, FAMILIES, PACKAGED, REDHAT, SUSE, UNKNOWN, Family, system
from mailhost.systems.packages import WHICH
from mailhost.words import cyrus_services, mail_certificate, mail_packages, mailboxes, mailhost_info, postfix_relay

from ..hosts import PASSWD, SHADOW, host, params, run, written

LOGIC = pathlib.Path(families.__file__).resolve().parents[1]
PLUGINS = LOGIC.parents[1] / "action_plugins"
RPMS = "postfix-3.5.9-150300.5.15.1.x86_64\nopenssl-1.1.1l-150400.5.14.noarch\npackage dovecot is not installed\n"


def suse(release="15.6", rpms=RPMS, outputs=None, files=None):
    given = {
        "/etc/os-release": f'ID="opensuse-leap"\nID_LIKE="suse opensuse"\nVERSION_ID="{release}"\n',
        "/etc/redhat-release": None,
        "/etc/passwd": PASSWD,
        "/etc/shadow": SHADOW,
    }
    said = {SUSE.asked().argv: rpms, WHICH.argv: "/usr/bin/zypper\n"}
    return host({**given, **(files or {})}, {**said, **(outputs or {})})


def test_a_row_that_forgets_a_field_is_an_error():
    fields = {field.name: getattr(DEBIAN, field.name) for field in dataclasses.fields(Family)}
    for name in fields:
        with pytest.raises(TypeError, match=name):
            Family(**{other: value for other, value in fields.items() if other != name})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"managers": ("pacman",)}, "a package manager that has no row"),
        ({"managers": ("yum",), "removes": {"postfix": ("sendmail",)}}, "cannot remove what goes"),
    ],
)
def test_a_row_refuses_to_be_wrong(change, said):
    with pytest.raises(ValueError, match=said):
        dataclasses.replace(REDHAT, **change)


@pytest.mark.parametrize("row", FAMILIES, ids=lambda row: row.name)
def test_every_row_is_whole(row):
    assert set(row.packages) in (set(PACKAGED), set())
    for field in dataclasses.fields(Family):
        value = getattr(row, field.name)
        if isinstance(value, Rows):
            assert value.at(()) is not None, f"{row.name}, {field.name}: a host that says no release has no value"


def test_suse_names_its_packages_and_zypper_removes_what_is_in_the_way():
    plan = run(mail_packages, suse(), products=["postfix", "dovecot", "saslauthd", "openssl"])
    assert plan.facts["installed"] == ["dovecot", "cyrus-sasl-saslauthd", "cyrus-sasl-plain"]
    install, confirm = plan.operations
    assert install.argv[:5] == ("zypper", "--non-interactive", "install", "--", "dovecot")
    assert confirm.argv == ("rpm", "-q", "dovecot", "cyrus-sasl-saslauthd", "cyrus-sasl-plain")
    plan = run(mail_packages, suse(), products=["sendmail"])
    assert [operation.argv for operation in plan.operations[:1]] == [("sh", "-s", "postfix")]
    assert plan.operations[1].argv[4:] == ("sendmail", "procmail", "-postfix")
    with pytest.raises(BadConfiguration, match="2 messages wait there, and sendmail takes postfix away"):
        run(mail_packages, suse(outputs={standing.queue("postfix")[0].argv: "2\n"}), products=["sendmail"])
    with pytest.raises(BadConfiguration, match="has no dovecot, and no zypper to install them"):
        run(mail_packages, suse(outputs={WHICH.argv: "/usr/bin/yum\n"}), products=["dovecot"])


def test_suse_has_its_own_places():
    outputs = {certificates.NOW.argv: "1700000000", certificates.OPENSSL.argv: "OpenSSL 1.1.1l"}
    plan = run(mail_certificate, suse(outputs=outputs), names=["mail.example.test"])
    made = plan.operations[-1].argv
    assert made[2:4] == ("/etc/ssl/servercerts/mailhost.pem", "/etc/ssl/private/mailhost.pem")
    found = run(mailhost_info, suse(outputs={mailhost_info.INIT: "systemd\n"})).facts["mailhost"]
    assert (found["family"], found["release"], found["package_manager"]) == ("suse", "15.6", "zypper")
    assert found["packages"] == ["openssl", "postfix"]


def test_suse_beside_cyrus():
    path = SUSE.saslauthd.path
    files = {
        "/etc/imapd.conf": "configdirectory: /var/lib/imap\n",
        "/etc/cyrus.conf": "SERVICES {\n}\n",
        path: "SASLAUTHD_AUTHMECH=rimap\nSASLAUTHD_THREADS=5\n",
        "/etc/postfix/main.cf": "inet_interfaces = all\n",
        "/etc/postfix/master.cf": "smtp inet n - n - - smtpd\n",
    }
    stands = "folder /usr/lib/cyrus/bin\nprogram imapd\nprogram pop3d\nprogram lmtpd\ncyrus-imapd 2.4.22\n"
    outputs = {configure.STANDS: stands, postfix_relay.VERSION: "3.5.9"}
    seen = suse(files=files, outputs=outputs)
    written_by_cyrus = written(run(cyrus_services, seen, protocols=["imap"]))
    assert written_by_cyrus[path] == "SASLAUTHD_AUTHMECH=pam\nSASLAUTHD_THREADS=5\n"
    assert 'listen="/var/lib/imap/socket/lmtp"' in written_by_cyrus["/etc/cyrus.conf"]
    given = {"hostname": "mx.example.test", "domains": ["example.test"], "access": "cyrus"}
    by_postfix = written(run(postfix_relay, seen, **given))
    assert by_postfix["/etc/sasl2/smtpd.conf"] == "pwcheck_method: saslauthd\nmech_list: plain login\n"
    assert "lmtp:unix:/var/lib/imap/socket/lmtp" in by_postfix["/etc/postfix/main.cf"]


@pytest.mark.parametrize(
    ("release", "scheme", "is_known"),
    [("15.2", "2y", True), ("15.2", "y", False), ("15.6", "y", True), ("42.3", "y", False), ("20260101", "y", True)],
)
def test_suses_schemes(release, scheme, is_known):
    assert (scheme in system(suse(release)).crypt_schemes) == is_known


def test_suses_accounts():
    plan = run(mailboxes, suse(), mailboxes=[{"name": "alice", "state": "present"}])
    runs = [operation for operation in plan.operations if isinstance(operation, Run)]
    assert written(plan)["/etc/pam.d/dovecot"].endswith(SUSE.pam_service)
    assert runs[0].argv[:7] == ("xargs", "-n", "1", "useradd", "-m", "-s", "/sbin/nologin")


def test_an_unknown_distribution_is_refused_by_mail_packages_only():
    seen = host({"/etc/os-release": "ID=arch\n", "/etc/redhat-release": None})
    assert system(seen).family is UNKNOWN
    with pytest.raises(BadConfiguration, match="an unknown distribution. Install the packages by hand"):
        run(mail_packages, seen, products=["postfix"])
    outputs = {certificates.NOW.argv: "1700000000", certificates.OPENSSL.argv: "OpenSSL 3.0.2"}
    unknown = host({"/etc/os-release": "ID=arch\n"}, outputs)
    assert "/etc/ssl/certs/mailhost.pem" in str(run(mail_certificate, unknown, names=["a.example.test"]).operations)


@pytest.mark.parametrize(
    ("family", "release", "text", "wanted"),
    [
        (DEBIAN, "12", "# x\n", '# x\nSTART=yes\nMECHANISMS="pam"\n'),
        (DEBIAN, "13", "MECHANISMS='shadow'\n", "MECHANISMS='shadow'\n"),
        (SUSE, "15.6", "SASLAUTHD_AUTHMECH=pam\n", "SASLAUTHD_AUTHMECH=pam\n"),
    ],
)
def test_saslauthd_starts_and_asks_pam(family, release, text, wanted):
    from mailhost.core.operations import Plan

    seen = host({"/etc/os-release": f"ID={family.ids[0]}\nVERSION_ID={release}\n", "/etc/redhat-release": None})
    seen.files.update(host({family.saslauthd.path: text}).files)
    plan = Plan()
    saslauthd.settings(plan, seen, system(seen))
    assert written(plan).get(family.saslauthd.path, text) == wanted


def sources():
    for path in [*LOGIC.rglob("*.py"), *PLUGINS.glob("*.py")]:
        if "systems" not in path.parts:
            yield path, ast.parse(path.read_text())


def test_nobody_else_says_a_familys_name_or_compares_its_release():
    told = {row.name for row in FAMILIES} | {name for row in FAMILIES for name in row.ids}
    allowed = {"unknown"}  # also a kind of cause, and mail_look's word for what it cannot say
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant):
                assert node.value not in told - allowed, f"{path}:{node.lineno} says {node.value}"
            if isinstance(node, ast.Compare):
                parts = [part.attr for part in [node.left, *node.comparators] if isinstance(part, ast.Attribute)]
                assert not {"family", "release"} & set(parts), f"{path}:{node.lineno} compares a distribution"


def test_a_family_more_is_one_row(monkeypatch):
    """What asks a host before it is known asks for every row's places; what reads a host finds the row by its names."""
    row = dataclasses.replace(
        SUSE, name="other", ids=("other",), certificate="/etc/other.pem", crypt=Rows("crypt", Row((), None, ("6",)))
    )
    monkeypatch.setattr(families, "FAMILIES", (row, *FAMILIES))
    monkeypatch.setattr(certificates, "FAMILIES", (row, *FAMILIES))
    seen = host({"/etc/os-release": "ID=other\n", "/etc/redhat-release": None})
    assert (system(seen).family, system(seen).crypt_schemes) == (row, ("6",))
    asked = [
        str(request)
        for request in mail_certificate.reads(params(mail_certificate, names=["a.test"], services=[]), seen)
    ]
    assert any("/etc/other.pem" in request for request in asked)
