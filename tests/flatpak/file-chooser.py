#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# file-chooser.py FILE: stands behind xdg-desktop-portal for a desktop's file dialog, and always chooses FILE.
import os
import sys

from gi.repository import Gio, GLib

INTERFACE = """<node><interface name="org.freedesktop.impl.portal.FileChooser"><method name="OpenFile">
  <arg type="o" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
  <arg type="s" direction="in"/><arg type="a{sv}" direction="in"/>
  <arg type="u" direction="out"/><arg type="a{sv}" direction="out"/></method></interface></node>"""
FILE = Gio.File.new_for_path(os.path.abspath(sys.argv[1])).get_uri()


def chosen(_connection, _sender, _path, _interface, _method, _parameters, invocation):
    invocation.return_value(GLib.Variant("(ua{sv})", (0, {
        "uris": GLib.Variant("as", [FILE]), "writable": GLib.Variant("b", False)})))


def acquired(connection, _name):
    info = Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0]
    connection.register_object("/org/freedesktop/portal/desktop", info, chosen, None, None)


Gio.bus_own_name(Gio.BusType.SESSION, "org.freedesktop.impl.portal.desktop.dadam_test", Gio.BusNameOwnerFlags.NONE,
                 acquired, None, None)
GLib.MainLoop().run()
