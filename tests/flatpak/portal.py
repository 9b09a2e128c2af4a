#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# portal.py LOG FILE: stands behind xdg-desktop-portal for a desktop. Its file dialog always chooses FILE; it shows
# nothing, and writes what it was asked to show into LOG, a line of JSON for each. What is read from standard input is
# the id of a notification that somebody clicks on.
import json
import os
import sys

from gi.repository import Gio, GLib

NAME = "org.freedesktop.impl.portal.desktop.dadam_test"
PATH = "/org/freedesktop/portal/desktop"
IMPL = "org.freedesktop.impl.portal."
SECRET = b"a secret of the desktop for one app, sixty-four bytes of it in all"


def interface(name, *methods):
    """Each method as (name, types of what comes, types of what goes)."""
    def arguments(types, direction):
        return "".join(f'<arg type="{kind}" direction="{direction}"/>' for kind in types.split())

    return f'<interface name="{IMPL}{name}">' + "".join(
        f'<method name="{method}">{arguments(comes, "in")}{arguments(goes, "out")}</method>'
        for method, comes, goes in methods) + "</interface>"


INTERFACES = Gio.DBusNodeInfo.new_for_xml("<node>" + "".join((
    interface("FileChooser", ("OpenFile", "o s s s a{sv}", "u a{sv}")),
    interface("Notification", ("AddNotification", "s s a{sv}", ""), ("RemoveNotification", "s s", "")),
    interface("Inhibit", ("Inhibit", "o s s u a{sv}", ""), ("CreateMonitor", "o o s s", "u")),
    interface("Background", ("GetAppState", "", "a{sv}"), ("NotifyBackground", "o s s", "u a{sv}"),
              ("EnableAutostart", "s b as u", "b")),
    interface("Access", ("AccessDialog", "o s s s s s a{sv}", "u a{sv}")),
    interface("AppChooser", ("ChooseApplication", "o s s as a{sv}", "u a{sv}"), ("UpdateChoices", "o as", "")),
    interface("Secret", ("RetrieveSecret", "o s h a{sv}", "u a{sv}")),
    interface("Request", ("Close", "", "")),
)) + "</node>").interfaces
LOG, FILE = sys.argv[1], Gio.File.new_for_path(os.path.abspath(sys.argv[2])).get_uri()
notifications = {}  # what is shown, by id: the app and the notification
requests = {}  # what may be closed, by its path: the registration


def say(what, **details):
    with open(LOG, "a", encoding="utf-8") as file:
        file.write(json.dumps({"what": what, **details}) + "\n")


def closed(connection, _sender, path, _interface, _method, _parameters, invocation):
    invocation.return_value(None)
    connection.unregister_object(requests.pop(path))
    say("closed", path=path)


def inhibited(connection, path, app, flags, reason):
    requests[path] = connection.register_object(path, INTERFACES[-1], closed, None, None)
    say("inhibited", path=path, app=app, flags=flags, reason=reason)


def asked_for_secret(invocation, app, number):
    pipe = invocation.get_message().get_unix_fd_list().get(number)
    os.write(pipe, SECRET)
    os.close(pipe)
    say("secret", app=app)


def called(connection, _sender, _path, _interface, method, parameters, invocation):
    values, answer = parameters.unpack(), None
    if method == "OpenFile":
        answer = GLib.Variant("(ua{sv})", (0, {"uris": GLib.Variant("as", [FILE]),
                                               "writable": GLib.Variant("b", False)}))
    elif method == "AddNotification":
        notifications[values[1]] = values[0], values[2]
        say("notification", app=values[0], id=values[1], **{key.replace("-", "_"): values[2].get(key) for key in (
            "title", "body", "default-action")}, buttons=[button["label"] for button in values[2].get("buttons", [])])
    elif method == "RemoveNotification":
        say("withdrawn", id=values[1])
    elif method == "Inhibit":
        inhibited(connection, values[0], values[1], values[3], values[4].get("reason"))
    elif method == "AccessDialog":
        say("access", app=values[1], title=values[3])
        answer = GLib.Variant("(ua{sv})", (0, {}))
    elif method == "RetrieveSecret":
        asked_for_secret(invocation, *values[1:3])
        answer = GLib.Variant("(ua{sv})", (0, {}))
    elif method == "ChooseApplication":
        answer = GLib.Variant("(ua{sv})", (0, {"choice": GLib.Variant("s", values[3][0])}))
    elif method == "GetAppState":
        answer = GLib.Variant("(a{sv})", ({},))
    elif method == "CreateMonitor":
        answer = GLib.Variant("(u)", (0,))
    elif method == "NotifyBackground":
        answer = GLib.Variant("(ua{sv})", (0, {"result": GLib.Variant("u", 1)}))
    elif method == "EnableAutostart":
        say("background", app=values[0], autostart=values[1])
        answer = GLib.Variant("(b)", (False,))
    invocation.return_value(answer)


def clicked(connection, name):
    """As desktops do, which start the app if need be."""
    app, notification = notifications[name]
    target = notification.get("default-action-target")
    arguments = [] if target is None else [GLib.Variant("s", target)]
    connection.call(app, "/" + app.replace(".", "/"), "org.freedesktop.Application", "ActivateAction", GLib.Variant(
        "(sava{sv})", (notification["default-action"].removeprefix("app."), arguments, {})), None,
        Gio.DBusCallFlags.NONE, -1, None, None)


def read(channel, _condition, connection):
    line = channel.readline()
    if line:
        clicked(connection, line.strip())
    return bool(line)


def acquired(connection, _name):
    for known in INTERFACES[:-1]:
        connection.register_object(PATH, known, called, None, None)
    GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, read, connection)


Gio.bus_own_name(Gio.BusType.SESSION, NAME, Gio.BusNameOwnerFlags.NONE, acquired, lambda *_: say("ready"), None)
GLib.MainLoop().run()
