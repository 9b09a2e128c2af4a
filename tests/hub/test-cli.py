#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""test-cli.py DADAM WRITE-MODEL SHIM [KILLS]: the commands of the model store against the stand-in Hub: pull, models,
verify, import, remove, names; killed and without power at moments by chance; a full disk; two at once; Korean."""
import ctypes
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

DADAM, WRITE_MODEL, SHIM = sys.argv[1:4]
KILLS = int(sys.argv[4]) if len(sys.argv) > 4 else 12
REPO, QUANT = "davidkim205/komt-tiny-gguf", "q4_0"
NAME = "komt-tiny:q4_0"
SIZE = 40_000_000
failures = []


def check(good, what):
    if not good:
        failures.append(what)
        print("failed:", what, flush=True)


class Hub:
    def __init__(self, folder):
        self.root = folder / "hub"
        self.process = subprocess.Popen([sys.executable, Path(__file__).with_name("hub.py"), self.root],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.endpoint = json.loads(self.process.stdout.readline())["endpoint"]

    def fault(self, **faults):
        urllib.request.urlopen(self.endpoint + "/_test/faults", json.dumps(faults).encode()).read()

    def sent(self):
        log = json.load(urllib.request.urlopen(self.endpoint + "/_test/log"))
        return sum(entry.get("sent", 0) for entry in log)

    def offer(self, repo, name, size, seed=1):
        path = self.root / repo / name
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([WRITE_MODEL, path], check=True)
        with open(path, "ab") as file:
            file.write(random.Random(seed).randbytes(max(0, size - path.stat().st_size)))
        return path


class Home:
    """A user's folders of their own."""

    def __init__(self, folder, hub, **more):
        self.folder = folder
        self.data = folder / "data"
        self.models = self.data / "dadam" / "models"
        self.env = dict(os.environ, HOME=str(folder), XDG_DATA_HOME=str(self.data), XDG_CACHE_HOME=str(folder / "cache"),
                        XDG_STATE_HOME=str(folder / "state"), HF_ENDPOINT=hub.endpoint, GIO_USE_PROXY_RESOLVER="dummy",
                        HF_HUB_DOWNLOAD_TIMEOUT="3", GSETTINGS_BACKEND="memory", G_DEBUG="fatal-warnings", **more)
        for name in ("HF_HOME", "HF_TOKEN", "LANGUAGE", "LC_ALL"):
            self.env.pop(name, None)
        self.models.mkdir(parents=True)

    def start(self, *arguments, **more):
        return subprocess.Popen([DADAM, *map(str, arguments)], env={**self.env, **more}, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def run(self, *arguments, **more):
        process = self.start(*arguments, **more)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def listed(self):
        return json.loads(self.run("models", "--json")[1])

    def files(self):
        return [p for p in self.models.rglob("*.gguf") if p.is_file()]


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_life(hub, folder):
    home = Home(folder, hub)
    right = digest(hub.root / REPO / "ggml-model-q4_0.gguf")
    rc, out, err = home.run("pull", f"{REPO}:{QUANT}")
    check(rc == 0 and out.strip() == NAME, f"pull: {rc} {out} {err}")
    check("apache-2.0" in err, "the licence is shown")
    listed = home.listed()
    check(len(listed) == 1 and listed[0]["name"] == NAME and listed[0]["hash"] == right and listed[0]["verified"], "models")
    check(digest(Path(listed[0]["path"])) == right, "the file is right")
    check(len(list(home.models.rglob("*.part*"))) == 0, "nothing half is left")
    hub.sent()
    check(home.run("pull", f"{REPO}:Q4_0")[0] == 0 and hub.sent() == 0, "what is there is not fetched again")
    check(home.run("verify")[0] == 0 and home.run("verify", NAME)[0] == 0, "verify")
    check("llama" in home.run("inspect", NAME)[1], "a name in place of a file")
    check(home.run("tokenize", "komt-tiny", "abc")[0] == 0, "a name without its quantisation")
    rc, _, err = home.run("chat", "-p", "a", "--raw", "--max-tokens", "2")
    check(rc == 0, f"the only model is the one to chat with: {err}")
    rc, _, err = home.run("inspect", "komt-small")
    check(rc == 1 and "komt-small" in err and err.count("\n") == 1, f"an unknown name: {err}")

    path = Path(listed[0]["path"])
    data = bytearray(path.read_bytes())
    data[30_000_000] ^= 1
    path.write_bytes(data)
    rc, _, err = home.run("verify", NAME)
    check(rc == 1 and right in err, f"a damaged file is found: {err}")
    check(home.run("remove", NAME)[0] == 0 and home.listed() == [] and not path.exists(), "remove")
    check(not (home.models / "davidkim205").exists(), "empty folders go")

    own = folder / "내 모델.gguf"
    shutil.copy(hub.root / REPO / "ggml-model-q8_0.gguf", own)
    rc, out, err = home.run("import", own)
    check(rc == 0 and out.strip() == "내 모델", f"import: {out} {err}")
    check(home.run("verify", "내 모델")[0] == 0, "an import is verified")
    own.write_bytes(own.read_bytes()[:-1] + b"x")
    check(home.run("verify", "내 모델")[0] == 1, "and found out when it changes")
    check(home.run("remove", "내 모델")[0] == 0 and own.exists(), "an imported file stays")
    check(home.run("import", __file__)[0] == 1, "what is no model is not imported")


def test_choice(hub, folder):
    home = Home(folder, hub)
    rc, out, err = home.run("pull", REPO)
    check(rc == 0 and out.strip() == "komt-tiny:q4_k_m", f"the recommended file: {rc} {out} {err}")
    check("ggml-model-q4_k_m.gguf" in err, "and why")
    rc, _, err = home.run("pull", f"{REPO}:q5_0")
    check(rc == 1 and "ggml-model-q8_0.gguf" in err, f"a file that is not there: {err}")
    rc, _, err = home.run("pull", "nothing")
    check(rc == 1 and "OWNER/NAME" in err, f"no repository: {err}")
    rc, _, err = home.run("pull", "komt-mistral-7b-v1-dpo")
    check(rc == 1 and "adapter" in err, f"what cannot run says why: {err}")
    check(home.run("pull")[0] == 2, "usage")
    rc, _, err = home.run("pull", REPO, HF_HUB_OFFLINE="1")
    check(rc == 1 and "ffline" in err, f"offline: {err}")
    rc, _, err = home.run("pull", "gated/model")
    check(rc == 1 and "terms" in err, f"gated: {err}")
    check(home.run("pull", "gated/model", HF_TOKEN="hf_good_token")[0] == 0, "gated, with a token")
    network = (folder / "state" / "dadam" / "network.jsonl").read_text()
    check('"host":"localhost' in network and "Signature" not in network, "the ledger")
    check(len(home.listed()) == 2, "two models")


def test_shared(hub, folder):
    """The cache of the Hub's own programs is found, read and left alone."""
    home = Home(folder, hub)
    file = hub.root / REPO / "ggml-model-q8_0.gguf"
    cache = folder / "cache" / "huggingface" / "hub" / "models--davidkim205--komt-tiny-gguf"
    (cache / "blobs").mkdir(parents=True)
    (cache / "snapshots" / ("a" * 40)).mkdir(parents=True)
    shutil.copy(file, cache / "blobs" / digest(file))
    link = cache / "snapshots" / ("a" * 40) / "ggml-model-q8_0.gguf"
    link.symlink_to("../../blobs/" + digest(file))
    listed = home.listed()
    check(len(listed) == 1 and listed[0]["origin"] == "shared" and listed[0]["name"] == "komt-tiny:q8_0", f"shared: {listed}")
    check(home.run("verify", "komt-tiny:q8_0")[0] == 0, "shared, verified")
    check(home.run("remove", "komt-tiny")[0] == 1 and link.exists(), "shared, not removed")


def test_one_owner(hub, folder):
    home = Home(folder, hub)
    hub.fault(throttle=1_000_000)
    first = home.start("pull", f"{REPO}:{QUANT}")
    while not list(home.models.rglob("*.part")):
        time.sleep(0.02)
    rc, _, err = home.run("pull", f"{REPO}:q8_0")
    check(rc == 1 and str(first.pid) in err, f"who holds the store: {err}")
    check(home.run("models")[0] == 0, "looking is free")
    hub.fault()
    first.kill()
    first.communicate()


def test_killed(hub, folder):
    """Killed at moments by chance, it goes on where it was."""
    home = Home(folder, hub)
    chance = random.Random(7)
    hub.fault(throttle=60_000_000)
    hub.sent()
    kills = 0
    for _ in range(KILLS * 4):
        if kills == KILLS:
            break
        process = home.start("pull", f"{REPO}:{QUANT}")
        time.sleep(chance.uniform(0.02, 0.35))
        if process.poll() is None:
            kills += 1
            before = hub.sent()
            process.kill()
        _, err = process.communicate()
        if process.returncode == 0:
            check(digest(home.files()[0]) == digest(hub.root / REPO / "ggml-model-q4_0.gguf"), "killed: the file is right")
            shutil.rmtree(home.models)
            home.models.mkdir()
        else:
            check(process.returncode == -9, f"killed: {process.returncode} {err}")
        for path in home.files():
            check(digest(path) == digest(hub.root / REPO / "ggml-model-q4_0.gguf"), "killed: no wrong file")
    check(kills == KILLS, f"{kills} kills")
    hub.fault()
    check(home.run("pull", f"{REPO}:{QUANT}")[0] == 0, "killed: whole in the end")
    check(home.run("verify")[0] == 0, "killed: verified")


def scatter(live, kept, chance):
    """After a loss of power: what is durable, and by chance pages of what was not."""
    for path in kept.rglob("*"):
        twin = live / path.relative_to(kept)
        if not path.is_file() or not twin.is_file():
            continue
        data, new = bytearray(path.read_bytes()), twin.read_bytes()
        for at in range(0, len(new), 1 << 18):
            if chance.random() < 0.3 and new[at:at + (1 << 18)] != data[at:at + (1 << 18)]:
                data[len(data):] = bytes(max(0, at - len(data)))
                data[at:at + (1 << 18)] = new[at:at + (1 << 18)]
        inode = path.read_bytes()
        if bytes(data) != inode:
            path.unlink()
            path.write_bytes(data)


def test_power(hub, folder):
    """Whatever was not synced is gone, or there in pieces; what is fetched again stays below 16 MiB a time."""
    home = Home(folder, hub)
    right = digest(hub.root / REPO / "ggml-model-q4_0.gguf")
    chance = random.Random(11)
    shim = {"LD_PRELOAD": SHIM, "POWER_LIVE": str(home.models), "POWER_KEPT": str(folder / "kept")}
    losses, whole, lost = 0, 0, []
    hub.fault(throttle=80_000_000)
    while losses < KILLS and whole < KILLS:
        shutil.rmtree(folder / "kept", ignore_errors=True)
        shutil.rmtree(folder / "kept.inodes", ignore_errors=True)
        shutil.copytree(home.models, folder / "kept")
        (folder / "kept.inodes").mkdir()
        for path in home.models.rglob("*"):
            if path.is_file() and not path.name.startswith("."):
                inode = folder / "kept.inodes" / str(path.stat().st_ino)
                shutil.copy(path, inode)
        process = home.start("pull", f"{REPO}:{QUANT}", **shim)
        time.sleep(chance.uniform(0.1, 0.5))
        if process.poll() is None:
            process.kill()
            losses += 1
        _, err = process.communicate()
        check(process.returncode in (0, -9), f"power: {process.returncode} {err}")
        parts = [p.stat().st_size for p in home.models.rglob("*.part")]
        scatter(home.models, folder / "kept", chance)
        shutil.rmtree(home.models)
        shutil.copytree(folder / "kept", home.models)
        kept = [p.stat().st_size for p in home.models.rglob("*.part")]
        lost.append((parts or [0])[0] - (kept or [0])[0])
        for path in home.files():
            record = Path(str(path) + ".json")
            check(not record.exists() or digest(path) == right, "power: no wrong file")
        if process.returncode == 0:
            whole += 1
            check(home.files() and digest(home.files()[0]) == right, "power: what is called whole is durable")
            shutil.rmtree(home.models)
            home.models.mkdir()
    hub.fault()
    hub.sent()
    check(home.run("pull", f"{REPO}:{QUANT}")[0] == 0 and home.run("verify")[0] == 0, "power: whole in the end")
    check(max(lost) <= 16 << 20, f"power: {max(lost)} bytes lost at once")
    print(f"{losses} losses of power, {whole} whole downloads between them, at most {max(lost)} bytes lost")


def test_full(hub, folder):
    home = Home(folder, hub)
    shim = {"LD_PRELOAD": SHIM, "POWER_LIVE": str(home.models), "POWER_ROOM": "21000000"}
    rc, _, err = home.run("pull", f"{REPO}:{QUANT}", **shim)
    check(rc == 1 and "full" in err and home.files() == [], f"a full disk: {rc} {err}")
    hub.sent()
    check(home.run("pull", f"{REPO}:{QUANT}")[0] == 0, "and on with room")
    check(hub.sent() < SIZE - 12_000_000, "from where it was")


def mount_small_disk(folder, size):
    """A file system of its own in a name space of this process, where the system lets us."""
    user, group = os.getuid(), os.getgid()
    os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNS)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", str(folder).encode(), b"tmpfs", 0, f"size={size}".encode()) != 0:
        raise OSError(ctypes.get_errno(), "tmpfs")


def on_small_disk(hub, folder, size, test):
    """In a process of its own, whose disk goes with it."""
    home = Home(folder, hub)
    child = os.fork()
    if child == 0:
        failures.clear()
        try:
            mount_small_disk(home.models, size)
            test(hub, home)
        except OSError as why:
            print(f"a small disk was not to be had here ({why}): the shim's alone was tested")
        sys.stdout.flush()
        os._exit(bool(failures))
    check(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, f"on a disk of {size}")


def too_small(hub, home):
    hub.sent()
    rc, _, err = home.run("pull", f"{REPO}:{QUANT}")
    check(rc == 1 and "room" in err and hub.sent() == 0, f"a disk too small is found out before: {rc} {err}")
    check(home.files() == [] and home.run("models")[0] == 0, "and nothing is left")


def filled_meanwhile(hub, home):
    """What is left is taken by others. Room was reserved, but it stops before others have none; and goes on."""
    hub.fault(throttle=20_000_000)
    process = home.start("pull", f"{REPO}:{QUANT}")
    while process.poll() is None and not any(p.stat().st_size > 4_000_000 for p in home.models.rglob("*.part")):
        time.sleep(0.02)
    filler = home.models / "filler"
    with open(filler, "wb") as file:
        try:
            while True:
                file.write(bytes(1 << 20))
                file.flush()
        except OSError:
            pass
    _, err = process.communicate(timeout=120)
    check(process.returncode in (0, 1) and (process.returncode == 0 or "full" in err), f"filled: {process.returncode} {err}")
    filler.unlink()
    hub.fault()
    check(home.run("pull", f"{REPO}:{QUANT}")[0] == 0 and home.run("verify")[0] == 0, "filled: whole in the end")


def test_small_disk(hub, folder):
    on_small_disk(hub, folder / "small", "100m", too_small)
    on_small_disk(hub, folder / "filled", "120m", filled_meanwhile)


def test_korean(hub, folder):
    home = Home(folder, hub)
    rc, _, err = home.run("inspect", "없는모델", LANG="ko_KR.UTF-8")
    check(rc == 1 and "모델은 설치되어 있지 않습니다" in err, f"Korean: {err}")
    check("모델" in home.run("help", LANG="ko_KR.UTF-8")[1], "help in Korean")
    check("pull" in home.run("help")[1] and "verify" in home.run("help")[1], "help")


def main():
    folder = Path(tempfile.mkdtemp(prefix="dadam-cli-"))
    hub = Hub(folder)
    try:
        hub.offer(REPO, "ggml-model-q4_0.gguf", SIZE)
        hub.offer(REPO, "ggml-model-q4_k_m.gguf", 5_000_000, 2)
        hub.offer(REPO, "ggml-model-q8_0.gguf", 6_000_000, 3)
        hub.offer("gated/model", "m-q4_0.gguf", 0)
        tests = [value for name, value in globals().items() if name.startswith("test_")]
        for test in tests:
            if test is test_korean and not os.environ.get("DADAM_PREFIX"):
                continue
            hub.fault()
            begun = time.time()
            test(hub, folder / test.__name__)
            print(f"{test.__name__}: {time.time() - begun:.1f} s", flush=True)
    finally:
        hub.process.kill()
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(bool(failures))


main()
