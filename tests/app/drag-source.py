# SPDX-License-Identifier: GPL-3.0-or-later
# drag-source.py FILE: a small window, as a file manager's, out of which FILE can be dragged.
import sys

import gi

gi.require_version("Gtk", "4.0")
from gi.repository import Gdk, Gio, Gtk  # noqa: E402


def activate(application):
    files = Gdk.FileList.new_from_list([Gio.File.new_for_path(sys.argv[1])])
    source = Gtk.DragSource(actions=Gdk.DragAction.COPY)
    source.connect("prepare", lambda source, x, y: Gdk.ContentProvider.new_for_value(files))
    label = Gtk.Label(label="file")
    label.add_controller(source)
    Gtk.Window(application=application, title="files", child=label, default_width=200, default_height=150).present()


application = Gtk.Application(flags=Gio.ApplicationFlags.NON_UNIQUE)
application.connect("activate", activate)
application.run([])
