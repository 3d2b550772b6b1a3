"""As much of AWX's API (/api/v2) as the modules of awx.awx speak to.

Objects are looked up by their fields, made, changed, and associated with others.
Every request that changes something is kept.
"""

from __future__ import annotations

import http.server
import json
import re
import threading
import urllib.parse

#: what an AWX has from the beginning
SEED = {"organizations": ["Default"], "credential_types": ["Machine", "Vault"]}
#: how the type of a template is told when all of them are asked
#: what is so as soon as something is made, since nothing is fetched here
AT_ONCE = {
    "status": "successful",
    "finished": "2026-01-01T00:00:00Z",
    "failed": False,
    "scm_revision": "0",
    "summary_fields": {},
}
TEMPLATES = {"job_templates": "job_template", "workflow_approval_templates": "workflow_approval"}


class Awx(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects: "dict[str, dict]" = {}
        self.below: "dict[str, object]" = {}
        self.changes: "list[tuple[str, str]]" = []
        self.lock = threading.Lock()
        for kind, names in SEED.items():
            for name in names:
                self.make(kind, {"name": name})
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def make(self, kind: str, fields: dict) -> dict:
        number = len(self.objects) + 1
        url = f"/api/v2/{kind}/{number}/"
        related = {name: f"{url}{name}/" for name in ("survey_spec", "credentials", "workflow_nodes")}
        self.objects[url] = {
            **AT_ONCE,
            **fields,
            "id": number,
            "url": url,
            "type": TEMPLATES.get(kind, kind),
            "related": related,
        }
        return self.objects[url]

    def of(self, kind: str) -> "list[dict]":
        """By name what a test looks at."""
        return [item for url, item in self.objects.items() if url.startswith(f"/api/v2/{kind}/")]

    def find(self, kind: str, asked: "dict[str, str]") -> "list[dict]":
        items = (
            [one for name in TEMPLATES for one in self.of(name)] if kind == "unified_job_templates" else self.of(kind)
        )
        return [one for one in items if all(str(one.get(name, value)) == value for name, value in asked.items())]


class Handler(http.server.BaseHTTPRequestHandler):
    server: Awx
    protocol_version = "HTTP/1.1"

    def answer(self, code: int, data: object = None) -> None:
        text = json.dumps(data).encode() if data is not None else b""
        self.send_response(code)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(text))),
                            ("X-API-Product-Name", "AWX"), ("X-API-Product-Version", "24.6.1")):  # fmt: skip
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def listed(self, items: "list[dict]") -> None:
        self.answer(200, {"count": len(items), "next": None, "results": items})

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        asked = dict(urllib.parse.parse_qsl(query))
        asked.pop("page_size", None)
        with self.server.lock:
            if path in self.server.objects:
                return self.answer(200, self.server.objects[path])
            if path.endswith("/survey_spec/"):
                return self.answer(200, self.server.below.get(path, {}))
            if re.fullmatch(r"/api/v2/\w+/\d+/workflow_nodes/", path):
                nodes = self.server.find(
                    "workflow_job_template_nodes", {"workflow_job_template": path.split("/")[4], **asked}
                )
                return self.listed(nodes)
            if re.fullmatch(r"/api/v2/\w+/\d+/\w+/", path):
                return self.listed([{"id": number} for number in self.server.below.get(path, [])])
            if re.fullmatch(r"/api/v2/\w+/", path):
                return self.listed(self.server.find(path.split("/")[3], asked))
        return self.answer(200, {"current_version": "/api/v2/", "version": "24.6.1"})

    def given(self) -> dict:
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")

    def do_POST(self) -> None:
        given, path = self.given(), self.path
        with self.server.lock:
            self.server.changes.append(("POST", path))
            if path.endswith("/survey_spec/"):
                self.server.below[path] = given
                return self.answer(200, {})
            if path.endswith("/create_approval_template/"):
                node = self.server.objects[path.replace("create_approval_template/", "")]
                made = self.server.make("workflow_approval_templates", given)
                node["unified_job_template"], node["related"]["unified_job_template"] = made["id"], made["url"]
                return self.answer(201, made)
            if re.fullmatch(r"/api/v2/\w+/\d+/\w+/", path):
                self.server.below.setdefault(path, []).append(given["id"])
                return self.answer(204)
            return self.answer(201, self.server.make(path.split("/")[3], given))

    def do_PATCH(self) -> None:
        given = self.given()
        with self.server.lock:
            self.server.changes.append(("PATCH", self.path))
            self.server.objects[self.path].update(given)
            self.answer(200, self.server.objects[self.path])

    def log_message(self, *args: object) -> None:
        """Quiet."""
