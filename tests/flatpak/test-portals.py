#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-portals.py WINDOW FOLDER STARTER: what the installed Flatpak may do only by way of the desktop's portals: read a
# file that was chosen, after a restart too; say that a download goes on or has ended, keep the computer awake
# meanwhile, and go on without a window; keep a secret; open a web page.
import os
import sys

from desktop import Desktop
from sandbox import DATA, Activated, Sandboxed, chat_and_come_back, files_of_models, fresh
from standin import REPO, Hub
from window import BUTTON, expect, run, wait

STARTER = sys.argv[3]
TOKEN = "hf_good_token"
ENTRY = "password text|text|entry"
SUSPEND = 4  # of the portal's flags
HUB = Hub(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hub", "hub.py"))
DESKTOP = Desktop(STARTER)
os.symlink(STARTER, HUB.place(REPO, "ggml-model-q4_k_m.gguf"))


def start(**options):
    return Sandboxed(HF_ENDPOINT=HUB.endpoint, GIO_USE_PROXY_RESOLVER="dummy", **options)


def test_chosen_file():
    def begin():
        window = Sandboxed()
        window.press("Open Model…")
        return window

    fresh()
    chat_and_come_back(begin)
    expect("nothing was copied", not files_of_models())


def test_download():
    fresh()
    HUB.fault(throttle=2_000_000)
    window = start()
    window.press("Get komt Mistral 7B .*")
    window.find("label", ".*apache-2.0.*")
    window.press("Download")
    awake = DESKTOP.asked("inhibited", flags=SUSPEND, reason="A model is being downloaded")
    window.focus()
    window.keys("key", "ctrl+w")
    DESKTOP.asked("background", autostart=False)
    goes_on = DESKTOP.asked("notification", title="The download goes on", buttons=["Stop"])
    expect("it is not there yet", not files_of_models())
    HUB.fault()
    ready = DESKTOP.asked("notification", title="A model is ready", default_action="app.open-model")
    DESKTOP.asked("withdrawn", id=goes_on["id"])
    DESKTOP.asked("closed", path=awake["path"])
    window.process.wait(60)
    expect("it is there", len(files_of_models()) == 1)
    DESKTOP.click(ready["id"])
    window = Activated()
    window.find(BUTTON, "Is a cat an animal\\?")
    window.close()


def preferences(window):
    window.focus()
    window.keys("key", "ctrl+comma")
    window.find(ENTRY, "Access Token")


def close_preferences(window):
    """An entry takes the first Escape for itself."""
    def escape():
        window.keys("key", "Escape")
        return not window.has(ENTRY, "Access Token")

    wait("the dialog to close", escape)


def look(window):
    """At a repository; returns the tokens that the Hub was sent."""
    HUB.asked()
    window.press("Get komt Mistral 7B .*")
    window.find("label", ".*apache-2.0.*")
    return {entry["token"] for entry in HUB.asked()}


def test_secret():
    fresh()
    window = start()
    expect("no token", look(window) == {None})
    preferences(window)
    window.tab_to("Access Token")
    window.keys("type", TOKEN)
    window.keys("key", "Return")
    window.find("label", "Kept in the Keyring")
    DESKTOP.asked("secret")
    close_preferences(window)
    window.close()
    for folder, _, names in os.walk(DATA):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                expect(f"no token in {name}", TOKEN.encode() not in file.read())

    window = start(keeps=True)
    preferences(window)
    window.find("label", "Kept in the Keyring")  # it is fetched when the window is there
    close_preferences(window)
    expect("the token", f"Bearer {TOKEN}" in look(window))
    window.close()


def test_web_page():
    fresh()
    window = start()
    preferences(window)
    window.tab_to("Get a Token….*")
    window.keys("key", "Return")
    DESKTOP.opened(HUB.endpoint + "/settings/tokens")
    close_preferences(window)
    window.close()


try:
    if "DADAM_TEST_RUNTIME" in os.environ:
        run(test_chosen_file)
    else:
        print("skipped test_chosen_file: the portal's files are in a runtime folder that only root can make anew")
    run(test_download, test_secret, test_web_page)
finally:
    DESKTOP.close()
    HUB.close()
