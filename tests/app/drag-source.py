# SPDX-License-Identifier: GPL-3.0-or-later
# drag-source.py FILE: a small window, as a file manager's, out of which FILE can be dragged, and which has copied it.
# Says a word for each step: shown, begun, accepted (it may be dropped where it is), dropped or cancelled, ended.
import sys

import gi

gi.require_version("Gdk", "4.0")
gi.require_version("Gtk", "4.0")
from gi.repository import Gdk, Gio, GLib, Gtk  # noqa: E402


def say(word):
    print(word, flush=True)


def shown(*_):
    say("shown")
    return GLib.SOURCE_REMOVE


def begun(_source, drag):
    say("begun")
    drag.connect("notify::selected-action", lambda *_: drag.get_selected_action() and say("accepted"))
    drag.connect("drop-performed", lambda *_: say("dropped"))
    drag.connect("cancel", lambda *_: say("cancelled"))


def activate(application):
    files = Gdk.FileList.new_from_list([Gio.File.new_for_path(sys.argv[1])])
    content = Gdk.ContentProvider.new_for_value(files)
    source = Gtk.DragSource(actions=Gdk.DragAction.COPY)
    source.connect("prepare", lambda source, x, y: content)
    source.connect("drag-begin", begun)
    source.connect("drag-end", lambda *_: say("ended"))
    label = Gtk.Label(label="file")
    label.add_controller(source)
    label.add_tick_callback(shown)
    Gtk.Window(application=application, title="files", child=label, default_width=200, default_height=150).present()
    label.get_clipboard().set_content(content)


application = Gtk.Application(flags=Gio.ApplicationFlags.NON_UNIQUE)
application.connect("activate", activate)
application.run([])
