"""audit.html in a real browser: it loads without the network and without errors, filters, opens a host by keyboard,
shows a dialogue, and axe-core finds nothing serious, in light and dark, on a desktop and on a phone."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
from axe_playwright_python.sync_playwright import Axe
from mailhost.audit.finding import Finding
from mailhost.audit.report import files
from playwright.sync_api import sync_playwright

from ..unit.audit.report.test_forms import record
from ..wire.conftest import ROOT

EVIL = "</script><script>window.harmed = 1</script><img src=x onerror='window.harmed = 1'>{{ 7 * 7 }}"
SIX = ("25/smtp", "587/smtp", "143/imap", "993/imap", "110/pop3", "995/pop3")
FINDINGS = {
    "good.example.test": [
        Finding("relay.R01", "pass", "plain third party", "554 no", "25/smtp", dialogue=("C: EHLO x", "S: 554 no"))
    ],
    "open.example.test": [
        Finding(
            "relay.R05",
            "fail",
            "forged local sender",
            "accepted: 250 " + EVIL,
            "25/smtp",
            "Close it",
            ("C: MAIL FROM:<x>", "S: 250 " + EVIL),
        ),
        Finding("tls.T12", "pass", "a full handshake", "", "993/imap"),
    ],
    "gone.example.test": None,
}


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """Rendered by the playbook's own plays, from records as an audit leaves them."""
    folder = tmp_path_factory.mktemp("page")
    for name, findings in FINDINGS.items():
        if findings:
            told = record(name, *findings)
            told["certificates"] = [{**told["certificates"][0], "where": where} for where in SIX]
            files.write_host(str(folder / "audit"), told)
    tasks = {"ansible.builtin.import_tasks": str(ROOT / "playbooks/tasks/report.yml")}
    playbook = ROOT / "playbooks" / f".test-{os.getpid()}.yml"  # beside the templates
    playbook.write_text(
        json.dumps(
            [{"name": "Report", "hosts": "mailhosts", "gather_facts": False, "tasks": [{"name": "Report", **tasks}]}]
        )
    )
    inventory = folder / "inventory.json"
    inventory.write_text(json.dumps({"mailhosts": {"hosts": dict.fromkeys(FINDINGS, {})}}))
    env = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "PWD": str(folder)}
    command = ["ansible-playbook", "-i", str(inventory), str(playbook)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=folder, check=False, timeout=100)
    finally:
        playbook.unlink()
    assert done.returncode == 0, done.stdout
    return folder / "audit/audit.html"


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        flags = [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-background-networking",
            "--disable-component-update",
        ]
        found = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=[*flags, "--disable-sync", "--no-first-run"]
        )
        yield found
        found.close()


@pytest.fixture(
    params=[("light", 1200), ("dark", 1200), ("light", 360), ("dark", 360)], ids=lambda one: f"{one[0]}-{one[1]}"
)
def page(browser, page_file, request):
    scheme, width = request.param
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800}, offline=True)
    found, errors = context.new_page(), []
    found.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    found.on("pageerror", lambda error: errors.append(str(error)))
    found.goto(f"file://{page_file}")
    yield found
    assert found.evaluate("window.harmed") is None
    assert errors == []
    context.close()


def serious(page):
    found = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"][:120]) for one in found if one["impact"] in ("serious", "critical")]


def visible(page):
    return [row.get_attribute("data-host") for row in page.query_selector_all("#grid tbody tr") if row.is_visible()]


def test_the_fleet_and_its_filters(page):
    assert page.inner_text("h1") == "Mail hosts: fail"
    assert page.inner_text("#count") == "3 of 3 hosts"
    page.select_option("#verdict", "fail")
    assert visible(page) == ["1"]
    page.select_option("#verdict", "")
    page.fill("#search", "forged")
    assert visible(page) == ["1"]
    page.fill("#search", "nothing of the kind")
    assert page.inner_text("#count") == "0 of 3 hosts"
    page.fill("#search", "")
    assert serious(page) == []


def test_what_must_be_done_stands_first(page):
    assert page.evaluate("[...document.querySelectorAll('main > section')].map(one => one.id)")[:2] == ["todo", "fleet"]
    rows = page.query_selector_all("#todo article")
    assert [row.query_selector("h3").inner_text() for row in rows] == [
        "fail forged local sender (relay.R05)",
        "invalid the host was audited (alive.host)",
    ]
    assert "Close it" in rows[0].inner_text() and EVIL in rows[0].inner_text()
    rows[0].query_selector("a").click()
    assert page.inner_text("#host-title") == "open.example.test: fail"
    assert not page.query_selector("#todo").is_visible()


def test_a_host_by_keyboard(page):
    page.focus("[data-open='1']")
    page.keyboard.press("Enter")
    page.wait_for_selector("#host:not([hidden])")
    assert page.evaluate("document.activeElement.id") == "host-title"
    assert page.inner_text("#host-title") == "open.example.test: fail"
    assert page.inner_text("#proof-count") == "2 of 2 proofs"
    first = page.query_selector("#proofs details")
    first.query_selector("summary").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#proofs pre")
    assert EVIL in first.inner_text()
    page.select_option("#proof-verdict", "pass")
    assert page.inner_text("#proof-count") == "1 of 2 proofs"
    assert [bar.get_attribute("aria-label") for bar in page.query_selector_all(".bar")] == ["9 days left"]
    assert page.inner_text("#certificates").startswith(", ".join(SIX) + ": 9 days left"), (
        "one that six ports serve is one line"
    )
    assert serious(page) == []
    page.focus("#back")
    page.keyboard.press("Enter")
    page.wait_for_selector("#fleet:not([hidden])")
    assert page.evaluate("document.activeElement.dataset.open") == "1"


def test_a_page_does_not_scroll_sideways(page):
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
