#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""hub.py FOLDER [--tls CERT KEY]: a model hub for tests, made of the files FOLDER/owner/name/FILE.

The API and the file store are two servers on two hosts (127.0.0.1 and localhost, or what HUB_NAMES says). Prints one line of JSON with
their addresses, then serves until its standard input ends. `POST /_test/faults` with {"name": argument} makes it
misbehave, {} ends that; `GET /_test/log` tells every request since the last time that was asked.

Faults. Of a body: cut N (close after N bytes), stall N, drip N (then a byte now and then), throttle N (bytes a
second), wrong-bytes, ignore-range, wrong-range, encoded, html, trickle-head (a byte of the head now and then).
Of links: expire N (a link serves N requests, then 403), refuse (always 403). Of the API: portal, limited N (N times
429, each to wait for one second, or wait N), retry-after N, broken N (N times 503), loop, away, plain, bare (few
headers), wrong-hash, changed, evil-names.
Repositories of the owner `gated` want a token and its terms, those of `hidden` a token; owner `old` is renamed to
`new`; `off` is disabled. Tokens: hf_good_token, hf_noterms_token; others are not valid.
"""
import hashlib
import json
import mmap
import os
import re
import ssl
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

GOOD, NO_TERMS = "hf_good_token", "hf_noterms_token"
CHUNK = 1 << 20

root = Path(sys.argv[1])
lock = threading.Lock()
faults, log, hashes, links = {}, [], {}, {}
api = store = None


def take(name):
    """One of the so-and-so-many times of a fault; the others are told by `name in faults`."""
    with lock:
        left = faults.get(name, 0)
        if left > 0:
            faults[name] = left - 1
        return left > 0


def sha256(path):
    """Of a file as it was when first asked for: the tests change bytes, not files."""
    with lock:
        if path not in hashes:
            beside = path.with_name(path.name + ".sha256")
            if beside.exists():
                hashes[path] = beside.read_text().strip()
            else:
                with open(path, "rb") as file:
                    hashes[path] = hashlib.file_digest(file, "sha256").hexdigest()
        digest = hashes[path]
    return digest[::-1] if "wrong-hash" in faults else digest


def commit_of(repo):
    return hashlib.sha1(repo.encode()).hexdigest()


def address(server):
    return f"{server.scheme}://{server.name}:{server.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 120

    def log_message(self, *_):
        pass

    def parse_request(self):
        if not super().parse_request():
            return False
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        self.url = urllib.parse.urlsplit(self.path)
        self.query = urllib.parse.parse_qs(self.url.query)
        self.sent = 0
        with lock:
            if not self.path.startswith("/_test/"):
                log.append({"host": self.server.name, "method": self.command, "path": self.path,
                            "token": self.headers.get("Authorization"), "range": self.headers.get("Range")})
                self.entry = log[-1]
        return True

    def answer(self, status, body=b"", **headers):
        if isinstance(body, (dict, list)):
            body, headers = json.dumps(body).encode(), {"Content_Type": "application/json", **headers}
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status, code="", message=""):
        named = {"X_Error_Code": code, "X_Error_Message": message} if code or message else {}
        self.answer(status, {"error": message or code}, **named)

    def do_HEAD(self):
        self.do_GET()


class Api(Handler):
    def token(self):
        given = self.headers.get("Authorization") or ""
        return given.removeprefix("Bearer ") or None

    def do_POST(self):
        if self.url.path == "/_test/faults":
            with lock:
                faults.clear()
                faults.update(json.loads(self.body))
                links.clear()
            return self.answer(200, {})
        return self.do_GET()

    def do_GET(self):
        path = urllib.parse.unquote(self.url.path)
        if path == "/_test/log":
            with lock:
                copy = list(log)
                log.clear()
            return self.answer(200, copy)
        if "portal" in faults:
            return self.answer(200, b"<html>Please sign in</html>", Content_Type="text/html")
        if take("limited"):
            return self.answer(429, b"", RateLimit=f'"api";r=0;t={faults.get("wait", 1)}')
        if take("retry-after"):
            return self.answer(429, b"", Retry_After="1")
        if take("broken"):
            return self.answer(503, b"out of order")
        if path == "/api/models":
            return self.search()
        match = re.fullmatch(r"/api/models/([^/]+/[^/]+)(/.*)?", path)
        if match:
            return self.repo(match[1], match[2] or "")
        match = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        if match:
            return self.resolve(*match.groups())
        return self.refuse(404)

    def search(self):
        wanted = self.query.get("search", [""])[0]
        author = self.query.get("author", [""])[0]
        names = sorted(f"{p.parent.name}/{p.name}" for p in root.glob("*/*") if p.is_dir())
        found = [{"id": name, "sha": commit_of(name), "tags": ["gguf"], "downloads": 7, "gguf": {"architecture": "llama"}}
                 for name in names if wanted in name and name.startswith(author)]
        page = int(self.query.get("page", ["0"])[0])
        more = {"Link": f'<{address(api)}/api/models?search={wanted}&page={page + 1}>; rel="next"'} if page == 0 else {}
        return self.answer(200, found[page * 2:page * 2 + 2], **more)

    def admitted(self, repo):
        """Whether who asks may see the repository; answers otherwise."""
        owner, token = repo.split("/")[0], self.token()
        if token is not None and token not in (GOOD, NO_TERMS):
            return self.refuse(401, "", "Invalid credentials in Authorization header")
        if owner == "old":
            return self.answer(307, b"", Location=self.path.replace("old/", "new/", 1))
        if owner == "off":
            return self.refuse(403, "", "Access to this resource is disabled.")
        if owner == "gated" and token != GOOD:
            return self.refuse(403 if token else 401, "GatedRepo", "Access to this model is restricted")
        if not (root / repo).is_dir() or (owner == "hidden" and token != GOOD):
            return self.refuse(404 if token else 401, "RepoNotFound", "Repository not found")
        return True

    def record(self, repo, path):
        file = root / repo / path
        small = hashlib.sha1(f"blob {file.stat().st_size}\0".encode()).hexdigest()
        record = {"type": "file", "path": path, "size": file.stat().st_size, "oid": small}
        if path.endswith(".gguf"):
            record["lfs"] = {"oid": sha256(file), "size": file.stat().st_size, "pointerSize": 134}
        return record

    def files(self, repo):
        return sorted(str(p.relative_to(root / repo)) for p in (root / repo).rglob("*")
                      if p.is_file() and p.suffix != ".sha256")

    def repo(self, repo, rest):
        if rest in ("", "/") or rest.startswith("/revision/"):
            if self.admitted(repo) is not True:
                return None
            if rest.startswith("/revision/") and rest[10:] not in ("main", commit_of(repo)):
                return self.refuse(404, "RevisionNotFound", "Invalid rev id")
            return self.answer(200, {"id": repo, "sha": commit_of(repo), "gated": "auto" if repo.startswith("gated/") else False,
                                     "private": False, "disabled": False, "cardData": {"license": "apache-2.0"},
                                     "tags": ["gguf", "ko"], "siblings": [{"rfilename": f} for f in self.files(repo)]})
        if self.admitted(repo) is not True:
            return None
        if rest == "/refs":
            return self.answer(200, {"branches": [{"name": "main", "ref": "refs/heads/main",
                                                   "targetCommit": commit_of(repo)}],
                                     "tags": [], "converts": []})
        if rest.startswith("/paths-info/"):
            wanted = urllib.parse.parse_qs(self.body.decode()).get("paths", [])
            return self.answer(200, [self.record(repo, p) for p in wanted if p in self.files(repo)])
        if rest.startswith("/tree/"):
            return self.tree(repo)
        return self.refuse(404)

    def tree(self, repo):
        """Two records a page, so that pages are followed."""
        files = self.files(repo)
        page = int(self.query.get("page", ["0"])[0])
        records = [self.record(repo, p) for p in files[page * 2:page * 2 + 2]]
        if "evil-names" in faults:
            lfs = {"oid": "0" * 64, "size": 5, "pointerSize": 134}
            records += [{"type": "file", "path": p, "size": 5, "oid": "0" * 40, "lfs": lfs}
                        for p in ("../evil.gguf", "/evil.gguf", "a/../../evil.gguf", "a\\evil.gguf", "e\x07vil.gguf",
                                  "e\u202evil.gguf", ".evil.gguf", "a//evil.gguf", "x" * 300 + ".gguf")]
        more = {}
        if page * 2 + 2 < len(files):
            more["Link"] = f'<{address(api)}{self.url.path}?page={page + 1}>; rel="next"'
        return self.answer(200, records, **more)

    def resolve(self, repo, revision, path):
        if self.admitted(repo) is not True:
            return None
        file = root / repo / path
        if revision not in ("main", commit_of(repo)):
            return self.refuse(404, "RevisionNotFound", "Invalid rev id")
        if path not in self.files(repo):
            return self.refuse(404, "EntryNotFound", "Entry not found")
        if "loop" in faults:
            return self.answer(302, b"", Location=self.path.split("?")[0] + f"?turn={time.time_ns()}")
        headers = {} if "bare" in faults else {"X_Repo_Commit": commit_of(repo), "X_Linked_Size": str(file.stat().st_size),
                                               "X_Linked_Etag": f'"{sha256(file)}"', "Accept_Ranges": "bytes"}
        if "changed" in faults:
            headers["X_Linked_Etag"] = '"' + "1" * 64 + '"'
        with lock:
            number = len(links)
            links[number] = 0
        place = f"{address(store)}/{urllib.parse.quote(repo + '/' + path)}?Signature={number}"
        if "away" in faults:
            place = "https://files.example/" + path
        if "plain" in faults:
            place = "http://files.example/" + path
        return self.answer(302, b"", Location=place, **headers)


class Store(Handler):
    def do_GET(self):
        number = int(self.query.get("Signature", ["-1"])[0])
        with lock:
            links[number] = links.get(number, 0) + 1
            used = links[number]
        if "refuse" in faults or used > faults.get("expire", used):
            return self.answer(403, b"<Error><Code>SignatureError</Code></Error>")
        if "html" in faults:
            return self.answer(200, b"<html>Please sign in</html>", Content_Type="text/html")
        if take("store-broken"):
            return self.answer(503, b"out of order")
        file = root / urllib.parse.unquote(self.url.path).lstrip("/")
        return self.body_of(file, file.stat().st_size)

    def body_of(self, file, size):
        first, last, status = 0, size - 1, 200
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if match and "ignore-range" not in faults:
            first, last, status = int(match[1]), min(int(match[2] or size - 1), size - 1), 206
            if first >= size:
                return self.answer(416, b"", Content_Range=f"bytes */{size}")
        if "trickle-head" in faults:
            for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"y" * 100000:
                self.wfile.write(bytes([byte]))
                time.sleep(0.1)
        self.send_response(status)
        if status == 206:
            shown = first + (1 if "wrong-range" in faults else 0)
            self.send_header("Content-Range", f"bytes {shown}-{last}/{size}")
        if "encoded" in faults:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", "binary/octet-stream")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        if self.command != "HEAD":
            self.send_bytes(file, first, last + 1)
        return None

    def send_bytes(self, file, at, end):
        size = end + 1
        begun, start, limit = time.time(), at, at + faults.get("cut", end)
        step = min(CHUNK, faults.get("cut", CHUNK), max(1, faults.get("throttle", CHUNK * 20) // 20),
                   max(1, faults.get("drip", CHUNK)))
        with open(file, "rb") as source:
            pages = memoryview(mmap.mmap(source.fileno(), 0, prot=mmap.PROT_READ) if size > 1 else b"")
        while at < end:
            data = pages[at:at + min(step, end - at, max(1, limit - at))]
            if "wrong-bytes" in faults and at <= 1000 < at + len(data):
                data = bytearray(data)
                data[1000 - at] ^= 1
            self.wfile.write(data)
            at += len(data)
            self.entry["sent"] = at - start
            if at >= limit:
                self.close_connection = True
                self.connection.close()
                return
            if "throttle" in faults:
                time.sleep(max(0, (at - start) / faults["throttle"] - (time.time() - begun)))
            if at - start >= faults.get("stall", size):
                time.sleep(60)
            if at - start >= faults.get("drip", size):
                step, limit = 1, end
                time.sleep(0.1)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, name, handler, context):
        super().__init__(("127.0.0.1", 0), handler)
        self.name, self.scheme, self.context = name, "https" if context else "http", context

    def finish_request(self, request, client_address):
        if self.context:
            request.settimeout(120)
            request = self.context.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, request, client_address):
        pass


def main():
    global api, store
    context = None
    if "--tls" in sys.argv:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*sys.argv[sys.argv.index("--tls") + 1:][:2])
    names = os.environ.get("HUB_NAMES", "127.0.0.1 localhost").split()
    api, store = Server(names[0], Api, context), Server(names[1], Store, context)
    for server in (api, store):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"endpoint": address(api), "store": address(store)}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
