#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-models.py WINDOW FOLDER WRITE-MODEL HUB: the models page against the stand-in Hub: from the first start to a
# model that answers in three clicks; pausing, failing and going on; removing, undoing, verifying; leaving and
# coming back in the middle of a download; entering a token.
import fcntl
import os
import random
import shutil
import subprocess
import sys

from standin import REPO, SLOW, Hub
from window import BUTTON, Window, expect, name_of, run, text_of, wait

WRITE_MODEL = sys.argv[3]
HUB = Hub(sys.argv[4])
SIZE = 20_000_000
STORE = os.path.join(os.environ["XDG_DATA_HOME"], "dadam")


GATED = "gated/small-gguf"


def offer(repo, name, size):
    path = HUB.place(repo, name)
    subprocess.run([WRITE_MODEL, path], check=True)
    with open(path, "ab") as file:
        file.write(random.Random(name).randbytes(max(0, size - os.path.getsize(path))))


for quant in ("q2_k", "q4_k_m", "q8_0"):
    offer(REPO, f"ggml-model-{quant}.gguf", SIZE)
offer(GATED, "small-q4_k_m.gguf", 0)
os.environ.update(HF_ENDPOINT=HUB.endpoint, HF_HUB_DOWNLOAD_TIMEOUT="3", GIO_USE_PROXY_RESOLVER="dummy")


def fresh():
    """A home without models."""
    shutil.rmtree(STORE, ignore_errors=True)
    shutil.rmtree(os.path.join(os.environ["HOME"], ".config"), ignore_errors=True)
    HUB.fault()
    HUB.asked()


def open_repo(window):
    window.press("Get komt Mistral 7B .*")
    window.find("label", "komt Mistral 7B · Q4_K_M")


def test_three_clicks():
    fresh()
    window = Window()
    window.find("label", "Answers in Korean.*|A smaller model.*")
    expect("nothing is asked before a click", HUB.asked() == [])
    window.press("Get komt Mistral 7B .*")
    window.find("label", ".*apache-2.0.*")
    expect("nothing comes before the licence was shown", not os.path.exists(STORE + "/models"))
    window.press("Download")
    window.press("Is a cat an animal\\?")
    window.await_answers(1)
    window.close()


def test_by_keys():
    """The same and a conversation, without a mouse and without what a screen reader can press."""
    fresh()
    window = Window()
    window.find(BUTTON, "Get komt Mistral 7B .*")
    window.focus()
    window.tab_to("Get komt Mistral 7B .*")
    window.keys("key", "Return")
    window.find("label", ".*apache-2.0.*")
    window.tab_to("Download.*")
    window.keys("key", "Return")
    window.find(BUTTON, "Is a cat an animal\\?")
    window.tab_to("Is a cat an animal\\?")
    window.keys("key", "Return")
    window.await_answers(1)
    window.keys("key", "Escape")
    window.find(BUTTON, "Send")
    window.tab_to("Message")
    window.keys("type", "Tell me more")
    window.keys("key", "Return")
    window.await_answers(2)
    window.keys("key", "Escape")
    window.find(BUTTON, "Send")
    window.keys("key", "ctrl+n")
    window.find(BUTTON, "Is a cat an animal\\?")
    window.tab_to("Models")
    window.keys("key", "Return")
    window.find("label", "Models for Dadam")
    window.close()


def locks(file):
    """Becomes the store's owner, as another program would, if nobody is."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def test_interrupted():
    """Paused, resumed, failed, tried again, and the window closed in the middle."""
    fresh()
    HUB.fault(throttle=SLOW)
    window = Window()
    open_repo(window)
    window.press("Download")
    window.find("label", ".* of 20.0.MB · .*left")
    window.press("Pause")
    window.find("label", "Paused · .* of 20.0.MB")
    with open(STORE + "/models/.lock", "r+", encoding="utf-8") as lock:
        wait("the store to be free for others", lambda: locks(lock))
        window.press("Resume")
        window.find("label", "The model folder is being changed by .*")
    HUB.fault(refuse=1)
    window.press("Try Again")
    window.find("label", ".*refused the download link.*", 120)
    HUB.fault(throttle=SLOW)
    window.press("Try Again")
    window.find("label", ".* of 20.0.MB · .*left")
    window.close()

    window = Window()
    window.find("label", ".* of 20.0.MB · .*left")
    HUB.fault()
    window.find(BUTTON, "Is a cat an animal\\?")
    sent = sum(entry.get("sent", 0) for entry in HUB.asked())
    expect(f"{sent} bytes for {SIZE}", sent < SIZE * 2)
    window.close()


def test_refused():
    """What the Hub refuses is said, and trying again helps once it does not."""
    fresh()
    HUB.fault(portal=1)
    window = Window()
    window.press("Get komt Mistral 7B .*")
    window.find(BUTTON, "Try Again")
    HUB.fault()
    window.press("Try Again")
    window.find("label", "komt Mistral 7B · Q4_K_M")
    window.close()


def menu(window, letter):
    """An item of the row's menu, by its letter: the items have no names of their own."""
    window.press("More")
    window.find("menu item", None)
    window.focus()
    window.keys("key", letter)
    wait("the menu to close", lambda: not window.has("menu item", None))


def test_kept():
    fresh()
    window = Window()
    open_repo(window)
    window.press("Download")
    window.find(BUTTON, "Is a cat an animal\\?")
    window.click("label", "Models")
    window.click("label", "My Models")
    window.find("label", "komt Mistral 7B · Q4_K_M")
    menu(window, "v")
    window.hears("The file is whole and right")
    menu(window, "r")
    window.press("Undo")  # at once: it is not offered for long
    window.find("label", "komt Mistral 7B · Q4_K_M")
    path = next(os.path.join(folder, name) for folder, _, names in os.walk(STORE) for name in names
                if name.endswith(".gguf"))
    with open(path, "r+b") as file:
        file.seek(SIZE // 2)
        file.write(b"damaged")
    menu(window, "v")
    window.find("label", ".*The file is damaged.*")
    window.press("Close")
    menu(window, "r")
    window.find("label", "No Models Yet")
    window.press("Close")
    wait("the file to go", lambda: not os.path.exists(path))
    window.close()
    expect("nothing of it is left", not any(names for _, _, names in os.walk(STORE + "/models") if names != [".lock"]))


def enter_token(window, token):
    """In the preferences, and leaves them open."""
    window.press("Enter an Access Token…")
    window.find("dialog", "Preferences")
    window.focus()
    wait("the focus to be where it is entered",
         lambda: (node := window.focused()) is not None and name_of(node) == "Access Token")
    window.keys("type", "half")
    wait("what was typed", lambda: len(text_of(window.focused())) == 4)
    window.keys("key", "Escape")
    wait("Escape to empty the entry alone", lambda: text_of(window.focused()) == "")
    window.keys("type", token)
    window.keys("key", "Return")


def open_keyring():
    """Where there is one: nobody is here who could be asked for its password."""
    if shutil.which("gnome-keyring-daemon"):
        subprocess.run(["gnome-keyring-daemon", "--unlock", "--components=secrets"], input=b"word", check=True,
                       stdout=subprocess.DEVNULL)


def test_search():
    """And what wants a token: it leads to where one is entered, which is sent from then on, until it is removed."""
    fresh()
    open_keyring()
    window = Window()
    window.click("label", "Models")
    window.press("Search All of the Hub")
    window.find("label", ".*What you search for is sent to the Hub.*")
    expect("nothing is asked before a click", HUB.asked() == [])
    HUB.fault(portal=1)
    window.press("Search")
    window.find("label", "The Hub Cannot Be Asked")
    HUB.fault()
    window.press("Try Again")
    window.find("label", REPO)
    expect("what is searched for", any("filter=gguf" in entry["path"] and "filter=ko" in entry["path"] for entry in HUB.asked()))

    window.click("label", GATED)
    window.find("label", ".*accept.*")
    enter_token(window, "two words")
    window.find("label", "That is no access token.*")
    window.keys("key", "ctrl+a", "type", "hf_good_token")
    window.keys("key", "Return")
    window.find("label", "Kept (in the|Until) .*")
    wait("nothing to be left to apply", lambda: not window.has(BUTTON, "Apply"))
    window.click("label", "Get a Token…")
    window.hears("The web page could not be opened: .*")
    window.press("Close")
    wait("the preferences to close", lambda: not window.has("dialog", "Preferences"))
    window.press("Try Again")
    window.find(BUTTON, "Download.*")

    window.press("Back")
    window.find(BUTTON, "Show More")
    window.press("Back")
    window.click("label", "Network Use")
    window.find("label", ".*search.*requests?")
    window.keys("key", "ctrl+comma")
    window.press("Remove")
    wait("the token to go", lambda: not window.has("label", "Kept (in the|Until) .*"))
    window.close()


try:
    run(test_three_clicks, test_by_keys, test_interrupted, test_refused, test_kept, test_search)
finally:
    HUB.close()
