#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""other-programs.py DADAM HUB-MODEL: whether the stand-in Hub is a fair one, and Dadam a fair client.

The Hub's own client, huggingface_hub, lists and downloads from hub.py. Dadam downloads through olah, a mirror of the Hub
that others wrote, which fetches from hub.py; then once more from what olah has kept. olah asks the Hub for its newest
commit each time, so hub.py stays, but has to send no byte of the file again.
By hand, with a Python that has both (python3 -m venv V; V/bin/pip install huggingface_hub olah):

  V/bin/python tests/hub/other-programs.py "build-aux/enter --check PREFIX/bin/dadam" "build-aux/enter --check …/hub-model"
"""
import hashlib
import json
import os
import random
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

DADAM, HUB_MODEL = shlex.split(sys.argv[1]), shlex.split(sys.argv[2])
REPO, FILE = "davidkim205/komt-tiny-gguf", "ggml-model-q4_0.gguf"
SIZE = 20_000_000
scratch = Path(tempfile.mkdtemp(prefix="dadam-others-"))
failures = []


def check(good, what):
    print("ok " + what.split(":")[0] if good else "FAILED " + what, flush=True)
    if not good:
        failures.append(what)


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def start_hub():
    file = scratch / "root" / REPO / FILE
    file.parent.mkdir(parents=True)
    subprocess.run([*HUB_MODEL, file], check=True)
    with open(file, "ab") as end:
        end.write(random.Random(1).randbytes(SIZE - file.stat().st_size))
    hub = subprocess.Popen([sys.executable, Path(__file__).with_name("hub.py"), scratch / "root"],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return hub, json.loads(hub.stdout.readline()), digest(file)


def test_their_client(endpoint, right):
    """In a process of its own: the client reads the environment when it is loaded."""
    script = f"""
from huggingface_hub import HfApi, hf_hub_download
api = HfApi()
info = api.model_info({REPO!r}, files_metadata=False)
print(info.sha)
print([s.rfilename for s in info.siblings])
print([(f.path, f.size, f.lfs.sha256) for f in api.list_repo_tree({REPO!r}, recursive=True)])
print([f.path for f in api.get_paths_info({REPO!r}, [{FILE!r}])])
print([r.name for r in api.list_repo_refs({REPO!r}).branches])
print([m.id for m in api.list_models(author="davidkim205", filter="gguf")])
print(hf_hub_download({REPO!r}, {FILE!r}))
"""
    env = dict(os.environ, HF_ENDPOINT=endpoint, HF_HOME=str(scratch / "hf"), HF_HUB_DISABLE_XET="1",
               HF_HUB_DISABLE_TELEMETRY="1")
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    check(done.returncode == 0 and len(lines) == 7, "huggingface_hub asks everything: " + done.stderr[-400:])
    if len(lines) == 7:
        check(lines[0] == hashlib.sha1(REPO.encode()).hexdigest(), "the commit")
        check(FILE in lines[1] and right in lines[2] and FILE in lines[3] and "main" in lines[4] and REPO in lines[5],
              "files, hashes, paths, branches, search")
        check(digest(lines[6]) == right, "huggingface_hub downloads it right")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_until_listening(process, port):
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.2)


def start_olah(hub):
    port = free_port()
    log = open(scratch / "olah.log", "w", encoding="utf-8")
    olah = subprocess.Popen(
        [Path(sys.executable).with_name("olah-cli"), "--host", "127.0.0.1", "--port", str(port), "--hf-scheme", "http",
         "--hf-netloc", hub["endpoint"].split("//")[1], "--hf-lfs-netloc", hub["store"].split("//")[1],
         "--mirror-scheme", "http", "--mirror-netloc", f"127.0.0.1:{port}", "--mirror-lfs-netloc", f"127.0.0.1:{port}",
         "--repos-path", scratch / "olah", "--log-path", scratch / "logs"], cwd=scratch, stdout=log, stderr=log)
    wait_until_listening(olah, port)
    return olah, f"http://127.0.0.1:{port}"


def bodies_sent(hub):
    """Since the last time that this was asked."""
    with urllib.request.urlopen(hub["endpoint"] + "/_test/log") as answer:
        return [entry for entry in json.load(answer) if entry["method"] == "GET" and "Signature" in entry["path"]]


def pull(endpoint, home):
    env = dict(os.environ, HF_ENDPOINT=endpoint, HF_HOME=str(home / "hf"), XDG_DATA_HOME=str(home / "data"),
               XDG_STATE_HOME=str(home / "state"), GIO_USE_PROXY_RESOLVER="dummy")
    env.pop("HF_TOKEN", None)
    return subprocess.run([*DADAM, "pull", f"{REPO}:q4_0"], env=env, capture_output=True, text=True, check=False)


def test_our_client(name, mirror, right):
    home = scratch / name.replace(" ", "-")
    done = pull(mirror, home)
    files = list((home / "data").rglob("*.gguf"))
    check(done.returncode == 0 and len(files) == 1 and digest(files[0]) == right,
          f"dadam pull {name}: {done.returncode} {done.stderr[-400:]}")


def main():
    hub, addresses, right = start_hub()
    olah = None
    try:
        test_their_client(addresses["endpoint"], right)
        olah, mirror = start_olah(addresses)
        bodies_sent(addresses)
        test_our_client("through olah", mirror, right)
        check(bodies_sent(addresses), "olah has the file from the stand-in")
        test_our_client("from what olah kept", mirror, right)
        check(not bodies_sent(addresses), "the stand-in sends nothing of it again")
    finally:
        if olah is not None:
            olah.kill()
            olah.wait()
        hub.kill()
        if failures and (scratch / "olah.log").exists():
            print((scratch / "olah.log").read_text()[-3000:])
        shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(bool(failures))


main()
