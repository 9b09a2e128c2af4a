#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""measure-pull.py BENCH-PULL FOLDER [MIB]: what a download costs beside its parts, over loopback TLS.

Makes a file of MIB (4096) of random bytes under FOLDER, serves it from the stand-in Hub, and measures sha256sum of it,
a client that throws it away (curl where there is one), and the download with its writing, hashing and syncing. The
target is 70 % of the speed of the slower of the first two. Server and client share the processors: with fewer than
four the sum of their work decides, which is printed too. By hand:

  build-aux/enter --check sh -c 'python3 tests/hub/measure-pull.py build/$DADAM_PLACE/check/tests/hub/bench-pull /var/tmp/pull'
"""
import hashlib
import json
import os
import resource
import shutil
import ssl
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

MIB = 1 << 20
here = Path(__file__).parent
bench, folder, mib = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3] if len(sys.argv) > 3 else 4096)
root, out = folder / "root", folder / "out"
file = root / "komt" / "big" / "big.gguf"


def make_file():
    """The tiny model, and random bytes after it that do not hurt it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([Path(bench).with_name("hub-model"), file], check=True)
    digest = hashlib.sha256(file.read_bytes())
    with open(file, "ab") as end:
        left = mib * MIB - file.stat().st_size
        noise = os.urandom(MIB)
        while left > 0:
            piece = noise[:min(left, MIB)]
            end.write(piece)
            digest.update(piece)
            left -= len(piece)
    file.with_name("big.gguf.sha256").write_text(digest.hexdigest())
    return digest.hexdigest()


def throw_away(url):
    if shutil.which("curl"):
        subprocess.run(["curl", "-sS", "-L", "--cacert", folder / "ca.pem", "-o", "/dev/null", url], check=True)
        return
    room = bytearray(MIB)
    with urllib.request.urlopen(url, context=ssl.create_default_context(cafile=folder / "ca.pem")) as body:
        while body.readinto(room):
            pass


def timed(name, work, *arguments, **options):
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    work(*arguments, **options)
    seconds, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{name}: {seconds:.2f} s, {used:.2f} s of processor", flush=True)
    return seconds


def run(*command, **options):
    subprocess.run([str(word) for word in command], check=True, **options)


def server_seconds(process):
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")")[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    digest = make_file()
    run(here / "make-certificates", folder)
    out.mkdir()
    hub = subprocess.Popen([sys.executable, here / "hub.py", root, "--tls", folder / "hub.pem", folder / "hub.key"],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    endpoint = json.loads(hub.stdout.readline())["endpoint"]
    url = endpoint + "/komt/big/resolve/main/big.gguf"
    slower = max(timed("sha256sum", run, "sha256sum", file, stdout=subprocess.DEVNULL), timed("a client to nowhere", throw_away, url))
    before = server_seconds(hub)
    seconds = timed("download", run, bench, endpoint, folder / "ca.pem", "komt/big", "big.gguf", digest,
                    file.stat().st_size, out)
    print(f"the server meanwhile: {server_seconds(hub) - before:.2f} s of processor; {os.cpu_count()} processors")
    print(f"{100 * slower / seconds:.0f} % of the speed of the slower of the two")
    hub.kill()


folder.mkdir(parents=True)
try:
    main()
finally:
    shutil.rmtree(folder)
