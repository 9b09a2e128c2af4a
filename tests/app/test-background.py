#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-background.py WINDOW FOLDER WRITE-MODEL HUB: what the desktop hears of a download: no suspending meanwhile, a
# notification when the window closes and when the model is there. The session manager and the notifications are
# stand-ins on the test's own bus.
import json
import os
import random
import subprocess
import sys
import threading
import urllib.request

from window import Window, expect, run, wait

from gi.repository import Gio, GLib

WRITE_MODEL, HUB = sys.argv[3:5]
REPO = "davidkim205/komt-mistral-7b-v1-gguf"
ROOT = os.path.join(os.environ["DADAM_SCRATCH"], "hub")
SUSPEND = 4  # GTK_APPLICATION_INHIBIT_SUSPEND

SESSION = """<node><interface name="org.gnome.SessionManager">
<method name="Inhibit"><arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
<arg type="u" direction="in"/><arg type="u" direction="out"/></method>
<method name="RegisterClient"><arg type="s" direction="in"/><arg type="s" direction="in"/>
<arg type="o" direction="out"/></method>
<method name="Uninhibit"><arg type="u" direction="in"/></method>
</interface></node>"""
NOTIFICATIONS = """<node><interface name="org.gtk.Notifications">
<method name="AddNotification"><arg type="s" direction="in"/><arg type="s" direction="in"/>
<arg type="a{sv}" direction="in"/></method>
<method name="RemoveNotification"><arg type="s" direction="in"/><arg type="s" direction="in"/></method>
</interface></node>"""

heard = []
bus = Gio.bus_get_sync(Gio.BusType.SESSION)


def answer(_bus, _sender, _path, _interface, method, arguments, invocation):
    heard.append((method, arguments.unpack()))
    results = {"Inhibit": GLib.Variant("(u)", (7,)), "RegisterClient": GLib.Variant("(o)", ("/client",))}
    invocation.return_value(results.get(method))


def stand_in(name, path, xml):
    bus.register_object(path, Gio.DBusNodeInfo.new_for_xml(xml).interfaces[0], answer, None, None)
    Gio.bus_own_name_on_connection(bus, name, Gio.BusNameOwnerFlags.NONE, None, None)


def serve():
    """In a context of its own: the test's belongs to what it asks of the window."""
    context = GLib.MainContext.new()
    context.push_thread_default()
    stand_in("org.gnome.SessionManager", "/org/gnome/SessionManager", SESSION)
    stand_in("org.gtk.Notifications", "/org/gtk/Notifications", NOTIFICATIONS)
    ready.set()
    GLib.MainLoop.new(context, False).run()


def await_call(method, fits=lambda arguments: True):
    wait(f"{method} among {heard}", lambda: any(name == method and fits(arguments) for name, arguments in heard))


def offer(repo, name, size):
    path = os.path.join(ROOT, repo, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    subprocess.run([WRITE_MODEL, path], check=True)
    with open(path, "ab") as file:
        file.write(random.Random(name).randbytes(max(0, size - os.path.getsize(path))))


offer(REPO, "ggml-model-q4_k_m.gguf", 12_000_000)
server = subprocess.Popen([sys.executable, HUB, ROOT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
ENDPOINT = json.loads(server.stdout.readline())["endpoint"]
os.environ.update(HF_ENDPOINT=ENDPOINT, HF_HUB_DOWNLOAD_TIMEOUT="3", GIO_USE_PROXY_RESOLVER="dummy")


def fault(**faults):
    urllib.request.urlopen(ENDPOINT + "/_test/faults", json.dumps(faults).encode()).read()


def has_title(title):
    return lambda arguments: arguments[2].get("title") == title


def test_background():
    """It goes on without a window, which is said; then it ends by itself."""
    fault(throttle=3_000_000)
    window = Window()
    window.press("Get komt Mistral 7B .*")
    window.press("Download")
    await_call("Inhibit", lambda arguments: arguments[3] == SUSPEND)
    window.focus()
    window.keys("key", "ctrl+w")
    await_call("AddNotification", has_title("The download goes on"))
    expect("it goes on without a window", window.process.poll() is None)
    fault()
    await_call("AddNotification", has_title("A model is ready"))
    await_call("Uninhibit", lambda arguments: arguments == (7,))
    expect("it ends with what it had to do", window.process.wait(60) == 0)
    expect("nothing was complained of", not window.complaints())


ready = threading.Event()
threading.Thread(target=serve, daemon=True).start()
ready.wait()
try:
    run(test_background)
finally:
    server.kill()
